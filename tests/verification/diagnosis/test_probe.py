"""A formula asked again about one case: with other arrays, or with one operation done differently."""

from types import SimpleNamespace

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.verification.claims.equality import Equality
from minprune.verification.diagnosis.operations import MEAN_FOR_SUM
from minprune.verification.diagnosis.probe import Correction, DoesNotApply, Probe, rejections
from minprune.verification.formulas import Formula, Unanswered
from minprune.verification.quantities import find_quantity
from minprune.verification.sampling.random_networks import Case

NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
# o = (x, −2x), y = 2x, t = 1: dy = 2x − 1 = (1, 3) for x = 1, 2
CASE = Case(NET, "dense1", np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), "mse")
DO = np.array([[[3.0, 0.5]], [[9.0, 1.5]]])


def probe_of(formula):
    claim = Equality(Formula(formula), find_quantity("dL/do"), 1e-6)
    return Probe(claim, claim.trial(CASE))


def test_what_was_given_claimed_and_measured():
    probe = probe_of(lambda do, o: do + o)
    assert list(probe.arrays) == ["do", "o"] and probe.layer is NET["dense1"] and probe.case is CASE
    np.testing.assert_array_equal(probe.claimed, DO + [[[1, -2]], [[2, -4]]])
    np.testing.assert_allclose(probe.forms[0].values, DO, rtol=1e-9)
    np.testing.assert_array_equal(probe.array("do"), DO)
    np.testing.assert_array_equal(probe.array("dy"), [[1], [3]])                       # not needed by the formula
    assert probe.next_layer() is NET["dense2"]


def test_what_raised_has_claimed_nothing():
    with pytest.raises(Unanswered, match="raised IndexError"):
        probe_of(lambda do: do[9]).claimed


def test_the_formula_of_other_arrays():
    probe = probe_of(lambda do, o: do + o)
    np.testing.assert_array_equal(probe.with_arrays(o=np.zeros(2)), DO)
    np.testing.assert_array_equal(probe.with_arrays(), probe.claimed)
    summed = probe_of(lambda do: do.sum(axis=0))
    np.testing.assert_array_equal(summed.under(MEAN_FOR_SUM), DO.mean(axis=0))
    assert type(summed.arrays["do"]) is np.ndarray                                      # none of these is changed


def test_the_same_formula_about_another_case():
    other = Case(NET, "dense1", np.array([[3.0]]), np.array([[1.0]]), "mse")
    probe = probe_of(lambda do: 2 * do).about(other)
    assert probe.case is other and probe.trial.case is other
    np.testing.assert_array_equal(probe.claimed, [[[2 * 5 * 3, 2 * 5 * 0.5]]])          # dy = 2 · 3 − 1
    np.testing.assert_array_equal(probe.arrays["do"], [[[15, 2.5]]])


def raising(error):
    def apply(probe):
        raise error
    return Correction("", "", apply)


@each("error", [Unanswered("it"), KeyError("it"), ValueError("it"), IndexError("it"),
                DoesNotApply("it")])
def test_a_correction_that_does_not_apply_is_not_accepted(error):
    assert probe_of(lambda do: do).accepts(raising(error)) is False


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        probe_of(lambda do: do).accepts(raising(ZeroDivisionError()))


def test_a_correction_is_accepted_where_the_claim_holds_with_it():
    probe = probe_of(lambda do: -do)
    assert probe.accepts(Correction("", "", lambda probe: -probe.claimed))
    assert not probe.accepts(Correction("", "", lambda probe: probe.claimed))
    assert not probe.accepts(Correction("", "", lambda probe: probe.claimed / 0))       # and warns of nothing


def test_remedies_may_depend_on_all_cases():
    probes = [probe_of(lambda do: do)] * 2
    assert Correction("", "with it, {f} holds", None).describe(probes) == "with it, formula holds"
    assert Correction("", lambda probes: f"of {len(probes)} {{f}}", None).describe(probes) == "of 2 formula"
    assert Correction("", "", None).confirm([]) is True


def test_which_functions_the_formula_calls():
    squares, absolutes = (np.square, np.power), (np.absolute, np.fabs)
    for formula, called in ((lambda do: np.abs(do), (False, True)), (lambda do: do ** 2, (True, False)),
                            (lambda do: np.fabs(do ** 2), (True, True)), (lambda do: do * do, (False, False))):
        assert tuple(probe_of(formula).calls(functions) for functions in (squares, absolutes)) == called


def counted(helps, exceptions):
    """(rejections, how many were tried) of a correction that helps where it is said to."""
    tried = []
    probes = [SimpleNamespace(accepts=lambda correction, one=one: tried.append(one) or one) for one in helps]
    return rejections(Correction("", "", None), probes, exceptions), len(tried)


def test_the_counting_of_rejections_ends_early():
    assert counted([True] * 9, 0) == (0, 9)
    assert counted([True, False, True], 0) == (1, 2) and counted([False, True, True], 0) == (1, 1)
    assert counted([False, True, False, True], 2) == (2, 4) and counted([False] * 4, 2) == (3, 3)
    assert counted([False] * 6 + [True] * 90, 9) == (10, 6)                       # the first six all fail
    assert counted([False] * 5 + [True] * 90, 9) == (5, 95)
    assert counted([True] + [False] * 9 + [True] * 90, 9) == (9, 100)
