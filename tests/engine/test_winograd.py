"""Convolutions by fewer products: each against the plain line, at sizes at which the plain line would be taken."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine import winograd
from minprune.engine.conv2d import Conv2D
from minprune.engine.gradient_check import check_gradients
from minprune.engine.layer import images, memory, samples_last

SHAPES = [((8, 8, 3), 3, "valid"), ((9, 6, 2), 3, "same"), ((7, 7, 2), 5, 1), ((6, 11, 3), (3, 5), (2, 0)),
          ((11, 6, 3), (5, 2), "valid"), ((10, 8, 2), (7, 3), "valid"), ((9, 7, 2), (6, 1), "valid")]


@pytest.fixture
def everywhere(monkeypatch):
    """Winograd's way for layers of any size."""
    for limit in ("SAMPLES", "NEURONS", "BACK", "FIELD", "READ", "COLUMNS"):
        monkeypatch.setattr(winograd, limit, 1)
    monkeypatch.setattr(winograd, "SHARE", 10)


def conv(shape, kernel, padding, K=4, N=5, dtype="float64", seed=0):
    """(a layer in a network, images of that shape, ∂ℓ/∂o of them), all in the engine's memory order."""
    net = mp.Network(shape, [mp.Conv2D(K, kernel, padding=padding)], seed=seed, dtype=dtype)
    layer, rng = net["conv1"], np.random.default_rng(seed)
    layer.b[:] = rng.normal(size=K)
    x, do = (rng.normal(size=(N, *size)).astype(dtype) for size in (shape, layer.output_shape))
    return layer, images(np.ascontiguousarray(samples_last(x))), images(np.ascontiguousarray(samples_last(do)))


def passes(layer, x, do, training=True):
    """(the trace, z, ∂ℓ/∂W, ∂ℓ/∂b, ∂ℓ/∂x)."""
    trace = layer.forward(x, training=training)
    dx = layer.backward(trace, do)
    return trace, trace.z, trace.grads["W"], trace.grads["b"], dx


def plain(layer, x, do, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Conv2D, "by_winograd", lambda self, N: False)
        return passes(layer, x, do)


def equal(found, expected, bound=1e-13):
    for one, other in zip(found[1:], expected[1:]):
        assert one.shape == other.shape and one.dtype == other.dtype
        assert np.abs(one - other).max() <= bound * np.abs(other).max()


# ----------------------------------------------------------------------------------------------- the three matrices


def test_two_rows_by_a_kernel_of_three_by_hand(monkeypatch):
    monkeypatch.setattr(winograd, "MOST", 2)
    A, G, B = winograd.transforms.__wrapped__(3, float)
    x0, x1, x2, x3 = x = np.array([2.0, 3.0, 5.0, 7.0])
    w0, w1, w2 = w = np.array([11.0, 13.0, 17.0])
    by_hand = [(x0 - x2) * w0, (x1 + x2) * (w0 + w1 + w2) / 2, (x2 - x1) * (w0 - w1 + w2) / 2, (x1 - x3) * w2]
    # the signs of the first and the last product are the matrices' own
    np.testing.assert_allclose((G @ w) * (B.T @ x) * [1, 1, 1, -1], by_hand, rtol=1e-15)
    np.testing.assert_allclose(A.T @ ((G @ w) * (B.T @ x)), [2 * 11 + 3 * 13 + 5 * 17, 3 * 11 + 5 * 13 + 7 * 17])


@pytest.mark.parametrize("r", range(2, 8))
def test_the_matrices_make_a_convolution_of_rows(r):
    A, G, B = winograd.transforms(r, np.dtype(float))
    m = winograd.rows_at_once(r)
    assert m >= 2 and A.shape == (m + r - 1, m) and G.shape == (m + r - 1, r) and B.shape == (m + r - 1, m + r - 1)
    rng = np.random.default_rng(r)
    w, x = rng.normal(size=r), rng.normal(size=m + r - 1)
    np.testing.assert_allclose(A.T @ ((G @ w) * (B.T @ x)), np.correlate(x, w), rtol=0, atol=1e-14 * 10)


# ------------------------------------------------------------------------------------- forward and back, as a layer


@pytest.mark.parametrize("shape, kernel, padding", SHAPES)
def test_forward_and_back_are_the_plain_line(shape, kernel, padding, everywhere, monkeypatch):
    layer, x, do = conv(shape, kernel, padding)
    found, expected = passes(layer, x, do), plain(layer, x, do, monkeypatch)
    assert "winograd" in found[0].saved and "winograd" not in expected[0].saved
    equal(found, expected)
    np.testing.assert_allclose(layer.output(x), expected[0].o, rtol=0, atol=1e-13)


def test_in_single_precision(everywhere, monkeypatch):
    layer, x, do = conv((12, 12, 20), 5, "valid", 50, 64, "float32")
    equal(passes(layer, x, do), plain(layer, x, do, monkeypatch), 4e-6)


def test_a_part_at_a_time(everywhere, monkeypatch):
    layer, x, do = conv((9, 8, 3), 3, "same")
    whole = passes(layer, x, do)
    monkeypatch.setattr(winograd, "PART", 1)
    assert len(winograd.parts(8, 1000)) == 8
    equal(passes(layer, x, do), whole, 1e-15)


def test_parts_are_equal_as_far_as_can_be(monkeypatch):
    monkeypatch.setattr(winograd, "PART", 300)
    assert winograd.parts(8, 800) == [slice(0, 3), slice(3, 6), slice(6, 9)]
    assert winograd.parts(8, 600) == [slice(0, 4), slice(4, 8)]
    assert winograd.parts(8, 300) == [slice(0, 8)]
    assert winograd.parts(8, 0) == [slice(0, 8)]


def test_gradients_by_finite_differences(everywhere):
    net = mp.Network((7, 6, 2), [mp.Conv2D(3, 3, "tanh", padding=1), mp.Conv2D(4, (5, 2), "tanh"), mp.Flatten(),
                                 mp.Dense(3)], seed=1)
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(3, 7, 6, 2)), mp.one_hot(rng.integers(0, 3, 3), 3)
    assert check_gradients(net, x, t, training=True).worst < 1e-6


def test_it_has_fewer_multiplications():
    for r, height, most in ((3, 16, 0.5), (5, 8, 0.4), (7, 8, 0.6)):
        A, _, _ = winograd.transforms(r, np.dtype(float))
        assert len(A) * len(winograd.tiles(height, r)) <= most * r * height


# --------------------------------------------------------------------------------------- zeros, which stay zeros


def background(N=6):
    """Images of which only a corner is not 0, and a layer without bias."""
    layer, x, do = conv((12, 9, 4), 3, "valid", 5, N)
    layer.b[:] = 0
    x = x.copy(order="K")
    x[:, 6:] = x[:, :, 4:] = 0
    return layer, x, do


def test_empty_patches_give_exactly_zero(everywhere, monkeypatch):
    layer, x, do = background()
    do = do.copy(order="K")
    do[:, 6:] = do[:, :, 3:] = 0                # no gradient comes from there
    _, z, _, _, dx = plain(layer, x, do, monkeypatch)
    assert (z[:, 6:] == 0).all() and (z[:, :, 4:] == 0).all() and (z[:, :3, :2] != 0).all()
    assert (dx[:, 8:] == 0).all() and (dx[:, :, 5:] == 0).all() and (dx[:, :3, :2] != 0).all()
    _, found, _, _, found_dx = passes(layer, x, do)
    assert np.array_equal(found == 0, z == 0) and np.array_equal(found_dx == 0, dx == 0)
    monkeypatch.setattr(winograd, "keep_zeros", lambda out, read, kernel: None)
    _, found, _, _, found_dx = passes(layer, x, do)                              # what it is there for
    assert not np.array_equal(found == 0, z == 0) and not np.array_equal(found_dx == 0, dx == 0)


def test_empty_patches_beside_a_number_that_is_not_finite(everywhere):
    layer, x, do = background()
    x[3, 0, 0, 0] = np.inf
    with np.errstate(invalid="ignore"):
        assert (layer.output(x)[:, 6:] == 0).all()


def test_relu_of_a_background_has_the_slopes_of_the_plain_line(everywhere, monkeypatch):
    layer, x, do = background()
    layer.f = mp.Dense(1, "relu").f
    equal(passes(layer, x, do), plain(layer, x, do, monkeypatch))


def test_weights_that_never_meet_anything_get_gradients_of_exactly_zero(everywhere, monkeypatch):
    """Adam would divide 1e-17 by its own size. Kernel row 5 reads padding alone, channel 1 is 0, neuron 2 silent."""
    layer, x, do = conv((3, 6, 3), 6, "same")
    x, do = x.copy(order="K"), do.copy(order="K")
    x[..., 1], do[..., 2] = 0, 0
    _, _, dW, _, _ = passes(layer, x, do)
    assert (dW[:, 5] == 0).all() and (dW[..., 1] == 0).all() and (dW[2] == 0).all() and (dW[0, 2, ..., 0] != 0).all()
    assert np.array_equal(dW, plain(layer, x, do, monkeypatch)[2])


@pytest.mark.parametrize("values", [[-1, 1], [-0.5, 0.5], np.arange(1, 8) / 8, [-3.0, 5.0]])
def test_quantised_kernels_are_left_to_the_plain_line(values, everywhere):
    """Sums of few different weights are often exactly 0, and the plain line makes them exactly."""
    layer, _, _ = conv((9, 8, 3), 3, "same", K=40)
    assert layer.by_winograd(40)
    rng = np.random.default_rng(0)
    layer.W[...] = rng.choice(np.asarray(values, float), layer.W.shape)
    assert not layer.by_winograd(40)
    layer.W[0] = rng.normal(size=layer.W[0].shape)
    assert not layer.by_winograd(40)


def test_kernels_with_a_zero_or_of_whole_numbers_are_left_to_the_plain_line(everywhere):
    layer, _, _ = conv((9, 8, 3), 3, "same")
    layer.W[1, 2, 0, 1] = 0
    assert not layer.by_winograd(5)
    layer.W[...] = 1 + np.arange(layer.W.size).reshape(layer.W.shape)
    assert not layer.by_winograd(5)


def test_what_is_recorded_is_made_by_the_plain_line(everywhere, monkeypatch):
    layer, x, do = conv((9, 8, 3), 3, "same")
    monkeypatch.setattr(winograd, "product", None)
    monkeypatch.setattr(winograd, "product_back", None)
    trace = layer.forward(x)
    assert list(trace.saved) == ["training"]
    layer.backward(trace, do)


class Doubled(mp.Conv2D):
    def product(self, x, patches=None):
        return 2 * super().product(x, patches)


def test_a_class_with_a_product_of_its_own_keeps_it(everywhere):
    net = mp.Network((9, 8, 3), [Doubled(4, 3), mp.Flatten(), mp.Dense(2)], seed=0)
    x = np.random.default_rng(0).normal(size=(5, 9, 8, 3))
    assert not net["doubled1" if "doubled1" in net else "conv1"].by_winograd(5)
    np.testing.assert_allclose(net.forward(x, training=True).y, net.output(x), rtol=1e-13)


# ------------------------------------------------------------------------------------------------- where it is taken


def test_where_it_is_taken():
    rng, outputs = np.random.default_rng(0), (8, 8, 16)
    W, wide = rng.normal(size=(16, 5, 5, 6)), rng.normal(size=(16, 5, 5, 12))
    assert winograd.pays(W, 64, outputs) and winograd.pays(wide, 32, outputs)
    assert not winograd.pays(wide, 31, outputs) and not winograd.pays(W[1:], 64, outputs)
    assert not winograd.pays(W[..., 1:], 80, outputs) and not winograd.pays(W, 63, outputs)
    assert winograd.pays(W, 64, (8, 2, 16)) and not winograd.pays(W, 64, (8, 1, 16))    # few columns
    assert not winograd.pays(W, 99, (2, 8, 16))                                         # 8 products in place of 10
    assert not winograd.pays(rng.normal(size=(16, 1, 25, 8)), 64, outputs)              # no sums over rows
    assert not winograd.pays(rng.normal(size=(16, 8, 8, 8)), 64, outputs)               # more rows than points allow


def test_few_neurons_go_back_by_the_plain_line(everywhere, monkeypatch):
    layer, x, do = conv((9, 8, 3), 3, "same", K=4)
    monkeypatch.setattr(winograd, "BACK", 5)
    monkeypatch.setattr(winograd, "product_back", None)
    trace, *_ = passes(layer, x, do)
    assert "winograd" in trace.saved


@pytest.mark.parametrize("other", [{"stride": 2}, {"dilation": 2}, {"groups": 2}])
def test_other_geometries_take_the_plain_line(other, everywhere):
    settings = dict(kernel=3, padding=2)
    net = mp.Network((8, 8, 4), [mp.Conv2D(4, **settings), mp.Conv2D(4, **settings, **other)], seed=0)
    assert net["conv1"].by_winograd(3) and not net["conv2"].by_winograd(3)


def test_predictions_and_training_agree_with_what_a_small_batch_gives():
    """A batch of LeNet-5's size takes Winograd's way, single samples the plain line."""
    net = mp.Network((12, 12, 20), [mp.Conv2D(50, 5, "relu"), mp.Flatten(), mp.Dense(4)], seed=2)
    x = np.random.default_rng(2).normal(size=(64, 12, 12, 20))
    assert net["conv1"].by_winograd(64) and not net["conv1"].by_winograd(1)
    alone = np.concatenate([net.output(x[n:n + 1]) for n in range(64)])
    np.testing.assert_allclose(net.output(x), alone, rtol=0, atol=1e-12 * np.abs(alone).max())
