"""Masks: the weights that are decided to go are held at 0."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_known, check_network
from .arrays import weight_arrays


def mask_connections(net, masks):
    """Return a copy of `net` whose weights are 0 where `masks` is False: {"conv1.W": bool array, …}.

    Arrays that `masks` does not name stay as they are. The copy is an ordinary network: training moves its zeros,
    unless fit(…, on_step=keep_masked(masks)) holds them. Same size, same speed (see `report`).

    Raises ValueError for an unknown array or a wrong shape, TypeError for what is not boolean.
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

    They are exactly 0 whatever momentum, moments and weight decay would make of them, and the others move as if they
    were alone: no optimizer of ours mixes weights. Start from `mask_connections(net, masks)`, so that the first step's
    gradient sees the zeros, too. Raises as `mask_connections`; in the first step, if the network is another.
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
    """{"conv1.W": w ≠ 0, …}: the masks that a network's own zeros tell, of all its weights."""
    check_network(net)
    return {name: W != 0 for name, W in weight_arrays(net).items()}


def check_masks(masks, arrays=None, told="weight array"):
    """Return {array name: bool array}; raise unless they are masks, of these arrays' names and shapes if given."""
    if not isinstance(masks, Mapping):
        raise TypeError(f"masks expects {{array name: booleans}}, got {masks!r}")
    found = {}
    for name, mask in masks.items():
        if arrays is not None:
            check_known(told, name, arrays)
        try:
            mask = np.asarray(mask)
        except ValueError:
            raise TypeError(f'masks["{name}"] expects booleans, got rows of different lengths') from None
        if mask.dtype != bool:
            raise TypeError(f'masks["{name}"] expects booleans, True for what stays, got {mask.dtype}')
        if arrays is not None and mask.shape != arrays[name].shape:
            raise ValueError(f'masks["{name}"] expects shape {arrays[name].shape}, got {mask.shape}')
        found[name] = mask
    return found
