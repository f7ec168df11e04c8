"""What a formula gets for each name, against computations that share nothing with it."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scoring.catalogue import SCORES
from minprune.verification.arrays import KNOWN, NO_ARRAYS, SAMPLES_FIRST, array_of, previous_of
from minprune.verification.formulas import Formula
from minprune.verification.sampling.random_networks import Case, fill
from minprune.verification.verify import verify

EPSILON = 1e-5


def net_of(*layers, input_shape=(2,)):
    net = mp.Network(input_shape, [*layers, mp.Dense(2)])
    fill(net, np.random.default_rng(0))
    return net


def case_of(net, layer, loss="cross_entropy"):
    x = np.random.default_rng(1).normal(size=(3, *net.input_shape))
    return Case(net, layer, x, np.eye(2)[[0, 1, 1]], loss)


DENSE = case_of(net_of(mp.Dense(3, "tanh"), mp.Dense(4, "tanh", batch_norm=True)), "dense2")
NORMED = case_of(net_of(mp.Dense(3, "tanh", batch_norm=True), mp.Dense(4, "tanh", batch_norm=True)), "dense2")
PLAIN = case_of(net_of(mp.Dense(3, "softplus")), "dense1")
IMAGES = net_of(mp.Conv2D(2, 2, "relu"), mp.Conv2D(3, (2, 1), "tanh", stride=2, padding=1, batch_norm=True),
                mp.Flatten(), input_shape=(4, 5, 2))
CONV = case_of(IMAGES, "conv2")


def difference(f, z, step=1e-5):
    """f′ by a central difference."""
    return (f(z + step) - f(z - step)) / (2 * step)


# ------------------------------------------------------------------------------- of the layer


@pytest.mark.parametrize("case", [DENSE, PLAIN, CONV])
def test_the_activation_and_its_derivatives(case):
    f, z = array_of(case, "f"), array_of(case, "z")
    assert f is case.net[case.layer].f
    np.testing.assert_allclose(array_of(case, "df"), difference(f, z), rtol=1e-8)
    np.testing.assert_allclose(array_of(case, "d2f"), difference(lambda z: difference(f, z, 1e-4), z, 1e-4), atol=1e-6)
    assert array_of(case, "df").shape == array_of(case, "d2f").shape == z.shape


def test_an_activation_that_does_not_say_its_second_derivative_is_named():
    mine = mp.Activation("mine", np.tanh, lambda z: 1 - np.tanh(z) ** 2, kinks=())
    assert verify(lambda do, df: do * df, "dL/dz", where={"activation": mine}, trials=3)
    with pytest.raises(mp.NotSaid, match='"mine" does not say its second derivative .*which d2f needs'):
        verify(lambda do, d2f: do * d2f, "dL/dz", where={"activation": mine}, trials=3)


@pytest.mark.parametrize("case", [DENSE, CONV])
def test_batch_norm_takes_the_sum_apart(case):
    """â = (W x + b − mean) / √(var + ε), z = γ â + β, neuron by neuron."""
    x, W, b, z, a_hat = (array_of(case, name) for name in ("x", "W", "b", "z", "a_hat"))
    gamma, beta, mean, var = (array_of(case, name) for name in ("gamma", "beta", "mean", "var"))
    layer = case.net[case.layer]
    assert (beta == layer.beta).all() and (mean == layer.running_mean).all() and (var == layer.running_var).all()
    for i in range(layer.K):
        a = (x * W[i]).sum(axis=2) + b[i]
        np.testing.assert_allclose(a_hat[:, :, i], (a - mean[i]) / np.sqrt(var[i] + EPSILON), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(z[:, :, i], gamma[i] * a_hat[:, :, i] + beta[i], rtol=1e-12, atol=1e-14)


def test_batch_norm_with_another_epsilon():
    case = case_of(net_of(mp.Dense(3, "tanh", batch_norm={"eps": 0.5})), "dense1")
    layer = case.net["dense1"]
    a_hat = (case.x @ layer.W.T + layer.b - layer.running_mean) / np.sqrt(layer.running_var + 0.5)
    np.testing.assert_allclose(array_of(case, "a_hat")[:, 0], a_hat, rtol=1e-12)


def test_without_batch_norm_the_same_formulas_are_true():
    gamma, beta, mean, var = (array_of(PLAIN, name) for name in ("gamma", "beta", "mean", "var"))
    assert gamma.tolist() == [1] * 3 and beta.tolist() == mean.tolist() == [0] * 3
    np.testing.assert_array_equal(gamma / np.sqrt(var + EPSILON), np.ones(3))
    np.testing.assert_array_equal(array_of(PLAIN, "a_hat"), array_of(PLAIN, "z"))


# --------------------------------------------------------------------------- of a convolution


def test_a_convolution_by_loops_over_the_image():
    """z of each output pixel is Σ of kernel times what lies under it, with zeros around the image."""
    image, kernel, stride, padding, a_hat, mean, var, b = (
        array_of(CONV, name) for name in ("image", "kernel", "stride", "padding", "a_hat", "mean", "var", "b"))
    layer = CONV.net["conv2"]
    assert kernel.shape == (3, 2, 1, 2) and image.shape == (3, 3, 4, 2) and padding.tolist() == [[1, 1], [1, 1]]
    padded = np.pad(image, ((0, 0), *padding, (0, 0)))
    height, width, K = layer.output_shape
    for n, row, column, i in np.ndindex(3, height, width, K):
        under = padded[n, stride * row:stride * row + 2, stride * column:stride * column + 1]
        a = (under * kernel[i]).sum() + b[i]
        assert a_hat[n, row * width + column, i] == pytest.approx((a - mean[i]) / np.sqrt(var[i] + EPSILON), abs=1e-12)


# ----------------------------------------------------------------- of the network, before and after


@pytest.mark.parametrize("loss, answer", [
    ("cross_entropy", lambda y: np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)),
    ("binary_cross_entropy", lambda y: 1 / (1 + np.exp(-y))), ("mse", lambda y: y)])
def test_what_the_loss_makes_of_the_output(loss, answer):
    case = case_of(PLAIN.net, "dense1", loss)
    np.testing.assert_allclose(array_of(case, "p"), answer(case.trace.y), rtol=1e-12)
    np.testing.assert_allclose(array_of(case, "p") - case.t, array_of(case, "dy"), rtol=1e-12)


def test_a_loss_that_does_not_say_its_answer_is_named():
    mse = mp.LOSSES["mse"]
    mine = mp.Loss("mine", mse.function, mse.derivative, mse.prepare, mse.correct, targets=mse.targets)
    with pytest.raises(mp.NotSaid, match='"mine" does not say .*, which p needs'):
        verify(lambda p, t: p - t, "dL/dy", where={"loss": mine}, trials=3)


def test_the_layer_before_by_hand():
    before = np.tanh(DENSE.x @ DENSE.net["dense1"].W.T + DENSE.net["dense1"].b)
    np.testing.assert_allclose(array_of(DENSE, "o_prev")[:, 0], before, rtol=1e-12)
    np.testing.assert_allclose(np.tanh(array_of(DENSE, "z_prev"))[:, 0], before, rtol=1e-12)
    assert array_of(CONV, "o_prev").shape == (3, 3 * 4, 2)
    np.testing.assert_array_equal(array_of(CONV, "o_prev").reshape(3, 3, 4, 2), array_of(CONV, "image"))


BLOCK = net_of(mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(3))
POOLED = net_of(mp.Conv2D(2, 1), mp.MaxPool2D(2), mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(2), input_shape=(2, 2, 1))


@each("net, layer, before", [
    (BLOCK, "dense1", ""), (BLOCK, "dense2", "dense1"), (BLOCK, "dense3", "dense2"), (BLOCK, "dense4", ""),
    (BLOCK, "dense5", "dense4"), (POOLED, "conv2", ""), (POOLED, "dense1", "conv2"), (IMAGES, "conv1", "")])
def test_which_layer_is_the_one_before(net, layer, before):
    """None where the input is read, a sum of several layers, or what pooling made of one."""
    case = case_of(net, layer)
    assert previous_of(case) == before
    assert Formula(lambda o_prev: o_prev).fits(case, coupled=True) == bool(before)


def test_only_convolutions_have_images():
    for name in ("kernel", "image", "stride", "padding"):
        formula = Formula(eval(f"lambda {name}: 0"))
        assert formula.fits(CONV) and not formula.fits(DENSE)


# ------------------------------------------------------------------------------------ all names


def test_the_first_axis_is_that_of_the_samples():
    """Of one sample alone these arrays, and only these, have another shape."""
    one = CONV.of(samples=slice(0, 1))
    assert set(SAMPLES_FIRST) == {name for name in KNOWN if name not in NO_ARRAYS
                                  and array_of(one, name).shape != array_of(CONV, name).shape}


def test_means_are_those_of_the_single_gradients():
    for case in (DENSE, CONV):
        dW = array_of(case, "dW")
        np.testing.assert_allclose(array_of(case, "mean_dW"), dW.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(array_of(case, "mean_dW2"), (dW ** 2).mean(axis=0), rtol=1e-12)


# ------------------------------------------------------------------------- scores, unchanged


@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
@each("score", SCORES)
def test_every_score_of_the_catalogue_is_a_formula(score):
    """What the formula gives, averaged over the samples, is what `score` gives."""
    formula = Formula(score.function)
    assert formula.fits(NORMED)
    result = formula(NORMED)
    expected = mp.score(NORMED.net, score.name, NORMED.x, NORMED.t)["dense2"]
    np.testing.assert_allclose(result.mean(axis=0) if result.ndim == 2 else result, expected, rtol=1e-12, atol=1e-14)
