"""ActivationLayer: an activation as a layer of its own, behind the sum of a block or behind pooling."""

import numpy as np

from . import activations
from .facts import NotSaid
from .layer import Layer, LayerTrace
from .registry import register_layer


@register_layer
class ActivationLayer(Layer):
    """o = f(x), number by number. `activation` is a name or an Activation.

    Layers with neurons have an activation already. This one stands where there is no such layer: behind a sum, as in
    the ResNets of He et al., CVPR 2016, arXiv:1512.03385, `Residual([…]), ActivationLayer("relu")`.

    A silent channel stays silent if f(0) = 0. Otherwise, as behind sigmoid, the layer is a part of the neurons before
    it, "dense1+activation1": a neuron is silent if its channel is 0 behind the activation, which `mask`, C booleans or
    None, does. So is an activation right behind a `BatchNorm`, whatever f(0).
    """

    prefix = "activation"
    passes_on = False
    follows_on = True
    mask = None

    def __init__(self, activation):
        self.f = activations.activation(activation)

    def settings(self):
        return {"activation": self.f.name if activations.ACTIVATIONS.get(self.f.name) == self.f else self.f}

    def arrays(self):
        return {} if self.mask is None else {"mask": self.mask}

    def without_channels(self, arrays, stays):
        return {name: array[stays] for name, array in arrays.items()}

    def held(self, array):
        """The array, 0 where the channel is masked."""
        return array if self.mask is None else array * self.mask

    @property
    def keeps_channels(self):
        return self.f.at_zero == 0

    @property
    def moves_zeros(self):
        return not self.keeps_channels

    @property
    def bounded(self):
        return self.f.bounded

    @property
    def linear(self):
        """True for a homogeneous and odd f, f(s z) = s f(z) for all s; else False, and None if f does not say."""
        if self.f.homogeneous is None or self.f.odd is None:
            return None
        return bool(self.f.homogeneous and self.f.odd)

    @property
    def nonnegative(self):
        """Whether no slope of f is negative, for a homogeneous f: its two rays go through f(1) and f(−1). Else None."""
        return None if not self.f.homogeneous else bool((self.slopes() >= 0).all())

    def slopes(self):
        """The slopes of the two rays of a homogeneous f: f(1) and −f(−1)."""
        return self.f(np.array([1.0, -1.0])) * [1, -1]

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return LayerTrace(x, self.held(self.f(x)))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = ∂ℓ/∂o · f′(x)."""
        trace.do = do
        return self.tangent(trace, do) if need_dx else None

    def before(self, trace, do=0.0):
        """(z, ∂ℓ/∂z) of the neurons that it is a part of: z is what it reads."""
        return trace.x, self.tangent(trace, do)

    def tangent(self, trace, dx):
        return self.held(self.f.derivative(trace.x)) * dx

    def kinks(self, trace):
        """On which side of each kink of f each x lies."""
        return (trace.x[..., np.newaxis] > np.array(self.f.needed("kinks", str(self)))).ravel()

    def squares_back(self, trace, h):
        """f′(x)² h: each output reads one input."""
        return self.held(self.f.derivative(trace.x)) ** 2 * h

    def bounds_back(self, trace, s):
        """s times the steeper of the two slopes of a homogeneous f."""
        if not self.f.needed("homogeneous", str(self)):
            raise self.not_said("its largest slope (the method bounds_back)")
        return self.held(s * np.abs(self.slopes()).max())

    def check_piecewise_linear(self, need=""):
        """A homogeneous f is two rays that meet at 0: its second derivative is 0 but at the kink."""
        if not self.f.needed("homogeneous", need or str(self)):
            why = f", and {need} takes layers between neurons as piecewise linear" if need else ""
            raise NotSaid(f"{self} is curved (f″ is not 0){why}")
