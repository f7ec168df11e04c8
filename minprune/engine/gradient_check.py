"""check_gradients: every gradient of a network against central differences."""

import numpy as np

from .checks import check_count, check_network, check_real, check_seed
from .finite_differences import finite_difference
from .losses import prepare_samples
from .layer import NO_KINKS

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
    check = Check(net, x.copy(), t, loss, np.random.default_rng(seed), step, training, entries)
    for name, array in net.parameters().items():
        layer, key = name.split(".")
        check.compare(name, array, check.trace[layer].grads[key], check.whole)
    for name in net.neuron_layers * (not training):
        trace, layer = check.trace[name], net[name]
        check.compare(f"{name}.o", trace.o.copy(), trace.do, lambda o, name=name: check.rest(name, o))
        check.compare(f"{name}.z", trace.z.copy(), trace.dz,
                      lambda z, name=name, layer=layer: check.rest(name, layer.outputs(z), z))
    check.compare("x", check.x, check.trace.dx, check.whole)
    return GradientErrors(check.errors, check.skipped)


class Check:
    """The function J, its analytic gradients, and the comparisons made so far."""

    def __init__(self, net, x, t, loss, rng, step, training, entries):
        self.net, self.x, self.t, self.loss = net, x, t, loss
        self.step, self.training, self.entries, self.rng = step, training, entries, rng
        self.seed = int(rng.integers(2**32))
        self.trace = self.pass_forward()
        y = self.trace.y
        self.c = rng.normal(size=len(y))
        self.r = rng.normal(size=y.shape)
        each = self.c.reshape(-1, *[1] * (y.ndim - 1))
        net.backward(self.trace, each * loss.derivative(y, t) + self.r)
        # J is a sum of numbers of this size, each rounded some hundred times on its way through the network, and the
        # difference of two such sums is divided by h. A gradient below `least` has no six digits left to compare, and
        # is measured against `least` instead of against itself.
        size = np.abs(self.c * loss(y, t)).sum() + np.abs(self.r * y).sum()
        self.least = 1e6 * (100 * np.finfo(float).eps * size / step)
        self.errors, self.skipped = {}, {}

    def pass_forward(self):
        return self.net.forward(self.x, self.training, self.seed if self.training else None)

    def objective(self, y):
        return (self.c * self.loss(y, self.t)).sum() + (self.r * y).sum()

    def whole(self, _):
        """J and the sides of all kinks, after the network's own arrays or x were moved."""
        trace = self.pass_forward()
        return self.objective(trace.y), sides(self.net, {**trace.layers})

    def rest(self, name, o, z=None):
        """J and the sides of the kinks from layer `name` on, when it puts out o (made of z if given)."""
        traces = {} if z is None else {name: type(self.trace[name])(x=None, z=z, o=o)}
        y, after = self.net.run_from(name, o, self.trace)
        return self.objective(y), sides(self.net, {**traces, **after})

    def compare(self, name, array, analytic, f):
        """Measure one array's gradient and note its worst relative error."""
        if np.shape(analytic) != array.shape:
            raise ValueError(f"the gradient of {name} has shape {np.shape(analytic)}, {name} itself {array.shape}")
        chosen, (_, side) = self.choose(array.shape), f(array)
        numeric, smooth = map(np.array, zip(*(self.measure(f, array, index, side) for index in chosen)))
        analytic = np.array([analytic[index] for index in chosen])
        comparable = smooth | (analytic == 0) & (numeric == 0)
        self.skipped[name] = int((~comparable).sum())
        if not comparable.any():
            raise ValueError(f"every entry of {name} lies on a kink of relu or max; move {self.remedy()}")
        self.errors[name] = relative_error(analytic[comparable], numeric[comparable], self.least)

    def remedy(self):
        """What to move by a little noise: the biases of layers with a z that is at a kink, else x."""
        at_kinks = [f'net["{name}"].b' for name in self.net.neuron_layers
                    if any((np.abs(self.trace[name].z - kink) <= self.step).any() for kink in self.net[name].f.kinks)]
        return f"{' and '.join(at_kinks) or 'x'} by a little noise"

    def choose(self, shape):
        """The indices to check: all, or some drawn at random."""
        every = list(np.ndindex(shape))
        if self.entries is None or self.entries >= len(every):
            return every
        return [every[i] for i in self.rng.choice(len(every), self.entries, replace=False)]

    def measure(self, f, array, index, here):
        """(central difference, whether all its points lie on the side of every kink where the array is, `here`)."""
        entry, seen = array[index], []

        def at(moved):
            array[index] = moved[0]
            value, side = f(array)
            seen.append(side)
            return value

        try:
            wide, narrow = (finite_difference(at, np.array([entry]), step)[0] for step in (self.step, self.step / 2))
        finally:
            array[index] = entry
        slope = (4 * narrow - wide) / 3                 # Richardson: cancels the error that falls as h²
        return slope, all(np.array_equal(here, side) for side in seen)


def sides(net, traces):
    """On which side of each kink a pass went: each layer says it of itself (`Layer.kinks`)."""
    return np.concatenate([NO_KINKS, *(net[name].kinks(trace) for name, trace in traces.items())])


def relative_error(analytic, numeric, least):
    """The worst entry's |a − n| / max(|a|, |n|, 1 % of the array's largest, least); 0 against 0 is exact."""
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    size = np.maximum(size, max(FLOOR * size.max(), least))
    error = np.abs(analytic - numeric)
    return float(np.divide(error, size, out=np.zeros_like(error), where=(size > 0) | np.isnan(size)).max())
