"""Pooling against nested loops."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine import pooling


def build(shape, layer):
    return next(iter(mp.Network(shape, [layer]).layers.values()))


def windows(layer):
    """Yield ((row, column) of the output, the slice of the image it reads)."""
    (height, width, _), (sh, sw), (kh, kw) = layer.input_shape, layer.stride, layer.size
    for row in range(0, height - kh + 1, sh):
        for column in range(0, width - kw + 1, sw):
            yield (row // sh, column // sw), (slice(row, row + kh), slice(column, column + kw))


CASES = [((4, 6, 2), 2, None), ((5, 7, 3), 2, None), ((5, 5, 1), 3, 1), ((6, 5, 2), (2, 3), None),
         ((6, 7, 2), (3, 2), (1, 2)), ((7, 7, 1), 2, 3), ((4, 4, 2), 1, None), ((5, 6, 1), (2, 3), (2, 2)),
         ((3, 3, 2), 3, 5), ((3, 4, 1), (3, 4), None)]


@each("kind, reduce", [(mp.MaxPool2D, np.max), (mp.AvgPool2D, np.mean)])
@each("shape, size, stride", CASES)
def test_forward_is_a_loop_over_windows(kind, reduce, shape, size, stride, rng):
    layer, x = build(shape, kind(size, stride)), rng.normal(size=(3, *shape))
    o = layer.forward(x).o
    seen = list(windows(layer))
    assert o.shape == (3, seen[-1][0][0] + 1, seen[-1][0][1] + 1, shape[2]) == (3, *layer.output_shape)
    for at, (rows, columns) in seen:
        for n in range(3):
            for channel in range(shape[2]):
                assert o[(n, *at, channel)] == pytest.approx(reduce(x[n, rows, columns, channel]), rel=1e-13)


@each("kind", [mp.MaxPool2D, mp.AvgPool2D])
@each("shape, size, stride", CASES)
def test_backward_is_a_loop_over_windows(kind, shape, size, stride, rng):
    layer, x = build(shape, kind(size, stride)), rng.normal(size=(3, *shape))
    trace = layer.forward(x)
    do, expected = rng.normal(size=trace.o.shape), np.zeros_like(x)
    for at, (rows, columns) in windows(layer):
        for n in range(3):
            for channel in range(shape[2]):
                window, share = x[n, rows, columns, channel], expected[n, rows, columns, channel]
                place = window == window.max() if kind is mp.MaxPool2D else 1 / window.size
                share += do[(n, *at, channel)] * place
    np.testing.assert_allclose(layer.backward(trace, do), expected, atol=1e-14)
    assert np.array_equal(trace.do, do)


def test_of_equal_ones_the_first_is_the_largest():
    layer = build((2, 4, 1), mp.MaxPool2D(2))
    x = np.array([[3.0, 3, 1, 2], [3, 3, 2, 1]]).reshape(1, 2, 4, 1)
    trace = layer.forward(x)
    assert layer.backward(trace, np.array([[5.0, 7.0]]).reshape(1, 1, 2, 1))[0, :, :, 0].tolist() \
        == [[5, 0, 0, 7], [0, 0, 0, 0]]
    assert layer.tangent(trace, np.arange(8.0).reshape(1, 2, 4, 1)).ravel().tolist() == [0, 3]


def test_windows_that_overlap_add_up():
    x, do = np.array([1.0, 9.0, 2.0]).reshape(1, 1, 3, 1), np.array([2.0, 3.0]).reshape(1, 1, 2, 1)
    largest, mean = build((1, 3, 1), mp.MaxPool2D((1, 2), 1)), build((1, 3, 1), mp.AvgPool2D((1, 2), 1))
    assert largest.forward(x).o.ravel().tolist() == [9, 9]
    assert largest.backward(largest.forward(x), do).ravel().tolist() == [0, 5, 0]
    assert mean.forward(x).o.ravel().tolist() == [5, 5.5]
    assert mean.backward(mean.forward(x), do).ravel().tolist() == [1, 2.5, 1.5]


@pytest.mark.parametrize("layer", [mp.MaxPool2D(2), mp.MaxPool2D(3, 2), mp.AvgPool2D(2),
                                   mp.AvgPool2D(3, 2)], ids=repr)
def test_many_samples_at_once_are_as_good_as_one_at_a_time(layer, rng, monkeypatch):
    """So many that their arrays are 4 to 5 times what is worked through at a time."""
    monkeypatch.setattr(pooling, "BLOCK", 1 << 16)
    layer, x = build((12, 11, 3), layer), rng.normal(size=(95, 12, 11, 3))
    together = layer.forward(x)
    do = rng.normal(size=together.o.shape)
    dx = layer.backward(together, do)
    for n in range(95):
        alone = layer.forward(x[n:n + 1])
        assert np.array_equal(together.o[n], alone.o[0])
        assert np.array_equal(dx[n], layer.backward(alone, do[n:n + 1])[0])


def test_the_largest_may_be_negative():
    layer = build((2, 2, 1), mp.MaxPool2D(2))
    assert layer.forward(np.full((1, 2, 2, 1), -3.0)).o.ravel().tolist() == [-3]


def test_global_average(rng):
    layer, x = build((3, 4, 5), mp.GlobalAvgPool2D()), rng.normal(size=(2, 3, 4, 5))
    trace = layer.forward(x)
    assert layer.output_shape == (5,)
    for n in range(2):
        for channel in range(5):
            assert trace.o[n, channel] == pytest.approx(sum(x[n, :, :, channel].ravel()) / 12, rel=1e-12)
    do = rng.normal(size=(2, 5))
    dx = layer.backward(trace, do)
    assert dx.shape == x.shape and dx.flags.writeable
    for row in range(3):
        for column in range(4):
            np.testing.assert_allclose(dx[:, row, column], do / 12, rtol=1e-14)


@each("layer", [mp.MaxPool2D(2), mp.MaxPool2D(2, 1), mp.AvgPool2D(2), mp.AvgPool2D(3, 1),
                mp.GlobalAvgPool2D()])
def test_arguments_are_left_alone_and_dtypes_stay(layer, rng):
    layer = build((5, 5, 2), layer)
    for dtype in ("float32", "float64"):
        x = rng.normal(size=(2, 5, 5, 2)).astype(dtype)
        trace = layer.forward(x)
        do = rng.normal(size=trace.o.shape).astype(dtype)
        before = x.copy(), trace.o.copy(), do.copy()
        dx = layer.backward(trace, do)
        assert all(np.array_equal(*pair) for pair in zip(before, (x, trace.o, do)))
        assert {trace.o.dtype, dx.dtype, layer.tangent(trace, dx).dtype} == {np.dtype(dtype)}
        assert not np.shares_memory(trace.o, x)


@pytest.mark.parametrize("kind, name", [(mp.MaxPool2D, "maxpool1"), (mp.AvgPool2D, "avgpool1")])
def test_what_cannot_fit(kind, name):
    with pytest.raises(ValueError, match=f'"{name}" cannot fit: windows of 3×2 on an image of 2×4'):
        mp.Network((2, 4, 1), [kind((3, 2))])
    with pytest.raises(ValueError, match=f'"{name}" cannot fit: windows of 2×3 on an image of 2×2'):
        mp.Network((2, 2, 1), [kind((2, 3))])
    with pytest.raises(ValueError, match=f'"{name}" cannot fit: it reads an image'):
        mp.Network(4, [kind(2)])


def test_global_average_needs_an_image():
    with pytest.raises(ValueError,
                       match=r'"globalavgpool1" cannot fit: it reads an image .* got shape \(4,\)'):
        mp.Network(4, [mp.GlobalAvgPool2D()])


@each("kind", [mp.MaxPool2D, mp.AvgPool2D])
@each("size, stride, error, told", [
    (0, None, ValueError, "size expects at least 1"), (2, 0, ValueError, "stride expects at least 1"),
    ((2, 2, 2), None, ValueError, "size expects a whole number or a pair"),
    (2.0, None, TypeError, "size expects"),
    (2, (1,), ValueError, "stride expects a whole number or a pair"), ("2", None, TypeError, "size expects")])
def test_settings_that_cannot_be(kind, size, stride, error, told):
    with pytest.raises(error, match=f"{kind.__name__} {told}"):
        kind(size, stride)


def test_settings():
    assert mp.MaxPool2D(2).settings() == {"size": [2, 2], "stride": [2, 2]}
    assert mp.AvgPool2D((2, 3), 1).settings() == {"size": [2, 3], "stride": [1, 1]}


# --------------------------------------------------------------------------- what they say about themselves

WITHOUT_NEURONS = [(mp.MaxPool2D(2), (5, 4, 2)), (mp.MaxPool2D(3, 1), (5, 4, 2)), (mp.AvgPool2D(2), (4, 5, 2)),
                   (mp.AvgPool2D((3, 2), (1, 2)), (5, 4, 2)), (mp.GlobalAvgPool2D(), (3, 4, 2)),
                   (mp.Flatten(), (2, 3, 2)),
                   (mp.Dropout(0.5), (2, 3, 2))]


def jacobian(layer, x):
    """∂o/∂x of one sample, (inputs, outputs)."""
    slopes = mp.finite_difference(lambda x: layer.forward(x).o.ravel(), x)
    return slopes.reshape(x.size, -1)


@each("recipe, shape", WITHOUT_NEURONS)
def test_what_a_layer_says_is_what_its_jacobian_is(recipe, shape):
    layer = next(iter(mp.Network(shape, [recipe]).layers.values()))
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1, *shape))
    J, trace = jacobian(layer, x.copy()), layer.forward(x)
    h = rng.uniform(0.5, 1, trace.o.shape)
    np.testing.assert_allclose(layer.squares_back(trace, h).ravel(), (J ** 2) @ h.ravel(), rtol=1e-8, atol=1e-9)
    constant = all(np.allclose(J, jacobian(layer, rng.normal(size=(1, *shape))), atol=1e-8) for _ in range(3))
    assert layer.linear == (constant and (J > -1e-9).all() and not layer.forward(0 * x).o.any())
    assert layer.passes_on == np.isin(layer.forward(x).o, x).all()
    if layer.linear:
        assert layer.kinks(trace).size == 0
        np.testing.assert_allclose(layer.bounds_back(trace, h).ravel(), np.abs(J) @ h.ravel(), rtol=1e-8, atol=1e-9)


@each("recipe, shape", WITHOUT_NEURONS)
def test_channels_stay_channels(recipe, shape):
    layer = next(iter(mp.Network(shape, [recipe]).layers.values()))
    x = np.random.default_rng(4).normal(size=(1, *shape))
    moved = x.copy()
    moved[..., 1] = 0
    o, other = (layer.forward(one).o.reshape(-1, shape[-1]) for one in (x, moved))
    assert layer.keeps_channels and np.array_equal(o[:, 0], other[:, 0]) and not other[:, 1].any()


def test_the_bound_of_a_maximum_is_the_sum_of_all_windows_that_hold_the_place():
    layer = next(iter(mp.Network((3, 3, 1), [mp.MaxPool2D(2, 1)]).layers.values()))
    trace = layer.forward(np.zeros((1, 3, 3, 1)))
    assert layer.bounds_back(trace, np.ones((1, 2, 2, 1)))[0, :, :, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_the_tangent_of_a_global_average_is_the_average_of_the_direction(rng):
    layer, (x, dx) = build((3, 4, 2), mp.GlobalAvgPool2D()), rng.normal(size=(2, 5, 3, 4, 2))
    expected = [[dx[n, :, :, channel].sum() / 12 for channel in range(2)] for n in range(5)]
    np.testing.assert_allclose(layer.tangent(layer.forward(x), dx), expected, rtol=1e-12)


@each("recipe", [mp.GlobalAvgPool2D(), mp.AvgPool2D(2), mp.MaxPool2D(2), mp.Flatten()])
def test_layers_without_weights_do_the_same_in_training(recipe, rng):
    layer, x = build((4, 4, 2), recipe), rng.normal(size=(3, 4, 4, 2))
    one, other = layer.forward(x), layer.forward(x, training=True)
    assert np.array_equal(one.o, other.o)
    assert np.array_equal(layer.backward(one, one.o), layer.backward(other, one.o, need_dx=True, need_grads=False))


def test_the_places_of_maxima_are_numbered_image_by_image():
    """Equal images go to the same side of each kink."""
    x = np.random.default_rng(0).normal(size=(1, 4, 5, 2)).repeat(3, axis=0)
    layer = mp.Network((4, 5, 2), [mp.MaxPool2D(2, 1)])["maxpool1"]
    first, second, third = layer.kinks(layer.forward(x)).reshape(3, -1)
    assert np.array_equal(first, second) and np.array_equal(first, third) and len(set(first)) > 2
