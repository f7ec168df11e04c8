"""Formulas of arrays: the right numbers under each name, in the right shape; averages over all samples."""

import functools

import numpy as np
import pytest

import minprune as mp
from cases import each


def gathered(net, x, t, loss="mse", batch_size=256):
    """{layer: {parameter: array}} as a formula gets them, the samples of all batches joined."""
    seen = []

    def look(o, z, do, dz, o_do, w_dW, x, dW, W, b, gamma, W_out):
        seen.append({name: np.array(array) for name, array in locals().items() if name != "seen"})
        return o.mean(axis=1)

    mp.score(net, look, x, t, loss, batch_size)
    layers, of_weights = len(net.hidden_layers), ("W", "b", "gamma", "W_out")
    return {layer: {name: seen[place][name] if name in of_weights
                    else np.concatenate([batch[name] for batch in seen[place::layers]]) for name in seen[0]}
            for place, layer in enumerate(net.hidden_layers)}


@functools.cache
def case_of(seed, kind, random_network, random_samples):
    net = random_network(seed + 30, kind)
    x, t = random_samples(net, seed, 4)
    return net, x, t, gathered(net, x, t)


@pytest.fixture(params=range(2))
def case(request, kind, random_network, random_samples):
    """(net, x, t, the arrays that a formula gets): the same for all tests."""
    return case_of(request.param, kind, random_network, random_samples)


def test_shapes(case):
    net, x, t, given = case
    assert list(given) == net.hidden_layers
    for name, arrays in given.items():
        layer = net[name]
        K, F, P = layer.K, layer.W[0].size, int(np.prod(layer.output_shape[:-1]))
        M = net[net.reader(name)].W.size // K
        expected = {"o": (4, P, K), "z": (4, P, K), "do": (4, P, K), "dz": (4, P, K), "x": (4, P, F),
                    "o_do": (4, K), "w_dW": (4, K),
                    "dW": (4, K, F), "W": (K, F), "b": (K,), "gamma": (K,), "W_out": (K, M)}
        assert {one: array.shape for one, array in arrays.items()} == expected


def test_outputs_and_gradients_are_the_recorded_ones(case):
    net, x, t, given = case
    trace = mp.record(net, x, t, "mse")
    for name, arrays in given.items():
        for one in ("o", "z", "do", "dz"):
            recorded = getattr(trace[name], one)
            for n in range(4):
                for i in range(net[name].K):
                    np.testing.assert_array_equal(arrays[one][n, :, i], recorded[n, ..., i].ravel())


def test_what_the_neurons_read_times_their_weights_is_their_pre_activation(case, close):
    net, x, t, given = case
    for name, arrays in given.items():
        a, layer = arrays["x"] @ arrays["W"].T + arrays["b"], net[name]
        if layer.batch_norm:
            a = layer.gamma * (a - layer.running_mean) / np.sqrt(layer.running_var + 1e-5) + layer.beta
        close(a, arrays["z"])


def test_gradients_of_weights_add_up_to_those_of_the_batch_and_are_each_samples_own(case, close):
    net, x, t, given = case
    trace = mp.record(net, x, t, "mse")
    for name, arrays in given.items():
        close(arrays["dW"].sum(axis=0), trace[name].grads["W"].reshape(net[name].K, -1))
    for n in range(4):
        alone = mp.record(net, x[n:n + 1], t[n:n + 1], "mse")
        for name, arrays in given.items():
            close(arrays["dW"][n], alone[name].grads["W"].reshape(net[name].K, -1))


def test_slopes_in_a_factor_on_the_output_and_on_the_weights(case, close):
    """Worked out without any gradient of a single weight, through batch norm too."""
    for arrays in case[3].values():
        close(arrays["o_do"], (arrays["o"] * arrays["do"]).sum(axis=1))
        close(arrays["w_dW"], (arrays["W"] * arrays["dW"]).sum(axis=2))


def test_means_over_all_samples(case, close, monkeypatch):
    """In batches, and with few samples' gradients formed at a time."""
    net, x, t, given = case
    monkeypatch.setattr("minprune.scoring.gradient_sums.BLOCK_BYTES", 1)
    seen = []
    mp.score(net, lambda mean_dW, mean_dW2, W: seen.append((mean_dW, mean_dW2)) or W[:, 0], x, t, "mse", batch_size=3)
    for (mean, mean_of_squares), arrays in zip(seen, given.values()):
        close(mean, arrays["dW"].mean(axis=0))
        close(mean_of_squares, (arrays["dW"] ** 2).mean(axis=0))
    with pytest.raises(ValueError, match="read-only"):
        mp.score(net, lambda mean_dW: mean_dW.__imul__(0)[:, 0], x, t, "mse")


@pytest.mark.parametrize("seed", range(4))
def test_slopes_and_means_of_coupled_neurons_are_of_all_their_weights(seed, random_residual, random_samples, close):
    """Formed layer by layer, side by side in the order of W."""
    net, seen = random_residual(seed), []
    x, t = random_samples(net, seed, 4)

    def look(W, dW, o, do, o_do, w_dW):
        close(o_do, (o * do).sum(axis=1))
        close(w_dW, (W * dW).sum(axis=2))
        seen.append(np.array(dW))
        return o_do

    def means(W, mean_dW, mean_dW2):
        dW = seen.pop(0)
        close(mean_dW, dW.mean(axis=0))
        close(mean_dW2, (dW ** 2).mean(axis=0))
        return W[:, 0]

    mp.score(net, look, x, t, "mse")
    assert len(seen) == len(net.hidden_layers)
    mp.score(net, means, x, t, "mse", batch_size=3)
    assert not seen


def test_weights_are_the_layers_own(case):
    net, x, t, given = case
    for name, arrays in given.items():
        layer = net[name]
        for i in range(layer.K):
            np.testing.assert_array_equal(arrays["W"][i], layer.W[i].ravel())
        np.testing.assert_array_equal(arrays["b"], layer.b)
        np.testing.assert_array_equal(arrays["gamma"], layer.gamma if layer.batch_norm else np.ones(layer.K))


def test_outgoing_weights_are_all_those_that_silence_the_neuron(case, close):
    """Scaling neuron i's output by 3 and dividing just these weights by 3 changes nothing above."""
    net, x, t, given = case
    for name, arrays in given.items():
        for i in range(net[name].K):
            other = net.copy()
            reader = other[other.reader(name)]
            reader.W[np.isin(reader.W, arrays["W_out"][i])] /= 3            # random numbers: no two are equal
            o = net.forward(x)[name].o.copy()
            o[..., i] *= 3                                                  # which pooling passes on as it is
            close(other.tail(name, o), net.predict(x))


def test_outgoing_weights_by_hand():
    dense = mp.Network(2, [mp.Dense(3), mp.Dense(2)])
    conv = mp.Network((3, 3, 1), [mp.Conv2D(3, 2), mp.Conv2D(2, 2), mp.Flatten(), mp.Dense(1)])
    flat = mp.Network((3, 3, 1), [mp.Conv2D(3, 2), mp.Flatten(), mp.Dense(2)])
    np.testing.assert_array_equal(gathered(dense, np.ones((1, 2)), np.ones((1, 2)))["dense1"]["W_out"],
                                  dense["dense2"].W.T)
    for i in range(3):
        given = gathered(conv, np.ones((1, 3, 3, 1)), np.ones((1, 1)))
        assert sorted(given["conv1"]["W_out"][i]) == sorted(conv["conv2"].W[..., i].ravel())
        given = gathered(flat, np.ones((1, 3, 3, 1)), np.ones((1, 2)))
        assert sorted(given["conv1"]["W_out"][i]) == sorted(flat["dense1"].W.reshape(2, 4, 3)[..., i].ravel())


@each("width", [1, 2, 3])
@each("batch_norm", [False, True])
def test_slopes_in_a_factor_on_the_weights_at_one_position_and_at_several(width, batch_norm, close):
    rng = np.random.default_rng(width)
    net = mp.Network((1, width, 2), [mp.Conv2D(3, 1, "tanh", batch_norm=batch_norm), mp.Flatten(), mp.Dense(2)], seed=1)
    net["conv1"].b[...] = rng.normal(size=3)
    x, t = rng.normal(size=(4, 1, width, 2)), rng.normal(size=(4, 2))
    arrays = gathered(net, x, t)["conv1"]
    assert arrays["o"].shape == (4, width, 3)
    close(arrays["w_dW"], (arrays["W"] * arrays["dW"]).sum(axis=2))


@each("batch_size, sizes", [(4, [4, 4, 2]), (10, [10]), (1, [1] * 10)])
@each("backward", [False, True])
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
