"""The trace: everything that happened to one batch on its way through a network."""

from dataclasses import dataclass, field

import numpy as np

from .checks import check_known


@dataclass
class LayerTrace:
    """What one layer read and made of it (forward), and the gradients of these (after backward).

    `x` what the layer read; `z` its pre-activations; `o` its outputs; `do` = ∂ℓ_n/∂o and `dz` = ∂ℓ_n/∂z,
    sample by sample; `grads` maps the layer's parameter names ("W", "b", …) to Σ_n ∂ℓ_n/∂parameter.
    Layers without neurons (pooling, Flatten, Dropout) have no `z`, `dz` or `grads`. `kept` is what a
    layer needs to remember between its forward and its backward pass, and nobody else's business. `inside` has the
    LayerTraces of the layers inside a block, by name.
    """

    x: np.ndarray
    o: np.ndarray
    z: np.ndarray | None = None
    do: np.ndarray | None = None
    dz: np.ndarray | None = None
    grads: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)
    inside: dict = field(default_factory=dict)


class CoupledTrace:
    """What layers whose outputs are added did, `trace["conv1+conv3"]`: their arrays side by side.

    o, z, do, dz (N, ΣP, K): positions in a row, so that Σ_p o · do is what silencing all of them together does, to
    first order. `x` has what each of them read, one array a layer; `grads` their gradients, one row a neuron. `inside`
    has their own traces.
    """

    def __init__(self, inside):
        self.inside = inside

    def in_a_row(self, key):
        arrays = [getattr(trace, key) for trace in self.inside.values()]
        if any(array is None for array in arrays):
            return None
        return np.concatenate([array.reshape(len(array), -1, array.shape[-1]) for array in arrays], axis=1)

    @property
    def o(self):
        return self.in_a_row("o")

    @property
    def z(self):
        return self.in_a_row("z")

    @property
    def do(self):
        return self.in_a_row("do")

    @property
    def dz(self):
        return self.in_a_row("dz")

    @property
    def x(self):
        return [trace.x for trace in self.inside.values()]

    @property
    def grads(self):
        every = [trace.grads for trace in self.inside.values()]
        return {key: np.concatenate([grads[key].reshape(len(grads[key]), -1) for grads in every], axis=1)
                for key in every[0] if all(key in grads for grads in every)}


class Trace:
    """The LayerTraces of one pass by layer name, `trace["conv1"].o`, and the network's own ends.

    `x` the network's input, `y` its output, and after a backward pass `dy` = ∂ℓ_n/∂y and `dx` = ∂ℓ_n/∂x
    (None if it was not asked for). `training` says which kind of pass it was.
    A recorded trace also has `t`, the targets, and `L`, the loss of each sample. `layers` has all of them, those
    inside a block just before the block.
    """

    def __init__(self, x, training=False):
        self.x, self.training = x, training
        self.y = self.dy = self.dx = self.t = self.L = None
        self.layers = {}

    def __getitem__(self, name):
        """The LayerTrace of a layer, or what coupled layers did, `trace["conv1+conv3"]`."""
        if isinstance(name, str) and "+" in name:
            return CoupledTrace({one: self[one] for one in name.split("+")})
        check_known("layer of the trace", name, self.layers)
        return self.layers[name]

    def grads(self):
        """Return {"conv1.W": Σ_n ∂ℓ_n/∂W, …}: the keys of `net.parameters()`."""
        return {f"{layer}.{name}": grad for layer, trace in self.layers.items()
                for name, grad in trace.grads.items()}

    def __repr__(self):
        return f"Trace of {len(self.x)} samples: {', '.join(self.layers)}"
