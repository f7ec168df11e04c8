"""Counterexample: a network, samples and numbers that show that a claim is false."""

from dataclasses import dataclass

import numpy as np

from ...engine.losses import Loss
from ...engine.network import Network
from ..numbers import numbers
from ..sampling.where import POOLINGS

POOLS = tuple(POOLINGS.values())


@dataclass
class Counterexample:
    """A real network and samples on which the claim fails; all that is needed to redo it on paper.

    net, layer, x, t, loss   the network, the layer that the formula is about, the samples, the Loss
    claimed, measured        the arrays that differ; None if the formula gave nothing to compare
    quantity                 the name of what was measured
    problem                  why there is nothing to compare, or None
    claim, trial             the claim, and what came of it here: they tell the last lines
    """

    net: Network
    layer: str
    x: np.ndarray
    t: np.ndarray
    loss: Loss
    claimed: np.ndarray | None
    measured: np.ndarray | None
    quantity: str
    problem: str | None = None
    claim: object = None
    trial: object = None

    def __str__(self):
        return "\n".join([self.headline(), *self.architecture(),
                          f"  x = {numbers(self.x)}, t = {numbers(self.t)}", *self.passes(), *self.story()])

    def headline(self):
        shape, layers = self.net.input_shape, self.net.neuron_layers
        widths = [shape[0] if len(shape) == 1 else shape, *(self.net[name].K for name in layers)]
        count = "1 sample" if len(self.x) == 1 else f"{len(self.x)} samples"
        return (f"The smallest counterexample found, {self.layer} of a network {' → '.join(map(str, widths))} on "
                f"{count}, {self.loss}:")

    def architecture(self):
        """The layers with neurons, one line each with all its numbers; then blocks and pooling."""
        for name in self.net.neuron_layers:
            layer = self.net[name]
            yield f"  {name}: W = {numbers(layer.W)}, b = {numbers(layer.b)}, {layer.f.name}{batch_norm_of(layer)}"
        for name, layer in self.net.layers.items():
            if layer.inside:
                yield f"  {name} = {layer.formula()}"
            elif isinstance(layer, POOLS):
                yield f"  {name}: {layer!r}"

    def passes(self):
        """The z and o of each layer on the way, and the losses; of removal also the losses without each neuron."""
        trace = self.net.forward(self.x)
        lines = [f"  {name}: z = {numbers(trace[name].z)}, o = {numbers(trace[name].o)}"
                 for name in self.net.neuron_layers]
        losses = [f"  ℓ = {numbers(self.loss(trace.y, self.t))}"]
        if self.quantity.strip("|") == "removal":
            losses += self.losses_without_each_neuron(trace)
        return [*lines, ", ".join(losses)]

    def losses_without_each_neuron(self, trace):
        o = trace[self.layer].o
        for i in range(o.shape[-1]):
            y = self.net.tail(self.layer, np.where(np.arange(o.shape[-1]) == i, 0, o), trace)
            yield f"without neuron {i} of {self.layer} {numbers(self.loss(y, self.t))}"

    def story(self):
        """What was claimed and what was measured, or why nothing was."""
        return self.claim.story(self.trial) if self.problem is None else [f"  {self.problem}"]

    def to_dict(self):
        """Plain values, ready for JSON. Activations and the loss are given by their names."""
        arrays = {name: plain(getattr(self, name)) for name in ("x", "t", "claimed", "measured")}
        return {"settings": with_names(self.net.settings()),
                "arrays": {name: plain(array) for name, array in self.net.arrays().items()},
                "layer": self.layer, "loss": self.loss.name, "quantity": self.quantity,
                "problem": self.problem, **arrays}


def batch_norm_of(layer):
    """Its batch norm as text, or ""."""
    if not layer.batch_norm:
        return ""
    arrays = {"γ": layer.gamma, "β": layer.beta, "mean": layer.running_mean, "variance": layer.running_var}
    return ", " + ", ".join(f"{name} = {numbers(array)}" for name, array in arrays.items())


def plain(array):
    return None if array is None else (np.asarray(array) + 0.0).tolist()       # −0.0 + 0.0 is 0.0


def with_names(settings):
    """The settings of a network with the names of Activations in place of the objects."""
    if isinstance(settings, dict):
        return {key: with_names(value) for key, value in settings.items()}
    if isinstance(settings, list):
        return [with_names(value) for value in settings]
    return getattr(settings, "name", settings)
