"""Regrowth: the same function without masks, and a gradient for each weight that comes back."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.retraining.regrowth import dense_sparse_dense, regrow


@each("seed", range(8))
def test_the_dense_network_computes_what_the_masked_one_does(seed, random_residual, random_keep, random_samples, close,
                                                             fingerprint):
    net = random_residual(seed)
    x, _ = random_samples(net, seed)
    masked = mp.mask(net, random_keep(net, seed))
    before = fingerprint(masked)
    dense = regrow(masked)
    close(dense.predict(x), masked.predict(x), least=1e-3)
    assert not any(name.endswith(".mask") for name in dense.arrays()) and fingerprint(masked) == before
    for name, array in dense.arrays().items():                  # what comes back has the incoming weights that it had
        same = net.arrays()[name]
        assert ((array == same) | (array == 0)).all()


def test_groups_and_branches(close):
    net = mp.Network((5, 5, 2), [
        mp.Conv2D(4, 3, "relu", padding="same"), mp.Conv2D(6, 3, "relu", padding="same", groups=2),
        mp.Concat([[mp.Conv2D(3, 1)], [mp.Conv2D(2, 1, "relu")]]), mp.Flatten(), mp.Dense(3)], seed=0)
    keep = {name: np.arange(net[name].K) % 2 == 1 for name in net.hidden_layers}
    masked = mp.mask(net, keep)
    x = np.random.default_rng(0).normal(size=(4, 5, 5, 2))
    close(regrow(masked).predict(x), masked.predict(x))


def test_what_comes_back_has_a_gradient_at_once():
    net = mp.Network(4, [mp.Dense(5, "relu"), mp.Dense(3)], seed=0)
    dense = regrow(mp.mask(net, {"dense1": np.array([True, False, False, True, True])}))
    rng = np.random.default_rng(0)
    trace = mp.record(dense, rng.normal(size=(9, 4)), rng.integers(0, 3, 9))
    assert not dense["dense2"].W[:, [1, 2]].any() and trace["dense2"].grads["W"][:, [1, 2]].all()


def test_dense_sparse_dense_is_its_parts():
    data = mp.datasets.load("digits")
    data = mp.datasets.Dataset(data.x_train[:60], data.t_train[:60], data.x_test[:30], data.t_test[:30], "few", 10)
    net = mp.models.mlp((8, 8, 1), 10)
    recipe = mp.FineTune(epochs=1)
    first, second, third = dense_sparse_dense(net, data, 0.5, sparse=recipe, dense=recipe)
    keep = mp.decide(mp.score(net, "weight_norm"), remove=0.5, scope="layer")
    x = data.x_test
    np.testing.assert_array_equal(first.net.predict(x), net.predict(x))
    small = mp.prune(net, keep)
    recipe(small, mp.Cut(net, keep, data.x_train, data.t_train))
    np.testing.assert_allclose(second.net.predict(x), small.predict(x), atol=1e-12)     # masked neurons learn nothing
    assert third.net["dense1"].mask is None and third.net["dense2"].W[:, ~keep["dense1"]].any()
    assert str(third).startswith("dense again: test accuracy") and third.loss != second.loss


def test_a_mask_of_a_part_of_what_leaves_together_is_refused():
    net = mp.Network(4, [mp.Dense(3, "relu"), mp.Residual([mp.Dense(3)]), mp.Dense(2)])
    net["dense2"].mask = np.array([True, False, True])
    with pytest.raises(ValueError, match="masked where the neurons that leave with it are not"):
        regrow(net)
