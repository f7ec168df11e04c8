"""Pooling: each channel of each window becomes one number. No neurons here, channels stay what they are."""

import itertools

import numpy as np

from .kernels import blocks
from .conv2d import pair
from .layer import Layer
from .trace import LayerTrace


BLOCK = 1 << 19                 # bytes of one of the arrays that pooling works through


class Pool(Layer):
    """Windows of `size` every `stride` pixels (default: side by side); what does not fill a window is left out.

    x (N, H, W, C) → o (N, H′, W′, C) with H′ = ⌊(H − size) / stride⌋ + 1.
    """

    def __init__(self, size, stride=None):
        self.size = pair(f"{type(self).__name__} size", size)
        self.stride = self.size if stride is None else pair(f"{type(self).__name__} stride", stride)

    def settings(self):
        return {"size": list(self.size), "stride": list(self.stride)}

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        if any(size < window for size, window in zip(input_shape, self.size)):
            raise self.cannot_fit(f"windows of {self.size[0]}×{self.size[1]} "
                                  f"on an image of {input_shape[0]}×{input_shape[1]}")
        return (*[(n - size) // s + 1 for n, size, s in zip(input_shape, self.size, self.stride)], input_shape[2])

    def overlaps(self):
        return any(s < size for size, s in zip(self.size, self.stride))

    def energy(self):
        return None if self.overlaps() else 1.0

    def along(self, x, axis):
        """For each place in a window along one axis (1 rows, 2 columns): the view of what all windows have there."""
        size, stride, count = self.size[axis - 1], self.stride[axis - 1], self.output_shape[axis - 1]
        cuts = (slice(place, place + stride * count, stride) for place in range(size))
        return [x[:, cut] if axis == 1 else x[:, :, cut] for cut in cuts]

    def spread(self, dx, axis, shares):
        """Give each place along one axis its share of ∂ℓ/∂x, 0 until now; windows that overlap add up."""
        for place, (do, part) in zip(self.along(dx, axis), shares):
            if self.stride[axis - 1] < self.size[axis - 1]:
                place += do * part
            else:
                np.multiply(do, part, out=place)        # the same, and faster than reading what is still 0


class MaxPool2D(Pool):
    """o = the largest of the window. Of equal ones the first (row by row) counts as the largest.

    The largest of a window is the largest of its rows' largest, and so is the way back: first down to the row, then
    along it. That takes kh + kw operations instead of kh · kw, most of them on smaller arrays.
    """

    prefix = "maxpool"

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        rows = np.empty((len(x), self.input_shape[0], *self.output_shape[1:]), x.dtype)
        o = np.empty((len(x), *self.output_shape), x.dtype)
        for n in blocks(x, BLOCK):
            largest(self.along(x[n], 2), out=rows[n])
            largest(self.along(rows[n], 1), out=o[n])
        return LayerTrace(x=x, o=o, kept={"rows": rows})

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = ∂ℓ/∂o at the largest of the window, 0 elsewhere; windows that overlap add up."""
        trace.do = do
        rows, dx = trace.kept["rows"], np.zeros_like(trace.x)
        for n in blocks(dx, BLOCK):
            drows = np.zeros_like(rows[n])
            self.spread(drows, 1, ((do[n], first) for first in where_largest(self.along(rows[n], 1), trace.o[n])))
            self.spread(dx[n], 2, ((drows, first) for first in where_largest(self.along(trace.x[n], 2), rows[n])))
        return dx

    def tangent(self, trace, dx):
        """do = dx at the largest of the window."""
        rows = trace.kept["rows"]
        drows = chosen(self.along(dx, 2), where_largest(self.along(trace.x, 2), rows))
        return chosen(self.along(drows, 1), where_largest(self.along(rows, 1), trace.o))


def largest(places, out):
    """The largest of some arrays, number by number."""
    out[...] = places[0]
    for place in places[1:]:
        np.maximum(out, place, out=out)


def where_largest(places, o):
    """Yield for each of some arrays where it is the first that holds o, the largest of them."""
    free = np.ones(o.shape, bool)
    for place in places[:-1]:
        first = place == o
        first &= free
        free ^= first
        yield first
    yield free                                  # what no other had


def chosen(places, where):
    return sum(place * first for place, first in zip(places, where))


class AvgPool2D(Pool):
    """o = the mean of the window."""

    prefix = "avgpool"

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return LayerTrace(x=x, o=self.mean(x))

    def energy(self):
        """n inputs with a slope of 1/n each: n · (1/n)² = 1/n."""
        return None if self.overlaps() else 1 / np.prod(self.size)

    def mean(self, x):
        return sum(self.along(sum(self.along(x, 2)), 1)) / np.prod(self.size, dtype=x.dtype)

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = ∂ℓ/∂o / (places in the window), added up over the windows that hold x."""
        trace.do = do
        height, width = self.size
        drows, dx = np.zeros((len(do), self.input_shape[0], *self.output_shape[1:]), do.dtype), np.zeros_like(trace.x)
        self.spread(drows, 1, itertools.repeat((do, do.dtype.type(1 / height)), height))
        self.spread(dx, 2, itertools.repeat((drows, do.dtype.type(1 / width)), width))
        return dx

    def tangent(self, trace, dx):
        return self.mean(dx)


class GlobalAvgPool2D(Layer):
    """(N, H, W, C) → (N, C): the mean of each channel over all positions."""

    prefix = "globalavgpool"

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        return (input_shape[2],)

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return LayerTrace(x=x, o=x.mean(axis=(1, 2)))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x_npc = ∂ℓ/∂o_nc / P."""
        trace.do = do
        height, width, _ = self.input_shape
        share = do / np.asarray(height * width, do.dtype)
        return np.broadcast_to(share[:, np.newaxis, np.newaxis], trace.x.shape).copy()

    def tangent(self, trace, dx):
        return dx.mean(axis=(1, 2))

    def energy(self):
        return 1 / np.prod(self.input_shape[:2])
