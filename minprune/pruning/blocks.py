"""Blocks: whole Residual blocks are removed, and what went around them remains."""

import numpy as np

from ..engine.checks import check_known, check_list, check_network
from ..engine.facts import NotSaid
from ..engine.network import UNSET, Network
from ..engine.origin import origin_of
from ..engine.registry import as_layer


def remove_blocks(net, blocks):
    """Return a new network without these Residual blocks: o = x + body(x) becomes o = x. `net` is not changed.

    blocks: names such as ["residual1"]; blocks inside of blocks and in branches of a Concat can go, too. Where a block
    has a projection, o = projection(x) + body(x), the projection stays, as the layer that it is. The result computes
    what `mask_blocks(net, blocks)` computes.

    Layers are named by kind and order, so that later ones move up, conv4 to conv2: `small.origin_name("conv2")` says
    what they were called. Raises ValueError or TypeError for what is no name of a Residual block, and where nothing
    would be left of the network, or of the body of a block around it (o = x + x is no block).
    """
    gone = check_blocks(net, blocks)
    settings = net.settings()
    layers = chain_without(net.layers, settings["layers"], gone)
    if not layers:
        raise ValueError(f"blocks={list(gone)} are all layers of the network: nothing would be left")
    small = Network(net.input_shape, [as_layer(layer) for layer in layers], seed=UNSET, dtype=net.dtype)

    # The layers that are left stand in the same order, under their new names.
    old = dict(zip(small.all_layers, names_without(net.layers, gone)))
    small.fill({f"{name}.{key}": array for name in old for key, array in net.all_layers[old[name]].arrays().items()})
    moved = {name: origin_of(net, was) for name, was in old.items()}
    small.origins = {name: origin for name, origin in moved.items() if origin.layer != name or old[name] in net.origins}
    return small


def mask_blocks(net, blocks):
    """Return a copy of `net` in which the bodies of these Residual blocks put out 0: all of their last neurons masked.

    Raises as `remove_blocks`; also ValueError for a body that ends in no neurons that could be masked, and NotSaid for
    one whose last layers do not keep zeros zero, or do not say so.
    """
    masked = net.copy()
    for name in check_blocks(net, blocks):
        silence(list(masked.all_layers[name].paths[0].values()), name)
    return masked


def check_blocks(net, blocks):
    """Return the names as a tuple; raise unless each is the name of a Residual block of the network."""
    check_network(net)
    known = [name for name, layer in net.all_layers.items() if hasattr(layer, "body")]
    blocks = tuple(check_list("blocks", blocks, 'of names of Residual blocks, such as ["residual1"]'))
    for name in blocks:
        check_known("Residual block", name, known)
    return blocks


def chain_without(chain, settings, gone):
    """The settings of the chain's layers without the blocks that are gone, and without those inside of others."""
    left = []
    for layer, plain in zip(chain.values(), settings):
        if hasattr(layer, "body"):
            paths = plain["layers"], [plain["projection"]] if layer.projection is not None else []
            body, around = (chain_without(path, inner, gone) for path, inner in zip(layer.paths, paths))
            if layer.name in gone:
                left += around
                continue
            if not body:
                raise ValueError(f"{layer}: without {' and '.join(gone)} nothing is left of its body; remove it, too")
            plain = {**plain, "layers": body, "projection": around[0] if around else None}
        elif layer.paths:
            plain = {**plain, "branches": [chain_without(path, inner, gone)
                                           for path, inner in zip(layer.paths, plain["branches"])]}
        left.append(plain)
    return left


def names_without(chain, gone):
    """The names of all layers that are left, those inside a block just before the block."""
    names = []
    for name, layer in chain.items():
        for path in layer.paths[1:] if name in gone else layer.paths:
            names += names_without(path, gone)
        names += [] if name in gone else [name]
    return names


def silence(chain, block):
    """Mask the neurons whose outputs leave the chain, so that it puts out 0."""
    if not chain:
        raise ValueError(f'the body of "{block}" hands on its own input: it has no neurons at its end to be masked')
    *before, last = chain
    if hasattr(last, "mask"):
        last.mask = np.zeros(last.output_shape[-1], bool)
    elif last.paths:
        for path in last.paths:
            silence([*before, *path.values()], block)
    elif last.fact("keeps_channels", f'masking "{block}"'):
        silence(before, block)
    else:
        raise NotSaid(f'{last} moves zeros (keeps_channels = False), so that "{block}" cannot be masked')
