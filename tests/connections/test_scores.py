"""Scores of single weights against slopes and second differences."""

import dataclasses

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune import connections
from minprune.connections.decisions import decide_connections
from minprune.connections.masks import mask_connections, weight_arrays
from minprune.connections.reports import report
from minprune.connections.scores import score_connections
from minprune.engine.losses import prepare_samples
from minprune.engine.residual import Residual


def mean_loss(net, x, t, loss):
    x, t, loss = prepare_samples(net, x, t, loss)
    return loss(net.predict(x), t).mean()


def second_differences(net, name, x, t, loss, step=1e-5):
    """∂²L/∂w² of each weight, by central differences of the gradient of the mean loss."""
    W, h = net.parameters()[name], np.zeros(net.parameters()[name].shape)
    for place in np.ndindex(W.shape):
        kept, slopes = W[place], []
        for moved in (kept + step, kept - step):
            W[place] = moved
            slopes.append(mp.record(net, x, t, loss).grads()[name][place] / len(x))
        W[place], h[place] = kept, (slopes[0] - slopes[1]) / (2 * step)
    return h


def test_all_weights_of_all_layers_and_nothing_else(kind, random_network, random_samples):
    net = random_network(3, kind)
    x, t = random_samples(net, 0)
    for score in connections.NAMES:
        scores = score_connections(net, score, x, t, "mse")
        assert list(scores) == [f"{name}.W" for name in net.neuron_layers]
        for name, s in scores.items():
            assert s.shape == net.parameters()[name].shape and s.dtype == np.float64


def test_by_hand():
    """y = 2 · relu(3 x), t = 0, ℓ = ½ y²; at x = 1 and 2 mean x² = 2.5, L = ½ · 36 · 2.5."""
    net = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 3, 2
    x, t = np.array([[1.0], [2.0]]), np.zeros((2, 1))
    assert score_connections(net)["dense1.W"] == 3 and score_connections(net)["dense2.W"] == 2
    net["dense1"].W[...] = -3
    assert score_connections(net, "magnitude")["dense1.W"] == 3
    net["dense1"].W[...] = 3
    snip, obd = (score_connections(net, score, x, t, "mse") for score in ("snip", "obd"))
    for name in ("dense1.W", "dense2.W"):
        assert snip[name] == pytest.approx(90)            # |w · ∂L/∂w| = 36 · 2.5 for either weight
        assert obd[name] == pytest.approx(45)             # ½ h w² = L: it is quadratic in either


@each("seed", range(7))
def test_snip_is_the_slope_in_a_mask_on_the_weight(seed, random_network, random_samples, near):
    net = random_network(seed, smooth=True)
    x, t = random_samples(net, seed)
    scores = score_connections(net, "snip", x, t, "mse")
    for name, W in weight_arrays(net).items():
        places = list(np.ndindex(W.shape))[::1 + W.size // 20]
        whole, slopes = W.copy(), []
        for place in places:
            losses = []
            for c in (1 + 1e-5, 1 - 1e-5):
                W[place] = c * whole[place]
                losses.append(mean_loss(net, x, t, "mse"))
            W[place] = whole[place]
            slopes.append((losses[0] - losses[1]) / 2e-5)
        near([scores[name][place] for place in places], np.abs(slopes))


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", "binary_cross_entropy"])
def test_obd_of_the_output_layer_is_half_h_w_squared(loss, near, random_samples):
    net = mp.Network(4, [mp.Dense(3, "tanh"), mp.Dense(3)], seed=1)
    x, t = random_samples(net, 0, N=6, loss=loss)
    h = second_differences(net, "dense2.W", x, t, loss)
    near(score_connections(net, "obd", x, t, loss)["dense2.W"], 0.5 * h * net["dense2"].W ** 2)


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_obd_of_the_last_hidden_layer_is_half_h_w_squared(loss, near, random_samples):
    net = mp.Network(4, [mp.Dense(3, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, N=6, loss=loss)
    h = second_differences(net, "dense2.W", x, t, loss)
    near(score_connections(net, "obd", x, t, loss)["dense2.W"], 0.5 * h * net["dense2"].W ** 2)


def test_without_weights_there_is_nothing_to_score():
    net, x = mp.Network((4,), [mp.Flatten()]), np.ones((3, 4))
    assert all(mp.score_connections(net, score, x, x, loss="mse") == {} for score in connections.NAMES)


def test_random_is_drawn_from_the_seed():
    net = mp.Network(4, [mp.Dense(30), mp.Dense(3)])
    one, same, other = (score_connections(net, "random", seed=seed) for seed in (5, np.random.default_rng(5), 6))
    assert (score_connections(net, "random", seed=0)["dense1.W"] == score_connections(net, "random")["dense1.W"]).all()
    for name, W in weight_arrays(net).items():
        assert one[name].shape == W.shape and (one[name] == same[name]).all() and (one[name] != other[name]).all()
        assert 0 <= one[name].min() and one[name].max() < 1 and len(np.unique(one[name])) == W.size


def test_a_function_of_your_own(random_network, random_samples, close):
    net = random_network(2)
    x, t = random_samples(net, 0)
    grads = mp.record(net, x, t, "mse").grads()
    mine = score_connections(net, lambda dW, W: W - 2 * dW, x, t, "mse")
    for name, W in weight_arrays(net).items():
        close(mine[name], W - 2 * grads[name] / len(x))
    squares = score_connections(net, lambda W: (W > 0).astype("int8"))
    for name, W in weight_arrays(net).items():
        assert (squares[name] == (W > 0)).all() and squares[name].dtype == float


@pytest.mark.parametrize("score", ["snip", "obd", lambda W, dW: dW])
def test_no_score_depends_on_the_batch_size_or_the_order(score, random_network, random_samples, close, fingerprint):
    net = random_network(4)
    x, t = random_samples(net, 0, N=7)
    before = fingerprint(net)
    whole = score_connections(net, score, x, t, "mse")
    for parts in (score_connections(net, score, x, t, "mse", batch_size=3),
                  score_connections(net, score, x[::-1], t[::-1], "mse", batch_size=2)):
        for name in whole:
            close(parts[name], whole[name])
    assert fingerprint(net) == before


def test_a_score_cannot_write_to_the_network(random_network, random_samples):
    def spoils(W):
        W[...] = 0
        return W

    with pytest.raises(ValueError, match="read-only"):
        score_connections(random_network(1), spoils)


def test_a_float32_network(random_network, random_samples, close):
    net = random_network(5, dtype="float32")
    x, t = random_samples(net, 0)
    wide = mp.Network(net.input_shape, net.layers.values())
    wide.fill(net.arrays())
    for score in connections.NAMES:
        narrow, exact = (score_connections(one, score, x, t, "mse") for one in (net, wide))
        for name in narrow:
            assert narrow[name].dtype == np.float64
            close(narrow[name], exact[name], 1e-3, least=1e-3)


@each("arguments, error, told", [
    ((None,), TypeError, "net expects a Network"),
    (("net", "magnitud"), ValueError, 'unknown score of connections "magnitud"; did you mean "magnitude"'),
    (("net", 3), ValueError, "unknown score of connections"),
    (("net", "snip"), ValueError, 'score "snip" of connections needs x and t; x is missing'),
    (("net", "obd", np.ones((2, 4))), ValueError, 'score "obd" of connections needs x and t; t is missing'),
    (("net", lambda W, dW: W, np.ones((2, 4))), ValueError, "needs x and t; t is missing"),
    (("net", lambda w: w), ValueError, 'unknown parameter of a score of connections: "w"'),
    (("net", lambda: 3), ValueError, "unknown parameter of a score of connections"),
    (("net", lambda W: W[0]), ValueError, r'the score of "dense1.W" expects shape \(3, 4\), got \(4,\)'),
    (("net", lambda W: W * np.nan), ValueError, 'the score of "dense1.W" holds NaN'),
    (("net", lambda W: W * 1j), ValueError, "holds NaN or what is not a number"),
    (("net", "snip", np.ones((2, 5)), np.ones((2, 2)), "mse"), ValueError, "x: Network expects"),
    (("net", "random", None, None, "mse", 256, -1), ValueError, "seed expects at least 0"),
])
def test_bad_arguments_of_scores(arguments, error, told):
    net = mp.Network(4, [mp.Dense(3, "relu"), mp.Dense(2)])
    with pytest.raises(error, match=told) as raised:
        score_connections(*[net if one == "net" else one for one in arguments[:1]], *arguments[1:])
    assert "\n" not in str(raised.value)


def test_obd_of_a_loss_that_does_not_say_its_second_derivatives_is_refused():
    net = mp.Network(4, [mp.Dense(2)])
    mine = dataclasses.replace(mp.LOSSES["mse"], name="mine", second=None, diagonal=None)
    with pytest.raises(ValueError, match='loss "mine" does not say its second derivatives'):
        score_connections(net, "obd", np.ones((2, 4)), np.ones((2, 2)), mine)


def test_the_layers_inside_a_block_are_scored_as_any_other(random_samples, close):
    net = mp.Network(4, [mp.Dense(3, "tanh"), Residual([mp.Dense(5, "tanh"), mp.Dense(3)]), mp.Dense(2)], seed=0)
    x, t = random_samples(net, 0)
    grads = mp.record(net, x, t, "mse").grads()
    scores = score_connections(net, "snip", x, t, "mse")
    assert list(scores) == ["dense1.W", "dense2.W", "dense3.W", "dense4.W"]
    for name, W in weight_arrays(net).items():
        close(scores[name], np.abs(W * grads[name]) / len(x))
    found = report(net, decide_connections(scores, 0.5), latency=False)
    assert found.multiply_adds == {"dense1.W": 12, "dense2.W": 15, "dense3.W": 15, "dense4.W": 6}
    assert sum(found.nonzero.values()) == 24


def test_informed_scores_hurt_less_than_chance():
    """What the scores are for: on a trained network they cost a fraction of what a random choice costs."""
    data = mp.datasets.load("digits")
    net = mp.Network((8, 8, 1), [mp.Flatten(), mp.Dense(24, "relu"), mp.Dense(10)], seed=0)
    x, t = data.x_train[:600], data.t_train[:600]
    mp.fit(net, x, t, optimizer=mp.Adam(5e-3), epochs=6)
    exact = ("obs", "woodfisher")               # which invert a matrix of all weights: tested on smaller networks
    scores = {name: score_connections(net, name, x, t) for name in connections.NAMES if name not in exact}
    for scope in ("global", "layer", "row"):
        loss = {name: mean_loss(mask_connections(net, decide_connections(one, 0.5, scope)), x, t, "cross_entropy")
                for name, one in scores.items()}
        informed = [name for name in loss if name not in ("random", "grasp")]        # grasp is about training to come
        assert all(loss[name] < 0.5 * loss["random"] for name in informed), loss
