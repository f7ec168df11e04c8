"""The schedule is minprune's, costs those of its networks, the control a formula; the rest is counted one by one."""

import functools
import math

import numpy as np

import minprune as mp
from minprune.engine.size import multiply_adds
from minprune.grading.assignments import Task
from minprune.retraining import schedules


def goals(rng):
    return {"remove": float(rng.choice([0.5, 0.75, 0.9])), "steps": int(rng.integers(1, 7)),
            "initial": float(rng.choice([0, 0.125, 0.25]))}


def rising(rng):
    """Shares in eighths, which no rounding moves."""
    steps = int(rng.integers(1, 6))
    return {"K": int(rng.integers(3, 30)), "schedule": np.sort(rng.integers(0, 8, size=steps)) / 8}


def seeds(rng):
    """Two methods on the same networks: what the networks have in common is more than what parts the methods."""
    S = int(rng.integers(2, 8))
    networks = rng.normal(0.9, 0.05, S)
    return {"first": networks + rng.normal(0.01, 0.01, S), "second": networks + rng.normal(0, 0.01, S),
            "quantile": float(rng.choice([2.776, 2.571, 4.303]))}


def found(rng):
    """p values from clear to none, or all of them large; sometimes two alike."""
    p = 10.0 ** -rng.uniform(0, rng.choice([0.5, 3]), size=rng.integers(2, 7))
    p[-1] = p[0] if rng.random() < 0.3 else p[-1]
    return {"p": p}


def hidden(rng):
    N, K, C = map(int, rng.permutation([2, 3, 4, 5])[:3])
    K = max(K, 3)
    return {"o": rng.normal(size=(N, K)) + 1, "W": rng.normal(size=(C, K)), "b": rng.normal(size=C),
            "t": rng.normal(size=(N, C)), "count": int(rng.integers(1, K))}


def cost(rng):
    hidden_widths = rng.integers(3, 12, size=rng.integers(1, 4))
    ends = rng.integers(2, 9, size=2)
    kept = [int(rng.integers(1, K)) for K in hidden_widths]
    return {"widths": tuple(map(int, [ends[0], *hidden_widths, ends[1]])), "kept": (int(ends[0]), *kept, int(ends[1])),
            "epochs": int(rng.integers(5, 30)), "retrain": int(rng.integers(1, 15))}


def said(rng):
    C = int(rng.integers(2, 5))
    t = rng.permutation(np.concatenate([np.arange(C), rng.integers(0, C, size=rng.integers(2, 14))]))
    before, after = (np.where(rng.random(len(t)) < share, t, rng.integers(0, C, size=len(t))) for share in (0.6, 0.4))
    return {"t": t, "before": before, "after": after, "C": C}


def cubic(remove, steps, initial):
    return np.array(schedules.cubic(remove, steps, initial))


def cuts(K, schedule):
    """Neuron by neuron: the i-th of K, i = 1 … K, is gone as soon as s_k K is at least i."""
    first = [next((k for k, share in enumerate(schedule) if share * K >= i), None) for i in range(1, K + 1)]
    return np.array([first.count(k) for k in range(len(schedule))])


def paired_interval(first, second, quantile):
    d = [float(one - other) for one, other in zip(first, second)]
    S, mean = len(d), math.fsum(d) / len(d)
    half = quantile * math.sqrt(math.fsum((one - mean) ** 2 for one in d) / (S - 1) / S)
    return mean - half, mean + half


def holm(p):
    """Of each p value the most that it, or a lower one, comes to: each times how many are at least as large."""
    return np.array([min(1, max(lower * sum(p >= lower) for lower in p[p <= one])) for one in p])


def random_control(o, W, b, t, count):
    """By a formula: a neuron stays with the chance q, two stay together with the chance r."""
    K = o.shape[1]
    q = (K - count) / K
    r = q * (K - count - 1) / (K - 1)
    parts = o[:, np.newaxis] * W                                            # what each neuron adds to each output
    rest = b - t
    squares, whole = (parts ** 2).sum(axis=2), parts.sum(axis=2)
    of_the_square = q * squares + r * (whole ** 2 - squares) + 2 * q * whole * rest + rest ** 2
    return 0.5 * of_the_square.sum(axis=1).mean()


@functools.cache
def cost_of(widths):
    return multiply_adds(mp.Network(widths[:1], [mp.Dense(K) for K in widths[1:]]))


def scratch_epochs(widths, kept, epochs, retrain):
    budget, count = epochs * cost_of(widths) + retrain * cost_of(kept), 0
    while (count + 1) * cost_of(kept) <= budget:
        count += 1
    return count


def who_paid(t, before, after, C):
    rows = list(zip(t.tolist(), before.tolist(), after.tolist()))
    changes = [sum((now == k) - (was == k) for label, was, now in rows if label == k)
               / sum(label == k for label, _, _ in rows) for k in range(C)]
    lost = sum(was == label != now for label, was, now in rows)
    won = sum(now == label != was for label, was, now in rows)
    return np.array(changes), lost / len(rows), won / len(rows)


def left_after(K, schedule):
    """What is left before each step if each share is taken of what the step before has left."""
    left = [K]
    for share in schedule:
        left.append(int(left[-1] * (1 - share)))
    return left


def one_at_a_time(o, W, b, t, count):
    """The rise of one removed neuron, `count` times the mean over the neurons."""
    whole = random_control(o, W, b, t, 0)
    return whole + count * (random_control(o, W, b, t, 1) - whole)


def dimmed(o, W, b, t, count):
    return random_control(o * (1 - count / o.shape[1]), W, b, t, 0)


def interval(middle, half):
    return middle - half, middle + half


def error_of(values, ddof=1):
    return values.std(ddof=ddof) / np.sqrt(len(values))


TASKS = [
    Task("cubic", points=1, case=goals, answer=cubic, trials=12, mistakes={
        "k begins at 0 and should begin at 1": lambda remove, steps, initial: (
            remove + (initial - remove) * (1 - np.arange(steps) / steps) ** 3),
        "the third power is missing: that is linear": lambda remove, steps, initial: (
            initial + (remove - initial) * np.arange(1, steps + 1) / steps),
        "few go at first and many at the end": lambda remove, steps, initial: (
            initial + (remove - initial) * (np.arange(1, steps + 1) / steps) ** 3),
        "the initial share is forgotten": lambda remove, steps, initial: cubic(remove, steps, 0)}),
    Task("cuts", points=2, case=rising, answer=cuts, mistakes={
        "that is how many are gone, not how many go": lambda K, schedule: np.floor(schedule * K).astype(int),
        "each step is rounded by itself, and the roundings add up": lambda K, schedule: np.floor(
            np.diff(schedule, prepend=0) * K).astype(int),
        "the numbers are rounded to the nearest, not down": lambda K, schedule: np.diff(
            np.round(schedule * K).astype(int), prepend=0),
        "the share is taken of what is left, not of the original K": lambda K, schedule: np.array(
            [left - int(left * (1 - share)) for left, share in zip(left_after(K, schedule), schedule)])}),
    Task("paired_interval", points=3, case=seeds, answer=paired_interval, trials=10, mistakes={
        "the seeds are not paired: that is the interval of two separate groups": lambda first, second, quantile:
            interval(first.mean() - second.mean(),
                     quantile * np.sqrt(error_of(first) ** 2 + error_of(second) ** 2)),
        "s² is divided by S, not by S − 1": lambda first, second, quantile: interval(
            (first - second).mean(), quantile * error_of(first - second, 0)),
        "√S is missing: that says how far single seeds lie apart": lambda first, second, quantile: interval(
            (first - second).mean(), quantile * (first - second).std(ddof=1)),
        "it is second − first": lambda first, second, quantile: paired_interval(second, first, quantile),
        "the quantile is the normal distribution's 1.96, not the given one": lambda first, second, quantile:
            paired_interval(first, second, 1.96),
        "the larger end comes first": lambda first, second, quantile: paired_interval(
            first, second, -quantile)}),
    Task("holm", points=2, case=found, answer=holm, mistakes={
        "all are multiplied by m: that is Bonferroni's correction": lambda p: np.minimum(1, len(p) * p),
        "a corrected p value is lower than that of a lower one": lambda p: np.minimum(
            1, p * (len(p) - np.argsort(np.argsort(p, kind="stable"), kind="stable"))),
        "they are returned in rising order, not in the order in which they came": lambda p: np.sort(holm(p)),
        "no p value is larger than 1": lambda p: np.array(
            [max(lower * sum(p >= lower) for lower in p[p <= one]) for one in p]),
        "the lowest is multiplied by 1 and the highest by m": lambda p: np.minimum(
            1, p * (1 + np.argsort(np.argsort(p, kind="stable"), kind="stable")))}),
    Task("random_control", points=4, case=hidden, answer=random_control, trials=12, mistakes={
        "that is the mean over single neurons, `count` times: together they do something else": one_at_a_time,
        "the outputs are averaged first: that is the loss of the mean output": dimmed,
        "it is the sum over the samples, not the mean": lambda o, W, b, t, count: (
            len(o) * random_control(o, W, b, t, count)),
        "that many neurons stay; that many should go": lambda o, W, b, t, count: random_control(
            o, W, b, t, o.shape[1] - count),
        "it is the rise of the loss, not the loss": lambda o, W, b, t, count: (
            random_control(o, W, b, t, count) - random_control(o, W, b, t, 0))}),
    Task("scratch_epochs", points=3, case=cost, answer=scratch_epochs, mistakes={
        "the retraining is not counted": lambda widths, kept, epochs, retrain: scratch_epochs(widths, kept, epochs, 0),
        "the training of the large network is not counted": lambda widths, kept, epochs, retrain: retrain,
        "an epoch is counted as an epoch, whatever the size of the network": lambda widths, kept, epochs, retrain: (
            epochs + retrain),
        "neurons are counted, not multiply-adds": lambda widths, kept, epochs, retrain: (
            (epochs * sum(widths[1:]) + retrain * sum(kept[1:])) // sum(kept[1:])),
        "biases are counted": lambda widths, kept, epochs, retrain: (
            (epochs * (cost_of(widths) + sum(widths[1:])) + retrain * (cost_of(kept) + sum(kept[1:])))
            // (cost_of(kept) + sum(kept[1:]))),
        "retraining is charged at the price of the large network": lambda widths, kept, epochs, retrain: (
            (epochs + retrain) * cost_of(widths) // cost_of(kept)),
        "it is rounded up: more epochs than were paid for": lambda widths, kept, epochs, retrain: (
            -(-(epochs * cost_of(widths) + retrain * cost_of(kept)) // cost_of(kept)))}),
    Task("who_paid", points=2, case=said, answer=who_paid, mistakes={
        "lost and won are the wrong way round": lambda t, before, after, C: (
            who_paid(t, before, after, C)[0], *who_paid(t, before, after, C)[:0:-1]),
        "the changes are before − after": lambda t, before, after, C: (
            -who_paid(t, before, after, C)[0], *who_paid(t, before, after, C)[1:]),
        "a class's change is a share of all samples, not of its own": lambda t, before, after, C: (
            who_paid(t, before, after, C)[0] * np.bincount(t, minlength=C) / len(t),
            *who_paid(t, before, after, C)[1:]),
        "every answer that changed is counted, also from wrong to wrong": lambda t, before, after, C: (
            who_paid(t, before, after, C)[0], ((before != after) & (before == t)).mean(),
            ((before != after) & (before != t)).mean()),
        "they are numbers of samples, not shares": lambda t, before, after, C: (
            who_paid(t, before, after, C)[0], *(len(t) * share for share in who_paid(t, before, after, C)[1:]))}),
]
