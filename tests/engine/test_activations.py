"""Each f against its textbook formula, each f′ against central differences; the spread of fresh weights."""

import math

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import ACTIVATIONS, activation, initialise
from minprune.engine.facts import NotSaid

FORMULAS = {
    "identity": lambda z: z,
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2)),
    "hard_swish": lambda z: z * min(max(z + 3, 0), 6) / 6,
}
SLOPES = {
    "identity": lambda z: 1.0,
    "relu": lambda z: 1.0 if z > 0 else 0.0,
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.01,
    "sigmoid": lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    "tanh": lambda z: 1 / math.cosh(z) ** 2,
    "softplus": lambda z: 1 / (1 + math.exp(-z)),
    "elu": lambda z: 1.0 if z > 0 else math.exp(z),
    "silu": lambda z: (1 + math.exp(-z) * (1 + z)) / (1 + math.exp(-z)) ** 2,
    "gelu": lambda z: 0.5 * math.erfc(-z / math.sqrt(2)) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    "hard_swish": lambda z: 0.0 if z <= -3 else 1.0 if z >= 3 else (2 * z + 3) / 6,
}
POINTS = np.array([[-9.5, -3.25, -1.25, -0.5], [-1e-3, 1e-3, 0.75, 1.0], [2.0, 4.5, 8.0, 12.0]])


def test_these_are_all():
    assert set(mp.ACTIVATIONS) == set(FORMULAS)
    assert all(activation(name) is ACTIVATIONS[name] and activation(name).name == name for name in FORMULAS)


@each("name", FORMULAS)
def test_the_textbook_formula(name):
    expected = np.vectorize(FORMULAS[name])(POINTS)
    np.testing.assert_allclose(activation(name)(POINTS), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(activation(name).function(POINTS), expected, rtol=1e-12, atol=1e-15)


@each("name", SLOPES)
def test_the_derivative_is_a_function_of_z(name):
    expected = np.vectorize(SLOPES[name])(POINTS)
    np.testing.assert_allclose(activation(name).derivative(POINTS), expected, rtol=1e-11, atol=1e-15)


@each("name", FORMULAS)
def test_the_derivative_is_the_slope_of_the_function(name):
    z, f = POINTS.copy(), activation(name)
    slopes = mp.finite_difference(lambda z: f(z).sum(), z)
    np.testing.assert_allclose(f.derivative(z), slopes, atol=1e-8)


@each("name, at_zero, slope", [
    ("identity", 0, 1), ("relu", 0, 0), ("leaky_relu", 0, 0.01), ("sigmoid", 0.5, 0.25), ("tanh", 0, 1),
    ("softplus", math.log(2), 0.5), ("elu", 0, 1), ("silu", 0, 0.5), ("gelu", 0, 0.5), ("hard_swish", 0, 0.5)])
def test_at_zero(name, at_zero, slope):
    z = np.zeros(1)
    assert activation(name).at_zero == activation(name)(z)[0] == pytest.approx(at_zero, abs=1e-15)
    assert activation(name).derivative(z)[0] == pytest.approx(slope, abs=1e-15)


# ------------------------------------------------------------------------- what each says about itself

AROUND = np.concatenate([POINTS.ravel(), [-2.9, 2.9, 3.1, -0.3, 0.2]])


@each("name", ACTIVATIONS)
def test_the_second_derivative_is_the_slope_of_the_derivative(name):
    z, f = AROUND.copy(), activation(name)
    np.testing.assert_allclose(f.second(z), mp.finite_difference(lambda z: f.derivative(z).sum(), z), atol=1e-7)


@each("name", ACTIVATIONS)
def test_kinks_are_where_a_derivative_jumps(name):
    """From z − h to z + h a smooth derivative moves by about 2h; at a kink f′ or f″ jumps."""
    f, h = activation(name), 1e-7
    grid = np.arange(-40, 41) / 8
    jumps = np.abs(f.derivative(grid + h) - f.derivative(grid - h)) + np.abs(f.second(grid + h) - f.second(grid - h))
    assert tuple(grid[jumps > 1e-3]) == f.kinks


@each("name", ACTIVATIONS)
def test_homogeneous_and_odd_are_what_the_function_is(name):
    f, z = activation(name), AROUND
    assert f.homogeneous == all(np.allclose(f(s * z), s * f(z), atol=1e-12) for s in (0.0, 0.5, 3.0))
    assert f.odd == np.allclose(f(-z), -f(z), atol=1e-12)


def test_an_activation_of_ones_own_says_what_it_says_and_no_more():
    mine = mp.Activation("square", lambda z: z * z, lambda z: 2 * z)
    assert activation(mine) is mine and mine.at_zero == 0 and mine.second is None
    for fact, told in (("second", "its second derivative"), ("kinks", "where its kinks are"),
                       ("homogeneous", "whether it is homogeneous"), ("odd", "whether it is odd")):
        with pytest.raises(NotSaid, match=f'activation "square" does not say {told} .{fact}=….*, which obd needs'):
            mine.needed(fact, "obd")


@each("wrong, error, message", [
    (lambda: mp.Activation("", np.sin, np.cos), TypeError, "name expects a text, got ''"),
    (lambda: mp.Activation("f", "sin", np.cos), TypeError, "function expects a function of z, got 'sin'"),
    (lambda: mp.Activation("f", np.sin, None), TypeError, "derivative expects a function of z, got None"),
    (lambda: mp.Activation("f", np.sin, np.cos, initialisation="hee"), ValueError, 'did you mean "he"'),
    (lambda: mp.Dense(2, np.sin), TypeError, r'expects a name such as "relu", or mp.Activation\(.*, got <ufunc'),
])
def test_a_wrong_activation_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


@pytest.mark.filterwarnings("error")
@each("name", FORMULAS)
@each("dtype", ["float64", "float32"])
def test_large_z_overflows_nowhere_and_dtypes_stay(name, dtype):
    z = np.array([-1000, -100, 0, 100, 1000], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        o, slope = activation(name)(z), activation(name).derivative(z)
    for array in (o, slope):
        assert np.isfinite(array).all() and array.dtype == dtype and array.shape == z.shape
    limits = {"sigmoid": (0, 1), "tanh": (-1, 1), "softplus": (0, 1000)}
    if name in limits:
        assert (o[0], o[-1]) == limits[name]


@each("name", FORMULAS)
def test_the_argument_is_left_alone(name):
    z = POINTS.copy()
    activation(name)(z), activation(name).derivative(z)
    assert np.array_equal(z, POINTS)


@pytest.mark.parametrize("name, near", [("rleu", "relu"), ("Sigmoid", "sigmoid"), ("soft_plus", "softplus")])
def test_unknown_names_the_nearest(name, near):
    with pytest.raises(ValueError, match=f'unknown activation "{name}"; did you mean "{near}"'):
        activation(name)


# ---------------------------------------------------------------------------------- initialisation

HE = ("relu", "leaky_relu", "softplus", "elu", "silu", "gelu", "hard_swish")
GLOROT = ("identity", "sigmoid", "tanh")


def test_initialise_has_the_variance_of_its_scheme(rng):
    he = initialise((200, 300), 300, 900, "he", rng)
    glorot = initialise((200, 300), 300, 900, "glorot", rng)
    assert he.shape == glorot.shape == (200, 300)
    assert he.var() == pytest.approx(2 / 300, rel=0.05)
    assert glorot.var() == pytest.approx(2 / 1200, rel=0.05)
    assert abs(he.mean()) < 0.01 * he.std() * 3
    # a normal distribution has 4.6 % of its draws beyond two standard deviations; a uniform one has none
    assert np.mean(np.abs(he) > 2 * he.std()) == pytest.approx(0.0455, abs=0.01)


@each("name", HE + GLOROT)
@each("inputs, units", [(400, 100), (100, 400)])
def test_dense_starts_with_the_variance_that_suits_its_activation(name, inputs, units):
    layer = mp.Network(inputs, [mp.Dense(units, name)], seed=3)["dense1"]
    expected = 2 / inputs if name in HE else 2 / (inputs + units)
    assert layer.W.var() == pytest.approx(expected, rel=0.05) and abs(layer.W.mean()) < 0.1 * layer.W.std()
    assert not layer.b.any()


@each("name", HE + GLOROT)
def test_conv2d_counts_its_whole_field(name):
    layer = mp.Network((9, 9, 20), [mp.Conv2D(80, (3, 5), name)], seed=3)["conv1"]
    expected = 2 / (15 * 20) if name in HE else 2 / (15 * 20 + 15 * 80)
    assert layer.W.var() == pytest.approx(expected, rel=0.05) and not layer.b.any()
