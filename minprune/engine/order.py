"""The order of an image's numbers in memory: channel, row, column, sample. This file alone knows it.

All other files see images as (N, H, W, C), and so does every user. The numbers of a layer's images lie in memory so
that the sample runs fastest, and the view is transposed. Two samples n of a 2×2 image with the channels a and b:

    shape (N, H, W, C)           memory (C, H, W, N)

    n = 0:  a00,b00  a01,b01     a00 a00 | a01 a01 | a10 a10 | a11 a11 ‖ b00 b00 | b01 b01 | b10 b10 | b11 b11
            a10,b10  a11,b11     n=0 n=1
    n = 1:  the same again

Why: whatever a layer does to a pixel it does to the same pixel of all samples, and these are neighbours now. In the
order of the shape the neighbours are the channels of one pixel, 20 numbers in LeNet-5's first layer, one in its input.
With 128 samples

- a row of patches that is copied is one straight run of W′·N numbers, not C;
- z = W · patches is the formula's own product: its result lies in the new order, and needs no transposing;
- the bias, relu, pooling, batch norm and sums over a channel run over long rows.

Measured on LeNet-5 with 128 images, in float32 and with one BLAS thread, the order of the shape to this one, with the
blocks of `patches`: W · patches of the first layer 1.6 and of the second 1.2, max pooling 1.5 and its way back 1.6,
∂ℓ/∂x of the second layer 1.5, a whole step 1.25.

An array in another order (the input, what a layer of the user returned) is copied into this order by the first layer
that needs it. So nothing depends on the order but the time.
"""

import math

import numpy as np


def memory(x):
    """The images x (N, H, W, C) as they lie in memory, (C, H, W, N): a view of x if they do, else a copy."""
    return np.ascontiguousarray(samples_last(x))


def samples_last(x):
    """x.transpose(3, 1, 2, 0), with the samples of a pixel side by side in memory.

    Images in the order of their shape are copied, as one matrix (N, H·W·C) is transposed. That and the copy of its rows
    that may follow take a quarter of the time of a copy in which all four axes change places.
    """
    if not x.flags.c_contiguous:
        return x.transpose(3, 1, 2, 0)
    N, *pixel = x.shape
    return np.ascontiguousarray(x.reshape(N, -1).T).reshape(*pixel, N).transpose(2, 0, 1, 3)


def images(array):
    """The view (N, H, W, C) of an array (C, H, W, N)."""
    return array.transpose(3, 1, 2, 0)


def empty(shape, dtype):
    """New images of this shape, (N, H, W, C), in this order."""
    N, height, width, channels = shape
    return images(np.empty((channels, height, width, N), dtype))


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


def flattened(x):
    """x.reshape(N, H·W·C). Of images in this order it is a copy with the samples last, rows of N numbers."""
    if x.ndim != 4 or x.flags.c_contiguous:
        return x.reshape(len(x), math.prod(x.shape[1:]))
    return x.transpose(1, 2, 3, 0).reshape(-1, len(x)).T


def unflattened(x, shape):
    """x.reshape(N, *shape); images are copied into this order."""
    x = x.reshape(len(x), *shape)
    return images(memory(x)) if x.ndim == 4 else x


def chosen(x, n):
    """x[n], samples chosen by their numbers; images stay in this order."""
    return images(memory(x).take(n, axis=3)) if x.ndim == 4 else x.take(n, axis=0)
