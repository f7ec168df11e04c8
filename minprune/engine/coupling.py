"""Coupling: which neurons meet in an addition, and so are one neuron for scores and pruning, and who reads them."""

from dataclasses import dataclass

import numpy as np

from .chain import flat
from .neurons import NeuronLayer

INPUT = ""                      # what the first layers read, in place of a layer's name


@dataclass(frozen=True)
class Unit:
    """Layers whose outputs meet in additions (mostly one layer, which meets nobody), and those that read them."""

    members: tuple
    readers: tuple


def find_units(chain):
    """{"conv1+conv3": Unit, "conv2": Unit, …}: all that can be pruned, in the order of their first members.

    What is added to the network's input, or is its output, has channels that are given: none of them can go. The same
    where neurons and channels of the sum do not correspond one to one, because a Flatten came between.
    """
    layers = {name: layer for name, layer in flat(chain).items() if isinstance(layer, NeuronLayer)}
    reads, meetings = [], []
    output = follow(chain, INPUT, reads, meetings)
    groups = {name: {name} for name in [INPUT, *layers]}
    for one, other in meetings:
        together = groups[one] | groups[other]
        groups |= {name: together for name in together}
    units = {}
    for name in layers:
        group = groups[name]
        members = tuple(one for one in layers if one in group)
        fixed = INPUT in group or output in group or len({layers[one].K for one in members}) > 1
        if name == members[0] and not fixed:
            readers = tuple(reader for reader, source in reads if source in group)
            units["+".join(members)] = Unit(members, readers)
    return units


def follow(chain, source, reads, meetings):
    """Follow channels through the chain; return the name of the layer whose neurons those at its end are.

    Adds to `reads` each (reader, whom it reads), and to `meetings` each two layers whose outputs are added.
    """
    for name, layer in chain.items():
        if isinstance(layer, NeuronLayer):
            reads.append((name, source))
            source = name
        elif layer.inside:
            through, around = (follow(path, source, reads, meetings) for path in layer.paths)
            meetings.append((through, around))
            source = through
    return source


class Coupled:
    """The neurons of several layers whose outputs are added: neuron i is the i-th neuron of each.

    A view to score by, `net["conv1+conv3"]`: its arrays are its members' side by side, to be read, not written.
    W (K, ΣF) along the incoming weights;  gamma the ℓ2 norm of their batch-norm scales (a member without batch norm
    counts as 1);  `output_shape` (ΣP, K), with all their positions in a row. `mask` is None, or False where no member
    puts out anything. There is no b: each member has its own.
    """

    def __init__(self, layers):
        self.layers = layers
        self.name, self.K = "+".join(layer.name for layer in layers), layers[0].K
        self.batch_norm = any(layer.batch_norm for layer in layers)
        self.output_shape = (sum(int(np.prod(layer.output_shape[:-1])) for layer in layers), self.K)

    @property
    def members(self):
        """The names of its layers."""
        return tuple(layer.name for layer in self.layers)

    @property
    def W(self):
        return read_only(np.concatenate([layer.W.reshape(self.K, -1) for layer in self.layers], axis=1))

    @property
    def b(self):
        raise ValueError(f'the coupled neurons "{self.name}" have no b of their own, but one in each layer: '
                         "a formula that reads b does not apply to them")

    @property
    def gamma(self):
        squares = [layer.gamma ** 2 if layer.batch_norm else np.ones_like(layer.b) for layer in self.layers]
        return read_only(np.sqrt(sum(squares)))

    @property
    def mask(self):
        if all(layer.mask is None for layer in self.layers):
            return None
        return read_only(np.any([layer.mask if layer.mask is not None else np.ones(self.K, bool)
                                 for layer in self.layers], axis=0))

    def patches(self, x):
        """What each neuron read in all its layers, (N, P, ΣF), where all have the same number of positions P."""
        patches = [layer.patches(one) for layer, one in zip(self.layers, x)]
        counts = {layer.name: one.shape[1] for layer, one in zip(self.layers, patches)}
        if len(set(counts.values())) > 1:
            raise ValueError(f'what the coupled layers "{self.name}" read cannot be put side by side: '
                             f"they have different numbers of positions, {counts}")
        return np.concatenate(patches, axis=2)

    def per_sample_dW(self, trace):
        """∂ℓ_n/∂w_ij of all incoming weights, (N, K, ΣF)."""
        return np.concatenate([layer.per_sample_dW(trace.inside[layer.name]) for layer in self.layers], axis=2)

    def scaled(self, da, trace):
        """∂z/∂a · da, layer by layer, of da (N, ΣP, K)."""
        ends = np.cumsum([one.o[0].size // self.K for one in trace.inside.values()])[:-1]
        parts = zip(self.layers, np.split(da, ends, axis=1))
        return np.concatenate([layer.scaled(part, trace.inside[layer.name]) for layer, part in parts], axis=1)

    def multiply_adds(self):
        return sum(layer.multiply_adds() for layer in self.layers)

    def __repr__(self):
        return f"Coupled({', '.join(self.members)})"


def read_only(array):
    array.flags.writeable = False
    return array
