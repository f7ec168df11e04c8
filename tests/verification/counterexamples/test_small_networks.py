"""The smallest structures: all are what `where` asks for, the smallest come first, and every kind is among them."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine.layer import NeuronLayer
from minprune.verification.counterexamples.small_networks import (build, dense_structures, neuron_layers, size,
                                                                  structures)
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import PLACES, Where, is_pooled
from minprune.verification.verify import verify
from minprune.engine.losses import LOSSES
from minprune.verification.counterexamples.small_networks import (BIASES, INPUTS, MEANS, SCALES, VARIANCES, WEIGHTS,
                                                                 fill, inputs, small_case, targets, with_round_norm)
from minprune.verification.sampling.where import Where

BLOCKS = ({"residual": True}, {"residual": "before"}, {"residual": "inside"}, {"residual": "after"},
          {"residual": True, "layer": "last hidden"}, {"residual": "after", "layer": "last hidden"},
          {"residual": "before", "depth": 4}, {"residual": True, "batch_norm": True, "outputs": 2})
POOLS = ({"pooling": True}, {"pooling": "max"}, {"pooling": ["avg", "global"], "samples": (3, 2)},
         {"pooling": "max", "depth": 3, "layer": "last hidden"})
WHERES = [{}, {"depth": 3}, {"depth": (3, 2), "samples": (2, 1)}, {"neurons": (3, 2), "outputs": 2},
          {"layer": "output"},
          {"batch_norm": True}, {"residual": False}, {"that": "no biases"}, {"residual": True, "neurons": 3},
          {"residual": "after", "layer": "output"}, {"residual": True, "layer": "output"},
          *({"layers": "conv", **more} for more in (
              {}, {"depth": 3}, {"depth": (4, 2), "samples": (3, 1)}, {"outputs": 3}, {"batch_norm": True},
              {"pooling": False}, *POOLS, {"pooling": "avg", "residual": "before"},
              {"pooling": "max", "residual": "inside"}, {"pooling": "max", "residual": "after"},
              {"pooling": True, "residual": True, "depth": (4, 3)})),
          *BLOCKS, *({"layers": "conv", **more} for more in BLOCKS)]


@pytest.mark.parametrize("settings", WHERES, ids=str)
def test_every_structure_is_what_where_asks_for_and_the_smallest_come_first(settings):
    where, sizes = Where(settings), []
    for structure in structures(where):
        shape, layers, N = structure
        net = build(structure, "relu", "identity")
        where.shape(net)
        if where.pooling and where.residual and not where.accepts(net):
            continue                                            # what stands at the block is not what is pooled
        assert where.accepts(net)
        hidden, (M,) = [net[name] for name in net.neuron_layers[:-1]], net.output_shape
        assert len(net.neuron_layers) in where.depths and M in where.outputs and N in where.samples
        assert {type(layer) for layer in hidden} <= {mp.Conv2D if where.kind == "conv" else mp.Dense}
        assert where.kind == "conv" or all(layer.K in where.neurons for layer in hidden)
        assert all(layer.batch_norm == where.batch_norm for layer in hidden)
        name = where.possible_layers(net)[0]
        assert where.residual not in PLACES or PLACES[where.residual](net, name)
        assert not where.pooling or is_pooled(net, name, where.pooling)
        assert where.residual is None or net.is_chain != bool(where.residual)
        sizes.append((len(net.neuron_layers), sum(net[layer].K for layer in net.neuron_layers), N,
                      structure.padded, int(np.prod(shape))))
        assert size(structure) == sizes[-1] and structure.outputs == M
    assert sizes and sizes == sorted(sizes)


def described(where):
    """Each structure as text: its input, its layers, N."""
    def text(layer):
        if isinstance(layer, mp.Residual):
            return [[text(inner) for inner in layer.body], layer.projection and text(layer.projection)]
        return layer.K if isinstance(layer, NeuronLayer) else type(layer).__name__

    return [(shape, [text(layer) for layer in layers], N) for shape, layers, N in structures(Where(where))]


def test_dense_layers_by_hand():
    assert described({"depth": 2, "neurons": (2, 1), "outputs": 1, "samples": (2, 1)}) == [
        ((1,), [1, 1], 1), ((2,), [1, 1], 1), ((1,), [1, 1], 2), ((2,), [1, 1], 2),
        ((1,), [2, 1], 1), ((2,), [2, 1], 1), ((1,), [2, 1], 2), ((2,), [2, 1], 2)]
    assert [layers for _, layers, _ in described({"layer": "output", "depth": 1, "samples": 1, "outputs": (2, 1)})] == \
        [[1], [1], [2], [2]]


def test_dense_layers_grow_by_two_neurons_but_not_beyond_five():
    def layers(**where):
        return sorted({tuple(sizes) for _, sizes, _ in described({"samples": 1, **where})})

    assert layers(depth=2, neurons=(1, 2, 3, 4), outputs=1) == [(1, 1), (2, 1), (3, 1)]         # 2 + 2 = 4 in all
    assert layers(depth=1, layer="output", outputs=(1, 2, 3, 4)) == [(1,), (2,), (3,)]
    assert layers(depth=3, neurons=(1, 2, 3), outputs=2) == [(1, 1, 2), (1, 2, 2), (2, 1, 2)]    # 6 would be too many
    assert layers(depth=2, neurons=4, outputs=1) == [(4, 1)] and layers(depth=2, neurons=5, outputs=1) == []


def unpadded(settings):
    return [structure for structure in structures(Where(settings)) if not structure.padded]


def test_padding_comes_after_all_images_without_it():
    first = structures(Where({"layers": "conv", "depth": 2, "samples": 1, "outputs": 1}))[:6]
    assert [structure.padded for structure in first] == 5 * [False] + [True]
    conv = build(first[5], "identity", "identity")["conv1"]
    assert conv.input_shape == conv.output_shape == (1, 1, 1) and conv.kernel == (1, 2)
    assert not any(structure.padded for settings in WHERES for structure in structures(Where(settings))
                   if Where(settings).kind == "dense")


def test_images_by_hand():
    every = described({"layers": "conv", "depth": 2, "samples": 1, "outputs": 1})
    assert every[:5] == [(shape, [1, "Flatten", 1], 1)
                         for shape in ((1, 1, 1), (1, 2, 1), (1, 3, 1), (1, 2, 2), (2, 2, 1))]
    assert every[5] == every[0]                                                 # with padding, as the next test says
    assert every[6:] == [(shape, [2, *layers[1:]], N) for shape, layers, N in every[:6]]
    kernels = {shape: tuple(layers[0].kernel) for shape, layers, _ in unpadded({"layers": "conv", "depth": 2})}
    assert kernels == {(1, 1, 1): (1, 1), (1, 2, 1): (1, 1), (1, 3, 1): (1, 2), (1, 2, 2): (1, 1), (2, 2, 1): (2, 2)}
    assert [layers for _, layers, _ in described({"layers": "conv", "depth": 3, "samples": 1, "outputs": 4})[:7]] == \
        6 * [[1, 1, "Flatten", 4]] + [[2, 2, "Flatten", 4]]
    assert {layers[-1] for _, layers, _ in described({"layers": "conv"})} == {1, 2}             # the two least of three


def kinds_of_block(where):
    """What stands before, in the body, in the projection, after: numbers of layers with neurons."""
    kinds = set()
    for _, layers, _ in structures(where):
        place, = (place for place, layer in enumerate(layers) if isinstance(layer, mp.Residual))
        block = layers[place]
        kinds.add((place, len(block.body), block.projection is not None, len(neuron_layers(layers[place + 1:-1]))))
    return kinds


AFTER_A_LAYER = {(1, 1, False, 0), (1, 2, False, 0), (1, 1, True, 0)}
BEFORE_A_LAYER = {(0, 1, False, 1), (0, 1, True, 1)}


@pytest.mark.parametrize("layers", ["dense", "conv"])
@pytest.mark.parametrize("settings, kinds", [
    ({"residual": True}, AFTER_A_LAYER | BEFORE_A_LAYER), ({"residual": "inside"}, AFTER_A_LAYER | BEFORE_A_LAYER),
    ({"residual": "before"}, AFTER_A_LAYER), ({"residual": "after"}, BEFORE_A_LAYER),
    ({"residual": True, "layer": "last hidden"}, BEFORE_A_LAYER),
    ({"residual": "before", "depth": 3}, {(1, 1, False, 0)}),
])
def test_each_kind_of_block_occurs(layers, settings, kinds):
    assert kinds_of_block(Where({**settings, "layers": layers})) == kinds


def test_blocks_before_the_output_layer():
    assert kinds_of_block(Where({"residual": "after", "layer": "output"})) == AFTER_A_LAYER
    assert kinds_of_block(Where({"residual": True, "layer": "output"})) == AFTER_A_LAYER | BEFORE_A_LAYER


def test_each_kind_of_pooling_occurs():
    every = [layers for _, layers, _ in described({"layers": "conv", "pooling": True, "depth": 2})]
    assert {tuple(layers[1:-1]) for layers in every} == {("MaxPool2D", "Flatten"), ("AvgPool2D", "Flatten"),
                                                         ("GlobalAvgPool2D",)}
    for structure in structures(Where({"layers": "conv", "pooling": ["max", "avg"]})):
        net = build(structure, "identity", "identity")
        pool, = (layer for layer in net.layers.values() if isinstance(layer, (mp.MaxPool2D, mp.AvgPool2D)))
        assert pool.input_shape[:2] == (1, 2) and pool.output_shape[:2] == (1, 1)              # two pixels become one
    assert {shape[:2] for shape, _, _ in structures(Where({"layers": "conv", "residual": True}))} == {(1, 1), (1, 2)}


def test_blocks_have_the_two_least_numbers_of_neurons():
    def widths(**settings):
        return {layers[0].K for _, layers, _ in structures(Where({"residual": "before", **settings}))}

    assert widths() == widths(layers="conv") == widths(layers="conv", neurons=4) == {1, 2}
    assert widths(neurons=(5, 4, 3)) == {3, 4} and widths(neurons=7) == {7}


def test_layers_with_neurons():
    block = mp.Residual([mp.Dense(2), mp.Dense(3)], mp.Dense(4))
    layers = [mp.Dense(1), block, mp.Flatten(), mp.Residual([mp.Residual([mp.Dense(5)])]), mp.Dense(6)]
    assert [layer.K for layer in neuron_layers(layers)] == [1, 2, 3, 4, 5, 6]


def test_structures_of_blocks_and_pooling_only_where_these_are_asked_for():
    assert list(map(str, structures(Where()))) == list(map(str, dense_structures(Where())))
    assert all(net.is_chain for net in (build(structure, "relu", "identity")
                                        for settings in ({}, {"layers": "conv"}, {"layers": "conv", "pooling": False})
                                        for structure in structures(Where(settings))))


@pytest.mark.parametrize("settings, sizes", [
    ({"residual": "before"}, [1, 1, 1]), ({"residual": "before", "neurons": 3}, [3, 3, 1]),
    ({"residual": "before", "depth": 4}, [1, 1, 1, 1]), ({"residual": "after"}, [1, 1, 1]),
    ({"residual": "after", "layer": "output"}, [1, 1, 1]), ({"layers": "conv"}, [1, 1]),
    ({"layers": "conv", "depth": 3}, [1, 1, 1]), ({"layers": "conv", "depth": 3, "pooling": "max"}, [1, 1, 1]),
    ({"layers": "conv", "outputs": 3}, [1, 3])])
def test_the_smallest_counterexample_is_one_of_what_where_asks_for(settings, sizes):
    example = verify(lambda dz: -dz, "dL/dz", where={**settings, "loss": "mse"}, trials=12).counterexample
    net = example.net
    assert [net[name].K for name in net.neuron_layers] == sizes and len(example.x) == 1
    assert Where(settings).accepts(net) and example.layer in Where(settings).possible_layers(net)


def test_fewer_layers_count_before_fewer_samples():
    """Wrong for one sample in one of two layers in a block, for two samples in any block."""
    def formula(do):
        return do if len(do) == 1 and do.shape[2] < 3 else -do

    example = verify(formula, "dL/do", where={"residual": "before", "neurons": (1, 2, 3)}, trials=60).counterexample
    assert len(example.x) == 2 and len(example.net.neuron_layers) == 3 and example.net.neuron_layers[0] == "dense1"


def test_a_case_of_each_structure_has_numbers():
    for settings in WHERES:
        where = Where(settings)
        structure = next(iter(structures(where)))
        net = build(structure, "identity", "identity")
        shape, _, N = structure
        case = Case(net, where.possible_layers(net)[0], np.ones((N, *shape)), np.zeros((N, *net.output_shape)), "mse")
        assert np.isfinite(case.trace[case.layer].do).all() and case.sizes()[3] == N


# ---------------------------------------------------------------------- round numbers


RNG = np.random.default_rng


def network():
    return mp.Network(2, [mp.Dense(3, "relu", batch_norm=True), mp.Dense(2)], seed=0)


def arrays_of(net):
    layer = net["dense1"]
    return {"W": layer.W, "b": layer.b, "gamma": layer.gamma, "mean": layer.running_mean, "var": layer.running_var}


def test_plain_numbers_are_ones_and_zeros():
    net = network()
    fill(net, RNG(0), plain=True)
    values = {name: set(array.ravel()) for name, array in arrays_of(net).items()}
    assert values == {"W": {1}, "b": {0}, "gamma": {1}, "mean": {0}, "var": {1}}


def test_all_round_numbers_occur_and_no_others():
    seen = {name: set() for name in arrays_of(network())}
    rng = RNG(0)
    for _ in range(60):
        net = network()
        fill(net, rng, plain=False)
        for name, array in arrays_of(net).items():
            seen[name] |= set(array.ravel())
    assert seen == {"W": set(WEIGHTS), "b": set(BIASES), "gamma": set(SCALES), "mean": set(MEANS),
                    "var": set(VARIANCES)}


def test_the_roots_of_the_variances_are_round():
    assert set(np.sqrt(VARIANCES)) == {1, 2, 0.5}


def test_inputs():
    assert set(inputs(RNG(0), (3, 2), plain=True).ravel()) == {1}
    assert set(inputs(RNG(0), (60, 2), plain=False).ravel()) == set(INPUTS)


@pytest.mark.parametrize("name", LOSSES)
def test_targets_are_ready_for_the_loss(name):
    loss = LOSSES[name]
    for plain in (True, False):
        t = targets(loss, RNG(0), (2, 3), plain)
        assert t.shape == (2, 3) and np.isfinite(loss(np.ones((2, 3)), t)).all()
        np.testing.assert_array_equal(loss.prepare(t, (3,)), t)
    assert targets(LOSSES["mse"], RNG(0), (1, 1), plain=True) == 0


def test_a_small_case_is_about_the_first_layer_of_where_and_obeys_it():
    where = Where({"that": ["all weights positive", "no biases"], "layer": "last hidden", "depth": 3})
    net = mp.Network(1, [mp.Dense(2), mp.Dense(2), mp.Dense(1)], seed=0)
    case = small_case(where, net, 2, LOSSES["mse"], RNG(1), plain=False)
    assert case.layer == "dense2" and case.x.shape == case.t.shape == (2, 1) and where.accepts(case.net)


def test_a_round_norm():
    def case(neurons, fan_in):
        net = mp.Network(fan_in, [mp.Dense(neurons), mp.Dense(1)], seed=0)
        return small_case(Where(), net, 1, LOSSES["mse"], RNG(0), plain=True)

    plain = case(1, 2)
    pair = with_round_norm(plain)
    assert pair.net["dense1"].W.tolist() == [[3, 4]] and plain.net["dense1"].W.tolist() == [[1, 1]]
    assert pair.net["dense2"].W.tolist() == [[1]] and pair.x is plain.x
    assert with_round_norm(case(2, 1)).net["dense1"].W.tolist() == [[3], [4]]
    odd = case(1, 1)
    assert with_round_norm(odd) is odd
