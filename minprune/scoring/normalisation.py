"""What can be done to scores before deciding: making layers comparable, turning them round, charging for cost."""

import numpy as np

from ..engine.checks import check_known, check_real


def by_none(s):
    """I_i, as they are."""
    return s.copy()


def by_sum(s):
    """I_i / Σ_j |I_j|: each layer has the same importance in all to give away."""
    return divided(s, np.abs(s).sum())


def by_mean(s):
    """I_i / mean_j |I_j|: a neuron against the average one of its layer."""
    return divided(s, np.abs(s).mean())


def by_max(s):
    """I_i / max_j |I_j|: the best neuron of each layer has 1 (or −1)."""
    return divided(s, np.abs(s).max())


def by_l2(s):
    """I_i / √(Σ_j I_j²), the normalisation of Molchanov et al., ICLR 2017, arXiv:1611.06440."""
    s = of_size_one(s)
    return divided(s, np.sqrt((s ** 2).sum()))


def by_rank(s):
    """The share of the layer's neurons that score no higher: (number of j with I_j ≤ I_i) / K, in (0, 1]."""
    return np.searchsorted(np.sort(s), s, side="right") / len(s)


def by_lamp(s):
    """I_i² / Σ_(j: |I_j| ≥ |I_i|, ties by index) I_j²: what the neuron holds of all that would be left if all lower
    ones had gone. The best neuron of each layer has 1. Lee et al., ICLR 2021, arXiv:2010.07611, where I is the
    magnitude of a single weight; here of a neuron's score, whose sign is lost.
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
    """s over its largest, so that squares neither overflow nor vanish."""
    return divided(s, np.abs(s).max())


NORMALISERS = {"none": by_none, "sum": by_sum, "mean": by_mean, "max": by_max, "l2": by_l2, "rank": by_rank,
               "lamp": by_lamp}


def normalise(scores, by):
    """Return the scores with each layer normalised by itself, so that layers can be ranked together.

    `by` is "none", "sum", "mean", "max", "l2", "rank" or "lamp"; their formulas are the docstrings of
    `NORMALISERS[by]`. Within a layer the order stays what it is (with "lamp", that of |I|), so `decide(…,
    scope="layer")` is not affected. Raises ValueError for an unknown name, and for infinite scores unless by "none"
    or "rank".
    """
    check_known("normaliser", by, NORMALISERS)
    scores = {name: check_layer(name, s) for name, s in scores.items()}
    for name, s in scores.items():
        if by not in ("none", "rank") and not np.isfinite(s).all():
            raise ValueError(f'normaliser "{by}" expects finite scores, layer "{name}" has '
                             f'{s[~np.isfinite(s)][0]}; use "rank"')
    return {name: NORMALISERS[by](s) for name, s in scores.items()}


def check_layer(name, s, K=None):
    """Return one layer's scores as floats; raise unless they are K numbers (any number but none if K is None)."""
    s = np.asarray(s, float)
    if s.ndim != 1 or s.size == 0 or K not in (None, len(s)):
        raise ValueError(f'scores of layer "{name}" expect one number for each of {K or "its"} neurons, '
                         f'got shape {s.shape}')
    return s


def reverse(scores):
    """Return −I_i: the control that removes the best first. A score whose reverse does as well knows nothing."""
    return {name: -np.asarray(s, float) for name, s in scores.items()}


def cost_aware(scores, net, price):
    """Return I_i − price · (multiply-adds that go with neuron i): what a neuron is worth beyond what it costs.

    The multiply-adds are those of one sample that would be saved by removing this neuron alone: its own, and those of
    the weights that read it. `price` is in units of the score per multiply-add, at least 0. Molchanov et al., ICLR
    2017, arXiv:1611.06440, subtract λ times the operations of a whole layer's feature map likewise.
    """
    price = check_real("price", price, least=0)
    return {name: check_layer(name, s, net[name].K) - price * saved_multiply_adds(net, name)
            for name, s in scores.items()}


def saved_multiply_adds(net, name):
    """Multiply-adds of one sample that go with any one neuron of layer `name`."""
    K, own, reading = net[name].K, net.members(name), net.readers(name)
    twice = sum(net[one].multiply_adds() for one in own if one in reading)          # of a block of one layer
    return (sum(net[one].multiply_adds() for one in own + reading) - twice / K) / K
