"""One-shot and gradual pruning at equal retraining cost: digits, several seeds, mean ± s.d.

    python tests/benchmarks/one_shot_and_gradual.py [seeds] [removed, such as 0.8] [epochs a step] [score]

A cost is counted in multiply-adds: epochs · samples · those of a forward pass of the network that is trained. A
gradual run trains larger networks at first, so that an epoch of it costs more; one shot gets as many epochs at its
final size as cost the same (rounded down), and beside it as many epochs. Prints for an mlp and a cnn, and each
schedule, the accuracy after the last cut and at the end, epochs and cost, and the difference between gradual and one
shot at equal cost, seed by seed. Accuracies are those of the test data, which nothing is chosen by.
"""

import statistics
import sys

import minprune as mp
from minprune.engine.size import multiply_adds
from minprune.retraining.recipes import FineTune
from minprune.retraining.schedules import cubic, exponential, linear, one_shot

STEPS = 5
OPTIMIZER = mp.Adam(1e-3)
MODELS = {"mlp": mp.models.mlp, "cnn": mp.models.cnn}


def trained(model, data, seed):
    net = MODELS[model](data.x_train.shape[1:], data.classes, seed)
    mp.fit(net, data.x_train, data.t_train, optimizer=mp.Adam(2e-3), epochs=20, seed=seed, progress=False)
    return net


def run(net, data, score, schedule, epochs, seed):
    """(accuracy after the last cut, accuracy at the end, epochs · multiply-adds, epochs)."""
    retrain = FineTune(epochs=epochs, optimizer=OPTIMIZER, seed=seed)
    steps = list(mp.prune_iteratively(net, data, score, schedule, retrain=retrain))
    cost = epochs * sum(multiply_adds(step.net) for step in steps)
    return steps[-1].accuracy_before, steps[-1].accuracy_after, cost, epochs * len(steps)


def one_seed(model, remove, epochs, score, seed):
    """{schedule: what `run` returns}; each gradual schedule has a one-shot run of its own cost."""
    data = mp.datasets.load("digits", seed=seed)
    net, found = trained(model, data, seed), {}
    for schedule in (linear, exponential, cubic):
        gradual = run(net, data, score, schedule(remove, STEPS), epochs, seed)
        step, = mp.prune_iteratively(net, data, score, one_shot(remove), retrain=FineTune(epochs=0))
        found[f"{schedule.__name__}, {STEPS} steps"] = gradual
        found[f"one shot, cost of {schedule.__name__}"] = run(net, data, score, one_shot(remove),
                                                            gradual[2] // multiply_adds(step.net), seed)
    found[f"one shot, {epochs * STEPS} epochs"] = run(net, data, score, one_shot(remove), epochs * STEPS, seed)
    found["unpruned"] = (None, mp.evaluate(net, data.x_test, data.t_test, latency=False).test_accuracy, 0, 0)
    return found


def told(values, form=".2f"):
    """Mean ± s.d. in percent."""
    values = [100 * value for value in values]
    return f"{statistics.mean(values):{form}}" + (f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else "")


def main(seeds=5, remove=0.8, epochs=2, score="taylor"):
    print(f"digits, {remove:.0%} of the hidden neurons removed by {score} (global), {seeds} seeds (weights, split and "
          f"shuffle), {epochs} epochs after each of {STEPS} steps; test accuracy in %, mean ± s.d.")
    for model in MODELS:
        found = [one_seed(model, remove, epochs, score, seed) for seed in range(seeds)]
        print(f"\n{model:<30}{'after the last cut':>20}{'at the end':>18}{'epochs':>9}"
              f"{'10⁶ multiply-adds a sample':>29}")
        for name in found[0]:
            before, after, cost, trained_for = zip(*(one[name] for one in found))
            last = "" if before[0] is None else told(before)
            print(f"{name:<30}{last:>20}{told(after):>18}{statistics.mean(trained_for):>9.1f}"
                  f"{1e-6 * statistics.mean(cost):>29.3f}")
        for schedule in ("linear", "exponential", "cubic"):
            gains = [one[f"{schedule}, {STEPS} steps"][1] - one[f"one shot, cost of {schedule}"][1] for one in found]
            print(f"{schedule} − one shot at its cost, seed by seed: {told(gains, '+.2f')} points")


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, float, int, str), sys.argv[1:])))
