"""What a formula is given, and what it is told when it goes wrong."""

import numpy as np
import pytest

from minprune.verification import verify
from minprune.verification.formulas import KNOWN, Formula
from minprune.verification.networks import Where, draw_cases

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


def test_the_next_layer_must_be_dense():
    def next_of_conv(dz_next, W_next, o):
        assert W_next.ndim == 2
        return o

    conv = draw_cases(Where({"layers": "conv"}), 30, 0)
    fitting = [case for case in conv if Formula(next_of_conv).fits(case)]
    assert 0 < len(fitting) < len(conv)
    assert all(case.net.reader(case.layer).startswith("dense") for case in fitting)
    assert verify(next_of_conv, invariant="sample order", where={"layers": "conv"}, trials=20).trials == 20


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
