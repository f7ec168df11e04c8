"""Dead neurons: those that put out 0, or a constant, whatever they read."""

import numpy as np

from ..engine.checks import check_network
from ..engine.layer import LayerTrace, NeuronLayer


def alive(net, constant=False):
    """Return {hidden layer: (K,) bool}, False for neurons that put out 0 whatever they read: a `keep` for `prune`.

    Those are the neurons whose incoming weights are all exactly 0 (or, with batch norm, whose γ is) and for which
    f(bias) = 0 (with batch norm, f of what running statistics, γ and β make of the bias), and those that are masked. Of
    neurons with a batch norm or an activation as a layer of its own only those that are masked are seen; in
    `net.merged()` they are neurons as all others. `prune(net, alive(net))` computes what `net` computes. With
    `constant=True` all neurons of constant output are False: a `keep` for `fold_means`. Where no neuron of a layer is
    alive, its first one stays, as a layer cannot be empty.
    """
    check_network(net)
    keep = {name: np.any([varies_at(net.all_layers[end], constant)[rows_of].any(axis=1)
                          for end, rows_of in outputs_of(net.units[name])], axis=0) for name in net.hidden_layers}
    for stays in keep.values():
        if not stays.any():
            stays[0] = True
    return keep


def outputs_of(unit):
    """[(layer, (K, m) its channels of each neuron)] of the layers that the neurons put out their numbers with."""
    return [(end, unit.rows[end]) for end in unit.ends]


def varies_at(layer, constant):
    """`varies` of a layer with neurons; of another one all that are not masked count as varying."""
    if isinstance(layer, NeuronLayer):
        return varies(layer, constant)
    return np.ones(layer.output_shape[-1], bool) if layer.mask is None else layer.mask


def varies(layer, constant):
    """(K,) False where neuron i of this layer puts out 0 (or, with `constant`, a constant), whatever it reads."""
    unmoved = ~layer.W.reshape(layer.K, -1).any(axis=1)
    if layer.batch_norm:
        unmoved |= layer.gamma == 0
    still = unmoved & (constant | (layer.f(bias_alone(layer)) == 0))
    return ~still if layer.mask is None else ~still & layer.mask


def bias_alone(layer):
    """(K,) z of neurons whose incoming weights are all 0: b, batch-normalised with running statistics if need be."""
    if not layer.batch_norm:
        return layer.b
    return layer.normalised(layer.b, LayerTrace(layer.b, saved={"training": False}))
