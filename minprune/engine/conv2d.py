"""Conv2D: every neuron (channel) reads every patch of the image with the same weights."""

import math

import numpy as np

from .checks import check_size
from .layer import LayerTrace, NeuronLayer, total
from .order import chosen, empty, images, memory
from .patches import SMALL, add_back, patch_blocks
from .registry import register_layer


@register_layer
class Conv2D(NeuronLayer):
    """K channels: o_npi = f(Σ_j x_npj w_ij + b_i), where x_np is the patch of image n at position p.

    x (N, H, W, C);  W (K, kh, kw, C);  b (K,);  z, o (N, H′, W′, K).  (A cross-correlation: the kernel is not
    flipped, as everywhere in the field.)  `kernel` is a whole number or a pair. `padding` is "valid"
    (none), a number of zeros on every side, or "same": H′ = ⌈H / stride⌉, an odd zero going below or right.
    `activation` and `batch_norm` as for Dense.
    """

    prefix = "conv"
    size_setting = "channels"

    def __init__(self, channels, kernel, activation="identity", stride=1, padding="valid", batch_norm=False):
        super().__init__(check_size("Conv2D channels", channels), activation, batch_norm)
        self.kernel = pair("Conv2D kernel", kernel)
        self.stride = check_size("Conv2D stride", stride)
        self.padding = check_padding(padding)

    def settings(self):
        return {"channels": self.K, "kernel": list(self.kernel), "activation": self.named_activation(),
                "stride": self.stride, "padding": self.padding, "batch_norm": self.batch_norm}

    # --- forward and backward: a Dense layer of the patches

    def forward(self, x, training=False, rng=None):
        """a_npi = Σ_j x_npj w_ij + b_i, W times all patches;   z = a, or batch norm of a;   o = f(z)."""
        self.check_input(x)
        trace = LayerTrace(x, saved={"training": training})
        if training and self.small(x):          # kept for the way back
            trace.saved["patches"] = list(self.patch_blocks(x))
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
            trace.grads["b"] = total(da)
        return self.product_back(da) if need_dx else None

    def product(self, x, patches=None):
        """Σ_j x_npj w_ij: W · patches, block by block (see `patch_blocks`, for when they are not given)."""
        a = empty((len(x), *self.output_shape), x.dtype)
        W, places = self.W.reshape(self.K, -1), memory(a)
        for block, part in patches or self.patch_blocks(x):
            np.matmul(W, part, out=places[block].reshape(self.K, -1))
        return a

    def weight_gradient(self, x, da, patches=None):
        """Σ_np ∂ℓ/∂a_npi x_npj: patches · (∂ℓ/∂a)ᵀ, transposed."""
        dW, places = np.zeros((self.W[0].size, self.K), da.dtype), memory(da)
        for block, part in patches or self.patch_blocks(x):
            dW += part @ places[block].reshape(self.K, -1).T
        return np.ascontiguousarray(dW.T).reshape(self.W.shape)

    def product_back(self, da):
        """Σ_i ∂ℓ/∂a_npi w_ij, added up where patches overlap."""
        dx = np.zeros((self.input_shape[2], *self.padded_shape(), len(da)), da.dtype)
        add_back(dx, self.W, memory(da), self.stride)
        return images(self.unpadded(dx))

    def of_channel(self, x, i, n, K):
        """The convolution of channel i of the image with channel i of the kernels."""
        alone = Conv2D(self.K, self.kernel, stride=self.stride, padding=self.padding)
        alone.input_shape = (*self.input_shape[:2], 1)
        alone.output_shape, alone.zeros, alone.W = self.output_shape, self.zeros, self.W[..., i:i + 1]
        return alone.product(chosen(x[..., i:i + 1], n))

    def patches(self, x):
        """x_npj as an array (N, P, F), the patch laid out as W[i] is: row, column, channel. Samples come first in
        memory too: who asks for patches multiplies them sample by sample."""
        padded = np.ascontiguousarray(images(self.padded(x)))
        seen = np.lib.stride_tricks.sliding_window_view(padded, self.kernel, axis=(1, 2))[:, ::self.stride, ::self.stride]
        positions = math.prod(self.output_shape[:2])
        return seen.transpose(0, 1, 2, 4, 5, 3).reshape(len(x), positions, self.W[0].size)

    def patch_blocks(self, x):
        """The patches as matrices: see `patches.patch_blocks`."""
        return patch_blocks(self.padded(x), self.kernel, self.stride)

    def small(self, x):
        """Whether all patches of these images fit the cache together."""
        return len(x) * math.prod(self.output_shape[:2]) * self.W[0].nbytes <= SMALL

    # --- geometry

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        self.zeros = [self.zeros_along(size, k) for size, k in zip(input_shape, self.kernel)]
        padded = [size + sum(zeros) for size, zeros in zip(input_shape, self.zeros)]
        if any(size < k for size, k in zip(padded, self.kernel)):
            with_padding = " with its padding" if padded != list(input_shape[:2]) else ""
            raise self.cannot_fit(f"kernel {self.kernel[0]}×{self.kernel[1]} on an image of "
                                  f"{padded[0]}×{padded[1]}{with_padding}")
        return (*[(size - k) // self.stride + 1 for size, k in zip(padded, self.kernel)], self.K)

    def weight_shape(self):
        positions, field = math.prod(self.kernel), (*self.kernel, self.input_shape[2])
        return (self.K, *field), math.prod(field), self.K * positions

    def zeros_along(self, size, kernel):
        """How many zeros go before and after one axis."""
        if self.padding == "same":
            total = max((-(-size // self.stride) - 1) * self.stride + kernel - size, 0)
            return total // 2, total - total // 2
        return (0, 0) if self.padding == "valid" else (self.padding, self.padding)

    def padded_shape(self):
        (top, bottom), (left, right) = self.zeros
        height, width, _ = self.input_shape
        return height + top + bottom, width + left + right

    def padded(self, x):
        """The memory (C, H, W, N) of the images with their zeros."""
        if not np.any(self.zeros):
            return memory(x)
        padded = np.zeros((self.input_shape[2], *self.padded_shape(), len(x)), x.dtype)
        self.unpadded(padded)[...] = x.transpose(3, 1, 2, 0)
        return padded

    def unpadded(self, padded):
        """The view of the padded images' memory without their zeros."""
        (top, _), (left, _) = self.zeros
        height, width, _ = self.input_shape
        return padded[:, top:top + height, left:left + width]

    def multiply_adds(self):
        return int(np.prod(self.output_shape[:2])) * self.W.size


def check_padding(padding):
    """Return "valid", "same" or the number of zeros; raise unless it is one of these."""
    if isinstance(padding, str) and padding not in ("valid", "same"):
        raise ValueError(f'Conv2D padding expects "valid", "same" or a whole number, got {padding!r}')
    return padding if isinstance(padding, str) else check_size("Conv2D padding", padding, least=0)


def pair(name, value):
    """Return `value` as two whole numbers of at least 1; a single one counts twice."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} expects a whole number or a pair of them, got {value!r}")
    return tuple(check_size(name, size) for size in values)
