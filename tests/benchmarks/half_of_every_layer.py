"""How much faster is a network with half of every hidden layer removed, and how much does its count promise?

    python tests/benchmarks/half_of_every_layer.py

Forward passes of 128 samples of the unpruned and the pruned network, in turns, beside the ratio of their multiply-adds.
Prints for each network and dtype both times, how many times as fast the pruned one is, how many times as fast the count
promises, and the share of the promise that is kept. What the count leaves out (biases, activations, pooling, copying
patches) shrinks by half at most where the multiply-adds of a hidden layer shrink by three quarters, and is one part of
the difference. The other is that a product of thin matrices does fewer multiply-adds a second: the last column is the
share that the bare products of all layers keep, by themselves, with everything else free. Where the promise is more
than the factor 2 by which all else shrinks at best, an engine of these products stays below it.
"""

import numpy as np

from stopwatch import seconds

import minprune as mp
from minprune.engine.conv2d import WIDE
from minprune.engine.size import multiply_adds
from minprune.evaluation.latency import LATENCY_BATCH


def wide(dtype):
    """Convolutions with enough channels that the products outweigh all the rest."""
    conv = dict(kernel=3, activation="relu", padding="same")
    layers = [mp.Conv2D(128, **conv), mp.Conv2D(128, **conv), mp.MaxPool2D(2), mp.Conv2D(256, **conv), mp.Flatten(),
              mp.Dense(512, "relu"), mp.Dense(10)]
    return mp.Network((14, 14, 32), layers, 0, dtype)


NETWORKS = {"784-300-100-10": lambda dtype: mp.models.lenet_300_100((784,), 10, 0, dtype),
            "784-1000-1000-10": lambda dtype: mp.Network(
                (784,), [mp.Dense(1000, "relu"), mp.Dense(1000, "relu"), mp.Dense(10)], 0, dtype),
            "the digits' cnn": lambda dtype: mp.models.cnn((8, 8, 1), 10, 0, dtype),
            "LeNet-5 20-50-500": lambda dtype: mp.models.lenet5((28, 28, 1), 10, 0, dtype),
            "128-128-256-512": wide}


def bare_products(net):
    """A function that makes the matrix products of one forward pass and nothing else, in blocks of Conv2D's size."""
    rng, products = np.random.default_rng(0), []
    for name in net.neuron_layers:
        layer = net[name]
        W, positions = layer.W.reshape(layer.K, -1), int(np.prod(layer.output_shape[:-1]))
        columns = LATENCY_BATCH * positions
        size = min(columns, WIDE // W.itemsize) if positions > 1 else columns
        x = rng.normal(size=(W.shape[1], size)).astype(net.dtype)
        products.append((W, x, np.empty((layer.K, size), net.dtype), -(-columns // size)))

    def run():
        for W, x, out, times in products:
            for _ in range(times):
                np.matmul(W, x, out=out)
    return run


def main():
    print(f"{'network':<20}{'dtype':<10}{'unpruned':>11}{'pruned':>11}{'faster':>9}{'promised':>10}{'of it':>8}"
          f"{'bare products':>15}")
    for name, make in NETWORKS.items():
        for dtype in ("float32", "float64"):
            net = make(dtype)
            small = mp.prune(net, {layer: np.arange(net[layer].K) % 2 == 0 for layer in net.hidden_layers})
            x = np.random.default_rng(0).normal(size=(LATENCY_BATCH, *net.input_shape)).astype(dtype)
            before, after, most, least = seconds(
                [lambda: net.output(x), lambda: small.output(x), bare_products(net), bare_products(small)],
                15 if make is wide else 60)
            promised = multiply_adds(net) / multiply_adds(small)
            print(f"{name:<20}{dtype:<10}{1e3 * before:>8.2f} ms{1e3 * after:>8.2f} ms{before / after:>8.2f}×"
                  f"{promised:>9.2f}×{before / after / promised:>8.0%}{most / least / promised:>15.0%}", flush=True)


if __name__ == "__main__":
    main()
