"""The smallest structures: all are what `where` asks for, the smallest come first, and every kind is among them."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.layer import NeuronLayer
from minprune.verification.counterexamples.small_networks import (allowed, build, dense_structures, neuron_layers, size,
                                                                  structures)
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import PLACES, Where, is_pooled
from minprune.verification.verify import verify

pytestmark = pytest.mark.usefixtures("search_only")

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


@each("settings", WHERES)
def test_every_structure_is_what_where_asks_for_and_the_smallest_come_first(settings):
    where, sizes, looked_at = Where(settings), [], {}
    for structure in structures(where):
        shape, layers, N = structure
        key = shape, *map(id, layers)                           # the samples make no other network
        if key not in looked_at:
            looked_at[key] = size_of_network(where, structure), layers          # kept, so that no id comes again
        assert N in allowed(where, "samples")
        if looked_at[key][0] is not None:
            (depth, neurons), _ = looked_at[key]
            sizes.append((depth, neurons, N, structure.padded + structure.strided, int(np.prod(shape))))
            assert size(structure) == sizes[-1]
    assert sizes and sizes == sorted(sizes)


def size_of_network(where, structure):
    """(layers, neurons) of its network, looked at; None if what stands at the block is not what is pooled."""
    net = build(structure, "relu", "identity")
    where.shape(net)
    if where.pooling and where.residual and not where.accepts(net):
        return None
    assert where.accepts(net)
    hidden, (M,) = [net[name] for name in net.neuron_layers[:-1]], net.output_shape
    assert len(net.neuron_layers) in where.depths and M in allowed(where, "outputs") and structure.outputs == M
    assert {type(layer) for layer in hidden} <= {mp.Conv2D if where.kind == "conv" else mp.Dense}
    assert where.kind == "conv" or all(layer.K in allowed(where, "neurons") for layer in hidden)
    assert all(layer.batch_norm == where.batch_norm for layer in hidden)
    name = where.possible_layers(net)[0]
    assert where.residual not in PLACES or PLACES[where.residual](net, name)
    assert not where.pooling or is_pooled(net, name, where.pooling)
    assert where.residual is None or net.is_chain != bool(where.residual)
    return len(net.neuron_layers), sum(net[layer].K for layer in net.neuron_layers)


def described(where):
    """Each structure as text: its input, its layers, N."""
    def text(layer):
        if isinstance(layer, mp.Residual):
            return [[text(inner) for inner in layer.body], layer.projection and text(layer.projection)]
        return layer.K if isinstance(layer, NeuronLayer) else type(layer).__name__

    return [(shape, [text(layer) for layer in layers], N) for shape, layers, N in structures(Where(where))]


def test_dense_layers_by_hand():
    assert described({"depth": 2, "neurons": (2, 1), "outputs": 1, "samples": (2, 1)}) == [
        ((features,), [neurons, 1], N) for neurons in (1, 2) for N in (1, 2) for features in (1, 2, 5)]
    assert [layers for _, layers, _ in described({"layer": "output", "depth": 1, "samples": 1, "outputs": (2, 1)})] == \
        3 * [[1]] + 3 * [[2]]


def test_dense_layers_grow_by_two_neurons_in_all_or_one_of_them_by_more():
    def layers(**where):
        return sorted({tuple(sizes) for _, sizes, _ in described({"samples": 1, **where})})

    assert layers(depth=2, neurons=(1, 2, 3, 4), outputs=1) == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert layers(depth=1, layer="output", outputs=(1, 2, 3, 4)) == [(1,), (2,), (3,), (4,)]
    assert layers(depth=3, neurons=(1, 2, 4), outputs=2) == [(1, 1, 2), (1, 2, 2), (1, 4, 2), (2, 1, 2), (2, 2, 2),
                                                             (4, 1, 2)]
    assert layers(depth=2, neurons=4, outputs=1) == [(4, 1)] and layers(depth=2, neurons=7, outputs=1) == [(7, 1)]


def test_what_is_drawn_now_and_then_has_its_small_networks_as_well():
    every = described({"depth": 2})
    assert {hidden for _, (hidden, _), _ in every} == {1, 2, 3, 4, 5, 6}
    assert {outputs for _, (_, outputs), _ in every} == {1, 2, 3, 5}
    assert {N for _, _, N in every} == {1, 2, 3, 4, 5, 6} and {shape for shape, _, _ in every} == {(1,), (2,), (5,)}
    assert {N for _, _, N in described({"depth": 2, "samples": (1, 3)})} == {1, 3}
    conv = described({"layers": "conv", "depth": 2})
    assert {layers[0] for _, layers, _ in conv} == {1, 2, 5} and {layers[-1] for _, layers, _ in conv} == {1, 2, 5}


def test_padding_and_a_stride_come_after_all_images_without_them():
    first = structures(Where({"layers": "conv", "depth": 2, "samples": 1, "outputs": 1}))[:9]
    assert [structure.padded for structure in first] == 7 * [False] + [True, False]
    assert [structure.strided for structure in first] == 8 * [False] + [True]
    padded, strided = (build(structure, "identity", "identity")["conv1"] for structure in first[7:])
    assert padded.input_shape == padded.output_shape == (1, 1, 1) and padded.kernel == (1, 2)
    assert strided.input_shape == (1, 3, 1) and strided.output_shape == (1, 2, 1) and strided.kernel == (1, 1)
    assert not any(structure.padded or structure.strided for settings in WHERES
                   if Where(settings).kind == "dense" for structure in structures(Where(settings)))


def test_images_by_hand():
    every = described({"layers": "conv", "depth": 2, "samples": 1, "outputs": 1})
    images = [(1, 1, 1), (1, 2, 1), (1, 2, 1), (1, 3, 1), (1, 2, 2), (2, 2, 1), (1, 1, 5), (1, 1, 1), (1, 3, 1)]
    assert every == [(shape, [K, "Flatten", 1], 1) for K in (1, 2, 5) for shape in images]
    kernels = [tuple(layers[0].kernel) for _, layers, _ in structures(Where({"layers": "conv", "depth": 2}))[:9]]
    assert kernels == [(1, 1), (1, 1), (1, 2), (1, 2), (1, 1), (2, 2), (1, 1), (1, 2), (1, 1)]
    assert [layers for _, layers, _ in described({"layers": "conv", "depth": 3, "samples": 1, "outputs": 4})[:10]] == \
        9 * [[1, 1, "Flatten", 4]] + [[2, 2, "Flatten", 4]]
    assert {layers[-1] for _, layers, _ in described({"layers": "conv"})} == {1, 2, 5}     # the two least, and many


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


@each("layers", ["dense", "conv"])
@each("settings, kinds", [
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
                                        for structure in structures(Where({"samples": 1, **settings}))))


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

    example = verify(formula, "dL/do", where={"residual": "before", "neurons": (1, 2, 3)}, trials=40).counterexample
    assert len(example.x) == 2 and len(example.net.neuron_layers) == 3 and example.net.neuron_layers[0] == "dense1"


def test_a_case_of_each_structure_has_numbers():
    for settings in WHERES:
        where = Where(settings)
        structure = next(iter(structures(where)))
        net = build(structure, "identity", "identity")
        for name in net.neuron_layers:
            net[name].W[...] = 1
        shape, _, N = structure
        case = Case(net, where.possible_layers(net)[0], np.ones((N, *shape)), np.zeros((N, *net.output_shape)), "mse")
        assert np.isfinite(case.trace[case.layer].do).all() and case.sizes()[3] == N
