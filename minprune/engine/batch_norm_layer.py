"""BatchNorm: a batch norm as a layer of its own, before an activation or behind a sum."""

import numpy as np

from . import batch_norm as bn
from .layer import NO_KINKS, Layer, LayerTrace, total
from .registry import register_layer


@register_layer
class BatchNorm(Layer):
    """o_c = γ_c (x_c − mean_c) / √(var_c + ε) + β_c for each channel (or feature) c.

    `eps` is ε, `momentum` the share of a new batch in the running statistics (1 − momentum of Keras). In training mean
    and var are the batch's own. Arrays: `gamma`, `beta` (trained), `running_mean`, `running_var`.

    It makes β − γ mean / √(var + ε) of a channel that is 0. So it is a part of the neurons before it,
    "conv1+batchnorm1": a neuron is silent if its channel is 0 behind the batch norm, which `mask`, C booleans or None,
    does, and `prune` takes the channel out of all arrays. Behind a sum it belongs to all that is added there.
    `Network.merged` puts it into the layer before it where that is possible, `Dense(8, batch_norm=True)`.
    Ioffe & Szegedy, ICML 2015, arXiv:1502.03167.
    """

    prefix = "batchnorm"
    linear = passes_on = keeps_channels = bounded = False
    batch_norm = moves_zeros = True
    mask = None

    def __init__(self, eps=bn.EPSILON, momentum=bn.MOMENTUM):
        self.constants = bn.Constants(eps, momentum)

    def settings(self):
        return {"eps": self.constants.eps, "momentum": self.constants.momentum}

    def saved_shapes(self, input_shape):
        """{array: its shape}, known before anything is built."""
        return {name: (input_shape[-1],) for name in ("gamma", "beta", "running_mean", "running_var")}

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        C = input_shape[-1]
        self.gamma, self.beta = np.ones(C, dtype), np.zeros(C, dtype)
        self.running_mean, self.running_var = np.zeros(C, dtype), np.ones(C, dtype)

    def parameters(self):
        return {"gamma": self.gamma, "beta": self.beta}

    def arrays(self):
        fixed = {"running_mean": self.running_mean, "running_var": self.running_var}
        return {**self.parameters(), **fixed, **({} if self.mask is None else {"mask": self.mask})}

    @property
    def nonnegative(self):
        return bool((self.gamma >= 0).all())

    def forward(self, x, training=False, rng=None):
        """x̂ = (x − mean) / √(var + ε);   o = γ x̂ + β, held at 0 where the channel is masked."""
        self.check_input(x)
        mean, var = bn.batch_statistics(x) if training else (self.running_mean, self.running_var)
        x_hat = bn.normalise(x, mean, var, self.constants.eps)
        return LayerTrace(x, self.held(self.gamma * x_hat + self.beta),
                          saved={"training": training, "mean": mean, "var": var, "x_hat": x_hat})

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂γ = Σ ∂ℓ/∂o · x̂;   ∂ℓ/∂β = Σ ∂ℓ/∂o;   ∂ℓ/∂x = ∂ℓ/∂o · γ / √(var + ε), or back through the statistics."""
        trace.do = do
        do, saved = self.held(do), trace.saved
        if need_grads:
            trace.grads["gamma"], trace.grads["beta"] = total(do * saved["x_hat"]), total(do)
        if not need_dx:
            return None
        if saved["training"]:
            return bn.backward_batch(do, saved["x_hat"], self.gamma, saved["var"], self.constants.eps)
        return bn.backward_fixed(do, self.gamma, saved["var"], self.constants.eps)

    def update_running(self, trace):
        """Blend a training pass's batch statistics into the running ones (its variance unbiased)."""
        count = trace.x.size // trace.x.shape[-1]
        if count > 1:
            bn.blend(self.running_mean, trace.saved["mean"], self.constants.momentum)
            bn.blend(self.running_var, trace.saved["var"] * (count / (count - 1)), self.constants.momentum)

    def held(self, array):
        """The array, 0 where the channel is masked."""
        return array if self.mask is None else array * self.mask

    # --- what the scores need: with fixed statistics each output is one input times a number, plus another

    def before(self, trace, do=0.0):
        """(z, ∂ℓ/∂z) of the neurons that it is a part of: there is no activation behind it, so that z is o."""
        return trace.o, self.held(do)

    def scale(self):
        """γ / √(var + ε) with the running variance; 0 where the channel is masked."""
        return self.held(bn.backward_fixed(1, self.gamma, self.running_var, self.constants.eps))

    def tangent(self, trace, dx):
        return self.scale() * dx

    def kinks(self, trace):
        return NO_KINKS

    def check_piecewise_linear(self, need=""):
        """Its second derivatives are 0."""

    def squares_back(self, trace, h):
        return self.scale() ** 2 * h

    def bounds_back(self, trace, s):
        return np.abs(self.scale()) * s

    def without_channels(self, arrays, stays):
        return {name: array[stays] for name, array in arrays.items()}
