"""What Dense and Conv2D share: neurons o = f(z), z = W x + b, batch-normalised on request."""

import numpy as np

from . import batch_norm as bn
from .activations import activation, initialise
from .layer import Layer
from .trace import LayerTrace


class NeuronLayer(Layer):
    """K neurons along the last axis.

    Arrays, all writable: `W` (row i is neuron i), `b`; with batch norm `gamma`, `beta` (trained) and
    `running_mean`, `running_var` (not trained). `mask` is None or K booleans; where it is False the
    neuron's output is held at 0. `f` is the activation, `K` the number of neurons.

    A subclass says how W meets x: `weigh`, `weigh_back`, `weight_gradient`, `patches`.
    """

    W = b = gamma = beta = running_mean = running_var = mask = None

    def __init__(self, neurons, activation_name, batch_norm):
        self.K, self.f, self.batch_norm = neurons, activation(activation_name), bool(batch_norm)

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        shape, fan_in, fan_out = self.weight_shape()
        W = np.zeros(shape) if rng is None else initialise(shape, fan_in, fan_out, self.f.scheme, rng)
        self.W, self.b = W.astype(dtype), np.zeros(self.K, dtype)
        if self.batch_norm:
            self.gamma, self.beta = np.ones(self.K, dtype), np.zeros(self.K, dtype)
            self.running_mean, self.running_var = np.zeros(self.K, dtype), np.ones(self.K, dtype)

    def parameters(self):
        trained = ("W", "b", "gamma", "beta") if self.batch_norm else ("W", "b")
        return {name: getattr(self, name) for name in trained}

    def arrays(self):
        fixed = ("running_mean", "running_var") * self.batch_norm + ("mask",) * (self.mask is not None)
        return {**self.parameters(), **{name: getattr(self, name) for name in fixed}}

    # --- forward: a = W x + b;  z = batch norm(a) or a;  o = f(z), 0 where masked

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        trace = LayerTrace(x=x, o=None, kept={"training": training})
        a = self.weigh(x, self.b, trace.kept if training else None)
        trace.z = self.normalised(a, training, trace.kept) if self.batch_norm else a
        trace.o = self.outputs(trace.z)
        return trace

    def normalised(self, a, training, kept):
        """z = γ â + β, remembering what the way back needs."""
        kept["mean"], kept["var"] = bn.batch_statistics(a) if training else (self.running_mean, self.running_var)
        kept["a_hat"] = bn.normalise(a, kept["mean"], kept["var"])
        return self.gamma * kept["a_hat"] + self.beta

    def outputs(self, z):
        """o = f(z), held at 0 where the neuron is masked."""
        o = self.f(z)
        return o if self.mask is None else o * self.mask

    # --- backward

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂z = ∂ℓ/∂o · f′(z);  ∂ℓ/∂a = ∂ℓ/∂z, or back through the batch norm;
        ∂ℓ/∂W, ∂ℓ/∂b = Σ_n ∂ℓ/∂a · ∂a/∂(W, b);  ∂ℓ/∂x = ∂ℓ/∂a · ∂a/∂x."""
        trace.do = do
        trace.dz = self.slope(trace.z)
        trace.dz *= do
        da = self.unnormalised(trace, need_grads)
        if need_grads:
            trace.grads["W"] = self.weight_gradient(trace.x, da, trace.kept if trace.kept["training"] else None)
            trace.grads["b"] = total(da)
        return self.weigh_back(da) if need_dx else None

    def slope(self, z):
        """∂o/∂z = f′(z), 0 where the neuron is masked."""
        slope = self.f.derivative(z)
        return slope if self.mask is None else slope * self.mask

    def unnormalised(self, trace, need_grads=True):
        """∂ℓ/∂a, and with batch norm ∂ℓ/∂γ = Σ ∂ℓ/∂z · â and ∂ℓ/∂β = Σ ∂ℓ/∂z."""
        if not self.batch_norm:
            return trace.dz
        kept = trace.kept
        if need_grads:
            trace.grads["gamma"] = total(trace.dz * kept["a_hat"])
            trace.grads["beta"] = total(trace.dz)
        if kept["training"]:
            return bn.backward_batch(trace.dz, kept["a_hat"], self.gamma, kept["var"])
        return bn.backward_fixed(trace.dz, self.gamma, kept["var"])

    # --- what the scores ask for

    def tangent(self, trace, dx):
        """do = f′(z) · dz,  dz = W dx (times γ / √(var + ε) with batch norm)."""
        return self.slope(trace.z) * self.scaled(self.weigh(dx), trace)

    def scaled(self, da, trace):
        """∂z/∂a · da, which is also ∂z/∂a · ∂ℓ/∂z: the batch norm with its running statistics is a number."""
        if not self.batch_norm:
            return da
        if trace.kept["training"]:
            raise ValueError(f"{self} mixes the samples in a training pass; trace with training=False")
        return bn.backward_fixed(da, self.gamma, trace.kept["var"])

    def per_sample_dW(self, trace):
        """∂ℓ_n/∂w_ij = Σ_p ∂ℓ_n/∂a_npi · x_npj, shape (N, K, F)."""
        da = self.scaled(trace.dz, trace)
        return np.matmul(da.reshape(len(da), -1, self.K).transpose(0, 2, 1), self.patches(trace.x))

    def update_running(self, trace):
        """Blend a training pass's batch statistics into the running ones (its variance unbiased)."""
        if self.batch_norm:
            count = trace.z.size // self.K
            bn.blend(self.running_mean, trace.kept["mean"])
            bn.blend(self.running_var, trace.kept["var"] * (count / max(count - 1, 1)))

    def weight_shape(self):
        """(shape of W, fan in, fan out)."""
        raise NotImplementedError

    def weigh(self, x, b=None, kept=None):
        """W x + b, or W x. In training, `kept` may take along what `weight_gradient` can use again."""
        raise NotImplementedError

    def weigh_back(self, da):
        """∂ℓ/∂x = ∂ℓ/∂a · W, summed over all places where x is read."""
        raise NotImplementedError

    def weight_gradient(self, x, da, kept=None):
        """Σ_n ∂ℓ_n/∂W, the shape of W."""
        raise NotImplementedError

    def patches(self, x):
        """What each neuron read, (N, P, F)."""
        raise NotImplementedError


def total(array):
    """Σ over all axes but the neurons', as a product with ones: much faster than a sum along a short last axis."""
    rows = array.reshape(-1, array.shape[-1])
    return np.ones(len(rows), rows.dtype) @ rows
