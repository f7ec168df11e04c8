"""Convolution and pooling are minprune's own layers; their gradients are measured by central differences."""

import numpy as np

import minprune as mp
from minprune.grading.assignments import Task


def image_sizes(rng):
    """N, height, width, C, K, kh, kw, small enough for central differences."""
    N, C, K = map(int, rng.integers(1, 4, size=3))
    kh, kw = map(int, rng.integers(1, 4, size=2))
    height, width = kh + int(rng.integers(1, 4)), kw + int(rng.integers(1, 4))
    return N, height, width, C, K, kh, kw


def images(rng):
    N, height, width, C, K, kh, kw = image_sizes(rng)
    return {"x": rng.normal(size=(N, height, width, C)), "W": rng.normal(size=(K, kh, kw, C)),
            "b": rng.normal(size=K)}


def above_images(rng):
    N, height, width, C, K, kh, kw = image_sizes(rng)
    return {"x": rng.normal(size=(N, height, width, C)), "dz": rng.normal(size=(N, height - kh + 1, width - kw + 1, K))}


def above_kernels(rng):
    N, height, width, C, K, kh, kw = image_sizes(rng)
    return {"dz": rng.normal(size=(N, height - kh + 1, width - kw + 1, K)), "W": rng.normal(size=(K, kh, kw, C))}


def pooled(rng):
    """Images without equal pixels. In half of them all are negative: a maximum that begins with 0 is wrong there."""
    size = int(rng.integers(2, 4))
    N, rows, columns, C = map(int, rng.integers(1, 3, size=4))
    height, width = size * rows + int(rng.integers(size)), size * columns + int(rng.integers(size))
    x = rng.permutation(np.arange(N * height * width * C, dtype=float)).reshape(N, height, width, C) / 4
    return {"x": x - rng.choice([x.mean(), x.max() + 0.25]), "size": size}      # far from ties


def above_pooled(rng):
    given = pooled(rng)
    shape = max_pool(**given).shape
    return {"x": given["x"], "do": rng.normal(size=shape), "size": given["size"]}


def convolution(shape, W, b):
    """A network that is this one convolution."""
    net = mp.Network(shape, [mp.Conv2D(len(W), W.shape[1:3])])
    net["conv1"].W[...], net["conv1"].b[...] = W, b
    return net


def convolve(x, W, b):
    return convolution(x.shape[1:], W, b).predict(x)


def kernel_gradient(x, dz):
    N, rows, columns, K = dz.shape
    W = np.zeros((K, x.shape[1] - rows + 1, x.shape[2] - columns + 1, x.shape[3]))
    net = convolution(x.shape[1:], W, np.zeros(K))
    return mp.finite_difference(lambda W: (dz * net.predict(x)).sum(), net["conv1"].W)


def image_gradient(dz, W):
    N, rows, columns, K = dz.shape
    x = np.zeros((N, rows + W.shape[1] - 1, columns + W.shape[2] - 1, W.shape[3]))
    net = convolution(x.shape[1:], W, np.zeros(K))
    return mp.finite_difference(lambda x: (dz * net.predict(x)).sum(), x)


def max_pool(x, size):
    return mp.Network(x.shape[1:], [mp.MaxPool2D(size)]).predict(x)


def max_pool_gradient(x, do, size):
    net = mp.Network(x.shape[1:], [mp.MaxPool2D(size)])
    return mp.finite_difference(lambda x: (do * net.predict(x)).sum(), x.copy())


def flipped(W):
    return W[:, ::-1, ::-1]


def windows(x, size):
    rows, columns = x.shape[1] // size, x.shape[2] // size
    return x[:, :rows * size, :columns * size].reshape(len(x), rows, size, columns, size, x.shape[3])


def to_every_pixel(x, do, size):
    dx = np.zeros_like(x)
    spread = do.repeat(size, axis=1).repeat(size, axis=2)
    dx[:, :spread.shape[1], :spread.shape[2]] = spread
    return dx


TASKS = [
    Task("convolve", points=2, case=images, answer=convolve, mistakes={
        "the bias is forgotten": lambda x, W, b: convolve(x, W, 0 * b),
        "the kernel is flipped": lambda x, W, b: convolve(x, flipped(W), b)}),
    Task("kernel_gradient", points=3, case=above_images, answer=kernel_gradient, trials=10, mistakes={
        "the kernel is flipped": lambda x, dz: flipped(kernel_gradient(x, dz)),
        "it is the mean over the positions, not the sum": lambda x, dz: kernel_gradient(x, dz) / dz[0, :, :, 0].size,
        "it is the mean over the samples, not the sum": lambda x, dz: kernel_gradient(x, dz) / len(x)}),
    Task("image_gradient", points=3, case=above_kernels, answer=image_gradient, trials=10, mistakes={
        "the kernel is flipped": lambda dz, W: image_gradient(dz, flipped(W))}),
    Task("max_pool", points=2, case=pooled, answer=max_pool, mistakes={
        "it is the mean of each window, not the largest": lambda x, size: windows(x, size).mean(axis=(2, 4)),
        "it begins with 0: a window may hold negative numbers only": lambda x, size: np.maximum(max_pool(x, size), 0),
        "the absolute value is taken first": lambda x, size: max_pool(np.abs(x), size)}),
    Task("max_pool_gradient", points=3, case=above_pooled, answer=max_pool_gradient, trials=10, mistakes={
        "every pixel of a window gets the gradient, not only the largest": to_every_pixel,
        "that is the gradient of average pooling": lambda x, do, size: to_every_pixel(x, do, size) / size ** 2}),
]
