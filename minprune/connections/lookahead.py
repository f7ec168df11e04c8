"""Lookahead: a weight's part in the product of three layers, its own and those before and after."""

import numpy as np

from ..engine import batch_norm as bn
from ..engine.batch_norm_layer import BatchNorm
from ..engine.facts import NotSaid
from ..engine.layer import NeuronLayer
from ..scores.reads import parts_of
from ..scores.walks import walk, walk_back


def lookahead(net):
    """How far the product of three layers of linear neurons moves when the weight goes.

    Formula:  S_ij = |w_ij| · ‖row j of the layer before‖ · ‖column i of the layer after‖ · |s_i|,   row j being what
              input j is made with, column i what reads neuron i, and s batch norm's γ / √(var + ε) (1 without)
    Point:    the weights; no data. Batch norm (running statistics) counts for the layer itself and for the one before,
              not for the one after. The network's inputs and outputs have rows and columns of norm 1
    Order:    squares, sums over row and column (all places of a kernel), square roots, product
    Cost:     none: no pass
    Source:   Park, Lee, Mo & Shin, "Lookahead: A Far-Sighted Alternative of Magnitude-based Pruning", ICLR 2020,
              arXiv:2002.04809 (the authors' code was read, alinlab/lookahead_pruning, method/laprune.py; the paper was
              not)
    Differs:  the code has the square of this, which is the same order. Of its three modes this is "base", all layers
              whole; the others take one layer after the other, with the masks so far. Where layers are
              added, it adds the squared norms of all layers before and after, with 1 for a path that goes around; here
              such a path leads on to what lies behind it

    High = keep. Of dense layers without activation ‖W″ W W′ − W″ (W without w_ij) W′‖ is exactly S_ij, in the
    Frobenius norm. Positions do not count: a kernel's place at the border counts as all others.
    """
    before, after = squares_before(net), squares_after(net)
    scores = {}
    for name in net.neuron_layers:
        layer, squares = net[name], after[name] * scale(net[name]) ** 2
        factors = np.concatenate([np.outer(squares[neurons], part_of_row(part, before[name][channels]))
                                  for part, neurons, channels in groups_of(layer)])
        scores[f"{name}.W"] = np.abs(layer.W) * np.sqrt(factors).reshape(layer.W.shape)
    return scores


def groups_of(layer):
    """[(a layer without groups, its neurons, the channels that it reads), …]."""
    parts, each = parts_of(layer), layer.K // len(parts_of(layer))
    return [(part, slice(g * each, (g + 1) * each), channels) for g, (part, channels) in enumerate(parts)]


def part_of_row(part, of_channels):
    """(F,): what is said of each channel, for each weight of a row, which is laid out row, column, channel."""
    return np.tile(of_channels, part.W[0].size // len(of_channels))


def scale(layer):
    """γ / √(var + ε) of a layer with neurons; ones without batch norm."""
    if not layer.batch_norm:
        return np.ones(layer.K)
    return bn.backward_fixed(1.0, layer.gamma.astype(float), layer.running_var, layer.constants.eps)


def squares_before(net):
    """{layer: (C,)}: the squared norm of what each channel that it reads is made with, added up where layers are."""
    found = {}

    def step(layer, squares):
        if isinstance(layer, NeuronLayer):
            found[layer.name] = squares
            return (layer.W.astype(float) ** 2).reshape(layer.K, -1).sum(axis=1) * scale(layer) ** 2
        return np.tile(passed(layer, squares), layer.output_shape[-1] // layer.input_shape[-1])
    walk(net.layers, np.ones(net.input_shape[-1]), step)
    return found


def squares_after(net):
    """{layer: (K,)}: the squared norm of the weights that read each of its neurons, added up over all readers."""
    found = {}

    def step(layer, squares):
        if isinstance(layer, NeuronLayer):
            found[layer.name] = squares
            return np.concatenate([(part.W.astype(float) ** 2).reshape(-1, part.W.shape[-1]).sum(axis=0)
                                   for part, _ in parts_of(layer)])
        return passed(layer, squares.reshape(-1, layer.input_shape[-1]).sum(axis=0))
    walk_back(net.layers, np.ones(net.output_shape[-1]), step)
    return found


def passed(layer, squares):
    """What a layer without neurons makes of the squared norms of its channels. NotSaid if it mixes channels."""
    if isinstance(layer, BatchNorm):
        return squares * layer.scale().astype(float) ** 2
    if not (layer.moves_zeros or layer.fact("keeps_channels", "lookahead")):
        raise NotSaid(f"{layer} mixes channels or moves zeros (keeps_channels = False), so that lookahead does not "
                      "pass through it")
    return squares
