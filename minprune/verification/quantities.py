"""Quantities that formulas are compared with: measured by central differences or by silencing, never by formula.

The samples of a batch do not mix. So one entry is moved in all samples at once, and all moves of all entries go through
the network as one batch.
"""

from typing import Callable, NamedTuple

import numpy as np

from ..engine.checks import check_known
from ..engine.dense import Dense
from ..scoring.catalogue import CATALOGUE
from .forms import (shapes_of_biases, shapes_of_inputs, shapes_of_neurons, shapes_of_neurons_and_inputs,
                    shapes_of_neurons_and_outputs, shapes_of_outputs, shapes_of_pairs, shapes_of_removals,
                    shapes_of_weights)

STEP = 2e-3
LEAST = 1e-4                    # numbers below it are compared with it: a difference has too few digits left there


class Quantity(NamedTuple):
    """What a formula may be said to equal, approximate, or rank like.

    measure      measure(case, step): its values in full, sample by sample
    forms        forms(values): the Forms in which a formula may return them
    least        entries below it are compared with it
    fits         fits(case): whether the case has this quantity
    where        what `where` is, if it does not say
    is_formula   a second formula, which is called and not measured
    """

    name: str
    measure: Callable
    forms: Callable
    least: float = LEAST
    fits: Callable = lambda case: True
    where: dict = {}
    is_formula: bool = False


# ----------------------------------------------------------------------------------- central differences

MOVES = (1, 0.5, 0, -0.5, -1)


def slopes(f, array, step=STEP):
    """∂f_n/∂a_ne by central differences, (N, entries, …): f takes (M, …) rows and returns (M, …).

    d(h) = [f(a + h) − f(a − h)] / 2h;   [4 d(h/2) − d(h)] / 3 has an error of h⁴.
    """
    return slope_of(moved(f, array, step), step)


def curvatures(f, array, step=STEP):
    """∂²f_n/∂a_ne² in the same way: d(h) = [f(a + h) − 2f(a) + f(a − h)] / h², with h three times as large."""
    return curvature_of(moved(f, array, 3 * step), 3 * step)


def slope_of(values, h):
    """From f at all MOVES, (moves, entries, N, …), to its slopes, (N, entries, …)."""
    up, half_up, _, half_down, down = values
    wide, narrow = (up - down) / (2 * h), (half_up - half_down) / h
    return ((4 * narrow - wide) / 3).swapaxes(0, 1)


def curvature_of(values, h):
    """From f at all MOVES, (moves, entries, N, …), to its second derivatives, (N, entries, …)."""
    up, half_up, here, half_down, down = values
    wide, narrow = (up - 2 * here + down) / h ** 2, (half_up - 2 * here + half_down) / (h / 2) ** 2
    return ((4 * narrow - wide) / 3).swapaxes(0, 1)


def copies(array, *counts):
    """(*counts, *shape of the array): the array so many times; faster than `tile` where it is small."""
    many = np.empty((*counts, *array.shape), array.dtype)
    many[...] = array
    return many


def moved(f, array, h):
    """(moves, entries, N, …): f with entry e of each sample moved by each of MOVES · h."""
    N, flat = len(array), array.reshape(len(array), -1)
    entries = np.arange(flat.shape[1])
    points = copies(flat, len(MOVES), len(entries))                             # (moves, entries, N, entries)
    points[:, entries, :, entries] += h * np.array(MOVES)[:, np.newaxis]
    values = f(points.reshape(-1, *array.shape[1:]))
    return values.reshape(len(MOVES), len(entries), N, *values.shape[1:])


def moved_in_place(f, outputs, array, h):
    """The same for one of the network's own arrays, (K, …), of which each neuron reads a row; it is put back.

    `outputs()` returns the layer's output (N, …, K) with the array as it is now, f(o) the losses of all rows of o. One
    entry is moved in all K rows at once: of what comes out, column k is what moving it in row k alone does.
    """
    here, rows = outputs(), array.reshape(len(array), -1)
    o = copies(here, len(MOVES), *rows.shape)                                   # (moves, K, entries, N, …, K)
    for place, move in enumerate(MOVES):
        for entry in range(rows.shape[1]) if move else ():
            moved_outputs = outputs_with(outputs, rows[:, entry], move * h)
            for k in range(len(rows)):
                o[place, k, entry, ..., k] = moved_outputs[..., k]
    return f(o.reshape(-1, *here.shape[1:])).reshape(len(MOVES), array.size, -1)


def outputs_with(outputs, entries, change):
    """outputs() with these entries of the network's array changed, and put back."""
    before = entries.copy()
    try:
        entries += change
        return outputs()
    finally:
        entries[...] = before


# ------------------------------------------------------------------- the functions that are differentiated


def repeated(array, rows):
    """The samples' array, one copy after the other, until it has so many rows."""
    return copies(array, rows // len(array)).reshape(rows, *array.shape[1:])


def loss_of(case, y):
    """ℓ of the rows of y, which repeat the case's samples in their order."""
    return case.loss(y, repeated(case.t, len(y)))


def output_from_o(case, o):
    """y where the layer puts out o. Inside a block, what goes around the layer is that of the same samples."""
    around = None if case.layer in case.net.layers else case.net.forward(repeated(case.x, len(o)))
    return case.net.tail(case.layer, o, around)


def loss_from_o(case):
    return lambda o: loss_of(case, output_from_o(case, o))


def loss_from_z(case):
    return lambda z: loss_of(case, output_from_o(case, case.net[case.layer].outputs(z)))


def loss_from_x(case):
    return lambda x: loss_of(case, output_from_o(case, case.net[case.layer].forward(x).o))


# ---------------------------------------------------------------------------------- measurements


def unflattened(case, array):
    """(N, entries) or (N, entries, …) -> (N, P, K, …)."""
    K = case.net[case.layer].K
    return array.reshape(len(array), -1, K, *array.shape[2:])


def measure_do(case, step):
    return unflattened(case, slopes(loss_from_o(case), case.trace[case.layer].o, step))


def measure_d2o(case, step):
    return unflattened(case, curvatures(loss_from_o(case), case.trace[case.layer].o, step))


def measure_dz(case, step):
    return unflattened(case, slopes(loss_from_z(case), case.trace[case.layer].z, step))


def measure_d2z(case, step):
    return unflattened(case, curvatures(loss_from_z(case), case.trace[case.layer].z, step))


def measure_dx(case, step):
    x = case.trace[case.layer].x
    return slopes(loss_from_x(case), x, step).reshape(len(x), -1, x.shape[-1])


def measure_dW(case, step):
    return slope_of(moved_parameter(case, "W", step), step).reshape(len(case.x), case.net[case.layer].K, -1)


def measure_d2W(case, step):
    wide = 3 * step
    return curvature_of(moved_parameter(case, "W", wide), wide).reshape(len(case.x), case.net[case.layer].K, -1)


def measure_db(case, step):
    return slope_of(moved_parameter(case, "b", step), step)


def measure_dgamma(case, step):
    return slope_of(moved_parameter(case, "gamma", step), step)


def measure_dbeta(case, step):
    return slope_of(moved_parameter(case, "beta", step), step)


def moved_parameter(case, name, h):
    layer, x = case.net[case.layer], case.trace[case.layer].x
    if getattr(layer, name) is None:
        raise ValueError(f'dL/d{name} is measured for layers with batch norm, and "{case.layer}" has none; '
                         'where={"batch_norm": True}')
    return moved_in_place(loss_from_o(case), lambda: layer.forward(x).o, getattr(layer, name), h)


def measure_dy(case, step):
    return slopes(lambda y: loss_of(case, y), case.trace.y, step).reshape(len(case.x), -1)


def measure_dy_do(case, step):
    o = case.trace[case.layer].o
    return unflattened(case, slopes(lambda o: output_from_o(case, o), o, step))


def measure_do_dx(case, step):
    layer = case.net[case.layer]
    if not isinstance(layer, Dense):
        raise ValueError(f'do/dx is measured for Dense layers only, "{case.layer}" is a {type(layer).__name__}')
    return slopes(lambda x: layer.forward(x).o, case.trace[case.layer].x, step).transpose(0, 2, 1)


def measure_removal(case, step=None):
    """ℓ_n with o_i held at 0 everywhere, minus ℓ_n, (N, K)."""
    return rises(case, np.eye(case.net[case.layer].K, dtype=bool)).T


def measure_pair_removal(case, step=None):
    """ℓ_n with o_i and o_j held at 0 everywhere, minus ℓ_n, (N, K, K); where i = j, that of the one neuron."""
    one, K = np.eye(case.net[case.layer].K, dtype=bool), case.net[case.layer].K
    pairs = one[:, np.newaxis] | one
    return rises(case, pairs.reshape(-1, K)).reshape(K, K, -1).transpose(2, 0, 1)


def rises(case, silent):
    """ℓ_n with the neurons of each row of `silent`, (rows, K) booleans, held at 0, minus ℓ_n: (rows, N)."""
    o = case.trace[case.layer].o
    o = np.where(silent.reshape(len(silent), *[1] * (o.ndim - 1), -1), 0, o)
    L = loss_from_o(case)(o.reshape(-1, *o.shape[2:]))
    return L.reshape(len(silent), -1) - case.trace.L


# ------------------------------------------------------------------------------------- the table


def is_not_coupled(case):
    return not case.coupled


QUANTITIES = {quantity.name: quantity for quantity in (
    Quantity("dL/do", measure_do, shapes_of_neurons),
    Quantity("dL/dz", measure_dz, shapes_of_neurons),
    Quantity("dL/dW", measure_dW, shapes_of_weights),
    Quantity("dL/db", measure_db, shapes_of_biases),
    Quantity("dL/dgamma", measure_dgamma, shapes_of_biases, where={"batch_norm": True}),
    Quantity("dL/dbeta", measure_dbeta, shapes_of_biases, where={"batch_norm": True}),
    Quantity("dL/dx", measure_dx, shapes_of_inputs),
    Quantity("dL/dy", measure_dy, shapes_of_outputs),
    Quantity("dy/do", measure_dy_do, shapes_of_neurons_and_outputs),
    Quantity("do/dx", measure_do_dx, shapes_of_neurons_and_inputs),
    Quantity("d2L/do2", measure_d2o, shapes_of_neurons, least=1e-2),
    Quantity("d2L/dz2", measure_d2z, shapes_of_neurons, least=1e-2),
    Quantity("d2L/dW2", measure_d2W, shapes_of_weights, least=1e-2),
    Quantity("removal", measure_removal, shapes_of_removals, fits=is_not_coupled),
    Quantity("pair removal", measure_pair_removal, shapes_of_pairs, fits=is_not_coupled),
)}
REMOVALS = ("removal", "pair removal")              # of the neurons of hidden layers alone


def find_quantity(name):
    """The Quantity called `name`, "|name|" for its absolute value; ValueError names the nearest if there is none, and
    says how a formula is compared with a score."""
    if isinstance(name, str) and len(name) > 2 and name[0] == name[-1] == "|":
        signed = find_quantity(name[1:-1])
        return signed._replace(name=name, measure=lambda case, step: np.abs(signed.measure(case, step)))
    same_but_for_case = [known for known in QUANTITIES if known.lower() == str(name).lower()]
    if isinstance(name, str) and name not in QUANTITIES and name in CATALOGUE:
        raise ValueError(f'unknown quantity "{name}": it is a score; a formula is compared with it by '
                         f'equals=mp.scores.CATALOGUE["{name}"]')
    check_known("quantity", name, same_but_for_case or QUANTITIES)
    return QUANTITIES[name]


def error_of(claimed, measured, least=LEAST, unknown=None):
    """The worst entry's |claimed − measured| / max(|claimed|, |measured|, 1 % of the largest measured, least).

    A difference counts as far as it is larger than `unknown`, what a measurement cannot know.
    """
    if not claimed.size:
        return 0.0
    size, difference = np.abs(measured), np.abs(claimed - measured)
    size = np.maximum(np.maximum(np.abs(claimed), size), max(1e-2 * size.max(), least))
    if unknown is not None:
        difference = np.maximum(difference - unknown, 0)
    return float((difference / size).max())
