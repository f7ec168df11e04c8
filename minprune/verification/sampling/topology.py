"""Who reads whom: which layers' outputs each layer with neurons reads, and what lies between."""

from ...engine.coupling import INPUT
from ...engine.pooling import Flatten
from ...engine.layer import NeuronLayer
from ...engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D

POOLINGS = {"max": MaxPool2D, "avg": AvgPool2D, "global": GlobalAvgPool2D}


def what_is_read(net):
    """{reader: {layer: the layers between}}. A reader of several layers reads their sum, a layer with several readers
    reaches the loss by several paths; the network's own input is "". """
    reads = {}
    follow(net.layers, {INPUT: ()}, reads)
    return reads


def follow(chain, heard, reads):
    """Add to `reads` what the layers of the chain read; `heard` is what reaches it, returned is what leaves it."""
    for name, layer in chain.items():
        if isinstance(layer, NeuronLayer):
            reads[name], heard = heard, {name: ()}
        elif layer.inside:
            through, around = (follow(path, heard, reads) for path in layer.paths)
            heard = {**through, **around}
        else:
            heard = {source: (*between, layer) for source, between in heard.items()}
    return heard


def readers(net, name):
    """{reader: the layers between} of all that read a layer's output, in the order in which they are run."""
    return {reader: heard[name] for reader, heard in what_is_read(net).items() if name in heard}


def is_read_directly(net, name):
    """Whether one layer reads this one, no other layer does, and what it reads is just what this one puts out."""
    found = readers(net, name)
    return len(found) == 1 and all(isinstance(one, Flatten) for between in found.values() for one in between) \
        and all(len(what_is_read(net)[reader]) == 1 for reader in found)


def is_coupled(net, name):
    """Whether the layer's outputs are added to others', so that its neurons cannot go alone."""
    return name not in net.units and name != net.neuron_layers[-1]


def is_pooled(net, name, kinds=tuple(POOLINGS)):
    """Whether pooling of one of these kinds lies between the layer and one that reads it."""
    pools = tuple(POOLINGS[kind] for kind in kinds)
    return any(isinstance(one, pools) for between in readers(net, name).values() for one in between)


# Where a layer stands to a Residual block: it puts out what goes through the block and around it, it is one of those
# inside, or it reads the sum.
PLACES = {"before": lambda net, name: len(readers(net, name)) > 1,
          "inside": lambda net, name: name not in net.layers,
          "after": lambda net, name: len(what_is_read(net)[name]) > 1}


def place_of(net, name):
    """Where the layer stands to a block, "" for none of these."""
    return next((place for place, holds in PLACES.items() if holds(net, name)), "")
