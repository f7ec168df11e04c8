"""Round numbers: what small networks and their samples are made of."""

import contextlib

import numpy as np

from ...engine.activations import ACTIVATIONS
from ..sampling.random_networks import Case
from .roughness import roughness_of_numbers
from .small_networks import build

WEIGHTS = (1, 2, -1, 0.5, -2, 3)
BIASES = (0, 1, -1, 0.5)
SCALES = (1, 2, -1, 0.5)
MEANS = (0, 1)
VARIANCES = (1, 4, 0.25)        # their roots are round
INPUTS = (1, 2, -1, 0.5, 3, 0)
ROUND = {"W": WEIGHTS, "b": BIASES, "gamma": SCALES, "beta": BIASES, "running_mean": MEANS, "running_var": VARIANCES}
FIRST = 2                       # the first value of each list, the plainest, is drawn as often as this many others
LEGS = (3, 4)                   # weights of the ℓ2 norm 5
MANY = 64                       # draws of targets
NEAR = 6                        # targets that stand in for the plainest one


class Page:
    """A network of a Structure with its samples, whose arrays are parts of one row of numbers.

    Another network of this structure is another row: nothing is built anew. So a case on the page is true until the
    next one is written there; `case_of_its_own` is a copy that stays.

    net, x      the network and the samples, as the row has them now
    row         the numbers of all arrays of all layers, in order, then those of x
    choices     for each of these the values that it may have, the plainest first; `table` has them in rows
    weights     {layer: the part of the row that has its W}
    """

    def __init__(self, structure):
        self.net = build(structure, ACTIVATIONS["identity"], ACTIVATIONS["identity"])
        layers = [self.net[name] for name in self.net.neuron_layers]
        arrays = [(layer, name, array) for layer in layers for name, array in layer.arrays().items()]
        shape = (structure.samples, *self.net.input_shape)

        # one row, of which each array is a part
        ends = np.cumsum([array.size for _, _, array in arrays])
        self.row = np.zeros(ends[-1] + int(np.prod(shape)))
        *parts, x = np.split(self.row, ends)
        for (layer, name, array), part in zip(arrays, parts):
            setattr(layer, name, part.reshape(array.shape))
        self.x = x.reshape(shape)

        # what may stand where
        self.choices = [ROUND[name] for _, name, array in arrays for _ in range(array.size)] + [INPUTS] * x.size
        longest = max(map(len, self.choices))
        self.table = np.array([values + (np.nan,) * (longest - len(values)) for values in self.choices])
        self.lengths = np.array([len(values) for values in self.choices])
        self.weights = {layer.name: slice(end - array.size, end)
                        for (layer, name, array), end in zip(arrays, ends) if name == "W"}

    # --- rows of numbers

    def plain(self):
        """Ones, and no biases."""
        return self.table[:, 0].copy()

    def neighbours(self):
        """All rows in which one number is not the plain one."""
        changed = [(place, value) for place, values in enumerate(self.choices) for value in values[1:]]
        rows = np.tile(self.plain(), (len(changed), 1))
        for row, (place, value) in zip(rows, changed):
            row[place] = value
        return rows

    def drawn(self, rng, count):
        """`count` random rows."""
        often = FIRST - 1                                           # by how much the first value comes more often
        places = (rng.random((count, len(self.row))) * (self.lengths + often)).astype(int) - often
        return self.table[np.arange(len(self.row)), np.maximum(places, 0)]

    def with_round_norm(self, name):
        """The plain row with the weights 3 and 4 in a layer, whose ℓ2 norm is 5; None if they do not go in pairs."""
        row, part = self.plain(), self.weights[name]
        size = part.stop - part.start
        if size % 2:
            return None
        row[part] = np.resize(LEGS, size)
        return row

    # --- cases

    def write(self, row, hidden, output):
        """Make the network that of the row, with these Activations of the hidden layers and of the output layer."""
        self.row[...] = row
        *inner, last = self.net.neuron_layers
        for name in inner:
            self.net[name].f = hidden
        self.net[last].f = output

    def shaped(self, rows, where):
        """The rows of networks that were made as the words of `where` say."""
        rows = rows.copy()
        for row in rows if where.that else ():
            self.row[...] = row
            where.shape(self.net)
            row[...] = self.row
        return rows


def case_of_its_own(case):
    """A copy of a case on a page."""
    return Case(case.net.copy(), case.layer, case.x.copy(), case.t.copy(), case.loss, case.any_next)


# --------------------------------------------------------------------------------------- targets


def round_targets(loss, rng, shape):
    """Different round targets of one sample, ready for the loss, the plainest first: (count, *shape of a target).

    Where the loss has soft targets, shares between 0 and 1, the means of two round ones are among them.
    """
    simple = loss.targets(rng, (MANY, *shape), simple=True)
    prepared = [loss.prepare(simple, shape)]
    if takes_shares(loss, rng, simple):
        with contextlib.suppress(ValueError):
            prepared.append(loss.prepare((simple + simple[::-1]) / 2, shape))
    different = {target.tobytes(): target for targets in prepared for target in targets}
    return np.array(sorted(different.values(), key=plainness))


def takes_shares(loss, rng, simple):
    """Whether the targets are numbers from 0 to 1, also such between them."""
    drawn = loss.targets(rng, simple.shape)
    return bool(((simple >= 0) & (simple <= 1)).all() and ((drawn > 0) & (drawn < 1)).any())


def plainness(target):
    """For sorting: 0 is plainer than 1, and the first class than the second."""
    return roughness_of_numbers(target).sum(), np.abs(target).sum(), *(-np.ravel(target))


def plain_targets(N):
    """(1, N): the place of the plainest target, for each sample."""
    return np.zeros((1, N), int)


def near_targets(targets, N):
    """(count, N): all places in which one sample has another of the plainest targets."""
    others = np.arange(1, min(len(targets), NEAR + 1))
    places = np.zeros((len(others) * N, N), int)
    places[np.arange(len(places)), np.repeat(np.arange(N), len(others))] = np.tile(others, N)
    return places
