"""The number that check_gradients differentiates, worked out for many moved entries of an array at once.

    J = Σ_n [c_n ℓ_n(y_n, t_n) + Σ_k r_nk y_nk]     with random c and r

For each moved entry all samples go through the network again: as one batch, with a copy of the samples for each.

    o_1, …, o_N | o_1, …, o_N | …       one entry moved in the first copy, another one in the second, …

This is right where samples are kept apart, and where a parameter reaches y through its own layer alone. So one copy of
each batch is also worked out alone. Where the two differ, as with a layer of one's own that mixes samples or reads the
weights of another one, every moved entry is worked out alone.
"""

from contextlib import contextmanager

import numpy as np

NUMBERS = 1 << 16           # of the outputs of all layers in a batch of copies: they stay in the processor's cache
LEAST = 8                   # copies in a batch at least: of fewer, those that only compare would be most of the work


class Objective:
    """J of a network on some samples. `size` is the size of the numbers that it adds up.

    A point is (index, value): this entry of an array is given that value. The methods below that take points return J,
    (points,), and on which side of each kink the pass went, a row for each point.
    """

    def __init__(self, net, x, t, loss, rng, training):
        self.net, self.x, self.t, self.loss, self.training = net, x, t, loss, training
        self.rng, self.seed = rng, int(rng.integers(2**32))
        self.trace = self.forward(x)
        y = self.trace.y
        self.c, self.r = rng.normal(size=len(y)), rng.normal(size=y.shape)
        self.size = np.abs(self.c * loss(y, t)).sum() + np.abs(self.r * y).sum()
        self.most = NUMBERS // sum(trace.o.size for trace in self.trace.layers.values())
        self.traces = {1: self.trace}

    def forward(self, x):
        return self.net.forward(x, self.training, self.seed if self.training else None)

    def backward(self):
        """Take ∂J/∂y back through the network, into the trace."""
        y = self.trace.y
        c = self.c.reshape(-1, *[1] * (y.ndim - 1))
        self.net.backward(self.trace, c * self.loss.derivative(y, self.t) + self.r)

    def at(self, array, points, alone, together):
        """What `alone(array, [point])` returns for one point, for all of them, by `together` where that is right."""
        if self.training or self.most < LEAST:
            return self.each(array, points, alone)
        control = (..., array + 1e-3)                   # all entries moved: what only some of them reach is noticed
        J, sides = alone(array, [control])
        if together is not alone:                       # it tells of fewer layers: of those that it goes through
            _, sides = together(array, [control])
        parts = [points[i:i + self.most] for i in range(0, len(points), self.most)]
        found = [together(array, [*part, control]) for part in parts]
        if all(abs(J[0] - many[-1]) <= 1e-11 * self.size and np.array_equal(sides[0], rows[-1])
               for many, rows in found):
            return tuple(np.concatenate([one[:-1] for one in kind]) for kind in zip(*found))
        return self.each(array, points, alone)

    def each(self, array, points, alone):
        return tuple(map(np.concatenate, zip(*(alone(array, [point]) for point in points))))

    # --- what can be moved: x, a parameter, a layer's z or o

    def with_x(self, x, points):
        return self.through_all(copies(x, points))

    def with_parameter(self, array, points):
        """In a pass through the whole network, of one point."""
        with moved(array, *points[0]):
            return self.through_all(self.x)

    def through_all(self, x):
        trace = self.forward(x)
        return self.J(trace.y), self.sides(trace.layers, len(x) // len(self.x))

    def through_layer(self, name, array, points):
        """The same for many points: the layer alone for each of them, then what comes after it."""
        layer, x, outputs, own = self.net[name], self.trace[name].x, [], []
        for point in points:
            with moved(array, *point):
                trace = layer.forward(x)
            outputs.append(trace.o)
            own.append(layer.kinks(trace))
        return self.rest(name, np.concatenate(outputs), [np.array(own)])

    def with_z(self, name, z, points):
        layer, z = self.net[name], copies(z, points)
        trace = type(self.trace[name])(x=None, z=z, o=layer.outputs(z))
        return self.rest(name, trace.o, [self.sides({name: trace}, len(points))])

    def with_o(self, name, o, points):
        return self.rest(name, copies(o, points), [])

    def rest(self, name, o, own):
        """From layer `name` on, when it puts out o; `own` are the sides of its own kinks."""
        count = len(o) // len(self.x)
        y, after = self.net.run_from(name, o, None if name in self.net.layers else self.repeated(count))
        return self.J(y), np.concatenate([*own, self.sides(after, count)], axis=1)

    def repeated(self, count):
        """The trace of so many copies of the samples: of what goes around a layer inside a block."""
        if count not in self.traces:
            self.traces[count] = self.forward(np.concatenate([self.x] * count))
        return self.traces[count]

    # --- J and the sides

    def J(self, y):
        """J of each copy of the samples, one behind the other in y."""
        count = len(y) // len(self.x)
        losses = self.loss(y, self.t if count == 1 else np.concatenate([self.t] * count))
        return losses.reshape(count, -1) @ self.c + y.reshape(count, -1) @ self.r.ravel()

    def sides(self, traces, count):
        """On which side of each kink a pass of so many copies went: each layer says it of itself (`Layer.kinks`)."""
        kinks = [self.net[name].kinks(trace) for name, trace in traces.items()]
        return np.concatenate([np.zeros((count, 0), bool), *(one.reshape(count, -1) for one in kinks
                                                             if one.size % count == 0)], axis=1)


def copies(array, points):
    """The array again and again, one copy behind the other, each with one of the points."""
    many = np.repeat(array[np.newaxis], len(points), axis=0)
    for copy, (index, value) in zip(many, points):
        copy[index] = value
    return many.reshape(-1, *array.shape[1:])


@contextmanager
def moved(array, index, value):
    """An array with one of its entries moved, which is put back afterwards."""
    old = np.copy(array[index])
    array[index] = value
    try:
        yield
    finally:
        array[index] = old
