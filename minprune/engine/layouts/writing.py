"""Writing: the arrays of a network as another framework names and lays them out."""

from collections.abc import Mapping

import numpy as np

from ..checks import check_known
from ..layer import NeuronLayer
from . import LAYOUTS
from .flattened import orders_read
from .module import check_layouts_know

WRITTEN = ("torch", "keras")    # an estimator of scikit-learn has lists, in which arrays have no names
NORM = ("gamma", "beta", "running_mean", "running_var")


def arrays_for(net, layout, names):
    """{name there: array}; `names` {our layer: its name there}, with "conv1_bn" for the batch norm of conv1."""
    check_known("layout to write", layout, WRITTEN)
    check_layouts_know(net)
    check_no_masks(net)
    layout, names = LAYOUTS[layout], checked_names(net, names)
    orders, arrays = orders_read(net) if layout.CHANNELS_FIRST else {}, {}
    for name, layer in net.all_layers.items():
        own = own_arrays(layer, names.get(name, name), layout, orders.get(name))
        own |= norm_arrays(layer, norm_name(layer, name, names), layout, orders.get(name))
        for there in own:
            if there in arrays:
                raise ValueError(f'names: two layers would write "{there}"')
        arrays |= own
    return arrays


def check_no_masks(net):
    """Raise ValueError, naming the layer, if a mask holds an output at 0."""
    for name in net.maskable:
        mask = net[name].mask
        if mask is not None and not mask.all():
            raise ValueError(f"{net[name]} has a mask, which no other layout has: prune(net, keep) removes the neurons")


def checked_names(net, names):
    """The names as a dict; raise unless each is a text for a layer of the network, or for a batch norm in one."""
    if names is None:
        return {}
    if not isinstance(names, Mapping):
        raise TypeError(f"names expects {{our layer: its name there}}, got {names!r}")
    inside = [f"{name}_bn" for name in net.neuron_layers if net[name].batch_norm]
    for name, there in names.items():
        check_known("layer in names:", name, [*net.all_layers, *inside])
        if not isinstance(there, str):
            raise TypeError(f'names["{name}"] expects a text, got {there!r}')
    return names


def norm_name(layer, name, names):
    """What the batch norm is called there: as the layer; of a layer with neurons with "_bn", unless it has a name."""
    if not isinstance(layer, NeuronLayer):
        return names.get(name, name)
    return names.get(f"{name}_bn", f"{names.get(name, name)}_bn")


def own_arrays(layer, there, layout, order):
    """W, and b if there is one, of a layer with neurons."""
    if not isinstance(layer, NeuronLayer):
        return {}
    W = layout.dense_to(layer.W, order) if layer.W.ndim == 2 else layout.conv_to(layer.W)
    arrays = {"W": W, "b": layer.b} if layer.bias else {"W": W}
    return {layout.WEIGHTS[key].format(there): own_copy(array) for key, array in arrays.items()}


def norm_arrays(layer, there, layout, order):
    """γ, β and the running statistics of a layer with batch norm, or of one that is one."""
    if not layer.batch_norm:
        return {}
    order = None if isinstance(layer, NeuronLayer) else order
    arrays = {layout.NORMS[key].format(there): getattr(layer, key) for key in NORM}
    moved = {name: array if order is None else array[np.argsort(order)] for name, array in arrays.items()}
    return {**{name: own_copy(array) for name, array in moved.items()}, **layout.counters(there)}


def own_copy(array):
    """The array in memory of its own, row by row."""
    return np.array(array, order="C")
