"""Patches: what each neuron of a convolution reads, as matrices (F, positions · samples), block by block.

The plain line is one matrix of all patches, W · patches. It repeats each pixel kh · kw times, so that it is made, and
multiplied, in blocks that stay in the processor's cache. Where a row of positions and samples fills a block, the rows
share their patches:

    lanes[h] = [x[h, columns s, s + 1, …] for each kernel column s], a matrix (kw·C, W′·N)
    the patches of the positions in row h: lanes[h], lanes[h + 1], … lanes[h + kh − 1], one below the other

In memory the lanes of a row follow those of the row above, so that the patches of a row are a view: a pixel is copied
kw times in place of kh · kw.
"""

import numpy as np

from .order import windows

BLOCK = 1 << 17                 # bytes of patches at a time
LEAST = 1 << 11                 # bytes of a row of them at least: products of fewer columns are slower
SMALL = 1 << 19                 # bytes of all patches, up to which they fit the cache as they are


def patch_blocks(x, kernel, stride):
    """Yield (which channels, rows, columns and samples of the output, their patches (F, positions · samples)).

    `x` is the padded images' memory, (C, H, W, N).
    """
    every = slice(None)
    kh, kw, C, height, width, N = windows(x, kernel, (stride, stride)).shape
    most = columns_at_a_time(kh * kw * C, x.itemsize)
    if most >= 2 * width * N or height == 1 and most >= width * N or kh * kw == 1:
        for rows, patches in several_rows(x, kernel, stride, max(most // max(width * N, 1), 1)):
            yield (every, rows), patches
        return
    for columns, samples in parts_of_a_row(width, N, most):
        for row, patches in single_rows(x, kernel, stride, columns, samples):
            yield (every, row, columns, samples), patches


def several_rows(x, kernel, stride, count):
    """Yield (a slice of rows, their patches), each of `count` rows: the plain line, a part at a time."""
    patches = windows(x, kernel, (stride, stride))
    kh, kw, C, height, *_ = patches.shape
    for start in range(0, height, count):
        rows = slice(start, start + count)
        yield rows, patches[:, :, :, rows].reshape(kh * kw * C, -1)


def single_rows(x, kernel, stride, columns, samples):
    """Yield (a row, the patches of these columns and samples in it), from lanes."""
    kh, kw = kernel
    lanes = windows(x, (1, kw), (1, stride))[0][..., columns, samples].transpose(2, 0, 1, 3, 4)     # (H, kw, C, …)
    lanes = lanes.reshape(len(lanes), kw * len(x), -1)                                              # a copy
    for row in range((len(lanes) - kh) // stride + 1):
        yield row, lanes[row * stride:row * stride + kh].reshape(kh * kw * len(x), -1)              # a view


def columns_at_a_time(rows, itemsize):
    """How many columns of a matrix with this many rows make a block."""
    return max(BLOCK // (rows * itemsize), LEAST // itemsize)


def parts_of_a_row(width, N, most):
    """Yield (columns, samples) of about `most` places each, that make up a row of `width` · N places.

    A part is some columns of all samples, or one column of some samples: then its places are one run in memory.
    """
    step = max(most // N, 1)
    for column in range(0, width, step):
        for start in range(0, N, most):
            yield slice(column, min(column + step, width)), slice(start, min(start + most, N))


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
    most = columns_at_a_time(kh * K, da.itemsize)
    for h in range(dx.shape[1]):
        # rows first … last of ∂ℓ/∂a reach this row, by the kernel rows h − stride · row
        first, last = max(0, -((kh - 1 - h) // stride)), min(h // stride, height - 1)
        if first > last:
            continue
        turned = kh - 1 - h + stride * first
        rows = weights[:, :, turned:kh - h + stride * last:stride].reshape(kw * C, -1)
        for columns, samples in parts_of_a_row(width, N, most):
            given = da[first:last + 1, :, columns, samples]
            shares = rows @ given.reshape(rows.shape[1], -1)
            for s, share in enumerate(shares.reshape(kw, C, *given.shape[2:])):
                dx[:, h, s + stride * columns.start:s + stride * columns.stop:stride, samples] += share
