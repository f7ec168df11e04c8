"""score: names or functions, what they are given, and what is refused."""

import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scores.first_order import gradient

NET = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, "tanh"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "relu"),
                             mp.Dense(2)], seed=3)
X, T = np.random.default_rng(0).normal(size=(6, 5, 5, 1)), np.array([0, 1, 1, 0, 1, 0])


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


# A function wherever a name does

def test_a_function_of_weights():
    same(mp.score(NET, lambda W: np.sqrt((W ** 2).sum(axis=1))), mp.score(NET, "weight_norm"))


def test_a_function_of_outputs_and_gradients():
    same(mp.score(NET, lambda o, do: np.abs((o * do).sum(axis=1)), X, T), mp.score(NET, "taylor", X, T))
    same(mp.score(NET, gradient, X, T), mp.score(NET, "gradient", X, T))


def test_a_function_of_what_is_read_and_of_the_weights_gradients(close):
    """Σ_j w_ij ∂ℓ/∂w_ij, on both sides: from dW, and from x and dz."""
    one = mp.score(NET, lambda dW, W: (dW * W).sum(axis=2), X, T)
    other = mp.score(NET, lambda x, W, dz: (dz * (x @ W.T)).sum(axis=1), X, T)
    for name in one:
        close(one[name], other[name])


def test_a_function_of_the_network():
    def by_network(net, x, t, loss, batch_size):
        assert net is NET and x is X and t is T and (loss, batch_size) == ("cross_entropy", 4)
        return {name: np.arange(net[name].K) for name in net.hidden_layers}

    scores = mp.score(NET, by_network, X, T, batch_size=4)
    same(scores, {"conv1": np.arange(3), "dense1": np.arange(4)})
    assert scores["conv1"].dtype == np.float64


def test_a_function_of_the_network_gets_only_what_it_names():
    same(mp.score(NET, lambda net: {name: net[name].b for name in net.hidden_layers}),
         {"conv1": np.zeros(3), "dense1": np.zeros(4)})
    same(mp.score(NET, lambda t, net: {name: net[name].b + len(t) for name in net.hidden_layers}, t=T),
         {"conv1": np.full(3, 6), "dense1": np.full(4, 6)})


def test_the_order_of_the_layers_is_the_networks():
    scores = mp.score(NET, lambda net: {name: np.zeros(net[name].K) for name in reversed(net.hidden_layers)})
    assert list(scores) == NET.hidden_layers


def test_whole_numbers_and_booleans_are_numbers():
    assert mp.score(NET, lambda o: (o > 0).any(axis=1), X)["conv1"].dtype == np.float64
    assert mp.score(NET, lambda W: (W > 0).sum(axis=1))["conv1"].tolist() == \
        [(w > 0).sum() for w in NET["conv1"].W]


def test_infinite_scores_are_allowed():
    assert np.isinf(mp.score(NET, lambda b: b + np.inf)["conv1"]).all()


# Settings

def test_settings_go_to_parameters_with_defaults():
    def power(W, p=2):
        return (np.abs(W) ** p).sum(axis=1)

    same(mp.score(NET, power, p=1), mp.score(NET, "weight_norm_l1"))
    same(mp.score(NET, power, p=2), mp.score(NET, power))
    same(mp.score(NET, functools.partial(power, p=1)), mp.score(NET, "weight_norm_l1"))
    assert not np.array_equal(mp.score(NET, "random", seed=3)["conv1"], mp.score(NET, "random")["conv1"])

    def of_network(net, scale=1, x=None):
        return {name: np.full(net[name].K, scale) for name in net.hidden_layers}

    assert mp.score(NET, of_network, scale=5)["conv1"].tolist() == [5, 5, 5]
    assert mp.score(NET, of_network)["conv1"].tolist() == [1, 1, 1]


def test_settings_with_outputs_before_and_after():
    def shifted(o, by=0, *, do, times=1):
        return (times * (o * do + by)).sum(axis=1)

    one, plain = (mp.score(NET, shifted, X, T, **how)["dense1"] for how in (dict(by=2, times=3), {}))
    np.testing.assert_allclose(one, 3 * (plain + 2), rtol=1e-12)


@pytest.mark.parametrize("name, settings, told", [
    ("random", dict(sed=3), 'score "random" has no setting \'sed\'; it has seed'),
    ("taylor", dict(o=3), "has no setting 'o'; it has none"),
    (lambda W, p=2: W[:, 0], dict(q=1), 'score "<lambda>" has no setting \'q\'; it has p'),
])
def test_unknown_settings_are_refused(name, settings, told):
    with pytest.raises(TypeError, match=told):
        mp.score(NET, name, X, T, **settings)


# What is given

def test_scores_of_weights_need_no_data():
    for name in ("weight_norm", "weight_norm_l1", "random"):
        same(mp.score(NET, name), mp.score(NET, name, X, T))
    mp.score(NET, lambda W, b, gamma, W_out: b + gamma)
    mp.score(NET, "apoz", X)
    mp.score(NET, "influence", X)
    mp.score(NET, "sensitivity", X)


def test_the_default_loss_is_cross_entropy():
    for name in ("gradient", "removal"):
        same(mp.score(NET, name, X, T), mp.score(NET, name, X, T, "cross_entropy"))
        assert not np.array_equal(mp.score(NET, name, X, T)["conv1"],
                                  mp.score(NET, name, X, mp.one_hot(T, 2), "mse")["conv1"])


@each("name, given, told", [
    ("taylor", dict(), 'score "taylor" needs x and t; x is missing'),
    ("taylor", dict(x=X), 'score "taylor" needs x and t; t is missing'),
    ("gradient", dict(t=T), "x is missing"),
    ("apoz", dict(), 'score "apoz" needs x; x is missing'),
    ("sensitivity", dict(t=T), 'score "sensitivity" needs x; x is missing'),
    ("removal", dict(x=X), 'score "removal" needs x and t; t is missing'),
    (lambda dW: dW, dict(x=X), 'score "<lambda>" needs x and t; t is missing'),
    (functools.partial(lambda o, p: o[:, 0], p=1), dict(), 'score "<lambda>" needs x; x is missing'),
])
def test_missing_data_are_told(name, given, told):
    with pytest.raises(ValueError, match=told):
        mp.score(NET, name, **given)


@each("name", ["taylor", "apoz", "sensitivity", "influence", "removal"])
@each("bad, error, told", [
    (dict(x=X[:, :4]), ValueError, r"x: Network expects \(N, 5, 5, 1\), got \(6, 4, 5, 1\)"),
    (dict(x=X * np.nan), ValueError, "x holds 150 values"),
    (dict(x=X[:0], t=T[:0]), ValueError, "x is empty"),
    (dict(x=X.astype(str)), TypeError, "x expects real numbers"),
    (dict(batch_size=0), ValueError, "batch_size expects at least 1"),
    (dict(batch_size=2.0), TypeError, "batch_size expects a whole number"),
])
def test_bad_data_are_refused(name, bad, error, told):
    with pytest.raises(error, match=told):
        mp.score(NET, name, **{"x": X, "t": T, **bad})


@each("name", ["taylor", "removal"])
@each("bad, told", [
    (dict(t=T + 1), "labels expected in 0 … 1"),
    (dict(t=T[:5]), "x has 6, t has 5"),
    (dict(loss="mes"), 'unknown loss "mes"; did you mean "mse"'),
])
def test_bad_targets_and_losses_are_refused(name, bad, told):
    with pytest.raises(ValueError, match=told):
        mp.score(NET, name, **{"x": X, "t": T, **bad})


# What is asked for

@each("score, told", [
    ("tailor", 'unknown score "tailor"; did you mean "taylor"'),
    ("zzz", 'unknown score "zzz"; Known: gradient, .*removal.*'),
    (lambda o, weights: o, 'unknown parameter of score "<lambda>": "weights".*'
        'Known: W, b, gamma, W_out, o, z, x, do, dz, o_do, w_dW, dW, mean_dW, mean_dW2, net, '
        't, loss, batch_size, forward_traces, slope_traces, traces$'),
    (lambda Wout: 1, 'did you mean "W_out"'),
    (lambda net, trace: 1, 'unknown parameter of score "<lambda>": "trace"; did you mean "traces"'),
    (lambda: 1, 'score "<lambda>" names no parameter that says what it needs'),
    (lambda *arrays: 1, 'score "<lambda>" names no parameter'),
    (lambda net, o: 1, 'score "<lambda>" asks for net and o, which do not go together: it gets arrays .W, b, .*, or '
                       'forward_traces, slope_traces, traces, net, loss, or net, x, t, loss, batch_size$'),
    (lambda o, t: 1, 'score "<lambda>" asks for o and t, which do not go together'),
    (lambda net, mean_dW: 1, "asks for net and mean_dW, which do not go together"),
])
def test_unknown_names_are_told_with_the_known_ones(score, told):
    with pytest.raises(ValueError, match=told):
        mp.score(NET, score, X, T)


@pytest.mark.parametrize("score", [np.abs, max])
def test_what_is_written_in_c_is_told_to_need_names(score):
    """Whether it tells the names of its parameters depends on the versions of NumPy and Python."""
    with pytest.raises((TypeError, ValueError), match="names no parameter|does not give the names|unknown parameter"):
        mp.score(NET, score, X, T)


# What comes back

@each("score, told", [
    (lambda o: o, r'score "<lambda>" of layer "conv1" expects \(6, 3\) \(one number a sample and neuron, '
                  r'not yet averaged\), got \(6, 16, 3\) from o \(6, 16, 3\)'),
    (lambda o, W: o.mean(axis=(0, 1)), r"expects \(6, 3\) .*got \(3,\) from o \(6, 16, 3\), W \(3, 4\)"),
    (lambda do: 0.0, r"expects \(6, 3\) .*got \(\)"),
    (lambda W: W, r"expects \(3,\) \(one number a neuron\), got \(3, 4\) from W \(3, 4\)"),
    (lambda o: o[:, 0] * np.where(np.arange(o.shape[2]) == 1, np.nan, 1),
     r'score "<lambda>" of layer "conv1" returned NaN for neuron 1, from o \(6, 16, 3\)$'),
    (lambda b: b / 0 * 0, 'of layer "conv1" returned NaN'),
    (lambda b: b + 1j, r"returned complex128, not numbers, from b \(3,\)"),
    (lambda b: b.astype(str), "not numbers"),
    (lambda o: None, r"expects \(6, 3\)"),
    (lambda net: None, r'score "<lambda>" expects to return arrays of shapes .*got NoneType'),
    (lambda net: {"conv1": np.zeros(3)}, r"'dense1': \(4,\)\}, got \{'conv1': \(3,\)\}"),
    (lambda net: {"conv1": np.zeros(3), "dense1": np.zeros(5)}, r"got .*'dense1': \(5,\)"),
    (lambda net: {"conv1": np.zeros(3), "dense1": np.zeros(4), "dense2": np.zeros(2)}, "'dense2'"),
    (lambda net: {"conv1": np.zeros(3), "dense1": np.zeros(4) * np.nan}, "NaN"),
    (lambda net: {"conv1": np.zeros(3), "dense1": np.zeros(4) * 1j}, "not a number"),
])
def test_wrong_results_are_told(score, told):
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=told) as raised:
        mp.score(NET, score, X, T)
    assert "\n" not in str(raised.value)


class Halves:
    def __call__(self, o, by=2):
        return o / by


def halves(o, by=2):
    return o / by


@each("score, settings, told", [
    (Halves(), {}, "Halves"), (Halves(), {"by": 3}, "Halves"), (halves, {"by": 3}, "halves"),
    (functools.partial(halves, by=3), {}, "halves"),
])
def test_errors_call_a_score_by_the_name_that_it_has(score, settings, told):
    with pytest.raises(ValueError, match=f'^score "{told}" of layer "conv1" expects'):
        mp.score(NET, score, X, T, **settings)


def test_a_later_layers_wrong_result_is_told_by_its_name():
    with pytest.raises(ValueError, match='of layer "dense1" returned NaN'):
        mp.score(NET, lambda b: b if len(b) == 3 else b * np.nan)


def scribble(array):
    array *= 0
    return array


@each("formula", [
    lambda o: scribble(o), lambda z: scribble(z), lambda x: scribble(x), lambda do: scribble(do),
    lambda dz: scribble(dz), lambda dW: scribble(dW), lambda W: scribble(W), lambda b: scribble(b),
    lambda gamma: scribble(gamma), lambda W_out: scribble(W_out),
])
def test_a_formula_that_writes_into_its_arrays_is_stopped(formula, fingerprint):
    before = fingerprint(NET)
    with pytest.raises(ValueError, match="read-only"):
        mp.score(NET, formula, X, T)
    assert fingerprint(NET) == before
    assert NET["conv1"].W.flags.writeable and NET["conv1"].b.flags.writeable


def test_what_is_no_name_and_no_function_is_refused():
    with pytest.raises(TypeError, match="score expects a name or a function, got NoneType"):
        mp.score(NET, None, X, T)
    with pytest.raises(TypeError, match="net expects a Network, got str"):
        mp.score("taylor", NET, X, T)
    with pytest.raises(TypeError, match="does not give the names of its parameters"):
        mp.score(NET, max, X, T)


@pytest.mark.parametrize("formula", [lambda W: np.ma.array(np.ones(4), mask=[1, 0, 0, 0]),
                                     lambda net: {"dense1": np.ma.array(np.ones(4), mask=[1, 0, 0, 0])}])
def test_a_formula_that_returns_a_masked_array_is_refused(formula):
    net = mp.Network(3, [mp.Dense(4), mp.Dense(2)])
    with pytest.raises(ValueError, match='returned for layer "dense1" is a masked array with 1 masked entries, of 4'):
        mp.score(net, formula)
