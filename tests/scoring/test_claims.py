"""What a score's docstring claims, tested for every score of the catalogue that claims it."""

import tracemalloc
import warnings

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scoring.catalogue import CATALOGUE
from minprune.scoring.entries import entry
from minprune.scoring.shards import is_mean_over_samples

KNOWN_CLAIMS = ("mean over samples", "relu rescaling", "first order of removal", "second order of removal",
                "shares add up", "not permutation", "none")


def claims(name):
    return [claim.strip() for claim in entry(CATALOGUE[name])["claims"].rstrip(".").split(";")]


def claiming(claim):
    return [name for name in CATALOGUE if any(one.startswith(claim) for one in claims(name))]


def score(net, name, x, t, loss, batch_size=256, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mp.score(net, name, x, t, loss, batch_size, **settings)


def test_claims_are_of_the_known_ones():
    for name in CATALOGUE:
        assert all(claim.startswith(KNOWN_CLAIMS) for claim in claims(name)), name


def test_each_claim_is_claimed_by_somebody():
    assert all(claiming(claim) for claim in KNOWN_CLAIMS[:5])


def test_the_catalogue_says_the_same_as_the_docstring():
    """The docstring is for readers; what is computed is decided by the catalogue's facts and the parameters."""
    for name in CATALOGUE:
        assert is_mean_over_samples(CATALOGUE[name]) == ("mean over samples" in claims(name)), name


def settle(net, seed):
    rng = np.random.default_rng(seed)
    for name in net.neuron_layers:
        net[name].b[...] = rng.normal(0, 0.3, net[name].K)
    return net


def dense(activation, seed=0):
    return settle(mp.Network(5, [mp.Dense(6, activation), mp.Dense(4, activation), mp.Dense(3)], seed=seed), seed)


def convolutional(activation, seed=0):
    layers = [mp.Conv2D(3, 3, activation, padding=1), mp.MaxPool2D(2), mp.Conv2D(4, 2, activation),
              mp.Flatten(), mp.Dense(5, activation), mp.Dense(3)]
    return settle(mp.Network((6, 6, 2), layers, seed=seed), seed)


def samples(net, N, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, *net.input_shape)), rng.integers(0, 3, N)


@pytest.fixture(scope="module")
def relu_networks():
    return [make("relu") for make in (dense, convolutional)]


@each("name", claiming("mean over samples"))
def test_the_mean_of_unequal_shards_is_the_score_of_all(name, relu_networks, few, close):
    for net in relu_networks:
        x, t = samples(net, 8)
        whole, first, second = (score(net, name, x[part], t[part], "cross_entropy", **few(name))
                                for part in (slice(0, 8), slice(0, 3), slice(3, 8)))
        for layer in net.hidden_layers:
            close((3 * first[layer] + 5 * second[layer]) / 8, whole[layer])


def rescaled(net, factors):
    """The same function: each relu neuron's incoming weights and bias times a, its outgoing weights over a."""
    other = net.copy()
    for name in net.hidden_layers:
        a = factors[name]
        other[name].W[...] *= a.reshape(-1, *[1] * (other[name].W.ndim - 1))
        other[name].b[...] *= a
        after = other[other.reader(name)]
        after.W[...] = (after.W.reshape(*after.W.shape[:-1], -1, len(a)) / a).reshape(after.W.shape)
    return other


@pytest.fixture(scope="module")
def rescalings(relu_networks, close):
    """[(network, the same on another scale, x, t)]."""
    found = []
    for net in relu_networks:
        rng, (x, t) = np.random.default_rng(3), samples(net, 9)
        other = rescaled(net, {layer: rng.uniform(0.25, 4, net[layer].K) for layer in net.hidden_layers})
        close(other.predict(x), net.predict(x))
        found.append((net, other, x, t))
    return found


@each("name", claiming("relu rescaling"))
def test_relu_rescaling_changes_nothing(name, rescalings, few, close):
    for net, other, x, t in rescalings:
        one, two = (score(each, name, x, t, "cross_entropy", **few(name)) for each in (net, other))
        for layer in net.hidden_layers:
            close(two[layer], one[layer], 1e-9)


def scaled_down(net, layer, i, epsilon):
    """Neuron i speaks ε times as loud: the weights that read it are multiplied by ε."""
    other = net.copy()
    after = other[other.reader(layer)]
    after.W.reshape(*after.W.shape[:-1], -1, net[layer].K)[..., i] *= epsilon
    return other


def slope(name, net, layer, i, x, t, loss):
    """The power of ε with which |score| goes to |removal| for one sample."""
    errors = []
    for epsilon in (0.1, 0.01):
        other = scaled_down(net, layer, i, epsilon)
        approximate = score(other, name, x, t, loss)[layer][i]
        errors.append(abs(abs(approximate) - abs(score(other, "removal", x, t, loss)[layer][i])))
    return np.log10(errors[0] / errors[1])


@pytest.mark.parametrize("claim, order", [("first order of removal", 2), ("second order of removal", 3)])
def test_the_error_shrinks_at_the_order_that_is_claimed(claim, order):
    for name in claiming(claim):
        net = dense("tanh", seed=4)
        x, t = samples(net, 1, seed=5)
        slopes = [slope(name, net, layer, i, x, t, "cross_entropy") for layer in net.hidden_layers for i in range(3)]
        assert np.median(slopes) == pytest.approx(order, abs=0.25), (name, slopes)
        assert min(slopes) > order - 0.5, (name, slopes)


def test_a_score_that_claims_nothing_of_the_kind_does_not_have_the_order():
    """The measurement can tell: the weight norm's error falls with ε itself at best."""
    net = dense("tanh", seed=4)
    assert slope("gradient", net, "dense1", 0, *samples(net, 1, seed=5), "cross_entropy") < 1.5


@each("name", CATALOGUE)
def test_memory_does_not_grow_with_the_number_of_samples(name, few):
    """A recorded sample takes some 450 bytes here; what grows may only be the prepared targets and the like."""
    norm = name == "batch_norm_scale"
    net = settle(mp.Network(24, [mp.Dense(6, "relu", norm), mp.Dense(5, "relu", norm), mp.Dense(3)]), 0)
    peaks = []
    score(net, name, *samples(net, 8), "cross_entropy", **few(name))          # what is imported or cached once
    for x, t in (samples(net, 100), samples(net, 200)):                       # four batches and eight
        tracemalloc.start()
        score(net, name, x, t, "cross_entropy", batch_size=25, **few(name))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 100 < 80
