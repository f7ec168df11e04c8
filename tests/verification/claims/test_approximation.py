"""Orders of approximations, on a network whose removal is known to the last digit.

o = x, y = ε o, ℓ = ½ (ε o − 1)²:  removal = ε o − ½ ε² o²,  −o ∂ℓ/∂o = ε o − ε² o²,  and their difference ½ ε² o².
"""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.verification.claims import approximation
from minprune.verification.claims.approximation import LOUDNESS, Approximation, check_order, scaled_readers
from minprune.verification.claims.claim import FIRST, Request, Trial
from minprune.verification.diagnosis.probe import Probe
from minprune.verification.formulas import Formula
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where

WIDE, NARROW = LOUDNESS


def chain(*weights):
    """x -> the neurons of one layer, each with weight 1 -> y, which reads them with these weights."""
    net = mp.Network(1, [mp.Dense(len(weights)), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, weights
    return net


def case_of(*x, weights=(1,), t=1.0):
    return Case(chain(*weights), "dense1", np.array(x, float).reshape(-1, 1), np.full((len(x), 1), t), "mse")


def taylor(o, do):
    return -(o * do)[:, 0]


def nothing(o):
    return 0 * o[:, 0]


def check(formula, order=1, signed=True):
    made = Approximation(Formula(formula), order, [])
    made.signed, made.measured = signed, "removal" if signed else "|removal|"
    return made


def test_where_the_slope_is_measured():
    assert LOUDNESS == (1 / 64, 1 / 128)
    np.testing.assert_allclose(check(taylor).error_of_one(case_of(3), 0, WIDE, Formula(taylor)), 9 / 64 ** 2 / 2)
    np.testing.assert_allclose(check(taylor).error_of_one(case_of(3, 4), 0, NARROW, Formula(taylor)),
                               np.hypot(9, 16) / 128 ** 2 / 2)
    claimed, measured = check(taylor).of_one(case_of(3), 0, 1 / 2, Formula(taylor))
    np.testing.assert_allclose([claimed, measured], [[1.5 - 9 / 4], [1.5 - 9 / 8]])


def test_slopes_by_hand():
    slopes = check(taylor).slopes(case_of(2, 3), Formula(taylor))
    np.testing.assert_allclose(slopes, [2], rtol=1e-9)
    removals = [epsilon - epsilon ** 2 / 2 for epsilon in LOUDNESS]
    np.testing.assert_allclose(check(nothing).slopes(case_of(1), Formula(nothing)), np.log2(removals[0] / removals[1]))
    exact = Formula(lambda o, do, W_out: (-(o * do) + o ** 2 * W_out[:, 0] ** 2 / 2)[:, 0])
    assert check(exact.function).slopes(case_of(1, 5), exact).tolist() == [np.inf]
    constant = Formula(lambda o: 1.0 + 0 * o[:, 0])
    assert abs(check(constant.function).slopes(case_of(1), constant).item()) < 0.02


def test_each_neuron_has_a_slope_of_its_own():
    """Of two neurons the formula forgets the second: o − ½ o² + o² of it, with the first as loud as ever."""
    def first_only(o, do):
        return taylor(o, do) * [1, 0]

    case = case_of(1, weights=(2, 2))
    trial = check(first_only).trial(case)
    np.testing.assert_allclose(trial.slopes[0], 2, rtol=1e-6)
    assert abs(trial.slopes[1] - 1) < 0.05 and check(first_only).slowest(trial) == 1
    assert trial.error == pytest.approx(2 - trial.slopes[1]) and trial.problem is None
    np.testing.assert_allclose(trial.claimed, [[-6, 0]])                   # y = 4, dy = 3, do = 6
    np.testing.assert_allclose(trial.measured, [[(1 - 9) / 2] * 2])        # y = 2 without either


def test_what_falls_short():
    one = case_of(1)
    assert check(taylor).trial(one).error == pytest.approx(0, abs=1e-9)
    assert check(taylor, 2).trial(one).error == pytest.approx(1)
    assert check(nothing, 2).trial(one).error == pytest.approx(2, abs=0.05)
    exact = check(lambda o, do, W_out: (-(o * do) + o ** 2 * W_out[:, 0] ** 2 / 2)[:, 0], 2).trial(one)
    assert exact.error == 0 and exact.slopes.tolist() == [np.inf]
    raised = check(lambda o: o[9]).trial(one)
    assert raised.error == np.inf and "IndexError" in raised.problem and raised.slopes is None
    assert "returned the shape" in check(lambda o: o[:, 0, 0, np.newaxis, np.newaxis, np.newaxis]).trial(one).problem


def test_an_error_is_none_below_the_rounding_of_the_loss():
    """The loss is ½ (10⁴)²: 10⁻⁷ of it is nothing that a difference of losses could see, 10⁻⁴ is."""
    far = case_of(1, t=1e4)
    exact = lambda o, do, W_out: (-(o * do) + o ** 2 * W_out[:, 0] ** 2 / 2)[:, 0]                 # noqa: E731
    for error, seen in ((1e-7, False), (1e-4, True)):
        slopes = check(exact).slopes(far, Formula(lambda o, do, W_out, e=error: exact(o, do, W_out) + e))
        assert np.isfinite(slopes).item() == seen
    near = check(exact).slopes(case_of(1), Formula(lambda o, do, W_out: exact(o, do, W_out) + 1e-7))
    assert np.isfinite(near).all()


def test_the_removal_or_its_size():
    case = case_of(3)                                                      # removal = 3 − 4.5
    for signed, expected in ((True, -1.5), (False, 1.5)):
        one = check(taylor, signed=signed)
        assert [form.values.ravel().tolist() for form in one.forms(case)] == 3 * [[expected]]
        assert str(one) == f"taylor approximates {'removal' if signed else '|removal|'} to order 1"
    assert Approximation(Formula(taylor), 1, [case]).signed and not Approximation(Formula(nothing), 1, [case]).signed


def test_whether_a_formula_is_ever_negative():
    cases = [case_of(one) for one in (1, 1, 1, -1)]
    assert approximation.is_signed(Formula(lambda o: o), cases)
    assert not approximation.is_signed(Formula(lambda o: o), cases[:3])
    assert not approximation.is_signed(Formula(lambda o: 0 * o), cases)
    assert not approximation.is_signed(Formula(lambda o: o[9]), cases)
    assert approximation.is_signed(Formula(lambda o: o / (o > 0).all()), [*cases, case_of(2, -2)]) is False
    assert approximation.is_signed(Formula(lambda o: o[:1] if o[0, 0, 0] < 0 else o[9]), cases)


def request(value="removal", order=1, where=None):
    return Request(value, 1e-6, order, 0.5, Where(where), seed=0)


def test_a_formula_is_looked_at_on_thirty_cases():
    """Only the last of them makes it negative; a formula that is negative later only is taken for one that never is."""
    def negative_from(call):
        calls = []

        def formula(o):
            calls.append(0)
            return np.full(o[:, 0].shape, -1.0 if len(calls) >= call else 1.0)
        return formula, calls

    for call, signed in ((FIRST, True), (FIRST + 1, False)):
        formula, calls = negative_from(call)
        made = Approximation.from_request(Formula(formula), request())
        assert made.signed == signed and len(calls) == FIRST == 30


def test_approximation_as_verify_makes_it():
    made = Approximation.from_request(Formula(taylor), request(order=2.0))
    assert (made.order, made.signed, made.measured, made.tolerance) == (2, True, "removal", 0.3)
    made = Approximation.from_request(Formula(lambda o, do: np.abs(taylor(o, do))), request())
    assert (made.order, made.signed, made.measured) == (1, False, "|removal|")
    with pytest.raises(ValueError, match='unknown quantity to approximate: "remove"; did you mean "removal"'):
        Approximation.from_request(Formula(taylor), request("remove"))
    with pytest.raises(ValueError, match="order expects 1 or 2, got 3"):
        Approximation.from_request(Formula(taylor), request(order=3))
    assert Approximation.where_settings("removal") == {} == Approximation.smaller
    assert not Approximation.goes_with_the_output_layer("removal")


def test_orders_are_whole_numbers():
    assert [check_order(order) for order in (1, 2.0, np.int64(2))] == [1, 2, 2] and type(check_order(1.0)) is int


def trial(*slopes, order=1, problem=None):
    return Trial(None, None, None, np.inf if problem else max(0.0, order + 1 - min(slopes)), problem=problem,
                 slopes=np.array(slopes, float))


def test_nine_of_ten_networks_decide():
    one = check(taylor)
    assert (one.tolerance, one.share) == (0.3, 0.9)
    holds, text, found = one.judge([trial(2)] * 9 + [trial(1)])
    assert holds and found == {"slope": 2, "order": 1, "share": 0.9} and "which 90% of the networks show" in text
    assert not one.judge([trial(2)] * 8 + [trial(1)] * 2)[0]
    assert one.judge([trial(1.71)] * 3)[0] and not one.judge([trial(1.69)] * 3)[0]
    holds, _, found = check(taylor, 2).judge([trial(2, order=2)] * 3)
    assert not holds and found == {"slope": 2, "order": 1, "share": 0}
    # Two of three neurons have a slope of 3: the median is of neurons, and the network is only as good as its worst.
    assert one.judge([trial(1, 3, 3)])[2] == {"slope": 3, "order": 2, "share": 0}
    holds, text, found = one.judge([trial(np.inf)] * 3)
    assert holds and found == {"slope": np.inf, "order": None, "share": 1} and text.startswith("It is exact")
    # Neurons without an error, such as dead ones, say nothing: the median is of those that have one.
    holds, text, found = one.judge([trial(np.inf)] * 9 + [trial(2)])
    assert holds and found["slope"] == 2 and "exact" not in text
    assert one.judge([trial(2), trial(problem="raised")]) == (False, "", {})


def test_the_spread_is_of_the_worst_neuron_of_each_network():
    spread = check(taylor, 2).spread([trial(3, 2), trial(problem="raised"), trial(1, np.inf)])
    assert spread.values.tolist() == [2, 1] and spread.least == 3


@each("slope, order, text", [
    (3.01, 2, "it is of order 2"), (2.7, 2, "it is of order 2"), (2.69, 1, "it is of order 1"),
    (1.95, 1, "it is of order 1"), (1.69, 0, "no approximation, for a formula that is always 0 does as well"),
    (0.98, 0, "no approximation, for a formula that is always 0 does as well"),
    (0.02, -1, "no approximation, for a formula that is always 0 does better")])
def test_orders_by_their_slopes(slope, order, text):
    assert approximation.order_of(slope) == order and approximation.meaning(slope) == text


def test_numbers_in_words():
    assert approximation.falls(1.996, 2) == "falls as ε^2" and approximation.falls(1.96, 1) == "falls as ε^2"
    assert approximation.falls(0.05, 1) == approximation.falls(-1, 1) == "does not fall"
    assert approximation.falls(0.06, 2) == "falls as ε^0.06"
    assert approximation.rounded(-0.001, 2) == "0" and approximation.rounded(1.2345, 3) == "1.234"
    assert approximation.values([1 / 3]) == "0.33333333" and approximation.values([0.5, -1e-14]) == "[0.5, 0]"
    assert check(taylor).summary(2.004, 0.5) == (
        "Where all weights that read a neuron are multiplied by ε, the error falls as ε^2 (the median): it is of order "
        "1. Order 1 asks for ε^2, which 50% of the networks show.")


def test_what_shows_a_failure_clearly():
    def shows(formula, case, order):
        one = check(formula, order)
        return one.shows(one.trial(case))

    assert shows(nothing, case_of(1), 1) and shows(taylor, case_of(1), 2)
    assert not shows(taylor, case_of(1), 1)                                # it holds
    assert not shows(nothing, case_of(1, t=0), 2)                          # a removal of ε²: no network like others
    one = check(taylor)
    assert one.shows(trial(problem="raised")) is True
    assert not one.shows(trial(2 - 0.44)._replace(case=case_of(1)))
    assert one.shows(trial(2 - 0.46)._replace(case=case_of(1)))
    # removal = ε t − ½ ε²: where t is small the ratio is 4 (t = 0), 2.6 (−0.01), 1.7 (0.03), elsewhere close to 2.
    for t, shown in ((0, False), (-0.01, False), (0.03, False), (0.1, True), (-0.2, True)):
        assert one.shows(trial(1)._replace(case=case_of(1, t=t))) == shown


def test_the_story_of_one_network():
    one = check(taylor, 2)
    story = one.story(one.trial(case_of(1)))
    assert story[:2] == ["  With all weights that read neuron 0 of dense1 multiplied by ε:",
                         "    ε = 1: taylor 0, removal 0.5, error 0.5"]
    assert story[2] == f"    ε = 1/64: taylor {1 / 64 - 1 / 64 ** 2:.8g}, removal {1 / 64 - 1 / 64 ** 2 / 2:.8g}, " \
        f"error {1 / 64 ** 2 / 2:.6g}"
    assert story[4:] == ["  The last two errors have the ratio 4 = 2^2, so that the error falls as ε^2: it is of order "
                         "1.", "  Order 2 asks for the ratio 2^3 = 8."]
    several = one.story(one.trial(case_of(1, 2)))
    assert several[1] == f"    ε = 1: taylor [0, -2], removal [0.5, 0], error {np.hypot(0.5, 2):.6g}"
    assert several[4].startswith("  The last two errors (each the root of the sum of squares over the samples) have")


def test_readers_are_scaled_and_put_back():
    case = case_of(1, weights=(2, 3))
    before = case.net["dense2"].W.copy()
    with scaled_readers(case, 1, 0.25) as scaled:
        assert scaled.net["dense2"].W.tolist() == [[2, 0.75]] and scaled.trace.y.item() == 2.75
    assert (case.net["dense2"].W == before).all()
    with pytest.raises(KeyError), scaled_readers(case, 0, 0.25):
        raise KeyError
    assert (case.net["dense2"].W == before).all()
    images = mp.Network((1, 2, 1), [mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(1)])
    images["dense1"].W[...] = [[1, 2, 3, 4]]                               # two positions of two neurons
    with scaled_readers(Case(images, "conv1", np.ones((1, 1, 2, 1)), np.ones((1, 1)), "mse"), 0, 0.5):
        assert images["dense1"].W.tolist() == [[0.5, 2, 1.5, 4]]
    assert images["dense1"].W.tolist() == [[1, 2, 3, 4]]


def test_corrections_of_an_approximation():
    one = check(lambda o, do: taylor(o, do) / 2)
    probe = Probe(one, one.trial(case_of(1)))
    assert not one.accepts(probe, lambda probe: probe.claimed) and one.accepts(probe, lambda probe: 2 * probe.claimed)


def test_points_are_called_claimed_and_measured():
    assert check(taylor).labels == ("claimed", "measured removal")
    assert check(taylor, signed=False).labels == ("claimed", "measured |removal|")


def test_what_shows_a_failure_comes_before_what_fails_clearly():
    one = check(nothing)
    failing = [one.trial(case_of(1))]
    first, last = one.ways_to_show(failing)
    assert first == one.shows and last(failing[0])
