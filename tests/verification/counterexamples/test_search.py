"""The search for counterexamples: real networks, as small and as round as the claim and `where` allow."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.claims.claim import Trial
from minprune.verification.counterexamples import search
from minprune.verification.sampling.random_networks import Case
from minprune.verification.verify import verify
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES
from minprune.verification.counterexamples.search import (ease, exponentials, has_round_results, is_round,
                                                             roughness)


def test_two_samples_only_where_one_does_not_show_it():
    example = verify(lambda do: do / len(do), "dL/do").counterexample
    assert example.x.shape == (2, 1)
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1]


def test_where_is_obeyed():
    where = {"activation": "tanh", "loss": "cross_entropy", "outputs": 3, "that": "no biases"}
    example = verify(lambda do: -do, "dL/dz", where=where, trials=30).counterexample
    assert example.loss.name == "cross_entropy" and example.net.output_shape == (3,)
    assert example.net["dense1"].f.name == "tanh" and not example.net["dense1"].b.any()


def test_of_conv_layers():
    example = verify(lambda dz: dz.mean(axis=1), "dL/db", where={"layers": "conv"}, trials=30).counterexample
    assert example.layer == "conv1" and example.net.input_shape == (1, 2, 1)
    assert "a network (1, 2, 1) → 1 → 1" in str(example)


def test_a_claim_that_few_small_networks_break_is_shown_on_a_random_one():
    """Wrong only where a layer has four neurons: no small structure of this `where` has so few."""
    verdict = verify(lambda do: do * (1 + (do.shape[2] == 4)), "dL/do", where={"depth": 4})
    assert verdict.counterexample.net[verdict.counterexample.layer].K == 4
    assert verdict.mistake is None


def test_an_error_of_a_second_step_alone_is_no_counterexample():
    """What fails by less than a hundredth is only shown where nothing fails by more."""
    verdict = verify(lambda do: do * (1 + 1e-4 + (do > 2)), "dL/do", trials=60)
    example = verdict.counterexample
    assert np.abs(example.claimed - example.measured).max() > 1e-2 * np.abs(example.measured).max()
    small = verify(lambda do: do * (1 + 1e-4), "dL/do", trials=20).counterexample
    np.testing.assert_allclose(small.claimed, small.measured * (1 + 1e-4), rtol=1e-6)


def test_problems_are_shown_where_there_are_no_numbers():
    example = verify(lambda z: z[0, 0, 0, 0], "dL/do", trials=20).counterexample
    assert example.problem.startswith("formula raised IndexError") and str(example).endswith(example.problem)
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1] and example.claimed is None
    mixed = verify(lambda dz_next, W_next: dz_next @ W_next.T, "dL/do", trials=60).counterexample
    assert mixed.problem is None and [mixed.net[name].K for name in mixed.net.neuron_layers] == [2, 2]



def test_a_ranking_that_cannot_be_made():
    verdict = verify(lambda W: W[:, 0] + W[0], ranks_like="removal", trials=30, where={"depth": 2})
    assert "raised ValueError" in verdict.problem or "returned the shape" in verdict.problem
    assert verdict.counterexample is None or verdict.counterexample.problem or "by their index" in str(verdict)


# ------------------------------------------------------------------------------------------ round numbers


def case_of(weight, activation="identity", loss="mse"):
    net = mp.Network(1, [mp.Dense(1, activation), mp.Dense(1)])
    net["dense1"].W[...] = weight
    net["dense2"].W[...] = 1
    return Case(net, "dense1", np.ones((1, 1)), np.zeros((1, 1)), loss)


class Failing:
    """A stand-in for a claim: it fails where `wrong` says so."""

    def __init__(self, wrong):
        self.wrong = wrong

    def trial(self, case):
        return Trial(case, None, None, float(self.wrong(case)))


def smallest_of(monkeypatch, lists, wrong):
    """The case that the search finds among these lists of cases, or None."""
    monkeypatch.setattr(search, "small_cases", lambda *arguments: iter(lists))
    claim = Failing(wrong)
    trial = search.smallest(claim, None, [], [claim.trial(lists[0][0])], lambda trial: trial.error > 0, 0)
    return trial and trial.case


def test_the_roundest_is_taken_of_those_that_fail(monkeypatch):
    cases = [case_of(weight) for weight in (0.3, 1, 2, 0.5)]
    assert smallest_of(monkeypatch, [cases], lambda case: case.net["dense1"].W.item() != 1) is cases[2]
    assert smallest_of(monkeypatch, [cases], lambda case: False) is None


def test_a_smaller_structure_comes_before_rounder_numbers(monkeypatch):
    smaller, larger = [case_of(0.3)], [case_of(1)]
    assert smallest_of(monkeypatch, [smaller, larger], lambda case: True) is smaller[0]
    assert smallest_of(monkeypatch, [smaller, larger], lambda case: case is larger[0]) is larger[0]


def test_a_round_result_is_preferred_to_slightly_rounder_numbers():
    def trial(weight, result):
        return Trial(case_of(weight), np.array([result]), np.array([result]), 1.0)

    root, other, far = trial(1, np.sqrt(2)), trial(2, 5.0), trial(0.3, 5.0)
    far.case.x[...] = far.case.t[...] = 0.3                                         # three numbers that are not round
    assert search.roundest(iter([root, other])) is other and search.roundest(iter([other, root])) is other
    assert search.roundest(iter([root, far])) is root and search.roundest(iter([root])) is root
    assert search.roundest(iter([])) is None


def test_no_result_is_round_after_an_exponential():
    sigmoid = Trial(case_of(1, "sigmoid"), np.array([0.73106]), np.array([0.1]), 1.0)
    relu = Trial(case_of(2, "sigmoid"), np.array([1.0]), np.array([0.0]), 1.0)
    assert search.roundest(iter([sigmoid, relu])) is sigmoid


# ------------------------------------------------------------------------------------ on paper as far as possible


def l2_norm(W):
    return np.sqrt((W ** 2).sum(axis=1))


@pytest.mark.parametrize("other", [lambda W: np.abs(W).sum(axis=1), lambda W: (W ** 2).sum(axis=1)])
def test_weights_of_which_the_norm_is_round(other):
    example = verify(l2_norm, equals=other).counterexample
    results = [*example.claimed.ravel(), *example.measured.ravel()]
    assert all(value == int(value) for value in results)


def test_the_norm_of_3_and_4():
    example = verify(l2_norm, equals=lambda W: np.abs(W).sum(axis=1)).counterexample
    assert example.net["dense1"].W.tolist() == [[3, 4]] and example.claimed == 5 and example.measured == 7


def dW_without_the_variance(dz, x, gamma):
    return np.einsum("npi,npj->nij", dz * gamma, x)


def test_statistics_of_batch_norm_are_round():
    example = verify(dW_without_the_variance, "dL/dW").counterexample
    layer = example.net["dense1"]
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1] and len(example.x) == 1
    assert layer.running_mean in (0, 1) and layer.running_var in (4, 0.25) and layer.gamma in (1, 2, 0.5)
    np.testing.assert_allclose(example.claimed, example.measured * np.sqrt(layer.running_var), rtol=1e-4)


def test_the_mean_of_batch_norm_is_round():
    example = verify(lambda z: z, equals=lambda x, W, b, gamma: gamma * (x @ W.T + b),
                     where={"batch_norm": True}).counterexample
    assert example.net["dense1"].running_mean in (0, 1) and example.net["dense1"].running_var in (1, 4, 0.25)


def test_padding_only_where_nothing_else_shows_it():
    conv = {"layers": "conv"}
    padded = verify(lambda x: (x != 0) * 1.0, equals=lambda x: np.ones(x.shape), where=conv).counterexample
    assert padded.net.input_shape == padded.net["conv1"].output_shape == (1, 1, 1)
    assert padded.net["conv1"].kernel == (1, 2) and padded.net["conv1"].padding == "same" and len(padded.x) == 1
    for formula, claim in ((lambda dz: -dz, "dL/dz"), (lambda o: o, "dL/do"), (lambda dz: dz[:, 0], "dL/db")):
        example = verify(formula, claim, where=conv, trials=40).counterexample
        assert example.net["conv1"].padding == "valid"


@pytest.mark.parametrize("formula, claim", [
    (lambda dz: -dz, {"equals": "dL/dz"}), (lambda o: o, {"equals": "dL/do"}),
    (lambda o: o[:, 0] * 0, {"equals": "removal"}), (lambda o, do: -(o * do).sum(axis=1), {"equals": "|removal|"}),
    (lambda W: np.abs(W).sum(axis=1), {"invariant": "relu rescaling"})])
def test_one_pixel_and_a_kernel_of_one_where_these_show_it(formula, claim):
    net = verify(formula, **claim, where={"layers": "conv"}, trials=60).counterexample.net
    assert net.input_shape == (1, 1, 1) and net["conv1"].kernel == (1, 1)


def test_a_claim_that_fails_in_the_second_hidden_layer_alone():
    """o = relu(z) holds of the next layer where that one is hidden as well."""
    verdict = verify(lambda z_next: np.maximum(z_next, 0), equals=lambda o_next: o_next,
                     where={"depth": 3, "activation": "relu", "loss": "mse"})
    example = verdict.counterexample
    assert not verdict and example.layer == "dense2" and len(example.x) == 1
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1, 1]
    arrays = [*example.net.arrays().values(), example.x, example.t]
    assert all(value * 2 == int(value * 2) for array in arrays for value in array.ravel())


def test_the_first_layer_where_several_show_it():
    for depth in (3, 4):
        assert verify(lambda do: -do, "dL/do", where={"depth": depth}, trials=30).counterexample.layer == "dense1"


@pytest.mark.parametrize("formula, claim", [
    (lambda o: o - o.mean(axis=0), {"invariant": "batch size"}), (lambda do: do * 2, {"equals": "dL/do"}),
    (lambda o, do: np.abs((o * do).sum(axis=1).mean(axis=0)), {"invariant": "batch size"}),
    (lambda o, do: np.abs((o * do).sum(axis=1)), {"approximates": "removal", "order": 2}),
    (lambda o: np.abs(o).sum(axis=1), {"ranks_like": "|removal|", "least": 0.99})])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mse_where_it_shows_the_failure(formula, claim, seed):
    assert verify(formula, **claim, trials=60, seed=seed).counterexample.loss.name == "mse"


def test_other_losses_where_mse_is_not_asked_for_or_does_not_show_it():
    cross = verify(lambda do: -do, "dL/do", where={"loss": ["cross_entropy", "binary_cross_entropy"]}, trials=30)
    assert cross.counterexample.loss.name == "binary_cross_entropy"
    example = verify(lambda y, t, W_next: (y - t) @ W_next, "dL/do", where={"layer": "last hidden"}).counterexample
    assert example.loss.name == "binary_cross_entropy"


# ---------------------------------------------------------------------- roughness


def case_of_on_paper(weight, activation="identity", loss="mse"):
    net = mp.Network(1, [mp.Dense(1, activation), mp.Dense(1)])
    net["dense1"].W[...] = weight
    net["dense2"].W[...] = 1
    return Case(net, "dense1", np.ones((1, 1)), np.zeros((1, 1)), loss)


def exponentials_of(case):
    return exponentials(case.activations(), case.loss)


def test_round_numbers_are_less_rough():
    weights = [roughness(case_of_on_paper(weight)) for weight in (1, 2, 0.5, 0.3)]
    activations = [roughness(case_of_on_paper(1, activation)) for activation in ("identity", "relu", "tanh")]
    losses = [roughness(case_of_on_paper(1, loss=loss)) for loss in ("mse", "binary_cross_entropy", "cross_entropy")]
    for values in (weights, activations, losses):
        assert values == sorted(set(values))


def test_no_number_is_as_rough_as_an_exponential():
    assert roughness(case_of_on_paper(0.3, "leaky_relu")) < roughness(case_of_on_paper(1, "sigmoid"))
    assert roughness(case_of_on_paper(0.3)) < roughness(case_of_on_paper(1, loss="binary_cross_entropy"))


def test_exponentials_are_counted():
    assert [exponentials_of(case_of_on_paper(1, f)) for f in ("identity", "relu", "leaky_relu", "sigmoid", "tanh",
                                                                       "softplus")] \
        == [0, 0, 0, 1, 1, 1]
    assert [exponentials_of(case_of_on_paper(1, loss=loss)) for loss in ("mse", "binary_cross_entropy", "cross_entropy")] \
        == [0, 1, 2]
    assert exponentials_of(case_of_on_paper(1, "tanh", "cross_entropy")) == 3


def test_what_is_ones_own_is_the_hardest():
    own = mp.Activation("own", np.sin, np.cos, kinks=())
    assert exponentials_of(case_of_on_paper(1, own)) == 1 and roughness(case_of_on_paper(1, own)) > roughness(case_of_on_paper(1, "softplus"))
    identity, mse = ACTIVATIONS["identity"], LOSSES["mse"]
    easiest_first = [(identity, identity, mse), (identity, identity, LOSSES["cross_entropy"]),
                     (ACTIVATIONS["relu"], identity, mse), (ACTIVATIONS["tanh"], identity, mse), (own, identity, mse)]
    assert sorted(reversed(easiest_first), key=ease) == easiest_first


@pytest.mark.parametrize("value, expected", [
    (0, True), (-3, True), (0.0625, True), (12.25, True), (1e-12, True), (2 + 1e-9, True),
    (np.sqrt(2), False), (1 / 3, False), (0.76159, False), (np.exp(-5), False)])
def test_a_round_number_has_few_digits(value, expected):
    assert is_round(value) == expected


def test_all_results_must_be_round():
    def trial(claimed, measured):
        return Trial(case_of_on_paper(1), claimed, measured, 1.0)

    round_numbers, root = np.array([5.0, 7.0]), np.array([5.0, np.sqrt(2)])
    assert has_round_results(trial(round_numbers, round_numbers)) and has_round_results(trial(None, None))
    assert not has_round_results(trial(round_numbers, root)) and not has_round_results(trial(root, round_numbers))
