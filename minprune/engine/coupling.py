"""Coupling: which neurons meet in an addition, and so are one neuron for scores and pruning, and who reads them."""

from dataclasses import dataclass

import numpy as np

from .channels import INPUT, channels_read
from .facts import NotSaid
from .layer import NeuronLayer, flat


@dataclass(frozen=True)
class Unit:
    """What is pruned together: names of layers.

    members   layers with neurons whose outputs are added, so that neuron i of each goes with the others; mostly one
    readers   layers with neurons that read the sum
    between   layers without neurons that stand between them: pooling, Flatten, Dropout, or a user's own
    """

    members: tuple
    readers: tuple
    between: tuple = ()


def find_units(chain):
    """{"conv1+conv3": Unit, "conv2": Unit, …}: all that can be pruned, in the order of their first members.

    What is added to the network's input, or is its output, has channels that are given: none of them can go. The same
    where neurons and channels of the sum do not correspond one to one, because a Flatten or a Concat came between; and
    around a convolution with groups, which have to stay equal.
    """
    if has_branches(chain):
        return units_of_channels(chain)
    if not any(layer.paths for layer in chain.values()):
        return units_of_chain(chain)
    layers = {name: layer for name, layer in flat(chain).items() if isinstance(layer, NeuronLayer)}
    reads = {}
    output = follow(chain, {INPUT: ()}, reads)

    # whatever is read together was added, and belongs to one group
    groups = {name: {name} for name in [INPUT, *layers]}
    for sources in (*reads.values(), output):
        group = set().union(*(groups[source] for source in sources))
        groups |= {name: group for name in group}

    units = {}
    for name in layers:
        group = groups[name]
        members = tuple(member for member in layers if member in group)
        fixed = INPUT in group or not group.isdisjoint(output) or len({layers[member].K for member in members}) > 1
        if name == members[0] and not fixed:
            units["+".join(members)] = unit_of(members, reads)
    return units


def has_branches(chain):
    """Whether a layer may read several layers side by side, or some of a layer's neurons: a Concat, or groups."""
    return any(hasattr(layer, "branches") or is_grouped(layer) for layer in flat(chain).values())


def is_grouped(layer):
    """Whether its neurons read some of the channels each, in groups that have to stay equal."""
    return getattr(layer, "groups", 1) > 1


def units_of_channels(chain):
    """The same where layers stand side by side: by the channels that each layer reads."""
    layers = {name: layer for name, layer in flat(chain).items() if isinstance(layer, NeuronLayer)}
    read, output = channels_read(chain, next(iter(chain.values())).input_shape)

    # whatever meets in a channel belongs to one group; a channel of different neurons, of input or output is fixed
    groups, fixed = {name: {name} for name in [INPUT, *layers]}, {INPUT}
    for channel in {channel for channels in (*read.values(), output) for channel in channels}:
        group = set().union(*(groups[source] for source in channel.sources))
        groups |= {name: group for name in group}
        fixed |= channel.sources if channel.neuron is None else set()
    fixed |= {source for channel in output for source in channel.sources}
    for name in filter(lambda name: is_grouped(layers[name]), layers):
        fixed |= {name}.union(*(channel.sources for channel in read[name]))

    sources = {name: frozenset().union(*(channel.sources for channel in channels)) for name, channels in read.items()}
    units = {}
    for name in layers:
        members = tuple(member for member in layers if member in groups[name])
        if name == members[0] and fixed.isdisjoint(groups[name]) and len({layers[one].K for one in members}) == 1:
            reading = [one for one in read if not sources[one].isdisjoint(members)]
            units["+".join(members)] = Unit(members, tuple(one for one in reading if one in layers), tuple(
                one for one in reading if one not in layers and not flat(chain)[one].paths))
    return units


def units_of_chain(chain):
    """The same of layers one after the other: each layer with neurons but the last is alone, and the next reads it."""
    units, previous, between = {}, None, []
    for name, layer in chain.items():
        if not isinstance(layer, NeuronLayer):
            between.append(name)
            continue
        if previous is not None:
            units[previous] = Unit((previous,), (name,), tuple(between))
        previous, between = name, []
    return units


def unit_of(members, reads):
    """The Unit of these members; `reads` as in `what_is_read`."""
    readers = {reader: sources for reader, sources in reads.items() if not sources.keys().isdisjoint(members)}
    between = {layer.name: None for sources in readers.values() for member in members
               for layer in sources.get(member, ())}
    return Unit(members, tuple(readers), tuple(between))


def what_is_read(chain):
    """{reader: {source: the layers between, on any path}} of all layers with neurons.

    A reader of several sources reads their sum, or has them side by side; a source with several readers reaches the
    loss by several paths. The network's own input is the source INPUT.
    """
    reads = {}
    follow(chain, {INPUT: ()}, reads)
    return reads


def readers_of(chain, name):
    """{reader: the layers between} of all layers that read the output of layer `name`, in the order of the pass."""
    return {reader: sources[name] for reader, sources in what_is_read(chain).items() if name in sources}


def follow(chain, sources, reads):
    """Follow the outputs of layers through the chain, and add to `reads` what its layers with neurons read.

    `sources`, {source: the layers passed since}, are what the chain reads; what leaves it is returned.
    """
    for name, layer in chain.items():
        if isinstance(layer, NeuronLayer):
            reads[name] = sources
            sources = {name: ()}
        elif layer.paths:
            parts = [follow(path, sources, reads) for path in layer.paths]
            sources = {source: tuple(dict.fromkeys(passed for part in parts for passed in part.get(source, ())))
                       for part in parts for source in part}
        else:
            sources = {source: (*passed, layer) for source, passed in sources.items()}
    return sources


def check_channels(layers, unit, need):
    """Raise unless all layers between the unit and its readers keep channels apart, and zeros zero.

    `layers` {name: layer} of the network; `need` says in the error who needs it.
    """
    for name in unit.between:
        if not layers[name].fact("keeps_channels", need):
            raise NotSaid(f'{layers[name]} mixes the channels of "{"+".join(unit.members)}" or moves zeros '
                          f"(keeps_channels = False), so that {need} is not possible there")


class CoupledTrace:
    """What layers whose outputs are added did, `trace["conv1+conv3"]`: their arrays side by side.

    o, z, do, dz (N, ΣP, K): positions in a row, so that Σ_p o · do is what silencing all of them together does, to
    first order. `x` has what each of them read, one array a layer; `grads` their gradients, one row a neuron. `inside`
    has their own traces.
    """

    def __init__(self, inside):
        self.inside = inside

    def in_a_row(self, key):
        arrays = [getattr(trace, key) for trace in self.inside.values()]
        if any(array is None for array in arrays):
            return None
        return np.concatenate([array.reshape(len(array), -1, array.shape[-1]) for array in arrays], axis=1)

    @property
    def o(self):
        return self.in_a_row("o")

    @property
    def z(self):
        return self.in_a_row("z")

    @property
    def do(self):
        return self.in_a_row("do")

    @property
    def dz(self):
        return self.in_a_row("dz")

    @property
    def x(self):
        return [trace.x for trace in self.inside.values()]

    @property
    def grads(self):
        every = [trace.grads for trace in self.inside.values()]
        return {key: np.concatenate([grads[key].reshape(len(grads[key]), -1) for grads in every], axis=1)
                for key in every[0] if all(key in grads for grads in every)}


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
