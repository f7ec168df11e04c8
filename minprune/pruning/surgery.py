"""Pruning: who stays -> a smaller network, or the same network with the others held at 0."""

from collections.abc import Mapping

import numpy as np

from ..engine.channels import is_depthwise, is_grouped, staying
from ..engine.checks import check_known, check_network, check_unmasked
from ..engine.network import Network
from ..engine.origin import as_setting, origins_left


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
    channel to. Coupled neurons, {"conv1+conv3": (K,) bool}, go from all their layers, batch norms and depthwise
    convolutions among them, and from all that read them. The result computes what `mask(net, keep)` computes: a missing
    input is an input of 0. A depthwise convolution of which one channel is left is an ordinary one, and one with groups
    that has a single channel for each group left is a depthwise one: their neurons then have other names. Raises as
    `check_keep`, and NotSaid (a ValueError) where a layer in between mixes channels, or does not say whether it does.
    """
    keep = {name: stays for name, stays in check_keep(net, keep).items() if not stays.all()}
    for name in keep:
        net.check_channels(name, "pruning")
    neurons = channels_left(net, keep)
    channels = channels_that_stay(net, keep, neurons)
    arrays = {name: layer.arrays() for name, layer in net.all_layers.items()}
    for layer in filter(neurons.__contains__, net.neuron_layers):
        arrays[layer] = net.all_layers[layer].without_neurons(arrays[layer], neurons[layer])
    for layer, stays in channels.items():
        arrays[layer] = net.all_layers[layer].without_channels(arrays[layer], stays)
    named = {f"{layer}.{key}": array for layer, own in arrays.items() for key, array in own.items()}
    return Network.from_settings(smaller_settings(net, neurons, channels), named)


def channels_left(net, keep):
    """{layer: a bool for each of the channels that it puts out} of all layers that neurons leave with."""
    left = {}
    for name, stays in keep.items():
        for layer, rows in net.units[name].rows.items():
            own = left.setdefault(layer, np.ones(net.all_layers[layer].output_shape[-1], bool))
            own[rows[~stays].ravel()] = False
    return left


def channels_that_stay(net, keep, left):
    """{layer: a bool for each channel that it reads} of all layers that read neurons which leave, or pass them on."""
    units = {name: net.units[name] for name in keep}
    affected = {layer: name for name, unit in units.items() for layer in unit.between + unit.series + unit.readers}
    if not net.has_branches and all(unit.in_order for unit in net.units.values()):
        return {layer: keep[name] for layer, name in affected.items()}      # it reads one unit, all of it, in order
    grouped = {layer: None for layer in left if is_grouped(net.all_layers[layer])}
    return {layer: staying(net.channels_read[layer], left) for layer in {**affected, **grouped}}


def mask(net, keep):
    """Return a copy of `net` in which the neurons whose `keep` is False have their outputs held at 0.

    Where several layers leave with a neuron, a batch norm behind it for one, its channels are held at 0 behind each of
    them. Same size and same speed as `net`, same function as `prune(net, keep)`. Raises as `check_keep`.
    """
    keep = check_keep(net, keep)
    masked = net.copy()
    for name, stays in keep.items():
        if not stays.all():
            masked.silence(name, stays)
    return masked


def smaller_settings(net, neurons, channels):
    """The architecture with the numbers of neurons and of channels that stay."""
    settings = net.settings()
    resize(net.layers, settings["layers"], neurons, channels)
    return {**settings, "origin": as_setting(origins_left(net, neurons))} if neurons else settings


def resize(layers, settings, neurons, channels):
    """Write the new sizes of these layers, and of those inside them, into their settings."""
    for layer, plain in zip(layers.values(), settings):
        if layer.name in neurons and hasattr(layer, "size_setting"):
            plain[layer.size_setting] = int(neurons[layer.name].sum())
        if layer.name in channels and is_depthwise(layer):
            plain["groups"] = int(channels[layer.name].sum())
        if layer.paths:
            resize(layer.inside, layer.nested(plain), neurons, channels)
