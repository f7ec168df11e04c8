"""Mistakes in one array or one result of a formula alone."""

import numpy as np
import pytest

from minprune.verification.diagnosis import terms
from minprune.verification.diagnosis.probe import DoesNotApply
from verification.diagnosis.probes import DO, O, probe_of


def test_one_result_is_changed_and_the_others_are_not():
    probe = probe_of(lambda o, do: 2 * o + do * o)                             # results: 2 o, do o, their sum
    o, do = O[:, np.newaxis], DO[:, np.newaxis]
    for place, expected in ((0, -2 * o + do * o), (1, 2 * o - do * o), (2, -2 * o - do * o), ("do", 2 * o - do * o)):
        np.testing.assert_allclose(terms.changed(place, np.negative)(probe), expected, rtol=1e-12)
    assert terms.result_count(probe) == 3
    with pytest.raises(DoesNotApply, match="fewer results"):
        terms.changed(3, np.negative)(probe)


def test_every_array_and_result_is_tried_with_every_change():
    tried = list(terms.of_one_term([probe_of(lambda o, do: 2 * o + do * o)]))
    assert len(tried) == 5 * len(terms.CHANGES)
    assert tried[0].remedy == "with −o for o, {f} holds" and "−its 3rd result" in tried[4].remedy


def test_loops_and_formulas_that_raise_are_left_alone():
    assert terms.result_count(probe_of(lambda do: sum(do * k for k in range(50)))) == 0
    assert terms.result_count(probe_of(lambda do: do[9])) == 0


def test_ordinals():
    assert [terms.ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22)] == \
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd"]
