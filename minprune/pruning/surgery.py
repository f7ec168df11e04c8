"""Pruning: who stays -> a smaller network, or the same network with the others held at 0."""

from collections.abc import Mapping

import numpy as np

from ..engine.channels import staying
from ..engine.checks import check_known, check_network, check_unmasked
from ..engine.network import Network


def check_keep(net, keep):
    """Return `keep` complete, {hidden layer: (K,) bool}; layers that it does not name stay whole.

    Raises ValueError for a layer that is unknown or not hidden, a wrong length, or one that would be
    emptied, TypeError for what is not boolean.
    """
    check_network(net)
    if not isinstance(keep, Mapping):
        raise TypeError(f"keep expects {{layer: booleans}}, got {keep!r}")
    whole = {name: np.ones(net[name].K, bool) for name in net.hidden_layers}
    for name, stays in keep.items():
        check_known("hidden layer", name, whole)
        check_unmasked(f'keep["{name}"]', stays)
        try:
            stays = np.asarray(stays)
        except ValueError:
            raise TypeError(f'keep["{name}"] expects one row of booleans, got rows of different lengths') from None
        if stays.dtype != bool:
            raise TypeError(f'keep["{name}"] expects booleans, True for who stays, got {stays.dtype}')
        if stays.shape != whole[name].shape:
            raise ValueError(f'keep["{name}"] expects shape {whole[name].shape}, got {stays.shape}')
        if not stays.any():
            raise ValueError(f'keep["{name}"] would leave the layer empty; at least one neuron must stay')
        whole[name] = stays
    return whole


def prune(net, keep):
    """Return a new, smaller network without the neurons whose `keep` is False. `net` is not changed.

    keep: {layer: (K,) bool}, as `decide` returns it. A neuron goes with all that is its own (row of W, b, γ,
    β, running statistics) and with every weight that reads it in the next layer:

        W ← W[keep],  b ← b[keep];    next layer: W ← W[…, keep]

    where … runs over the kernel places of a Conv2D, and over the positions that a Flatten spread the
    channel to. Coupled neurons, {"conv1+conv3": (K,) bool}, go from all their layers, and from all that read their
    sum. The result computes what `mask(net, keep)` computes: a missing input is an input of 0. Raises as `check_keep`,
    and NotSaid (a ValueError) where a layer in between mixes channels, or does not say whether it does.
    """
    keep = {name: stays for name, stays in check_keep(net, keep).items() if not stays.all()}
    for name in keep:
        net.check_channels(name, "pruning")
    arrays = {name: layer.arrays() for name, layer in net.all_layers.items()}
    for name, stays in keep.items():
        for member in net.members(name):
            arrays[member] = net[member].without_neurons(arrays[member], stays)
    for layer, stays in channels_that_stay(net, keep).items():
        arrays[layer] = net[layer].without_channels(arrays[layer], stays)
    named = {f"{layer}.{key}": array for layer, own in arrays.items() for key, array in own.items()}
    return Network.from_settings(smaller_settings(net, keep), named)


def channels_that_stay(net, keep):
    """{layer: a bool for each channel that it reads} of all layers that read neurons which leave, or pass them on."""
    affected = {layer: name for name in keep for layer in net.units[name].between + net.units[name].readers}
    if not net.has_branches:                    # then a layer reads the neurons of one unit, all of them, in order
        return {layer: keep[name] for layer, name in affected.items()}
    return {layer: staying(net.channels_read[layer], keep, net.units) for layer in affected}


def mask(net, keep):
    """Return a copy of `net` in which the neurons whose `keep` is False have their outputs held at 0.

    Same size and same speed as `net`, same function as `prune(net, keep)`. Raises as `check_keep`.
    """
    keep = check_keep(net, keep)
    masked = net.copy()
    for name, stays in keep.items():
        for member in net.members(name) if not stays.all() else ():
            old = masked[member].mask
            masked[member].mask = stays.copy() if old is None else old & stays
    return masked


def smaller_settings(net, keep):
    """The architecture with the numbers of neurons that stay."""
    settings = net.settings()
    resize(net.layers, settings["layers"], {member: int(stays.sum()) for name, stays in keep.items()
                                            for member in net.members(name)})
    return settings


def resize(layers, settings, sizes):
    """Write the new sizes of these layers, and of those inside them, into their settings."""
    for layer, plain in zip(layers.values(), settings):
        if layer.name in sizes:
            plain[layer.size_setting] = sizes[layer.name]
        if layer.paths:
            resize(layer.inside, layer.nested(plain), sizes)
