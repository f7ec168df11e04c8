"""Regularisation: training that brings neurons to exactly zero, so that they can be pruned without any change.

A penalty R(w) with a kink at 0 is added to the loss. Steps along its gradient would make weights flutter about 0; a
proximal step after each step of the optimizer lets them land exactly there:

    w ← prox_(rate · R)(w) = argmin_v  ½ ‖v − w‖² + rate · R(v)

    mp.fit(net, x, t, optimizer=mp.SGD(0.1), epochs=50, on_step=mp.GroupLasso(2e-3))
    small = mp.prune(net, mp.pruning.alive(net))

How strong? A step takes at most rate · strength · √(numbers of a neuron) off its length, so a neuron that should reach
zero in S steps needs strength ≥ length / (S · rate · √numbers). On the digits the lines above leave 20 and 19 of the 64
and 32 neurons of `mp.models.mlp`, at 95.8 % test accuracy; strength 1e-3 and 20 epochs leave all, 1e-2 leaves 6 and 6
at 86 %.

With SGD without momentum this is the proximal gradient method, which comes to rest where loss + R is stationary. An
optimizer whose steps are not rate · gradient finds another balance: SGD with momentum μ steps 1 / (1 − μ) times as far
as its rate says, so it comes to rest where loss + (1 − μ) R is stationary; Adam divides each parameter's gradient by
its size, while the proximal step here takes the plain rate for all of them, so there is no single function that it
minimises. Zeros are exact with any optimizer.

Parikh & Boyd, "Proximal Algorithms", Foundations and Trends in Optimization 1(3), 2014, is the textbook (not read for
this; the formulas are tested against their definition instead).
"""

import numpy as np

from ..engine.checks import check_known, check_list, check_real


class GroupLasso:
    """R = strength · Σ_i √g_i · ‖(w_i, b_i)‖₂: whole neurons go to zero; an `on_step` of `fit`.

    A group is a neuron's own parameters: incoming weights and bias, and with batch norm γ_i and β_i too; g_i is the
    number of them. Coupled neurons, "conv1+conv3", are one group. Outgoing weights are in no group. The step is the
    block soft threshold

        (w_i, b_i) ← max(0, 1 − rate · strength · √g_i / ‖(w_i, b_i)‖) · (w_i, b_i)

    A neuron at zero puts out f(0), whatever it reads. For relu, leaky_relu, tanh and identity that is 0, and `prune`
    changes nothing; for sigmoid (½) and softplus (log 2) it is a constant, which `fold_means` removes. The neuron comes
    back when the gradient of its group is longer than strength · √g_i; a relu neuron at zero has no gradient, so with
    plain SGD it never comes back (a momentum may carry it on for a while). With batch norm the length of w_i does not
    matter to the network: nothing opposes its shrinking, and the penalty falls on γ and β; `L1BatchNorm` is the penalty
    meant for such layers.

    layers: names of hidden layers (default: all).
    Source: the penalty is Yuan & Lin, "Model selection and estimation in regression with grouped variables", JRSS B
    68(1), 2006 (read about, not read; √g_i as it is cited). One group a neuron, by proximal steps: Alvarez & Salzmann,
    "Learning the Number of Neurons in Deep Networks", NeurIPS 2016, arXiv:1611.06321 (not read).
    """

    def __init__(self, strength, layers=None):
        self.strength = check_real("strength", strength, least=0)
        self.layers = check_names(layers)

    def penalty(self, net):
        """R, a number: what is added to the mean loss."""
        return float(self.strength * sum(np.sqrt(size(group)) * lengths(group).sum() for group in self.of(net)))

    def __call__(self, net, rate):
        """The proximal step; changes `net`."""
        for group in self.of(net):
            factor = block_soft_factor(lengths(group), rate * self.strength * np.sqrt(size(group)))
            for w in group:
                by_neuron = w.T                     # a view whose last axis is the neurons'
                by_neuron *= factor.astype(w.dtype)

    def of(self, net):
        """For each hidden layer the list of its parameters; the i-th entries of all of them are neuron i's group."""
        return [[w for layer in layers_of(net, name) for w in layer.parameters().values()]
                for name in names_in(net, self.layers)]

    def __repr__(self):
        return f"GroupLasso({self.strength!r}, layers={self.layers!r})"


class L1BatchNorm:
    """R = strength · Σ_i |γ_i| over the batch-norm scales: whole channels become constants; an `on_step` of `fit`.

    The step is the soft threshold  γ_i ← sign(γ_i) · max(0, |γ_i| − rate · strength).

    A neuron with γ_i = 0 puts out f(β_i), whatever it reads. Where that is 0 (relu with β_i ≤ 0, …) `prune` changes
    nothing; elsewhere it is a constant, for which `fold_means` is exact where no zero padding follows. β_i is in no
    penalty and is still trained: the neuron has become a bias. γ_i comes back when its gradient is larger than
    strength; for relu with β_i ≤ 0 the gradient is 0 as well, so with plain SGD it never comes back.

    layers: names of hidden layers with batch norm (default: all that have it).
    Source: Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017,
    arXiv:1708.06519 (the abstract and the training code of an implementation read). Differs: there the subgradient
    strength · sign(γ) is added to the gradient, so that γ comes near 0 but hardly ever to it, and small ones are cut by
    a threshold. Proximal steps on γ and constant channels moved into the next layer: Ye et al., ICLR 2018,
    arXiv:1802.00124 (the abstract read).
    """

    def __init__(self, strength, layers=None):
        self.strength = check_real("strength", strength, least=0)
        self.layers = check_names(layers)

    def penalty(self, net):
        """R, a number: what is added to the mean loss."""
        return float(self.strength * sum(np.abs(layer.gamma).sum(dtype=float) for layer in self.of(net)))

    def __call__(self, net, rate):
        """The proximal step; changes `net`."""
        for layer in self.of(net):
            layer.gamma[...] = soft_threshold(layer.gamma, rate * self.strength)

    def of(self, net):
        """The layers with batch norm; raises ValueError if a layer that was named has none, or if no layer has."""
        normalised = {name: [layer for layer in layers_of(net, name) if layer.batch_norm]
                      for name in names_in(net, self.layers)}
        without = [name for name, layers in normalised.items() if not layers]
        if without and (self.layers is not None or len(without) == len(normalised)):
            raise ValueError(f"L1BatchNorm expects hidden layers with batch norm, {', '.join(without)} have none")
        return [layer for layers in normalised.values() for layer in layers]

    def __repr__(self):
        return f"L1BatchNorm({self.strength!r}, layers={self.layers!r})"


def soft_threshold(w, threshold):
    """argmin_v ½ (v − w)² + threshold |v|, for each number w: sign(w) · max(0, |w| − threshold)."""
    return np.sign(w) * np.maximum(np.abs(w) - threshold, 0)


def block_soft_factor(length, threshold):
    """max(0, 1 − threshold / ‖w‖), for each length ‖w‖: the c with c · w = argmin_v ½ ‖v − w‖² + threshold ‖v‖₂."""
    return 1 - np.divide(threshold, length, out=np.ones_like(length), where=length > threshold)


def layers_of(net, name):
    """The layers that a hidden layer stands for: itself, or those that leave with its neurons, batch norms as well."""
    unit = net.units[name]
    if not unit.in_order:
        raise ValueError(f'a penalty on neurons takes those whose number is the same in all their layers, and "{name}" '
                         "has several channels of a layer, or a part of its channels")
    return [net.all_layers[layer] for layer in unit.rows]


def lengths(group):
    """(K,) ‖all parameters of neuron i‖₂, in float64."""
    return np.sqrt(sum(np.square(w.reshape(len(w), -1), dtype=float).sum(axis=1) for w in group))


def size(group):
    """How many parameters one neuron has of its own."""
    return sum(w[0].size for w in group)


def check_names(layers):
    """Return the names as a list, or None for all layers; raise for anything else, an empty list too: a penalty on
    nothing."""
    if layers is None:
        return None
    names = check_list("layers", layers, "of names of hidden layers")
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"layers expects a list of names of hidden layers, got {layers!r}")
    if not names:
        raise ValueError("layers expects names of hidden layers, at least one, or None for all of them, "
                         f"got {layers!r}")
    return names


def names_in(net, layers):
    """The layers that a penalty falls on: those named, or all hidden layers."""
    if not net.hidden_layers:
        raise ValueError("a penalty on neurons expects a network with hidden layers, got one without")
    for name in layers or ():
        check_known("hidden layer", name, net.hidden_layers)
    return net.hidden_layers if layers is None else layers
