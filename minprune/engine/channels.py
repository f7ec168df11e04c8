"""Channels: which neurons each channel is that a layer reads, and which of them can therefore only leave together.

    Concat([Conv2D(2)], [Conv2D(1)]), Flatten of 1×2 pixels:   conv1_0 conv1_1 conv2_0 | conv1_0 conv1_1 conv2_0

Each layer reads a list of channels, one for each place of its input's last axis. A channel is the set of the neurons
whose outputs are added there; a neuron is a pair, ("conv1", 0). Layers without neurons pass the list on, Flatten as
often as there are positions; Concat joins the lists of its branches; an addition joins channel by channel.

Layers that move zeros (batch norm, sigmoid) make a new channel of each: it is called by their own name, and leaves
together with what it is made of.
"""

import numpy as np

from .layer import NeuronLayer

INPUT = ""                      # what the first layers read, in place of a layer's name
INPUT_GIVEN = "its neurons are added to the network's input, or made of its channels one by one"
OUTPUT_GIVEN = "its neurons make the network's output"


def channels_read(chain, input_shape):
    """({layer: the list of channels that it reads}, the list of the network's output)."""
    read = {}
    output = follow(chain, channels_of(INPUT, input_shape[-1]), read)
    return read, output


def channels_of(name, K):
    return [frozenset([(name, i)]) for i in range(K)]


def follow(chain, channels, read):
    """Follow the channels through the layers, and note in `read` what each reads; return what leaves the chain."""
    previous = None
    for name, layer in chain.items():
        read[name] = channels
        if isinstance(layer, NeuronLayer):
            channels = channels_of(name, layer.K)
        elif layer.paths:
            parts = [follow(path, channels, read) for path in layer.paths]
            added = [frozenset.union(*same) for same in zip(*parts)]
            channels = sum(parts, []) if hasattr(layer, "branches") else added
        elif is_series(layer, previous):
            channels = channels_of(name, layer.output_shape[-1])
        else:
            channels = channels * (layer.output_shape[-1] // layer.input_shape[-1])
        previous = layer
    return channels


def is_series(layer, previous):
    """Whether a layer without neurons is a part of the neurons before it: it moves zeros, or follows one that does."""
    return bool(layer.moves_zeros or layer.follows_on and getattr(previous, "moves_zeros", False))


def is_grouped(layer):
    """Whether its neurons read some of the channels each, in groups that have to stay equal."""
    return layer.groups > 1


def is_depthwise(layer):
    """Whether each of its neurons reads a single channel of several: channel and neurons leave together."""
    return is_grouped(layer) and layer.groups == layer.input_shape[-1]


# ------------------------------------------------------------------------------- who leaves with whom


def together(layers, read, output):
    """(a list of sets of neurons that can only leave together, {layer: why neurons of it stay} of those that cannot).

    Together are: what is added in one channel; a channel and what a batch norm, a curved activation or a depthwise
    convolution makes of it; and of a convolution with groups the j-th channel of each group, and the i-th neuron of
    each group, so that the groups stay equal. What goes with the network's input or output cannot leave.
    """
    groups, channels = Groups(), {channel for channels in (*read.values(), output) for channel in channels}
    for channel in channels:
        groups.join(channel)
    makers = {name for channel in channels for name, _ in channel}
    for name in filter(makers.__contains__, layers):
        join_own(groups, layers[name], read[name])

    # what is given stays, and all that goes with it
    given = {groups.root(neuron): OUTPUT_GIVEN for channel in output for neuron in channel}
    given |= {groups.root(neuron): INPUT_GIVEN for neuron in list(groups.parent) if neuron[0] == INPUT}
    sets = groups.sets()
    why = {name: reason for root, reason in given.items() for name, _ in sets[root]}
    return [one for root, one in sets.items() if root not in given], why


def join_own(groups, layer, channels):
    """Join what the layer itself holds together: a channel and what is made of it alone; its groups stay equal."""
    if not isinstance(layer, NeuronLayer) or is_depthwise(layer):
        made = layer.output_shape[-1] // len(channels)
        for i in range(layer.output_shape[-1]):
            groups.join({(layer.name, i), *channels[i // made]})
    elif is_grouped(layer):
        for same in np.arange(layer.K).reshape(layer.groups, -1).T:
            groups.join([(layer.name, int(i)) for i in same])
        for same in np.arange(len(channels)).reshape(layer.groups, -1).T:
            groups.join(frozenset.union(*(channels[j] for j in same)))


class Groups:
    """Sets of neurons that grow together: each neuron points to another one of its set, up to the set's root."""

    def __init__(self):
        self.parent = {}

    def root(self, neuron):
        while (up := self.parent.setdefault(neuron, neuron)) != neuron:
            self.parent[neuron] = self.parent[up]
            neuron = up
        return neuron

    def join(self, neurons):
        roots = {self.root(neuron) for neuron in neurons}
        first = min(roots)
        for root in roots:
            self.parent[root] = first

    def sets(self):
        """{root: its set}."""
        sets = {}
        for neuron in self.parent:
            sets.setdefault(self.root(neuron), set()).add(neuron)
        return sets


# ----------------------------------------------------------------------------------- where a unit is


def places_of(channels, rows):
    """(K, P): where the channels of neuron 0 … K − 1 of a unit are in the list, P places each; `rows` of its layers."""
    neuron_of = {(name, int(i)): neuron for name, own in rows.items() for neuron, row in enumerate(own) for i in row}
    places = [[] for _ in range(max(neuron_of.values()) + 1)]
    for place, channel in enumerate(channels):
        for neuron in {neuron_of[one] for one in channel if one in neuron_of}:
            places[neuron].append(place)
    return np.array(places)


def staying(channels, stays):
    """A bool for each channel: False where a neuron leaves. `stays` {layer: a bool for each of its neurons}."""
    memo = {}
    for channel in channels:
        if channel not in memo:
            memo[channel] = all(stays[name][i] for name, i in channel if name in stays)
    return np.array([memo[channel] for channel in channels])
