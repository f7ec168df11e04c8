"""Coupled: neurons that leave together, as one neuron: a view of their layers, and of what these did in a pass."""

import dataclasses

import numpy as np

from .channels import is_depthwise
from .facts import NotSaid
from .layer import NeuronLayer


class CoupledTrace:
    """What the layers of a unit did, `trace["conv1+conv3"]`: their arrays side by side.

    o, z, do, dz (N, ΣP, K): what the unit puts out, at all its ends (see `Unit`). Positions are in a row, so that
    Σ_p o · do is what silencing all of it together does, to first order. So `do` of an end that is read outside of the
    unit and by a layer of the unit as well, as the sum before the batch norm of a block, is the gradient by way of the
    readers outside alone. `x` has what each of the members read, one array a layer; `grads` the gradients of their
    weights, one row a neuron. `inside` has the traces of the unit's layers.
    """

    def __init__(self, net, unit, trace):
        self.net, self.unit, self.trace = net, unit, trace
        self.inside = {name: trace.layers[name] for name in (*unit.members, *unit.series)}

    def of_ends(self, key):
        """{end: its o, z, do or dz as (N, P, K)}; None if the pass has none."""
        found = {end: self.of_end(end, key) for end in self.unit.ends}
        if any(array is None for array in found.values()):
            return None
        return {end: by_neuron(array, self.unit.rows[end]) for end, array in found.items()}

    def of_end(self, end, key):
        """Its array as the layer has it; of a layer without neurons z is what stands before its activation."""
        layer, one, shared = self.net.all_layers[end], self.inside[end], end in self.unit.shared
        neurons = isinstance(layer, NeuronLayer)
        if key == "o" or key == "z":
            return one.o if key == "o" else one.z if neurons else layer.before(one)[0]
        if one.do is None:
            return None
        do = self.trace.direct_slopes()[end] if shared else one.do
        if key == "do":
            return do
        if neurons:
            return layer.slope(one.z) * do if shared else one.dz
        return layer.before(one, do)[1]

    def in_a_row(self, key):
        arrays = self.of_ends(key)
        return None if arrays is None else np.concatenate([*arrays.values()], axis=1)

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
        return [self.inside[member].x for member in self.unit.members]

    @property
    def grads(self):
        every = [(self.inside[member].grads, self.unit.rows[member]) for member in self.unit.members]
        return {key: np.concatenate([of_rows(grads[key], rows) for grads, rows in every], axis=1)
                for key in every[0][0] if all(key in grads for grads, _ in every)}


def by_neuron(array, rows):
    """(N, …, channels) -> (N, P, K): the m channels of a neuron are so many more positions."""
    array = array.reshape(len(array), -1, array.shape[-1])
    if rows.shape[1] == 1 and len(rows) == array.shape[2]:
        return array
    return np.moveaxis(array[:, :, rows], 3, 2).reshape(len(array), -1, len(rows))


def of_rows(array, rows):
    """(channels, …) -> (K, …): one row a neuron, the m channels of a neuron side by side."""
    return array.reshape(len(array), -1)[rows].reshape(len(rows), -1)


def direct_slopes(chain, traces, do, series, found):
    """Note in `found` ∂ℓ/∂o of each layer by way of layers with neurons alone, not through `series`; return ∂ℓ/∂x.

    `series` are the names of the layers, without neurons or depthwise, that are a part of the neurons before them. The
    slope at what another layer with neurons reads is that of the whole network: `traces` are those of a backward pass.
    """
    for name, layer in reversed(chain.items()):
        found[name], trace = do, traces[name]
        if name in series:
            do = np.zeros_like(trace.x)
        elif isinstance(layer, NeuronLayer):
            do = layer.product_back(layer.unnormalised(trace, need_grads=False))
        elif layer.paths:
            do = sum(direct_slopes(path, traces, part, series, found)
                     for path, part in zip(layer.paths, layer.parted(do)))
        else:
            do = layer.backward(dataclasses.replace(trace), do, need_grads=False)
    return do


def series_of(net):
    """The names of all layers that are a part of the neurons before them."""
    depthwise = [name for name in net.neuron_layers if is_depthwise(net.all_layers[name])]
    return {*depthwise, *(name for unit in net.units.values() for name in unit.series)}


class Coupled:
    """Neurons of several layers that leave together: neuron i is the i-th neuron of each.

    A view to score by, `net["conv1+conv3"]`: its arrays are its members' side by side, to be read, not written.
    W (K, ΣF) along the incoming weights;  gamma the ℓ2 norm of their batch-norm scales (a member without batch norm
    counts as 1, where no batch norm is a layer of its own);  `output_shape` (ΣP, K), with all positions of its ends in
    a row. `mask` is None, or False where no end puts out anything. There is no b, unless there is one member: each has
    its own.
    """

    def __init__(self, name, unit, layers):
        self.name, self.unit, self.all_layers = name, unit, layers
        self.layers = [layers[member] for member in unit.members]
        self.K = len(unit.rows[unit.members[0]])
        self.output_shape = (sum(int(np.prod(layers[end].output_shape[:-1])) * unit.rows[end].shape[1]
                                 for end in unit.ends), self.K)

    @property
    def members(self):
        """The names of its layers with neurons."""
        return self.unit.members

    @property
    def batch_norm(self):
        return any(self.all_layers[name].batch_norm for name in (*self.members, *self.unit.series))

    def of_members(self, arrays_of):
        """(K, ΣF): an array of each member, its first axis being the member's neurons, one row a neuron of the unit."""
        return np.concatenate([of_rows(arrays_of(layer), self.unit.rows[layer.name]) for layer in self.layers], axis=1)

    @property
    def W(self):
        return read_only(self.of_members(lambda layer: layer.W))

    @property
    def b(self):
        if len(self.layers) == 1 and self.unit.rows[self.layers[0].name].shape[1] == 1:
            return read_only(self.layers[0].b[self.unit.rows[self.layers[0].name][:, 0]])
        raise ValueError(f'the coupled neurons "{self.name}" have no b of their own, but one in each layer: '
                         "a formula that reads b does not apply to them")

    @property
    def gamma(self):
        normalised = [name for name in (*self.members, *self.unit.series) if self.all_layers[name].batch_norm]
        alone = set(normalised).isdisjoint(self.unit.series)
        squares = [of_rows(self.all_layers[name].gamma ** 2, self.unit.rows[name]).sum(axis=1) for name in normalised]
        ones = [np.full(self.K, self.unit.rows[layer.name].shape[1], layer.b.dtype)
                for layer in self.layers if alone and not layer.batch_norm]
        return read_only(np.sqrt(sum([*squares, *ones])))

    @property
    def mask(self):
        ends = [(self.all_layers[end], self.unit.rows[end]) for end in self.unit.ends]
        if all(layer.mask is None for layer, _ in ends):
            return None
        return read_only(np.any([layer.mask[rows].any(axis=1) if layer.mask is not None else np.ones(self.K, bool)
                                 for layer, rows in ends], axis=0))

    def patches(self, x):
        """What each neuron read in all its layers, (N, P, ΣF), where all have the same number of positions P."""
        patches = [layer.patches(one) for layer, one in zip(self.layers, x)]
        counts = {layer.name: one.shape[1] for layer, one in zip(self.layers, patches)}
        if len(set(counts.values())) > 1:
            raise ValueError(f'what the coupled layers "{self.name}" read cannot be put side by side: '
                             f"they have different numbers of positions, {counts}")
        times = [self.unit.rows[layer.name].shape[1] for layer in self.layers]
        return np.concatenate([np.tile(one, count) for one, count in zip(patches, times)], axis=2)

    def per_sample_dW(self, trace):
        """∂ℓ_n/∂w_ij of all incoming weights, (N, K, ΣF)."""
        parts = [layer.per_sample_dW(trace.inside[layer.name])[:, self.unit.rows[layer.name]] for layer in self.layers]
        return np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=2)

    def scaled(self, da, trace):
        """∂z/∂a · da, layer by layer, of da (N, ΣP, K); where only layers with neurons put out something."""
        if self.unit.ends != self.members or not self.unit.in_order:
            raise NotSaid(f'"{self.name}" has layers behind its weighted sums, so that one factor ∂z/∂a '
                          "does not say all")
        ends = np.cumsum([one.o[0].size // self.K for one in trace.inside.values()])[:-1]
        parts = zip(self.layers, np.split(da, ends, axis=1))
        return np.concatenate([layer.scaled(part, trace.inside[layer.name]) for layer, part in parts], axis=1)

    def multiply_adds(self):
        """Those of its members, as far as their neurons are its own."""
        return sum(layer.multiply_adds() * self.unit.rows[layer.name].size // layer.K for layer in self.layers)

    def __repr__(self):
        return f"Coupled({', '.join((*self.members, *self.unit.series))})"


def read_only(array):
    array.flags.writeable = False
    return array
