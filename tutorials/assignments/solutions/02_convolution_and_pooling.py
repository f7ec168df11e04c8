"""Assignment 2: convolution and pooling. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "02_convolution_and_pooling"


def convolve(x, W, b):
    """z_nrci = Σ_uvj w_iuvj x_n,r+u,c+v,j + b_i: no padding, stride 1, the kernel as it is (not flipped).

    x (N, height, width, C), W (K, kh, kw, C), b (K,)  ->  (N, height − kh + 1, width − kw + 1, K)
    """
    # solution begins
    _, kh, kw, _ = W.shape
    patches = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))     # (N, H′, W′, C, kh, kw)
    return np.einsum("nrcjuv,iuvj->nrci", patches, W) + b
    # solution ends


def kernel_gradient(x, dz):
    """∂L/∂W of the summed loss, for the convolution above.

    x (N, height, width, C), dz (N, H′, W′, K)  ->  (K, kh, kw, C), with kh = height − H′ + 1, kw = width − W′ + 1
    """
    # solution begins
    patches = np.lib.stride_tricks.sliding_window_view(x, dz.shape[1:3], axis=(1, 2))  # (N, kh, kw, C, H′, W′)
    return np.einsum("nuvjrc,nrci->iuvj", patches, dz)
    # solution ends


def image_gradient(dz, W):
    """∂ℓ_n/∂x: each pixel adds up what it gets from all patches that it is part of.

    dz (N, H′, W′, K), W (K, kh, kw, C)  ->  (N, H′ + kh − 1, W′ + kw − 1, C)
    """
    # solution begins
    N, rows, columns, _ = dz.shape
    _, kh, kw, C = W.shape
    dx = np.zeros((N, rows + kh - 1, columns + kw - 1, C))
    for u in range(kh):
        for v in range(kw):
            dx[:, u:u + rows, v:v + columns] += dz @ W[:, u, v]
    return dx
    # solution ends


def max_pool(x, size):
    """The largest value of each size × size window, side by side, channel by channel.

    What does not fill a window is left out.   x (N, height, width, C)  ->  (N, height // size, width // size, C)
    """
    # solution begins
    N, height, width, C = x.shape
    rows, columns = height // size, width // size
    windows = x[:, :rows * size, :columns * size].reshape(N, rows, size, columns, size, C)
    return windows.max(axis=(2, 4))
    # solution ends


def max_pool_gradient(x, do, size):
    """∂ℓ_n/∂x of max_pool: the gradient of each window goes to its largest pixel, the others get 0.

    No window holds its largest value twice.   x (N, height, width, C), do (N, H′, W′, C)  ->  the shape of x
    """
    # solution begins
    _, rows, columns, _ = do.shape
    largest = max_pool(x, size).repeat(size, axis=1).repeat(size, axis=2)
    dx, inside = np.zeros_like(x), np.s_[:, :rows * size, :columns * size]
    dx[inside] = (x[inside] == largest) * do.repeat(size, axis=1).repeat(size, axis=2)
    return dx
    # solution ends
