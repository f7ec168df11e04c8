"""Removal: against removing the neuron for real, and against the loop that runs the network once for each."""

import itertools
import pathlib
import sys

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.layer import LayerTrace
from minprune.scores import removal as module
from minprune.scores.removal import pair_removal, removal
from minprune.scoring.shards import is_mean_over_samples

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "benchmarks"))


def mean_loss(net, x, t, loss):
    y = net.predict(x)
    if loss == "mse":
        return (0.5 * ((y - t) ** 2).reshape(len(x), -1).sum(axis=1)).mean()
    return (np.log(np.exp(y).sum(axis=1)) - y[np.arange(len(x)), t]).mean()


@each("seed", range(2))
def test_against_pruning_the_neuron_for_real(seed, kind, random_network, random_samples, unbounded):
    net = random_network(seed, kind)
    loss = "cross_entropy" if seed and len(net.output_shape) == 1 else "mse"
    x, t = random_samples(unbounded(net, loss), seed, 4, loss)
    scores, before = mp.score(net, "removal", x, t, loss, batch_size=3), mean_loss(net, x, t, loss)
    for name in net.hidden_layers:
        gone = [mean_loss(mp.prune(net, {name: np.arange(net[name].K) != i}), x, t, loss) - before
                for i in range(net[name].K)]
        np.testing.assert_allclose(scores[name], gone, rtol=0, atol=1e-12 * max(1, before))


def test_the_only_neuron_of_a_layer_can_be_asked_too():
    """Pruning would refuse it; without it, the output is the bias: 5, and ½ (5 − 3)² − ½ (2 · 1 + 5 − 3)²."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense2"].b[...] = 1, 2, 5
    assert mp.score(net, "removal", [[1.0]], [[3.0]], "mse")["dense1"].tolist() == [2 - 8]


def test_a_neuron_that_does_harm_scores_below_zero():
    net = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, [[1, 10]]
    scores = mp.score(net, "removal", [[1.0]], [[1.0]], "mse")["dense1"]
    assert scores.tolist() == [40.5 - 50, 0 - 50]


def test_samples_may_cancel():
    """The mean is of signed changes: +4 ½ for one sample, −4 ½ for the other."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, 3
    assert mp.score(net, "removal", [[1.0], [1.0]], [[3.0], [0.0]], "mse")["dense1"].tolist() == [0]


def test_two_neurons_that_stand_in_for_each_other():
    """Without one alone half of the output is missing, whichever it is: no score knows of the other."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(2)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, [[1, 1], [0, 0]]
    scores = mp.score(net, "removal", [[1.0]], [[2.0, 0.0]], "mse")["dense1"]
    assert scores.tolist() == [0.5, 0.5]


def test_silent_neurons_change_nothing(random_network, random_samples):
    net = random_network(1, "conv to flatten to dense")
    x, t = random_samples(net, 1)
    masked = mp.mask(net, {net.hidden_layers[0]: np.arange(net[net.hidden_layers[0]].K) > 0})
    assert mp.score(masked, "removal", x, t, "mse")[net.hidden_layers[0]][0] == 0


# Only what a removal changes is computed anew: it must be what a full pass gives

def naive(net, x, t, loss):
    """Silence one neuron, run the rest of the network, look."""
    trace = mp.record(net, x, t, loss)
    lost = {}
    for name in net.hidden_layers:
        lost[name] = np.zeros(net[name].K)
        for i in range(net[name].K):
            o = trace[name].o.copy()
            o[..., i] = 0
            y = net.tail(name, o)
            lost[name][i] = (mp.LOSSES[loss](y, mp.LOSSES[loss].prepare(t, net.output_shape)) - trace.L).mean()
    return lost


@each("seed", range(100, 102))
def test_against_the_naive_loop(seed, kind, random_network, random_samples, random_keep):
    net = random_network(seed, kind)
    x, t = random_samples(net, seed, 7)
    for one in (net, mp.mask(net, random_keep(net, seed))):
        scores, expected = removal(one, x, t, "mse", batch_size=3), naive(one, x, t, "mse")
        for name in net.hidden_layers:
            np.testing.assert_allclose(scores[name], expected[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("block", [1, 300, 2000, 1 << 30])
def test_blocks_only_bound_the_memory(block, monkeypatch, random_network, random_samples):
    for kind in ("dense", "conv to flatten to dense", "all conv to global average"):
        net = random_network(3, kind, activations=["relu", "tanh"])
        x, t = random_samples(net, 3, 9)
        expected = naive(net, x, t, "mse")
        monkeypatch.setattr(module, "BLOCK", {"vectors": block, "images": block})
        for name, scores in removal(net, x, t, "mse").items():
            np.testing.assert_allclose(scores, expected[name], rtol=0, atol=1e-12)


def test_no_more_rows_at_once_than_the_block_holds(monkeypatch):
    net = mp.Network(4, [mp.Dense(6, "tanh"), mp.Dense(50, "tanh"), mp.Dense(3)], seed=1)
    rows = []
    tail = net.tail
    monkeypatch.setattr(net, "tail", lambda name, o: rows.append(len(o)) or tail(name, o))
    monkeypatch.setitem(module.BLOCK, "vectors", 8 * 50 * 16)              # 16 rows of the widest layer
    removal(net, np.ones((10, 4)), np.zeros((10, 3)), "mse")
    assert rows == [16, 16, 16, 12, 266, 234]                               # 6 · 10 pairs; 500, the widest now 3


def test_samples_in_which_the_neuron_is_silent_already_are_not_run(monkeypatch):
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = [[1], [-1]]
    rows = []
    tail = net.tail
    monkeypatch.setattr(net, "tail", lambda name, o: rows.append(len(o)) or tail(name, o))
    removal(net, [[1.0], [2.0], [-1.0]], [[0.0]] * 3, "mse")
    assert sum(rows) == 3                                                   # of 6 pairs


def test_float32_is_the_same_to_its_own_rounding():
    nets = [mp.Network((6, 6, 2), [mp.Conv2D(4, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                   mp.Dense(5, "relu"), mp.Dense(3)], seed=1, dtype=dtype)
            for dtype in ("float32", "float64")]
    x, t = np.random.default_rng(0).normal(size=(20, 6, 6, 2)), np.arange(20) % 3
    one, other = (removal(net, x, t, "cross_entropy") for net in nets)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=0, atol=1e-5)


def test_the_benchmarks_naive_loop_agrees():
    import removal as benchmark

    net = mp.Network(20, [mp.Dense(9, "relu"), mp.Dense(7, "relu"), mp.Dense(4)], seed=2)
    x, t = np.random.default_rng(1).normal(size=(50, 20)), np.arange(50) % 4
    one, other = benchmark.removal_naive(net, x, t, "cross_entropy"), removal(net, x, t, "cross_entropy")
    assert benchmark.largest_difference(one, other) < 1e-14


# Pairs

def test_pairs_against_removing_both(kind, random_network, random_samples):
    net = random_network(1, kind)
    x, t = random_samples(net, 1, 4)
    trace = mp.record(net, x, t, "mse")
    for name in net.hidden_layers:
        pairs = pair_removal(net, x, t, "mse", name, batch_size=3)

        def lost(*gone):
            o = trace[name].o.copy()
            o[..., list(gone)] = 0
            return (mp.LOSSES["mse"](net.tail(name, o), t) - trace.L).mean()

        K = net[name].K
        assert pairs.shape == (K, K)
        for i, j in itertools.product(range(K), repeat=2):
            expected = lost(i, j) - lost(i) - lost(j) if i != j else 0
            assert abs(pairs[i, j] - expected) < 1e-11 * max(1, trace.L.mean())


def test_pairs_of_four_relu_neurons_by_hand():
    """max: without both halves of the difference the output falls short by ½ in every sample, once as either."""
    net = mp.Network(2, [mp.Dense(4, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = np.array([[-0.5, 1, 1, 1], [0.5, -1, 1, 1]]).T
    net["dense2"].W[...] = [[1, 0.5, 0.5, 0]]
    x = np.array([[0, 1], [1, 0], [1, 2], [2, 1]])
    pairs = pair_removal(net, x, x.max(axis=1), "mse", "dense1")
    assert pairs.tolist() == [[0, 0, 0.25, 0], [0, 0, 0.25, 0], [0.25, 0.25, 0, 0], [0, 0, 0, 0]]


def test_below_a_linear_output_with_mse_pairs_tell_the_cost_of_any_set(random_samples):
    net = mp.Network(4, [mp.Dense(6, "tanh"), mp.Dense(3)], seed=3)
    x, t = random_samples(net, 3, 20)
    alone = removal(net, x, t, "mse")["dense1"]
    pairs = pair_removal(net, x, t, "mse", "dense1")
    before = mean_loss(net, x, t, "mse")
    for gone in itertools.product([0, 1], repeat=6):
        gone = np.array(gone)
        if gone.all():
            continue
        cost = mean_loss(mp.mask(net, {"dense1": gone == 0}), x, t, "mse") - before
        assert abs(cost - (alone @ gone + 0.5 * gone @ pairs @ gone)) < 1e-12


def test_twins_interact_and_strangers_do_not():
    """Two equal neurons, of which half would do; the third feeds another output."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(2)])
    net["dense1"].W[...] = [[1, 0], [1, 0], [0, 1]]
    net["dense2"].W[...] = [[0.5, 0.5, 0], [0, 0, 1]]
    pairs = pair_removal(net, [[1.0, 1.0]], [[1.0, 1.0]], "mse", "dense1")
    assert pairs.tolist() == [[0, 0.25, 0], [0.25, 0, 0], [0, 0, 0]]       # ½ − ⅛ − ⅛


def test_pairs_are_of_a_hidden_layer(fingerprint):
    net = mp.Network(2, [mp.Dense(3), mp.Dense(2)])
    before = fingerprint(net)
    for name in ("dense2", "dense9"):
        with pytest.raises(ValueError, match=f'unknown hidden layer "{name}"'):
            pair_removal(net, [[1.0, 1.0]], [[1.0, 1.0]], "mse", name)
    pair_removal(net, [[1.0, 1.0]], [[1.0, 1.0]], "mse", "dense1")
    assert fingerprint(net) == before


# Networks that are not passed through by difference

def by_masks(net, x, t):
    """The change of the mean loss when a neuron is masked, for each of them."""
    before, masked, changes = mean_loss(net, x, t, "mse"), net.copy(), {}
    for name in net.hidden_layers:
        changes[name] = []
        for i in range(net[name].K):
            for member in net.members(name):
                there = True if net[member].mask is None else net[member].mask
                masked[member].mask = there & (np.arange(net[name].K) != i)
            changes[name].append(mean_loss(masked, x, t, "mse") - before)
        for member in net.members(name):
            masked[member].mask = net[member].mask
    return changes


@each("seed", range(5))
def test_blocks_against_masks(seed, random_residual, random_samples, random_keep):
    net = random_residual(seed)
    x, t = random_samples(net, seed, 5)
    for one in (net, mp.mask(net, random_keep(net, seed))):
        scores, before = mp.score(one, "removal", x, t, "mse", batch_size=3), mean_loss(one, x, t, "mse")
        for name, expected in by_masks(one, x, t).items():
            np.testing.assert_allclose(scores[name], expected, rtol=0, atol=1e-12 * max(1, before))


class Mix(mp.Layer):
    """o_c = Σ_d≤c x_d: channels do not stay what they are, and their zeros do not stay zeros."""

    linear, passes_on, keeps_channels = True, False, False

    def forward(self, x, training=False, rng=None):
        return LayerTrace(x, np.cumsum(x, axis=-1))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        return np.cumsum(do[..., ::-1], axis=-1)[..., ::-1]


def test_where_channels_mix_against_a_pass_for_each_neuron(random_samples):
    net = mp.Network(3, [mp.Dense(4, "tanh"), Mix(), mp.Dense(5, "relu"), mp.Dense(2)], seed=2)
    x, t = random_samples(net, 0, 6)
    for name, expected in naive(net, x, t, "mse").items():
        np.testing.assert_allclose(removal(net, x, t, "mse")[name], expected, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="mixes the channels"):
        pair_removal(net, x, t, "mse", "dense1")


# What it costs

@pytest.mark.parametrize("run", [removal, lambda *data: pair_removal(*data, "dense1")], ids=["removal", "pairs"])
def test_batches_are_of_256_samples_by_default_and_nothing_goes_back(run, monkeypatch):
    net, lengths, forward = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)], seed=0), [], mp.Network.forward
    monkeypatch.setattr(mp.Network, "forward", lambda self, x: lengths.append(len(x)) or forward(self, x))
    monkeypatch.delattr(mp.Network, "backward")
    run(net, np.ones((300, 2)), np.zeros((300, 1)), "mse")
    assert lengths == [256, 44]


def test_a_block_that_holds_less_than_a_row_is_a_row(monkeypatch):
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=1)
    rows = []
    tail = net.tail
    monkeypatch.setattr(net, "tail", lambda name, o: rows.append(len(o)) or tail(name, o))
    monkeypatch.setattr(module, "BLOCK", {"vectors": 1, "images": 1})
    removal(net, np.ones((2, 2)), np.zeros((2, 2)), "mse")
    assert rows == [1] * 6


def test_workers_may_share_the_samples():
    assert is_mean_over_samples(removal) and not is_mean_over_samples(pair_removal)


def test_what_is_no_network_has_no_pairs():
    with pytest.raises(TypeError, match="net expects a Network, got NoneType"):
        pair_removal(None, [[1.0]], [[1.0]], "mse", "dense1")
