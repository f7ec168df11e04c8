"""Channels: which neuron each channel is that a layer reads, where branches meet side by side.

    Concat([Conv2D(2)], [Conv2D(1)]), Flatten of 1×2 pixels:   conv1_0 conv1_1 conv2_0 | conv1_0 conv1_1 conv2_0

Each layer reads a list of Channels, one for each place of its input's last axis. Layers without neurons pass the list
on, Flatten as often as there are positions; Concat joins the lists of its branches; an addition joins channel by
channel.
"""

from typing import NamedTuple

import numpy as np

from .layer import NeuronLayer

INPUT = ""                      # what the first layers read, in place of a layer's name


class Channel(NamedTuple):
    """One channel: the names of the layers whose neurons are added there, and the index of these neurons.

    `neuron` is None where neurons of different indices meet: none of them can leave.
    """

    sources: frozenset
    neuron: int | None


def channels_read(chain, input_shape):
    """({layer: the list of Channels that it reads}, the list of the network's output)."""
    read = {}
    output = follow(chain, neurons_of(INPUT, input_shape[-1]), read)
    return read, output


def neurons_of(name, K):
    return [Channel(frozenset([name]), i) for i in range(K)]


def follow(chain, channels, read):
    """Follow the channels through the layers, and note in `read` what each reads; return what leaves the chain."""
    for name, layer in chain.items():
        read[name] = channels
        if isinstance(layer, NeuronLayer):
            channels = neurons_of(name, layer.K)
        elif layer.paths:
            parts = [follow(path, channels, read) for path in layer.paths]
            channels = sum(parts, []) if hasattr(layer, "branches") else [added(meeting) for meeting in zip(*parts)]
        else:
            channels = channels * (layer.output_shape[-1] // layer.input_shape[-1])
    return channels


def added(meeting):
    """The Channel of several that are added."""
    neurons = {channel.neuron for channel in meeting}
    sources = frozenset().union(*(channel.sources for channel in meeting))
    return Channel(sources, neurons.pop() if len(neurons) == 1 else None)


def places_of(channels, name, K):
    """(K, P): where the channels of neuron 0 … K − 1 of layer `name` are in the list, P places each."""
    places = [[] for _ in range(K)]
    for place, channel in enumerate(channels):
        if name in channel.sources:
            places[channel.neuron].append(place)
    return np.array(places)


def staying(channels, keep, units):
    """A bool for each channel: False where its neuron leaves. `keep` {unit: booleans}, `units` {unit: Unit}."""
    stays = {member: row for name, row in keep.items() for member in units[name].members}
    return np.array([all(channel.neuron is None or stays[source][channel.neuron]
                         for source in channel.sources if source in stays) for channel in channels])
