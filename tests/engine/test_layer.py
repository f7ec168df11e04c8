"""What every layer keeps to, and Flatten."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine.layer import Layer, batch_shape
from minprune.engine.residual import Residual

EVERY = [
    (mp.Dense(4, "tanh"), (5,)), (mp.Dense(4, "softplus", batch_norm=True), (5,)),
    (mp.Conv2D(3, 2, "tanh"), (4, 5, 2)), (mp.Conv2D(3, (3, 2), "sigmoid", 2, "same", True), (5, 4, 2)),
    (mp.Conv2D(2, 3, "softplus", 1, 2), (4, 4, 1)),
    (mp.MaxPool2D(2), (5, 4, 2)), (mp.MaxPool2D(3, 1), (5, 4, 2)), (mp.AvgPool2D(2), (4, 5, 2)),
    (mp.AvgPool2D((3, 2), (1, 2)), (5, 4, 2)), (mp.GlobalAvgPool2D(), (3, 4, 2)),
    (mp.Flatten(), (2, 3, 2)), (mp.Flatten(), (4,)), (mp.Dropout(0.5), (3, 2, 2)),
    (Residual([mp.Dense(4, "tanh"), mp.Dense(5)]), (5,)),
    (Residual([mp.Conv2D(3, 3, "tanh", 2, "same"), Residual([mp.Conv2D(3, 1)])]), (5, 4, 2)),
    (Residual([mp.Dropout(0.5)], projection=mp.Dense(3)), (3,))]
EVERYTHING = {**vars(mp), "Residual": Residual}
NAMES = [f"{type(layer).__name__}{shape}-{number}" for number, (layer, shape) in enumerate(EVERY)]


def alone(recipe, shape, unsettle):
    net = unsettle(mp.Network(shape, [recipe]))
    return net, next(iter(net.layers.values()))


@pytest.mark.parametrize("recipe, shape", EVERY, ids=NAMES)
def test_the_shape_promised_is_the_shape_made(recipe, shape, unsettle, rng):
    net, layer = alone(recipe, shape, unsettle)
    assert layer.input_shape == shape
    x = rng.normal(size=(3, *shape))
    trace = layer.forward(x)
    assert trace.o.shape == (3, *layer.output_shape) and np.array_equal(trace.x, x)
    up = rng.normal(size=trace.o.shape)
    assert layer.backward(trace, up).shape == x.shape
    assert np.array_equal(trace.do, up)


@pytest.mark.parametrize("recipe, shape", EVERY, ids=NAMES)
def test_tangent_is_the_slope_along_a_direction(recipe, shape, unsettle, rng):
    net, layer = alone(recipe, shape, unsettle)
    x, dx = rng.normal(size=(2, 3, *shape))
    slope = mp.finite_difference(lambda s: layer.forward(x + s[0] * dx).o, np.zeros(1))[0]
    np.testing.assert_allclose(layer.tangent(layer.forward(x), dx), slope, atol=1e-8)


@pytest.mark.parametrize("recipe, shape", EVERY, ids=NAMES)
def test_the_way_back_is_the_transpose_of_the_tangent(recipe, shape, unsettle, rng):
    """⟨tangent(dx), do⟩ = ⟨dx, backward(do)⟩ for any dx and do, to rounding."""
    net, layer = alone(recipe, shape, unsettle)
    x, dx = rng.normal(size=(2, 3, *shape))
    trace = layer.forward(x)
    do = rng.normal(size=trace.o.shape)
    forward = (layer.tangent(trace, dx) * do).sum()
    assert forward == pytest.approx((dx * layer.backward(trace, do)).sum(), rel=1e-12)


PASSING = [pair for pair in EVERY if not isinstance(pair[0], (mp.Dense, mp.Conv2D, Residual))]


@pytest.mark.parametrize("recipe, shape", PASSING, ids=[type(layer).__name__ for layer, _ in PASSING])
def test_energy_is_the_sum_of_squared_slopes(recipe, shape, unsettle, rng):
    net, layer = alone(recipe, shape, unsettle)
    x = rng.normal(size=(1, *shape))
    jacobian = mp.finite_difference(lambda x: layer.forward(x).o, x).reshape(x.size, -1)
    if isinstance(layer, (mp.MaxPool2D, mp.AvgPool2D)) and layer.stride != layer.size:
        assert layer.energy() is None
    else:
        assert (np.count_nonzero(np.abs(jacobian) > 1e-9, axis=1) <= 1).all()       # no input is shared
        np.testing.assert_allclose((jacobian ** 2).sum(axis=0), layer.energy(), rtol=1e-8)


def test_windows_apart_share_no_inputs():
    assert mp.MaxPool2D(2, 3).energy() == 1 and mp.AvgPool2D(2, 3).energy() == 0.25
    assert mp.MaxPool2D((2, 3), (2, 2)).energy() is None and mp.AvgPool2D((3, 2), (2, 2)).energy() is None


@pytest.mark.parametrize("recipe, shape", EVERY, ids=NAMES)
def test_settings_and_repr_make_the_same_layer_again(recipe, shape, unsettle):
    net, layer = alone(recipe, shape, unsettle)
    again = type(layer)(**layer.settings())
    assert again.settings() == layer.settings() == eval(repr(layer), EVERYTHING).settings()
    assert mp.Network(shape, [again]).output_shape == layer.output_shape


@pytest.mark.parametrize("recipe, shape", EVERY, ids=NAMES)
def test_parameters_are_among_the_arrays(recipe, shape, unsettle):
    net, layer = alone(recipe, shape, unsettle)
    for name, array in layer.parameters().items():
        assert layer.arrays()[name] is array is getattr(layer, name)
    trace = layer.forward(np.ones((2, *shape)))
    layer.backward(trace, np.ones_like(trace.o))
    assert set(trace.grads) == set(layer.parameters())


def test_a_recipe_has_no_name_yet_and_a_built_layer_says_its_own():
    net = mp.Network((4, 4, 1), [mp.Flatten(), mp.Dense(2)])
    assert str(net["flatten1"]) == 'Flatten "flatten1"' and str(mp.Dense(3)) == "Dense"
    assert repr(mp.Dense(3, "relu")) == "Dense(units=3, activation='relu', batch_norm=False)"
    assert repr(mp.Flatten()) == "Flatten()"


def test_only_layers_with_weights_multiply():
    for recipe in (mp.Flatten(), mp.MaxPool2D(2), mp.AvgPool2D(2), mp.GlobalAvgPool2D(), mp.Dropout(0.5)):
        layer = next(iter(mp.Network((4, 4, 2), [recipe]).layers.values()))
        assert layer.multiply_adds() == 0 and layer.parameters() == layer.arrays() == {}


def test_check_input():
    layer = mp.Network((4, 4, 2), [mp.Flatten()])["flatten1"]
    layer.check_input(np.ones((3, 4, 4, 2)))
    for x in (np.ones((4, 4, 2)), np.ones((3, 4, 4)), 1.0):
        with pytest.raises(ValueError, match=r'Flatten "flatten1" expects \(N, 4, 4, 2\), got \('):
            layer.check_input(x)


def test_batch_shape():
    assert batch_shape((64,)) == "(N, 64)" and batch_shape((8, 8, 1)) == "(N, 8, 8, 1)"


def test_the_base_layer_has_no_passes():
    for call in (lambda: Layer().forward(None), lambda: Layer().backward(None, None),
                 lambda: Layer().tangent(None, None)):
        with pytest.raises(NotImplementedError):
            call()


# ------------------------------------------------------------------------------------------ Flatten


def test_flatten_goes_position_by_position_channels_side_by_side():
    layer = mp.Network((2, 3, 4), [mp.Flatten()])["flatten1"]
    assert layer.output_shape == (24,)
    x = np.arange(48.0).reshape(2, 2, 3, 4)
    o = layer.forward(x).o
    for n, row, column, channel in np.ndindex(x.shape):
        assert o[n, (row * 3 + column) * 4 + channel] == x[n, row, column, channel]


def test_flatten_takes_gradients_back_to_where_they_came_from():
    layer = mp.Network((2, 3, 4), [mp.Flatten()])["flatten1"]
    x = np.arange(48.0).reshape(2, 2, 3, 4)
    trace = layer.forward(x)
    assert np.array_equal(layer.backward(trace, trace.o), x)
    assert np.array_equal(layer.tangent(trace, x), trace.o)


def test_flatten_leaves_vectors_alone():
    layer = mp.Network(5, [mp.Flatten()])["flatten1"]
    assert layer.output_shape == (5,) and layer.forward(np.ones((2, 5))).o.tolist() == [[1] * 5] * 2
