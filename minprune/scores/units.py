"""Units: which channels of which layers a neuron has. Mostly one, of one layer; several where neurons are coupled."""


def outputs_of(net, name):
    """{layer: (K, m)}: whose outputs are what the unit puts out, and which m channels of each neuron 0 … K − 1 has."""
    unit = net.units[name]
    return {end: unit.rows[end] for end in unit.ends}


def weights_of(net, name):
    """{layer: (K, m)}: the layers with weights whose channels are the unit's."""
    unit = net.units[name]
    return {member: unit.rows[member] for member in unit.members}


def scored_layers(net, layers_of=weights_of):
    """The names of all layers that `layers_of` names for some unit; two units may share one."""
    return list(dict.fromkeys(layer for name in net.hidden_layers for layer in layers_of(net, name)))


def slopes_of(net, name, trace):
    """{layer: ∂ℓ_n/∂o_n} of the layers of `outputs_of`, as each layer has it. Where a layer of the unit reads another
    one's output, the slope is the one by way of the readers outside."""
    if net.is_alone(name):
        return {name: trace[name].do}
    return {end: trace[name].of_end(end, "do") for end in outputs_of(net, name)}


def collected(array, channels):
    """Σ over a neuron's own channels: (…, channels of the layer) -> (…, K)."""
    return array[..., channels].sum(axis=-1)


def over_positions(array):
    """Σ_p, in float64: (N, K) stays, (N, H, W, K) -> (N, K)."""
    return array.reshape(len(array), -1, array.shape[-1]).sum(axis=1, dtype=float)


def by_unit(net, of_layers, layers_of=weights_of):
    """{hidden layer: (…, K)}: {layer: (…, channels)} added up over the layers of each unit that `layers_of` names."""
    return {name: sum(collected(of_layers[layer], channels) for layer, channels in layers_of(net, name).items())
            for name in net.hidden_layers}


def silenced(o, channels):
    """A copy of o in which these channels are 0."""
    o = o.copy()
    o[..., channels] = 0
    return o
