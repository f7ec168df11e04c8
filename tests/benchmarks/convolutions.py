"""Winograd's way beside the plain line: where is it faster, and what does it cost in digits?

    python tests/benchmarks/convolutions.py [float32 | float64]

Training passes of single layers, forward and back with ∂ℓ/∂x, the two ways in turns (∂ℓ/∂W is made by the plain line in
both). Prints both times, their ratio forward and back, the largest error of z and of ∂ℓ/∂x against the plain line in
float64, as a share of the largest entry, and whether the layer takes that way by itself (see `pays` in
minprune/engine/winograd.py, whose constants come from this table on two cores with one BLAS thread).
"""

import sys

import numpy as np

from stopwatch import seconds

import minprune as mp
from minprune.engine.conv2d import Conv2D
from minprune.engine.layer import images, samples_last

# image, channels, neurons, kernel, padding, samples
LAYERS = [(12, 6, 16, 5, 0, 128), (12, 20, 50, 5, 0, 32), (12, 20, 50, 5, 0, 128), (28, 8, 16, 5, 2, 128),
          (16, 8, 16, 3, 1, 128), (16, 16, 32, 3, 1, 32), (16, 16, 32, 3, 1, 128), (16, 64, 64, 3, 1, 64),
          (16, 128, 128, 3, 1, 64), (32, 40, 16, 2, 0, 64),
          (8, 128, 256, 3, 1, 64), (4, 256, 512, 3, 1, 64), (14, 16, 16, 7, 3, 128)]


def case(image, C, K, kernel, padding, N, dtype):
    """(a layer, its images, ∂ℓ/∂o), lying in memory as they do between layers."""
    layer = mp.Network((image, image, C), [mp.Conv2D(K, kernel, padding=padding)], dtype=dtype)["conv1"]
    rng = np.random.default_rng(0)
    return layer, *(images(np.ascontiguousarray(samples_last(rng.normal(size=(N, *shape)).astype(dtype))))
                    for shape in (layer.input_shape, layer.output_shape))


def passes(layer, x, do, way):
    """(forward, backward): functions that run this way, and what the last of each gave."""
    last = {}

    def forward():
        Conv2D.by_winograd = lambda self, N: way
        last["trace"] = layer.forward(x, training=True)

    def backward():
        last["dx"] = layer.backward(last["trace"], do)
    return forward, backward, lambda: [last["trace"].z, last["dx"]]


def exact(layer, x, do):
    """z and ∂ℓ/∂x by the plain line in float64."""
    twin = mp.Network(layer.input_shape, [Conv2D(**layer.settings())], dtype="float64")["conv1"]
    twin.W[...] = layer.W
    forward, backward, found = passes(twin, x.astype(float), do.astype(float), False)
    forward(), backward()
    return found()


def main(dtype="float32"):
    print(f"{'image':>5}{'C':>5}{'K':>5}{'kernel':>7}{'N':>5}{'plain':>12}{'Winograd':>12}{'forward':>9}{'back':>6}"
          f"{'error of z':>12}{'∂ℓ/∂x':>8}   taken")
    takes = Conv2D.by_winograd
    for image, C, K, kernel, padding, N in LAYERS:
        layer, x, do = case(image, C, K, kernel, padding, N, dtype)
        taken = takes(layer, N)
        plain, few = passes(layer, x, do, False), passes(layer, x, do, True)
        times = seconds([*plain[:2], *few[:2]], 9)
        errors = [np.abs(one - two).max() / np.abs(two).max() for one, two in zip(few[2](), exact(layer, x, do))]
        print(f"{image:>5}{C:>5}{K:>5}{kernel:>7}{N:>5}{1e3 * sum(times[:2]):>9.2f} ms{1e3 * sum(times[2:]):>9.2f} ms"
              f"{times[2] / times[0]:>9.2f}{times[3] / times[1]:>6.2f}{errors[0]:>12.0e}{errors[1]:>8.0e}"
              f"   {'yes' if taken else 'no'}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
