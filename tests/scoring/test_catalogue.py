"""What is true of every score in the catalogue, and a case worked by hand."""

import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scores.weights import batch_norm_scale
from minprune.scoring.catalogue import SCORES, facts_of, find_score, takes_blocks
from minprune.scoring.entries import entry

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")
EVERY = each("name", mp.scores.CATALOGUE)
SEEDS = {"dense": 7, "image to dense": 585, "conv to flatten to dense": 584, "conv to global average to dense": 46,
         "all conv to global average": 5, "all conv to flatten": 26, "image to image": 25}    # networks that differ


def assert_equal_scores(one, other, told):
    """To 1e-12, relative to the layer's largest; infinite in the same places. Removal is a difference of two
    losses of size 1 and carries their rounding errors."""
    assert list(one) == list(other), told
    for layer in one:
        finite = np.isfinite(other[layer])
        np.testing.assert_array_equal(one[layer][~finite], other[layer][~finite], err_msg=told)
        size = max(np.abs(other[layer][finite]).max(initial=0), 1e-2)
        np.testing.assert_allclose(one[layer][finite], other[layer][finite], rtol=0, atol=1e-12 * size,
                                   err_msg=told)


@pytest.fixture(scope="module")
def score(few):
    """score(net, name, x, t): its scores; γ as a formula of one's own, which no layer without batch norm refuses."""
    def ask(net, name, x, t, loss="mse", batch_size=256):
        if name == "batch_norm_scale":
            return mp.score(net, lambda gamma: batch_norm_scale(gamma), x, t, loss, batch_size)
        return mp.score(net, name, x, t, loss, batch_size, **few(name))
    return ask


@pytest.fixture(scope="module")
def case_of(random_network, random_samples, fingerprint):
    """A function that returns a kind's network, three samples and the bits of all, the same each time."""
    @functools.cache
    def build(kind):
        net = random_network(SEEDS[kind], kind)
        x, t = random_samples(net, 40, 3)
        return net, x, t, (fingerprint(net), x.tobytes(), t.tobytes())
    return build


@pytest.fixture(scope="module")
def scores_of(case_of, score, fingerprint):
    """A function that returns the scores of a kind's network, from batches of two samples and one; they are computed
    once for all tests to read, and nothing is changed by it."""
    @functools.cache
    def compute(name, kind):
        net, x, t, before = case_of(kind)
        scores = score(net, name, x, t, batch_size=2)
        for array in scores.values():
            array.flags.writeable = False
        assert (fingerprint(net), x.tobytes(), t.tobytes()) == before, (name, kind)
        return scores
    return compute


def test_the_networks_have_a_bit_of_everything(case_of):
    layers = [layer for kind in SEEDS for layer in case_of(kind)[0].layers.values()]
    assert {type(layer) for layer in layers} == {mp.Dense, mp.Conv2D, mp.MaxPool2D, mp.AvgPool2D, mp.GlobalAvgPool2D,
                                                 mp.Flatten, mp.Dropout}
    hidden = [net[name] for net in (case_of(kind)[0] for kind in SEEDS) for name in net.hidden_layers]
    for kind in (mp.Dense, mp.Conv2D):
        assert {layer.batch_norm for layer in hidden if type(layer) is kind} == {False, True}
    assert {layer.f.name for layer in hidden} == set(mp.ACTIVATIONS)
    assert {(layer.stride, layer.padding) for layer in hidden if type(layer) is mp.Conv2D} >= {
        (1, "same"), (1, 2), (2, "same"), (2, "valid"), (2, 1)}


@EVERY
def test_scores_do_not_depend_on_batches_or_the_order_of_samples_and_go_with_the_neurons(
        name, permutations, score, scores_of):
    """Each sample comes twice: a score is a mean, not a sum. Every score meets every one of the batch sizes. And with
    the neurons of all layers in another order their scores are in that order, but for scores that claim otherwise."""
    order = [2, 0, 1, 1, 2, 0]
    for (kind, (net, permuted, x, t, orders)), batch_size in zip(permutations.items(), (1, 4, 256, 4, 256, 4, 4)):
        expected = scores_of(name, kind)
        if name not in NO_PERMUTATION:
            net, expected = permuted, {layer: scores[orders[layer]] for layer, scores in expected.items()}
        other = score(net, name, x[order], t[order], batch_size=batch_size)
        assert_equal_scores(other, expected, f"{kind}, batches of {batch_size}")


@EVERY
def test_scores_are_of_the_hidden_layers_in_order(name, case_of, scores_of):
    for kind in SEEDS:
        net, scores = case_of(kind)[0], scores_of(name, kind)
        assert list(scores) == net.hidden_layers, kind
        for layer, array in scores.items():
            assert type(array) is np.ndarray and array.shape == (net[layer].K,) and array.dtype == np.float64, kind
            assert not np.isnan(array).any() and (name == "reciprocal_gradient" or np.isfinite(array).all()), kind


@pytest.fixture(scope="module")
def questions(case_of, random_keep, fingerprint):
    """[(kind, network, whether it has a mask, x, t, the bits of all)]."""
    found = []
    for kind, masked in (("dense", False), ("conv to flatten to dense", True), ("all conv to global average", False)):
        net, x, t, _ = case_of(kind)
        net = mp.mask(net, random_keep(net, 1)) if masked else net
        found.append((kind, net, masked, x, t, (fingerprint(net), x.tobytes(), t.tobytes())))
    return found


@EVERY
def test_scoring_changes_nothing_and_the_same_question_gets_the_same_bits(
        name, questions, score, scores_of, fingerprint):
    for kind, net, masked, x, t, before in questions:
        scores = score(net, name, x, t, batch_size=2)
        for layer in scores:
            if not masked:
                np.testing.assert_array_equal(scores[layer], scores_of(name, kind)[layer], err_msg=kind)
            scores[layer][...] = 7                              # nor does what is done to the scores
        assert (fingerprint(net), x.tobytes(), t.tobytes()) == before, kind


NO_PERMUTATION = [one for one, function in mp.scores.CATALOGUE.items()
                  if "not permutation" in entry(function)["claims"]]


@pytest.fixture(scope="module")
def permutations(case_of, close):
    """{kind: its network, the same with the neurons of all layers in another order, x, t, and the orders}."""
    found = {}
    for kind in SEEDS:
        net, x, t, _ = case_of(kind)
        other, orders = net, {}
        for layer in net.hidden_layers:
            orders[layer] = np.random.default_rng(2).permutation(net[layer].K)
            other = permuted(other, layer, orders[layer])
        close(other.predict(x), net.predict(x))
        found[kind] = net, other, x, t, orders
    return found


def permuted(net, layer, order):
    """The same function with a layer's neurons in another order."""
    arrays, reader = net.arrays(), net.reader(layer)
    for key in net[layer].arrays():
        arrays[f"{layer}.{key}"] = arrays[f"{layer}.{key}"][order]
    W = arrays[f"{reader}.W"]
    arrays[f"{reader}.W"] = W.reshape(-1, len(order))[:, order].reshape(W.shape)
    return mp.Network.from_settings(net.settings(), arrays)


@pytest.fixture(scope="module")
def precisions():
    """The same network in float32 and in float64."""
    return [mp.Network((4, 4, 1), [mp.Conv2D(3, 2, "tanh", batch_norm=True), mp.AvgPool2D(2), mp.Flatten(),
                                   mp.Dense(4, "relu"), mp.Dense(2)], seed=1, dtype=dtype)
            for dtype in ("float32", "float64")]


@EVERY
def test_float32_networks_can_be_scored(name, precisions, score):
    x, t = np.random.default_rng(0).normal(size=(5, 4, 4, 1)), [0, 1, 1, 0, 1]
    one, other = (score(net, name, x, t, "cross_entropy") for net in precisions)
    for layer in one:
        assert one[layer].dtype == np.float64
        np.testing.assert_allclose(one[layer], other[layer], rtol=1e-3, atol=1e-4)


def test_a_network_without_hidden_layers_has_no_scores():
    net = mp.Network(2, [mp.Dense(3)])
    for name in mp.scores.CATALOGUE:
        assert mp.score(net, name, [[1.0, 2.0]], [0]) == {}, name


# By hand

def test_four_relu_neurons_that_compute_the_maximum(close):
    """max(x₁, x₂) = ½ (x₁ + x₂) + ½ |x₁ − x₂|: the third neuron is the sum, the first two the difference's
    halves, the fourth is active and read with weight 0. It is exact: the loss and all its slopes are 0."""
    net = mp.Network(2, [mp.Dense(4, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = np.array([[-0.5, 1, 1, 1], [0.5, -1, 1, 1]]).T
    net["dense2"].W[...] = [[1, 0.5, 0.5, 0]]
    x = np.array([[0, 1], [1, 0], [1, 2], [2, 1]])
    t = x.max(axis=1)
    assert net.predict(x)[:, 0].tolist() == t.tolist()
    expected = {"gradient": [0, 0, 0, 0], "taylor": [0, 0, 0, 0], "apoz": [0.5, 0.5, 1, 1],
                "removal": [0.0625, 0.0625, 0.625, 0], "reciprocal_gradient": [np.inf] * 4,
                "activation_mean": [0.25, 0.5, 2, 2], "influence": [1, 0.5, 0.5, 0],
                "weight_norm_l1": [1, 2, 2, 2]}
    for name, by_hand in expected.items():
        assert mp.score(net, name, x, t, "mse")["dense1"].tolist() == by_hand, name
    close(mp.score(net, "weight_norm", x, t, "mse")["dense1"], np.sqrt([0.5, 2, 2, 2]))
    close(mp.score(net, "sensitivity", x, t, "mse")["dense1"], np.sqrt([0.5 / 4, 2 / 4, 2, 2]))


# The catalogue itself

def test_names_are_the_functions_names_and_all_the_asked_ones_are_there():
    assert {function.__name__ for function in mp.scores.CATALOGUE.values()} == set(mp.scores.CATALOGUE)
    for name in ("gradient", "reciprocal_gradient", "sensitivity", "influence", "taylor", "weight_norm",
                 "weight_norm_l1", "activation_mean", "apoz", "random", "removal"):
        assert find_score(name) is mp.scores.CATALOGUE[name] and find_score(name).__name__ == name


def test_a_function_is_its_own_score_and_unknown_names_are_told():
    def mine(o):
        return o
    assert find_score(mine) is mine
    with pytest.raises(ValueError, match='unknown score "tailor"; did you mean "taylor"'):
        find_score("tailor")


def test_the_facts_of_a_score_are_found_by_its_function_and_not_by_its_name():
    for score in SCORES:
        assert facts_of(score.function) is score and facts_of(functools.partial(score.function)) is score

    def removal(net):
        """Claims:   mean over samples"""

    facts = facts_of(removal)
    assert facts.function is removal and not facts.mean_over_samples and takes_blocks(removal)
