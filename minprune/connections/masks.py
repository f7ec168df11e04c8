"""Masks: which weights stay. The others are held at 0."""

from ..engine.checks import check_network
from ..pruning.connection_masks import check_masks, masks_of, prune_masks, weight_arrays

__all__ = ["check_masks", "keep_masked", "mask_connections", "masks_of", "prune_masks", "weight_arrays"]


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
