"""Masks: which weights stay. The others are held at 0."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_known, check_network, check_unmasked
from ..pruning.surgery import prune


def weight_arrays(net):
    """{"conv1.W": array, …}: the connections of all layers, also of the output layer; the layers' own arrays.

    Biases and batch norm's γ and β are not connections: they are never scored and never masked.
    """
    return {name: array for name, array in net.parameters().items() if name.endswith(".W")}


def mask_connections(net, masks):
    """Return a copy of `net` whose weights are 0 where `masks` is False: {"conv1.W": bool array, …}.

    Arrays that `masks` does not name stay as they are. The copy is an ordinary network: training moves its zeros,
    unless fit(…, on_step=keep_masked(masks)) holds them. Same size, same speed (see `report`).

    Raises ValueError for an unknown array or a wrong shape, TypeError for an array that is not boolean.
    """
    check_network(net)
    masks = check_masks(masks, weight_arrays(net))
    masked = net.copy()
    arrays = weight_arrays(masked)
    for name, mask in masks.items():
        arrays[name][~mask] = 0
    return masked


def keep_masked(masks):
    """Return an `on_step` for `fit` that sets the weights whose mask is False to 0 after each step of the optimizer.

    They are exactly 0, whatever momentum, moments and weight decay would make of them. The other weights move as if
    the masked ones did not exist: no optimizer of ours mixes weights. Start from `mask_connections(net, masks)`, so
    that the first step's gradient sees the zeros, too. For a network that was pruned meanwhile the masks are
    `prune_masks(net, masks, keep)`. Raises as `mask_connections`, but an array that does not fit the network only in
    the first step.
    """
    masks = {name: mask.copy() for name, mask in check_masks(masks).items()}

    def on_step(net, rate):
        arrays = weight_arrays(net)
        for name, mask in check_masks(masks, arrays).items():
            W = arrays[name]
            W *= mask                   # a tenth of the time that writing the zeros takes
            W += 0                      # −0.0 becomes +0.0

    return on_step


def masks_of(net):
    """{"conv1.W": w ≠ 0, …}: the masks of the zeros that a network has already, for all its weights."""
    check_network(net)
    return {name: W != 0 for name, W in weight_arrays(net).items()}


def prune_masks(net, masks, keep):
    """Return the masks for `prune(net, keep)`: cut as `prune` cuts the weights, rows and columns alike.

    `masks` {"conv1.W": bool array, …} are those of `net`; so first masking and then pruning is the same as first
    pruning and then masking with these. Arrays that `masks` does not name are not in the result either. (The
    compensations give new weights to the layers that read removed neurons: mask those once more, by these masks.)
    Raises as `mask_connections` and `prune`.
    """
    check_network(net)
    masks = check_masks(masks, weight_arrays(net))
    drawn = net.copy()
    for name, mask in masks.items():
        weight_arrays(drawn)[name][...] = mask
    cut = masks_of(prune(drawn, keep))
    return {name: cut[name] for name in masks}


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
