"""Readers: the weights that read a neuron, in all layers that do."""

import numpy as np

from .hessian import neurons_by_group


def outgoing_weights(net, name):
    """Every weight that reads each neuron of a hidden layer, (K, M), in float64; see `outgoing`."""
    return outgoing(net, name, lambda reader: net[reader].W).astype(float)


def outgoing(net, name, array_of):
    """(K, M): what array_of(reader), an array like the reader's W, has at the weights that read each neuron.

    Raises NotSaid for a layer in between that mixes channels, or does not say whether it does.
    """
    check_apart(net, name)
    return np.concatenate([net.reading(name, reader, array_of(reader)) for reader in net.readers(name)], axis=1)


def check_apart(net, name):
    """Raise NotSaid, naming the layer, if one between hidden layer `name` and its readers mixes channels."""
    net.check_channels(name, "finding the weights that read a neuron")


def belongs_by_group(net, name, reader):
    """[(K, F)]: True where weight f of the neurons of each of the reader's groups reads neuron i."""
    W = net[reader].W
    places = net.reading(name, reader, np.arange(W.size).reshape(W.shape))
    found = np.zeros((len(places), W.size), bool)
    np.put_along_axis(found, places, True, axis=1)
    return [found.reshape(len(places), len(W), -1)[:, neurons.start] for neurons in neurons_by_group(net[reader])]


def columns(net, name, reader):
    """(K, M): the places, in a row of the reader's W (K′, F′), of the weights that read each neuron."""
    shape = net[reader].W.shape[1:]
    return net.reading(name, reader, np.arange(np.prod(shape)).reshape(1, *shape))


def belongs(net, name, reader):
    """(K, F′): True where weight f of each of the reader's neurons reads neuron i."""
    places = columns(net, name, reader)
    found = np.zeros((len(places), net[reader].W[0].size), bool)
    np.put_along_axis(found, places, True, axis=1)
    return found
