"""Wanda, RIA and NNrelief beside the exact removal of single weights, by hand, and by what their shares add up to."""

import numpy as np
import pytest

import minprune as mp
from minprune.connections.formulas import ria
from minprune.connections.scores import score_connections


def sums(layer, read):
    """a = W x + b of one layer, (N, P, K), from what it reads."""
    a = layer.product(read) + layer.b
    return a.reshape(len(a), -1, layer.K)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_the_exact_removal_of_each_weight(make, request, random_samples):
    """mean (Δa)² is Wanda's square; mean |Δa| is what NNrelief has a share of."""
    for seed in range(10):
        net, rng = request.getfixturevalue(make)(seed), np.random.default_rng(seed)
        x, _ = random_samples(net, seed, N=3)
        wanda, relief = (score_connections(net, name, x, batch_size=2) for name in ("wanda", "nnrelief"))
        trace = net.forward(x)
        for name in net.neuron_layers:
            layer, read = net[name], trace[name].x
            before, patches = sums(layer, read), layer.patches(read)
            for _ in range(2):
                place = tuple(rng.integers(layer.W.shape))
                kept, layer.W[place] = layer.W[place], 0
                moved, layer.W[place] = sums(layer, read) - before, kept
                assert wanda[f"{name}.W"][place] ** 2 == pytest.approx((moved[..., place[0]] ** 2).mean(), abs=1e-12)
                all_that = np.abs(layer.W[place[0]].ravel() * patches).mean(axis=(0, 1)).sum()
                share = np.abs(moved[..., place[0]]).mean() / (all_that + abs(layer.b[place[0]]))
                assert relief[f"{name}.W"][place] == pytest.approx(share, abs=1e-10)
            shares = relief[f"{name}.W"].reshape(layer.K, -1).sum(axis=1)
            assert (shares <= 1 + 1e-12).all()


def test_by_hand():
    """x = (3, 1), (−3, 1): root mean squares and mean sizes 3, 1. W = [[2, −1], [0, 4]], b = (1, 0)."""
    net = mp.Network(2, [mp.Dense(2)])
    net["dense1"].W[...], net["dense1"].b[...] = [[2, -1], [0, 4]], [1, 0]
    x = [[3.0, 1.0], [-3.0, 1.0]]
    found = {name: score_connections(net, name, x)["dense1.W"] for name in ("wanda", "ria", "nnrelief")}
    np.testing.assert_allclose(found["wanda"], [[6, 1], [0, 4]], rtol=1e-14)
    np.testing.assert_allclose(found["nnrelief"], [[6 / 8, 1 / 8], [0, 1]], rtol=1e-14)
    np.testing.assert_allclose(found["ria"], [[3 ** 0.5 * (2 / 3 + 1), 1 / 3 + 1 / 5], [0, 1 + 4 / 5]], rtol=1e-14)


def test_without_data_the_rows_and_columns_of_ria_add_up(random_network, close):
    """One of them for the weight's own row or column, and its share in the other: Σ over all is rows plus columns."""
    def shares(W, x_rms):
        return ria(W, x_rms, a=0)
    net = random_network(2)
    x = np.random.default_rng(0).normal(size=(4, *net.input_shape))
    for name, found in score_connections(net, shares, x).items():
        found = found.reshape(len(found), -1)
        assert (found.sum(axis=1) >= 1 - 1e-12).all() and (found.sum(axis=0) >= 1 - 1e-12).all()
        close(found.sum(), sum(found.shape))


def test_a_silent_row_and_column_have_no_shares():
    net = mp.Network(2, [mp.Dense(2)])
    net["dense1"].W[...] = [[0, 0], [0, 3]]
    for name in ("ria", "nnrelief"):
        found = score_connections(net, name, [[1.0, 1.0]])["dense1.W"]
        assert found.tolist() == [[0, 0], [0, 2 if name == "ria" else 1]]
