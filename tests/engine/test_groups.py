"""Convolutions with groups: the same as a full kernel that is 0 outside of the groups."""

import numpy as np
import pytest

import minprune as mp
from cases import case, each
from few_steps import few_steps
from minprune.engine.facts import NotSaid
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")


# These draw, or look at all neurons or at all weights of the network, of which the full one has more.
OF_ALL_NEURONS = ("random", "shapley", "greedy_removal", "grasp", "obs", "obs_neurons", "woodfisher",
                  "hessian_trace")


def net_of(groups, K=4, seed=1, **settings):
    """A convolution with groups between two without; dense layers behind."""
    grouped = mp.Conv2D(K, 2, "tanh", padding="same", groups=groups, **settings)
    net = mp.Network((5, 5, 2), [mp.Conv2D(4, 2, "tanh"), grouped, mp.Conv2D(3, 1, "tanh"), mp.AvgPool2D(2),
                                 mp.Flatten(), mp.Dense(4, "tanh"), mp.Dense(3)], seed=seed)
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


@each("groups, K", [(2, 4), (4, 4), (4, 8), (2, 2)])
@each("settings", [{}, {"stride": 2, "dilation": 2, "bias": False}])
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
    assert mp.check_gradients(net_of(2), *samples(2), "cross_entropy", entries=3).worst < 1e-6


def test_depthwise_by_hand():
    """Each channel has a kernel of its own: 2 a and 3 b, and W holds one number a channel."""
    net = mp.Network((1, 1, 2), [mp.Conv2D(2, 1, groups=2)])
    net["conv1"].W[:, 0, 0, 0] = 2, 3
    assert net["conv1"].W.shape == (2, 1, 1, 1) and net["conv1"].multiply_adds() == 2
    assert net.predict(np.array([[[[10.0, 100.0]]]])).ravel().tolist() == [20, 300]


@pytest.mark.parametrize("groups, K, C, hidden", [
    (2, 4, 4, ["conv1*2", "conv2*2", "conv3", "dense1"]), (2, 6, 4, ["conv1*2", "conv2*2", "conv3", "dense1"]),
    (4, 4, 4, ["conv1+conv2", "conv3", "dense1"]), (4, 8, 4, ["conv1+conv2*2", "conv3", "dense1"])])
def test_what_leaves_together(groups, K, C, hidden, random_keep, close, tmp_path, fingerprint):
    """The j-th channel of each group, the i-th neuron of each group; of a depthwise convolution a channel and what is
    made of it. What is left has the numbers that were there, and computes what the masked network computes."""
    net, (x, t) = net_of(groups, K), samples()
    assert net.hidden_layers == hidden
    for seed in range(3):
        keep = random_keep(net, seed)
        small, masked = mp.prune(net, keep), mp.mask(net, keep)
        close(small.predict(x), masked.predict(x))
        close(mp.record(small, x, t).dx, mp.record(masked, x, t).dx)
    small.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(small)


def test_surgery_by_hand():
    """Two groups of two channels and three neurons: without channels 0 and 2, and without neurons 1 and 4."""
    net = net_of(2, 6)
    keep = {"conv1*2": np.array([False, True]), "conv2*2": np.array([True, False, True])}
    small = mp.prune(net, keep)
    assert small["conv1"].W.tolist() == net["conv1"].W[[1, 3]].tolist()
    assert small["conv2"].W.tolist() == net["conv2"].W[[0, 2, 3, 5]][..., [1]].tolist() and small["conv2"].groups == 2
    assert small["conv3"].W.tolist() == net["conv3"].W[..., [0, 2, 3, 5]].tolist()
    assert net.groups().splitlines()[:2] == ["conv1*2: 2 neurons, each made of 2 of conv1; read by conv2",
                                             "conv2*2: 3 neurons, each made of 2 of conv2; read by conv3"]


def test_depthwise_surgery_by_hand():
    """Channel 2 of four leaves with its kernels 4 and 5, and with a group."""
    net = net_of(4, 8)
    small = mp.prune(net, {"conv1+conv2*2": np.array([True, True, False, True])})
    assert small["conv1"].W.tolist() == net["conv1"].W[[0, 1, 3]].tolist()
    assert small["conv2"].W.tolist() == net["conv2"].W[[0, 1, 2, 3, 6, 7]].tolist() and small["conv2"].groups == 3
    assert small["conv3"].W.tolist() == net["conv3"].W[..., [0, 1, 2, 3, 6, 7]].tolist()


def test_group_counts_that_differ_are_coupled_by_their_common_multiple():
    """Channels j and j + 3 for two groups, j, j + 2 and j + 4 for three: all six leave together, or none."""
    branches = [[mp.Conv2D(2, 1, groups=2)], [mp.Conv2D(3, 1, groups=3)]]
    net = mp.Network((1, 1, 1), [mp.Conv2D(6, 1), mp.Concat(branches), mp.Conv2D(1, 1)])
    assert net.hidden_layers[0] == "conv1*6" and net["conv1*6"].K == 1
    net = mp.Network((1, 1, 1), [mp.Conv2D(12, 1), mp.Concat(branches), mp.Conv2D(1, 1)])
    assert net.hidden_layers[0] == "conv1*6" and net["conv1*6"].K == 2


def test_arrays_of_a_neuron_are_those_of_its_channels_side_by_side(close):
    net, (x, t) = net_of(2), samples()
    trace = mp.record(net, x, t, "cross_entropy")
    one, layer = trace["conv1*2"], net["conv1*2"]
    o = trace["conv1"].o.reshape(3, -1, 4)
    assert one.o.shape == (3, 2 * 16, 2) and layer.output_shape == (32, 2)
    close(one.o[..., 1].reshape(3, 16, 2), o[..., [1, 3]], 0)
    close(layer.W[1], np.concatenate([net["conv1"].W[1].ravel(), net["conv1"].W[3].ravel()]), 0)
    close(one.grads["W"][0, 8:], trace["conv1"].grads["W"][2].ravel(), 0)
    close(net["conv2*2"].per_sample_dW(trace["conv2*2"]).sum(axis=0), trace["conv2*2"].grads["W"])
    sums, single = (mp.score(net, formula, x, t) for formula in (
        lambda w_dW: np.abs(w_dW), lambda W, dW: np.abs((W * dW).sum(axis=2))))
    squares, each = (mp.score(net, formula, x, t) for formula in (
        lambda mean_dW2: mean_dW2.sum(axis=1), lambda dW: (dW ** 2).sum(axis=2)))
    for name in net.hidden_layers:
        close(sums[name], single[name])
        close(squares[name], each[name])
    assert net.outgoing_weights("conv1*2").shape == (2, 2 * 2 * 4)
    W = net["conv2"].W                                      # channel 1 is read by neurons 0 and 1, channel 3 by 2 and 3
    assert sorted(net.outgoing_weights("conv1*2")[1]) == sorted([*W[:2, ..., 1].ravel(), *W[2:, ..., 1].ravel()])


def test_scores_of_the_others_are_those_with_the_full_kernel(close):
    net, (x, t) = net_of(2), samples()
    whole = full(net)
    for name in CATALOGUE:
        try:
            scores = mp.score(net, name, x, t, "cross_entropy", **few_steps(name))
        except (NotSaid, ValueError) as error:
            assert "groups" in str(error) or "batch norm" in str(error) or "conv1*2" in str(error), name
            continue
        assert all(np.isfinite(row).all() for row in scores.values()), name
        if name not in OF_ALL_NEURONS:
            others = mp.score(whole, name, x, t, "cross_entropy", **few_steps(name))
            for layer in scores.keys() & others.keys():
                with case(name, layer):
                    close(scores[layer], others[layer], 1e-9)


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
