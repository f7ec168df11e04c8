"""The networks that formulas are tried on: of all kinds, clear of kinks, the same for the same seed."""

import collections

import numpy as np
import pytest

import minprune as mp
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES
from minprune.engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from minprune.verification.quantities import STEP
from minprune.verification.sampling.random_networks import (
    BLOCKS, FAR, MARGIN, Block, Case, draw_block, draw_case, draw_cases, draw_layer, is_clear, is_coupled,
    is_read_directly, leads, reach, with_block)
from minprune.verification.sampling.where import DRAWN_ACTIVATIONS, DRAWN_LOSSES, Where, place_of

DENSE, CONV = draw_cases(Where(), 400, 0), draw_cases(Where({"layers": "conv"}), 400, 0)
OUTPUT = draw_cases(Where({"layer": "output"}), 200, 0)


def drawn(where=None, count=40, seed=0):
    return draw_cases(Where(where), count, seed)


def layers(case, kind=object):
    return [layer for layer in case.net.all_layers.values() if isinstance(layer, kind)]


def blocks(case):
    return layers(case, mp.Residual)


def share(cases, holds):
    return sum(map(bool, map(holds, cases))) / len(cases)


def counted(values):
    return collections.Counter(values)


# --------------------------------------------------------------------------- of all kinds


@pytest.mark.parametrize("cases", [DENSE, CONV, OUTPUT])
def test_activations_and_losses_are_about_as_frequent(cases):
    hidden = counted(case.net[case.layer].f.name for case in cases)
    if cases is not OUTPUT:
        assert set(hidden) == set(DRAWN_ACTIVATIONS) and min(hidden.values()) > len(cases) / 6 / 2
        assert all(case.activations()[-1] is ACTIVATIONS["identity"] for case in cases)
        assert all(len(set(case.activations()[:-1])) == 1 for case in cases)
    losses = counted(case.loss.name for case in cases)
    assert set(losses) == set(DRAWN_LOSSES) and min(losses.values()) > len(cases) / 3 / 1.5


def test_output_layers_below_mse_have_every_activation():
    mse = [case for case in OUTPUT if case.loss.name == "mse"]
    assert {case.activations()[-1].name for case in mse} == set(DRAWN_ACTIVATIONS)
    assert {case.activations()[-1].name for case in OUTPUT if case not in mse} == {"identity"}


def test_dense_networks_are_of_all_sizes():
    assert {len(case.x) for case in DENSE} == {1, 2, 3, 4} == {case.net[case.layer].K for case in DENSE}
    assert {case.net.output_shape for case in DENSE} == {(1,), (2,), (3,)}
    assert {case.net.input_shape for case in DENSE if case.net.is_chain} == {(1,), (2,), (3,)}
    assert {case.layer for case in DENSE} == {"dense1", "dense2", "dense3"}
    for size, sizes in ((lambda case: len(case.net.neuron_layers), {2, 3, 4}),
                        (lambda case: len(case.x), {1, 2, 3, 4})):
        counts = counted(map(size, DENSE))
        assert set(counts) == sizes and min(counts.values()) > len(DENSE) / len(sizes) / 1.5
    assert all(case.net[name].b.any() and not case.net[name].batch_norm
               for case in DENSE for name in case.net.neuron_layers)
    assert {len(case.net.neuron_layers) for case in OUTPUT} == {1, 2, 3}


def test_conv_networks_are_of_all_sizes():
    assert {case.net.input_shape[0] for case in CONV} == {2, 3} and {case.net.input_shape[1] for case in CONV} == {3, 4}
    assert {case.net.input_shape[2] for case in CONV} == {1, 2} == {case.net[case.layer].K for case in CONV}
    assert {len(case.net.neuron_layers) for case in CONV} == {2, 3, 4}
    convs = [layer for case in CONV for layer in layers(case, mp.Conv2D)]
    assert {layer.kernel for layer in convs} == {(1, 2), (2, 1), (2, 2)}
    assert {layer.padding for layer in convs} == {"valid", "same", 1}
    assert {layer.padding for case in CONV if blocks(case) for layer in layers(case, mp.Conv2D)} == {"same"}
    assert {case.layer for case in CONV} == {"conv1", "conv2", "conv3"}
    assert {len(case.x) for case in CONV} == {1, 2, 3, 4} and {case.net.output_shape for case in CONV} == \
        {(1,), (2,), (3,)}
    assert max(case.net[case.layer].output_shape[0] * case.net[case.layer].output_shape[1] for case in CONV) <= 30


@pytest.mark.parametrize("cases, least", [(DENSE, 0.2), (CONV, 0.2), (OUTPUT, 0.15)])
def test_a_quarter_has_a_block(cases, least):
    assert least < share(cases, blocks) < 0.4
    assert all(len(blocks(case)) <= 1 for case in cases)
    some = [case for case in cases if blocks(case)]
    assert 0.01 < share(some, lambda case: blocks(case)[0].projection) < 0.6
    if cases is not OUTPUT:
        places = counted(place_of(case.net, case.layer) for case in some)
        assert set(places) >= {"before", "inside", "after"} and min(places[place] for place in places if place) > 4
        assert {case.coupled for case in some} == {True, False}
    assert {len(blocks(case)[0].body) for case in some} >= {1, 2}


def test_dense_blocks_stand_first_and_later():
    first = [list(case.net.layers).index("residual1") for case in DENSE if blocks(case)]
    assert set(first) == {0, 1, 2}


def test_poolings_occur_in_all_their_ways():
    kinds = {kind: [case for case in CONV if layers(case, kind)] for kind in (MaxPool2D, AvgPool2D, GlobalAvgPool2D)}
    for kind, least in ((MaxPool2D, 0.18), (AvgPool2D, 0.09), (GlobalAvgPool2D, 0.09)):
        assert least < len(kinds[kind]) / len(CONV) < 2.6 * least
    assert not set(map(id, kinds[MaxPool2D])) & set(map(id, kinds[AvgPool2D] + kinds[GlobalAvgPool2D]))
    pools = [layer for case in kinds[MaxPool2D] + kinds[AvgPool2D] for layer in layers(case, (MaxPool2D, AvgPool2D))]
    assert {pool.size for pool in pools} == {(1, 2), (2, 1), (2, 2)}
    assert 0.1 < share(pools, lambda pool: pool.overlaps()) < 0.4
    behind = {place_in(case) for case in kinds[MaxPool2D] if len(layers(case, mp.Conv2D)) == 2 and not blocks(case)}
    assert behind == {1, 2}
    for case in CONV:
        assert bool(layers(case, mp.Flatten)) != bool(layers(case, GlobalAvgPool2D))


def place_in(case):
    return next(place for place, layer in enumerate(case.net.layers.values()) if isinstance(layer, MaxPool2D))


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_weights_biases_and_norms_have_the_spread_they_should(kind):
    """W √(F/2), b / 0.5: of standard deviation 1. Of x: 1.5."""
    cases = drawn({"activation": "tanh", "layers": kind, "batch_norm": True, "pooling": None}, 300)
    neurons = [layer for case in cases for layer in layers(case) if hasattr(layer, "K")]
    wide = [layer.W.ravel() * np.sqrt(layer.W[0].size / 2) for layer in neurons if layer.W[0].size > 1]
    normed = [layer for layer in neurons if layer.batch_norm]
    for values, spread in ((wide, 1), ([layer.b for layer in neurons], 0.5), ([layer.beta for layer in normed], 0.5),
                           ([layer.running_mean for layer in normed], 0.5), ([case.x.ravel() for case in cases], 1.5)):
        values = np.concatenate(values)
        assert values.std() == pytest.approx(spread, rel=0.06) and abs(values.mean()) < 0.06 * spread * 2
    single = np.concatenate([layer.W.ravel() for layer in neurons if layer.W[0].size == 1] or [np.ones(1)])
    assert kind == "conv" or single.std() == pytest.approx(1, rel=0.15)
    for name in ("gamma", "running_var"):
        values = np.concatenate([getattr(layer, name) for layer in normed])
        assert 0.5 <= values.min() < 0.55 and 1.95 < values.max() <= 2
        assert values.mean() == pytest.approx(1.25, abs=0.05)
    assert len({layer.W.tobytes() for layer in neurons}) == len(neurons)


def test_targets_suit_the_losses():
    seen = collections.defaultdict(list)
    for case in DENSE:
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
    names = counted(case.layer for case in DENSE if len(case.net.neuron_layers) == 4 and case.net.is_chain)
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
    with pytest.raises(ValueError, match="where accepts none of 25 random networks: dense hidden layers; never"):
        def never(net):
            looked_at.append(net)
        drawn(never, count=5)
    assert len(looked_at) == 25


def test_a_where_that_few_fit_gives_as_many_as_there_are():
    """One of 20 networks fits: 60 are drawn for each that is needed."""
    turns = iter(range(10 ** 6))
    assert len(drawn(lambda net: next(turns) % 20 == 0, count=5)) == 5
    turns = iter(range(10 ** 6))
    assert len(drawn(lambda net: next(turns) == 3, count=5)) == 1
    assert next(turns) == 5 * 60                                # this is how many were looked at


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


# ------------------------------------------------------------------------------------ kinks

KINKED = [case for where in ({}, {"layers": "conv"}, {"residual": True}, {"layers": "conv", "pooling": "max"},
                             {"layers": "conv", "pooling": "max", "residual": True},
                             {"layers": "conv", "batch_norm": True, "pooling": "max"})
          for case in drawn({"activation": ["relu", "leaky_relu"], **where}, 25)]


@pytest.mark.parametrize("cases", [KINKED, CONV])
def test_no_z_and_no_window_lies_near_a_kink(cases):
    """Looked at one by one: |z| of each relu, and the lead of the largest of each window."""
    for case in cases:
        for layer in layers(case):
            trace = case.trace[layer.name]
            if hasattr(layer, "f") and layer.f.kinks:
                assert np.abs(trace.z).min() > MARGIN
            if isinstance(layer, MaxPool2D):
                for window in windows(layer, trace.x):
                    second, first = np.sort(window)[-2:]
                    assert first - second > MARGIN


def windows(pool, x):
    """The numbers of each window, one after the other."""
    for n, row, column, channel in np.ndindex(len(x), *pool.output_shape):
        top, left = row * pool.stride[0], column * pool.stride[1]
        yield x[n, top:top + pool.size[0], left:left + pool.size[1], channel].ravel()


def sides(net, trace):
    """On which side of each kink a pass is: the signs of z, and where the largest of each window is."""
    found = []
    for layer in net.all_layers.values():
        if layer.name in trace:
            if hasattr(layer, "f") and layer.f.kinks:
                found.append(np.sign(trace[layer.name].z))
            if isinstance(layer, MaxPool2D):
                found.append(np.array([one.argmax() for one in windows(layer, trace[layer.name].x)]))
    return found


def same_sides(one, other):
    return len(one) == len(other) and all((a == b).all() for a, b in zip(one, other))


def test_no_move_of_a_difference_crosses_a_kink():
    """Second derivatives move a number by 3 steps, and a second measurement by 1.4 of these: no kink is crossed."""
    h, crossed, tried = 3 * 1.4 * STEP, 0, 0
    for case in KINKED:
        net, name, trace = case.net.copy(), case.layer, case.net.forward(case.x)
        here = sides(net, trace.layers)
        from_o = sides(net, net.run_from(name, trace[name].o, trace)[1])
        for index in np.ndindex(trace[name].o.shape[1:]):
            for move in (h, -h):
                o = trace[name].o.copy()
                o[(slice(None), *index)] += move
                crossed += not same_sides(from_o, sides(net, net.run_from(name, o, trace)[1]))
                tried += 1
        for array in (net[name].W, net[name].b):
            for index in np.ndindex(array.shape):
                for move in (h, -h):
                    old, array[index] = array[index], array[index] + move
                    crossed += not same_sides(here, sides(net, net.forward(case.x).layers))
                    array[index] = old
                    tried += 1
    assert tried > 2000 and crossed == 0


def one_neuron(activation="relu"):
    """z = x."""
    net = mp.Network(1, [mp.Dense(1, activation), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = 1, 0
    return net


def test_what_is_clear_of_a_kink_by_hand():
    x = np.array([[0.0], [0.07], [-0.07], [0.09], [-0.09], [3.0]])
    np.testing.assert_array_equal(is_clear(one_neuron(), x), [False, False, False, True, True, True])
    np.testing.assert_array_equal(is_clear(one_neuron("leaky_relu"), x, margin=0.05), [False, *[True] * 5])
    assert is_clear(one_neuron("tanh"), x).all() and is_clear(one_neuron("identity"), x).all()
    assert not is_clear(one_neuron(), np.array([[MARGIN]])).any()


def test_margins_are_wider_where_weights_reach_far():
    """z = γ (w x + b) / √var: a move of w by h moves z by h x γ / √var; up to FAR times h it does not count."""
    net = mp.Network(1, [mp.Dense(1, "relu", batch_norm=True), mp.Dense(1)])
    layer = net["dense1"]
    for x, gamma, var, margin in ((1, 1, 1, 0.08), (FAR, 1, 1, 0.08), (2 * FAR, 1, 1, 0.16), (-3 * FAR, 1, 1, 0.24),
                                  (2 * FAR, 2, 1, 0.32), (2 * FAR, 1, 1 / 9, 0.48), (FAR, 0.1, 4, 0.08)):
        layer.W[...], layer.gamma[...], layer.running_var[...] = 0, gamma, var
        seen = []
        for layer.b[...] in np.array([0.9, 1.1, -0.9, -1.1]) * margin * np.sqrt(var) / gamma:
            seen.append(is_clear(net, np.array([[x]], float)).item())
        assert seen == [False, True, False, True], (x, gamma, var)


def test_the_layer_that_reads_the_largest_numbers_counts_for_all():
    net = one_neuron()
    net["dense2"].W[...] = 0
    reading = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1), mp.Dense(1)])
    for array in reading.parameters().values():
        array[...] = 0
    reading["dense1"].W[...], reading["dense2"].b[...] = 1, 2 * FAR
    x = np.array([[0.1], [0.2]])
    np.testing.assert_array_equal(is_clear(net, x), [True, True])
    np.testing.assert_array_equal(is_clear(reading, x), [False, True])
    np.testing.assert_allclose(reach(reading, reading.forward(x)), 2 * FAR)
    np.testing.assert_allclose(reach(net, net.forward(10 * x)), [1, 2])


def test_all_neurons_of_all_layers_must_be_clear():
    net = mp.Network(2, [mp.Residual([mp.Dense(2, "relu")]), mp.Dense(1, "relu")])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(2), (1, -1)
    x = np.array([[1, -1], [1, 0.01], [0.01, 1], [1.0, 2.0], [1.0, 1.01], [0.5, -2]])
    # dense2 reads x + relu(x): 2 − −1, –, –, 2 − 4, 2 − 2.02, 1 − −2
    np.testing.assert_array_equal(is_clear(net, x), [True, False, False, True, False, True])


def test_ties_of_windows_by_hand():
    net = mp.Network((1, 4, 1), [mp.Conv2D(1, 1), mp.MaxPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    x = np.array([[1, 2, 3, 4], [1, 1, 3, 4], [1, 2, 3.05, 3], [1, 2, -3, 3], [1, 1.09, 0, 5]]).reshape(5, 1, 4, 1)
    np.testing.assert_array_equal(is_clear(net, x), [True, False, False, True, True])
    np.testing.assert_allclose(leads(net["maxpool1"], x).reshape(5, 2)[[0, 2, 3]], [[1, 1], [1, 0.05], [1, 6]])
    mean = mp.Network((1, 4, 1), [mp.Conv2D(1, 1), mp.AvgPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    assert is_clear(mean, x).all()


@pytest.mark.parametrize("size, stride", [((2, 2), None), ((1, 3), 1), ((2, 1), 2), ((3, 2), 1), (1, 1), (1, 2)])
def test_leads_are_those_of_windows_looked_at_one_by_one(size, stride):
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    net = mp.Network((4, 5, 3), [mp.MaxPool2D(size, stride)])
    pool = net["maxpool1"]
    found = leads(pool, x)
    assert found.shape == (2, *pool.output_shape)
    naive = [np.diff(np.sort(one)[-2:]).item() if len(one) > 1 else np.inf for one in windows(pool, x)]
    np.testing.assert_array_equal(found.ravel(), naive)


def test_a_window_of_one_is_no_tie():
    net = mp.Network((1, 2, 1), [mp.Conv2D(1, 1), mp.MaxPool2D(1), mp.Flatten(), mp.Dense(1)])
    assert is_clear(net, np.zeros((3, 1, 2, 1))).all()


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


@pytest.mark.parametrize("name, direct, coupled, place", [
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


@pytest.mark.parametrize("net", [CHAIN, IDENTITY, PROJECTED, FIRST, *(
    case.net for case in drawn({"residual": True}, 30) + CONV[:20])])
def test_neurons_that_stand_alone_are_not_coupled(net):
    assert not any(is_coupled(net, name) for name in net.units if name in net.all_layers)
    assert all(is_coupled(net, name) for name in net.neuron_layers[:-1] if name not in net.units)


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
