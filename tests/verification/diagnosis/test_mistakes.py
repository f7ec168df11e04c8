"""Corrections, each by itself; and names, given only where the correction helps on all networks."""

from types import SimpleNamespace

import numpy as np
import pytest

from cases import each
from minprune.verification.verify import verify
from verification.diagnosis.probes import CASE, applied, probe_of


def name_of(formula, equals="dL/do", **claim):
    verdict = verify(formula, equals, trials=12, **claim)
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
    assert verify(all_paths, "dL/do", where=flat, trials=12)
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


@each("name, formula, expected", [
    ("absolute value where the signed value is meant", lambda o, do: np.abs((o * do)[:, 0].sum(axis=1)), A.sum(axis=1)),
    ("absolute value before the sum", lambda o, do: np.abs(o * do)[:, 0].sum(axis=1), np.abs(A.sum(axis=1))),
    ("absolute value after the sum", lambda o, do: np.abs((o * do)[:, 0].sum(axis=1)), np.abs(A).sum(axis=1)),
    ("square before the sum", lambda o, do: ((o * do) ** 2)[:, 0].sum(axis=1), A.sum(axis=1) ** 2),
    ("square after the sum", lambda o, do: (o * do)[:, 0].sum(axis=1) ** 2, (A ** 2).sum(axis=1)),
])
def test_operations_by_hand(name, formula, expected):
    np.testing.assert_allclose(applied(name, probe_of(formula)), expected, rtol=1e-12)


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
        verdict = verify(ways[one], equals=ways[other], trials=12)
        assert (verdict.mistake and verdict.mistake.name) == name, (one, other)
