"""Timing with clocks made for it: what disturbs a pair is left out, or widens the interval, and makes no number."""

import numpy as np
import pytest

from minprune.evaluation.timing import LEAST_TURNS, Ratio, Turns, ratio_of, ratio_of_pairs, take_turns


class Machine:
    """A machine on which time passes only while functions run. Of each call's seconds its thread has a core for the
    rest after `waits`: waits(name, call number) -> seconds."""

    def __init__(self, waits=lambda name, number: 0.0):
        self.now = self.cpu = 0.0
        self.waits, self.calls = waits, []

    def function(self, name, seconds):
        def call():
            number = sum(called == name for called in self.calls)
            self.calls.append(name)
            self.cpu += seconds
            self.now += seconds + self.waits(name, number)
        return call

    @property
    def clocks(self):
        return lambda: self.now, lambda: self.cpu


def measured(waits=lambda name, number: 0.0, planned=1.0, slow=0.002, fast=0.001):
    machine = Machine(waits)
    functions = [machine.function("slow", slow), machine.function("fast", fast)]
    return machine, take_turns(functions, planned, machine.clocks)


def test_a_quiet_machine_gives_the_quotient_of_the_times():
    machine, turns = measured()
    assert machine.calls == ["slow", "fast"] * (len(machine.calls) // 2) and len(turns.seconds) >= 333
    np.testing.assert_allclose(turns.medians(), [0.002, 0.001], rtol=1e-9)
    ratio = ratio_of(turns)
    assert (ratio.median, ratio.low, ratio.high) == pytest.approx((2, 2, 2), rel=1e-6)
    assert ratio.pairs == ratio.all_pairs == len(turns.seconds) and ratio.problem == ""


def test_the_first_call_of_each_is_not_measured():
    """It takes a thousand times as long, and leaves no trace."""
    _, turns = measured(lambda name, number: 2.0 if number == 0 else 0.0)
    assert turns.seconds.max() < 0.01


def test_interrupted_calls_are_left_out():
    """Every third call of either waits for milliseconds: their quotient would be anything from 0.01 to 200."""
    machine, turns = measured(lambda name, number: 0.2 if number % 3 == 1 else 0.0, planned=20.0)
    ratio = ratio_of(turns)
    assert 0 < ratio.pairs < ratio.all_pairs and ratio.problem == ""
    assert (ratio.median, ratio.low, ratio.high) == pytest.approx((2, 2, 2), rel=1e-6)
    np.testing.assert_allclose(turns.medians(), [0.002, 0.001], rtol=1e-9)


def test_threads_that_wait_in_all_calls_of_one_network_make_no_speed_up():
    """The products of the larger network are shared out, and each waits for a core: all pairs agree on 101 ×."""
    machine, turns = measured(lambda name, number: 0.1 - 0.001 if name == "slow" else 0.0)
    ratio = ratio_of(turns)
    assert ratio.median == pytest.approx(101) and ratio.high / ratio.low == pytest.approx(1)
    assert ratio.pairs == 0 and "waited for a core" in ratio.problem and str(ratio) == "not measurable"
    assert machine.now < 4.5                        # it was tried for PATIENCE times as long as planned, not for ever


def test_pairs_that_disagree_make_no_speed_up():
    rng = np.random.default_rng(0)
    seconds = np.exp(rng.normal(scale=1.0, size=(400, 2)))
    ratio = ratio_of(Turns(seconds, seconds))
    assert ratio.problem.startswith("pairs of passes disagree, from 0.")
    assert str(Ratio(2.0, 1.7, 2.2, 30, 40)) == "2.00 (1.70 … 2.20)"


def test_a_busier_machine_widens_the_interval():
    def width(spread):
        seconds = np.array([2.0, 1.0]) * np.exp(np.random.default_rng(0).normal(scale=spread, size=(400, 2)))
        ratio = ratio_of(Turns(seconds, seconds))
        assert ratio.low < 2 < ratio.high and ratio.median == pytest.approx(2, rel=0.05)
        return ratio.high - ratio.low
    assert width(0.01) < width(0.05) < width(0.1)


def test_it_goes_on_until_there_are_as_many_undisturbed_turns_as_it_takes():
    """The first 20 turns are disturbed, and longer than planned: five more are taken, and not one more."""
    _, turns = measured(lambda name, number: 0.01 if name == "slow" and 1 <= number <= 20 else 0.0, planned=0.1)
    assert len(turns.seconds) == 20 + LEAST_TURNS and turns.undisturbed.sum() == LEAST_TURNS


def test_it_does_not_go_on_for_ever():
    """For four times as long as planned if no turn is undisturbed, and for a few turns if they are long."""
    for slow, waits, count in ((0.002, 0.1, 20), (10.0, 30.0, LEAST_TURNS)):        # 20 · 0.103 s are more than 4 · 0.5
        _, turns = measured(lambda name, number: waits if name == "slow" else 0.0, planned=0.5, slow=slow)
        assert not turns.undisturbed.any() and len(turns.seconds) == count


def test_medians_are_of_the_undisturbed_turns_if_there_are_enough():
    for good, median in ((LEAST_TURNS, 1.0), (LEAST_TURNS - 1, 8.0)):
        seconds = np.array([[1.0]] * good + [[8.0]] * 10)
        assert Turns(seconds, np.ones(seconds.shape)).medians().tolist() == [median]


def test_the_bounds_of_what_is_told():
    assert Ratio(1.2, 1.0, 1.5, 9, 9).problem == "" and "from 1 to 1.51" in Ratio(1.2, 1.0, 1.51, 9, 9).problem
    ran = np.array([[0.8], [0.79]])                 # of a second
    assert Turns(np.ones((2, 1)), ran).undisturbed.tolist() == [True, False]


def test_too_few_turns_are_not_enough():
    slow = Turns(np.ones((9, 2)), np.array([[1.0, 1.0]] * (LEAST_TURNS - 1) + [[0.5, 1.0]] * 5))
    assert ratio_of(slow).pairs == LEAST_TURNS - 1 and "in 5 of 9 pairs" in ratio_of(slow).problem


def test_there_are_always_some_turns_however_long_they_take():
    machine, turns = measured(slow=10.0, fast=5.0)
    assert len(turns.seconds) == LEAST_TURNS and ratio_of(turns).median == pytest.approx(2)


def test_a_thread_clock_that_ticks_too_rarely_leaves_nothing_out():
    seconds = np.tile([2.0, 1.0], (20, 1))
    ran = np.zeros((20, 2))
    ran[7] = 15.0
    assert ratio_of(Turns(seconds, ran)).pairs == 20


def test_an_infinite_or_missing_interval_is_a_problem():
    assert Ratio(1.0, float("nan"), float("nan"), 9, 9).problem
    assert Ratio(float("inf"), 1.0, float("inf"), 9, 9).problem


def test_few_pairs_have_a_wider_interval():
    """Of 5 pairs it is nearly from the least to the largest; from 16 on, the quartiles."""
    def interval(count):
        ratios = np.linspace(1.0, 1.4, count)
        ratio = ratio_of_pairs(ratios, np.ones(count, bool))
        assert ratio.median == pytest.approx(1.2)
        return ratio.low, ratio.high
    assert interval(5) == pytest.approx((1.0247, 1.3753), abs=1e-3)
    assert interval(9) == pytest.approx((1.0693, 1.3307), abs=1e-3)
    assert interval(16) == pytest.approx((1.1, 1.3)) and interval(999) == pytest.approx((1.1, 1.3))


def test_the_interval_of_few_pairs_has_the_median_inside():
    """In at least nine of ten experiments, as the sign test says; the quartiles of 5 pairs have it in six."""
    rng = np.random.default_rng(0)
    for count in (5, 8, 12):
        inside = 0
        for _ in range(400):
            ratio = ratio_of_pairs(np.exp(rng.normal(scale=0.1, size=count)), np.ones(count, bool))
            inside += ratio.low <= 1 <= ratio.high
        assert inside > 350
