"""verify: its arguments, orders, invariances and rankings."""

import numpy as np
import pytest

from minprune.verification.counterexamples import counterexample
from minprune.verification.verify import verify
from minprune.verification.claims.approximation import Approximation
from minprune.verification.claims.claim import Equality, quantity_of
from minprune.verification.formulas import Formula
from minprune.verification.claims.invariance import Invariance
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.claims.ranking import Ranking, ranks, spearman
from minprune.verification.claims.trial import Trial
from minprune.verification.verify import MOST_POINTS, SMALLER, check_order, defaults, labels_of, largest_error, points
from minprune.verification.sampling.where import Where


def taylor(o, do):
    return np.abs((o * do).sum(axis=1))


@pytest.mark.parametrize("claim, error, told", [
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
    ({"equals": 3}, ValueError, 'unknown quantity "3"'),
    ({"ranks_like": "|dL/dW|"}, ValueError, 'unknown quantity that ranks neurons: "dL/dW"'),
    ({"ranks_like": "removal", "least": "high"}, TypeError, "least expects a number"),
])
def test_errors_name_what_is_wrong(claim, error, told):
    with pytest.raises(error) as raised:
        verify(taylor, **claim)
    assert told in str(raised.value) and "\n" not in str(raised.value)


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


def test_the_form_is_told():
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
    verdict = verify(taylor, approximates="removal", where=where, trials=40)
    assert verdict and verdict.found["order"] == 1 and verdict.found["slope"] == pytest.approx(2, abs=0.05)
    assert verdict.claim == "taylor approximates |removal| to order 1"
    second = verify(taylor, approximates="removal", order=2, where=where, trials=40)
    assert not second and second.found["order"] == 1
    assert f"the error falls as ε^{round(second.found['slope'], 2):g} (the median): it is of order 1. " in str(second)
    assert ". Order 2 asks for ε^3, which " in str(second)


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


@pytest.mark.parametrize("kind, formula, holds", [
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
@pytest.mark.parametrize("layers", ["dense", "conv"])
def test_invariances(kind, formula, holds, layers):
    if formula.__code__.co_varnames[0] == "w_dW":
        holds = True                    # Σ w ∂ℓ/∂w has no factor of its own either
    verdict = verify(formula, invariant=kind, where={"layers": layers}, trials=25)
    assert verdict.holds == holds, str(verdict)
    assert holds == (verdict.counterexample is None)


def test_a_change_of_shape_is_told():
    verdict = verify(lambda do: np.ones(len(do) + 1), invariant="sample order", trials=5)
    assert verdict                      # the shape is odd, but the same
    verdict = verify(lambda W: np.ones(int(W[0, 0] > W.max() - 1e-9) + 1), invariant="neuron permutation", trials=40)
    assert not verdict and "before and" in verdict.problem


def test_only_the_means_name_a_mistake_of_invariance():
    verdict = verify(lambda do: np.abs(do).sum(axis=(0, 1)), invariant="batch size", trials=20)
    assert verdict.mistake.name == "sum where the mean is meant"


# ---------------------------------------------------------------------------------- rankings


def test_a_ranking_is_told_with_its_spread():
    verdict = verify(taylor, ranks_like="|removal|", trials=40)
    low, high = verdict.found["quartiles"]
    assert verdict and -1 <= low <= verdict.found["median"] <= high <= 1 and verdict.found["median"] > 0.5
    assert f"Spearman's rank correlation with |removal|: median {verdict.found['median']:.2f}" in str(verdict)
    assert not verify(taylor, ranks_like="|removal|", trials=40, least=0.999)


def test_the_removal_ranks_like_itself():
    exact = verify(lambda o, do, W_next: (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2,
                   ranks_like="removal", where={"layer": "last hidden", "loss": "mse"}, trials=20, least=1)
    assert exact and exact.found["median"] == 1


def test_upside_down():
    verdict = verify(lambda do: -np.abs(do), ranks_like="|dL/do|", where={"samples": 1}, trials=20)
    assert verdict.found["median"] == -1 and "upside down" in str(verdict) and verdict.mistake is None


def test_weights_alone_can_rank():
    for quantity in ("removal", "|dL/do|", "dL/db"):
        assert verify(lambda W: np.abs(W).sum(axis=1), ranks_like=quantity, trials=10).problem is None


def test_ranks_and_spearman_by_hand():
    np.testing.assert_array_equal(ranks(np.array([10.0, 30, 20, 20])), [1, 4, 2.5, 2.5])
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 20, 500])) == 1
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])) == pytest.approx(0.6)
    assert spearman(np.ones(3), np.arange(3.0)) == 0


# -------------------------------------------------------------------------------- what a verdict is made of


@pytest.mark.parametrize("function, kind, invariant, expected", [
    (lambda o: o, "equals", None, {}), (lambda gamma: gamma, "equals", None, {"batch_norm": True}),
    (lambda o: o, "approximates", None, {}),
    (lambda o: o, "ranks_like", None, {"neurons": (6, 7, 8), "samples": (12,)}),
    (lambda o: o, "invariant", "batch size", {"samples": (2, 3, 4)}),
    (lambda o: o, "invariant", "sample order", {"samples": (2, 3, 4)}),
    (lambda o: o, "invariant", "neuron permutation", {}),
    (lambda gamma: gamma, "invariant", "relu rescaling", {"batch_norm": True, "activation": ("relu", "leaky_relu")})])
def test_what_where_is_where_it_does_not_say(function, kind, invariant, expected):
    assert defaults(Formula(function), kind, invariant) == expected


def test_counterexamples_of_rankings_are_smaller():
    assert SMALLER == {"ranks_like": {"neurons": (2, 3), "samples": (1, 2)}}


def test_orders_are_whole_numbers():
    assert [check_order(one) for one in (1, 2.0, np.int64(2))] == [1, 2, 2] and type(check_order(1.0)) is int


def trial(claimed=None, measured=None, error=0.0, problem=None):
    return Trial(None, claimed, measured, error, problem=problem)


def test_the_largest_error():
    assert largest_error([trial(error=0.1), trial(error=0.3), trial(error=0.2)]) == 0.3
    assert largest_error([trial(error=0.1), trial(error=np.inf)]) is None
    assert type(largest_error([trial(error=np.float64(0.1))])) is float


def test_points_are_all_numbers_that_were_compared():
    many = np.arange(3000.0)
    found = points([trial(np.ones((1, 2)), 2 * np.ones((1, 2))), trial(many[:1], many[:2], problem="raised"),
                    trial(many, -many)])
    assert len(found[0]) == len(found[1]) == MOST_POINTS == 2000
    np.testing.assert_array_equal(found[0][:4], [1, 1, 0, 1])
    np.testing.assert_array_equal(found[1], [2, 2, *-many[:1998]])
    assert [one.shape for one in points([trial(problem="raised")])] == [(0,), (0,)]


def test_what_points_are_called():
    formula = Formula(taylor)
    assert labels_of(Equality(formula, quantity_of("dL/do"), 1e-6)) == ("claimed", "measured dL/do")
    assert labels_of(Equality(formula, quantity_of("|dL/do|"), 1e-6)) == ("claimed", "measured |dL/do|")
    assert labels_of(Equality(formula, quantity_of(taylor), 1e-6)) == ("taylor", "taylor")
    assert labels_of(Invariance(formula, "batch size", 1e-6)) == ("after", "before")
    assert labels_of(Ranking(formula, "removal", 0.5)) == ("claimed", "measured removal")
    assert labels_of(Approximation(formula, 1, [])) == ("claimed", "measured |removal|")


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


def test_ranks_between_minus_one_and_one_may_be_asked_for():
    assert verify(lambda o, do: -taylor(o, do), ranks_like="|removal|", trials=5, least=-1)


# -------------------------------------------------------------------- what must not pass, or not fail


@pytest.mark.parametrize("factor", [1e-300, 1e-200, 1e-9, 1.001e200])
def test_small_and_large_numbers_are_told_apart_as_any_others(factor):
    """Nothing is measured for a second formula: no difference is too small to count."""
    assert not verify(lambda do: factor * do, equals=lambda do: 2 * factor * do, trials=20)
    assert verify(lambda do: factor * do, equals=lambda do: do * factor, trials=20)
    assert not verify(lambda W: factor * np.abs(W).sum(axis=1), invariant="relu rescaling", trials=20)
    assert verify(lambda o: factor * o, invariant="sample order", trials=20)


def test_noise_of_a_cancellation_is_no_difference():
    one = verify(lambda do, o: (do + o) - o, equals=lambda do: do, trials=60)
    assert one and 0 < one.error


def test_float32_is_told_what_it_lacks():
    def single(dz_next, W_next):
        return dz_next.astype(np.float32) @ W_next.astype(np.float32)

    def double_but_wrong(dz_next, W_next):
        return 1.0001 * dz_next @ W_next

    verdict = verify(single, equals="dL/do")
    assert not verdict and "single returns fewer digits than float64 has; tolerance=1e-4 leaves room" in str(verdict)
    assert verify(single, equals="dL/do", tolerance=1e-4)
    assert "digits" not in str(verify(double_but_wrong, equals="dL/do", trials=20))
    assert "digits" not in str(verify(lambda do: -do.astype(np.float32), equals="dL/do", trials=20))


def test_what_does_not_repeat_itself_is_no_formula():
    rng, calls = np.random.default_rng(0), []
    with pytest.raises(ValueError, match="gives other numbers for the same arrays the second time"):
        verify(lambda do: do * rng.normal(), equals="dL/do")
    with pytest.raises(ValueError, match="formula gives other numbers"):
        verify(lambda do: do + len(calls.append(0) or calls), equals="dL/do")


def test_a_correlation_is_at_most_1():
    with pytest.raises(ValueError, match="least expects a correlation, at most 1, got 1.5"):
        verify(lambda do: do, ranks_like="removal", least=1.5)


def test_removal_inside_a_block_can_be_printed():
    """ℓ = ½ (1 + 1)² with the neuron, ½ 1² without: the first order says −2."""
    verdict = verify(lambda o, do: -(o * do).sum(axis=1), equals="removal", where={"residual": "inside"})
    assert not verdict and "without neuron 0 of dense2 [0.5]" in str(verdict)


def test_batch_norm_is_told():
    assert "(dense hidden layers; batch norm)" in str(verify(lambda gamma, dz: dz, equals="dL/dz", trials=5))


def test_a_search_that_finds_nothing_small_ends(monkeypatch):
    """Networks built, and networks tried, are bounded; a random one is shown then."""
    built = []
    original = counterexample.build
    monkeypatch.setattr(counterexample, "build", lambda *given: built.append(0) or original(*given))
    verdict = verify(lambda do, o: do * (1 + (np.abs(o) > 3.4)), equals="dL/do", trials=60)
    assert not verdict and verdict.counterexample is not None
    assert len(built) <= counterexample.MOST_BUILT + counterexample.DRAWS * 40
