"""Scores before a decision: made comparable between layers, reversed, or charged for what a neuron costs."""

import numpy as np

from ..engine.checks import check_known, check_network, check_real, check_scores


def by_none(s):
    """I_i, as they are."""
    return s.copy()


def by_sum(s):
    """I_i / Σ_j |I_j|: the importance of each layer adds up to the same."""
    return divided(s, np.abs(s).sum())


def by_mean(s):
    """I_i / mean_j |I_j|: a neuron compared with the average neuron of its layer."""
    return divided(s, np.abs(s).mean())


def by_max(s):
    """I_i / max_j |I_j|: the neuron of the largest size in each layer has 1 (or −1)."""
    return divided(s, np.abs(s).max())


def by_l2(s):
    """I_i / √(Σ_j I_j²), the normalisation of Molchanov et al., ICLR 2017, arXiv:1611.06440."""
    s = of_size_one(s)
    return divided(s, np.sqrt((s ** 2).sum()))


def by_rank(s):
    """The fraction of the layer's neurons that score no higher: (number of j with I_j ≤ I_i) / K, in (0, 1]."""
    return np.searchsorted(np.sort(s), s, side="right") / len(s)


def by_lamp(s):
    """I_i² / Σ_(j: |I_j| ≥ |I_i|, ties by index) I_j²: the neuron's share of all that is left when lower ones are gone.

    The best neuron of each layer has 1. Lee et al., ICLR 2021, arXiv:2010.07611, where I is the magnitude of a single
    weight; here it is the size of a neuron's score, whose sign is lost.
    """
    size = np.abs(of_size_one(s))
    order = np.argsort(size, kind="stable")
    left = np.cumsum((size[order] ** 2)[::-1])[::-1]
    result = np.zeros(len(s))
    result[order] = np.divide(size[order] ** 2, left, out=np.zeros(len(s)), where=left > 0)
    return result


def divided(s, by):
    """s / by, or zeros where all scores are 0."""
    return s / by if by > 0 else np.zeros(len(s))


def of_size_one(s):
    """s divided by its largest size, so that squares neither overflow nor vanish."""
    return divided(s, np.abs(s).max())


NORMALISERS = {"none": by_none, "sum": by_sum, "mean": by_mean, "max": by_max, "l2": by_l2, "rank": by_rank,
               "lamp": by_lamp}


def normalise(scores, by):
    """Return the scores {layer: (K,)} with each layer normalised by itself, so that layers can be ranked together.

    `by` is "none", "sum", "mean", "max", "l2", "rank" or "lamp"; their formulas are the docstrings of
    `NORMALISERS[by]`. The order within a layer does not change (with "lamp" it is the order of |I|), so
    `decide(…, scope="layer")` decides the same. Raises ValueError for an unknown name, and for infinite scores unless
    by "none" or "rank"; and as `decide` for what are no scores.
    """
    check_known("normaliser", by, NORMALISERS)
    scores = check_scores(scores)
    for name, s in scores.items():
        if by not in ("none", "rank") and not np.isfinite(s).all():
            raise ValueError(f'normaliser "{by}" expects finite scores, layer "{name}" has '
                             f'{s[~np.isfinite(s)][0]}; use "rank"')
    return {name: NORMALISERS[by](s) for name, s in scores.items()}


def reverse(scores):
    """Return −I_i: the control that removes the best first. A score whose reverse does as well knows nothing."""
    return {name: -s for name, s in check_scores(scores).items()}


def cost_aware(scores, net, price):
    """Return I_i − price · (multiply-adds that go with neuron i): what a neuron is worth beyond what it costs.

    The multiply-adds are those of one sample that removing this neuron alone would save: its own, and those of the
    weights that read it. `price` is in units of the score per multiply-add, at least 0. Molchanov et al., ICLR
    2017, arXiv:1611.06440, subtract λ times the operations of a whole layer's feature map likewise.
    """
    check_network(net)
    price = check_real("price", price, least=0)
    scores = check_scores(scores, like={name: net[name].W for name in check_scores(scores)})
    return {name: s - price * saved_multiply_adds(net, name) for name, s in scores.items()}


def saved_multiply_adds(net, name):
    """Multiply-adds of one sample that go with one neuron (any) of layer `name`."""
    made = {layer: net.units[name].rows[layer].shape[1] / net[layer].K for layer in net.members(name)}
    read = {layer: share_read(net, name, layer) for layer in net.readers(name)}
    # A Residual block of one layer reads its own neurons: what is left of it is the product of both shares that stay.
    return sum(net[layer].multiply_adds() * (1 - (1 - made.get(layer, 0)) * (1 - read.get(layer, 0)))
               for layer in {**made, **read})


def share_read(net, name, reader):
    """The share of the reader's weights that read one neuron of layer `name`."""
    return net.reading(name, reader, net[reader].W).shape[1] / net[reader].W.size
