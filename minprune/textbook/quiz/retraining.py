"""Chapter 12: retraining, what the others make up for."""

import numpy as np

from ...engine.batch_norm_layer import BatchNorm
from ...engine.dense import Dense
from ...engine.network import Network
from ...engine.optimizers import SGD
from ...engine.size import multiply_adds
from ...pruning.recalibration import recalibrate
from ...retraining import schedules
from ...training import fit
from .networks import dense_network, drawn, whole
from .question import Kind, Question
from .text import as_text, factor, listed, number, products

FORMULAS = {"linear": "s_k = remove · k/n", "exponential": "s_k = 1 − (1 − remove)^(k/n)",
            "cubic": "s_k = remove − remove · (1 − k/n)³"}
STEPS = {"linear": ((0.5, 2), (0.75, 3), (0.5, 4), (0.75, 2)), "exponential": ((0.75, 2), (0.875, 3)),
         "cubic": ((0.5, 2), (0.75, 2))}


def scheduled(rng):
    """How many neurons go in each step of a schedule?"""
    kind = str(rng.choice(list(FORMULAS)))
    remove, steps = STEPS[kind][rng.integers(len(STEPS[kind]))]
    given = {"neurons": 8 * int(rng.integers(2, 13)), "remove": remove, "n": steps}
    shares = getattr(schedules, kind)(remove, steps)
    after = [int(share * given["neurons"] + 1e-9) for share in shares]
    going = tuple(map(int, np.diff(after, prepend=0)))
    return Question(
        intro=f"Neurons are removed in n steps by the {kind} schedule: after step k = 1 … n the share "
              f"{FORMULAS[kind]} of all is gone, rounded down to whole neurons.",
        given=given,
        asks="How many go in each of the steps?",
        answer=going,
        way=f"s = {as_text(shares)}: after the steps {as_text(after)} of {given['neurons']} are gone. What goes in "
            f"a step is the difference: {listed(going)}.")


def takes_over(rng):
    """How far does retraining bring the weight of the neuron that is left?"""
    given = drawn(lambda: {"o": float(rng.integers(1, 3)), "w": whole(rng, 2, 1, 4),
                           "rate": float(rng.choice([0.1, 0.25, 0.5]))},
                  lambda g: g["rate"] * g["o"] ** 2 < 2)
    net = Network((1,), [Dense(1, bias=False)])
    net["dense1"].W[...] = given["w"][0]
    target = given["w"].sum() * given["o"]
    fit(net, np.array([[given["o"]]]), np.array([[target]]), loss="mse", optimizer=SGD(given["rate"]), epochs=2)
    steps, w = [], given["w"][0]
    for _ in range(2):
        slope = (w * given["o"] - target) * given["o"]
        steps.append(f"(y − t) o = {number(slope)}, w_0 = {number(w)} − {number(given['rate'])}·({number(slope)}) = "
                     f"{number(w - given['rate'] * slope)}")
        w -= given["rate"] * slope
    return Question(
        intro="Two neurons both put out o on the only sample, and y = w_0 o + w_1 o was right: that was the target, "
              "too. Neuron 1 goes, and w_0 alone is trained by gradient descent on ½ (y − t)².",
        given=given,
        asks="What is w_0 after two steps?",
        answer=(float(net["dense1"].W[0, 0]),),
        way=f"t = {number(target)}. First {steps[0]}; then {steps[1]}. It goes towards w_0 + w_1 = "
            f"{number(given['w'].sum())}, which makes up for all.")


def recalibrated(rng):
    """What does a batch norm put out once its statistics are taken anew?"""
    a = drawn(lambda: whole(rng, 4, -4, 8),
              lambda a: a.var() in (1, 4, 9, 16) and a.mean().is_integer() and a[0] != a.mean())
    old_mean, old_var = float(rng.integers(-2, 5)), float(rng.choice([4, 16, 25]))
    gamma, beta = float(rng.choice([1, 2, 3])), float(rng.integers(-2, 3))
    given = {"a": a, "old mean": old_mean, "old variance": old_var, "γ": gamma, "β": beta}
    net = Network((1,), [BatchNorm(), Dense(1)])
    layer = net.layers["batchnorm1"]
    layer.gamma[...], layer.beta[...], layer.running_mean[...], layer.running_var[...] = gamma, beta, old_mean, old_var
    before, after = (one.forward(a[:, np.newaxis])["batchnorm1"].o[0, 0]
                     for one in (net, recalibrate(net, a[:, np.newaxis])))
    return Question(
        intro="After a cut a batch norm z = γ (a − mean)/√variance + β gets other numbers a than those that its "
              "running statistics were taken from; ε is so small that it does not count. These are the a of all "
              "four samples.",
        given=given,
        asks="What is z of the first sample with the old statistics, and with the statistics taken anew?",
        answer=(round(before, 4), round(after, 4)),
        way=f"Old: {number(gamma)}·({number(a[0])} − {number(old_mean)})/{number(old_var ** 0.5)} + {factor(beta)} "
            f"= {number(before)}. The new mean is {number(a.mean())}, the new variance (the mean square of what is "
            f"left) {number(a.var())}: {number(gamma)}·({number(a[0])} − {number(a.mean())})/{number(a.std())} + "
            f"{factor(beta)} = {number(after)}.")


def equal_cost(rng):
    """How many epochs from scratch cost as much as pruning did?"""
    widths = [int(rng.integers(4, 10)), int(rng.choice([6, 8, 10])), int(rng.integers(2, 5))]
    kept = [widths[0], int(rng.integers(2, widths[1] - 1)), widths[2]]
    given = {"widths": widths, "pruned": kept, "epochs": int(rng.integers(4, 20)),
             "epochs of retraining": int(rng.integers(2, 9))}
    large, small = (multiply_adds(dense_network(one)) for one in (widths, kept))
    cost = given["epochs"] * large + given["epochs of retraining"] * small
    return Question(
        intro="A dense network of these widths was trained, pruned, and retrained. A control of the pruned size is "
              "trained from scratch, and may cost as many multiply-adds in all (of forward passes; biases and "
              "scores are not counted).",
        given=given,
        asks="How many whole epochs does it get?",
        answer=(cost // small,),
        way=f"An epoch costs {products(widths[:-1], widths[1:])} = {large} a sample before, "
            f"{products(kept[:-1], kept[1:])} = {small} after. ({given['epochs']}·{large} + "
            f"{given['epochs of retraining']}·{small}) / {small} = {number(cost / small)}.")


KINDS = tuple(Kind(12, draw) for draw in (scheduled, takes_over, recalibrated, equal_cost))
