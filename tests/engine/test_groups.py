"""Convolutions with groups: the same as a full kernel that is 0 outside of the groups."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine.facts import NotSaid
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")


# These draw, or look at all neurons, or at all weights, and the full network has more of them.
OF_ALL_NEURONS = ("random", "shapley", "greedy_removal", "grasp")


def net_of(groups, K=4, seed=1, **settings):
    """A convolution with groups between two without; dense layers behind."""
    net = mp.Network((5, 5, 2), [mp.Conv2D(4, 2, "tanh"), mp.Conv2D(K, 2, "tanh", padding="same", groups=groups, **settings),
                                 mp.Conv2D(3, 1, "tanh"), mp.AvgPool2D(2), mp.Flatten(), mp.Dense(4, "tanh"), mp.Dense(3)],
                     seed=seed)
    rng = np.random.default_rng(seed)
    for name in net.neuron_layers:
        if net[name].bias:
            net[name].b[...] = rng.normal(0, 0.3, net[name].K)
    return net


def full(net):
    """The network with a kernel without groups, 0 where a neuron does not read a channel."""
    settings, arrays = net.settings(), net.arrays()
    W = arrays["conv2.W"]
    groups, K, C = settings["layers"][1].pop("groups"), len(W), W.shape[-1]
    whole = np.zeros((*W.shape[:3], groups * C))
    for i in range(K):
        g = i // (K // groups)
        whole[i, :, :, g * C:(g + 1) * C] = W[i]
    return mp.Network.from_settings(settings, {**arrays, "conv2.W": whole})


def samples(N=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, 5, 5, 2)), rng.integers(0, 3, N)


@pytest.mark.parametrize("groups, K", [(2, 4), (4, 4), (4, 8), (2, 2)])
@pytest.mark.parametrize("settings", [{}, {"stride": 2, "dilation": 2, "bias": False}])
def test_outputs_and_gradients_are_those_of_the_full_kernel(groups, K, settings, close):
    net = net_of(groups, K, **settings)
    whole, (x, t) = full(net), samples()
    traces = [mp.record(one, x, t, "cross_entropy") for one in (net, whole)]
    close(traces[0].y, traces[1].y)
    for one, trace in zip((net, whole), traces):
        one.backward(trace, trace.dy)
    close(traces[0].dx, traces[1].dx)
    grads, of_whole = traces[0].grads(), traces[1].grads()
    read = np.abs(whole["conv2"].W) > 0
    close(grads["conv2.W"].ravel(), of_whole["conv2.W"][read])
    for name in grads.keys() - {"conv2.W"}:
        close(grads[name], of_whole[name])


def test_gradients_are_central_differences():
    mp.check_gradients(net_of(2), *samples(2), "cross_entropy", entries=3)


def test_depthwise_by_hand():
    """Each channel has a kernel of its own: 2 a and 3 b, and W holds one number a channel."""
    net = mp.Network((1, 1, 2), [mp.Conv2D(2, 1, groups=2)])
    net["conv1"].W[:, 0, 0, 0] = 2, 3
    assert net["conv1"].W.shape == (2, 1, 1, 1) and net["conv1"].multiply_adds() == 2
    assert net.predict(np.array([[[[10.0, 100.0]]]])).ravel().tolist() == [20, 300]


def test_neurons_around_groups_stay(random_keep, close):
    net, (x, _) = net_of(2), samples()
    assert net.hidden_layers == ["conv3", "dense1"]
    keep = random_keep(net, 0)
    close(mp.prune(net, keep).predict(x), mp.mask(net, keep).predict(x))


@pytest.mark.parametrize("name", CATALOGUE)
def test_scores_of_the_others_are_those_with_the_full_kernel(name, close):
    net, (x, t) = net_of(2), samples()
    try:
        scores = mp.score(net, name, x, t, "cross_entropy")
    except (NotSaid, ValueError) as error:
        assert "groups" in str(error) or "batch norm" in str(error)
        return
    others = mp.score(full(net), name, x, t, "cross_entropy")
    for layer, row in scores.items():
        if name not in OF_ALL_NEURONS:
            close(row, others[layer], 1e-9)


def test_files_copies_and_pytorchs_layout(tmp_path, fingerprint):
    net = net_of(4, 8)
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net) == fingerprint(net.copy())
    assert net.arrays_for("torch")["conv2.weight"].shape == (8, 1, 2, 2)
    other = net_of(4, 8, seed=2)
    other.load_arrays(net.arrays_for("torch"))
    assert fingerprint(other) == fingerprint(net)


@pytest.mark.parametrize("make, message", [
    (lambda: mp.Network((4, 4, 3), [mp.Conv2D(4, 1, groups=2)]), "2 equal groups of 3 channels and 4 neurons"),
    (lambda: mp.Network((4, 4, 4), [mp.Conv2D(3, 1, groups=2)]), "2 equal groups of 4 channels and 3 neurons"),
    (lambda: mp.Conv2D(3, 1, groups=0), "Conv2D groups expects at least 1, got 0")])
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
