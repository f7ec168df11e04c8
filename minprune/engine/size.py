"""The size of a network: numbers that are trained, multiply-adds of a forward pass, bytes on the disk."""

import io

from . import storage


def count_parameters(net):
    """How many numbers are trained."""
    return sum(array.size for array in net.parameters().values())


def multiply_adds(net):
    """Multiply-adds of one sample's forward pass: those of the weights. Biases, activations and pooling
    are not counted; a masked neuron is, since it is computed and then thrown away."""
    return sum(layer.multiply_adds() for layer in net.layers.values())


def size_on_disk(net):
    """Bytes of the file that `net.save` writes, but for the origin of its neurons, which it does not compute with."""
    file = io.BytesIO()
    storage.write(file, {key: value for key, value in net.settings().items() if key != "origin"}, net.arrays())
    return file.tell()
