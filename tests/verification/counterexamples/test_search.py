"""The search for counterexamples: real networks, as small and as round as the claim and `where` allow."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.claims.claim import Trial
from minprune.verification.counterexamples import search
from minprune.verification.counterexamples.roughness import roughness
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

pytestmark = pytest.mark.usefixtures("search_only")


def test_two_samples_only_where_one_does_not_show_it():
    example = verify(lambda do: do / len(do), "dL/do", trials=20).counterexample
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


def test_one_wide_layer_where_fewer_neurons_do_not_show_it(search_only):
    """Wrong only where a layer has four neurons."""
    search_only.undo()
    verdict = verify(lambda do: do * (1 + (do.shape[2] == 4)), "dL/do", where={"depth": 4}, trials=100)
    example = verdict.counterexample
    assert sorted(example.net[name].K for name in example.net.neuron_layers) == [1, 1, 1, 4] and len(example.x) == 1
    assert example.net[example.layer].K == 4 and numbers_of(example) == {}
    assert verdict.mistake is None


def test_a_claim_that_no_small_network_breaks_is_shown_on_a_random_one():
    """Wrong only where a weight is none of the round numbers."""
    def odd(W):
        return W + (W * 8 % 1 != 0)

    example = verify(odd, equals=lambda W: W, trials=20).counterexample
    assert (example.net[example.layer].W * 8 % 1 != 0).any() and len(example.net.neuron_layers) == 2


def test_many_draws_find_a_smaller_network_than_a_few():
    """Wrong of two samples with an input of 3 and a weight of −2: few draws find both where there are more numbers."""
    def odd(do, x, W):
        return do * (1 + (len(do) > 1 and (x > 2.5).any() and (W < -1.6).any()))

    example = verify(odd, equals=lambda do: do, trials=60).counterexample
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1] and example.x.shape == (2, 1)


def test_an_error_of_a_second_step_alone_is_no_counterexample():
    """What fails by less than a hundredth is only shown where nothing fails by more."""
    verdict = verify(lambda do: do * (1 + 1e-4 + (do > 2)), "dL/do", trials=30)
    example = verdict.counterexample
    assert np.abs(example.claimed - example.measured).max() > 1e-2 * np.abs(example.measured).max()
    small = verify(lambda do: do * (1 + 1e-4), "dL/do", trials=20).counterexample
    np.testing.assert_allclose(small.claimed, small.measured * (1 + 1e-4), rtol=1e-6)


def test_problems_are_shown_where_there_are_no_numbers():
    example = verify(lambda z: z[0, 0, 0, 0], "dL/do", trials=20).counterexample
    assert example.problem.startswith("formula raised IndexError") and str(example).endswith(example.problem)
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1] and example.claimed is None
    mixed = verify(lambda dz_next, W_next: dz_next @ W_next.T, "dL/do", trials=40).counterexample
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

    def fits(self, case):
        return True

    def trial(self, case):
        return Trial(case, None, None, float(self.wrong(case)))


def smallest_of(wrong, **where):
    """The case that the search finds where the claim fails, or None."""
    claim = Failing(wrong)
    where = Where({"activation": "identity", "loss": "mse", "depth": 2, "samples": 1, "outputs": 1, **where})
    failing = [Trial(case_of(0.3), None, None, 1.0)]
    trial = search.Search(claim, where, failing, failing, 0).smallest(lambda trial: trial.error > 0)
    return trial and trial.case


def test_the_roundest_is_taken_of_those_that_fail():
    assert roughness(smallest_of(lambda case: True)) == (0, 0, 0)
    other = smallest_of(lambda case: case.net["dense1"].W.item(0) != 1)
    assert other.net["dense1"].W.item() in (2, -1) and roughness(other) == (0, 0, 1)
    assert smallest_of(lambda case: False) is None


def test_of_two_that_are_as_round_the_one_with_fewer_numbers_changed():
    case = smallest_of(lambda case: case.net["dense1"].b.item(0) == 1)
    assert {name: array.tolist() for name, array in case.net.arrays().items()} == {
        "dense1.W": [[1]], "dense1.b": [1], "dense2.W": [[1]], "dense2.b": [0]}
    assert case.x == 1 and case.t == 0


def test_a_smaller_structure_comes_before_rounder_numbers():
    def sizes(case):
        return case.net["dense1"].K, case.x.size

    assert sizes(smallest_of(lambda case: case.net["dense1"].K == 2 or 0.5 in case.x)) == (1, 1)
    assert sizes(smallest_of(lambda case: case.net["dense1"].K == 2)) == (2, 1)
    assert sizes(smallest_of(lambda case: case.x.size == 2)) == (1, 2)


def test_a_search_has_its_bounds():
    tried = []
    assert smallest_of(lambda case: bool(tried.append(case))) is None
    assert 100 < len(tried) < 1000
    looked = []
    assert smallest_of(lambda case: True, that=lambda net: bool(looked.append(net))) is None
    assert 100 < len(looked) < 6000


def test_the_same_seed_gives_the_same_case():
    def wrong(case):
        return (case.net["dense1"].W * case.net["dense2"].W).sum() == 6

    first, second = smallest_of(wrong), smallest_of(wrong)
    assert np.array_equal(first.net["dense1"].W, second.net["dense1"].W) and np.array_equal(first.x, second.x)


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
    example = verify(l2_norm, equals=other, trials=20).counterexample
    results = [*example.claimed.ravel(), *example.measured.ravel()]
    assert all(value == int(value) for value in results)


def test_the_norm_of_3_and_4():
    example = verify(l2_norm, equals=lambda W: np.abs(W).sum(axis=1), trials=20).counterexample
    assert example.net["dense1"].W.tolist() == [[3, 4]] and example.claimed == 5 and example.measured == 7


def dW_without_the_variance(dz, x, gamma):
    return np.einsum("npi,npj->nij", dz * gamma, x)


def test_statistics_of_batch_norm_are_round():
    example = verify(dW_without_the_variance, "dL/dW", trials=20).counterexample
    layer = example.net["dense1"]
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1] and len(example.x) == 1
    assert layer.running_mean in (0, 1) and layer.running_var in (4, 0.25) and layer.gamma in (1, 2, 0.5)
    np.testing.assert_allclose(example.claimed, example.measured * np.sqrt(layer.running_var), rtol=1e-4)


def test_the_mean_of_batch_norm_is_round():
    example = verify(lambda z: z, equals=lambda x, W, b, gamma: gamma * (x @ W.T + b),
                     where={"batch_norm": True}, trials=20).counterexample
    assert example.net["dense1"].running_mean in (0, 1) and example.net["dense1"].running_var in (1, 4, 0.25)


def numbers_of(example):
    """{array: its numbers} of all that are not the plain ones."""
    plain = {"W": 1, "gamma": 1, "running_var": 1, "x": 1}
    arrays = {**example.net.arrays(), "x": example.x, "t": example.t}
    return {name: array.tolist() for name, array in arrays.items()
            if (array != plain.get(name.split(".")[-1], 0)).any()}


def is_one_to_one(example, samples=1):
    """Whether the network is 1 → 1 → 1."""
    return [example.net[name].K for name in example.net.neuron_layers] == [1, 1] and \
        example.net.input_shape == (1,) and len(example.x) == samples


@pytest.mark.parametrize("formula, other, numbers", [
    # of batch norm: γ = −1 shows the absolute value, a variance of 4 its root, a mean of 1 and β = 1 themselves
    (lambda gamma: np.abs(gamma), lambda gamma: gamma, {"dense1.gamma": [-1]}),
    (lambda var: var, lambda var: np.sqrt(var), {"dense1.running_var": [4]}),
    (lambda mean: mean, lambda mean: 0 * mean, {"dense1.running_mean": [1]}),
    (lambda beta: beta, lambda beta: 0 * beta, {"dense1.beta": [1]}),
])
def test_batch_norm_by_hand(formula, other, numbers):
    example = verify(formula, equals=other, trials=20).counterexample
    assert is_one_to_one(example) and numbers_of(example) == numbers


def test_more_than_four_samples_only_where_four_do_not_show_it():
    def first_four(do):
        return np.concatenate([do[:4], 0 * do[4:]])

    example = verify(first_four, "dL/do", trials=60).counterexample
    assert is_one_to_one(example, samples=5) and numbers_of(example) == {}
    assert not example.claimed[4].any() and example.measured.ravel().tolist() == pytest.approx([1] * 5)


def test_soft_targets_where_one_class_does_not_show_it():
    def of_classes(p, t):
        return p - np.eye(t.shape[1])[t.argmax(axis=1)]

    example = verify(of_classes, "dL/dz", where={"layer": "output", "loss": "cross_entropy"}, trials=60).counterexample
    assert example.net.neuron_layers == ["dense1"] and example.net.output_shape == (2,) and len(example.x) == 1
    assert numbers_of(example) == {"t": [[0.5, 0.5]]}


def test_an_input_of_0_only_where_nothing_else_shows_it():
    example = verify(lambda dW, x: np.where(x[:, 0] == 0, 1, dW[:, 0]), equals=lambda dW: dW[:, 0], trials=60,
                     where={"neurons": 1}).counterexample
    assert is_one_to_one(example) and numbers_of(example) == {"x": [[0]]}
    example = verify(lambda o: 0 * o + 1, equals=lambda o: o, trials=20).counterexample
    assert is_one_to_one(example) and 0 not in example.x


def test_a_stride_only_where_nothing_else_shows_it():
    example = verify(lambda x, stride: x + stride, equals=lambda x: x + 1, where={"layers": "conv"},
                     trials=30).counterexample
    conv = example.net["conv1"]
    assert conv.stride == 2 and conv.kernel == (1, 1) and conv.input_shape == (1, 3, 1) and len(example.x) == 1
    assert numbers_of(example) == {} and conv.output_shape == (1, 2, 1)


def test_two_pixels_and_a_kernel_of_two():
    """A kernel that is read backwards: of two weights, on an image of two pixels that differ."""
    example = verify(lambda dz, x: np.einsum("npi,npj->nij", dz, x[..., ::-1]), "dL/dW", where={"layers": "conv"},
                     trials=20).counterexample
    conv = example.net["conv1"]
    assert conv.input_shape == (1, 2, 1) and conv.kernel == (1, 2) and conv.stride == 1 and conv.padding == "valid"
    (name, x), = numbers_of(example).items()
    assert name == "x" and sorted(np.ravel(x)) in ([-1, 1], [1, 2])


def test_padding_only_where_nothing_else_shows_it():
    conv = {"layers": "conv"}
    padded = verify(lambda x, padding: x + np.sum(padding), equals=lambda x: x, where=conv, trials=20).counterexample
    assert padded.net.input_shape == padded.net["conv1"].output_shape == (1, 1, 1) and numbers_of(padded) == {}
    assert padded.net["conv1"].kernel == (1, 2) and padded.net["conv1"].padding == "same" and len(padded.x) == 1
    example = verify(lambda dz: dz[:, 0], "dL/db", where=conv, trials=10).counterexample
    assert example.net["conv1"].padding == "valid"


@pytest.mark.parametrize("formula, claim", [
    (lambda dz: -dz, {"equals": "dL/dz"}), (lambda o: o, {"equals": "dL/do"}),
    (lambda o: o[:, 0] * 0, {"equals": "removal"}), (lambda o, do: -(o * do).sum(axis=1), {"equals": "|removal|"}),
    (lambda W: np.abs(W).sum(axis=1), {"invariant": "relu rescaling"})])
def test_one_pixel_and_a_kernel_of_one_where_these_show_it(formula, claim):
    net = verify(formula, **claim, where={"layers": "conv"}, trials=15).counterexample.net
    assert net.input_shape == (1, 1, 1) and net["conv1"].kernel == (1, 1) and net["conv1"].padding == "valid"


def test_a_claim_that_fails_in_the_second_hidden_layer_alone():
    """o = relu(z) holds of the next layer where that one is hidden as well."""
    verdict = verify(lambda z_next: np.maximum(z_next, 0), equals=lambda o_next: o_next,
                     where={"depth": 3, "activation": "relu", "loss": "mse"}, trials=30)
    example = verdict.counterexample
    assert not verdict and example.layer == "dense2" and len(example.x) == 1
    assert [example.net[name].K for name in example.net.neuron_layers] == [1, 1, 1]
    (name, values), = numbers_of(example).items()                           # a number below 0 is all that it needs
    assert np.ravel(values).tolist() == [-1] and name in ("dense2.W", "dense3.W", "dense3.b")


def test_the_first_layer_where_several_show_it():
    for depth in (3, 4):
        assert verify(lambda do: -do, "dL/do", where={"depth": depth}, trials=15).counterexample.layer == "dense1"


@pytest.mark.parametrize("formula, claim, seed", [
    (lambda o: o - o.mean(axis=0), {"invariant": "batch size"}, 0), (lambda do: do * 2, {"equals": "dL/do"}, 1),
    (lambda o, do: np.abs((o * do).sum(axis=1).mean(axis=0)), {"invariant": "batch size"}, 0),
    (lambda o, do: np.abs((o * do).sum(axis=1)), {"approximates": "removal", "order": 2}, 0),
    (lambda o: np.abs(o).sum(axis=1), {"ranks_like": "|removal|", "least": 0.99}, 1)])
def test_mse_where_it_shows_the_failure(formula, claim, seed):
    assert verify(formula, **claim, trials=20, seed=seed).counterexample.loss.name == "mse"


@pytest.mark.parametrize("seed", range(2))
def test_the_easiest_where_few_networks_were_tried(seed):
    """Of three random networks, hardly one is without an exponential."""
    example = verify(lambda do: -do, "dL/do", trials=3, seed=seed).counterexample
    names = {example.net[name].f.name for name in example.net.neuron_layers}
    assert example.loss.name == "mse" and names == {"identity"}
    assert is_one_to_one(example) and numbers_of(example) == {}


def test_other_losses_where_mse_is_not_asked_for_or_does_not_show_it():
    cross = verify(lambda do: -do, "dL/do", where={"loss": ["cross_entropy", "binary_cross_entropy"]}, trials=30)
    assert cross.counterexample.loss.name == "binary_cross_entropy"
    example = verify(lambda y, t, W_next: (y - t) @ W_next, "dL/do", where={"layer": "last hidden"},
                     trials=30).counterexample
    assert example.loss.name == "binary_cross_entropy"
