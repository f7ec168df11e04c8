"""Masks of connections, {"conv1.W": bool array, …}, where False holds a weight at 0; and how they are cut."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_known, check_network, check_unmasked
from .surgery import prune


def weight_arrays(net):
    """{"conv1.W": array, …}: the connections of all layers, also of the output layer; the layers' own arrays.

    Biases and batch norm's γ and β are not connections: they are never scored and never masked.
    """
    return {name: array for name, array in net.parameters().items() if name.endswith(".W")}


def masks_of(net):
    """{"conv1.W": w ≠ 0, …}: the masks of the zeros that a network has already, for all its weights."""
    check_network(net)
    return {name: W != 0 for name, W in weight_arrays(net).items()}


def prune_masks(net, masks, keep):
    """Return the masks for `prune(net, keep)`: cut as `prune` cuts the weights, rows and columns alike.

    `masks` {"conv1.W": bool array, …} are those of `net`; so first masking and then pruning is the same as first
    pruning and then masking with these. Arrays that `masks` does not name are not in the result either. (`merge` and
    `reconstruct`, which give new weights to the layers that read removed neurons, take the `masks` of `net` and keep
    them.) Raises as `mask_connections` and `prune`.
    """
    check_network(net)
    masks = check_masks(masks, weight_arrays(net))
    drawn = net.copy()
    for name, mask in masks.items():
        weight_arrays(drawn)[name][...] = mask
    cut = masks_of(prune(drawn, keep))
    return {name: cut[name] for name in masks}


def check_held(net, masks):
    """Return {array name: bool array}; raise unless they are masks whose weights are 0 in the network, as they must be
    before anything can keep them so."""
    arrays = weight_arrays(net)
    masks = check_masks({} if masks is None else masks, arrays)
    for name, mask in masks.items():
        count = np.count_nonzero(arrays[name][~mask])
        if count:
            raise ValueError(f'masks["{name}"] is False for {count} weights of the network that are not 0; give '
                             "mask_connections(net, masks)")
    return masks


def check_masks(masks, arrays=None, kind="weight array"):
    """Return {array name: bool array}; raise unless they are masks, and fit these arrays (if given).

    `kind` is the word of messages for what a name in `masks` names.
    """
    if not isinstance(masks, Mapping):
        raise TypeError(f"masks expects {{array name: booleans}}, got {masks!r}")
    checked = {}
    for name, mask in masks.items():
        # Of a known array, booleans, of its shape.
        if arrays is not None:
            check_known(kind, name, arrays)
        check_unmasked(f'masks["{name}"]', mask)
        try:
            mask = np.asarray(mask)
        except ValueError:
            raise TypeError(f'masks["{name}"] expects booleans, got rows of different lengths') from None
        if mask.dtype != bool:
            raise TypeError(f'masks["{name}"] expects booleans, True for what stays, got {mask.dtype}')
        if arrays is not None and mask.shape != arrays[name].shape:
            raise ValueError(f'masks["{name}"] expects shape {arrays[name].shape}, got {mask.shape} '
                             "(of a network that was pruned since, the masks are those of prune_masks)")
        checked[name] = mask
    return checked
