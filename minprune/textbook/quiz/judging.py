"""Chapter 13: judging honestly."""

import numpy as np

from ...engine.size import count_parameters, multiply_adds
from ...evaluation.class_accuracy import class_accuracy
from ...evaluation.paired_test import holm
from ...pruning import prune
from .networks import dense_network, drawn
from .question import Kind, Question
from .text import as_text, number, plus, products


def four_sizes(rng):
    """What is left of a network, in parameters and multiply-adds?"""
    widths = [int(rng.choice([4, 5, 6])), *map(int, rng.choice([4, 6, 8, 10], size=2)), int(rng.choice([2, 3, 4]))]
    net = dense_network(widths)
    small = prune(net, {name: np.arange(net[name].K) % 2 == 0 for name in net.hidden_layers})
    left = [widths[0], widths[1] // 2, widths[2] // 2, widths[3]]
    whole, rest = multiply_adds(net), multiply_adds(small)
    return Question(
        intro="A dense network has these widths, from the inputs to the outputs. Half of each hidden layer goes. "
              "Parameters are weights and biases; biases are not counted as multiply-adds.",
        given={"widths": widths},
        asks="How many parameters has it before, and after, and how many multiply-adds are left, in percent?",
        answer=(count_parameters(net), count_parameters(small), 100 * rest / whole),
        way=f"Multiply-adds before: {products(widths[:-1], widths[1:])} = {whole}, after: "
            f"{products(left[:-1], left[1:])} = {rest}, that is {number(100 * rest / whole)} %. With the biases, one a "
            f"neuron, {whole} + {sum(widths[1:])} = {count_parameters(net)} and {rest} + {sum(left[1:])} = "
            f"{count_parameters(small)} parameters. Between two hidden layers a quarter is left.")


def chance_of_the_test_data(rng):
    """How much chance is in an accuracy?"""
    given = {"accuracy": float(rng.choice([0.5, 0.64, 0.8, 0.9, 0.98])),               # roots of p (1 − p) that end
             "samples": int(rng.choice([5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50])) ** 2}
    p, N = given.values()
    percent = 100 * np.sqrt(p * (1 - p) / N)
    return Question(
        intro="A network is right on a test sample with the probability p, measured as its accuracy on N of them: "
              "√(p (1 − p) / N) is the standard deviation of the accuracy.",
        given=given,
        asks="How large is it, in percent?",
        answer=(float(percent),),
        way=f"p (1 − p) = {number(p * (1 - p))}, its root {number(np.sqrt(p * (1 - p)))}, divided by √{N} = "
            f"{number(np.sqrt(N))} and times 100: {number(percent)} %.")


def paired_difference(rng):
    """What is the mean difference of two methods over seeds, and its standard error?"""
    def make():
        second = rng.integers(85, 95, size=4).astype(float)
        return {"first": second + rng.integers(-2, 5, size=4), "second": second}

    def good(given):
        d = given["first"] - given["second"]
        return np.ptp(d) > 0 and d.mean().is_integer()

    given = drawn(make, good)
    d = given["first"] - given["second"]
    squares = (d - d.mean()) ** 2
    error = d.std(ddof=1) / np.sqrt(4)
    return Question(
        intro="Two methods pruned the same four networks; these are the accuracies in percent, network by network. "
              "With the differences d the standard error of their mean is s/√4, s² = Σ (d − mean)²/3.",
        given=given,
        asks="What is the mean of first − second, and its standard error?",
        answer=(float(d.mean()), float(error)),
        way=f"d = {as_text(d)}, with the mean {number(d.mean())}. s² = ({plus(squares)})/3 = "
            f"{number(squares.sum() / 3)}, s = {number(d.std(ddof=1))}, and half of it is {number(error)}.")


def who_paid(rng):
    """How did the accuracy of each class change, and how many samples were lost?"""
    def make():
        t = rng.permutation([0] * 5 + [1] * int(rng.choice([2, 4, 5])))
        said = {name: np.where(rng.random(len(t)) < share, t, 1 - t)
                for name, share in (("before", 0.85), ("after", 0.6))}
        return {"t": t, **said}

    given = drawn(make, lambda g: ((g["before"] == g["t"]) & (g["after"] != g["t"])).any())
    t, before, after = given.values()
    accuracies = [class_accuracy(t, said == t) for said in (before, after)]
    changes = [100 * (accuracies[1][k] - accuracies[0][k]) for k in (0, 1)]
    lost = int(((before == t) & (after != t)).sum())
    return Question(
        intro="The true classes of some samples are t; a network said `before` and says `after` the pruning.",
        given=given,
        asks="By how many percent did the accuracy of class 0 and of class 1 change (a fall is negative), and how "
             "many samples were lost, right before and wrong after?",
        answer=(*map(float, changes), lost),
        way="; ".join(f"class {k}: {(before[t == k] == k).sum()} of {(t == k).sum()} were right, "
                      f"{(after[t == k] == k).sum()} are, {number(changes[k])} "
                      "%" for k in (0, 1)) + f". Lost: {lost}.")


def many_comparisons(rng):
    """What becomes of p values when several methods were compared?"""
    given = {"p": rng.choice([0.005, 0.01, 0.02, 0.03, 0.04, 0.1, 0.3], size=3, replace=False)}
    found, order = holm(given["p"]), np.sort(given["p"])
    steps = ", ".join(f"{count}·{number(one)}" for count, one in zip((3, 2, 1), order))
    return Question(
        intro="Three methods were compared with a control. Holm's correction multiplies the lowest p by 3, the next "
              "by 2, the highest by 1; none becomes larger than 1, and none lower than a lower one's.",
        given=given,
        asks="What are the three corrected p, in the order in which they are given?",
        answer=tuple(map(float, found)),
        way=f"{steps} give, each at least as large as the one before, {as_text(np.sort(found))}.")


KINDS = tuple(Kind(13, draw) for draw in (four_sizes, chance_of_the_test_data, paired_difference, who_paid,
                                          many_comparisons))
