"""Roles: layers that do the same in the network, whose neurons can be ranked together."""

import numpy as np

from ..engine.checks import check_prunable
from ..engine.layer import NeuronLayer


def equal_roles(net):
    """Return {role: {hidden layer: (K,) True}}: regions for `decide(scores, remove=0.5, scope=equal_roles(net))`.

    A role is what a neuron is made of, in words such as "Conv2D with batch norm → MaxPool2D → Conv2D": the kinds of
    the layers that it belongs to (several where they are coupled), of the layers in between, and of those that read it.
    Widths, kernels and activations are not part of it. Scores of different roles often lie at different heights, as
    the sums in them have different numbers of terms; ranked together, one role would lose all and another nothing. With
    these regions each role loses the same fraction, and within a role layers are ranked together.

    Source: Fang, Ma, Bi Mi & Wang, "Isomorphic Pruning for Vision Models", ECCV 2024, arXiv:2407.04616 (the abstract
    and the authors' code read: there a group of coupled layers is tagged by the kinds of its layers, in the order of
    the pass, and each tag has a threshold of its own). Differs: exactly ⌊f N⌋ of each role go, ties in a fixed order.
    Raises as `decide`, and ValueError for a network without hidden layers.
    """
    check_prunable(net)
    regions = {}
    for name in net.hidden_layers:
        regions.setdefault(role_of(net, name), {})[name] = np.ones(net[name].K, bool)
    return regions


def role_of(net, name):
    """The role of hidden layer `name`, in words."""
    unit = net.units[name]
    made = [kind_of(net[layer]) for layer in (*unit.members, *unit.series)]
    passed = [type(net[layer]).__name__ for layer in unit.between]
    read = [type(net[reader]).__name__ for reader in unit.readers]
    return " → ".join([" + ".join(made), *passed, ", ".join(read)])


def kind_of(layer):
    """"Conv2D with batch norm": the layer's class, and whether its neurons have a batch norm of their own."""
    own = isinstance(layer, NeuronLayer) and layer.batch_norm
    return f"{type(layer).__name__}{' with batch norm' if own else ''}"
