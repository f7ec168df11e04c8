"""Schedules at the points where their value is known."""

import math

import pytest

from cases import each
from minprune.engine.schedules import constant, cosine, step


def test_constant():
    assert [constant(0.3)(epoch) for epoch in (0, 1.5, 1000)] == [0.3, 0.3, 0.3]
    assert constant(0)(3) == 0


@each("epoch, rate", [(0, 0.8), (1.99, 0.8), (2, 0.2), (3.5, 0.2), (4, 0.05), (6, 0.0125)])
def test_step(epoch, rate):
    assert step(0.8, every=2, factor=0.25)(epoch) == pytest.approx(rate, rel=1e-14)


def test_step_takes_a_tenth_by_default_and_may_fall_within_an_epoch():
    assert step(1, every=3)(3) == pytest.approx(0.1)
    assert [step(1, every=0.5, factor=0.5)(epoch) for epoch in (0, 0.49, 0.5, 1.2)] == [1, 1, 0.5, 0.25]


@each("epoch, rate", [
    (0, 1.0), (2, 0.5 + 0.5 * math.cos(math.pi / 5)), (5, 0.5), (10, 0.0), (11, 0.0), (1000, 0.0)])
def test_cosine(epoch, rate):
    assert cosine(1.0, 10)(epoch) == pytest.approx(rate, abs=1e-15)


@each("epoch, rate", [(0, 0.9), (4, 0.5), (8, 0.1), (80, 0.1), (8 / 3, 0.7)])
def test_cosine_ends_at_final(epoch, rate):
    assert cosine(0.9, 8, final=0.1)(epoch) == pytest.approx(rate, rel=1e-14)


@each("make, told", [
    (lambda: constant(-1), "rate expects .*at least 0"),
    (lambda: constant(math.nan), "rate expects a finite"),
    (lambda: step(-0.1, 2), "rate"), (lambda: step(1, 0), "every expects .*more than 0"),
    (lambda: step(1, 1, 0), "factor expects .*more than 0"), (lambda: cosine(-1, 2), "rate"),
    (lambda: cosine(1, 0), "epochs expects .*more than 0"), (lambda: cosine(1, 2, -1), "final"),
    (lambda: cosine(math.inf, 2), "rate")])
def test_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize("make", [lambda: constant("0.1"), lambda: step(1, "2"), lambda: cosine(1, None)])
def test_words_are_no_numbers(make):
    with pytest.raises(TypeError, match="expects a number"):
        make()
