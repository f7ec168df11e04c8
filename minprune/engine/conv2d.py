"""Conv2D: every neuron (channel) reads every patch of the image with the same weights."""

import functools
import math

import numpy as np

from . import winograd
from .checks import check_size
from .facts import NotSaid
from .geometry import along, check_padding, pair, padding_setting
from .kernels import equal_part
from .layer import LayerTrace, NeuronLayer, chosen, empty, images, memory, samples_last, total
from .registry import register_layer

BLOCK = 1 << 17                 # bytes of the patches of several rows at a time
LANES = 5 << 18                 # bytes of lanes at a time
LEAST = 1 << 10                 # bytes of a row of lanes at least: products of fewer columns are slower
WIDE = 1 << 11                  # bytes of a row of patches, where so many lanes would not fit the cache
MANY = 64                       # neurons from which on z is written by way of an array that fits the cache
SMALL = 1 << 19                 # bytes of all patches, up to which they fit the cache as they are


@register_layer
class Conv2D(NeuronLayer):
    """K channels: o_npi = f(Σ_j x_npj w_ij + b_i), where x_np is the patch of image n at position p.

    x (N, H, W, C);  W (K, kh, kw, C);  b (K,);  z, o (N, H′, W′, K).  (A cross-correlation: the kernel is not
    flipped, as everywhere in the field.)  `kernel` is a whole number or a pair. `padding` is "valid"
    (none), a number of zeros on every side, a pair of them (above and below, left and right), or "same":
    H′ = ⌈H / stride⌉, an odd zero going below or right. `dilation` d reads every d-th pixel, as if d − 1 zeros stood
    between the weights of a kernel. `activation`, `batch_norm` and `bias` as for Dense.

    With `groups` G the channels of x and the neurons are dealt out to G groups, in their order, and a neuron reads the
    channels of its own group: W (K, kh, kw, C / G). G = C is a depthwise convolution: each channel leaves together with
    the K / C neurons that are made of it. Otherwise the groups have to stay equal, which they do if what leaves is the
    i-th neuron of each group, or, of what they read, the j-th channel of each group (so in Torch-Pruning as well).

    In training and in predictions, where many samples meet many weights, the same sums are made of fewer products
    (winograd.py): equal but for the last digits, and where a patch is 0 throughout in every digit. What is recorded and
    scored is not.
    """

    prefix = "conv"
    size_setting = "channels"

    def __init__(self, channels, kernel, activation="identity", stride=1, padding="valid", batch_norm=False, bias=True,
                 dilation=1, groups=1):
        super().__init__(check_size("Conv2D channels", channels), activation, batch_norm, bias)
        self.kernel = pair("Conv2D kernel", kernel)
        self.stride = check_size("Conv2D stride", stride)
        self.padding = check_padding(padding)
        self.dilation = check_size("Conv2D dilation", dilation)
        self.groups = check_size("Conv2D groups", groups)
        self.reach = tuple((k - 1) * self.dilation + 1 for k in self.kernel)        # of the kernel, zeros and all

    def settings(self):
        return {"channels": self.K, "kernel": list(self.kernel), "activation": self.named_activation(),
                "stride": self.stride, "padding": padding_setting(self.padding), **self.last_settings(),
                **{key: getattr(self, key) for key in ("dilation", "groups") if getattr(self, key) != 1}}

    # --- forward and backward: a Dense layer of the patches

    def forward(self, x, training=False, rng=None):
        """a_npi = Σ_j x_npj w_ij + b_i, W times all patches;   z = a, or batch norm of a;   o = f(z)."""
        return self.run(x, training, fewer=training)

    def output(self, x):
        """o alone: by fewer products where that pays."""
        return self.run(x, False, fewer=True).o

    def run(self, x, training, fewer):
        """The LayerTrace of a pass, by fewer products (winograd.py) if they are allowed and pay."""
        self.check_input(x)
        trace = LayerTrace(x, saved={"training": training})
        if fewer and self.by_winograd(len(x)):
            a, trace.saved["winograd"] = empty((len(x), *self.output_shape), x.dtype), True
            winograd.product(self.W, self.padded(x), memory(a))
        else:
            if training and self.small(x):          # kept for the way back
                trace.saved["patches"] = [patch_matrix(self.padded(x), self.reach, self.stride)]
            a = self.product(x, trace.saved.get("patches"))
        a += self.b
        trace.z = self.normalised(a, trace) if self.batch_norm else a
        trace.o = self.outputs(trace.z)
        return trace

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """By the chain rule, from o back to z, a, and to what a is made of:

        ∂ℓ/∂z_npi = ∂ℓ/∂o_npi · f′(z_npi)             ∂ℓ/∂a = ∂ℓ/∂z, or back through the batch norm
        ∂ℓ/∂w_ij = Σ_np ∂ℓ/∂a_npi x_npj               ∂ℓ/∂b_i = Σ_np ∂ℓ/∂a_npi
        ∂ℓ/∂x: each patch gets Σ_i ∂ℓ/∂a_npi w_ij, and a pixel adds up what it got from all its patches
        """
        trace.do = do
        trace.dz = self.slope_times(do, trace.z)
        da = self.unnormalised(trace, need_grads)
        if need_grads:
            trace.grads["W"] = self.weight_gradient(trace.x, da, trace.saved.get("patches"))
            if self.bias:
                trace.grads["b"] = total(da)
        if not need_dx:
            return None
        fewer = "winograd" in trace.saved and self.K >= winograd.BACK
        return self.winograd_back(da) if fewer else self.product_back(da)

    def by_winograd(self, N):
        """Whether N samples are faster with the same sums made of fewer products, in a layer of the plain kind."""
        plain = self.groups == self.stride == self.dilation == 1 and computes_as_conv2d(type(self))
        return N >= winograd.SAMPLES and plain and winograd.pays(self.W, N, self.output_shape)

    def winograd_back(self, da):
        """`product_back` of da by fewer products."""
        dx = np.zeros((self.input_shape[2], *self.padded_shape(), len(da)), da.dtype)
        winograd.product_back(self.W, memory(da), dx)
        return images(self.unpadded(dx))

    def product(self, x, patches=None):
        """Σ_j x_npj w_ij: W · patches, block by block (see `patch_blocks`, for when they are not given)."""
        a = empty((len(x), *self.output_shape), x.dtype)
        W, places, padded = self.spread(), memory(a), None if patches else self.padded(x)
        for i, c in self.each_group():
            rows = W[i].reshape(self.K // self.groups, -1)
            for block, part in patches or patch_blocks(padded[c], self.reach, self.stride):
                write_product(rows, part, places[i][block])
        return a

    def weight_gradient(self, x, da, patches=None):
        """Σ_np ∂ℓ/∂a_npi x_npj: ∂ℓ/∂a · patchesᵀ.

        As its transpose, patches · (∂ℓ/∂a)ᵀ, since BLAS is faster with the longer side first; but not where it would
        take longer to transpose many weights than that gains.
        """
        d, places, padded = self.dilation, memory(da), None if patches else self.padded(x)
        F = math.prod(self.reach) * self.W.shape[-1]
        turned = self.K < MANY or da.size > 4 * F * self.K
        dW = np.zeros((F, self.K), da.dtype).T if turned else np.zeros((self.K, F), da.dtype)
        for i, c in self.each_group():
            for block, part in patches or patch_blocks(padded[c], self.reach, self.stride):
                rows = places[i][block].reshape(self.K // self.groups, -1)
                dW[i] += (part @ rows.T).T if turned else rows @ part.T
        return np.ascontiguousarray(dW.reshape(self.K, *self.reach, -1)[:, ::d, ::d])

    def product_back(self, da):
        """Σ_i ∂ℓ/∂a_npi w_ij, added up where patches overlap."""
        dx = np.zeros((self.input_shape[2], *self.padded_shape(), len(da)), da.dtype)
        W, da = self.spread(), memory(da)
        for i, c in self.each_group():
            add_back(dx[c], W[i], da[i], self.stride)
        return images(self.unpadded(dx))

    def each_group(self):
        """(its neurons, the channels that they read) of each group, as slices; without groups all of them."""
        K, C = self.K // self.groups, self.W.shape[-1]
        return [(slice(g * K, (g + 1) * K), slice(g * C, (g + 1) * C)) for g in range(self.groups)]

    def spread(self):
        """W as a kernel without dilation: with d − 1 zeros between its rows and between its columns."""
        if self.dilation == 1:
            return self.W
        W = np.zeros((self.K, *self.reach, self.W.shape[-1]), self.W.dtype)
        W[:, ::self.dilation, ::self.dilation] = self.W
        return W

    def of_channel(self, x, i, n, K):
        """The convolution of channel i of the image with channel i of the kernels."""
        alone = Conv2D(self.K, self.kernel, stride=self.stride, padding=self.padding, dilation=self.dilation)
        alone.input_shape = (*self.input_shape[:2], 1)
        alone.output_shape, alone.zeros, alone.W = self.output_shape, self.zeros, self.W[..., i:i + 1]
        return alone.product(chosen(x[..., i:i + 1], n))

    def patches(self, x):
        """x_npj as an array (N, P, F), the patch laid out as W[i] is: row, column, channel. Samples come first in
        memory too: who asks for patches multiplies them sample by sample."""
        if self.groups > 1:
            raise NotSaid(f"{self} has {self.groups} groups, whose neurons read different patches: a formula of x, or "
                          "what else needs the patches, does not apply to it")
        return self.all_patches(x).reshape(len(x), math.prod(self.output_shape[:2]), self.W[0].size)

    def all_patches(self, x):
        """(N, P, kh · kw, C): all channels of the patches."""
        padded, d = np.ascontiguousarray(images(self.padded(x))), self.dilation
        seen = np.lib.stride_tricks.sliding_window_view(padded, self.reach, axis=(1, 2))
        seen = seen[:, ::self.stride, ::self.stride, :, ::d, ::d].transpose(0, 1, 2, 4, 5, 3)
        return seen.reshape(len(x), math.prod(self.output_shape[:2]), math.prod(self.kernel), -1)

    def single_gradients(self, x, da):
        """Σ_p da_npi x_npj, (N, K, F): with groups, of each neuron with the channels of its own group."""
        if self.groups == 1:
            return super().single_gradients(x, da)
        patches = self.all_patches(x)
        patches = patches.reshape(*patches.shape[:-1], self.groups, -1)                 # (N, P, places, G, C / G)
        da = da.reshape(*da.shape[:2], self.groups, -1)                                 # (N, P, G, K / G)
        return np.einsum("npgk,npfgc->ngkfc", da, patches).reshape(len(x), self.K, -1)

    def without_channels(self, arrays, stays):
        """With groups the same channels go from each; of a depthwise convolution they go with their neurons."""
        if self.groups == 1:
            return super().without_channels(arrays, stays)
        first = stays.reshape(self.groups, -1)[0]
        return arrays if len(first) == 1 else {**arrays, "W": arrays["W"][..., first]}

    def small(self, x):
        """Whether all patches of these images fit the cache together."""
        size = math.prod(self.reach) * self.W.shape[-1] * self.W.itemsize
        return self.groups == 1 and len(x) * math.prod(self.output_shape[:2]) * size <= SMALL

    # --- geometry

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        if self.K % self.groups or input_shape[2] % self.groups:
            raise self.cannot_fit(f"{self.groups} equal groups of {input_shape[2]} channels and {self.K} neurons")
        self.zeros = [self.zeros_along(size, k, axis) for axis, (size, k) in enumerate(zip(input_shape, self.reach))]
        padded = [size + sum(zeros) for size, zeros in zip(input_shape, self.zeros)]
        if any(size < k for size, k in zip(padded, self.reach)):
            with_padding = " with its padding" if padded != list(input_shape[:2]) else ""
            raise self.cannot_fit(f"kernel {self.reach[0]}×{self.reach[1]} on an image of "
                                  f"{padded[0]}×{padded[1]}{with_padding}")
        return (*[(size - k) // self.stride + 1 for size, k in zip(padded, self.reach)], self.K)

    def weight_shape(self):
        positions, field = math.prod(self.kernel), (*self.kernel, self.input_shape[2] // self.groups)
        return (self.K, *field), math.prod(field), self.K * positions // self.groups

    def zeros_along(self, size, kernel, axis):
        """How many zeros go before and after one axis, 0 (rows) or 1 (columns)."""
        if self.padding == "same":
            total = max((-(-size // self.stride) - 1) * self.stride + kernel - size, 0)
            return total // 2, total - total // 2
        zeros = 0 if self.padding == "valid" else along(self.padding, axis)
        return zeros, zeros

    def padded_shape(self):
        (top, bottom), (left, right) = self.zeros
        height, width, _ = self.input_shape
        return height + top + bottom, width + left + right

    def padded(self, x):
        """The memory (C, H, W, N) of the images with their zeros."""
        shape = self.padded_shape()
        if shape == self.input_shape[:2]:
            return memory(x)
        padded = np.zeros((self.input_shape[2], *shape, len(x)), x.dtype)
        self.unpadded(padded)[...] = samples_last(x)
        return padded

    def unpadded(self, padded):
        """The view of the padded images' memory without their zeros."""
        (top, _), (left, _) = self.zeros
        height, width, _ = self.input_shape
        return padded[:, top:top + height, left:left + width]


# ----------------------------------------------------------------------------------- patches, block by block
#
# What each neuron reads, as matrices (F, positions · samples). The plain line is one matrix of all patches: W ·
# patches. It repeats each pixel kh · kw times, so it is made, and multiplied, in blocks that stay in the processor's
# cache. Where a row of positions and samples fills a block, the rows share their patches:
#
#     lanes[h] = [x[h, columns s, s + 1, …] for each kernel column s], a matrix (kw·C, W′·N)
#     the patches of the positions in row h: lanes[h], lanes[h + 1], … lanes[h + kh − 1], one below the other
#
# In memory the lanes of a row follow those of the row above, so that the patches of a row are a view: a pixel is copied
# kw times in place of kh · kw.


def windows(array, kernel, stride):
    """The windows of images that lie in memory as `array` (C, H, W, N): a view (kh, kw, C, H′, W′, N).

    Place (r, s, c, h, w, n) is array[c, h·stride + r, w·stride + s, n]: a step from one window to the next, and a step
    within the window, both go along the same axis of the image. The array has to be contiguous.
    """
    channel, row, column, sample = array.strides
    C, height, width, N = array.shape
    places = [(size - k) // step + 1 for size, k, step in zip((height, width), kernel, stride)]
    return np.ndarray((*kernel, C, *places, N), array.dtype, array, 0,
                      (row, column, channel, row * stride[0], column * stride[1], sample))


def patch_matrix(x, kernel, stride):
    """(everywhere, the matrix of all patches (F, H′ · W′ · N)): the plain line, one block for all."""
    patches = windows(x, kernel, (stride, stride))
    return slice(None), patches.reshape(math.prod(patches.shape[:3]), -1)


def patch_blocks(x, kernel, stride):
    """Yield (which channels, rows, columns and samples of the output, their patches (F, positions · samples)).

    `x` is the padded images' memory, (C, H, W, N). Each patches are gone when the next are asked for.
    """
    every = slice(None)
    (C, H, _, _), (kh, kw, _, height, width, N) = x.shape, windows(x, kernel, (stride, stride)).shape
    most = max(BLOCK // (kh * kw * C * x.itemsize), WIDE // x.itemsize, 1)
    if most >= 2 * width * N or height == 1 and most >= width * N or kh * kw == 1:
        for rows, patches in several_rows(x, kernel, stride, max(most // max(width * N, 1), 1)):
            yield (every, rows), patches
        return
    lanes = LANES // (H * kw * C * x.itemsize)
    by_parts = rows_by_lanes(x, kernel, stride, lanes) if lanes * x.itemsize >= LEAST \
        else rows_by_themselves(x, kernel, stride, most)
    for row, columns, samples, patches in by_parts:
        yield (every, row, columns, samples), patches


def several_rows(x, kernel, stride, count):
    """Yield (a slice of rows, their patches), each of `count` rows: the plain line, a part at a time."""
    patches = windows(x, kernel, (stride, stride))
    kh, kw, C, height, *_ = patches.shape
    for start in range(0, height, count):
        rows = slice(start, start + count)
        yield rows, patches[:, :, :, rows].reshape(kh * kw * C, -1)


def rows_by_lanes(x, kernel, stride, most):
    """Yield (a row, columns and samples in it, their patches), from lanes of `most` columns."""
    kh, kw = kernel
    rows = windows(x, (1, kw), (1, stride))[0].transpose(2, 0, 1, 3, 4)                     # (H, kw, C, W′, N)
    (H, _, C, width, N), room = rows.shape, Room()
    for columns, samples in parts_of_a_row(width, N, most):
        lanes = room.copy(rows[..., columns, samples]).reshape(H, kw * C, -1)
        for row in range((H - kh) // stride + 1):
            yield row, columns, samples, lanes[row * stride:row * stride + kh].reshape(kh * kw * C, -1)     # a view


def rows_by_themselves(x, kernel, stride, most):
    """Yield (a row, columns and samples in it, their patches), the plain line in parts of `most` columns."""
    patches, room = windows(x, kernel, (stride, stride)), Room()
    kh, kw, C, height, width, N = patches.shape
    parts = [*parts_of_a_row(width, N, most)]
    for row in range(height):
        for columns, samples in parts:
            yield row, columns, samples, room.copy(patches[:, :, :, row, columns, samples]).reshape(kh * kw * C, -1)


@functools.lru_cache(maxsize=None)
def computes_as_conv2d(cls):
    """Whether a class has Conv2D's own products, not a user's."""
    return all(getattr(cls, name) is getattr(Conv2D, name) for name in ("product", "product_back", "padded", "spread"))


class Room:
    """Memory for copies that are used one after the other, the largest first. Fresh memory for each would have to come
    into the cache first."""

    memory = None

    def copy(self, array):
        if self.memory is None:
            self.memory = np.empty(array.size, array.dtype)
        copied = self.memory[:array.size].reshape(array.shape)
        copied[...] = array
        return copied


def write_product(rows, patches, out):
    """out = rows · patches. Of many neurons by way of a new array: rows of z that lie far apart in memory drive each
    other out of the cache."""
    if len(rows) < MANY:
        np.matmul(rows, patches, out=out.reshape(len(rows), -1))
    else:
        out[...] = (rows @ patches).reshape(out.shape)


def parts_of_a_row(width, N, most):
    """Yield (columns, samples) of at most about `most` places each, that make up a row of `width` · N places.

    A part is some columns of all samples, or one column of some samples: then its places are one run in memory. Parts
    are as equal as can be: a narrow one at the end would make a slow product. The first is the largest.
    """
    step, count = equal_part(width, max(most // N, 1)), equal_part(N, most)
    for column in range(0, width, step):
        for start in range(0, N, count):
            yield slice(column, min(column + step, width)), slice(start, min(start + count, N))


def add_back(dx, W, da, stride):
    """Give each patch Σ_i ∂ℓ/∂a_i w_i, and each pixel of `dx` (C, H, W, N), 0 until now, what its patches got."""
    (kh, kw, C), (height, width, N) = W.shape[1:], da.shape[1:]
    if W[0].size * da[0].nbytes > SMALL:
        add_back_by_rows(dx, W, da, stride)
        return
    shares = W.reshape(len(W), -1).T @ da.reshape(len(da), -1)
    shares = shares.reshape(kh, kw, C, height, width, N)
    for r in range(kh):
        rows = dx[:, r:r + stride * height:stride]
        for s in range(kw):
            rows[:, :, s:s + stride * width:stride] += shares[r, s]


def add_back_by_rows(dx, W, da, stride):
    """The same, row by row of the pixels, for larger images and more of them.

    All kernel rows r that reach one row of pixels make one product, of the rows of ∂ℓ/∂a that they come from, one below
    the other. The sum over r is then inside the product, and of the kh · kw additions kw are left, in the cache.
    """
    (K, kh, kw, C), (height, width, N) = W.shape, da.shape[1:]
    weights = np.ascontiguousarray(W.transpose(2, 3, 1, 0)[:, :, ::-1])        # (kw, C, kh, K), rows turned round
    da = np.ascontiguousarray(da.transpose(1, 0, 2, 3))                         # (H′, K, W′, N)
    parts = [*parts_of_a_row(width, N, max(LANES // (kh * K * da.itemsize), WIDE // da.itemsize, 1))]
    for h in range(dx.shape[1]):
        # rows first … last of ∂ℓ/∂a reach this row, by the kernel rows h − stride · row
        first, last = max(0, -((kh - 1 - h) // stride)), min(h // stride, height - 1)
        if first > last:
            continue
        turned = kh - 1 - h + stride * first
        rows = weights[:, :, turned:kh - h + stride * last:stride].reshape(kw * C, -1)
        for columns, samples in parts:
            given = da[first:last + 1, :, columns, samples]
            shares = rows @ given.reshape(rows.shape[1], -1)
            for s, share in enumerate(shares.reshape(kw, C, *given.shape[2:])):
                dx[:, h, s + stride * columns.start:s + stride * columns.stop:stride, samples] += share
