"""Second derivatives against central differences of first ones, and second-order scores against exact removal."""

import dataclasses

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.facts import NotSaid
from minprune.engine.losses import LOSSES
from minprune.scores.second_derivatives import hessian_product, loss_hessian_diagonal, loss_hessian_product
from minprune.scores.second_order import diagonal, obd_weights, taylor_second_order
from minprune.scoring.shards import is_mean_over_samples

NAMES = ("obd", "obd_outputs", "taylor_second_order")


def parameters(net):
    """The W and b of all layers."""
    return {key: array for key, array in net.parameters().items() if key.endswith((".W", ".b"))}


def gradient(net, key, x, t, loss):
    return mp.record(net, x, t, loss).grads()[key]


# f″ and ∂²ℓ/∂y²

def test_a_masked_neuron_does_not_bend():
    net = mp.mask(mp.Network(2, [mp.Dense(2, "tanh"), mp.Dense(1)]), {"dense1": np.array([True, False])})
    bends = net["dense1"].curvature(np.ones((3, 2)))
    assert (bends[:, 0] != 0).all() and (bends[:, 1] == 0).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_has_its_second_derivatives(loss, near):
    rng = np.random.default_rng(0)
    y, t, one = rng.normal(size=(4, 3)), rng.uniform(0, 1, (4, 3)), LOSSES[loss]
    t /= t.sum(axis=1, keepdims=True)
    for n in range(4):
        H = mp.finite_difference(lambda y: one.derivative(y[np.newaxis], t[n:n + 1])[0], y[n].copy())
        v = rng.normal(size=(1, 3))
        near(loss_hessian_product(loss, y[n:n + 1], t[n:n + 1], v)[0], H @ v[0])
        near(loss_hessian_diagonal(loss, y[n:n + 1], t[n:n + 1])[0], np.diag(H))


def test_a_loss_of_ones_own_has_none():
    """A name proves nothing: a Loss says its second derivatives itself, or is refused."""
    mine = dataclasses.replace(LOSSES["cross_entropy"], name="mse", second=None, diagonal=None)
    for loss in (mine, dataclasses.replace(mine, name="mine")):
        for ask in (lambda: loss_hessian_product(loss, *np.ones((3, 1, 2))),
                    lambda: loss_hessian_diagonal(loss, *np.ones((2, 1, 2)))):
            with pytest.raises(NotSaid, match=f'loss "{loss.name}" does not say its second derivatives .second='):
                ask()


def test_the_diagonal_comes_from_products_if_a_loss_says_only_these(close):
    y, t = np.random.default_rng(0).normal(size=(2, 4, 3))
    for loss in LOSSES.values():
        close(dataclasses.replace(loss, diagonal=None).second_diagonal(y, t), loss.second_diagonal(y, t))


# Hessian products

@pytest.mark.parametrize("loss", LOSSES)
def test_hessian_products_against_differences_of_the_gradient(loss, kind, random_network, random_samples, unbounded):
    net = random_network(3, kind, smooth=True)
    if loss == "cross_entropy" and len(net.output_shape) > 1:
        pytest.skip("cross entropy has one output for each class")
    x, t = random_samples(unbounded(net, loss), 0, 3, loss)
    rng, step = np.random.default_rng(0), 1e-5
    direction = {key: rng.normal(size=array.shape) for key, array in parameters(net).items()}
    ends = []
    for sign in (1, -1):
        other = net.copy()
        for key, v in direction.items():
            other.parameters()[key][...] += sign * step * v
        ends.append(mp.record(other, x, t, loss).grads())
    products = hessian_product(net, mp.record(net, x, t, loss), direction, loss)
    assert set(products) == set(direction)
    size = max(np.abs(product).max() for product in products.values())
    for key, product in products.items():
        differences = (ends[0][key] - ends[1][key]) / (2 * step)
        np.testing.assert_allclose(product, differences, rtol=0, atol=1e-6 * size)


def test_a_direction_may_leave_parameters_out_and_nothing_is_changed(random_samples, fingerprint, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, 3)
    trace = mp.record(net, x, t, "mse")
    before, do, rng = fingerprint(net), trace["dense1"].do.copy(), np.random.default_rng(0)
    v = rng.normal(size=(4, 3))
    some = hessian_product(net, trace, {"dense1.W": v}, "mse")
    every = hessian_product(net, trace, {key: v if key == "dense1.W" else np.zeros_like(array)
                                         for key, array in net.parameters().items()}, "mse")
    for key in every:
        close(some[key], every[key])
    assert fingerprint(net) == before
    np.testing.assert_array_equal(trace["dense1"].do, do)


# The diagonal of optimal brain damage

EXACT = [((3,), [mp.Dense(4, "tanh"), mp.Dense(3, "sigmoid")], ["mse", "binary_cross_entropy"]),
         ((3,), [mp.Dense(4, "softplus", batch_norm=True), mp.Dense(3, "tanh", batch_norm=True)], ["mse"]),
         ((2,), [mp.Dense(1, "tanh"), mp.Dense(1, "sigmoid"), mp.Dense(1, "softplus"), mp.Dense(1)],
          ["mse", "binary_cross_entropy"]),
         ((2,), [mp.Dense(5, "tanh"), mp.Dense(1, "sigmoid"), mp.Dense(1)], ["mse"])]


@each("shape, layers, losses", EXACT)
def test_the_diagonal_is_exact_where_it_says_so(shape, layers, losses, random_samples, unbounded, near):
    """Saliencies ½ h w², h the central difference of the handwritten gradient."""
    for loss in losses:
        net = unbounded(mp.Network(shape, layers, seed=3), loss)
        for name in net.neuron_layers:
            net[name].b[...] = 0.3
        x, t = random_samples(net, 1, 4, loss)
        saliencies = obd_weights(net, x, t, loss, batch_size=3)
        assert set(saliencies) == set(parameters(net))
        for key, array in parameters(net).items():
            h = np.zeros(array.shape)
            for place in np.ndindex(array.shape):
                w = array[place].reshape(1).copy()
                h[place] = mp.finite_difference(lambda w: at(net, key, place, w, x, t, loss), w)[0] / 4
            near(saliencies[key], 0.5 * h * array ** 2)
            assert np.abs(saliencies[key]).min() > 0


def at(net, key, place, w, x, t, loss):
    other = net.copy()
    other.parameters()[key][place] = w[0]
    return gradient(other, key, x, t, loss)[place]


def test_the_output_layers_diagonal_is_exact_under_cross_entropy_too(random_samples, near):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(3)], seed=3)
    x, t = random_samples(net, 1, 4, "cross_entropy")
    saliency = obd_weights(net, x, t, "cross_entropy")["dense2.W"]
    for place in np.ndindex(3, 4):
        w = net["dense2"].W[place]
        h = mp.finite_difference(lambda w: at(net, "dense2.W", place, w, x, t, "cross_entropy"), w.reshape(1))
        near(saliency[place], 0.5 * h[0] / 4 * w ** 2)


def test_mixed_derivatives_are_left_out_where_neurons_meet_again():
    """y = o₁ + o₂, o₁ = o₂ = h = w x: ℓ = ½ (2w)², so ℓ″ = 4, but Σ (∂y/∂o_i)² gives 2."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(2), mp.Dense(1)])
    for name in net.neuron_layers:
        net[name].W[...] = 1
    assert obd_weights(net, [[1.0]], [[0.0]], "mse")["dense1.W"].tolist() == [[0.5 * 2]]


def test_obd_by_hand():
    """y = 3 tanh(w x), w = ½, x = 2, t = 1: h_zz = (3 f′)² + 3 f″ (y − t), h_ww = 4 h_zz."""
    net = mp.Network(1, [mp.Dense(1, "tanh"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 0.5, 3
    o = np.tanh(1)
    slope, bend, error = 1 - o ** 2, -2 * o * (1 - o ** 2), 3 * o - 1
    expected = 0.5 * (4 * (9 * slope ** 2 + 3 * bend * error)) * 0.25
    given = [[2.0]], [[1.0]], "mse"
    np.testing.assert_allclose(mp.score(net, "obd", *given)["dense1"], [expected], rtol=1e-13)
    np.testing.assert_allclose(mp.score(net, "obd", *given, gauss_newton=True)["dense1"],
                               [0.5 * 4 * 9 * slope ** 2 * 0.25], rtol=1e-13)
    np.testing.assert_allclose(mp.score(net, "obd_outputs", *given)["dense1"],
                               [0.5 * 9 * o ** 2 - 3 * error * o], rtol=1e-13)


def test_obd_of_a_convolution_by_naive_loops(close):
    """Shared weights: Σ_p h_p x_p², no mixed derivatives between positions."""
    net = mp.Network((3, 3, 1), [mp.Conv2D(2, 2, "tanh"), mp.Flatten(), mp.Dense(2)], seed=2)
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(2, 3, 3, 1)), rng.normal(size=(2, 2))
    trace, h = mp.record(net, x, t, "mse"), np.zeros((2, 2, 2, 1))
    o, do, W2 = trace["conv1"].o, trace["conv1"].do, net["dense1"].W.reshape(2, 2, 2, 2)
    for n, r, c, i in np.ndindex(2, 2, 2, 2):
        f = 1 - o[n, r, c, i] ** 2
        h_zz = f ** 2 * (W2[:, r, c, i] ** 2).sum() - 2 * o[n, r, c, i] * f * do[n, r, c, i]
        h[i] += h_zz * x[n, r:r + 2, c:c + 2] ** 2 / 2
    close(obd_weights(net, x, t, "mse")["conv1.W"], 0.5 * h * net["conv1"].W ** 2)
    close(mp.score(net, "obd", x, t, "mse")["conv1"], (0.5 * h * net["conv1"].W ** 2).sum(axis=(1, 2, 3)))


@pytest.mark.parametrize("pool, factor", [(mp.AvgPool2D(2), 1 / 16), (mp.GlobalAvgPool2D(), 1 / 16),
                                          (mp.MaxPool2D(2), 1)])
def test_second_derivatives_pass_through_pooling(pool, factor):
    """y = pool(o), h_oo = (∂y/∂o)²: ¹/₁₆ at each place of a mean of four, 1 at the largest."""
    after = [pool] if isinstance(pool, mp.GlobalAvgPool2D) else [pool, mp.Flatten()]
    net = mp.Network((2, 2, 1), [mp.Conv2D(1, 1), *after, mp.Dense(1)])
    net["conv1"].W[...] = net["dense1"].W[...] = 1
    x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 2, 2, 1)
    h = diagonal(net, mp.record(net, x, [[0.0]], "mse"), "mse")["conv1"][0]
    assert h.ravel().tolist() == ([factor] * 4 if factor < 1 else [0, 0, 0, 1])


def test_the_term_of_the_second_derivative_of_f_is_there_unless_it_is_left_out():
    net, x = mp.Network(1, [mp.Dense(1, "tanh"), mp.Dense(1)], seed=0), np.array([[2.0]])
    trace = mp.record(net, x, [[3.0]], "mse")
    z, w, do = trace["dense1"].z[0, 0], net["dense2"].W[0, 0], trace["dense1"].do[0, 0]
    slope = 1 - np.tanh(z) ** 2
    without = (slope * w) ** 2
    whole = without - 2 * np.tanh(z) * slope * do
    for settings, expected in (({}, whole), ({"gauss_newton": False}, whole), ({"gauss_newton": True}, without)):
        assert diagonal(net, trace, "mse", **settings)["dense1"][1].item() == pytest.approx(expected)


def test_without_the_second_derivative_of_f_no_saliency_is_negative(kind, random_network, random_samples):
    net = random_network(3, kind, ["tanh", "sigmoid"])
    x, t = random_samples(net, 3, 4)
    signed, never = (obd_weights(net, x, t, "mse", gauss_newton=which) for which in (False, True))
    assert min(one.min() for one in never.values()) >= 0
    assert any(not np.allclose(signed[key], never[key]) for key in signed)


# Removal to second order

@each("seed", range(6))
def test_it_is_removal_where_the_loss_is_quadratic_in_the_neuron(seed, linear_network, random_samples, close):
    """Identity outputs, average pooling, squared error: exact, for any number of samples."""
    net = linear_network(seed)
    x, t = random_samples(net, seed, 4)
    scores, exact = (mp.score(net, name, x, t, "mse") for name in ("taylor_second_order", "removal"))
    for name in net.hidden_layers:
        close(scores[name], exact[name])
        assert np.abs(exact[name]).min() > 0


def orders(name, shape, layers, layer, loss, N=3):
    """Of the error against exact removal, as the weights that read one neuron are scaled by ε: the slopes."""
    rng = np.random.default_rng(3)
    x, scales, errors = rng.normal(size=(N, *shape)), 10.0 ** -np.arange(0.5, 2.1, 0.5), []
    t = rng.integers(0, 2, N) if loss == "cross_entropy" else rng.uniform(0, 1, (N, 2))
    for scale in scales:
        net = mp.Network(shape, layers, seed=5)
        net[net.reader(layer)].W.reshape(-1, net[layer].K)[:, 1] *= scale
        score, exact = (mp.score(net, one, x, t, loss)[layer][1] for one in (name, "removal"))
        errors.append(abs(score - exact))
    return np.polyfit(np.log(scales), np.log(errors), 1)[0]


DENSE = (3,), [mp.Dense(4, "tanh"), mp.Dense(4, "tanh"), mp.Dense(2)]
CONV = (5, 5, 1), [mp.Conv2D(3, 2, "tanh"), mp.AvgPool2D(2), mp.Conv2D(2, 2, "sigmoid"), mp.Flatten(), mp.Dense(2)]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape, layers, layer", [(*DENSE, "dense1"), (*CONV, "conv1"), (*DENSE, "dense2")])
def test_the_error_falls_with_the_cube_of_the_neuron(shape, layers, layer, loss):
    if (layer, loss) == ("dense2", "mse"):
        pytest.skip("nothing is left: there the loss is quadratic in the neuron")
    assert 2.8 < orders("taylor_second_order", shape, layers, layer, loss) < 3.2
    assert 1.8 < orders("skeletonization", shape, layers, layer, loss) < 2.2


def test_obds_error_falls_with_the_cube_only_where_the_diagonal_is_exact():
    assert 2.8 < orders("obd_outputs", *DENSE, "dense2", "binary_cross_entropy") < 3.2
    assert 1.8 < orders("obd_outputs", *DENSE, "dense2", "cross_entropy") < 2.2
    assert 1.8 < orders("obd_outputs", *DENSE, "dense1", "mse") < 2.2


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_in_the_last_hidden_layer_obd_of_outputs_is_the_exact_second_order(loss, random_samples, unbounded, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(3, "relu", batch_norm=True), mp.Dense(2, "sigmoid")],
                     seed=2)
    x, t = random_samples(unbounded(net, loss), 0, 5, loss)
    one, other = (mp.score(net, name, x, t, loss) for name in ("obd_outputs", "taylor_second_order"))
    close(one["dense2"], other["dense2"])
    assert not np.allclose(one["dense1"], other["dense1"])


def test_second_order_against_differences_of_the_loss(kind, random_network, random_samples, near):
    """ℓ′ and ℓ″ of ℓ(o_i − ε o_i), by central differences along the way, for every kind of network."""
    net = random_network(4, kind, smooth=True)
    x, t = random_samples(net, 4, 3)
    scores, step = mp.score(net, "taylor_second_order", x, t, "mse", batch_size=2), 1e-3
    for name in net.hidden_layers:
        for i in range(net[name].K):
            low, middle, high = (loss_with(net, name, i, x, t, e) for e in (-step, 0, step))
            by_differences = (high - low) / (2 * step) + (high - 2 * middle + low) / (2 * step ** 2)
            np.testing.assert_allclose(scores[name][i], by_differences, rtol=1e-3, atol=1e-5)


def loss_with(net, name, i, x, t, e):
    o = net.forward(x)[name].o.copy()
    o[..., i] *= 1 - e
    return (0.5 * (net.tail(name, o) - t) ** 2).sum() / len(x)


def test_relu_neurons_may_share_their_scale_as_they_like(random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=3)
    net["dense1"].b[...] = [0.1, 0.2, -0.1, 0.3]
    other, a = net.copy(), np.array([0.5, 2.0, 4.0, 8.0])
    other["dense1"].W[...] *= a[:, np.newaxis]
    other["dense1"].b[...] *= a
    other["dense2"].W[...] /= a
    x, t = random_samples(net, 0, 6)
    for name in NAMES:
        one, two = (mp.score(which, name, x, t, "mse") for which in (net, other))
        for layer in net.hidden_layers:
            close(two[layer], one[layer])


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_means_over_samples(name, random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=3)
    x, t = random_samples(net, 0, 4)
    alone = [mp.score(net, name, x[n:n + 1], t[n:n + 1], "mse") for n in range(4)]
    for layer, values in mp.score(net, name, x, t, "mse").items():
        close(values, np.mean([one[layer] for one in alone], axis=0))


# What it costs

@pytest.mark.parametrize("run", [obd_weights, taylor_second_order])
def test_batches_are_of_256_samples_by_default_and_no_gradient_of_weights_is_made(run, monkeypatch):
    net, seen, backward = mp.Network(2, [mp.Dense(2, "tanh"), mp.Dense(1)], seed=0), [], mp.Network.backward

    def recorded(self, trace, dy, need_dx=True, need_grads=True):
        seen.append((len(dy), need_dx, need_grads))
        return backward(self, trace, dy, need_dx, need_grads)

    monkeypatch.setattr(mp.Network, "backward", recorded)
    run(net, np.ones((300, 2)), np.zeros((300, 1)), "mse")
    assert seen == [(256, False, False), (44, False, False)]


@pytest.mark.parametrize("name", NAMES)
def test_workers_may_share_the_samples(name):
    assert is_mean_over_samples(mp.scores.CATALOGUE[name])


@pytest.mark.parametrize("name", NAMES)
def test_after_a_global_average_against_a_dense_layer_that_averages(name, random_samples, close):
    """GlobalAvgPool2D is a Dense layer of weights 1/P and 0 without activation: all scores before it are the same."""
    before = [mp.Conv2D(3, 2, "tanh"), mp.Conv2D(2, 2, "softplus")]
    pooled = mp.Network((5, 4, 1), [*before, mp.GlobalAvgPool2D(), mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    averaged = mp.Network((5, 4, 1), [*before, mp.Flatten(), mp.Dense(2), mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    for here, there in (("conv1", "conv1"), ("conv2", "conv2"), ("dense1", "dense2"), ("dense2", "dense3")):
        for key, array in pooled[here].arrays().items():
            getattr(averaged[there], key)[...] = array
    averaged["dense1"].W[...] = np.tile(np.eye(2), 6) / 6
    x, t = random_samples(pooled, 0, 4)
    one, other = (mp.score(net, name, x, t, "mse", batch_size=3) for net in (pooled, averaged))
    for here, there in (("conv1", "conv1"), ("conv2", "conv2"), ("dense1", "dense2")):
        if not (name.startswith("obd") and here.startswith("conv")):        # two outputs share no input, but P do
            close(one[here], other[there])
        else:
            np.testing.assert_allclose(one[here], other[there], rtol=1e-11)
