"""LeNet-5 (20-50-500) on MNIST, pruned to a third of its multiply-adds and further, beside shapes that were published.

    python tests/benchmarks/lenet5.py FOLDER          (a folder with MNIST-format IDX files)

Gradual: at each budget of multiply-adds the neurons with the lowest score go (all layers ranked together, each layer's
scores divided by their ℓ2 norm, as Molchanov et al., ICLR 2017, do), and what is left trains on. Prints a line a
budget: the shape (channels, channels, inputs of the dense layer, its neurons), its share of the multiply-adds and its
test accuracy. The last line within `LOSS` points of the unpruned accuracy is the shape that was found. The test data
judge; they choose nothing but where to stop reading.
"""

import sys
import time

import minprune as mp
from minprune.engine.size import multiply_adds
from minprune.scoring.normalisation import normalise
from minprune.training.quality import loss_and_accuracy
from minprune.engine.losses import prepare_samples

BUDGETS = (0.7, 0.5, 0.33, 0.22, 0.15, 0.1, 0.07, 0.05)
LOSS = 0.5                      # points of accuracy
EPOCHS, RETRAIN = 20, 8
# Channels, channels, inputs of the dense layer, its neurons. As tabulated by later papers, errors on the 10,000 test
# images after training on 60,000: not the data of this run.
PUBLISHED = {"unpruned": ((20, 50, 800, 500), None), "SBP": ((3, 18, 284, 283), 0.9), "BC-GHS": ((5, 10, 76, 16), 1.0),
             "L0-sep": ((9, 18, 65, 25), 1.0)}


def count(conv1, conv2, inputs, dense1):
    """Multiply-adds of a LeNet-5 of this shape on 28×28 images; `inputs` may be fewer than 16 conv2."""
    return 24 * 24 * 25 * conv1 + 8 * 8 * 25 * conv1 * conv2 + inputs * dense1 + dense1 * 10


def shape(net):
    return net["conv1"].K, net["conv2"].K, 16 * net["conv2"].K, net["dense1"].K


def train(net, data, epochs, rate, seed):
    mp.fit(net, data.x_train, data.t_train, "cross_entropy", mp.Adam(mp.schedules.cosine(rate, epochs)), epochs, 64,
           seed=seed, augment=mp.Shift(2), progress=False)


def tell(net, whole, accuracy, started):
    share = multiply_adds(net) / multiply_adds(whole)
    print(f"{'-'.join(map(str, shape(net))):<20}{multiply_adds(net):>12,}{share:>8.1%}{accuracy:>11.2%}"
          f"{time.perf_counter() - started:>9.0f} s", flush=True)


def main(folder):
    started, data = time.perf_counter(), mp.datasets.load(folder)
    net = mp.models.lenet5((28, 28, 1), 10, seed=0, dtype="float32")
    test = prepare_samples(net, data.x_test, data.t_test, "cross_entropy")
    print(f"{data}\n{'shape':<20}{'multiply-adds':>12}{'share':>7}{'accuracy':>11}")
    train(net, data, EPOCHS, 2e-3, 0)
    baseline = loss_and_accuracy(net, *test)[1]
    tell(net, net, baseline, started)
    small, found = net, (net, baseline)
    for step, budget in enumerate(BUDGETS):
        scores = mp.score(small, "taylor", data.x_train, data.t_train, "cross_entropy")
        keep = mp.decide_within(small, normalise(scores, "l2"), multiply_adds=int(budget * multiply_adds(net)))
        small = mp.prune(small, keep)
        train(small, data, RETRAIN, 1e-3, step + 1)
        accuracy = loss_and_accuracy(small, *test)[1]
        tell(small, net, accuracy, started)
        if 100 * (baseline - accuracy) <= LOSS:
            found = small, accuracy
    small, accuracy = found
    print(f"\nwithin {LOSS} points of {baseline:.2%}: {'-'.join(map(str, shape(small)))}, {accuracy:.2%}, "
          f"{multiply_adds(small) / multiply_adds(net):.1%} of the multiply-adds")
    for name, (published, error) in PUBLISHED.items():
        told = "" if error is None else f"   (published error {error} %)"
        share = count(*published) / count(*PUBLISHED["unpruned"][0])
        print(f"{name:<10}{'-'.join(map(str, published)):<16}{share:>7.1%}{told}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    main(sys.argv[1])
