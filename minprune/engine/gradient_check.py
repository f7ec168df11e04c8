"""check_gradients: every gradient of a network against central differences."""

from functools import partial

import numpy as np

from .checks import check_count, check_network, check_real, check_seed
from .finite_differences import ends
from .losses import prepare_samples
from .objective import Objective

# An entry's error is measured against its own size, but never against less than this share of the largest entry
# of its array: below that, what a central difference returns is its rounding error.
FLOOR = 1e-2


class GradientErrors(dict):
    """{"conv1.W": error, …, "conv1.z": …, "conv1.o": …, "x": …}: the worst relative error of each array.

    `worst` is the largest of all. `skipped` counts, by array, the entries that were left out because the two
    ends of their difference lie on different sides of a kink.
    """

    def __init__(self, errors, skipped):
        super().__init__(errors)
        self.skipped = skipped

    @property
    def worst(self):
        return float(np.max(list(self.values())))           # unlike max(), NaN whenever one of them is

    def __str__(self):
        return "\n".join(f"{name:<24}{error:.1e}" for name, error in self.items())

    __repr__ = __str__


def check_gradients(net, x, t, loss="cross_entropy", seed=0, step=1e-4, training=False, entries=None):
    """Return the worst relative error of every gradient: of each parameter, each neuron's o and z, and x.

    The function that is differentiated is J = Σ_n [c_n ℓ_n(y_n, t_n) + Σ_k r_nk y_nk] with random c and r: a
    random upstream gradient, because one of all ones hides mistakes. The error of an entry is
    |analytic − numeric| / max(|analytic|, |numeric|, 1 % of the array's largest).

    relu, leaky_relu and max have kinks, where no derivative exists; an entry whose difference reaches across
    one is skipped (and counted in `.skipped`), unless both its analytic and its numeric derivative are exactly 0. If a
    kink leaves nothing of an array, that is a ValueError, which says what to move: the biases of layers with a z at a
    kink (in a fresh network all biases are 0, and so is z where all neurons before it are silent), else x.
    `training=True` checks the training pass (batch statistics, and dropout
    with the same draws each time); then o and z are left out, since the batch mixes. `entries` checks only so many
    entries of each array, drawn at random. Float64 networks only. The network is left as it was.
    """
    check_network(net)
    if net.dtype != np.float64:
        raise ValueError("check_gradients expects a float64 network; central differences need the digits")
    check_real("step", step, above=0)
    check_seed(seed)
    entries = None if entries is None else check_count("entries", entries)
    x, t, loss = prepare_samples(net, x, t, loss)
    J = Objective(net, x.copy(), t, loss, np.random.default_rng(seed), training)
    J.backward()
    check = Check(J, step, entries)
    for name, array in net.parameters().items():
        layer, key = name.split(".")
        check.compare(name, array, J.trace[layer].grads[key], J.with_parameter, partial(J.through_layer, layer))
    for name in net.neuron_layers * (not training):
        trace = J.trace[name]
        check.compare(f"{name}.o", trace.o, trace.do, partial(J.with_o, name))
        check.compare(f"{name}.z", trace.z, trace.dz, partial(J.with_z, name))
    check.compare("x", J.x, J.trace.dx, J.with_x)
    return GradientErrors(check.errors, check.skipped)


class Check:
    """The comparisons made so far."""

    def __init__(self, J, step, entries):
        self.J, self.step, self.entries = J, step, entries
        # J is a sum of numbers of this size, each rounded some hundred times on its way through the network, and the
        # difference of two such sums is divided by h. A gradient below `least` has no six digits left to compare, and
        # is measured against `least` instead of against itself.
        self.least = 1e6 * (100 * np.finfo(float).eps * J.size / step)
        self.errors, self.skipped = {}, {}

    def compare(self, name, array, analytic, alone, together=None):
        """Measure one array's gradient and note its worst relative error."""
        if np.shape(analytic) != array.shape:
            raise ValueError(f"the gradient of {name} has shape {np.shape(analytic)}, {name} itself {array.shape}")
        chosen = self.choose(array.shape)
        numeric, smooth = self.measure(array, chosen, alone, together or alone)
        analytic = np.array([analytic[index] for index in chosen])
        comparable = smooth | (analytic == 0) & (numeric == 0)
        self.skipped[name] = int((~comparable).sum())
        if not comparable.any():
            raise ValueError(f"every entry of {name} lies on a kink of relu or max; move {self.remedy()}")
        self.errors[name] = relative_error(analytic[comparable], numeric[comparable], self.least)

    def remedy(self):
        """What to move by a little noise: the biases of layers with a z that is at a kink, else x."""
        net, trace = self.J.net, self.J.trace
        at_kinks = [f'net["{name}"].b' for name in net.neuron_layers
                    if any((np.abs(trace[name].z - kink) <= self.step).any() for kink in net[name].f.kinks)]
        return f"{' and '.join(at_kinks) or 'x'} by a little noise"

    def choose(self, shape):
        """The indices to check: all, or some drawn at random."""
        every = list(np.ndindex(shape))
        if self.entries is None or self.entries >= len(every):
            return every
        return [every[i] for i in self.J.rng.choice(len(every), self.entries, replace=False)]

    def measure(self, array, chosen, alone, together):
        """The central differences of the chosen entries, and whether all points of a difference lie on that side of
        every kink on which the array itself is."""
        a = np.array([[*ends(array[index], self.step), *ends(array[index], self.step / 2)] for index in chosen])
        here = (chosen[0], array[chosen[0]])
        points = [(index, value) for index, four in zip(chosen, a) for value in four]
        J, sides = self.J.at(array, [here, *points], alone, together)
        wide, narrow = ((J[1:].reshape(-1, 4)[:, ends] @ [1, -1] / (a[:, ends] @ [1, -1])) for ends in ([0, 1], [2, 3]))
        smooth = (sides[1:] == sides[0]).all(axis=1).reshape(-1, 4).all(axis=1)
        return (4 * narrow - wide) / 3, smooth          # Richardson: cancels the error that falls as h²


def relative_error(analytic, numeric, least):
    """The worst entry's |a − n| / max(|a|, |n|, 1 % of the array's largest, least); 0 against 0 is exact."""
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    size = np.maximum(size, max(FLOOR * size.max(), least))
    error = np.abs(analytic - numeric)
    return float(np.divide(error, size, out=np.zeros_like(error), where=(size > 0) | np.isnan(size)).max())
