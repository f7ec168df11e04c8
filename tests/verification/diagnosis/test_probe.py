"""What corrections ask about one case."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.diagnosis.counterfactual import MEAN_FOR_SUM
from minprune.verification.diagnosis.probe import Asked, Correction
from minprune.verification.claims.claim import Equality, quantity_of
from minprune.verification.formulas import Formula, Unanswered
from minprune.verification.sampling.random_networks import Case

NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
# o = (x, −2x), y = 2x, t = 1: dy = 2x − 1 = (1, 3) for x = 1, 2
CASE = Case(NET, "dense1", np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), "mse")
DO = np.array([[[3.0, 0.5]], [[9.0, 1.5]]])


def asked_about(formula):
    check = Equality(Formula(formula), quantity_of("dL/do"), 1e-6)
    return Asked(check, check.trial(CASE))


def test_what_was_given_claimed_and_measured():
    asked = asked_about(lambda do, o: do + o)
    assert list(asked.given) == ["do", "o"] and asked.layer is NET["dense1"] and asked.case is CASE
    np.testing.assert_array_equal(asked.claimed, DO + [[[1, -2]], [[2, -4]]])
    np.testing.assert_allclose(asked.forms[0].values, DO, rtol=1e-9)
    np.testing.assert_array_equal(asked.array("do"), DO)
    np.testing.assert_array_equal(asked.array("dy"), [[1], [3]])                       # not asked for by the formula
    assert asked.next_layer() is NET["dense2"]


def test_what_raised_has_claimed_nothing():
    with pytest.raises(Unanswered, match="raised IndexError"):
        asked_about(lambda do: do[9]).claimed


def test_the_formula_of_other_arrays():
    asked = asked_about(lambda do, o: do + o)
    np.testing.assert_array_equal(asked.with_given(o=np.zeros(2)), DO)
    np.testing.assert_array_equal(asked.with_given(), asked.claimed)
    summed = asked_about(lambda do: do.sum(axis=0))
    np.testing.assert_array_equal(summed.by_rule(MEAN_FOR_SUM), DO.mean(axis=0))
    assert type(summed.given["do"]) is np.ndarray                                      # none of these is changed


def test_the_same_formula_about_another_case():
    other = Case(NET, "dense1", np.array([[3.0]]), np.array([[1.0]]), "mse")
    asked = asked_about(lambda do: 2 * do).about(other)
    assert asked.case is other and asked.trial.case is other
    np.testing.assert_array_equal(asked.claimed, [[[2 * 5 * 3, 2 * 5 * 0.5]]])          # dy = 2 · 3 − 1
    np.testing.assert_array_equal(asked.given["do"], [[[15, 2.5]]])


def raising(error):
    def apply(asked):
        raise error
    return Correction("", "", apply)


@pytest.mark.parametrize("error", [Unanswered("it"), KeyError("it"), ValueError("it"), IndexError("it")])
def test_a_correction_that_does_not_apply_is_not_accepted(error):
    assert asked_about(lambda do: do).accepts(raising(error)) is False


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        asked_about(lambda do: do).accepts(raising(ZeroDivisionError()))


def test_a_correction_is_accepted_where_the_claim_holds_with_it():
    asked = asked_about(lambda do: -do)
    assert asked.accepts(Correction("", "", lambda asked: -asked.claimed))
    assert not asked.accepts(Correction("", "", lambda asked: asked.claimed))
    assert not asked.accepts(Correction("", "", lambda asked: asked.claimed / 0))       # and warns of nothing


def test_remedies_may_depend_on_all_cases():
    assert Correction("", "plain", None).told([1, 2]) == "plain" and Correction("", "", None).confirm([]) is True
    assert Correction("", lambda every: f"of {len(every)}", None).told([1, 2]) == "of 2"
