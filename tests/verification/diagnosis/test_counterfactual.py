"""The arrays that do one thing differently, and all else as NumPy does it."""

import numpy as np
import pytest

from minprune.verification.diagnosis import counterfactual as altered
from minprune.verification.diagnosis.counterfactual import Altered, Rule, by_sample, only, over_samples, plain

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
    np.testing.assert_array_equal(altered.along(-2, np.ndarray.sum)(A), A.sum(axis=0))
    with pytest.raises(ValueError, match="no axis -3"):
        altered.along(-3, np.ndarray.sum)(A)


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "min", "std", "var"])
@pytest.mark.parametrize("settings", [{}, {"axis": 1}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True}])
def test_reductions_that_no_rule_changes(reduce, settings):
    exact = getattr(np, reduce)(A, **settings)
    np.testing.assert_array_equal(under(Rule(), lambda a: getattr(np, reduce)(a, **settings)), exact)
    np.testing.assert_array_equal(under(Rule(), lambda a: getattr(a, reduce)(**settings)), exact)
    rule = Rule(reductions={reduce: lambda array, axis, keepdims=False: np.full(3, 7.0)})
    np.testing.assert_array_equal(under(rule, lambda a: getattr(a, reduce)(**settings)), [7, 7, 7])


def test_ddof_is_kept():
    for reduce in ("std", "var"):
        np.testing.assert_array_equal(under(Rule(), lambda a: getattr(np, reduce)(a, axis=1, ddof=1)),
                                      getattr(np, reduce)(A, axis=1, ddof=1))


def test_what_a_reduction_is_called_with():
    assert only({"keepdims": False, "dtype": None, "out": None}) == {"keepdims": False}
    assert only({"keepdims": True, "ddof": 1}) == {"keepdims": True, "ddof": 1}
    assert only({"keepdims": np._NoValue, "ddof": 0, "other": True}) == {}


def test_a_sum_of_some_is_not_taken_for_a_sum_of_all():
    with pytest.raises(ValueError, match="a sum of some"):
        under(altered.MEAN_FOR_SUM, lambda a: np.sum(a, axis=0, where=A > 0))
    np.testing.assert_array_equal(under(Rule(), lambda a: a.sum(axis=0, where=True)), A.sum(axis=0))


def test_results_that_are_written_elsewhere():
    def formula(a):
        out = np.empty_like(A)
        assert np.abs(a, out=out) is out
        return out

    np.testing.assert_array_equal(under(Rule(), formula), np.abs(A))
    np.testing.assert_array_equal(under(altered.WITHOUT_ABS, formula), A)


@pytest.mark.parametrize("exponent, left", [(2, A), (2.0, A), (3, A ** 3), (np.full(3, 2), A ** 2), (0.5, None)])
def test_squares_are_left_out_and_no_other_powers(exponent, left):
    B = np.abs(A) if left is None else A
    np.testing.assert_array_equal(altered.power_other_than_square(B, exponent), np.sqrt(B) if left is None else left)


@pytest.mark.parametrize("axis, count, over, others", [
    (0, 2, True, ()), (1, 2, False, (1,)), (-1, 2, False, (1,)), (-2, 2, True, ()), (None, 2, True, (1,)),
    ((1, 0), 2, True, (1,)), (0, 3, False, ()), (None, 3, False, (1,))])
def test_whether_a_reduction_is_over_the_samples(axis, count, over, others):
    assert over_samples(A, axis, count) == (over, others)


def test_a_single_number_has_no_samples():
    assert over_samples(np.array(3.0), None, 1)[0] is False


BATCH = np.array([[[1.0, -2, 3], [4, 5, -6]], [[-1, 0, 2], [7, -8, 9]]])                # N = 2


def test_reductions_by_sample():
    doubled = by_sample("sum", 2, lambda each: 2 * each.sum(axis=0, keepdims=True))
    np.testing.assert_array_equal(doubled(BATCH, axis=0), 2 * BATCH.sum(axis=0))
    np.testing.assert_array_equal(doubled(BATCH, axis=(0, 1)), 2 * BATCH.sum(axis=(0, 1)))
    np.testing.assert_array_equal(doubled(BATCH, axis=-3, keepdims=True), 2 * BATCH.sum(axis=0, keepdims=True))
    np.testing.assert_array_equal(doubled(BATCH, axis=None), 2 * BATCH.sum())
    np.testing.assert_array_equal(doubled(BATCH, axis=1), BATCH.sum(axis=1))              # not the samples
    np.testing.assert_array_equal(doubled(BATCH[0], axis=1), BATCH[0].sum(axis=1))
    np.testing.assert_array_equal(by_sample("sum", 3, np.abs)(BATCH, axis=0), BATCH.sum(axis=0))   # nor of three
    absolute = by_sample("mean", 2, lambda each: np.abs(each).mean(axis=0, keepdims=True))
    np.testing.assert_array_equal(absolute(BATCH, axis=(0, 1)), np.abs(BATCH.mean(axis=1)).mean(axis=0))
