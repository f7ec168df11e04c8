"""What a formula is given, and what it is told when it goes wrong."""

import functools

import numpy as np
import pytest

import minprune as mp
from minprune.verification.verify import verify
from minprune.verification.formulas import KNOWN, Formula, array_of
from minprune.verification.sampling.random_networks import Case, Where, draw_cases

CASE = next(case for case in draw_cases(Where({"layer": "last hidden", "depth": 3, "outputs": 3}), 30, 1)
            if len(case.x) == 4 and case.net[case.layer].K == 2)


def given(*names):
    function = eval(f"lambda {', '.join(names)}: 0")
    return Formula(function).given(CASE)


def test_every_array_has_its_shape_and_meaning():
    arrays, trace, net = given(*KNOWN), CASE.trace, CASE.net
    layer, after = net["dense2"], net["dense3"]
    F = layer.W.shape[1]
    shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes["o"] == shapes["z"] == shapes["do"] == shapes["dz"] == (4, 1, 2)
    assert shapes["x"] == (4, 1, F) and shapes["dW"] == (4, 2, F) and shapes["W"] == (2, F) and shapes["gamma"] == (2,)
    assert shapes["z_next"] == shapes["o_next"] == shapes["dz_next"] == shapes["do_next"] == (4, 1, 3)
    np.testing.assert_array_equal(arrays["W_next"], after.W)
    np.testing.assert_array_equal(arrays["b_next"], after.b)
    np.testing.assert_array_equal(arrays["z_next"][:, 0], trace["dense3"].z)
    np.testing.assert_array_equal(arrays["dz_next"][:, 0], trace["dense3"].dz)
    np.testing.assert_array_equal(arrays["y"], trace.y)
    np.testing.assert_array_equal(arrays["dy"], trace["dense3"].do)
    np.testing.assert_array_equal(arrays["t"], CASE.t)


def next_of_conv(dz_next, W_next, o):
    assert W_next.ndim == 2
    return o


def test_the_next_layer_must_be_dense_and_read_this_one_directly():
    conv = draw_cases(Where({"layers": "conv"}), 60, 0)
    fitting = [case for case in conv if Formula(next_of_conv).fits(case)]
    assert 0 < len(fitting) < len(conv)
    for case in fitting:
        assert case.net.readers(case.layer) == ["dense1"]
        np.testing.assert_array_equal(case.trace["dense1"].x.ravel(), case.trace[case.layer].o.ravel())
    assert verify(next_of_conv, invariant="sample order", where={"layers": "conv"}, trials=20).trials == 20


def test_what_the_next_layer_reads_is_what_this_one_puts_out():
    """z_next = W_next o + b_next wherever such a formula is tried by default, though a quarter of all have a block."""
    formula = Formula(lambda z_next, W_next, b_next, o: z_next - (o @ W_next.T + b_next))
    cases = draw_cases(Where(), 100, 0, formula.fits)
    assert any(not case.net.is_chain for case in cases) and any(case.layer not in case.net.layers for case in cases)
    for case in cases:
        np.testing.assert_allclose(formula(case), 0, atol=1e-12)
    asked = draw_cases(Where({"residual": True}), 60, 0, functools.partial(formula.fits, coupled=True))
    assert any(np.abs(formula(case)).max() > 0.1 for case in asked)


BLOCK = mp.Network(2, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(1)])


def about(layer, any_next=False, net=BLOCK):
    return Case(net, layer, np.ones((2, *net.input_shape)), np.zeros((2, 1)), "mse", any_next)


@pytest.mark.parametrize("formula, layer, alone, coupled, told", [
    (lambda do: do, "dense1", False, True, True), (lambda do: do, "dense2", True, True, True),
    (lambda W_out: W_out, "dense1", False, False, False), (lambda W_out: W_out, "dense2", True, True, True),
    (lambda W_next: W_next, "dense1", False, False, True), (lambda W_next: W_next, "dense2", True, True, True),
    (lambda dz_next, o: o, "dense3", False, False, True), (lambda o, y, t: o, "dense3", False, True, True),
    (lambda y, t: y, "dense4", True, True, True), (lambda W_next: W_next, "dense4", False, False, False),
])
def test_which_layers_around_a_block_fit(formula, layer, alone, coupled, told):
    """By themselves, where they may be coupled, and where the networks with blocks were asked for."""
    formula = Formula(formula)
    assert formula.fits(about(layer)) == alone
    assert formula.fits(about(layer), coupled=True) == coupled
    assert formula.fits(about(layer, any_next=True), coupled=True) == told


def test_the_next_layer_of_several_is_the_first():
    given = Formula(lambda W_next, b_next, z_next, o_next, dz_next, do_next: 0).given(about("dense1", True))
    trace = about("dense1").trace["dense2"]
    np.testing.assert_array_equal(given["W_next"], BLOCK["dense2"].W)
    for name in ("z", "o", "dz", "do"):
        np.testing.assert_array_equal(given[f"{name}_next"][:, 0], getattr(trace, name))


def test_corrections_see_all_that_read_a_layer():
    """∂ℓ/∂o = Σ_k ∂ℓ/∂z_k w_k over the neurons k of all layers that read it."""
    for layer in ("dense1", "dense2", "dense3"):
        case = about(layer)
        W, dz = array_of(case, "W_next"), array_of(case, "dz_next")
        np.testing.assert_allclose(dz @ W, case.trace[layer].do[:, np.newaxis], atol=1e-12)
    case = about("dense1")
    assert array_of(case, "b_next").shape == (4,) and array_of(case, "o_next").shape == (2, 1, 4)
    np.testing.assert_array_equal(array_of(case, "W_next"),
                                  np.concatenate([BLOCK["dense2"].W, BLOCK["dense4"].W]))


def test_what_reads_on():
    assert Formula(lambda W_out: 0).reads_on() and Formula(lambda o, z_next: 0).reads_on()
    assert not Formula(lambda o, y, dy, W: 0).reads_on()


def problem(formula, equals="dL/do"):
    verdict = verify(formula, equals, trials=10)
    assert not verdict.holds and verdict.error is None and verdict.problem in str(verdict)
    return verdict.problem


def test_exceptions_are_told_with_the_shapes():
    def crooked(o, W):
        return o @ np.zeros((17, 3))

    told = problem(crooked)
    assert told.startswith("crooked raised ValueError: matmul") and "(given o (" in told and ", W (" in told


def test_a_formula_that_cannot_be_finished():
    def unfinished(o):
        raise NotImplementedError("write me")

    assert problem(unfinished).startswith("unfinished raised NotImplementedError: write me (given o (")


def test_wrong_shapes_are_told_with_those_that_are_right():
    told = problem(lambda o: o[0, 0, 0])
    assert told.startswith("formula returned the shape (), expected (N, P, K) = (") and " or (N, K) = (" in told


@pytest.mark.parametrize("formula, told", [
    (lambda o: o * np.nan, "returned NaN"),
    (lambda o: (np.abs(o) + 1) / 0, "returned infinity"),
    (lambda o: None, "returned None, not an array of numbers"),
    (lambda o: o + 1j, "returned an array of complex128, not an array of numbers"),
    (lambda o: "o", "returned an array of <U1, not an array of numbers"),
    (lambda o: [[1], [1, 2]], "raised ValueError"),
])
def test_what_cannot_be_compared_is_told(formula, told):
    assert told in problem(formula)


def changing(o):
    o *= 2
    return o


def unlocking(o):
    o.flags.writeable = True
    o[...] = 0
    return o


def test_a_formula_that_changes_its_inputs_is_told_so(fingerprint):
    before = fingerprint(CASE.net)
    assert problem(changing).startswith("changing tries to change its inputs, which are read-only (given o (")
    assert problem(unlocking).startswith("unlocking tries to change its inputs")
    assert fingerprint(CASE.net) == before


def test_errors_in_the_formula_itself():
    with pytest.raises(ValueError, match='unknown parameter of formula: "dzz"; did you mean "dz"'):
        Formula(lambda dzz: dzz)
    with pytest.raises(ValueError, match='unknown parameter of f: "W_nxt"; did you mean "W_next"'):
        exec("def f(W_nxt): return 0", space := {})
        Formula(space["f"])
    with pytest.raises(ValueError, match="names no parameter that says what it needs"):
        Formula(lambda: 0)
    with pytest.raises(TypeError, match="formula expects a function, got str"):
        Formula("taylor")


def test_parameters_with_defaults_are_settings():
    assert verify(lambda do, factor=1.0: factor * do, "dL/do", trials=5)


def test_names_and_needs():
    def named(o, do, factor=2):
        return o * do * factor

    class Callable:
        def __call__(self, W, b):
            return W

    assert (Formula(named).name, Formula(named).needs) == ("named", ["o", "do"])
    assert (Formula(lambda z: z).name, Formula(lambda z: z).needs) == ("formula", ["z"])
    assert (Formula(Callable()).name, Formula(Callable()).needs) == ("Callable", ["W", "b"])
    assert Formula(functools.partial(named, do=1)).name == "partial"


def test_results_are_arrays_of_floats():
    for result in (True, 3, np.float32(2), np.arange(3), [[1, 2], [3, 4]]):
        found = Formula(lambda o: result)(CASE)
        assert found.dtype == np.float64 and found.shape == np.shape(result)
        np.testing.assert_array_equal(found, result)


def test_every_array_is_a_read_only_copy():
    seen = {}

    def keeping(o, W, y, W_next):
        seen.update(o=o, W=W, y=y, W_next=W_next)
        return o

    Formula(keeping)(CASE)
    assert not any(array.flags.writeable for array in seen.values())
    assert not np.shares_memory(seen["W"], CASE.net[CASE.layer].W) and not np.shares_memory(seen["y"], CASE.trace.y)


def test_warnings_of_numpy_are_not_shown(recwarn):
    assert "returned NaN" in problem(lambda o: np.log(-np.abs(o)))
    assert not recwarn.list
