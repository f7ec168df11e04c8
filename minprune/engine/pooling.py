"""Pooling and Flatten: layers without neurons, in which channels stay what they are."""

import itertools
import math

import numpy as np

from . import pool_padding
from .checks import check_flag
from .geometry import along, pair, padding_setting, zeros_on_sides
from .kernels import WHOLE, blocks
from .layer import Layer, LayerTrace, flattened, unflattened
from .pool_padding import Border, border, counted
from .registry import register_layer

BLOCK = 1 << 19                 # bytes of one of the arrays that pooling works through


class Pool(Layer):
    """Windows of `size` every `stride` pixels (default: side by side); what does not fill a window is left out.

    x (N, H, W, C) → o (N, H′, W′, C) with H′ = ⌊(H + 2 padding − size) / stride⌋ + 1; with `ceil_mode` ⌈ ⌉ in place of
    ⌊ ⌋, but for windows that would start behind the image. `padding` is a number of pixels on every side, at most half
    a window, a pair of them (above and below, left and right), or "same": H′ = ⌈H / stride⌉.
    """

    keeps_channels = True
    bare = None                 # with a border: the same pool without one, which reads the padded images
    fill = 0                    # what the border is filled with

    def __init__(self, size, stride=None, padding=0, ceil_mode=False):
        self.size = pair(f"{type(self).__name__} size", size)
        self.stride = self.size if stride is None else pair(f"{type(self).__name__} stride", stride)
        self.padding = padding if padding == "same" else zeros_on_sides(f"{type(self).__name__} padding", padding)
        self.ceil_mode = check_flag("ceil_mode", ceil_mode)
        if padding != "same" and any(2 * along(self.padding, axis) > self.size[axis] for axis in (0, 1)):
            raise ValueError(f"{type(self).__name__} padding expects at most half a window of "
                             f"{self.size[0]}×{self.size[1]}, got {padding}")

    def settings(self):
        """The settings; padding and ceil_mode only where they are not the usual ones."""
        usual = {"padding": 0, "ceil_mode": False}
        given = {key: padding_setting(getattr(self, key)) for key in usual}
        return {"size": list(self.size), "stride": list(self.stride),
                **{key: value for key, value in given.items() if value != usual[key]}}

    def borders(self, input_shape):
        """[(numbers before, numbers after, windows)] of both axes."""
        return [border(size, window, stride, along(self.padding, axis), self.ceil_mode)
                for axis, (size, window, stride) in enumerate(zip(input_shape, self.size, self.stride))]

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        sides = self.borders(input_shape)
        if any(before or after for before, after, _ in sides):
            self.border = Border(self.input_shape, [(before, after) for before, after, _ in sides], self.fill)
            self.bare = type(self)(self.size, self.stride)
            self.bare.build(self.border.shape, rng, dtype)
            self.rescale, self.rescaled = np.asarray(self.share_counted(), dtype), self.linear

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        counts = [windows for _, _, windows in self.borders(input_shape)]
        if min(counts) < 1:
            raise self.cannot_fit(f"windows of {self.size[0]}×{self.size[1]} "
                                  f"on an image of {input_shape[0]}×{input_shape[1]}")
        return (*counts, input_shape[2])

    def share_counted(self):
        """For each window all its places ÷ those that count, (H′, W′, 1). Only means need it."""
        return 1.0

    def overlaps(self):
        return any(s < size for size, s in zip(self.size, self.stride))

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
                np.multiply(do, part, out=place)        # the same where windows do not overlap, and faster

    def blank(self, like, axis):
        """An array for `spread` along this axis, 0 where no window is: where windows cover it, nothing need be 0."""
        size, stride, count = self.size[axis - 1], self.stride[axis - 1], self.output_shape[axis - 1]
        covered = size == stride and size * count == like.shape[axis]
        return np.empty_like(like) if covered else np.zeros_like(like)


@register_layer
class MaxPool2D(Pool):
    """o = the largest of the window. Of equal ones the first (row by row) counts as the largest.

    The maximum of a window is the maximum of its rows' maxima. So the way forward goes first along the rows, then
    down the columns, and the way back first down to the row, then along it: kh + kw operations in place of kh · kw,
    most of them on smaller arrays.
    """

    prefix = "maxpool"
    linear, passes_on, nonnegative = False, True, True
    fill = -np.inf

    def forward(self, x, training=False, rng=None):
        """rows: the maximum of each window's rows, (N, H, W′, C);   o: the maximum of these, (N, H′, W′, C)."""
        self.check_input(x)
        if self.bare is not None:
            return pool_padding.forward(self, x)
        height, width, _ = self.output_shape
        rows = np.empty_like(x[:, :, :width])
        o = np.empty_like(rows[:, :height])
        for c in parts(x):
            maximum(self.along(x[..., c], 2), out=rows[..., c])
            maximum(self.along(rows[..., c], 1), out=o[..., c])
        return LayerTrace(x, o, saved={"rows": rows})

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = ∂ℓ/∂o at the maximum of the window, 0 elsewhere; windows that overlap add up."""
        if self.bare is not None:
            return pool_padding.backward(self, trace, do)
        trace.do = do
        x, rows, dx = trace.x, trace.saved["rows"], self.blank(trace.x, 2)
        for c in parts(dx):
            # from o to the row that holds the maximum
            drows = self.blank(rows[..., c], 1)
            here = first_maximum(self.along(rows[..., c], 1), trace.o[..., c])
            self.spread(drows, 1, zip(itertools.repeat(do[..., c]), here))
            # from the row to the place in it
            here = first_maximum(self.along(x[..., c], 2), rows[..., c])
            self.spread(dx[..., c], 2, zip(itertools.repeat(drows), here))
        return dx

    def tangent(self, trace, dx):
        """do = dx at the maximum of the window."""
        if self.bare is not None:
            return pool_padding.tangent(self, trace, dx)
        rows = trace.saved["rows"]
        drows = selected(self.along(dx, 2), first_maximum(self.along(trace.x, 2), rows))
        return selected(self.along(drows, 1), first_maximum(self.along(rows, 1), trace.o))

    def squared_share(self):
        """1: each output has a slope of 1 to one input; None where windows overlap."""
        return None if self.overlaps() or self.bare is not None else 1.0

    def kinks(self, trace):
        """Which place of each window holds the maximum, by its number in the image."""
        places = np.arange(trace.x.size) % np.prod(self.input_shape)
        return self.tangent(trace, places.reshape(trace.x.shape)).ravel()

    def bounds_back(self, trace, s):
        """Each place of a window gets all of the window's s: any of them may be, or become, its maximum."""
        if self.bare is not None:
            return pool_padding.bounds_back(self, trace, s)
        back = np.zeros((len(s), *self.input_shape))
        for row in self.along(back, 1):
            for place in self.along(row, 2):
                place += s
        return back


def parts(x):
    """Slices of the channels: all at once, or blocks of them where x is larger than a block."""
    return WHOLE if x.nbytes <= BLOCK else blocks(x.T, BLOCK)


def maximum(places, out):
    """The maximum of some arrays, number by number."""
    first = places[0]
    for place in places[1:]:
        first = np.maximum(first, place, out=out)
    if first is not out:
        out[...] = first


def first_maximum(places, o):
    """For each place in the window: the windows, as booleans, whose first maximum is there. o has the maxima."""
    free = None                                 # the windows whose maximum was not met yet: at first all
    for place in places[:-1]:
        here = place == o                       # it is here …
        if free is not None:
            here &= free                        # … and was not met before
        free = ~here if free is None else free ^ here       # now it was: of two equal booleans ^ makes False
        yield here
    yield np.True_ if free is None else free    # the last place holds what no other did


def selected(places, where):
    """Σ of the places, each where it was selected."""
    return sum(place * here for place, here in zip(places, where))


@register_layer
class AvgPool2D(Pool):
    """o = the mean of the window.

    Zeros of the border are counted in it, but not what hangs over them; with `count_padding=False`, and with "same",
    it is the mean of the image's pixels alone.
    """

    prefix = "avgpool"
    linear, passes_on, nonnegative = True, False, True

    def __init__(self, size, stride=None, padding=0, ceil_mode=False, count_padding=True):
        super().__init__(size, stride, padding, ceil_mode)
        self.count_padding = check_flag("count_padding", count_padding)

    def settings(self):
        return {**super().settings(), **({} if self.count_padding else {"count_padding": False})}

    def share_counted(self):
        rows, columns = (counted(size, window, stride, (along(self.padding, axis), self.ceil_mode), self.count_padding)
                         for axis, (size, window, stride) in enumerate(zip(self.input_shape, self.size, self.stride)))
        return math.prod(self.size) / (rows[:, np.newaxis, np.newaxis] * columns[:, np.newaxis])

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        if self.bare is not None:
            return pool_padding.forward(self, x)
        return LayerTrace(x, self.mean(x))

    def mean(self, x):
        return sum(self.along(sum(self.along(x, 2)), 1)) / np.prod(self.size, dtype=x.dtype)

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = ∂ℓ/∂o / (places in the window), added up over the windows that hold x."""
        if self.bare is not None:
            return pool_padding.backward(self, trace, do)
        trace.do = do
        height, width = self.size
        dx = self.blank(trace.x, 2)
        drows = self.blank(dx[:, :, :do.shape[2]], 1)
        self.spread(drows, 1, itertools.repeat((do, do.dtype.type(1 / height)), height))
        self.spread(dx, 2, itertools.repeat((drows, do.dtype.type(1 / width)), width))
        return dx

    def tangent(self, trace, dx):
        return self.mean(dx) if self.bare is None else pool_padding.tangent(self, trace, dx)

    def squared_share(self):
        """n inputs with a slope of 1/n each: n · (1/n)² = 1/n; None where windows overlap."""
        return None if self.overlaps() or self.bare is not None else 1 / np.prod(self.size)

    def squares_back(self, trace, h):
        """(1/n)² h_o for each place of the window: the way back of h, times 1/n once more."""
        if self.bare is not None:
            return pool_padding.squares_back(self, trace, h)
        return self.backward(LayerTrace(trace.x), h) * (1 / np.prod(self.size, dtype=float))


@register_layer
class GlobalAvgPool2D(Layer):
    """(N, H, W, C) → (N, C): the mean of each channel over all positions."""

    prefix = "globalavgpool"
    linear, passes_on, nonnegative, keeps_channels = True, False, True, True

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        return (input_shape[2],)

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return LayerTrace(x, x.mean(axis=(1, 2)))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x_npc = ∂ℓ/∂o_nc / P."""
        trace.do = do
        height, width, _ = self.input_shape
        dx = np.empty_like(trace.x)
        dx[...] = (do / np.asarray(height * width, do.dtype))[:, np.newaxis, np.newaxis]
        return dx

    def tangent(self, trace, dx):
        return dx.mean(axis=(1, 2))

    def squared_share(self):
        """1/P: P inputs with a slope of 1/P each."""
        return 1 / np.prod(self.input_shape[:2])

    def squares_back(self, trace, h):
        """(1/P)² h_o for each position."""
        return self.backward(LayerTrace(trace.x), h) * (1 / np.prod(self.input_shape[:2], dtype=float))


@register_layer
class Flatten(Layer):
    """(N, H, W, C) → (N, H·W·C): position by position, the channels of one position side by side."""

    prefix = "flatten"
    linear = passes_on = nonnegative = keeps_channels = True

    def shape_from(self, input_shape):
        return (math.prod(input_shape),)

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return LayerTrace(x, flattened(x))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return unflattened(do, self.input_shape)

    def tangent(self, trace, dx):
        return flattened(dx)

    def squared_share(self):
        """1: each output is one input."""
        return 1.0
