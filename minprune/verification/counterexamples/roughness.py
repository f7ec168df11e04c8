"""Roughness: how hard a case is to compute on paper, by its activations, its loss and its numbers."""

import numpy as np

from ...engine.activations import ACTIVATIONS

SIMPLE = {-2.0: 2, -1.0: 1, -0.5: 3, 0.0: 0, 0.25: 3, 0.5: 2, 1.0: 0, 2.0: 1, 3.0: 2, 4.0: 2}     # of each number
OTHER = 4                       # the same of all other numbers
ZERO = 3                        # of an input of 0, beyond that of the number: all that reads it is 0 as well
KNOWN, COSTS = np.array([*SIMPLE, np.inf]), np.array([*SIMPLE.values(), OTHER])         # in ascending order
DIGITS = 4                      # of a round number at most


def roughness(case):
    """How hard a case is on paper, for sorting: how many exponentials it needs, how many kinks, its loss and numbers.

    A number counts the more the farther it is from 0 and 1.
    """
    *kinds, start = roughness_of_kinds(case.activations(), case.loss)
    arrays = [*case.net.arrays().values(), case.x, case.t]
    zeros = ZERO * np.count_nonzero(np.asarray(case.x) == 0)
    return (*kinds, start + zeros + sum(int(roughness_of_numbers(array).sum()) for array in arrays))


def roughness_of_kinds(activations, loss):
    """(exponentials, kinks, what activations and loss add to the numbers)."""
    return (exponentials(activations, loss), sum(bool(f.kinks) for f in activations),
            sum(rank(f, ACTIVATIONS) ** 2 for f in activations) * 2 + loss_rank(loss) * 3)


def roughness_of_numbers(array):
    """That of each number, the shape of the array."""
    places = np.searchsorted(KNOWN[:-1], array)             # of the first known number that is no smaller
    return np.where(KNOWN[places] == array, COSTS[places], OTHER)


def exponentials(activations, loss):
    """How many exponentials these activations and the loss need, at least."""
    piecewise_linear = rank(ACTIVATIONS["leaky_relu"], ACTIVATIONS)
    return sum(rank(f, ACTIVATIONS) > piecewise_linear for f in activations) + loss_rank(loss)


def ease(combination):
    """How easy the activations and the loss are on paper, for sorting."""
    hidden, output, loss = combination
    return rank(hidden, ACTIVATIONS), rank(output, ACTIVATIONS), loss_rank(loss)


def rank(value, known):
    """The place of an activation in the engine's table, the plainest first; those of one's own come last."""
    return [*known, value.name].index(value.name)


def loss_rank(loss):
    """mse, then the binary cross entropy, which needs an exponential, then the cross entropy, which needs several."""
    return ["mse", "binary_cross_entropy", "cross_entropy", loss.name].index(loss.name)


def has_round_results(trial):
    """Whether all numbers that were compared have few digits."""
    arrays = [array for array in (trial.claimed, trial.measured) if array is not None]
    return all(is_round(float(value)) for array in arrays for value in np.ravel(array))


def is_round(value):
    """Whether a number has few digits, but for the rounding of central differences."""
    return abs(value - float(f"{value:.{DIGITS}g}")) <= 1e-7 * max(abs(value), 1e-2)
