"""Averages over all samples: batch by batch, each sample counting the same."""

import types

import numpy as np
import pytest

import minprune as mp
from minprune.scores.means import mean_over_samples


def test_the_mean_of_unequal_batches_counts_samples():
    net = mp.Network(2, [mp.Dense(3), mp.Dense(2), mp.Dense(1)])
    each = {"dense1": np.arange(15.0).reshape(5, 3), "dense2": np.arange(10.0, dtype=np.float32).reshape(5, 2) ** 2}
    batches = [types.SimpleNamespace(x=np.zeros(5)[part], part=part) for part in (slice(0, 1), slice(1, 5))]
    turns = mean_over_samples(net, batches, lambda trace: {name: array[trace.part] for name, array in each.items()})
    assert [next(turns), next(turns)] == [None, None]               # a turn for each batch
    with pytest.raises(StopIteration) as end:
        next(turns)
    assert end.value.value["dense1"].tolist() == [6, 7, 8] and end.value.value["dense2"].tolist() == [24, 33]


@pytest.mark.parametrize("batch_size, sizes", [(4, [4, 4, 2]), (10, [10]), (1, [1] * 10)])
@pytest.mark.parametrize("backward", [False, True])
def test_a_formula_sees_one_batch_at_a_time(batch_size, sizes, backward, close):
    """Which is what bounds the memory; and the mean is over samples, not over batches."""
    net, x = mp.Network(3, [mp.Dense(2, "tanh"), mp.Dense(2)]), np.random.default_rng(0).normal(size=(10, 3))
    lengths = []

    def forward_only(o):
        lengths.append(len(o))
        return o[:, 0]

    def with_gradient(do, o):
        return forward_only(o)

    formula = with_gradient if backward else forward_only
    scores = mp.score(net, formula, x, np.zeros(10, int), batch_size=batch_size)
    assert lengths == sizes
    close(scores["dense1"], net.forward(x)["dense1"].o.mean(axis=0))


def test_256_samples_at_a_time_unless_told():
    net, lengths = mp.Network(1, [mp.Dense(2), mp.Dense(1)]), []
    mp.score(net, lambda o: lengths.append(len(o)) or o[:, 0], np.ones((600, 1)))
    assert lengths == [256, 256, 88]


@pytest.mark.parametrize("name", ["sensitivity", "influence", "removal", "reciprocal_gradient"])
@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
def test_scores_with_passes_of_their_own_take_batches_too(name, monkeypatch):
    net, lengths = mp.Network(1, [mp.Dense(2), mp.Dense(1)]), []
    forward = mp.Network.forward
    monkeypatch.setattr(mp.Network, "forward", lambda net, x, *more, **others: lengths.append(len(x))
                        or forward(net, x, *more, **others))
    mp.score(net, name, np.ones((10, 1)), np.ones((10, 1)), "mse", batch_size=4)
    assert max(lengths) == 4
