"""Merged: a batch norm or an activation that is a layer of its own becomes a part of the layer before it."""

from .activation_layer import ActivationLayer
from .activations import ACTIVATIONS
from .batch_norm_layer import BatchNorm
from .layer import NeuronLayer


def merged(net):
    """The settings and arrays of a network of the same function whose layers have their batch norms and activations.

        conv1, batchnorm1, activation1   →   Conv2D(…, activation=…, batch_norm=…)

    A BatchNorm goes into the layer with neurons right before it if that has no batch norm and no activation, an
    ActivationLayer into one without an activation. One that follows a sum, a Concat or pooling stays.
    """
    settings, counts, arrays = net.settings(), {}, {}
    settings["layers"] = shortened(net.layers, settings["layers"], counts, arrays)
    return settings, arrays


def shortened(chain, settings, counts, arrays):
    """The settings of a chain with what can be merged; their arrays, under their new names, are added to `arrays`."""
    short = []
    for run in runs(chain.values(), settings):
        layer, plain = run[0]
        for part, own in run[1:]:
            plain |= {"batch_norm": part.constants.as_setting()} if isinstance(part, BatchNorm) \
                else {"activation": own["activation"]}
        name = next_name(layer, counts)
        arrays |= {f"{name}.{key}": array for part, _ in run for key, array in part.arrays().items()}
        if layer.paths:
            shorten_inside(layer, plain, counts, arrays)
        short.append(plain)
    return short


def next_name(layer, counts):
    """The name that building gives to the next layer of this kind; see `Layer.take_name`."""
    counts[layer.prefix] = counts.get(layer.prefix, 0) + 1
    return f"{layer.prefix}{counts[layer.prefix]}"


def shorten_inside(layer, plain, counts, arrays):
    """The same for each path of a block or a Concat."""
    nested, short = layer.nested(plain), []
    for path in layer.paths:
        short.append(shortened(path, nested[:len(path)], counts, arrays))
        nested = nested[len(path):]
    plain |= {"branches": short} if "branches" in plain else \
        {"layers": short[0], "projection": short[1][0] if short[1] else None}


def runs(layers, settings):
    """[[(layer, its settings), …], …]: each layer, with those right behind it that can be merged into it."""
    found = []
    for layer, plain in zip(layers, settings):
        if found and fits([one for one, _ in found[-1]], layer):
            found[-1].append((layer, plain))
        else:
            found.append([(layer, plain)])
    return found


def fits(run, layer):
    """Whether the layer can be merged into the first of the run, behind the others that are merged already."""
    first, kinds = run[0], [type(one) for one in run[1:]]
    if not isinstance(first, NeuronLayer) or first.f is not ACTIVATIONS["identity"] or ActivationLayer in kinds:
        return False
    if isinstance(layer, BatchNorm):
        return not first.batch_norm and BatchNorm not in kinds and same_mask(run, layer)
    return isinstance(layer, ActivationLayer) and same_mask(run, layer)


def same_mask(run, layer):
    """Whether a single mask behind the layer does what the masks in the run and its own do."""
    masks = [one.mask for one in run if one.mask is not None]
    if layer.mask is None:
        return not masks or bool(layer.keeps_channels)
    return all((layer.mask <= mask).all() for mask in masks)
