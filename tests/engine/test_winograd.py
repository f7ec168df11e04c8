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
    for limit in ("SAMPLES", "NEURONS", "FIELD", "READ"):
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
    for K, N in ((4, 5), (5, 4)):               # fewer and more samples than neurons: both ways to sum ∂ℓ/∂W
        layer, x, do = conv(shape, kernel, padding, K, N)
        found, expected = passes(layer, x, do), plain(layer, x, do, monkeypatch)
        assert "points" in found[0].saved and "points" not in expected[0].saved
        equal(found, expected)


def test_in_single_precision(everywhere, monkeypatch):
    layer, x, do = conv((12, 12, 20), 5, "valid", 50, 64, "float32")
    equal(passes(layer, x, do), plain(layer, x, do, monkeypatch), 4e-6)


def test_a_part_at_a_time(everywhere, monkeypatch):
    for K, N in ((4, 5), (5, 4)):
        layer, x, do = conv((9, 8, 3), 3, "same", K, N)
        whole = passes(layer, x, do)
        with monkeypatch.context() as patch:
            patch.setattr(winograd, "PART", 1)
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
    exact = plain(layer, x, do, monkeypatch)[1] == 0
    assert exact[:, 6:].all() and exact[:, :, 4:].all() and not exact[:, :3, :2].any()
    assert np.array_equal(passes(layer, x, do)[1] == 0, exact)
    monkeypatch.setattr(winograd, "keep_zeros", lambda out, x, kernel: None)
    assert not np.array_equal(passes(layer, x, do)[1] == 0, exact)              # what it is there for


def test_relu_of_a_background_has_the_slopes_of_the_plain_line(everywhere, monkeypatch):
    layer, x, do = background()
    layer.f = mp.Dense(1, "relu").f
    equal(passes(layer, x, do), plain(layer, x, do, monkeypatch))


def test_a_channel_of_zeros_and_a_silent_neuron_get_gradients_of_exactly_zero(everywhere):
    layer, x, do = conv((9, 8, 3), 3, "same")
    x, do = x.copy(order="K"), do.copy(order="K")
    x[..., 1], do[..., 2] = 0, 0
    _, _, dW, _, _ = passes(layer, x, do)
    assert (dW[..., 1] == 0).all() and (dW[2] == 0).all() and (dW[:2, ..., 0] != 0).all()


def test_a_kernel_with_a_zero_is_left_to_the_plain_line(everywhere):
    layer, x, _ = conv((9, 8, 3), 3, "same")
    assert layer.by_winograd(len(x))
    layer.W[1, 2, 0, 1] = 0
    assert not layer.by_winograd(len(x))


def test_kernels_of_whole_numbers_are_left_to_the_plain_line(everywhere):
    """Binary weights meet binary pixels: many sums are exactly 0, and the plain line makes them exactly."""
    layer, _, _ = conv((9, 8, 3), 3, "same", N=40)
    rng = np.random.default_rng(0)
    layer.b[:], layer.W[:] = 0, rng.choice([-1.0, 1.0], layer.W.shape)
    assert not layer.by_winograd(40)
    x = rng.integers(0, 2, (40, 9, 8, 3)).astype(float)
    z = layer.forward(x).z
    assert np.array_equal(z, np.rint(z)) and (z == 0).mean() > 0.05
    layer.W[0, 0, 0, 0] = 0.5
    assert layer.by_winograd(40)


def test_only_training_goes_back_this_way(everywhere, monkeypatch):
    layer, x, do = conv((9, 8, 3), 3, "same")
    monkeypatch.setattr(winograd, "weight_gradient", None)
    monkeypatch.setattr(winograd, "product_back", None)
    trace = layer.forward(x)
    assert list(trace.saved) == ["training"]
    layer.backward(trace, do)                   # as record does


# ------------------------------------------------------------------------------------------------- where it is taken


def test_where_it_is_taken():
    W = np.full((16, 5, 5, 6), 0.5)
    assert winograd.pays(W, 64, 8) and winograd.pays(np.full((16, 5, 5, 12), 0.5), 32, 8)
    assert not winograd.pays(W, 63, 8) and not winograd.pays(W[1:], 64, 8) and not winograd.pays(W[..., 1:], 80, 8)
    assert not winograd.pays(W, 64, 1) and not winograd.pays(W, 64, 2)          # 8 products in place of 5, and of 10
    assert not winograd.pays(np.full((16, 1, 25, 8), 0.5), 64, 8)                    # no sums over rows
    assert not winograd.pays(np.full((16, 8, 8, 8), 0.5), 64, 8)                     # of more rows than there are points


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
