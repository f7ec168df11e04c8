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

    A batch norm right behind a layer with neurons is better a part of it, `Dense(8, batch_norm=True)`: it leaves with
    the neuron. This one makes β − γ mean / √(var + ε) of a channel that is silent. So `prune` refuses the layers before
    it, by name; `mask` and scores silence the neuron's own output, which stands before it.
    Ioffe & Szegedy, ICML 2015, arXiv:1502.03167.
    """

    prefix = "batchnorm"
    linear = passes_on = keeps_channels = bounded = False
    batch_norm = True

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
        return {**self.parameters(), "running_mean": self.running_mean, "running_var": self.running_var}

    @property
    def nonnegative(self):
        return bool((self.gamma >= 0).all())

    def forward(self, x, training=False, rng=None):
        """x̂ = (x − mean) / √(var + ε);   o = γ x̂ + β."""
        self.check_input(x)
        mean, var = bn.batch_statistics(x) if training else (self.running_mean, self.running_var)
        x_hat = bn.normalise(x, mean, var, self.constants.eps)
        return LayerTrace(x, self.gamma * x_hat + self.beta,
                          saved={"training": training, "mean": mean, "var": var, "x_hat": x_hat})

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂γ = Σ ∂ℓ/∂o · x̂;   ∂ℓ/∂β = Σ ∂ℓ/∂o;   ∂ℓ/∂x = ∂ℓ/∂o · γ / √(var + ε), or back through the statistics."""
        trace.do = do
        saved = trace.saved
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

    # --- what the scores need: with fixed statistics each output is one input times a number, plus another

    def scale(self):
        """γ / √(var + ε) with the running variance."""
        return bn.backward_fixed(1, self.gamma, self.running_var, self.constants.eps)

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
