"""Corrections: the arrays that do one thing differently, and names given only where the correction helps everywhere."""

import numpy as np
import pytest

from minprune.verification import altered, verify
from minprune.verification.altered import Altered, Rule, plain

A = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def under(rule, formula):
    result = formula(altered.altered(A.copy(), rule))
    return np.asarray(result)


@pytest.mark.parametrize("rule, formula, expected", [
    (altered.MEAN_FOR_SUM, lambda a: a.sum(axis=0), A.mean(axis=0)),
    (altered.MEAN_FOR_SUM, lambda a: np.sum(a, axis=1, keepdims=True), A.mean(axis=1, keepdims=True)),
    (altered.MEAN_FOR_SUM, lambda a: (2 * a).T.sum(), 2 * A.mean()),
    (altered.MEAN_FOR_SUM, lambda a: a.mean(axis=0), A.mean(axis=0)),
    (altered.SUM_FOR_MEAN, lambda a: np.mean(a * a, axis=0), (A * A).sum(axis=0)),
    (altered.SUM_FOR_MEAN, lambda a: a.sum(axis=0), A.sum(axis=0)),
    (altered.WITHOUT_ABS, lambda a: abs(a).sum(axis=1), A.sum(axis=1)),
    (altered.WITHOUT_ABS, lambda a: np.abs(np.einsum("ij->i", a)), A.sum(axis=1)),
    (altered.WITHOUT_ABS, lambda a: np.fabs(a), A),
    (altered.WITHOUT_SQUARE, lambda a: (a ** 2).sum(axis=0), A.sum(axis=0)),
    (altered.WITHOUT_SQUARE, lambda a: np.square(a) + a ** 3, A + A ** 3),
    (altered.ABS_FIRST, lambda a: np.abs(a.sum(axis=1)), np.abs(A).sum(axis=1)),
    (altered.ABS_FIRST, lambda a: a.mean(axis=1), np.abs(A).mean(axis=1)),
    (altered.SQUARE_FIRST, lambda a: a.sum(axis=1) ** 2, (A ** 2).sum(axis=1)),
    (altered.OTHER_AXES[0], lambda a: a.sum(axis=1), A.sum(axis=0)),
    (altered.OTHER_AXES[1], lambda a: a.mean(axis=0), A.mean(axis=1)),
    (Rule(), lambda a: a @ a.T + a.sum(), A @ A.T + A.sum()),
    (Rule(seen=lambda r: r + 1), lambda a: a * 2, 2 * A + 1),
])
def test_one_operation_is_done_differently(rule, formula, expected):
    np.testing.assert_allclose(under(rule, formula), expected, rtol=1e-15)


def test_all_else_is_as_it_was():
    every = altered.altered(A.copy(), Rule())
    assert type(every * 2) is Altered and type(np.concatenate([every, every])) is Altered
    assert type(plain(every)) is np.ndarray
    every += 1
    np.testing.assert_array_equal(plain(every), A + 1)
    assert type(every) is Altered and every[0].rule is every.rule


def test_an_axis_that_is_not_there():
    with pytest.raises(ValueError, match="no axis 2"):
        under(altered.OTHER_AXES[2], lambda a: a.sum(axis=0))


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
def test_factors_are_told_in_the_letters_of_the_shapes(factor, formula, where):
    assert name_of(formula, where=where) == f"off by the factor {factor}"
