"""Origin: which neurons of the unpruned network the neurons of a pruned one are, through any number of cuts.

A network that was cut carries {layer: Origin} of its layers. In its settings, and so in its file, that is

    "origin": {"conv1": ["conv1", [0, 3, 5]]}       the three channels of conv1 were channels 0, 3 and 5 of conv1

and nothing for a layer that is as it was.
"""

from typing import NamedTuple

import numpy as np


class Origin(NamedTuple):
    """The name that a layer had in the unpruned network, and (K,) the indices that its neurons had there."""

    layer: str
    neurons: np.ndarray


def origin_of(net, name):
    """The Origin of one layer: if nothing is known of it, it is as it was."""
    K = net.all_layers[name].output_shape[-1]
    return net.origins.get(name, Origin(name, np.arange(K)))


def origins_left(net, left):
    """{layer: Origin} when only the neurons in `left`, {layer: a bool each}, are left; other layers stay whole."""
    cut = {}
    for name, stays in left.items():
        layer, neurons = origin_of(net, name)
        cut[name] = Origin(layer, neurons[stays])
    return {name: cut.get(name, net.origins.get(name)) for name in net.all_layers if name in cut or name in net.origins}


def built_alike(net, other):
    """Whether two networks have the same layers, settings and shapes; what their neurons once were does not count."""
    one, two = ({key: value for key, value in each.settings().items() if key != "origin"} for each in (net, other))
    return one == two


def as_setting(origins):
    """The plain values of the setting "origin"."""
    return {name: [layer, neurons.tolist()] for name, (layer, neurons) in origins.items()}


def from_setting(setting, net):
    """{layer: Origin} of the plain values; ValueError unless they have an index for each neuron of these layers.

    Layers that the network does not have are left out: it may have been rebuilt with some of them merged.
    """
    origins = {}
    for name, (layer, neurons) in setting.items():
        if name not in net.all_layers:
            continue
        K, whole = net.all_layers[name].output_shape[-1], [i for i in neurons if type(i) is int and i >= 0]
        if not isinstance(layer, str) or whole != neurons or len(set(whole)) != K or len(whole) != K:
            raise ValueError(f'origin of "{name}" expects {K} different indices of at least 0 in a layer, '
                             f"got {neurons} in {layer!r}")
        origins[name] = Origin(layer, np.array(neurons))
    return origins
