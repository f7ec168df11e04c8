"""Concat: gradients, surgery by index arithmetic, scores, on networks by hand and on random graphs."""

import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from few_steps import few_steps
from minprune.engine.facts import NotSaid
from minprune.scoring.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings("ignore:reciprocal_gradient")
ACTIVATIONS = ("tanh", "sigmoid", "softplus", "identity")


def random_branch(rng, depth, H):
    """No layer, or one to two that keep the height and width; now and then a block or a Concat in it."""
    def conv():
        return mp.Conv2D(int(rng.integers(1, 4)), int(rng.integers(1, 4)), str(rng.choice(ACTIVATIONS)), padding="same",
                         batch_norm=bool(rng.random() < 0.3), bias=bool(rng.random() < 0.8))

    layers = [conv() for _ in range(rng.integers(0, 2))]
    if depth and rng.random() < 0.4:
        layers.append(random_concat(rng, depth - 1, H))
    if depth and rng.random() < 0.4:
        layers.append(mp.Residual([conv(), conv()]))
    return layers


def random_concat(rng, depth, H):
    branches = [random_branch(rng, depth, H) for _ in range(2 + (rng.random() < 0.2))]
    return mp.Concat(branches)


@functools.cache
def random_graph(seed):
    """Images through Concats, blocks and pooling, then vectors: Concat → Flatten → Concat → Dense. Never changed."""
    rng = np.random.default_rng([seed, 7])
    H = int(rng.integers(2, 5))
    layers = [mp.Conv2D(2, 2, "tanh", padding="same")] * int(rng.random() < 0.7) + [random_concat(rng, 1, H)]
    layers += [mp.AvgPool2D(2)] * int(rng.random() < 0.5) + [mp.Conv2D(3, 1, "tanh")] * int(rng.random() < 0.3)
    layers += [mp.ActivationLayer("tanh")] * int(rng.random() < 0.3)
    layers += [mp.Flatten() if rng.random() < 0.7 else mp.GlobalAvgPool2D()]
    if rng.random() < 0.5:
        layers.append(mp.Concat([[], [mp.Dense(3, "tanh")]]) if rng.random() < 0.5
                      else mp.Concat([[mp.Dense(2, "tanh")], [mp.Dense(3), mp.Dropout(0.5)]]))
    layers += [mp.Residual([mp.Dense(4, "sigmoid"), mp.Dense(3, "tanh")])] * int(rng.random() < 0.3)
    net = mp.Network((H, H + 1, int(rng.integers(1, 3))), [*layers, mp.Dense(4, "tanh"), mp.Dense(2)], seed=seed)
    for name, array in net.arrays().items():
        array += rng.uniform(0.1, 0.5, array.shape)
    return net


def without(net, name, i):
    """A copy of the network with the output of one neuron held at 0, also if its layer has no other."""
    silent = net.copy()
    for member in net.members(name):
        silent[member].mask = np.arange(net[name].K) != i
    return silent


def samples(net, N=3):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, *net.input_shape)), rng.normal(size=(N, *net.output_shape))


# ------------------------------------------------------------------------------------------ by hand


def two_branches():
    """x → [x, relu(2 x), −x] → y = 1 a + 10 b + 100 c."""
    net = mp.Network(1, [mp.Concat([[], [mp.Dense(1, "relu")], [mp.Dense(1)]]), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense3"].W[...] = 2, -1, [[1, 10, 100]]
    return net


def test_forward_and_surgery_by_hand():
    net = two_branches()
    assert net.predict(np.array([[3.0], [-1.0]])).ravel().tolist() == [3 + 60 - 300, -1 + 0 + 100]
    assert net.layers["concat1"].formula() == "[x, dense1(x), dense2(x)]"
    assert net.groups().splitlines()[:2] == ["dense1: 1 neurons, each alone; read by dense3",
                                             "dense2: 1 neurons, each alone; read by dense3"]
    assert net.outgoing_weights("dense1").tolist() == [[10]] and net.outgoing_weights("dense2").tolist() == [[100]]


def test_places_behind_concat_and_flatten_by_hand():
    """One row of two pixels, channels a0 a1 | b0: the Dense behind Flatten reads a0 a1 b0, then a0 a1 b0 again."""
    net = mp.Network((1, 2, 1), [mp.Concat([[mp.Conv2D(2, 1)], [mp.Conv2D(1, 1)]]), mp.Flatten(), mp.Dense(1)])
    net["dense1"].W[...] = [[1, 2, 3, 4, 5, 6]]
    assert net.outgoing_weights("conv1").tolist() == [[1, 4], [2, 5]]
    assert net.outgoing_weights("conv2").tolist() == [[3, 6]]
    small = mp.prune(net, {"conv1": np.array([False, True])})
    assert small["dense1"].W.tolist() == [[2, 3, 5, 6]]


def test_places_behind_flatten_and_concat_by_hand():
    """Flattened pixels a0 a1 a0 a1 stand beside the features d0 d1."""
    net = mp.Network((1, 2, 1), [mp.Concat([[mp.Conv2D(2, 1), mp.Flatten()], [mp.Flatten(), mp.Dense(2)]]), mp.Dense(1)])
    net["dense2"].W[...] = [[1, 2, 3, 4, 5, 6]]
    assert net.outgoing_weights("conv1").tolist() == [[1, 3], [2, 4]]
    small = mp.prune(net, {"conv1": np.array([True, False]), "dense1": np.array([False, True])})
    assert small["dense2"].W.tolist() == [[1, 3, 6]]


def test_a_dense_net_reads_its_own_input_again(close):
    net = mp.Network((3, 3, 1), [mp.Conv2D(2, 1), mp.Concat([[], [mp.Conv2D(3, 3, "relu", padding="same")]]),
                                 mp.Concat([[], [mp.Conv2D(1, 1)]]), mp.GlobalAvgPool2D(), mp.Dense(2)])
    assert net.readers("conv1") == ["conv2", "conv3", "dense1"] and net.readers("conv2") == ["conv3", "dense1"]
    keep = {"conv1": np.array([False, True]), "conv2": np.array([True, False, True])}
    small, (x, _) = mp.prune(net, keep), samples(net)
    assert [small[name].W.shape for name in small.neuron_layers] == [(1, 1, 1, 1), (2, 3, 3, 1), (1, 1, 1, 3), (2, 4)]
    close(small.predict(x), mp.mask(net, keep).predict(x))


def test_what_a_sum_of_concats_joins():
    """[a, b] + [c]: c_0 meets a_0 and c_1 meets b_0. Two units, each with a part of c's neurons."""
    net = mp.Network(2, [mp.Dense(3), mp.Residual([mp.Concat([[mp.Dense(1)], [mp.Dense(2)]])]), mp.Dense(1)])
    assert net.hidden_layers == ["dense1+dense2", "dense1+dense3"]
    assert {layer: rows.tolist() for layer, rows in net.units["dense1+dense3"].rows.items()} == \
        {"dense1": [[1], [2]], "dense3": [[0], [1]]}
    small = mp.prune(net, {"dense1+dense3": np.array([False, True])})
    assert small["dense1"].W.tolist() == net["dense1"].W[[0, 2]].tolist()
    assert small["dense3"].W.tolist() == net["dense3"].W[1:, [0, 2]].tolist()
    block = mp.Residual([mp.Concat([[mp.Dense(1)], [mp.Dense(1)]])], mp.Dense(2))
    net = mp.Network(2, [block, mp.Dense(3), mp.Dense(1)])
    assert net.hidden_layers == ["dense1+dense3", "dense2+dense3", "dense4"]


def test_neurons_that_are_added_leave_together_beside_a_concat():
    """conv1 is added to conv3, channel by channel; the Concat behind puts conv4 beside their sum."""
    net = mp.Network((3, 3, 1), [mp.Conv2D(2, 1), mp.Residual([mp.Conv2D(3, 1), mp.Conv2D(2, 1)]),
                                 mp.Concat([[], [mp.Conv2D(4, 1)]]), mp.GlobalAvgPool2D(), mp.Dense(1)])
    assert {name: net.readers(name) for name in net.hidden_layers} == {
        "conv1+conv3": ["conv2", "conv4", "dense1"], "conv2": ["conv3"], "conv4": ["dense1"]}


# ------------------------------------------------------------------------------------------ random graphs


@each("seed", range(8))
def test_prune_is_mask(seed, random_keep, close):
    net = random_graph(seed)
    x, _ = samples(net)
    for place in range(2):
        keep = random_keep(net, place)
        small = mp.prune(net, keep)
        close(small.predict(x), mp.mask(net, keep).predict(x))
        for name, stays in keep.items():
            assert small[name].K == stays.sum()


@each("seed", range(6))
def test_each_neuron_leaves_alone_and_its_weights_are_those_that_read_it(seed, close):
    """Without the weights that `outgoing_weights` has, the network computes what it computes without the neuron."""
    net = random_graph(seed)
    x, _ = samples(net)
    for name in net.hidden_layers:
        i = seed % net[name].K
        silent = net.copy()
        for reader in silent.readers(name):
            marked = np.arange(silent[reader].W.size).reshape(silent[reader].W.shape)
            silent[reader].W.flat[net.reading(name, reader, marked)[i]] = 0
        close(silent.predict(x), without(net, name, i).predict(x))


@each("seed", range(6))
def test_gradients_are_central_differences(seed):
    """Along a random direction in all parameters and the input at once."""
    net, rng = random_graph(seed), np.random.default_rng(seed)
    x, t = samples(net)
    trace = mp.record(net, x, t, "mse")
    moves = {name: rng.normal(size=array.shape) for name, array in net.parameters().items()}
    dx = rng.normal(size=x.shape)
    net.backward(trace, trace.dy)
    slope = sum((trace.grads()[name] * move).sum() for name, move in moves.items()) + (trace.dx * dx).sum()

    def loss(step):
        moved = net.copy()
        for name, array in moved.parameters().items():
            array += step * moves[name]
        return mp.record(moved, x + step * dx, t, "mse").L.sum()

    difference = (8 * (loss(1e-4) - loss(-1e-4)) - (loss(2e-4) - loss(-2e-4))) / 12e-4
    assert abs(difference - slope) < 1e-7 * max(1, abs(slope))


@pytest.mark.parametrize("seed", range(4))
def test_files_copies_and_layouts(seed, tmp_path, fingerprint):
    net = random_graph(seed)
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net) == fingerprint(net.copy())
    for layout in ("torch", "keras"):
        other = mp.Network.from_settings(net.settings(), {name: 0 * array for name, array in net.arrays().items()})
        other.load_arrays(net.arrays_for(layout), layout)
        assert fingerprint(other) == fingerprint(net)


def test_flattened_images_beside_features_in_pytorchs_order():
    """Channels first within the flattened part alone: pixels (a0, a1), (b0, b1) are a0 b0 a1 b1 there, then the rest."""
    net = mp.Network((1, 2, 2), [mp.Concat([[mp.Flatten()], [mp.GlobalAvgPool2D()]]), mp.Dense(1)])
    net.load_arrays({"fc.weight": np.array([[1.0, 2, 3, 4, 5, 6]]), "fc.bias": np.zeros(1)})
    assert net["dense1"].W.tolist() == [[1, 3, 2, 4, 5, 6]]
    assert net.arrays_for("torch")["dense1.weight"].tolist() == [[1, 2, 3, 4, 5, 6]]


@each("seed", range(4))
def test_tail_and_tangent(seed, close):
    net = random_graph(seed)
    x, _ = samples(net)
    trace = net.forward(x)
    for name in net.neuron_layers:
        close(net.tail(name, trace[name].o, trace), trace.y)
        moved = trace[name].o + 0.1
        wrapped = net.copy()
        wrapped[name].f, o = mp.Activation("fixed", lambda z: moved, np.zeros_like), None
        close(net.tail(name, moved, trace), wrapped.predict(x))


# ------------------------------------------------------------------------------------------ scores and repairs


def test_every_score_gives_numbers_or_a_reason():
    """On graphs of different kinds in turn: vectors and images side by side, added, spread out or averaged."""
    for place, name in enumerate(CATALOGUE):
        net = random_graph((2, 4, 12)[place % 3])
        x, t = samples(net)
        if name == "mutual_information":
            t = np.array([0, 1, 0])
        try:
            scores = mp.score(net, name, x, t, "mse" if t.ndim == 2 else "cross_entropy", **few_steps(name))
        except (NotSaid, ValueError) as error:
            assert f'"{name}"' in str(error) or "coupled" in str(error), name
        else:
            assert set(scores) == set(net.hidden_layers), name
            assert all(np.isfinite(row).all() or name == "reciprocal_gradient" for row in scores.values()), name


@each("seed", range(4))
def test_removal_is_the_loss_without_the_neuron(seed):
    net = random_graph(seed)
    x, t = samples(net)
    scores, loss = mp.score(net, "removal", x, t, "mse"), mp.record(net, x, t, "mse").L
    for name in net.hidden_layers:
        i = net[name].K - 1
        change = mp.record(without(net, name, i), x, t, "mse").L - loss
        assert abs(scores[name][i] - change.mean()) < 1e-12


def test_multiply_adds_that_go_with_a_neuron():
    net = mp.Network((4, 4, 2), [mp.Concat([[mp.Conv2D(3, 3, padding="same")], [mp.Conv2D(2, 1)]]),
                                 mp.Conv2D(4, 2), mp.Flatten(), mp.Dense(2)])
    prices = mp.scores.cost_aware({name: np.zeros(net[name].K) for name in net.hidden_layers}, net, 1.0)
    size = mp.evaluate(net, *samples(net), loss="mse").multiply_adds
    for name in net.hidden_layers:
        small = mp.prune(net, {name: np.arange(net[name].K) > 0})
        left = mp.evaluate(small, *samples(net), loss="mse").multiply_adds
        np.testing.assert_allclose(-prices[name], size - left)


def test_compensation_knows_it_and_merge_refuses(close):
    net = mp.Network((3, 3, 1), [mp.Concat([[mp.Conv2D(3, 1, "tanh")], [mp.Conv2D(2, 2, "tanh", padding="same")]]),
                                 mp.Flatten(), mp.Dense(2)])
    net["conv1"].W[1] = 0
    net["conv1"].b[1] = 0.7                                     # a constant: its mean makes up for it exactly
    (x, _), keep = samples(net), {"conv1": np.array([True, False, True])}
    for compensate in (mp.fold_means, mp.reconstruct):
        close(compensate(net, keep, x).predict(x), net.predict(x), 1e-9)
    with pytest.raises(ValueError, match="merge takes networks .* this one has Concat: fold_means"):
        mp.merge(net, keep)


# ------------------------------------------------------------------------------------------ what is refused


@each("make, error, message", [
    (lambda: mp.Concat([[mp.Dense(1)]]), ValueError, "Concat expects a list of two branches or more, each a list of l"),
    (lambda: mp.Concat([mp.Dense(1), mp.Dense(2)]), TypeError, "expects a list of layers for each branch, got Dense"),
    (lambda: mp.Concat([[mp.Dense(1)], [3]]), TypeError, r"layers\[0\] expects a layer such as"),
    (lambda: mp.Network(2 ** 19, [mp.Concat([[], []])] * 2), ValueError, "its 2 branches make 2,097,152 channels, more t"),
    (lambda: mp.Network((4, 4, 1), [mp.Concat([[], [mp.Conv2D(2, 2)]]), mp.Flatten(), mp.Dense(1)]), ValueError,
     r'Concat "concat1" cannot fit: its branches make \(4, 4, 1\), \(3, 3, 2\), which differ in more than their last')])
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
