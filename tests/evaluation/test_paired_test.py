"""Student's t test and Holm's correction, against integrals, tables' values and hand cases."""

import math

import numpy as np
import pytest

from cases import each
from minprune.evaluation.paired_test import holm, paired_p, student_p


@each("freedom", [1, 2, 3, 4, 5, 9, 10, 24])
def test_student_is_the_integral_of_its_density(freedom):
    t = np.linspace(0, 3, 30001)
    density = math.gamma((freedom + 1) / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2)) \
        * (1 + t ** 2 / freedom) ** (-(freedom + 1) / 2)
    for end in (0.1, 1.0, 3.0):
        part = density[t <= end + 1e-12]
        inside = 2 * (part.sum() - (part[0] + part[-1]) / 2) * (t[1] - t[0])
        assert student_p(end, freedom) == student_p(-end, freedom) == pytest.approx(1 - inside, abs=1e-8)
    assert student_p(0, freedom) == 1


@each("freedom, t", [(1, 12.7062047), (2, 4.30265273), (4, 2.77644511), (9, 2.26215716)])
def test_the_quantiles_that_every_table_has(freedom, t):
    assert student_p(t, freedom) == pytest.approx(0.05, abs=1e-8)


def test_paired_by_hand():
    assert paired_p([1, 2, 3]) == pytest.approx(student_p(2 / (1 / math.sqrt(3)), 2))
    assert paired_p([1, -1, 1, -1]) == 1 and paired_p([0, 0]) == 1 and paired_p([5]) == 1 and paired_p([2, 2, 2]) == 0


def test_by_chance_a_twentieth_is_below_a_twentieth():
    rng = np.random.default_rng(0)
    p = np.array([paired_p(d) for d in rng.normal(size=(2000, 5))])
    assert 0.035 < (p <= 0.05).mean() < 0.065


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])        # 3 · 0.01, max(2 · 0.03, 1 · 0.04)
    np.testing.assert_allclose(holm([0.9, 0.5]), [1, 1])
    assert holm([]).size == 0 and holm([0.2]).tolist() == [0.2]
