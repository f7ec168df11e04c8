"""What masked connections bring: nothing in time, as dense products multiply zeros, too; and in bytes on disk.

    python tests/benchmarks/masked_weights.py

Float32, batches of 128, a random choice of weights. For each fraction removed: the forward pass beside the one of the
whole network, the pass of a network pruned by whole neurons to as many multiply-adds, a training step that keeps the
masks beside one without, all timed in turns; and the bytes of the sparse file beside the dense one.
"""

import numpy as np

from stopwatch import seconds
from training_step import BATCH, lenet5, mlp

import minprune as mp
from minprune.training.loop import TrainingRun, train_on_batch
from minprune.training.state import TrainingState
from minprune.connections.decisions import decide_connections
from minprune.connections.masks import keep_masked, mask_connections
from minprune.connections.scores import score_connections
from minprune.engine.size import multiply_adds
from minprune.connections.sparse import sparse_bytes


def with_fewer_neurons(net, remove):
    """The same fraction of the multiply-adds removed, by neurons: the same share of each hidden layer stays, chosen so
    that the count comes nearest."""
    def pruned(share):
        keep = {name: np.arange(net[name].K) < max(1, round(share * net[name].K)) for name in net.hidden_layers}
        return mp.prune(net, keep)

    wanted = (1 - remove) * multiply_adds(net)
    return min((pruned(share) for share in np.linspace(0.01, 1, 100)), key=lambda one: abs(multiply_adds(one) - wanted))


def training_step(net, x, t, on_step):
    """A function that does what `fit` does with one mini-batch."""
    optimizer = mp.SGD(1e-6, momentum=0.9)
    run = TrainingRun(net, mp.LOSSES["cross_entropy"], optimizer, TrainingState(optimizer.start(net.parameters())))

    def step():
        train_on_batch(run, x, t)
        if on_step is not None:
            on_step(net, 1e-6)

    return step


def main():
    print(f"{'network':<20}{'removed':>9}{'forward':>11}{'masked':>11}{'ratio':>7}{'neurons':>11}{'ratio':>7}"
          f"{'step':>11}{'keeping':>11}{'ratio':>7}{'dense file':>13}{'sparse':>8}")
    for told, make, rounds in (("784-300-100-10", mlp, 200), ("LeNet-5 20-50-500", lenet5, 15)):
        net, rng = make(), np.random.default_rng(0)
        x = rng.normal(size=(BATCH, *net.input_shape)).astype("float32")
        t = mp.one_hot(rng.integers(0, 10, BATCH), 10).astype("float32")
        for remove in (0.5, 0.9, 0.99):
            masks = decide_connections(score_connections(net, "random"), remove)
            masked, small = mask_connections(net, masks), with_fewer_neurons(net, remove)
            whole, zeros, fewer = seconds(
                [lambda: net.forward(x), lambda: masked.forward(x), lambda: small.forward(x)], rounds)
            step, keeping = seconds(
                [training_step(masked.copy(), x, t, hook) for hook in (None, keep_masked(masks))], rounds)
            sizes = sparse_bytes(masked)
            print(f"{told:<20}{remove:>8.0%} {1e3 * whole:>8.2f} ms{1e3 * zeros:>8.2f} ms{zeros / whole:>7.2f}"
                  f"{1e3 * fewer:>8.2f} ms{fewer / whole:>7.2f}{1e3 * step:>8.2f} ms{1e3 * keeping:>8.2f} ms"
                  f"{keeping / step:>7.2f}{sizes.dense:>13,}{sizes.sparse / sizes.dense:>8.1%}")


if __name__ == "__main__":
    main()
