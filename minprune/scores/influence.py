"""How strongly other neurons' outputs respond to a neuron."""

import numpy as np

from ..engine.layer import NeuronLayer
from ..recording import mean_over_samples
from .hessian import neurons_by_group
from .readers import columns
from .score import Score
from .units import outputs_of, scored_layers
from .walks import chain_from, walk


def influence(net, forward_traces):
    """How strongly the next layer's outputs respond to the neuron's output.

    Formula:  I_i = mean_n √(Σ_pqk (∂o′_nqk / ∂o_npi)²)
    Point:    the Jacobian of the next layer's outputs o′ (after its activation, all its neurons k and positions q)
              with respect to o_i at all its positions p, exact, through pooling, Flatten and batch norm
    Order:    square, sum over positions and the next layer's neurons, square root, mean over samples
    Cost:     one forward pass, and for each layer a product of the next one's slopes and squared weights
    Claims:   mean over samples
    Source:   the first article's influence (影响力) on other neurons, made precise. An earlier
              definition of just this score: not found.
    Differs:  "internal influence" (Leino et al., 2018) is how the network's output responds to a neuron: another score

    High = keep. Only the next layer counts: what later layers make of it, and the loss, are not asked, nor
    how large o_i is. Below the output layer, with identity outputs, it is the norm of the outgoing weights. Where there
    are blocks, or a Concat, the next layers are all that read the neuron with no other neurons in between, and o_i are
    the outputs of all layers of the unit.
    """
    paths = {}
    follow(net.layers, [("", ())], scored_layers(net, outputs_of), paths)

    def of(trace):
        return {name: np.sqrt(response(net, name, trace, paths)) for name in net.hidden_layers}
    return (yield from mean_over_samples(net, forward_traces, of))


def follow(chain, sources, ends, paths):
    """Note in `paths`, {reader: [(source, the layers passed since)]}, each path without neurons that ends at a reader.

    `sources` is such a list of what the chain reads; that of what leaves it is returned. `ends` are the layers whose
    outputs are those of neurons.
    """
    for layer in chain.values():
        if isinstance(layer, NeuronLayer) or layer.name in ends:
            paths[layer.name], sources = sources, [(layer.name, ())]
        elif layer.paths:
            sources = [end for path in layer.paths for end in follow(path, sources, ends, paths)]
        else:
            sources = [(source, (*passed, layer)) for source, passed in sources]
    return sources


def response(net, name, trace, paths):
    """Σ_pqk (∂o′_nqk/∂o_npi)², (N, K), over all readers and all layers of the unit."""
    shares = {reader: shares_of_paths(paths[reader], outputs_of(net, name)) for reader in net.readers(name)}
    in_groups = any(len(neurons_by_group(net[reader])) > 1 for reader in shares)
    apart = any(are_side_by_side(net, name, reader) for reader in shares)
    if None in shares.values() or in_groups or apart or not net.keeps_channels(name):
        return response_one_by_one(net, name, trace)
    return sum(share * response_at_once(net, name, reader, trace) for reader, share in shares.items())


def are_side_by_side(net, name, reader):
    """Whether the reader has weights for one layer of the unit and others for another one, as behind a Concat. Where
    the layers are added up it has the same for all."""
    own = net.units[name].rows
    layers = {frozenset(layer for layer, _ in channel if layer in own) for channel in net.channels_read[reader]}
    return len(layers - {frozenset()}) > 1


def shares_of_paths(paths, members):
    """What pooling leaves of the squared slopes from the unit to a reader, added up over its layers.

    None where no number says so: two paths lead from a layer to the reader, or a layer on them has no `squared_share`.
    """
    paths = [(source, [layer.squared_share() for layer in passed]) for source, passed in paths if source in members]
    if len({source for source, _ in paths}) < len(paths) or any(None in shares for _, shares in paths):
        return None
    return sum(np.prod(shares) for _, shares in paths)


def response_at_once(net, name, reader, trace):
    """Σ_qk (slope_nqk)² · Σ_(weights of k that meet i at q) w², when no two inputs of the reader share an o_pi.

    Then ∂o′_qk/∂o_pi = f′(z′_qk) · w for the one weight that meets o_pi, and squares just add up; what pooling
    does to them is a constant factor (`squared_share`). A weight that meets only zeros around an image counts nothing.
    """
    layer, places = net[reader], columns(net, name, reader)                             # (K, M)
    slopes = layer.scaled(layer.slope(trace[reader].z), trace[reader])
    squares = (slopes ** 2).reshape(len(slopes), -1, layer.K)                           # (N, Q, K′)
    met = layer.patches(np.ones((1, *layer.input_shape), net.dtype))[0] != 0            # (Q, F′)
    weights = (layer.W ** 2).reshape(layer.K, -1)                                       # (K′, F′)
    reach = np.einsum("qim,kim->qki", met[:, places], weights[:, places])
    return np.einsum("nqk,qki->ni", squares, reach)


def response_one_by_one(net, name, trace):
    """The same for any layers in between: each o_pi is moved by itself, and its readers are looked at. Slower."""
    own, readers = outputs_of(net, name), net.readers(name)
    chain = chain_from(net, own)
    moved, squares = {}, np.zeros((len(trace.x), net[name].K))

    def step(layer, dx):
        if layer.name in readers:
            moved[layer.name] = layer.tangent(trace[layer.name], dx)
        if layer.name == here:
            return only
        if isinstance(layer, NeuronLayer) or layer.name in own:
            return np.zeros_like(trace[layer.name].o)
        return layer.tangent(trace[layer.name], dx)

    for here, channels in own.items():
        for place in np.ndindex(net[here].output_shape):
            only = np.zeros_like(trace[here].o)
            only[(slice(None), *place)] = 1
            walk(chain, np.zeros_like(trace[next(iter(chain))].x), step)
            of_place = sum((one ** 2).reshape(len(one), -1).sum(axis=1) for one in moved.values())
            squares += of_place[:, np.newaxis] * (channels == place[-1]).any(axis=1)
    return squares


SCORES = (Score(influence, mean_over_samples=True, blocks=True, series=True),)
