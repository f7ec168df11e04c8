"""Coupling: which neurons can only leave together, and so are one neuron for scores and pruning, and who reads them."""

from dataclasses import dataclass, field

import numpy as np

from .channels import INPUT, channels_read, is_depthwise, is_grouped, together
from .facts import NotSaid
from .layer import NeuronLayer, flat


@dataclass(frozen=True)
class Unit:
    """What is pruned together: names of layers.

    members   layers with neurons that leave together: whose outputs are added, a convolution and the depthwise
              convolution behind it; mostly one
    readers   layers with neurons that read them
    between   layers without neurons that stand between them: pooling, Flatten, Dropout, or a user's own
    series    layers without neurons that leave with them, channel by channel: batch norms, curved activations
    ends      those of members and series that something else reads, or passes on; what the unit puts out
    shared    those of the ends that a layer of the unit reads as well
    rows      {layer: (K, m)}: which m channels of each of its layers neuron 0 … K − 1 has
    in_order  whether neuron i is channel i of each of its layers, and these have no other channels
    """

    members: tuple
    readers: tuple
    between: tuple = ()
    series: tuple = ()
    ends: tuple = ()
    shared: tuple = ()
    rows: dict = field(default_factory=dict, compare=False, repr=False)
    in_order: bool = True

    def __post_init__(self):
        object.__setattr__(self, "ends", self.ends or self.members)


def find_units(chain):
    """{"conv1+conv3": Unit, "conv2": Unit, …}: all that can be pruned, in the order of their first layers.

    What is added to the network's input, or is its output, has channels that are given: none of them can go.
    """
    return units_of_channels(chain) if any_leave_together(chain) else units_of_chain(chain)


def any_leave_together(chain):
    """Whether neurons may leave with those of other layers; where not, each layer reads all of the one before it."""
    return any(layer.paths or layer.moves_zeros or layer.groups > 1 for layer in chain.values())


def has_branches(chain):
    """Whether a layer may read several layers side by side, or some of a layer's neurons: a Concat, or groups."""
    return any(hasattr(layer, "branches") or is_grouped(layer) for layer in flat(chain).values())


def units_of_chain(chain):
    """Of layers one after the other: each layer with neurons but the last is alone, and the next reads it."""
    units, previous, between = {}, None, []
    for name, layer in chain.items():
        if not isinstance(layer, NeuronLayer):
            between.append(name)
            continue
        if previous is not None:
            rows = {previous: np.arange(chain[previous].K)[:, np.newaxis]}
            units[previous] = Unit((previous,), (name,), tuple(between), rows=rows)
        previous, between = name, []
    return units


def units_of_channels(chain):
    """Of any network: by the channels that each layer reads."""
    layers = {name: layer for name, layer in flat(chain).items() if not layer.paths}
    read, output = channels_read(chain, next(iter(chain.values())).input_shape)
    sets, _ = together(layers, read, output)

    # neurons with equally many channels of the same layers are the neurons of one unit
    every, rows_of = list(layers), {}
    order = {name: place for place, name in enumerate(every)}
    for neurons in sorted(sorted((order[name], i) for name, i in one) for one in sets):
        pattern = tuple(place for place, _ in neurons)
        rows_of.setdefault(pattern, []).append([i for _, i in neurons])
    units = [rows_by_layer([every[place] for place in pattern], np.array(rows)) for pattern, rows in rows_of.items()]

    # who reads them
    unit_of = {(name, i): place for place, rows in enumerate(units)
               for name, own in rows.items() for i in own.ravel().tolist()}
    reading = {name: layers_read(read[name], unit_of) for name in layers}
    names = [name_of(rows, layers) for rows in units]
    names = names if len(set(names)) == len(names) else ["+".join(labels(rows).values()) for rows in units]
    return {name: unit_of_rows(place, units[place], layers, reading) for place, name in enumerate(names)}


def why_they_stay(chain):
    """{layer: why neurons of it cannot leave}, of those where some cannot."""
    layers = {name: layer for name, layer in flat(chain).items() if not layer.paths}
    return together(layers, *channels_read(chain, next(iter(chain.values())).input_shape))[1]


def masks_without(layers, unit, stays):
    """{layer: its mask} without the unit's neurons that are False in `stays`, and without those masked already."""
    masks = {}
    for name, rows in unit.rows.items():
        layer = layers[name]
        masks[name] = np.ones(layer.output_shape[-1], bool) if layer.mask is None else layer.mask.copy()
        masks[name][rows[~stays].ravel()] = False
    return masks


def rows_by_layer(names, rows):
    """{layer: (K, m)} of rows whose columns are channels of these layers."""
    return {name: rows[:, np.array(names) == name] for name in dict.fromkeys(names)}


def layers_read(channels, unit_of):
    """{unit: the names of its layers} of all whose channels are in the list."""
    found = {}
    for name, i in {neuron for channel in set(channels) for neuron in channel}:
        if (name, i) in unit_of:
            found.setdefault(unit_of[name, i], set()).add(name)
    return found


def labels(rows):
    """{layer: "conv1", or "conv1*2" where a neuron has two of its channels}."""
    return {name: name if own.shape[1] == 1 else f"{name}*{own.shape[1]}" for name, own in rows.items()}


def name_of(rows, layers):
    """"conv1+conv3", the layers with neurons; with a single one of these all its layers, "conv1+batchnorm1".

    A part of the neurons of a single layer is "conv1*1".
    """
    names = labels(rows)
    members = [label for name, label in names.items() if has_neurons(layers[name])]
    if len(members) > 1 or members[0] not in layers:
        return "+".join(members)
    part = len(names) == 1 and len(rows[members[0]]) < layers[members[0]].K
    return f"{members[0]}*1" if part else "+".join(names.values())


def unit_of_rows(place, rows, layers, reading):
    """The Unit with these rows, number `place` in `reading`, {layer: {unit: those of its layers that it reads}}."""
    having = [name for name in layers if place in reading[name]]
    own = [name for name in having if name in rows and (not has_neurons(layers[name]) or is_depthwise(layers[name]))]
    others = [name for name in having if name not in own]
    readers = [name for name in others if has_neurons(layers[name])]
    ends = set().union(*(reading[name][place] for name in readers))
    inner = set().union(*(reading[name][place] for name in own))
    return Unit(members=tuple(name for name in rows if has_neurons(layers[name])),
                readers=tuple(readers),
                between=tuple(name for name in others if name not in readers),
                series=tuple(name for name in rows if not has_neurons(layers[name])),
                ends=tuple(name for name in rows if name in ends),
                shared=tuple(name for name in rows if name in ends & inner),
                rows=rows, in_order=all(is_all_of(own, layers[name]) for name, own in rows.items()))


def is_all_of(rows, layer):
    """Whether rows (K, m) are all channels of the layer, 0, 1, 2, …, one a neuron."""
    return rows.shape == (layer.output_shape[-1], 1) and bool((rows[:, 0] == np.arange(len(rows))).all())


def has_neurons(layer):
    return isinstance(layer, NeuronLayer)


# ------------------------------------------------------------------------------------- who reads a layer


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
