"""Decisions are those of `decide`; surgery and compensation those of `prune` and `fold_means` on random networks."""

import math

import numpy as np

import minprune as mp
from minprune.grading.assignments import Task


def layers(rng):
    """Scores of either sign with ties in and between layers, in no order of names; some layers are so large that a sort
    which does not keep equal ones in order shows it on every computer."""
    named = [f"{kind}{place}" for kind in ("dense", "conv") for place in (2, 1)][:rng.integers(1, 5)]
    return {name: rng.integers(-2, 4, size=40 if rng.random() < 0.2 else rng.integers(1, 7)) / 2 + rng.choice([0, 0, 1])
            for name in named}


def shares(rng):
    return {"scores": layers(rng), "remove": float(rng.choice([0, 0.25, 0.375, 0.5, 0.625, 0.75]))}


def counts(rng):
    scores = layers(rng)
    most = sum(map(len, scores.values())) - len(scores)
    return {"scores": scores, "remove": int(rng.integers(0, most + 1))}


def some(rng, K):
    """Who stays: at least one, and one goes if there are two."""
    keep = rng.random(K) < 0.5
    keep[rng.permutation(K)[:2]] = [True, False][:min(K, 2)]
    return keep


def dense(rng):
    K, F, M = map(int, rng.permutation(np.arange(1, 7))[:3])
    return {"W": rng.normal(size=(K, F)), "b": rng.normal(size=K), "W_next": rng.normal(size=(M, K)),
            "keep": some(rng, K)}


def flattened(rng):
    M, P, K = map(int, rng.integers([1, 2, 2], 5))
    return {"W_next": rng.normal(size=(M, P * K)), "keep": some(rng, K)}


def spoken(rng):
    N, K, M = map(int, rng.integers([2, 2, 1], 6))
    return {"o": rng.normal(size=(N, K)) + 1, "b_next": rng.normal(size=M), "W_next": rng.normal(size=(M, K)),
            "keep": some(rng, K)}


def keep_by_layer(scores, remove):
    return mp.decide(scores, remove=remove, scope="layer")


def keep_global(scores, remove):
    return mp.decide(scores, remove=remove)


def prune_dense(W, b, W_next, keep):
    net = mp.Network(W.shape[1:], [mp.Dense(len(W), "relu"), mp.Dense(len(W_next))])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = W, b, W_next
    small = mp.prune(net, {"dense1": keep})
    return small["dense1"].W, small["dense1"].b, small["dense2"].W


def prune_after_flatten(W_next, keep):
    K = len(keep)
    net = mp.Network((W_next.shape[1] // K, 1, 1), [mp.Conv2D(K, 1), mp.Flatten(), mp.Dense(len(W_next))])
    net["dense1"].W[...] = W_next
    return mp.prune(net, {"conv1": keep})["dense1"].W


def fold_means(o, b_next, W_next, keep):
    """What the next layer reads on average, without the removed neurons, is made what it was."""
    before = (o @ W_next.T + b_next).mean(axis=0)
    return before - (o[:, keep] @ W_next[:, keep].T).mean(axis=0)


def without_stability(scores, remove):
    """Ties: the higher index goes first."""
    turned = {layer: s[::-1] for layer, s in scores.items()}
    return {layer: stays[::-1] for layer, stays in keep_by_layer(turned, remove).items()}


def absolute(scores):
    return {layer: np.abs(s) for layer, s in scores.items()}


def turned(keep):
    return {layer: ~stays for layer, stays in keep.items()}


def lowest_go(s, count):
    """Booleans: all but the `count` lowest of s, ties by index."""
    return ~np.isin(np.arange(len(s)), np.argsort(s, kind="stable")[:count])


def emptied(scores, remove):
    rows = list(scores.values())
    return dict(zip(scores, np.split(lowest_go(np.concatenate(rows), remove), np.cumsum(list(map(len, rows))))))


def by_index(scores, remove):
    """Ties: the lower index goes first, then the layer that comes first."""
    keep = {layer: np.ones(len(s), bool) for layer, s in scores.items()}
    for _, i, _, layer in sorted((s[i], i, place, layer) for place, (layer, s) in enumerate(scores.items())
                                 for i in range(len(s))):
        if remove > 0 and keep[layer].sum() > 1:
            keep[layer][i] = False
            remove -= 1
    return keep


TASKS = [
    Task("keep_by_layer", points=2, case=shares, answer=keep_by_layer, trials=40, mistakes={
        "True means stays": lambda scores, remove: turned(keep_by_layer(scores, remove)),
        "the highest go; high must mean keep": lambda scores, remove: keep_by_layer(
            {layer: -s for layer, s in scores.items()}, remove),
        "the absolute value is taken first: the lowest scores go, also negative ones": lambda scores, remove:
            keep_by_layer(absolute(scores), remove),
        "of equal scores the lower index goes first": without_stability,
        'equal scores are not kept in order: np.argsort(…, kind="stable")': lambda scores, remove: {
            layer: ~np.isin(np.arange(len(s)), np.argsort(s)[:int(remove * len(s))]) for layer, s in scores.items()},
        "a threshold cannot tell equal scores apart: too few go": lambda scores, remove: {
            layer: s >= np.sort(s)[int(remove * len(s))] for layer, s in scores.items()},
        "a threshold cannot tell equal scores apart: too many go": lambda scores, remove: {
            layer: s > np.sort(s)[int(remove * len(s))] for layer, s in scores.items()},
        "a fraction of K neurons is rounded to the nearest: it should be rounded down": lambda scores, remove: {
            layer: lowest_go(s, round(remove * len(s))) for layer, s in scores.items()},
        "a fraction of K neurons is rounded up: it should be rounded down": lambda scores, remove: {
            layer: lowest_go(s, math.ceil(remove * len(s))) for layer, s in scores.items()}}),
    Task("keep_global", points=4, case=counts, answer=keep_global, trials=60, mistakes={
        "True means stays": lambda scores, remove: turned(keep_global(scores, remove)),
        "the absolute value is taken first: the lowest scores go, also negative ones": lambda scores, remove:
            keep_global(absolute(scores), remove),
        "a layer is emptied: each keeps at least one neuron": emptied,
        "of equal scores the lower index goes first: it should be the layer that comes first": by_index,
        "the highest go; high must mean keep": lambda scores, remove: keep_global(
            {layer: -s for layer, s in scores.items()}, remove),
        "of equal scores the layer that comes first in scores goes first": lambda scores, remove: keep_global(
            dict(sorted(scores.items())), remove)}),
    Task("prune_dense", points=2, case=dense, answer=prune_dense, mistakes={
        "the removed neurons stay and the others go": lambda W, b, W_next, keep: (
            W[~keep], b[~keep], W_next[:, ~keep]),
        "the next layer still reads the removed neurons": lambda W, b, W_next, keep: (W[keep], b[keep], W_next),
        "they are set to 0, not taken out": lambda W, b, W_next, keep: (
            W * keep[:, None], b * keep, W_next * keep)}),
    Task("prune_after_flatten", points=3, case=flattened, answer=prune_after_flatten, mistakes={
        "the columns are taken for channel after channel; they are position after position":
            lambda W_next, keep: W_next[:, keep.repeat(W_next.shape[1] // len(keep))],
        "only the first position is pruned": lambda W_next, keep: np.delete(W_next, np.flatnonzero(~keep), axis=1),
        "the removed neurons stay and the others go": lambda W_next, keep: W_next[:, np.tile(
            ~keep, W_next.shape[1] // len(keep))]}),
    Task("fold_means", points=2, case=spoken, answer=fold_means, mistakes={
        "it is the sum over the samples, not the mean": lambda o, b_next, W_next, keep: fold_means(
            o * len(o), b_next, W_next, keep),
        "the bias that was there is forgotten": lambda o, b_next, W_next, keep: fold_means(
            o, 0 * b_next, W_next, keep),
        "the neurons that stay are folded in, not those that go": lambda o, b_next, W_next, keep: fold_means(
            o, b_next, W_next, ~keep),
        "all neurons are folded in, not only those that go": lambda o, b_next, W_next, keep: fold_means(
            o, b_next, W_next, np.zeros_like(keep)),
        "it is taken away from the bias, not added": lambda o, b_next, W_next, keep: fold_means(
            -o, b_next, W_next, keep)}),
]
