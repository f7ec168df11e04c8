"""Arrays on which one operation of a formula does something else."""

import numpy as np
import pytest

from cases import each
from minprune.verification.diagnosis import operations as module
from minprune.verification.diagnosis.operations import (
    Counterfactual, Rule, counterfactual, ordinary, settings_of_reduction)

A = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def under(rule, formula):
    result = formula(counterfactual(A.copy(), rule))
    return np.asarray(result)


@each("rule, formula, expected", [
    (module.MEAN_FOR_SUM, lambda a: a.sum(axis=0), A.mean(axis=0)),
    (module.MEAN_FOR_SUM, lambda a: np.sum(a, axis=1, keepdims=True), A.mean(axis=1, keepdims=True)),
    (module.MEAN_FOR_SUM, lambda a: (2 * a).T.sum(), 2 * A.mean()),
    (module.MEAN_FOR_SUM, lambda a: a.mean(axis=0), A.mean(axis=0)),
    (module.SUM_FOR_MEAN, lambda a: np.mean(a * a, axis=0), (A * A).sum(axis=0)),
    (module.SUM_FOR_MEAN, lambda a: a.sum(axis=0), A.sum(axis=0)),
    (module.WITHOUT_ABS, lambda a: abs(a).sum(axis=1), A.sum(axis=1)),
    (module.WITHOUT_ABS, lambda a: np.abs(np.einsum("ij->i", a)), A.sum(axis=1)),
    (module.WITHOUT_ABS, lambda a: np.fabs(a), A),
    (module.WITHOUT_SQUARE, lambda a: (a ** 2).sum(axis=0), A.sum(axis=0)),
    (module.WITHOUT_SQUARE, lambda a: np.square(a) + a ** 3, A + A ** 3),
    (module.ABS_FIRST, lambda a: np.abs(a.sum(axis=1)), np.abs(A).sum(axis=1)),
    (module.ABS_FIRST, lambda a: a.mean(axis=1), np.abs(A).mean(axis=1)),
    (module.SQUARE_FIRST, lambda a: a.sum(axis=1) ** 2, (A ** 2).sum(axis=1)),
    (module.OTHER_AXES[0], lambda a: a.sum(axis=1), A.sum(axis=0)),
    (module.OTHER_AXES[1], lambda a: a.mean(axis=0), A.mean(axis=1)),
    (Rule(), lambda a: a @ a.T + a.sum(), A @ A.T + A.sum()),
    (Rule(seen=lambda r: r + 1), lambda a: a * 2, 2 * A + 1),
])
def test_one_operation_is_done_differently(rule, formula, expected):
    np.testing.assert_allclose(under(rule, formula), expected, rtol=1e-15)


def test_all_else_is_as_it_was():
    array = counterfactual(A.copy(), Rule())
    assert type(array * 2) is Counterfactual and type(np.concatenate([array, array])) is Counterfactual
    assert type(ordinary(array)) is np.ndarray
    array += 1
    np.testing.assert_array_equal(ordinary(array), A + 1)
    assert type(array) is Counterfactual and array[0].rule is array.rule


def test_an_axis_that_is_not_there():
    with pytest.raises(ValueError, match="no axis 2"):
        under(module.OTHER_AXES[2], lambda a: a.sum(axis=0))
    np.testing.assert_array_equal(module.along(-2, np.ndarray.sum)(A), A.sum(axis=0))
    with pytest.raises(ValueError, match="no axis -3"):
        module.along(-3, np.ndarray.sum)(A)


@each("reduce", ["sum", "mean", "max", "min", "std", "var"])
@each("settings", [{}, {"axis": 1}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True}])
def test_reductions_that_no_rule_changes(reduce, settings):
    exact = getattr(np, reduce)(A, **settings)
    np.testing.assert_array_equal(under(Rule(), lambda a: getattr(np, reduce)(a, **settings)), exact)
    np.testing.assert_array_equal(under(Rule(), lambda a: getattr(a, reduce)(**settings)), exact)
    rule = Rule(reductions={reduce: lambda array, axis, keepdims=False: np.full(3, 7.0)})
    np.testing.assert_array_equal(under(rule, lambda a: getattr(a, reduce)(**settings)), [7, 7, 7])


def test_ddof_is_respected():
    for reduce in ("std", "var"):
        np.testing.assert_array_equal(under(Rule(), lambda a: getattr(np, reduce)(a, axis=1, ddof=1)),
                                      getattr(np, reduce)(A, axis=1, ddof=1))


def test_what_a_reduction_is_called_with():
    assert settings_of_reduction({"keepdims": False, "dtype": None, "out": None}) == {"keepdims": False}
    assert settings_of_reduction({"keepdims": True, "ddof": 1}) == {"keepdims": True, "ddof": 1}
    assert settings_of_reduction({"keepdims": np._NoValue, "ddof": 0, "other": True}) == {}


def test_a_sum_of_some_is_not_taken_for_a_sum_of_all():
    with pytest.raises(ValueError, match="a sum of some"):
        under(module.MEAN_FOR_SUM, lambda a: np.sum(a, axis=0, where=A > 0))
    np.testing.assert_array_equal(under(Rule(), lambda a: a.sum(axis=0, where=True)), A.sum(axis=0))


def test_results_that_are_written_elsewhere():
    def formula(a):
        out = np.empty_like(A)
        assert np.abs(a, out=out) is out
        return out

    np.testing.assert_array_equal(under(Rule(), formula), np.abs(A))
    np.testing.assert_array_equal(under(module.WITHOUT_ABS, formula), A)


@each("exponent, left", [(2, A), (2.0, A), (3, A ** 3), (np.full(3, 2), A ** 2), (0.5, None)])
def test_squares_are_left_out_and_no_other_powers(exponent, left):
    B = np.abs(A) if left is None else A
    np.testing.assert_array_equal(module.power_other_than_square(B, exponent), np.sqrt(B) if left is None else left)
