"""Conv2D: every neuron (channel) reads every patch of the image with the same weights."""

import numpy as np

from .kernels import blocks
from .checks import check_count
from .neurons import NeuronLayer

BLOCK = 1 << 21                 # bytes of patches at a time, where they are not kept: they stay in the cache
SUMMED = 1 << 20                # bytes of ∂ℓ/∂a at a time, whose shares of ∂ℓ/∂x are being summed


class Conv2D(NeuronLayer):
    """K channels: o_npi = f(Σ_j x_npj w_ij + b_i), where x_np is the patch of image n at position p.

    x (N, H, W, C);  W (K, kh, kw, C);  b (K,);  z, o (N, H′, W′, K).  (A cross-correlation: the kernel is not
    flipped, as everywhere in the field.)  `kernel` is a whole number or a pair. `padding` is "valid"
    (none), a number of zeros on every side, or "same": H′ = ⌈H / stride⌉, an odd zero going below or right.
    `activation` and `batch_norm` as for Dense.
    """

    prefix = "conv"

    def __init__(self, channels, kernel, activation="identity", stride=1, padding="valid", batch_norm=False):
        super().__init__(check_count("Conv2D channels", channels), activation, batch_norm)
        self.kernel = pair("Conv2D kernel", kernel)
        self.stride = check_count("Conv2D stride", stride)
        if not isinstance(padding, str) or padding not in ("valid", "same"):
            if isinstance(padding, str):
                raise ValueError(f'Conv2D padding expects "valid", "same" or a whole number, got {padding!r}')
            padding = check_count("Conv2D padding", padding, least=0)
        self.padding = padding

    def settings(self):
        return {"channels": self.K, "kernel": list(self.kernel), "activation": self.f.name, "stride": self.stride,
                "padding": self.padding, "batch_norm": self.batch_norm}

    def shape_from(self, input_shape):
        if len(input_shape) != 3:
            raise self.cannot_fit(f"it reads an image (H, W, C), got shape {input_shape}")
        self.zeros = [self.zeros_along(size, k) for size, k in zip(input_shape, self.kernel)]
        padded = [size + sum(zeros) for size, zeros in zip(input_shape, self.zeros)]
        if any(size < k for size, k in zip(padded, self.kernel)):
            raise self.cannot_fit(f"kernel {self.kernel[0]}×{self.kernel[1]} on an image of {padded[0]}×{padded[1]}"
                                  + " with its padding" * (padded != list(input_shape[:2])))
        return (*[(size - k) // self.stride + 1 for size, k in zip(padded, self.kernel)], self.K)

    def zeros_along(self, size, kernel):
        """How many zeros go before and after one axis."""
        if self.padding == "same":
            total = max((-(-size // self.stride) - 1) * self.stride + kernel - size, 0)
            return total // 2, total - total // 2
        return (0, 0) if self.padding == "valid" else (self.padding, self.padding)

    def weight_shape(self):
        positions, field = np.prod(self.kernel), (*self.kernel, self.input_shape[2])
        return (self.K, *field), np.prod(field), self.K * positions

    def weigh(self, x, b=None, kept=None):
        """a_npi = Σ_j x_npj w_ij + b_i: a product of all patches (N·P, F) with Wᵀ (F, K)."""
        a = np.empty((len(x), *self.output_shape), x.dtype)
        for samples, patches in self.patches_by_block(x, kept):
            block = a[samples].reshape(-1, self.K)
            np.matmul(patches, self.W.reshape(self.K, -1).T, out=block)
            if b is not None:
                block += b
        return a

    def weight_gradient(self, x, da, kept=None):
        """∂ℓ/∂w_ij = Σ_np ∂ℓ/∂a_npi x_npj."""
        dW = np.zeros((self.K, self.W[0].size), da.dtype)
        for samples, patches in self.patches_by_block(x, kept):
            dW += da[samples].reshape(-1, self.K).T @ patches
        return dW.reshape(self.W.shape)

    def weigh_back(self, da):
        """Each patch gets ∂ℓ/∂x_npj = Σ_i ∂ℓ/∂a_npi w_ij; a pixel adds up what it got from all its patches."""
        dx = np.zeros((len(da), *self.padded_shape()), da.dtype)
        W = np.ascontiguousarray(self.W.transpose(1, 2, 0, 3))
        for n in blocks(da, SUMMED):
            flat = da[n].reshape(-1, self.K)
            for row, column in np.ndindex(self.kernel):
                window = self.window(dx[n], row, column)
                window += (flat @ W[row, column]).reshape(window.shape)
        return self.unpad(dx)

    def windows(self, x):
        """The patches as a view of the (padded) images: (N, H′, W′, kh, kw, C)."""
        windows = np.lib.stride_tricks.sliding_window_view(self.pad(x), self.kernel, axis=(1, 2))
        return windows[:, ::self.stride, ::self.stride].transpose(0, 1, 2, 4, 5, 3)

    def patches(self, x):
        """x_npj as an array (N, P, F), the patch laid out as W[i] is: row, column, channel."""
        return self.flat_patches(self.windows(x)).reshape(len(x), int(np.prod(self.output_shape[:2])), -1)

    def flat_patches(self, windows):
        """The patches as a matrix (N·P, F) of their own memory.

        Of images with one channel the matrix is written column by column: a patch has only runs of kw numbers to
        copy, a column (one kernel place, all positions) has runs of W′. Products take either layout.
        """
        F = self.W[0].size
        if self.input_shape[2] > 1:
            return windows.reshape(int(np.prod(windows.shape[:3])), F)
        return windows.transpose(3, 4, 5, 0, 1, 2).reshape(F, int(np.prod(windows.shape[:3]))).T

    def patches_by_block(self, x, kept=None):
        """Yield (which samples, their patches (samples · P, F)).

        The patches repeat each pixel kh · kw times. With `kept` (in training, where batches are small) they are made
        once for all samples, and kept there for the way back. Otherwise a few samples' patches are made at a
        time, and memory does not grow with N.
        """
        if kept is not None:
            if "patches" not in kept:
                kept["patches"] = self.flat_patches(self.windows(x))
            yield slice(None), kept["patches"]
            return
        windows = self.windows(x)
        for n in blocks(windows, BLOCK):
            yield n, self.flat_patches(windows[n])

    def window(self, padded, row, column):
        """The view of the padded images that kernel place (row, column) reads, (N, H′, W′, C)."""
        height, width, _ = self.output_shape
        s = self.stride
        return padded[:, row:row + s * height:s, column:column + s * width:s]

    def padded_shape(self):
        (top, bottom), (left, right) = self.zeros
        height, width, channels = self.input_shape
        return height + top + bottom, width + left + right, channels

    def pad(self, x):
        if not np.any(self.zeros):
            return x
        padded = np.zeros((len(x), *self.padded_shape()), x.dtype)
        self.unpad(padded)[...] = x
        return padded

    def unpad(self, padded):
        """The view of the padded images without their zeros."""
        (top, _), (left, _) = self.zeros
        height, width, _ = self.input_shape
        return padded[:, top:top + height, left:left + width]

    def multiply_adds(self):
        return int(np.prod(self.output_shape[:2])) * self.W.size


def pair(name, value):
    """Return `value` as two whole numbers of at least 1; a single one counts twice."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} expects a whole number or a pair of them, got {value!r}")
    return tuple(check_count(name, one) for one in values)
