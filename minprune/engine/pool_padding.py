"""Pool padding: pooling that sees a border around its image, and windows that hang over its end.

The layer has a bare pool inside, the same without padding, that reads the padded image: −∞ around the image for the
maximum, 0 for the mean. What the bare pool does is done; the border is put on before, and taken off on the way back.
"""

import math

import numpy as np

from .layer import LayerTrace


def border(size, window, stride, padding, ceil_mode):
    """(numbers before, numbers after, number of windows) along one axis of `size` pixels.

    "same": ⌈size / stride⌉ windows, an odd number after (as in Keras). A number of pixels on both sides: with
    `ceil_mode` a last window may hang over the end, if it starts on the image or the border before it (as in PyTorch).
    """
    if padding == "same":
        count = -(-size // stride)
        lacks = max((count - 1) * stride + window - size, 0)
        return lacks // 2, lacks - lacks // 2, count
    reach = size + 2 * padding - window
    count = (math.ceil if ceil_mode else math.floor)(reach / stride) + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    return padding, max((count - 1) * stride + window - size - padding, 0), count


def counted(size, window, stride, padding, count_padding):
    """How many numbers each window's mean is of, along one axis.

    With `count_padding` the zeros on both sides count, but not what hangs over these.
    """
    before, _, count = border(size, window, stride, *padding)
    border_counts = before if count_padding and padding[0] != "same" else 0
    starts = np.arange(count) * stride - before
    return np.minimum(starts + window, size + border_counts) - np.maximum(starts, -border_counts)


class Border:
    """The border of one pooling layer: the zeros before and after its two axes, and what the border is filled with."""

    def __init__(self, input_shape, sides, fill):
        (self.top, self.bottom), (self.left, self.right) = sides
        self.height, self.width, self.channels = input_shape
        self.fill = fill

    @property
    def shape(self):
        """The shape of one padded image."""
        return self.top + self.height + self.bottom, self.left + self.width + self.right, self.channels

    def around(self, x, fill):
        """The images with the border, as an array of their own."""
        padded = np.full((len(x), *self.shape), fill, x.dtype)
        self.inside(padded)[...] = x
        return padded

    def inside(self, padded):
        """The view of the padded images without the border."""
        return padded[:, self.top:self.top + self.height, self.left:self.left + self.width]


# ----------------------------------------- what a padded pool does, by its bare pool and its border


def forward(pool, x):
    """o of the padded image; of means times (all places) / (places that count)."""
    inner = pool.bare.forward(pool.border.around(x, pool.border.fill))
    return LayerTrace(x, inner.o * pool.rescale if pool.rescaled else inner.o, saved={"inner": inner})


def backward(pool, trace, do):
    trace.do = do
    dx = pool.bare.backward(trace.saved["inner"], do * pool.rescale if pool.rescaled else do)
    return pool.border.inside(dx)


def tangent(pool, trace, dx):
    do = pool.bare.tangent(trace.saved["inner"], pool.border.around(dx, 0))
    return do * pool.rescale if pool.rescaled else do


def squares_back(pool, trace, h):
    rescaled = h * pool.rescale ** 2 if pool.rescaled else h
    return pool.border.inside(pool.bare.squares_back(trace.saved["inner"], rescaled))


def bounds_back(pool, trace, s):
    """Of a maximum; a mean's bounds go back as its gradient does."""
    return pool.border.inside(pool.bare.bounds_back(trace.saved["inner"], s))
