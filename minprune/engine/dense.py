"""Dense: every neuron reads every input."""

from .checks import check_size
from .layer import LayerTrace, NeuronLayer, total
from .registry import register_layer


@register_layer
class Dense(NeuronLayer):
    """K neurons, each reading every input: o = f(x Wᵀ + b).

    x (N, F);  W (K, F);  b (K,);  z, o (N, K).  `activation` is a name in `mp.ACTIVATIONS` (relu, tanh, …) or an
    `mp.Activation` of your own; `batch_norm=True` normalises x Wᵀ + b before it, {"eps": 1e-3, "momentum": 0.01} with
    other numbers than 1e-5 and 0.1. `bias=False` leaves out b.
    """

    prefix = "dense"
    size_setting = "units"

    def __init__(self, units, activation="identity", batch_norm=False, bias=True):
        super().__init__(check_size("Dense units", units), activation, batch_norm, bias)

    def settings(self):
        return {"units": self.K, "activation": self.named_activation(), **self.last_settings()}

    def shape_from(self, input_shape):
        if len(input_shape) != 1:
            raise self.cannot_fit(f"it reads a vector, got shape {input_shape}; put Flatten() before it")
        return (self.K,)

    def weight_shape(self):
        return (self.K, self.input_shape[0]), self.input_shape[0], self.K

    def forward(self, x, training=False, rng=None):
        """a_ni = Σ_j x_nj w_ij + b_i;   z = a, or batch norm of a;   o = f(z)."""
        self.check_input(x)
        trace = LayerTrace(x, saved={"training": training})
        a = self.product(x)
        a += self.b
        trace.z = self.normalised(a, trace) if self.batch_norm else a
        trace.o = self.outputs(trace.z)
        return trace

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """By the chain rule, from o back to z, a, and to what a is made of:

        ∂ℓ/∂z_ni = ∂ℓ/∂o_ni · f′(z_ni)               ∂ℓ/∂a = ∂ℓ/∂z, or back through the batch norm
        ∂ℓ/∂w_ij = Σ_n ∂ℓ/∂a_ni x_nj                 ∂ℓ/∂b_i = Σ_n ∂ℓ/∂a_ni
        ∂ℓ/∂x_nj = Σ_i ∂ℓ/∂a_ni w_ij
        """
        trace.do = do
        trace.dz = self.slope_times(do, trace.z)
        da = self.unnormalised(trace, need_grads)
        if need_grads:
            trace.grads["W"] = da.T @ trace.x
            if self.bias:
                trace.grads["b"] = total(da)
        return self.product_back(da) if need_dx else None

    # --- what the scores need

    def product(self, x):
        """Σ_j x_nj w_ij, the product x · Wᵀ.

        As (W · xᵀ)ᵀ where the samples lie side by side in memory, as those of images do, and where the neurons are
        many: BLAS is faster with the longer side first.
        """
        if x.flags.c_contiguous and self.K < 2 * len(x):
            return x @ self.W.T
        return (self.W @ x.T).T

    def product_back(self, da):
        """Σ_i ∂ℓ/∂a_ni w_ij, the product ∂ℓ/∂a · W, in the order in which ∂ℓ/∂a lies in memory."""
        return da @ self.W if da.flags.c_contiguous else (self.W.T @ da.T).T

    def weight_gradient(self, x, da):
        """Σ_n ∂ℓ/∂a_ni x_nj."""
        return da.T @ x

    def patches(self, x):
        """x, at one position: (N, 1, F)."""
        return x[:, None]

    def of_channel(self, x, i, n, K):
        """The inputs of channel i are i, i + K, i + 2K, …: Flatten puts the channels of a position side by side."""
        by_channel = self.W.reshape(self.K, -1, K)
        return x.reshape(len(x), -1, K)[n, :, i] @ by_channel[:, :, i].T
