"""What a neuron gives to its readers: by hand, and beside what the readers lose."""

import numpy as np
import pytest

import minprune as mp
from cases import each

NAMES = ("contribution", "wanda_channel", "fluctuation")


def test_by_hand():
    """o = (3, −4) and (1, 1) in two samples; read with (1, −2) and (0, 5)."""
    net = mp.Network(2, [mp.Dense(2), mp.Dense(2)])
    net["dense1"].W[...] = np.eye(2)
    net["dense2"].W[...] = [[1, 0], [-2, 5]]
    found = mp.score(net, [*NAMES], [[3.0, -4.0], [1.0, 1.0]])
    assert found["contribution"]["dense1"].tolist() == [2 * 3, 2.5 * 5]
    np.testing.assert_allclose(found["wanda_channel"]["dense1"], [5 ** 0.5 * 3, 8.5 ** 0.5 * 5], rtol=1e-15)
    assert found["fluctuation"]["dense1"].tolist() == [1 * 5, 6.25 * 25]


@each("seed", range(5))
def test_fluctuation_is_the_loss_when_the_mean_of_one_neuron_is_folded(seed, close):
    """The targets are the network's own outputs: the loss ½ Σ_k (Δz′_k)² is what folding costs."""
    net, rng = mp.Network(4, [mp.Dense(5, "tanh"), mp.Dense(3)], seed=seed), np.random.default_rng(seed)
    x = rng.normal(size=(7, 4))
    y, scores = net.predict(x), mp.score(net, "fluctuation", x, batch_size=3)["dense1"]
    for i in range(5):
        small = mp.fold_means(net, {"dense1": np.arange(5) != i}, x)
        close(scores[i], 2 * mp.record(small, x, y, "mse").L.mean(), 1e-8)


def folded(net, x):
    """mean_n Σ_k of the squared change of z′ when one neuron puts out its mean: seen in a pass."""
    trace, scores = net.forward(x), {}
    for name in net.hidden_layers:
        reader, lost = net.reader(name), []
        for i in range(net[name].K):
            o = trace[name].o.copy()
            o[..., i] = o[..., i].mean()
            z = net.run_from(name, o)[1][reader].z
            lost.append(((z - trace[reader].z) ** 2).sum() / len(x))
        scores[name] = np.array(lost)
    return scores


def test_verify_finds_fluctuation_exact_below_dense_layers_and_not_below_convolutions():
    fluctuation = mp.scores.CATALOGUE["fluctuation"]
    below = {"residual": False, "batch_norm": False}
    verdict = mp.verify(fluctuation, equals=folded, where={"layers": "dense", **below}, trials=12)
    assert verdict.holds and verdict.error < 1e-12
    assert not mp.verify(fluctuation, equals=folded, where={"layers": "conv", **below}, trials=5).holds


def test_fluctuation_is_not_exact_for_two_neurons():
    """Of two that always cancel, each is missed alone, and neither together: the covariance is left out."""
    net = mp.Network(1, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...] = [[1], [-1], [1]]
    net["dense2"].W[...] = 1
    x = np.array([[-1.0], [1.0]])
    assert mp.score(net, "fluctuation", x)["dense1"].tolist() == [1, 1, 1]
    small = mp.fold_means(net, {"dense1": [False, False, True]}, x)
    np.testing.assert_array_equal(small.predict(x), net.predict(x))


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
@pytest.mark.parametrize("seed", range(5))
def test_from_the_arrays_of_all_members(make, seed, request, random_samples, close):
    net = request.getfixturevalue(make)(seed)
    x, _ = random_samples(net, seed)
    trace, found = net.forward(x), mp.score(net, [*NAMES], x, batch_size=2)
    for name in net.hidden_layers:
        for i, read in enumerate(net.outgoing_weights(name)):
            o = np.concatenate([trace[member].o[..., i].ravel() for member in net.members(name)])
            close(found["contribution"][name][i], np.abs(o).mean() * np.abs(read).sum(), 1e-8)
            close(found["wanda_channel"][name][i], np.linalg.norm(o) / len(o) ** 0.5 * np.abs(read).sum(), 1e-8)
            close(found["fluctuation"][name][i], o.var() * read @ read, 1e-8)
        assert (found["wanda_channel"][name] >= found["contribution"][name] * (1 - 1e-12)).all()


def test_beside_a_concat_each_neuron_is_read_in_its_place(close):
    net = mp.Network(3, [mp.Concat([[mp.Dense(2, "tanh")], [mp.Dense(3, "relu")]]), mp.Dense(2)], seed=1)
    x = np.random.default_rng(1).normal(size=(6, 3))
    trace, W = net.forward(x), net["dense3"].W
    found = mp.score(net, "fluctuation", x)
    read = trace["dense3"].x
    close(np.concatenate([found["dense1"], found["dense2"]]), read.var(axis=0) * (W ** 2).sum(axis=0), 1e-8)
