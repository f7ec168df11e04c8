"""Assignment 2: convolution and pooling. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "02_convolution_and_pooling"


def convolve(x, W, b):
    """z_nrci = Σ_uvj w_iuvj x_n,r+u,c+v,j + b_i: no padding, stride 1, the kernel as it is (not flipped).

    x (N, height, width, C), W (K, kh, kw, C), b (K,)  ->  (N, height − kh + 1, width − kw + 1, K)
    """
    raise NotImplementedError("convolve")


def kernel_gradient(x, dz):
    """∂L/∂W of the summed loss, for the convolution above.

    x (N, height, width, C), dz (N, H′, W′, K)  ->  (K, kh, kw, C), with kh = height − H′ + 1, kw = width − W′ + 1
    """
    raise NotImplementedError("kernel_gradient")


def image_gradient(dz, W):
    """∂ℓ_n/∂x: each pixel adds up what it gets from all patches that it is part of.

    dz (N, H′, W′, K), W (K, kh, kw, C)  ->  (N, H′ + kh − 1, W′ + kw − 1, C)
    """
    raise NotImplementedError("image_gradient")


def max_pool(x, size):
    """The largest value of each size × size window, side by side, channel by channel.

    What does not fill a window is left out.   x (N, height, width, C)  ->  (N, height // size, width // size, C)
    """
    raise NotImplementedError("max_pool")


def max_pool_gradient(x, do, size):
    """∂ℓ_n/∂x of max_pool: the gradient of each window goes to its largest pixel, the others get 0.

    No window holds its largest value twice.   x (N, height, width, C), do (N, H′, W′, C)  ->  the shape of x
    """
    raise NotImplementedError("max_pool_gradient")
