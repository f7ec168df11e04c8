"""verify: its arguments, and the verdicts of all kinds of claims."""

import dataclasses
import importlib

import numpy as np
import pytest

from cases import each
from minprune.engine.activations import Activation
from minprune.engine.facts import NotSaid
from minprune.engine.losses import LOSSES, Loss
from minprune.verification.claims import CLAIMS
from minprune.verification.claims.claim import Trial
from minprune.verification.counterexamples import search
from minprune.verification.formulas import Formula
from minprune.verification.sampling import random_networks
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import (
    MOST_POINTS, check_repeatable, largest_error, points, the_claim, verify, where_settings)


def taylor(o, do):
    return np.abs((o * do).sum(axis=1))


@each("claim, error, message", [
    ({}, TypeError, "verify expects one claim of equals, approximates, invariant, ranks_like, got none"),
    ({"equals": "dL/do", "invariant": "batch size"}, TypeError, "got equals and invariant"),
    ({"equals": "dL/DO"}, ValueError, 'unknown quantity "dL/DO"; did you mean "dL/do"'),
    ({"equals": "dL/do", "trials": 0}, ValueError, "trials expects at least 1, got 0"),
    ({"equals": "dL/do", "tolerance": 0}, ValueError, "tolerance expects a finite number, more than 0, got 0"),
    ({"equals": "dL/do", "seed": -1}, ValueError, "seed expects at least 0, got -1"),
    ({"approximates": "remove"}, ValueError, 'unknown quantity to approximate: "remove"; did you mean "removal"'),
    ({"approximates": "removal", "order": 3}, ValueError, "order expects 1 or 2, got 3"),
    ({"approximates": "removal", "order": 0}, ValueError, "order expects 1 or 2, got 0"),
    ({"approximates": "removal", "order": True}, ValueError, "order expects 1 or 2, got True"),
    ({"equals": "dL/do", "tolerance": float("inf")}, ValueError, "tolerance expects a finite number"),
    ({"ranks_like": "removal", "least": -1.5}, ValueError, "least expects"),
    ({"approximates": "removal", "where": {"layer": "output"}}, ValueError, "goes with the derivatives only"),
    ({"ranks_like": "dL/do", "where": {"layer": "output"}}, ValueError, "goes with the derivatives only"),
    ({"equals": "|removal|", "where": {"layer": "output"}}, ValueError, "the output layer cannot be removed"),
    ({"invariant": "batchsize"}, ValueError, 'unknown invariance "batchsize"; did you mean "batch size"'),
    ({"ranks_like": "removals"}, ValueError, 'unknown quantity "removals"; did you mean "removal"'),
    ({"equals": "removal", "where": {"layer": "output"}}, ValueError, "the output layer cannot be removed"),
    ({"invariant": "batch size", "where": {"layer": "output"}}, ValueError, "goes with the derivatives only"),
    ({"equals": "taylor"}, ValueError, 'it is a score; a formula is compared with it by equals=mp.scores.CATALOGUE["'),
    ({"equals": 3}, ValueError, 'unknown quantity "3"'),
    ({"ranks_like": "|dL/dW|"}, ValueError, 'unknown quantity that ranks neurons: "dL/dW"'),
    ({"ranks_like": "removal", "least": "high"}, TypeError, "least expects a number"),
])
def test_errors_name_what_is_wrong(claim, error, message):
    with pytest.raises(error) as raised:
        verify(taylor, **claim)
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_what_comes_after_the_output_layer():
    with pytest.raises(ValueError, match="layer=\"output\" has nothing after it"):
        verify(lambda dz_next: dz_next, "dL/do", where={"layer": "output"})


def test_the_same_seed_gives_the_same_verdict():
    one, two, other = (verify(lambda o: o, "dL/do", seed=seed, trials=20).to_dict() for seed in (1, 1, 2))
    assert one == two != other


def test_the_tolerance_decides():
    def nearly(do):
        return do * 1.001

    assert not verify(nearly, "dL/do", trials=20)
    assert verify(nearly, "dL/do", trials=20, tolerance=0.01)
    assert verify(nearly, "dL/do", trials=20).counterexample is not None


def test_a_tolerance_that_only_some_entries_break():
    verdict = verify(lambda do: do + (do > 0.5) * 1e-3, "dL/do", trials=60)
    assert 0 < verdict.failed < 60 and verdict.mistake is None


def test_gamma_brings_batch_norm():
    def da(do, gamma, o):
        assert (gamma != 1).any()
        return do

    assert verify(da, "dL/do", trials=20)


def test_the_form_of_what_a_formula_returns():
    assert verify(lambda dW: dW, "dL/dW", trials=5).form == "per sample"
    assert verify(lambda dW: dW.sum(axis=0), "dL/dW", trials=5).form == "sum over the batch"
    assert verify(lambda o, do, W_next: ((-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2).mean(axis=0),
                  "removal", where={"layer": "last hidden", "loss": "mse"}, trials=20).form == "mean over the batch"


def test_a_second_formula_is_called_not_measured():
    def other(o, do):
        return o * do

    verdict = verify(lambda w_dW: w_dW, equals=other, trials=20)
    assert verdict.claim == "formula equals other" and "expected the other's" in verdict.problem
    with pytest.raises(ValueError, match="unknown parameter of formula"):
        verify(taylor, equals=lambda q: q)


# ------------------------------------------------------------------------------------ orders


@pytest.mark.parametrize("where", [None, {"layers": "conv"}, {"loss": "cross_entropy", "activation": "relu"}])
def test_the_order_of_taylor_is_one(where):
    verdict = verify(taylor, approximates="removal", where=where, trials=24)
    assert verdict and verdict.found["order"] == 1 and verdict.found["slope"] == pytest.approx(2, abs=0.05)
    assert verdict.claim == "taylor approximates |removal| to order 1"
    second = verify(taylor, approximates="removal", order=2, where=where, trials=24)
    assert not second and second.found["order"] == 1
    assert f"the error falls as ε^{round(second.found['slope'], 2):g} (the median): it is of order 1. " \
        in second.evidence()
    assert ". Order 2 asks for ε^3, which " in second.evidence()


def test_a_signed_formula_is_held_against_the_signed_removal():
    verdict = verify(lambda o, do: -(o * do).sum(axis=1), approximates="removal", trials=20)
    assert verdict and verdict.claim == "formula approximates removal to order 1"


def test_half_of_the_order():
    verdict = verify(lambda o, do: -(o * do).sum(axis=1) / 2, approximates="removal", trials=20)
    assert not verdict and verdict.found["order"] == 0 and "a formula that is always 0 does as well" in str(verdict)
    assert verdict.mistake.name == "off by the factor ½"


def test_exact_is_more_than_any_order():
    verdict = verify(lambda o, do, W_next: (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2,
                     approximates="removal", order=2, where={"layer": "last hidden", "loss": "mse"}, trials=20)
    assert verdict and verdict.found["order"] is None and "It is exact" in str(verdict)


def test_an_approximation_that_raises():
    verdict = verify(lambda o, do: o[:, 0, 0, 0], approximates="removal", trials=10)
    assert not verdict and "raised IndexError" in verdict.problem and verdict.found == {}
    verdict = verify(lambda o, do: o[0], approximates="removal", where={"samples": 3}, trials=10)
    assert not verdict and "returned the shape" in verdict.problem


def test_networks_are_put_back():
    """Neurons are scaled down in place: a second look at the same networks sees the same."""
    one, two = (verify(taylor, approximates="removal", trials=10, seed=3).found for _ in range(2))
    assert one == two


# ------------------------------------------------------------------------------- invariances


@each("kind, formula, holds", [
    ("batch size", lambda do: do.sum(axis=1) / len(do), False),
    ("batch size", lambda do: do.sum(axis=1), True),
    ("batch size", lambda do: np.abs(do).mean(axis=(0, 1)), True),
    ("batch size", lambda do: np.abs(do.mean(axis=(0, 1))), False),
    ("sample order", lambda do: do[::-1].sum(axis=1), False),
    ("sample order", lambda do: do.sum(axis=1).cumsum(axis=0), False),
    ("sample order", lambda do: do.max(axis=(0, 1)), True),
    ("neuron permutation", lambda o: np.sort(o, axis=2), False),
    ("neuron permutation", lambda W: W, True),
    ("neuron permutation", lambda dW: dW, True),
    ("neuron permutation", lambda W_out, o: o * np.abs(W_out).sum(axis=1), True),
    ("neuron permutation", lambda W: W * np.arange(1, len(W) + 1)[:, None], False),
    ("relu rescaling", lambda do: np.abs(do).sum(axis=1), False),
    ("relu rescaling", lambda w_dW: w_dW, False),
    ("relu rescaling", lambda W, dW, b, dz: (W * dW).sum(axis=2) + b * dz.sum(axis=1), True),
    ("relu rescaling", lambda o: np.abs(o).sum(axis=1), False),
])
@each("layers", ["dense", "conv"])
def test_invariances(kind, formula, holds, layers):
    if formula.__code__.co_varnames[0] == "w_dW":
        holds = True                    # Σ w ∂ℓ/∂w has no factor of its own either
    assert verify(formula, invariant=kind, where={"layers": layers}, trials=12).holds == holds


def test_a_change_of_shape_is_a_problem():
    verdict = verify(lambda do: np.ones(len(do) + 1), invariant="sample order", trials=5)
    assert verdict                      # the shape is odd, but the same
    verdict = verify(lambda W: np.ones(int(W[0, 0] > W.max() - 1e-9) + 1), invariant="neuron permutation", trials=40)
    assert not verdict and "before and" in verdict.problem


def test_only_the_means_name_a_mistake_of_invariance():
    verdict = verify(lambda do: np.abs(do).sum(axis=(0, 1)), invariant="batch size", trials=20)
    assert verdict.mistake.name == "sum where the mean is meant"


# -------------------------------------------------------------------------------- what a verdict is made of


@each("function, keyword, value, expected", [
    (lambda o: o, "equals", "dL/do", {}), (lambda gamma: gamma, "equals", "dL/do", {"batch_norm": True}),
    (lambda o: o, "approximates", "removal", {}),
    (lambda o: o, "ranks_like", "removal", {"neurons": (6, 7, 8), "samples": (12,)}),
    (lambda o: o, "invariant", "batch size", {"samples": (2, 3, 4)}),
    (lambda o: o, "invariant", "sample order", {"samples": (2, 3, 4)}),
    (lambda o: o, "invariant", "neuron permutation", {}),
    (lambda gamma: gamma, "invariant", "relu rescaling", {"batch_norm": True, "activation": ("relu", "leaky_relu")})])
def test_what_where_is_if_it_does_not_say(function, keyword, value, expected):
    assert where_settings(Formula(function), CLAIMS[keyword], value) == expected


def test_counterexamples_are_smaller_for_rankings_only():
    assert {keyword: kind.smaller for keyword, kind in CLAIMS.items() if kind.smaller} == \
        {"ranks_like": {"neurons": (2, 3), "samples": (1, 2)}}
    example = verify(lambda W: np.abs(W).sum(axis=1), ranks_like="removal", trials=30).counterexample
    assert example.net[example.layer].K in (2, 3) and len(example.x) in (1, 2)


def test_exactly_one_claim_is_made():
    for keyword, kind in CLAIMS.items():
        assert the_claim({**dict.fromkeys(CLAIMS), keyword: "it"}) == (kind, "it")
    with pytest.raises(TypeError, match="got none"):
        the_claim(dict.fromkeys(CLAIMS))
    with pytest.raises(TypeError, match="got equals and approximates and invariant and ranks_like"):
        the_claim(dict.fromkeys(CLAIMS, "it"))


def trial(claimed=None, measured=None, error=0.0, problem=None):
    return Trial(None, claimed, measured, error, problem=problem)


def test_the_largest_error():
    assert largest_error([trial(error=0.1), trial(error=0.3), trial(error=0.2)]) == 0.3
    assert largest_error([trial(error=0.1), trial(error=np.inf)]) is None
    assert type(largest_error([trial(error=np.float64(0.1))])) is float


def test_points_are_the_first_numbers_that_were_compared():
    many = np.arange(3000.0)
    found = points([trial(np.ones((1, 2)), 2 * np.ones((1, 2))), trial(many[:1], many[:2], problem="raised"),
                    trial(many, -many)])
    assert len(found[0]) == len(found[1]) == MOST_POINTS == 2000
    np.testing.assert_array_equal(found[0][:4], [1, 1, 0, 1])
    np.testing.assert_array_equal(found[1], [2, 2, *-many[:1998]])
    assert [one.shape for one in points([trial(problem="raised")])] == [(0,), (0,)]


@each("claim, labels", [
    ({"equals": "dL/do"}, ("claimed", "measured dL/do")), ({"equals": "|dL/do|"}, ("claimed", "measured |dL/do|")),
    ({"equals": taylor}, ("taylor", "the other taylor")), ({"equals": lambda o: o}, ("taylor", "the other formula")),
    ({"invariant": "batch size"}, ("after", "before")), ({"ranks_like": "removal"}, ("claimed", "measured removal")),
    ({"approximates": "removal"}, ("claimed", "measured |removal|"))])
def test_what_points_are_called(claim, labels):
    assert verify(taylor, **claim, trials=5).labels == labels


def test_a_verdict_counts_what_failed_and_what_had_no_answer():
    def sometimes(do):
        assert len(do) != 2
        return do * (1 + (len(do) == 3))

    verdict = verify(sometimes, "dL/do", trials=60, where={"depth": 2})
    counts = [len(case.x) for case in draw_cases(Where({"depth": 2}), 60, 0)]
    assert verdict.unanswered == counts.count(2) > 0 and verdict.failed == counts.count(2) + counts.count(3)
    assert verdict.trials == 60 and verdict.error is None and verdict.tolerance == 1e-6 and verdict.form == "per sample"
    assert verdict.formula == "sometimes" and verdict.where == "dense hidden layers"
    assert "AssertionError" in verdict.problem
    assert verdict.spread is None and len(verdict.points[0]) > 0


# -------------------------------------------------------------------- what must not pass, or not fail


@pytest.mark.parametrize("factor", [1e-300, 1e-200, 1e-9, 1.001e200])
def test_small_and_large_numbers_differ_as_any_others(factor):
    """Nothing is measured for a second formula: no difference is too small to count."""
    assert not verify(lambda do: factor * do, equals=lambda do: 2 * factor * do, trials=20)
    assert verify(lambda do: factor * do, equals=lambda do: do * factor, trials=20)
    assert not verify(lambda W: factor * np.abs(W).sum(axis=1), invariant="relu rescaling", trials=20)
    assert verify(lambda o: factor * o, invariant="sample order", trials=20)


def test_noise_of_a_cancellation_is_no_difference():
    one = verify(lambda do, o: (do + o) - o, equals=lambda do: do, trials=60)
    assert one and 0 < one.error


def test_a_note_says_what_float32_lacks():
    def single(dz_next, W_next):
        return dz_next.astype(np.float32) @ W_next.astype(np.float32)

    def double_but_wrong(dz_next, W_next):
        return 1.0001 * dz_next @ W_next

    verdict = verify(single, equals="dL/do", tolerance=1e-8, trials=40)
    assert not verdict and "single returns fewer digits than float64 has; tolerance=1e-4 leaves room" in str(verdict)
    assert verify(single, equals="dL/do", tolerance=1e-4, trials=20)
    assert "digits" not in str(verify(double_but_wrong, equals="dL/do", trials=20))
    assert "digits" not in str(verify(lambda do: -do.astype(np.float32), equals="dL/do", trials=20))


@pytest.mark.parametrize("claim", [
    {"equals": "dL/do"}, {"equals": lambda do: do}, {"invariant": "batch size"}, {"ranks_like": "removal"},
    {"approximates": "removal"}])
def test_what_draws_numbers_now_and_then_is_no_formula(claim):
    """The first networks do not show it; those that fail are tried again before anything is said."""
    rng = np.random.default_rng(0)

    def forgetful(do):
        return do * (1 + (rng.random() < 0.2)) if len(do) > 2 else do

    with pytest.raises(ValueError, match="forgetful gives other numbers for the same arrays the second time"):
        verify(forgetful, **claim, trials=12, seed=2)


def test_a_narrow_where_says_how_many_networks_it_found(monkeypatch):
    """One of 110 fillings fits: 100 networks are drawn for five, four fillings of each."""
    monkeypatch.setattr(random_networks, "FEW", 5)
    turns = iter(range(10 ** 6))
    verdict = verify(lambda do: do, "dL/do", where=lambda net: next(turns) % 110 == 0, trials=5)
    assert verdict and verdict.trials == 4 and "Of 100 random networks only 4 are such, of 5 asked for." in str(verdict)
    turns = iter(range(10 ** 6))
    with pytest.raises(ValueError, match="where accepts none of 100 random networks"):
        verify(lambda do: do, "dL/do", where=lambda net: next(turns) < 0, trials=20)


def test_what_remembers_is_no_formula():
    """Right at first, wrong for good from the tenth call on: the networks of the first calls give it away."""
    calls = []

    def tired(do):
        calls.append(len(do))
        return do if len(calls) < 10 else 2 * do

    with pytest.raises(ValueError, match="tired gives other numbers for the same arrays the second time"):
        verify(tired, "dL/do", trials=12)


def test_what_holds_everywhere_is_not_tried_again():
    calls = []
    assert verify(lambda do: do if calls.append(0) is None else 0, "dL/do", trials=10) and len(calls) == 12


def test_what_does_not_repeat_itself_is_no_formula():
    rng, calls = np.random.default_rng(0), []
    with pytest.raises(ValueError, match="gives other numbers for the same arrays the second time"):
        verify(lambda do: do * rng.normal(), equals="dL/do")
    with pytest.raises(ValueError, match="formula gives other numbers"):
        verify(lambda do: do + len(calls.append(0) or calls), equals="dL/do")


def test_removal_inside_a_block_can_be_printed():
    """ℓ = ½ (1 + 1)² with the neuron, ½ 1² without: the first order says −2."""
    verdict = verify(lambda o, do: -(o * do).sum(axis=1), equals="removal", where={"residual": "inside"}, trials=40)
    assert not verdict and "without neuron 0 of dense2 [0.5]" in str(verdict)


def test_batch_norm_is_named():
    assert "(dense hidden layers; batch norm)" in str(verify(lambda gamma, dz: dz, equals="dL/dz", trials=5))


def test_a_search_that_finds_nothing_small_ends(monkeypatch):
    """The small networks that are looked at are bounded; a random one is shown then."""
    built, original = [], search.Page
    monkeypatch.setattr(search, "Page", lambda structure: built.append(0) or original(structure))
    verdict = verify(lambda do, o: do * (1 + (np.abs(o) > 3.4)), equals="dL/do", trials=60)
    assert not verdict and verdict.counterexample is not None
    assert len(built) <= 4 * search.Budget(trials=1).pages


# ------------------------------------------------------------------- activations and losses of one's own

MSE = LOSSES["mse"]
QUARTIC = Loss(                                                     # ℓ = ¼ Σ (y − t)⁴
    "quartic", lambda y, t: ((y - t) ** 4).reshape(len(y), -1).sum(axis=1) / 4, lambda y, t: (y - t) ** 3,
    MSE.prepare, MSE.correct, targets=MSE.targets, formula="ℓ = ¼ Σ (y − t)⁴")
STEEP = Activation("steep", lambda z: np.maximum(z, 2 * z), lambda z: np.where(z > 0, 2.0, 1.0), kinks=(0.0,),
                   homogeneous=True)
OWN = {"activation": STEEP, "loss": QUARTIC}


def test_a_claim_about_an_activation_and_a_loss_of_ones_own():
    verdict = verify(lambda y, t, dy: (y - t) ** 3, equals=lambda dy: dy, where=OWN, trials=20)
    assert verdict and verdict.where == "dense hidden layers; steep; quartic"
    assert verify(lambda dz, z: dz / np.where(z > 0, 2, 1), equals="dL/do", where=OWN, trials=20)
    assert verify(lambda o, do: -(o * do).sum(axis=1), approximates="removal", where=OWN, trials=20)
    assert verify(taylor, ranks_like="|removal|", where=OWN, trials=20)


@pytest.mark.parametrize("claim", [{"equals": "dL/do"}, {"approximates": "removal", "order": 2},
                                   {"invariant": "relu rescaling"}, {"ranks_like": "removal", "least": 0.999}])
def test_a_printed_verdict_shows_the_loss_of_ones_own(claim):
    verdict = verify(lambda do: -np.abs(do).sum(axis=1), **claim, where=OWN, trials=20)
    assert not verdict and verdict.counterexample.loss is QUARTIC
    text = str(verdict)
    assert "(dense hidden layers; steep; quartic)" in text and ", quartic, ℓ = ¼ Σ (y − t)⁴:\n" in text
    assert ", steep\n" in text and verdict.to_dict()["counterexample"]["loss"] == "quartic"
    sides = (verdict.counterexample.net.forward(verdict.counterexample.x).y, verdict.counterexample.t)
    np.testing.assert_allclose(QUARTIC(*sides), ((sides[0] - sides[1]) ** 4).sum(axis=1) / 4)


def test_a_loss_without_a_formula_is_shown_by_its_name():
    loss = dataclasses.replace(QUARTIC, formula="")
    text = str(verify(lambda do: -do, equals="dL/do", where={"loss": loss}, trials=20))
    assert "1 sample, quartic:\n" in text


@each("claim", [{"equals": "dL/do"}, {"equals": taylor}, {"approximates": "removal"},
                {"invariant": "sample order"}, {"ranks_like": "removal"}])
@each("own, message", [
    ({"loss": dataclasses.replace(QUARTIC, targets=None)},
     'loss "quartic" does not say how its targets are drawn (targets=…), which verify needs'),
    ({"activation": dataclasses.replace(STEEP, kinks=None)},
     'activation "steep" does not say where its kinks are (kinks=…), which verify needs')])
def test_what_is_not_said_is_refused_by_name(claim, own, message):
    with pytest.raises(NotSaid) as raised:
        verify(taylor, **claim, where=own)
    assert str(raised.value) == message


def test_counterexamples_have_targets_as_the_loss_reads_them():
    """`prepare` makes of a user's targets what the other functions read: here their opposites."""
    def opposite(t, shape):
        assert shape == (2,)
        return -MSE.prepare(t, shape)

    loss = dataclasses.replace(MSE, name="opposite", prepare=opposite,
                               targets=lambda rng, shape, simple=False: np.full(shape, 3.0))
    verdict = verify(lambda do: -do, equals="dL/do", where={"loss": loss, "outputs": 2}, trials=20)
    assert (verdict.counterexample.t == -3).all() and "t = [[-3, -3]]" in str(verdict)


def test_the_plainest_targets_are_zero():
    verdict = verify(lambda o, do: -(o * do).sum(axis=1), equals="removal")
    assert "x = [[1]], t = [[0]]" in str(verdict)


def test_what_a_formula_raises_belongs_to_the_verdict():
    """The second time it is called as well: it is no sign that it does not repeat itself."""
    check_repeatable(Formula(lambda o: o[9]), draw_cases(Where(), 1, 0)[0])
    with pytest.raises(ValueError, match="gives other numbers"):
        calls = []
        check_repeatable(Formula(lambda o: np.ones(len(calls.append(0) or calls))), draw_cases(Where(), 1, 0)[0])


def test_why_a_claim_fails_is_looked_for_when_it_is_asked_for(monkeypatch):
    looked, module = [], importlib.import_module("minprune.verification.verify")
    for name in ("find_mistake", "find_counterexample"):
        monkeypatch.setattr(module, name, lambda *_, name=name: looked.append(name))
    verdict = verify(lambda o: o, equals="dL/do", trials=5)
    assert not verdict.holds and looked == []
    assert verdict.mistake is None and verdict.mistake is None and looked == ["find_mistake"]
    assert verdict.explain() is verdict and looked == ["find_mistake", "find_counterexample"]
    assert verify(lambda do: do, equals="dL/do", trials=5).explain().mistake is None and len(looked) == 2
