"""How long one training step takes, as a ratio to the bare matrix products that it needs.

    python tests/benchmarks/training_step.py

Float32, batches of 128. The products are those of the forward pass, of ∂ℓ/∂W, and of ∂ℓ/∂x where a layer below
needs it, as `numpy.matmul` of contiguous arrays of the same shapes. Both are timed in turns in one run. Where the
arrays happen to lie in memory changes both times and their ratio, so each line is the median over several networks
made anew, and says the lowest and the highest.
"""

import statistics

import numpy as np

from stopwatch import seconds

import minprune as mp
from minprune.training.loop import TrainingRun, train_on_batch
from minprune.training.state import TrainingState
from minprune.engine.losses import find_loss

BATCH = 128
NETWORKS = 9


def mlp():
    return mp.Network((784,), [mp.Dense(300, "relu"), mp.Dense(100, "relu"), mp.Dense(10)], dtype="float32")


def lenet5():
    return mp.Network((28, 28, 1), [
        mp.Conv2D(20, 5, "relu"), mp.MaxPool2D(2), mp.Conv2D(50, 5, "relu"), mp.MaxPool2D(2), mp.Flatten(),
        mp.Dense(500, "relu"), mp.Dense(10)], dtype="float32")


def products(net):
    """A function that does every matrix product of one step, and nothing else."""
    rng, pairs = np.random.default_rng(0), []
    for place, name in enumerate(net.neuron_layers):
        layer = net[name]
        K, F = layer.K, layer.W[0].size
        rows = BATCH * int(np.prod(layer.output_shape[:-1]))
        x, W, dz = (rng.normal(size=shape).astype("float32") for shape in ((rows, F), (K, F), (rows, K)))
        pairs += [(x, W.T), (dz.T, x)] + [(dz, W)] * (place > 0)
    return lambda: [a @ b for a, b in pairs]


def training_step(net, optimizer):
    """A function that does what `fit` does with one mini-batch."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, *net.input_shape)).astype("float32")
    t = mp.one_hot(rng.integers(0, 10, BATCH), 10).astype("float32")
    run = TrainingRun(net, find_loss("cross_entropy"), optimizer, TrainingState(optimizer.start(net.parameters())))
    return lambda: train_on_batch(run, x, t)


def ratio(make, optimizer, rounds):
    """(milliseconds of the products, of the step) of a network made anew."""
    net = make()
    return [1e3 * one for one in seconds([products(net), training_step(net, optimizer)], rounds)]


def main():
    print(f"{'one training step of':<22}{'with':<15}{'products':>11}{'step':>12}{'ratio':>8}   lowest … highest")
    for name, make, rounds in (("784-300-100-10", mlp, 100), ("LeNet-5 20-50-500", lenet5, 15)):
        for told, optimizer in (("SGD", mp.SGD(0.01)), ("SGD, momentum", mp.SGD(0.01, momentum=0.9)),
                                ("Adam", mp.Adam())):
            times = [ratio(make, optimizer, rounds) for _ in range(NETWORKS)]
            bare, step = (statistics.median(column) for column in zip(*times))
            ratios = sorted(step / bare for bare, step in times)
            print(f"{name:<22}{told:<15}{bare:>8.2f} ms{step:>9.2f} ms{statistics.median(ratios):>8.2f}"
                  f"   {ratios[0]:.2f} … {ratios[-1]:.2f}", flush=True)


if __name__ == "__main__":
    main()
