"""Regularisation: training that brings neurons to exactly zero, so that they can be pruned without any change.

A penalty R(w) with a kink at 0 is added to the loss. Its gradient would make weights flutter about 0; a proximal step
after each step of the optimizer lets them land there:

    w ← prox_(rate · R)(w) = argmin_v  ½ ‖v − w‖² + rate · R(v)

    mp.fit(net, x, t, optimizer=mp.SGD(0.1), epochs=50, on_step=mp.GroupLasso(2e-3))
    small = mp.prune(net, mp.regularisation.alive(net))

How strong? One step takes at most rate · strength · √(numbers of a neuron) off its length, so what is to reach zero in
S steps needs strength ≥ length / (S · rate · √numbers). On the digits the lines above leave 20 and 19 of the 64 and 32
neurons of `mp.models.mlp`, at 95.8 % test accuracy; strength 1e-3 and 20 epochs leave all, 1e-2 leaves 6 and 6 at 86 %.

With SGD without momentum this is the proximal gradient method, whose resting points are those of loss + R. An optimizer
that goes other ways than rate · gradient finds another balance: SGD with momentum μ steps 1 / (1 − μ) times as far as
its rate says, so it rests where loss + (1 − μ) R does; Adam divides each parameter's gradient by its size, while the
proximal step here is that of the plain rate for all of them, so it minimises no one function. Zeros are exact with any.

Parikh & Boyd, "Proximal Algorithms", Foundations and Trends in Optimization 1(3), 2014, is the textbook (not read for
this; the formulas are tested against their definition instead).
"""

import numpy as np

from ..engine.checks import check_known, check_network, check_real


class GroupLasso:
    """R = strength · Σ_i √g_i · ‖(w_i, b_i)‖₂: whole neurons go to zero; an `on_step` of `fit`.

    A group is all that is a neuron's own: incoming weights and bias, and with batch norm γ_i and β_i too; g_i is the
    number of them. Coupled neurons, "conv1+conv3", are one group. Outgoing weights are in no group. The step is the
    block soft threshold

        (w_i, b_i) ← max(0, 1 − rate · strength · √g_i / ‖(w_i, b_i)‖) · (w_i, b_i)

    A neuron at zero puts out f(0), whatever it reads. For relu, leaky_relu, tanh and identity that is 0, and `prune`
    changes nothing; for sigmoid (½) and softplus (log 2) it is a constant, which `fold_means` removes. It comes back
    when the gradient of its group is longer than strength · √g_i; a relu neuron at zero has no gradient, so with plain
    SGD it never does (a momentum may carry it on for a while). With batch norm the length of w_i does not matter to the
    network: it shrinks unopposed, and the penalty falls on γ and β; `L1BatchNorm` is the penalty meant for such layers.

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
        """For each hidden layer all parameters whose i-th entries are its i-th neuron's own."""
        return [[w for layer in layers_of(net, name) for w in layer.parameters().values()]
                for name in names_in(net, self.layers)]

    def __repr__(self):
        return f"GroupLasso({self.strength!r}, layers={self.layers!r})"


class L1BatchNorm:
    """R = strength · Σ_i |γ_i| over the batch-norm scales: channels lose their input; an `on_step` of `fit`.

    The step is the soft threshold  γ_i ← sign(γ_i) · max(0, |γ_i| − rate · strength).

    A neuron with γ_i = 0 puts out f(β_i), whatever it reads. Where that is 0 (relu with β_i ≤ 0, …) `prune` changes
    nothing; elsewhere it is a constant, for which `fold_means` is exact where no zero padding follows. β_i is in no
    penalty and goes on being trained, as the bias that the neuron has become. γ_i comes back when its gradient is
    larger than strength; for relu with β_i ≤ 0 that is 0 as well, so with plain SGD it never does.

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
        """The layers with batch norm; raises ValueError if one that was named has none, or if there are none."""
        found = {name: [layer for layer in layers_of(net, name) if layer.batch_norm]
                 for name in names_in(net, self.layers)}
        without = [name for name in found if not found[name]]
        if without and (self.layers is not None or len(without) == len(found)):
            raise ValueError(f"L1BatchNorm expects hidden layers with batch norm, {', '.join(without)} have none")
        return [layer for layers in found.values() for layer in layers]

    def __repr__(self):
        return f"L1BatchNorm({self.strength!r}, layers={self.layers!r})"


def soft_threshold(w, threshold):
    """argmin_v ½ (v − w)² + threshold |v|, number by number: sign(w) · max(0, |w| − threshold)."""
    return np.sign(w) * np.maximum(np.abs(w) - threshold, 0)


def block_soft_factor(length, threshold):
    """max(0, 1 − threshold / ‖w‖), for each length ‖w‖: the c with c · w = argmin_v ½ ‖v − w‖² + threshold ‖v‖₂."""
    return 1 - np.divide(threshold, length, out=np.ones_like(length), where=length > threshold)


def alive(net, constant=False):
    """Return {hidden layer: (K,) bool}, False for neurons that put out 0 whatever they read: a `keep` for `prune`.

    Those are the neurons whose incoming weights are all exactly 0 (or, with batch norm, whose γ is) and for which
    f(bias) = 0 (with batch norm, of what running statistics, γ and β make of it), and those that are masked.
    `prune(net, alive(net))` computes what `net` computes. `constant=True` takes those of any constant output:
    a `keep` for `fold_means`. Where no neuron of a layer is alive, its first one stays, as a layer cannot be empty.
    """
    check_network(net)
    keep = {name: np.any([fires(layer, constant) for layer in layers_of(net, name)], axis=0)
            for name in net.hidden_layers}
    for stays in keep.values():
        stays[0] |= not stays.any()
    return keep


def fires(layer, constant):
    """(K,) False where neuron i of this layer puts out 0 (or a constant), whatever it reads."""
    unmoved = ~layer.W.reshape(layer.K, -1).any(axis=1)
    if layer.batch_norm:
        unmoved |= layer.gamma == 0
    z = layer.normalised(layer.b, False, {}) if layer.batch_norm else layer.b
    still = unmoved & (constant | (layer.f(z) == 0))        # z is that of a neuron that nothing moves
    return ~still if layer.mask is None else ~still & layer.mask


def layers_of(net, name):
    """The layers that a hidden layer stands for: itself, or those that are coupled."""
    return [net[member] for member in net.members(name)]


def lengths(group):
    """(K,) ‖all parameters of neuron i‖₂, in float64."""
    return np.sqrt(sum(np.square(w.reshape(len(w), -1), dtype=float).sum(axis=1) for w in group))


def size(group):
    """How many parameters one neuron has of its own."""
    return sum(w[0].size for w in group)


def check_names(layers):
    """Return the names as a list, or None; raise TypeError for anything else."""
    if layers is None:
        return None
    if isinstance(layers, str) or not np.iterable(layers) or not all(isinstance(name, str) for name in layers):
        raise TypeError(f"layers expects a list of names of hidden layers, got {layers!r}")
    return list(layers)


def names_in(net, layers):
    """The layers that are meant: those named, or all hidden layers."""
    for name in layers or ():
        check_known("hidden layer", name, net.hidden_layers)
    return net.hidden_layers if layers is None else layers
