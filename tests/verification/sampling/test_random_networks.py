"""The networks that formulas are tried on: of all kinds, clear of kinks, the same for the same seed."""

import collections
import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES
from minprune.engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from minprune.verification.sampling.random_networks import (
    BLOCKS, FILLINGS, LARGER, ZERO_INPUTS, ZEROS, Block,
    Case, draw_block, draw_case, draw_cases, draw_layer, is_coupled,
    is_read_directly, most_drawn, with_block)
from minprune.verification.sampling.where import DRAWN_ACTIVATIONS, DRAWN_LOSSES, Where, place_of

def drawn(where=None, count=40, seed=0):
    return draw_cases(Where(where), count, seed)


@functools.cache
def dense():
    return drawn(count=400)


@functools.cache
def conv():
    return drawn({"layers": "conv"}, 300)


@functools.cache
def output():
    return drawn({"layer": "output"}, 150)


def layers(case, kind=object):
    return [layer for layer in case.net.all_layers.values() if isinstance(layer, kind)]


def blocks(case):
    return layers(case, mp.Residual)


def share(cases, holds):
    return sum(map(bool, map(holds, cases))) / len(cases)


def counted(values):
    return collections.Counter(values)


# --------------------------------------------------------------------------- of all kinds


@pytest.mark.parametrize("kind", [dense, conv, output])
def test_activations_and_losses_are_about_as_frequent(kind):
    cases = kind()
    hidden = counted(case.net[case.layer].f.name for case in cases)
    if kind is not output:
        assert set(hidden) == set(DRAWN_ACTIVATIONS) and min(hidden.values()) > len(cases) / 6 / 2
        assert all(case.activations()[-1] is ACTIVATIONS["identity"] for case in cases)
        assert all(len(set(case.activations()[:-1])) == 1 for case in cases)
    losses = counted(case.loss.name for case in cases)
    assert set(losses) == set(DRAWN_LOSSES) and min(losses.values()) > len(cases) / 3 / 1.5


def test_output_layers_below_mse_have_every_activation():
    mse = [case for case in output() if case.loss.name == "mse"]
    assert {case.activations()[-1].name for case in mse} == set(DRAWN_ACTIVATIONS)
    assert {case.activations()[-1].name for case in output() if case not in mse} == {"identity"}


def test_dense_networks_are_of_all_sizes():
    """Mostly a few of each; one in ten has more than four."""
    assert {len(case.x) for case in dense()} == {1, 2, 3, 4, 5, 6} == {case.net[case.layer].K for case in dense()}
    assert {case.net.output_shape for case in dense()} == {(1,), (2,), (3,), (5,)}
    assert {case.net.input_shape for case in dense() if case.net.is_chain} == {(1,), (2,), (3,), (5,)}
    assert {case.layer for case in dense()} == {"dense1", "dense2", "dense3"}
    for size in (lambda case: len(case.x), lambda case: case.net[case.layer].K,
                 lambda case: case.net.output_shape[0], lambda case: case.net.input_shape[0]):
        assert 0.05 < share(dense(), lambda case: size(case) > 4) < 0.2
    for size, sizes in ((lambda case: len(case.net.neuron_layers), {2, 3, 4}),
                        (lambda case: len(case.x), {1, 2, 3, 4})):
        counts = counted(size(case) for case in dense() if size(case) <= 4)
        assert set(counts) == sizes and min(counts.values()) > len(dense()) / len(sizes) / 1.5
    assert not any(case.net[name].batch_norm for case in dense() for name in case.net.neuron_layers)
    assert {len(case.net.neuron_layers) for case in output()} == {1, 2, 3}


def test_inputs_and_biases_are_zero_now_and_then():
    """What divides by them is seen to give nothing there."""
    assert share(dense(), lambda case: not case.x.all()) == pytest.approx(ZEROS, abs=0.06)
    some = np.concatenate([case.x.ravel() for case in dense() if not case.x.all()])
    assert 0.2 < np.mean(some == 0) < ZERO_INPUTS + 0.15
    biases = np.concatenate([case.net[name].b for case in dense() for name in case.net.neuron_layers])
    assert np.mean(biases == 0) == pytest.approx(ZEROS, abs=0.03)


def test_what_a_claim_asks_for_has_no_exceptions():
    cases = drawn({"neurons": (1, 2), "samples": 3, "outputs": (2, 3)}, 60)
    assert {case.net[case.layer].K for case in cases} == {1, 2} and {len(case.x) for case in cases} == {3}
    assert {case.net.output_shape for case in cases} == {(2,), (3,)}
    assert max(len(case.x) for case in draw_cases(Where(samples=(2, 3, 4)), 60, 0)) > 4
    assert {len(case.x) for case in draw_cases(Where(samples=(12,)), 30, 0)} == {12}


def test_conv_networks_are_of_all_sizes():
    shapes = {case.net.input_shape[:2] for case in conv()}
    assert shapes == {(2, 3), (2, 4), (3, 3), (3, 4), (3, 2), (4, 2), (4, 3)}
    assert {case.net.input_shape[2] for case in conv()} == {1, 2, 5} == {case.net[case.layer].K for case in conv()}
    assert 0.05 < share(conv(), lambda case: case.net[case.layer].K == 5) < 0.2 and LARGER == 0.1
    assert {len(case.net.neuron_layers) for case in conv()} == {2, 3, 4}
    convs = [layer for case in conv() for layer in layers(case, mp.Conv2D)]
    assert {layer.kernel for layer in convs} == {(1, 2), (2, 1), (2, 2)}
    assert {layer.padding for layer in convs} == {"valid", "same", 1}
    assert {layer.padding for case in conv() if blocks(case) for layer in layers(case, mp.Conv2D)} == {"same"}
    assert {layer.stride for case in conv() if blocks(case) for layer in layers(case, mp.Conv2D)} == {1}
    assert {case.layer for case in conv()} == {"conv1", "conv2", "conv3"}
    assert {len(case.x) for case in conv()} == {1, 2, 3, 4, 5, 6} and {case.net.output_shape for case in conv()} == \
        {(1,), (2,), (3,), (5,)}
    assert max(case.net[case.layer].output_shape[0] * case.net[case.layer].output_shape[1] for case in conv()) <= 30


def test_some_convolutions_have_the_stride_two():
    strides = counted((case.net[case.layer].stride, case.net[case.layer].padding) for case in conv())
    assert {stride for stride, _ in strides} == {1, 2} and {padding for stride, padding in strides if stride == 2} == \
        {"valid", "same", 1}
    assert 0.03 < sum(strides[key] for key in strides if key[0] == 2) / len(conv()) < 0.2


@pytest.mark.parametrize("kind, least", [(dense, 0.2), (conv, 0.2), (output, 0.15)])
def test_a_quarter_has_a_block(kind, least):
    cases = kind()
    assert least < share(cases, blocks) < 0.4
    assert all(len(blocks(case)) <= 1 for case in cases)
    some = [case for case in cases if blocks(case)]
    assert 0.01 < share(some, lambda case: blocks(case)[0].projection) < 0.6
    if kind is not output:
        places = counted(place_of(case.net, case.layer) for case in some)
        assert set(places) >= {"before", "inside", "after"} and min(places[place] for place in places if place) > 4
        assert {case.coupled for case in some} == {True, False}
    assert {len(blocks(case)[0].body) for case in some} >= {1, 2}


def test_dense_blocks_stand_first_and_later():
    first = [list(case.net.layers).index("residual1") for case in dense() if blocks(case)]
    assert set(first) == {0, 1, 2}


def test_poolings_occur_in_all_their_ways():
    kinds = {kind: [case for case in conv() if layers(case, kind)] for kind in (MaxPool2D, AvgPool2D, GlobalAvgPool2D)}
    for kind, least in ((MaxPool2D, 0.18), (AvgPool2D, 0.09), (GlobalAvgPool2D, 0.09)):
        assert least < len(kinds[kind]) / len(conv()) < 2.6 * least
    assert not set(map(id, kinds[MaxPool2D])) & set(map(id, kinds[AvgPool2D] + kinds[GlobalAvgPool2D]))
    pools = [layer for case in kinds[MaxPool2D] + kinds[AvgPool2D] for layer in layers(case, (MaxPool2D, AvgPool2D))]
    assert {pool.size for pool in pools} == {(1, 2), (2, 1), (2, 2)}
    assert 0.1 < share(pools, lambda pool: pool.overlaps()) < 0.4
    behind = {place_in(case) for case in kinds[MaxPool2D] if len(layers(case, mp.Conv2D)) == 2 and not blocks(case)}
    assert behind == {1, 2}
    for case in conv():
        assert bool(layers(case, mp.Flatten)) != bool(layers(case, GlobalAvgPool2D))


def place_in(case):
    return next(place for place, layer in enumerate(case.net.layers.values()) if isinstance(layer, MaxPool2D))


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_weights_biases_and_norms_have_the_spread_they_should(kind):
    """W √(F/2), b / 0.5: of standard deviation 1. Of x: 1.5."""
    cases = drawn({"activation": "tanh", "layers": kind, "batch_norm": True, "pooling": None}, 200)
    neurons = [layer for case in cases for layer in layers(case) if hasattr(layer, "K")]
    wide = [layer.W.ravel() * np.sqrt(layer.W[0].size / 2) for layer in neurons if layer.W[0].size > 1]
    normed = [layer for layer in neurons if layer.batch_norm]
    for values, spread in ((wide, 1), ([layer.b[layer.b != 0] for layer in neurons], 0.5),
                           ([layer.beta for layer in normed], 0.5),
                           ([layer.running_mean for layer in normed], 0.5), ([case.x.ravel() for case in cases], 1.5)):
        values = np.concatenate(values)
        assert values.std() == pytest.approx(spread, rel=0.06) and abs(values.mean()) < 0.06 * spread * 2
    single = np.concatenate([layer.W.ravel() for layer in neurons if layer.W[0].size == 1] or [np.ones(1)])
    assert kind == "conv" or single.std() == pytest.approx(1, rel=0.15)
    gamma, var = (np.concatenate([getattr(layer, name) for layer in normed]) for name in ("gamma", "running_var"))
    assert 0.5 <= np.abs(gamma).min() < 0.55 and 1.95 < np.abs(gamma).max() <= 2
    assert np.abs(gamma).mean() == pytest.approx(1.25, abs=0.05)
    assert np.mean(gamma < 0) == pytest.approx(1 / 3, abs=0.05)
    assert 0.2 <= var.min() < 0.25 and 1.95 < var.max() <= 2 and var.mean() == pytest.approx(1.1, abs=0.05)
    assert len({layer.W.tobytes() for layer in neurons}) == len(neurons)


def test_targets_suit_the_losses():
    seen = collections.defaultdict(list)
    for case in dense():
        assert case.t.shape == case.trace.y.shape == (len(case.x), *case.net.output_shape)
        seen[case.loss.name].append(case.t)
    # classes: two thirds of the samples have one class alone, the others random shares of all classes
    assert all(t.shape[1] > 1 and (t >= 0).all() for t in seen["cross_entropy"])
    for t in seen["cross_entropy"]:
        np.testing.assert_allclose(t.sum(axis=1), 1, rtol=1e-12)
    rows = [row for t in seen["cross_entropy"] for row in t]
    hard = [row for row in rows if row.max() == 1]
    assert all((np.sort(row)[:-1] == 0).all() for row in hard)
    assert len(hard) / len(rows) == pytest.approx(2 / 3, abs=0.08)
    classes = counted(int(row.argmax()) for row in hard if len(row) == 3)
    assert set(classes) == {0, 1, 2} and min(classes.values()) > sum(classes.values()) / 5
    soft = np.concatenate([row for row in rows if len(row) == 3 and row.max() < 1])
    assert soft.min() < 0.05 and soft.max() > 0.85
    # shares between 0 and 1, and real numbers
    binary = np.concatenate([t.ravel() for t in seen["binary_cross_entropy"]])
    assert 0 <= binary.min() < 0.02 and 0.98 < binary.max() <= 1 and 0.45 < binary.mean() < 0.55
    assert binary.std() == pytest.approx(1 / np.sqrt(12), rel=0.1)
    real = np.concatenate([t.ravel() for t in seen["mse"]])
    assert real.std() == pytest.approx(1, rel=0.15) and abs(real.mean()) < 0.15


def test_the_same_seed_draws_the_same(fingerprint):
    for kind in ("dense", "conv"):
        one, two, other = ([(fingerprint(case.net), case.x.tobytes(), case.t.tobytes(), case.layer)
                            for case in drawn({"layers": kind}, 6, seed)] for seed in (4, 4, 5))
        assert one == two != other


def test_all_layers_that_fit_are_drawn():
    names = counted(case.layer for case in dense() if len(case.net.neuron_layers) == 4 and case.net.is_chain)
    assert set(names) == {"dense1", "dense2", "dense3"} and min(names.values()) > sum(names.values()) / 5


# ------------------------------------------------------------------------------ how many


def test_as_many_cases_as_are_needed():
    assert [len(drawn(count=count)) for count in (1, 7, 40)] == [1, 7, 40]
    assert len(draw_cases({"layers": "conv", "pooling": "max"}, 3, 0)) == 3         # what makes a Where will do


def test_only_those_that_fit():
    cases = draw_cases(Where(), 20, 0, lambda case: case.net[case.layer].K == 3)
    assert len(cases) == 20 and {case.net[case.layer].K for case in cases} == {3}


def test_a_where_that_nothing_fits_is_an_error():
    looked_at = []
    with pytest.raises(ValueError, match="where accepts none of 200 random networks: dense hidden layers; never"):
        def never(net):
            looked_at.append(net)
        drawn(never, count=5)
    assert len(looked_at) == most_drawn(5) // 4 * FILLINGS == 200 * FILLINGS


def test_a_where_that_few_fit_gives_as_many_as_there_are(monkeypatch):
    """One of 20 fillings fits: `most_drawn` networks are drawn, and FILLINGS tried of each."""
    monkeypatch.setattr("minprune.verification.sampling.random_networks.FEW", 5)
    turns = iter(range(10 ** 6))
    assert len(drawn(lambda net: next(turns) % 20 == 0, count=5)) == 5
    turns = iter(range(10 ** 6))
    assert len(drawn(lambda net: next(turns) == 3, count=5)) == 1
    assert next(turns) == 4 + (most_drawn(5) - 1) * FILLINGS        # this is how many were looked at


def test_a_network_is_filled_anew_until_its_numbers_fit():
    seen = []

    def fits(net):
        seen.append(net)
        return len(seen) % 3 == 0

    assert len(drawn(fits, count=4)) == 4 and len(seen) == 12 and len(set(map(id, seen))) == 4
    assert len({net["dense1"].W.tobytes() for net in seen}) == 4


@pytest.mark.parametrize("where, count, blocks", [
    (None, 2, {(0, 1, 0, 1), (0, 2, 0, 0), (1, 1, 0, 0), (0, 1, 1, 0), None}),
    (None, 1, {None}),
    ({"residual": False}, 3, {None}),
    ({"layer": "output"}, 1, {(0, 1, 0, 0), None}),
    ({"residual": True}, 3, {(0, 3, 0, 0), (1, 2, 0, 0), (2, 1, 0, 0), (0, 2, 0, 1), (1, 1, 0, 1), (0, 1, 0, 2),
                             (0, 2, 1, 0), (1, 1, 1, 0), (0, 1, 1, 1)}),
    ({"residual": "before"}, 3, {(1, 2, 0, 0), (2, 1, 0, 0), (1, 1, 0, 1), (1, 1, 1, 0)}),
    ({"residual": "inside"}, 2, {(0, 1, 0, 1), (0, 2, 0, 0), (1, 1, 0, 0), (0, 1, 1, 0)}),
    ({"residual": "after"}, 3, {(0, 2, 0, 1), (1, 1, 0, 1), (0, 1, 0, 2), (0, 1, 1, 1)}),
    ({"residual": True, "layer": "last hidden"}, 2, {(0, 1, 0, 1)}),
    ({"residual": "after", "layer": "output"}, 2, {(0, 1, 0, 1), (0, 2, 0, 0), (1, 1, 0, 0), (0, 1, 1, 0)}),
])
def test_where_a_block_can_stand(where, count, blocks):
    """(before, body, around, after) of so many layers in all."""
    rng = np.random.default_rng(0)
    seen = [draw_block(Where(where), count, rng) for _ in range(300)]
    assert set(seen) == blocks
    if None in blocks and len(blocks) > 1:
        assert share(seen, lambda one: one is not None) == pytest.approx(BLOCKS, abs=0.08)


def test_blocks_have_as_many_neurons_as_they_must():
    sizes = iter(range(5, 30))

    def make(neurons=None):
        return mp.Dense(next(sizes) if neurons is None else neurons)

    net = mp.Network(3, [*with_block(Block(2, 2, 0, 1), make, 3), mp.Dense(1)])
    assert [net[name].K for name in net.neuron_layers] == [5, 6, 7, 6, 8, 1]
    net = mp.Network(3, [*with_block(Block(0, 2, 0, 0), make, 3), mp.Dense(1)])
    assert [net[name].K for name in net.neuron_layers] == [9, 3, 1] and net["residual1"].projection is None
    net = mp.Network(3, [*with_block(Block(0, 1, 1, 1), make, 3), mp.Dense(1)])
    assert [net[name].K for name in net.neuron_layers] == [10, 10, 11, 1]
    assert list(net["residual1"].paths[1]) == ["dense2"]


def test_what_lies_on_a_kink_is_not_drawn():
    """A relu that puts out 0 whatever it reads makes every window a tie."""
    where = Where({"layers": "conv", "pooling": "max", "activation": "relu", "depth": 2, "that": silence})
    rng = np.random.default_rng(0)
    assert all(draw_case(where, rng) is None for _ in range(10))


def silence(net):
    net["conv1"].W[...], net["conv1"].b[...] = 0, -1
    return True


# -------------------------------------------------------------------------------------- cases


def a_case(net, layer, N=3, any_next=False):
    x = np.ones((N, *net.input_shape))
    return Case(net, layer, x, np.zeros((N, *net.output_shape)), "mse", any_next)


def test_sizes_put_the_number_of_layers_first():
    small = a_case(mp.Network(2, [mp.Dense(5), mp.Dense(1)]), "dense1")
    block = a_case(mp.Network(2, [mp.Residual([mp.Dense(1), mp.Dense(2)]), mp.Dense(1)]), "dense1", 1)
    image = a_case(mp.Network((3, 4, 2), [mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(4)]), "conv1", 2)
    assert (small.sizes(), block.sizes(), image.sizes()) == ((2, 6, 2, 3), (3, 4, 2, 1), (2, 6, 24, 2))
    assert small.sizes() < image.sizes() < block.sizes()


def test_what_a_case_has():
    net = mp.Network(2, [mp.Dense(2, "tanh"), mp.Residual([mp.Dense(1, "relu"), mp.Dense(2)]), mp.Dense(1)])
    case = a_case(net, "dense1")
    assert [f.name for f in case.activations()] == ["tanh", "relu", "identity", "identity"]
    assert case.activations()[0] is net["dense1"].f and case.loss is LOSSES["mse"]
    assert case.trace is case.trace and case.readers == ["dense2", "dense4"] and case.coupled
    assert not a_case(net, "dense2").coupled and not a_case(net, "dense4").coupled
    assert a_case(net, "dense4").readers == []
    made = [case.keep("a key", lambda: []) for _ in range(2)] + [case.keep("another", lambda: [])]
    assert made[0] is made[1] is not made[2]


def test_when_there_is_a_next_layer():
    """By default one that reads this layer directly and alone; else any, if it is Dense."""
    net = mp.Network(2, [mp.Dense(2), mp.Residual([mp.Dense(1), mp.Dense(2)]), mp.Dense(1)])
    assert [a_case(net, name).has_next() for name in net.neuron_layers] == [False, True, False, False]
    assert [a_case(net, name, any_next=True).has_next() for name in net.neuron_layers] == [True, True, True, False]
    net = mp.Network((2, 2, 1), [mp.Conv2D(1, 1), mp.MaxPool2D(1), mp.Conv2D(1, 1), mp.MaxPool2D(2), mp.Flatten(),
                                 mp.Dense(1)])
    assert [a_case(net, name, any_next=True).has_next() for name in net.neuron_layers] == [False, True, False]
    assert not any(a_case(net, name).has_next() for name in net.neuron_layers)


def test_cases_know_whether_a_far_next_layer_is_allowed():
    assert not any(case.any_next for case in drawn({"residual": False}, 5) + drawn(None, 5))
    assert all(case.any_next for case in drawn({"residual": "inside"}, 5))


def test_a_case_of_other_samples_or_another_network():
    case = a_case(mp.Network(1, [mp.Dense(2), mp.Dense(1)]), "dense1", N=4)
    case.x[:, 0] = 1, 2, 3, 4
    case.t[:, 0] = 5, 6, 7, 8
    some = case.of(samples=[2, 0])
    assert some.x.ravel().tolist() == [3, 1] and some.t.ravel().tolist() == [7, 5] and some.net is case.net
    assert len(case.of(samples=slice(0, 1)).x) == 1
    other = case.of(case.net.copy())
    assert other.net is not case.net and (other.layer, other.loss) == (case.layer, case.loss)
    assert (other.x == case.x).all() and (other.t == case.t).all()


# ------------------------------------------------------------------- who reads the layer of a case

CHAIN = mp.Network((4, 4, 1), [mp.Conv2D(2, 2), mp.MaxPool2D(2, 1), mp.Conv2D(2, 1), mp.AvgPool2D(2), mp.Flatten(),
                               mp.Dense(3), mp.Dense(2)])
IDENTITY = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(4), mp.Dense(1)])
PROJECTED = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(4)], mp.Dense(4)), mp.Dense(1)])
FIRST = mp.Network((3, 3, 2), [mp.Residual([mp.Conv2D(2, 1)]), mp.GlobalAvgPool2D(), mp.Dense(1)])


@each("name, direct, coupled, place", [
    ("dense1", False, True, "before"), ("dense2", True, False, "inside"), ("dense3", False, True, "inside"),
    ("dense4", True, False, "after"), ("dense5", False, False, ""),
])
def test_around_a_block(name, direct, coupled, place):
    assert (is_read_directly(IDENTITY, name), is_coupled(IDENTITY, name), place_of(IDENTITY, name)) == \
        (direct, coupled, place)


def test_around_a_projection():
    assert [is_coupled(PROJECTED, name) for name in PROJECTED.neuron_layers] == [False, True, True, False]
    assert not any(is_read_directly(PROJECTED, name) for name in PROJECTED.neuron_layers)
    assert is_coupled(FIRST, "conv1") and not is_coupled(FIRST, "dense1")


def test_pooling_is_an_obstacle_and_flatten_is_none():
    assert not is_read_directly(CHAIN, "conv1") and not is_read_directly(CHAIN, "conv2")
    assert is_read_directly(CHAIN, "dense1") and not is_read_directly(FIRST, "conv1")
    flat = mp.Network((2, 2, 1), [mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(1)])
    assert is_read_directly(flat, "conv1")


def test_neurons_that_stand_alone_are_not_coupled():
    for net in (CHAIN, IDENTITY, PROJECTED, FIRST, *(
            case.net for case in drawn({"residual": True}, 30) + conv()[:20])):
        assert not any(is_coupled(net, name) for name in net.units if name in net.all_layers), net
        assert all(is_coupled(net, name) for name in net.neuron_layers[:-1] if name not in net.units), net


# -------------------------------------------------------------------- the layer of a case


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_each_place_is_drawn_as_often(kind):
    """Of a net with all three places: 1/3 of the time each, though two layers are inside."""
    make = mp.Dense if kind == "dense" else lambda K: mp.Conv2D(K, 1)
    net = mp.Network(3 if kind == "dense" else (2, 2, 3), [
        make(2), mp.Residual([make(3), make(2)]), make(4), *([mp.Flatten()] if kind == "conv" else []), mp.Dense(1)])
    where, rng = Where({"layers": kind}), np.random.default_rng(0)
    names = [draw_layer(where, net, rng) for _ in range(600)]
    shares = [names.count(f"{kind}{place}") / 600 for place in (1, 2, 3, 4)]
    np.testing.assert_allclose(shares, [1 / 3, 1 / 6, 1 / 6, 1 / 3], atol=0.06)
    chain = mp.Network(1, [mp.Dense(1), mp.Dense(1), mp.Dense(1)])
    names = [draw_layer(Where(), chain, rng) for _ in range(200)]
    assert 70 < names.count("dense1") < 130 and set(names) == {"dense1", "dense2"}
    assert {draw_layer(Where({"residual": "inside"}), IDENTITY, rng) for _ in range(40)} == {"dense2", "dense3"}
