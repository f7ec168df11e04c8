"""What readers read of a neuron: its channels among those of their input, and the weights that belong to them."""

import copy

import numpy as np

from ..engine.channels import places_of
from .readers import check_apart


def channels_of(net, name, reader):
    """(K, C) booleans: which of the C channels that `reader` reads are those of each neuron of hidden layer `name`.

    Behind a Flatten a channel is read at every position, as a channel of its own. Raises NotSaid, naming the layer, for
    one in between that mixes channels.
    """
    check_apart(net, name)
    read = net.channels_read[reader]
    places = places_of(read, net.units[name].rows)
    found = np.zeros((len(places), len(read)), bool)
    np.put_along_axis(found, places, True, axis=1)
    return found


def parts_of(layer):
    """[(a layer without groups, the channels that it reads, a slice), …]: the layer itself, or each of its groups."""
    if layer.groups == 1:
        return [(layer, slice(None))]
    return [(group_of(layer, neurons, channels), channels) for neurons, channels in layer.each_group()]


def group_of(layer, neurons, channels):
    """These neurons of a convolution, which read these channels of the image."""
    alone = copy.copy(layer)
    alone.built = False                                     # its arrays are of other shapes
    alone.groups, alone.K, alone.W = 1, layer.W[neurons].shape[0], layer.W[neurons]
    alone.input_shape = (*layer.input_shape[:2], layer.W.shape[-1])
    return alone


def columns_of(part, channels):
    """(K, F): which weights of a row of `part` read the channels (K, C): W[k] is laid out row, column, channel."""
    return np.tile(channels, part.W[0].size // channels.shape[1])
