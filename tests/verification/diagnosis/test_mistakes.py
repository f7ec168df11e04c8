"""Corrections, each by itself; and names, given only where the correction helps on all networks."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

import minprune as mp
from minprune.verification.claims.claim import Equality
from minprune.verification.diagnosis import mistakes
from minprune.verification.diagnosis.probe import DoesNotApply, Probe
from minprune.verification.formulas import Formula
from minprune.verification.quantities import find_quantity
from minprune.verification.sampling.random_networks import Case
from minprune.verification.verify import verify


def name_of(formula, equals="dL/do", **claim):
    verdict = verify(formula, equals, trials=40, **claim)
    assert not verdict
    return verdict.mistake and verdict.mistake.name


def test_two_mistakes_at_once_get_no_name():
    assert name_of(lambda do_next, W_next: -do_next @ W_next + 1) is None
    assert name_of(lambda o, z: z * o) is None


def test_a_correction_must_help_on_every_network():
    """The sign is wrong in batches of one sample only."""
    assert name_of(lambda do: do if len(do) > 1 else -do) is None
    assert name_of(lambda do: 2 * do if do.shape[2] > 1 else do) is None


def test_the_remedy_says_how_and_on_how_many():
    verdict = verify(lambda do: do / len(do), "dL/do", trials=40)
    assert str(verdict.mistake) == ("off by the factor 1/N: divided by it, formula holds (N samples) "
                                    "(on all 40 networks)")


def test_mistakes_in_formulas_that_raise_on_most_networks():
    verdict = verify(lambda dz_next, W_next: dz_next @ W_next.T, "dL/do", trials=40)
    assert "raised ValueError: matmul" in verdict.problem and verdict.mistake.name == "W for Wᵀ"


@pytest.mark.parametrize("where", [{"layers": "conv"}, {"batch_norm": True}, {"layers": "conv", "batch_norm": True}])
def test_names_hold_for_conv_and_batch_norm(where):
    assert name_of(lambda do: -do, where=where) == "wrong sign"
    assert name_of(lambda do: do, "dL/dz", where=where) == "f′ missing"
    assert name_of(lambda dW: dW / 2, "dL/dW", where=where) == "off by the factor ½"


def test_paths_through_a_flattened_image():
    """Below Flatten and Dense the first path of each position is one of several."""
    def first_path(dz_next, W_next, o):
        return (dz_next[:, :, :1] * W_next[:1]).reshape(o.shape)

    def all_paths(dz_next, W_next, o):
        return (dz_next @ W_next).reshape(o.shape)

    flat = {"layers": "conv", "that": lambda net: "flatten1" in net}
    assert verify(all_paths, "dL/do", where=flat, trials=40)
    assert name_of(first_path, where=flat) == "only one of several paths"


@pytest.mark.parametrize("factor, formula, where", [
    ("2", lambda do: 2 * do, None), ("−½", lambda do: -do / 2, None),
    ("N", lambda do: do * len(do), None), ("2/N", lambda do: 2 * do / len(do), None),
    ("C", lambda do, y: do * y.shape[1], None), ("−1/C", lambda do, y: -do / y.shape[1], None),
    ("2/C", lambda do, y: 2 * do / y.shape[1], None), ("1/(N·C)", lambda do, y: do / y.size, None),
    ("2/(N·C)", lambda do, y: 2 * do / y.size, None),
    ("P", lambda do: do * do.shape[1], {"layers": "conv"}), ("1/P", lambda do: do / do.shape[1], {"layers": "conv"}),
    ("K", lambda do: do * do.shape[2], None), ("1/K", lambda do: do / do.shape[2], None),
    ("F", lambda do, W: do * W.shape[1], None), ("1/F", lambda do, W: do / W.shape[1], None),
    ("0.1", lambda do: do / 10, None), ("-7", lambda do: -7 * do, None),
])
def test_factors_are_named_by_the_letters_of_the_shapes(factor, formula, where):
    assert name_of(formula, where=where) == f"off by the factor {factor}"


# ------------------------------------------------------------------ each correction by itself

RNG = np.random.default_rng(0)
NET = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2, "sigmoid"), mp.Dense(2)], seed=1)
for layer in NET.layers.values():
    layer.b[...] = RNG.normal(size=layer.K)
CASE = Case(NET, "dense1", RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2)), "mse")
O, DO = (getattr(CASE.trace["dense1"], key) for key in ("o", "do"))


def probe_of(formula, case=CASE, equals="dL/do"):
    claim = Equality(Formula(formula), find_quantity(equals), 1e-6)
    return Probe(claim, claim.trial(case))


def applied(name, probe):
    """What the first correction of this name returns."""
    return next(mistake for mistake in mistakes.MISTAKES if mistake.name == name).apply(probe)


def test_factors_by_hand():
    """N = 3, C = 5, P = 4 · 6, K = 2, F = 3 · 3 · 1."""
    layer = SimpleNamespace(K=2, W=np.zeros((2, 3, 3, 1)), output_shape=(4, 6, 2))
    probe = SimpleNamespace(claimed=np.ones(1), layer=layer, case=SimpleNamespace(
        x=np.zeros((3, 1)), net=SimpleNamespace(output_shape=(5,))))
    factors = {"2": 2, "½": 1 / 2, "N": 3, "1/N": 1 / 3, "C": 5, "1/C": 1 / 5, "P": 24, "1/P": 1 / 24, "K": 2,
               "1/K": 1 / 2, "F": 9, "1/F": 1 / 9, "2/C": 2 / 5, "2/N": 2 / 3, "1/(N·C)": 1 / 15, "2/(N·C)": 2 / 15}
    corrections = [mistakes.of_factor(factor, sign) for factor in mistakes.FACTORS for sign in (1, -1)]
    corrected = {correction.name: correction.apply(probe).item() for correction in corrections}
    expected = {f"off by the factor {sign}{text}": (-1 if sign else 1) / factor
                for text, factor in factors.items() for sign in ("", "−")}
    assert corrected.keys() == expected.keys() and corrected == pytest.approx(expected)
    assert set(expected) <= {mistake.name for mistake in mistakes.MISTAKES}
    assert {correction.name: correction.remedy for correction in corrections}["off by the factor −2/(N·C)"] == \
        "divided by it, {f} holds (N samples, C outputs)"


def test_any_factor_is_read_off_where_most_was_measured():
    probe = probe_of(lambda do: -7 * do + (np.abs(do) < np.abs(do).max()))     # one entry only is −7 times as large
    correction, = mistakes.of_constant_factor([probe])
    assert correction.name == "off by the factor -7"
    np.testing.assert_allclose(correction.apply(probe), probe.claimed / -7)
    for formula in (lambda do: 0 * do, lambda do: do[:1], lambda do: do[9]):      # 0, or nothing to compare it with
        assert not mistakes.of_constant_factor([probe_of(formula)])
    deaf = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=1)              # ∂ℓ/∂o = 0 everywhere
    deaf["dense2"].W[...] = 0
    probe = probe_of(lambda do, o: do + o, Case(deaf, "dense1", CASE.x, CASE.t, "mse"))
    assert not probe.forms[0].values.any() and not mistakes.of_constant_factor([probe])


def test_slopes_have_the_shape_of_what_was_claimed():
    exact = 1 - O[:, np.newaxis] ** 2                                             # tanh′(z) = 1 − o²
    for formula, expected in ((lambda do: do, exact), (lambda do: do[:, 0], exact[:, 0]),
                              (lambda dW: dW, exact[:, 0, :, np.newaxis])):
        np.testing.assert_allclose(mistakes.slope(probe_of(formula, equals="dL/dW"), "z"), expected, rtol=1e-12)
    np.testing.assert_allclose(mistakes.slope(probe_of(lambda do: do), "o"), 1 - np.tanh(O[:, np.newaxis]) ** 2)
    for formula in (lambda do: do.sum(axis=0), lambda do: do.sum(), lambda do: do[:2], lambda x: x):
        with pytest.raises(DoesNotApply, match="no slope of this shape"):
            mistakes.slope(probe_of(formula), "z")
    images = mp.Network((1, 2, 1), [mp.Conv2D(2, 1, "tanh"), mp.Flatten(), mp.Dense(1)], seed=0)
    case = Case(images, "conv1", np.ones((3, 1, 2, 1)), np.ones((3, 1)), "mse")
    assert mistakes.slope(probe_of(lambda do: do, case), "z").shape == (3, 2, 2)
    for formula in (lambda do: do[:, 0], lambda dW: dW):                          # of two positions, none is the one
        with pytest.raises(DoesNotApply, match="no slope of this shape"):
            mistakes.slope(probe_of(formula, case), "z")


def test_slopes_are_taken_away_again():
    probe, slope = probe_of(lambda do: do), 1 - O[:, np.newaxis] ** 2
    at_o = 1 - np.tanh(O[:, np.newaxis]) ** 2
    for name, expected in (("f′ missing", DO[:, np.newaxis] * slope), ("f′ twice", DO[:, np.newaxis] / slope),
                           ("f′ at o instead of z", DO[:, np.newaxis] / at_o * slope)):
        np.testing.assert_allclose(applied(name, probe), expected, rtol=1e-12)


def test_without_the_slope_0_over_0_is_0(monkeypatch):
    monkeypatch.setattr(mistakes, "slope", lambda probe, point: np.array([2.0, 3, 0, 0]))
    probe = SimpleNamespace(claimed=np.array([6.0, 0, 0, 1]))
    np.testing.assert_array_equal(mistakes.without_slope(probe), [3, 0, 0, np.nan])


def test_values_and_shapes_by_hand():
    probe = SimpleNamespace(claimed=np.array([[[4.0, 0.25], [1, 16]]]))
    signed = SimpleNamespace(claimed=np.array([-4.0, 2]))
    for name, expected in (("a reciprocal", [-0.25, 0.5]), ("a reciprocal with the wrong sign", [0.25, -0.5])):
        np.testing.assert_array_equal(applied(name, signed), expected)
    for name, expected in (("the absolute value is missing", [4, 2]), ("the square is missing", [16, 4])):
        np.testing.assert_array_equal(applied(name, signed), expected)
    np.testing.assert_array_equal(applied("squared", probe), [[[2, 0.5], [1, 4]]])
    np.testing.assert_array_equal(applied("transposed", probe), [[[4, 1], [0.25, 16]]])


A = CASE.trace["dense1"].o * CASE.trace["dense1"].do


@pytest.mark.parametrize("name, formula, expected", [
    ("absolute value where the signed value is meant", lambda o, do: np.abs((o * do)[:, 0].sum(axis=1)), A.sum(axis=1)),
    ("absolute value before the sum", lambda o, do: np.abs(o * do)[:, 0].sum(axis=1), np.abs(A.sum(axis=1))),
    ("absolute value after the sum", lambda o, do: np.abs((o * do)[:, 0].sum(axis=1)), np.abs(A).sum(axis=1)),
    ("square before the sum", lambda o, do: ((o * do) ** 2)[:, 0].sum(axis=1), A.sum(axis=1) ** 2),
    ("square after the sum", lambda o, do: (o * do)[:, 0].sum(axis=1) ** 2, (A ** 2).sum(axis=1)),
])
def test_operations_by_hand(name, formula, expected):
    np.testing.assert_allclose(applied(name, probe_of(formula)), expected, rtol=1e-12)


def test_paths_are_summed_by_a_loop():
    dz, W = CASE.trace["dense2"].dz, NET["dense2"].W
    probe = probe_of(lambda dz_next, W_next: dz_next[:, :, 0] * W_next[0])
    np.testing.assert_allclose(mistakes.over_all_neurons(probe), sum(dz[:, [k]] * W[k] for k in range(2)), rtol=1e-12)
    last = Case(NET, "dense2", CASE.x, CASE.t, "mse")
    y, t, W = CASE.trace.y, CASE.t, NET["dense3"].W
    for formula in (lambda y, t, W_next: (y - t)[:, :1] * W_next[0], lambda dy, W_next: dy[:, :1] * W_next[0],
                    lambda y, t, W_out: (y - t)[:, :1] * W_out[:, 0]):
        np.testing.assert_allclose(mistakes.over_all_neurons(probe_of(formula, last)), (y - t) @ W, rtol=1e-12)
    still = probe_of(lambda y, W_next: y[:, :1] * W_next[0])                   # y is no output of the next layer
    np.testing.assert_allclose(mistakes.over_all_neurons(still), y[:, :1] * NET["dense2"].W.sum(axis=0), rtol=1e-12)


def test_positions_are_summed_by_a_loop():
    net = mp.Network((1, 3, 1), [mp.Conv2D(2, 1, "tanh"), mp.Flatten(), mp.Dense(1)], seed=0)
    case = Case(net, "conv1", RNG.normal(size=(2, 1, 3, 1)), np.ones((2, 1)), "mse")
    probe = probe_of(lambda dz, x: dz[:, 0, :, np.newaxis] * x[:, :1], case, "dL/dW")
    np.testing.assert_allclose(applied("only one of several positions", probe), probe.forms[0].values, rtol=1e-7)
    assert not np.allclose(probe.claimed, probe.forms[0].values, rtol=1e-2)


def test_samples_one_by_one():
    mixed = probe_of(lambda do, W: do.mean(axis=0) + W[:, 0])
    np.testing.assert_allclose(mistakes.sample_by_sample(mixed), DO + NET["dense1"].W[:, 0], rtol=1e-12)
    reduced = probe_of(lambda do: do[:, 0].mean(axis=0))                       # (K,) of each: side by side
    np.testing.assert_allclose(mistakes.sample_by_sample(reduced), DO, rtol=1e-12)
    np.testing.assert_allclose(mistakes.unmixed(np.mean)(reduced), DO, rtol=1e-12)
    for probe, by in ((reduced, np.sum), (probe_of(lambda do: do[:, 0].max(axis=0)), np.mean)):
        with pytest.raises(DoesNotApply, match="not mixed in this way"):
            mistakes.unmixed(by)(probe)


def test_what_equals_z_without_b_is_z():
    z, z_next = CASE.trace["dense1"].z, CASE.trace["dense2"].z
    here = probe_of(lambda x, W: np.tanh(x @ W.T) + W[0, 0])
    np.testing.assert_allclose(mistakes.with_bias(here), np.tanh(z)[:, np.newaxis] + NET["dense1"].W[0, 0], rtol=1e-12)
    flat = probe_of(lambda x, W: x[:, 0] @ W.T)
    np.testing.assert_allclose(mistakes.with_bias(flat), z, rtol=1e-12)
    there = probe_of(lambda o, W_next: o @ W_next.T)
    np.testing.assert_allclose(mistakes.with_bias(there)[:, 0], z_next, rtol=1e-12)
    no_next = probe_of(lambda o: o @ NET["dense2"].W.T)                        # it does not need the next layer
    np.testing.assert_allclose(mistakes.with_bias(no_next)[:, 0], z_next - NET["dense2"].b, rtol=1e-12)
    for formula in (lambda x, W: x @ (W * (1 + 1e-9)).T, lambda x, W: W @ x.transpose(0, 2, 1),
                    lambda x, W: np.einsum("npf,kf->kn", x, W)):                   # not W x, or of another shape
        probe = probe_of(formula)
        np.testing.assert_array_equal(mistakes.with_bias(probe), probe.claimed)


@pytest.mark.parametrize("loss, expected", [
    ("mse", lambda y: y), ("cross_entropy", lambda y: np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)),
    ("binary_cross_entropy", lambda y: 1 / (1 + np.exp(-y)))])
def test_probabilities_of_logits(loss, expected):
    case = Case(NET, "dense1", CASE.x, np.eye(2)[[0, 1, 1, 0]], loss)
    answer = mistakes.with_answer_for_y(probe_of(lambda y: y, case))
    np.testing.assert_allclose(answer, expected(case.trace.y), rtol=1e-12)


def test_a_loss_that_does_not_say_what_it_makes_of_the_logits():
    probe = SimpleNamespace(arrays={"y": CASE.trace.y}, case=SimpleNamespace(loss=SimpleNamespace(answer=None)))
    with pytest.raises(DoesNotApply, match="does not say"):
        mistakes.with_answer_for_y(probe)


def test_the_function_of_the_other_cross_entropy_is_exchanged():
    t = np.eye(2)[[0, 1, 1, 0]]
    y = CASE.trace.y
    functions = {"cross_entropy": np.exp(y) / np.exp(y).sum(axis=1, keepdims=True),
                 "binary_cross_entropy": 1 / (1 + np.exp(-y))}
    for loss, other in itertools.permutations(functions):
        probe = probe_of(lambda y, t: functions[other] - t, Case(NET, "dense1", CASE.x, t, loss))
        np.testing.assert_allclose(mistakes.with_own_answer(probe), functions[loss] - t, rtol=1e-12)
    with pytest.raises(DoesNotApply, match="neither"):
        mistakes.with_own_answer(probe_of(lambda y: y))


def test_what_is_not_there_is_called_missing():
    """All ways from one of these to another; a name tells of a |·| or a square only where the formula has one."""
    ways = {"|Σ|": lambda W, dW: np.abs((W * dW).sum(axis=2)), "Σ||": lambda W, dW: np.abs(W * dW).sum(axis=2),
            "Σ": lambda W, dW: (W * dW).sum(axis=2), "Σ()²": lambda W, dW: ((W * dW) ** 2).sum(axis=2),
            "(Σ)²": lambda W, dW: np.square((W * dW).sum(axis=2))}
    expected = {("|Σ|", "Σ||"): "absolute value after the sum", ("|Σ|", "Σ"): "absolute value where the signed value "
                "is meant", ("|Σ|", "Σ()²"): "the square is missing", ("|Σ|", "(Σ)²"): "the square is missing",
                ("Σ||", "|Σ|"): "absolute value before the sum", ("Σ||", "Σ()²"): "the square is missing",
                ("Σ||", "(Σ)²"): None, ("Σ", "|Σ|"): "the absolute value is missing",
                ("Σ", "Σ||"): "the absolute value is missing", ("Σ", "Σ()²"): "the square is missing",
                ("Σ", "(Σ)²"): "the square is missing", ("Σ()²", "(Σ)²"): "square before the sum",
                ("(Σ)²", "Σ()²"): "square after the sum", ("(Σ)²", "|Σ|"): "squared"}
    for (one, other), name in expected.items():
        verdict = verify(ways[one], equals=ways[other], trials=20)
        assert (verdict.mistake and verdict.mistake.name) == name, (one, other)
