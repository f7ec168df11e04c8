"""Chapter 2: convolution is the same neuron moved over an image."""

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.network import Network
from ...engine.pooling import MaxPool2D
from ...engine.size import count_parameters, multiply_adds
from .networks import drawn, whole
from .question import Kind, Question
from .text import as_text, number, product, products

NEURON = ("A convolution of one channel moves a kernel of 2×2 over a 3×3 image, with stride 1 and no padding: "
          "z[r, c] = Σ_ab w[a, b] x[r + a, c + b] + bias, o = relu(z).")


def image(values):
    """The array (1, H, W, 1) of one image with one channel, as a layer reads it."""
    return values[np.newaxis, :, :, np.newaxis]


def layer_of(kernel, bias=0.0):
    """A network of one convolution with this kernel, which reads one channel."""
    net = Network((3, 3, 1), [Conv2D(1, 2, "relu")])
    net["conv1"].W[...], net["conv1"].b[...] = image(kernel), bias
    return net


def convolution(rng):
    """What does a convolution put out at one position?"""
    given = {"x": whole(rng, (3, 3), 0, 3), "w": whole(rng, (2, 2), -2, 2), "bias": float(rng.integers(-2, 3))}
    r, c = map(int, rng.integers(2, size=2))
    o = layer_of(given["w"], given["bias"]).forward(image(given["x"])).y[0, r, c, 0]
    patch = given["x"][r:r + 2, c:c + 2]
    z = (patch * given["w"]).sum() + given["bias"]
    return Question(
        intro=NEURON,
        given=given,
        asks=f"What is o[{r}, {c}] (row {r}, column {c}, counted from 0)?",
        answer=(o,),
        way=f"The patch there is {as_text(patch)}. z = {products(given['w'].ravel(), patch.ravel())} + bias = "
            f"{number(z)}, and relu makes it {number(o)}.")


def kernel_slope(rng):
    """What is ∂ℓ/∂w of a weight of a kernel, which is used at every position?"""
    given = {"x": whole(rng, (3, 3), 0, 3), "dz": whole(rng, (2, 2), -2, 2)}
    a, b = map(int, rng.integers(2, size=2))
    conv = layer_of(np.zeros((2, 2)))["conv1"]
    slope = conv.weight_gradient(conv.forward(image(given["x"])).x, image(given["dz"]))[0, a, b, 0]
    read = given["x"][a:a + 2, b:b + 2]
    return Question(
        intro=f"{NEURON} Backward, ∂ℓ/∂z came out as dz.",
        given=given,
        asks=f"What is ∂ℓ/∂w[{a}, {b}]?",
        answer=(slope,),
        way=f"The weight is used at all four positions; at z[r, c] it reads x[r + {a}, c + {b}], which is "
            f"{as_text(read)}. The slopes add up: {products(given['dz'].ravel(), read.ravel())} = {number(slope)}.")


def pooled_slope(rng):
    """What reaches an output of a convolution through maximum pooling?"""
    o = drawn(lambda: whole(rng, (4, 4), 0, 9), lambda o: all(
        (part == part.max()).sum() == 1 for part in (o[r:r + 2, c:c + 2] for r in (0, 2) for c in (0, 2))))
    given = {"o": o, "dp": whole(rng, (2, 2), -3, 3, zero=False)}
    net = Network((4, 4, 1), [MaxPool2D(2)])
    trace = net.forward(image(o))
    slopes = net.layers["maxpool1"].backward(trace["maxpool1"], image(given["dp"]))[0, :, :, 0]
    r, c = map(int, rng.integers(4, size=2))
    if rng.random() < 0.6:                                      # most often an output that is a maximum
        r, c = map(int, np.argwhere(slopes)[rng.integers(4)])
    block = o[r // 2 * 2:r // 2 * 2 + 2, c // 2 * 2:c // 2 * 2 + 2]
    passed = number(given["dp"][r // 2, c // 2])
    return Question(
        intro="Maximum pooling over blocks of 2×2 reads the outputs o of a convolution. The slopes of the loss in "
              "what it puts out are dp.",
        given=given,
        asks=f"What is ∂ℓ/∂o[{r}, {c}] (row {r}, column {c}, counted from 0)?",
        answer=(slopes[r, c],),
        way=f"Its block is {as_text(block)}, with the maximum {number(block.max())}. Only the maximum is passed on, "
            f"so only it gets the slope {passed}; the others get 0. o[{r}, {c}] = {number(o[r, c])}, so the answer "
            f"is {number(slopes[r, c])}.")


def sizes(rng):
    """How large is the output of a convolution, how many numbers has it, how many multiply-adds?"""
    def make():
        return [int(rng.choice(values)) for values in (range(6, 13), [2, 3, 5], [1, 2], [0, 1, 2])]

    def fits(made):
        H, k, stride, padding = made
        return (H + 2 * padding - k) % stride == 0 and padding < k

    H, k, stride, padding = drawn(make, fits)
    C, K = int(rng.integers(1, 5)), int(rng.choice([2, 4, 8, 10]))
    net = Network((H, H, C), [Conv2D(K, k, stride=stride, padding=padding)])
    given = {"image": f"{H}×{H}", "channels": C, "kernels": K, "kernel": f"{k}×{k}", "stride": stride,
             "padding": padding}
    side = net.output_shape[0]
    return Question(
        intro="A convolution reads an image with channels. It has a bias for each kernel; padding is the number of "
              "zeros put around the image on each side.",
        given=given,
        asks="How many rows has its output, how many numbers are trained, and how many multiply-adds does one image "
             "take?",
        answer=(side, count_parameters(net), multiply_adds(net)),
        way=f"Rows: ({H} + 2·{padding} − {k}) / {stride} + 1 = {side}. Each kernel has {k}·{k}·{C} = {k * k * C} "
            f"weights and a bias: {K}·{k * k * C + 1} = {count_parameters(net)}. Each weight is used at each of "
            f"{side}·{side} positions: {product(side * side, K, k * k * C)} = {multiply_adds(net)}.")


KINDS = tuple(Kind(2, draw) for draw in (convolution, kernel_slope, pooled_slope, sizes))
