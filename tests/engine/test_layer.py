"""What every layer keeps to; what Dense and Conv2D share: arrays, masks, per-sample gradients, tangents."""

import itertools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.facts import NotSaid
from minprune.engine.layer import Layer, LayerTrace, batch_shape
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


@each("recipe, shape", EVERY)
def test_the_shape_promised_is_the_shape_made(recipe, shape, unsettle, rng):
    net, layer = alone(recipe, shape, unsettle)
    assert layer.input_shape == shape
    x = rng.normal(size=(3, *shape))
    trace = layer.forward(x)
    assert trace.o.shape == (3, *layer.output_shape) and np.array_equal(trace.x, x)
    up = rng.normal(size=trace.o.shape)
    assert layer.backward(trace, up).shape == x.shape
    assert np.array_equal(trace.do, up)


@each("recipe, shape", EVERY)
def test_tangent_is_the_slope_along_a_direction(recipe, shape, unsettle, rng):
    net, layer = alone(recipe, shape, unsettle)
    x, dx = rng.normal(size=(2, 3, *shape))
    slope = mp.finite_difference(lambda s: layer.forward(x + s[0] * dx).o, np.zeros(1))[0]
    np.testing.assert_allclose(layer.tangent(layer.forward(x), dx), slope, atol=1e-8)


@each("recipe, shape", EVERY)
def test_the_way_back_is_the_transpose_of_the_tangent(recipe, shape, unsettle, rng):
    """⟨tangent(dx), do⟩ = ⟨dx, backward(do)⟩ for any dx and do, to rounding."""
    net, layer = alone(recipe, shape, unsettle)
    x, dx = rng.normal(size=(2, 3, *shape))
    trace = layer.forward(x)
    do = rng.normal(size=trace.o.shape)
    forward = (layer.tangent(trace, dx) * do).sum()
    assert forward == pytest.approx((dx * layer.backward(trace, do)).sum(), rel=1e-12)


PASSING = [pair for pair in EVERY if not isinstance(pair[0], (mp.Dense, mp.Conv2D, Residual))]


@each("recipe, shape", PASSING)
def test_the_squared_share_is_the_sum_of_squared_slopes(recipe, shape, unsettle, rng):
    net, layer = alone(recipe, shape, unsettle)
    x = rng.normal(size=(1, *shape))
    jacobian = mp.finite_difference(lambda x: layer.forward(x).o, x).reshape(x.size, -1)
    if isinstance(layer, (mp.MaxPool2D, mp.AvgPool2D)) and layer.stride != layer.size:
        assert layer.squared_share() is None
    else:
        assert (np.count_nonzero(np.abs(jacobian) > 1e-9, axis=1) <= 1).all()       # no input is shared
        np.testing.assert_allclose((jacobian ** 2).sum(axis=0), layer.squared_share(), rtol=1e-8)


def test_windows_apart_share_no_inputs():
    assert mp.MaxPool2D(2, 3).squared_share() == 1 and mp.AvgPool2D(2, 3).squared_share() == 0.25
    assert mp.MaxPool2D((2, 3), (2, 2)).squared_share() is None and mp.AvgPool2D((3, 2), (2, 2)).squared_share() is None


@each("recipe, shape", EVERY)
def test_settings_and_repr_make_the_same_layer_again(recipe, shape, unsettle):
    net, layer = alone(recipe, shape, unsettle)
    again = type(layer)(**layer.settings())
    assert again.settings() == layer.settings() == eval(repr(layer), EVERYTHING).settings()
    assert mp.Network(shape, [again]).output_shape == layer.output_shape


@each("recipe, shape", EVERY)
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


def test_the_base_layer_has_no_passes_and_says_nothing():
    for call in (lambda: Layer().forward(None), lambda: Layer().backward(None, None)):
        with pytest.raises(NotImplementedError, match="^Layer has no (forward|backward) pass"):
            call()
    layer = Layer()
    for call, told in ((lambda: layer.tangent(None, None), "method tangent"),
                       (lambda: layer.kinks(None), "method kinks"),
                       (lambda: layer.squares_back(None, None), "method squares_back"),
                       (lambda: layer.bounds_back(None, None), "method bounds_back"),
                       (lambda: layer.check_piecewise_linear("obd"), "its second derivatives, which obd needs"),
                       (lambda: layer.fact("linear", "deeplift"), "linear = True or False.*, which deeplift needs"),
                       (lambda: layer.fact("passes_on"), "passes_on"), (lambda: layer.fact("keeps_channels"), "keeps"),
                       (lambda: layer.without_channels({"g": np.ones(2)}, None), "method without_channels")):
        with pytest.raises(NotSaid, match=f"^Layer does not say .*{told}"):
            call()
    assert layer.squared_share() is None and layer.without_channels({}, None) == {}


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


# ---------------------------------------------------------------------- layers with neurons

SHAPES = {"dense": (5,), "conv": (4, 5, 2)}


def build(kind, activation="tanh", batch_norm=False, masked=False, training_ready=True):
    recipe = mp.Dense(4, activation, batch_norm) if kind == "dense" else mp.Conv2D(
        4, (2, 3), activation, 2, "same", batch_norm)
    net, rng = mp.Network(SHAPES[kind], [recipe]), np.random.default_rng(5)
    layer = next(iter(net.layers.values()))
    for array in layer.arrays().values():
        array += rng.uniform(0.1, 0.9, array.shape)
    if masked:
        layer.mask = np.array([True, False, True, False])
    return net, layer


VARIANTS = list(itertools.product(SHAPES, (False, True), (False, True)))


@pytest.mark.parametrize("kind", SHAPES)
def test_names_of_the_arrays(kind):
    _, plain = build(kind)
    _, normed = build(kind, batch_norm=True)
    _, masked = build(kind, batch_norm=True, masked=True)
    assert list(plain.parameters()) == list(plain.arrays()) == ["W", "b"]
    assert list(normed.parameters()) == list(masked.parameters()) == ["W", "b", "gamma", "beta"]
    assert list(normed.arrays()) == ["W", "b", "gamma", "beta", "running_mean", "running_var"]
    assert list(masked.arrays()) == [*normed.arrays(), "mask"]
    assert plain.K == 4 and plain.f.name == "tanh" and plain.batch_norm is False and normed.batch_norm is True
    assert plain.gamma is plain.running_var is plain.mask is None


@each("kind, batch_norm, masked", VARIANTS)
def test_o_is_f_of_z_and_zero_where_masked(kind, batch_norm, masked, rng):
    _, layer = build(kind, batch_norm=batch_norm, masked=masked)
    trace = layer.forward(rng.normal(size=(3, *SHAPES[kind])))
    expected = np.tanh(trace.z)
    if masked:
        expected[..., [1, 3]] = 0
    assert np.array_equal(trace.o, expected) and np.array_equal(layer.outputs(trace.z), expected)
    assert np.abs(trace.z[..., 1]).min() > 0


@each("kind, batch_norm, masked", VARIANTS)
def test_dz_is_do_times_the_slope_and_zero_where_masked(kind, batch_norm, masked, rng):
    _, layer = build(kind, batch_norm=batch_norm, masked=masked)
    trace = layer.forward(rng.normal(size=(3, *SHAPES[kind])))
    do = rng.normal(size=trace.o.shape)
    layer.backward(trace, do)
    expected = do * (1 - np.tanh(trace.z) ** 2)
    if masked:
        expected[..., [1, 3]] = 0
        assert not trace.grads["W"][[1, 3]].any() and not trace.grads["b"][[1, 3]].any()
    np.testing.assert_allclose(trace.dz, expected, rtol=1e-12)
    assert trace.grads["W"][[0, 2]].all()


@each("kind, batch_norm, masked", VARIANTS)
def test_gradients_of_b_gamma_and_beta_are_sums_over_samples_and_positions(kind, batch_norm, masked, rng):
    _, layer = build(kind, batch_norm=batch_norm, masked=masked)
    trace = layer.forward(rng.normal(size=(3, *SHAPES[kind])))
    layer.backward(trace, rng.normal(size=trace.o.shape))
    rows, sums = trace.dz.reshape(-1, 4), trace.dz.reshape(-1, 4).sum(axis=0)
    if batch_norm:
        a_hat = (trace.z.reshape(-1, 4) - layer.beta) / layer.gamma
        np.testing.assert_allclose(trace.grads["beta"], sums, rtol=1e-11)
        np.testing.assert_allclose(trace.grads["gamma"], (rows * a_hat).sum(axis=0), rtol=1e-11)
        sums = sums * layer.gamma / np.sqrt(layer.running_var + 1e-5)
    np.testing.assert_allclose(trace.grads["b"], sums, rtol=1e-11)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_masked_neuron_leaves_the_others_as_they_were(kind, rng):
    x = rng.normal(size=(3, *SHAPES[kind]))
    outputs = [build(kind, masked=masked)[1].forward(x).o for masked in (False, True)]
    assert np.array_equal(outputs[0][..., [0, 2]], outputs[1][..., [0, 2]])


@each("kind, batch_norm, masked", VARIANTS)
def test_per_sample_weight_gradients_are_those_of_each_sample_alone(kind, batch_norm, masked, rng):
    _, layer = build(kind, batch_norm=batch_norm, masked=masked)
    x = rng.normal(size=(3, *SHAPES[kind]))
    trace = layer.forward(x)
    do = rng.normal(size=trace.o.shape)
    layer.backward(trace, do)
    dW = layer.per_sample_dW(trace)
    assert dW.shape == (3, 4, layer.W[0].size)
    np.testing.assert_allclose(dW.sum(axis=0), trace.grads["W"].reshape(4, -1), rtol=1e-11, atol=1e-13)
    for n in range(3):
        alone = layer.forward(x[n:n + 1])
        layer.backward(alone, do[n:n + 1])
        np.testing.assert_allclose(dW[n], alone.grads["W"].reshape(4, -1), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("kind", SHAPES)
def test_patches_times_weights_are_z(kind, rng):
    _, layer = build(kind)
    x = rng.normal(size=(3, *SHAPES[kind]))
    z = layer.patches(x) @ layer.W.reshape(4, -1).T + layer.b                   # (N, P, K)
    np.testing.assert_allclose(layer.forward(x).z.reshape(z.shape), z, rtol=1e-11, atol=1e-13)


@each("activation", mp.ACTIVATIONS)
@each("kind, batch_norm, masked", VARIANTS)
def test_the_tangent_of_neurons_is_the_slope_along_a_direction(kind, batch_norm, masked, activation, rng):
    _, layer = build(kind, activation, batch_norm, masked)
    x, dx = rng.normal(size=(2, 3, *SHAPES[kind]))
    slope = mp.finite_difference(lambda s: layer.forward(x + s[0] * dx).o, np.zeros(1), step=1e-6)[0]
    np.testing.assert_allclose(layer.tangent(layer.forward(x), dx), slope, atol=1e-7)


@pytest.mark.parametrize("kind", SHAPES)
def test_what_needs_samples_apart_refuses_a_training_pass_with_batch_norm(kind, rng):
    net, layer = build(kind, batch_norm=True)
    x = rng.normal(size=(3, *SHAPES[kind]))
    trace = net.forward(x, training=True)
    net.backward(trace, np.ones_like(trace.y))
    for call in (lambda: layer.tangent(trace[layer.name], x), lambda: layer.per_sample_dW(trace[layer.name])):
        with pytest.raises(ValueError,
                           match=f'"{layer.name}" mixes the samples in a training pass; trace with'):
            call()


@pytest.mark.parametrize("kind", SHAPES)
def test_without_batch_norm_a_training_pass_is_as_good(kind, rng):
    net, layer = build(kind)
    x = rng.normal(size=(3, *SHAPES[kind]))
    trace = net.forward(x, training=True)
    net.backward(trace, np.ones_like(trace.y))
    assert layer.per_sample_dW(trace[layer.name]).shape[0] == 3 and layer.tangent(trace[layer.name], x).any()
    before = {name: array.copy() for name, array in layer.arrays().items()}
    layer.update_running(trace[layer.name])
    assert all(np.array_equal(before[name], array) for name, array in layer.arrays().items())


@pytest.mark.parametrize("kind", SHAPES)
def test_the_gradient_of_the_input_can_be_left_out(kind, rng):
    _, layer = build(kind)
    x = rng.normal(size=(3, *SHAPES[kind]))
    traces = layer.forward(x), layer.forward(x)
    do = rng.normal(size=traces[0].o.shape)
    assert layer.backward(traces[0], do, need_dx=False) is None
    assert layer.backward(traces[1], do).shape == x.shape
    for name in ("W", "b"):
        assert np.array_equal(traces[0].grads[name], traces[1].grads[name])


@each("kind, batch_norm, masked", VARIANTS)
def test_the_way_back_may_be_walked_twice(kind, batch_norm, masked, rng):
    """The second time must not add to the first, nor spoil what forward had kept."""
    _, layer = build(kind, batch_norm=batch_norm, masked=masked)
    trace = layer.forward(rng.normal(size=(3, *SHAPES[kind])))
    do = rng.normal(size=trace.o.shape)
    first = layer.backward(trace, do).copy()
    grads = {name: grad.copy() for name, grad in trace.grads.items()}
    layer.backward(trace, 2 * do)
    assert np.array_equal(layer.backward(trace, do), first)
    assert all(np.array_equal(grads[name], grad) for name, grad in trace.grads.items())


# ------------------------------------------------------------------ arrays that are replaced


def replaced(name, value, dtype="float64"):
    layers = [mp.Dense(3, "tanh", batch_norm=name[0] in "gr"), mp.Dense(2)]
    layer = mp.Network((4,), layers, dtype=dtype)["dense1"]
    setattr(layer, name, value)
    return getattr(layer, name)


@each("name", ["W", "b", "gamma", "running_mean", "running_var", "mask"])
@each("shape", [(), (1,), (2,), (3, 3), (4, 3), (1, 3, 4)])
def test_an_array_of_another_shape_is_refused_at_once(name, shape):
    value = np.ones(shape, bool if name == "mask" else float)
    with pytest.raises(ValueError, match=rf"dense1.{name} expects shape \((3, 4|3,)\), got \("):
        replaced(name, value)


@each("name, value, told", [
    ("W", None, "dense1.W expects real numbers"), ("W", np.ones((3, 4)) * 1j, "dense1.W expects real numbers"),
    ("b", ["1", "2", "3"], "dense1.b expects real numbers"), ("mask", [1, 0, 1], "dense1.mask expects booleans"),
    ("mask", "all", "dense1.mask expects booleans")])
def test_an_array_of_something_else_is_refused_at_once(name, value, told):
    with pytest.raises(TypeError, match=told):
        replaced(name, value)


def test_an_array_that_fits_is_taken_and_in_the_networks_dtype():
    W = np.arange(12.0).reshape(3, 4)
    assert replaced("W", W) is W and replaced("b", [1, 2, 3]).tolist() == [1, 2, 3]
    assert replaced("W", W, "float32").dtype == replaced("gamma", [1, 2, 3], "float32").dtype \
        == np.float32
    assert replaced("mask", None) is None and replaced("mask", [True, False, True]).tolist() == [True, False, True]
    assert np.isnan(replaced("b", [np.nan, 0, 0])[0])


def test_what_there_is_not_cannot_be_replaced():
    layer = mp.Network((4,), [mp.Dense(3), mp.Dense(2)])["dense1"]
    with pytest.raises(ValueError, match='dense1.gamma: Dense "dense1" has no batch norm'):
        layer.gamma = np.ones(3)


def test_a_recipe_is_not_built_yet_and_takes_what_it_is_given():
    recipe = mp.Dense(3)
    recipe.W = "to be built"
    assert not recipe.built and mp.Network((4,), [recipe])["dense1"].built
    layer = mp.Network((4,), [recipe])["dense1"]
    layer.note = np.ones(7)                                             # any other name is the user's own
    assert layer.note.shape == (7,) and layer.W.shape == (3, 4)


@each("build, told", [
    (lambda: mp.Dense(10 ** 19), "Dense units expects at most 2147483647"),
    (lambda: mp.Conv2D(10 ** 19, 3), "Conv2D channels expects at most"),
    (lambda: mp.Conv2D(1, 10 ** 19), "Conv2D kernel expects at most"),
    (lambda: mp.Conv2D(1, 3, padding=10 ** 19), "Conv2D padding expects at most"),
    (lambda: mp.Network(10 ** 19, [mp.Dense(1)]), "input_shape expects at most"),
    (lambda: mp.Network(2 ** 31 - 1, [mp.Dense(2 ** 31 - 1)]), 'Dense "dense1" cannot fit: its weights would have the '
                                           r"shape \(2147483647, 2147483647\)"),
    (lambda: mp.Network((2 ** 30, 2 ** 30, 16), [mp.Flatten(), mp.Dense(1)]), r"shape \(1, 18446744073709551616\)")])
def test_sizes_that_no_memory_has_are_refused_in_our_words(build, told):
    with pytest.raises(ValueError, match=told):
        build()


# ------------------------------------------------------------------ what neurons say of themselves


def test_the_curvature_is_that_of_f_and_zero_where_masked(rng):
    z = rng.normal(size=(3, 4))
    o = np.tanh(z)
    np.testing.assert_allclose(build("dense")[1].curvature(z), -2 * o * (1 - o ** 2), rtol=1e-12)
    np.testing.assert_allclose(build("dense", masked=True)[1].curvature(z),
                               -2 * o * (1 - o ** 2) * [1, 0, 1, 0], rtol=1e-12)


@pytest.mark.parametrize("name, sides", [("tanh", 0), ("relu", 1), ("hard_swish", 2)])
def test_a_pass_goes_on_one_side_of_each_kink(name, sides, rng):
    _, layer = build("dense", name)
    trace = layer.forward(3 * rng.normal(size=(3, 5)))
    kinks = mp.ACTIVATIONS[name].kinks
    assert len(kinks) == sides
    assert layer.kinks(trace).tolist() == [z > kink for z in trace.z.ravel() for kink in kinks]


def test_what_the_activation_does_not_say_is_refused_by_both_names():
    layer = build("dense", mp.Activation("mine", np.sin, np.cos))[1]
    trace = layer.forward(np.ones((1, 5)))
    for call, told in ((lambda: layer.curvature(trace.z, "obd"), "its second derivative .*, which obd needs"),
                       (lambda: layer.kinks(trace), "where its kinks are")):
        with pytest.raises(NotSaid, match=f'^Dense "dense1": activation "mine" does not say {told}'):
            call()
    assert layer.bounded is None and build("dense")[1].bounded is True and build("dense", "relu")[1].bounded is False


@pytest.mark.parametrize("N", [1, 2, 7])
def test_running_statistics_are_blended_with_the_batchs_mean_and_unbiased_variance(N, rng):
    net, layer = build("conv", batch_norm=True)
    x, before = rng.normal(size=(N, *SHAPES["conv"])), layer.running_var.copy()
    a = (layer.patches(x) @ layer.W.reshape(4, -1).T + layer.b).reshape(-1, 4)
    mean = 0.9 * layer.running_mean + 0.1 * a.mean(axis=0)
    net.update_running(net.forward(x, training=True))
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-11)
    np.testing.assert_allclose(layer.running_var, 0.9 * before + 0.1 * a.var(axis=0, ddof=1), rtol=1e-11)


def test_a_single_value_says_nothing_of_a_variance_and_is_left_out():
    net = mp.Network((2,), [mp.Dense(2, batch_norm=True)], seed=0)
    net.update_running(net.forward(np.ones((1, 2)), training=True))
    assert net["dense1"].running_mean.tolist() == [0, 0] and net["dense1"].running_var.tolist() == [1, 1]
    net["dense1"].W[...] = np.eye(2)
    net.update_running(net.forward(np.array([[1.0, 2.0], [3.0, 8.0]]), training=True))          # two are enough
    np.testing.assert_allclose(net["dense1"].running_mean, [0.2, 0.5])
    np.testing.assert_allclose(net["dense1"].running_var, [0.9 + 0.2, 0.9 + 1.8])


def test_a_fresh_batch_norm_changes_nothing_yet():
    layer = mp.Network((2,), [mp.Dense(2, batch_norm=True)], seed=0)["dense1"]
    assert [getattr(layer, name).tolist() for name in ("b", "gamma", "beta", "running_mean", "running_var")] \
        == [[0, 0], [1, 1], [0, 0], [0, 0], [1, 1]]


def test_what_a_layer_of_ones_own_says_decides_what_it_can():
    class Mine(Layer):
        def backward(self, trace, do, need_dx=True, need_grads=True):
            return 2 * do

    trace = LayerTrace(np.ones((1, 2)), np.ones((1, 2)))
    for linear, passes_on in ((True, True), (False, True), (True, False), (None, True)):
        mine = Mine()
        mine.linear, mine.passes_on = linear, passes_on
        assert mine.squared_share() is None and mine.check_piecewise_linear("obd") is None
    mine.linear = True
    for nonnegative in (None, False):
        mine.nonnegative = nonnegative
        with pytest.raises(NotSaid, match="negative" if nonnegative is False else "whether its slopes are never negative"):
            mine.check_nonnegative("synflow")
        with pytest.raises(NotSaid, match="bounds_back"):
            mine.bounds_back(trace, np.ones((1, 2)))
    mine.nonnegative = True
    assert mine.bounds_back(trace, np.ones((1, 2))).tolist() == [[2, 2]]


def test_a_forward_pass_that_returns_no_trace_is_refused_by_name():
    class Bare(Layer):
        prefix = "bare"

        def forward(self, x, training=False, rng=None):
            return x

    net = mp.Network(2, [Bare(), mp.Dense(1)])
    for call in (net.forward, net.predict):
        with pytest.raises(TypeError, match='Bare "bare1": forward expects to return a LayerTrace, got ndarray'):
            call(np.ones((1, 2)))


@pytest.mark.parametrize("make, told", [
    (lambda x: x[:, :1], r"forward expects outputs of shape \(N, 2\), got \(3, 1\)"),
    (lambda x: x[:1], r"forward expects outputs of shape \(N, 2\), got \(1, 2\)"),
    (lambda x: x.tolist(), r"forward expects outputs of shape \(N, 2\), got list")])
def test_outputs_of_another_shape_are_refused_by_the_name_of_the_layer(make, told):
    class Cut(Layer):
        prefix = "cut"

        def forward(self, x, training=False, rng=None):
            return LayerTrace(x, make(x))

    net = mp.Network(2, [Cut(), mp.Dense(1)])
    for call in (net.forward, net.predict):
        with pytest.raises(ValueError, match=f'Cut "cut1": {told}'):
            call(np.ones((3, 2)))


@pytest.mark.parametrize("back, told", [(lambda do: do[:, :1], r"\(3, 1\)"), (lambda do: None, "None")])
def test_a_gradient_of_another_shape_is_refused_by_the_name_of_the_layer(back, told):
    class Cut(Layer):
        prefix = "cut"

        def forward(self, x, training=False, rng=None):
            return LayerTrace(x, x)

        def backward(self, trace, do, need_dx=True, need_grads=True):
            return back(do)

    net = mp.Network(2, [mp.Dense(2), Cut(), mp.Dense(1)])
    with pytest.raises(ValueError, match=rf'Cut "cut1": backward expects .* gradient of shape \(N, 2\), got {told}'):
        mp.record(net, np.ones((3, 2)), np.ones((3, 1)), "mse")


@mp.register_layer
class Cubes(mp.NeuronLayer):
    """o = f(W x³ + b), with a forward and a backward pass and nothing else said."""

    prefix = "cubes"

    def __init__(self, neurons):
        super().__init__(neurons, "tanh", False)

    def settings(self):
        return {"neurons": self.K}

    def shape_from(self, input_shape):
        return *input_shape[:-1], self.K

    def weight_shape(self):
        return (self.K, self.input_shape[-1]), self.input_shape[-1], self.K

    def forward(self, x, training=False, rng=None):
        z = x ** 3 @ self.W.T + self.b
        return LayerTrace(x, self.outputs(z), z)

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do, trace.dz = do, do * self.slope(trace.z)
        trace.grads |= {"W": trace.dz.T @ trace.x ** 3, "b": trace.dz.sum(axis=0)}
        return trace.dz @ self.W * 3 * trace.x ** 2


def test_what_a_layer_with_neurons_does_not_say_is_refused_by_name(rng):
    net = mp.Network(3, [mp.Dense(4, "tanh"), Cubes(5), mp.Dense(2)])
    x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    assert mp.check_gradients(net, x, t, "mse").worst < 1e-6
    for score, told in {"snip": "weight_gradient", "empirical_fisher_weights": "patches", "lasso": "patches",
                        "deeplift": "product_back", "conductance": "product"}.items():
        with pytest.raises(NotSaid, match=rf'Cubes "cubes1" does not say .*\(the method {told}'):
            mp.score(net, score, x, t, "mse")
    for method, arguments in {"product_back": 1, "of_channel": 4}.items():
        with pytest.raises(NotSaid, match=rf"the method {method}\)"):
            getattr(net["cubes1"], method)(*[x] * arguments)
    with pytest.raises(NotSaid, match='NeuronLayer does not say the shape of its weights .the method weight_shape'):
        mp.NeuronLayer(2, "relu", False).weight_shape()


def test_the_multiply_adds_of_a_layer_with_neurons_are_those_of_its_weights_at_each_position():
    net = mp.Network((4, 2, 3), [Cubes(5), mp.Flatten(), Cubes(2)])
    assert [net[name].multiply_adds() for name in net.neuron_layers] == [4 * 2 * 5 * 3, 4 * 2 * 5 * 2]


def test_a_derivative_that_is_z_itself_is_not_written_into():
    half_square = mp.Activation("half_square", lambda z: z * z / 2, lambda z: z, lambda z: np.ones_like(z), kinks=())
    net = mp.Network(3, [mp.Dense(4, half_square), mp.Dense(2)])
    x, t = np.random.default_rng(0).normal(size=(2, 5, 3))
    assert mp.check_gradients(net, x, t[:, :2], "mse").worst < 1e-6
    trace = mp.record(net, x, t[:, :2], "mse")
    assert np.array_equal(trace["dense1"].z, net.forward(x)["dense1"].z)
