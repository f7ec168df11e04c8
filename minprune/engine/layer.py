"""What every layer has, and what layers with neurons share."""

import functools
import math
import sys
from dataclasses import dataclass, field

import numpy as np

from . import batch_norm as bn
from .activations import ACTIVATIONS, activation, initialise
from .checks import batch_shape, check_flag, check_numeric
from .facts import NotSaid, required


@dataclass
class LayerTrace:
    """What one layer read and made of it (forward), and the gradients of these (after backward).

    `x` what the layer read; `z` its pre-activations; `o` its outputs; `do` = ∂ℓ_n/∂o and `dz` = ∂ℓ_n/∂z,
    sample by sample; `grads` maps the layer's parameter names ("W", "b", …) to Σ_n ∂ℓ_n/∂parameter.
    Layers without neurons (pooling, Flatten, Dropout) have no `z`, `dz` or `grads`. `saved` is what the layer itself
    keeps between its forward and its backward pass; nobody else may rely on it. `inside` has the LayerTraces of the
    layers inside a block, by name.
    """

    x: np.ndarray
    o: np.ndarray = None
    z: np.ndarray | None = None
    do: np.ndarray | None = None
    dz: np.ndarray | None = None
    grads: dict = field(default_factory=dict)
    saved: dict = field(default_factory=dict)
    inside: dict = field(default_factory=dict)


class Layer:
    """A recipe until a Network builds it, which gives it a name, sizes and arrays.

    `settings()` are the arguments that make the same layer again. A pass never changes a layer, nor the array that the
    layer reads: all that happens goes into the trace, so that one network can be traced many times at once.

    A layer of your own is a subclass with `forward` and `backward`, made known by `mp.register_layer`. What else it can
    do depends on what it says about itself. None means that it does not say: then whatever needs the fact refuses.

    linear          o is a linear function of x, without a constant (averages, Flatten)
    nonnegative     no slope ∂o/∂x is ever negative (averages, max pooling, Flatten)
    passes_on       each output is one of the inputs: relevance goes to where it came from (max pooling, Flatten)
    keeps_channels  channel c of o is made of channel c of x alone, and zeros stay zeros. `prune` needs it: to remove a
                    channel before the layer is then the same as to silence it behind the layer
    bounded         all outputs lie between two numbers: a loss with a σ or softmax of its own then warns
    moves_zeros     channel c of o is made of channel c of x alone, but zeros do not stay zeros, and `mask`, booleans or
                    None, holds a channel of o at 0. The layer is then a part of the neurons before it, and leaves with
                    them; `before(trace, do)` gives z and ∂ℓ/∂z. Else False

    Its methods `tangent`, `kinks`, `squared_share`, `squares_back`, `bounds_back` and `without_channels` are facts as
    well: those that have no answer here raise NotSaid.
    """

    prefix = "layer"            # "conv" gives conv1, conv2, …
    name = ""
    built = False               # True once a network has built it
    input_shape = output_shape = None
    linear = nonnegative = passes_on = keeps_channels = bounded = None
    moves_zeros = False
    follows_on = False          # a part of the neurons before it if the layer that it follows moves zeros
    groups = 1                  # of the channels that it reads; a neuron reads those of its own group
    paths = ()                  # of a block or a Concat: {name: layer} of each of the ways through it
    batch_norm = False          # whether it takes statistics of the mini-batch in training

    @property
    def inside(self):
        """{name: layer} of the layers that it is made of; empty but for Residual."""
        return {}

    def settings(self):
        return {}

    def again(self):
        """The same recipe as a new layer, without name, shapes and arrays."""
        return made(type(self), self.settings())

    def take_name(self, counts):
        """Take the next name of this kind; `counts` says how many of each have one."""
        counts[self.prefix] = counts.get(self.prefix, 0) + 1
        self.name = f"{self.prefix}{counts[self.prefix]}"

    def build(self, input_shape, rng, dtype):
        """Fix the shapes (without the batch axis) and make the arrays; `rng` None leaves weights zero."""
        self.input_shape = tuple(input_shape)
        self.output_shape = self.shape_from(self.input_shape)

    def shape_from(self, input_shape):
        """The shape made of an input of `input_shape`; raises ValueError if that cannot fit."""
        return input_shape

    def arrays(self):
        """{name: array} of all that is trained or saved; `parameters` are those that are trained."""
        return self.parameters()

    def parameters(self):
        return {}

    # --- the two passes

    def forward(self, x, training=False, rng=None):
        """Return a LayerTrace with x and o."""
        raise NotImplementedError(f"{self} has no forward pass")

    def output(self, x):
        """o of `forward`, to the last digits, where nothing else is asked for."""
        return self.forward(x).o

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """Store do (with neurons also dz, and grads if needed) in the trace; return ∂ℓ_n/∂x (None if not needed)."""
        raise NotImplementedError(f"{self} has no backward pass")

    def update_running(self, trace):
        """After a training pass: blend its statistics into the running ones. Only batch norms have some."""

    # --- what it says about itself

    def fact(self, name, need=""):
        """The fact of this name; raises NotSaid, naming the layer and who needs it, where the layer does not say."""
        return required(getattr(self, name), str(self), FACTS[name], need)

    def not_said(self, what):
        return NotSaid(f"{self} does not say {what}")

    def tangent(self, trace, dx):
        """Return how o moves when x moves by dx, to first order: (∂o/∂x) dx, at the point of the trace."""
        raise self.not_said("how its output moves with its input (the method tangent)")

    def kinks(self, trace):
        """On which side of each of its kinks the pass went: a flat array, one sample after the other, empty where there
        are no kinks."""
        if self.linear:
            return NO_KINKS
        raise self.not_said("on which side of its kinks a pass goes (the method kinks)")

    def check_piecewise_linear(self, need=""):
        """Raise NotSaid unless the layer is linear, up to kinks, so that its second derivatives are 0.

        A layer without neurons has no way to say other second derivatives.
        """
        if not (self.linear or self.passes_on):
            raise self.not_said("its second derivatives" + (f", which {need} needs" if need else ""))

    def check_nonnegative(self, need):
        """Raise NotSaid unless no slope of the layer is ever negative."""
        if not self.fact("nonnegative", need):
            raise NotSaid(f"{self} has negative slopes (nonnegative = False), so that {need} does not pass through it")

    def squared_share(self):
        """Σ_x (∂o/∂x)², the squared slopes of one output, added up over its inputs; the same for all outputs.

        None where it is not the same for all, or where an input reaches several outputs.
        """
        return None

    def squares_back(self, trace, h):
        """Σ_o (∂o/∂x)² h_o, the shape of x, for h of the shape of o."""
        if self.passes_on:
            return self.backward(LayerTrace(trace.x, trace.o, saved=trace.saved), h)      # a slope is 0 or 1
        raise self.not_said("how squared slopes go back (the method squares_back)")

    def bounds_back(self, trace, s):
        """Σ_o s_o · (the largest |∂o/∂x| at any input), the shape of x, for s of the shape of o."""
        if self.linear and self.nonnegative:
            return self.backward(LayerTrace(trace.x, trace.o, saved=trace.saved), s)
        raise self.not_said("how bounds go back (the method bounds_back)")

    def without_channels(self, arrays, stays):
        """Its own arrays, {name: array}, if of the channels that it reads only those in `stays` are left."""
        if arrays:
            raise self.not_said("what is left of its arrays when channels go (the method without_channels)")
        return {}

    def multiply_adds(self):
        """The multiply-adds of one sample's forward pass, biases and activations not counted."""
        return 0

    def check_input(self, x):
        """Raise unless x is a batch of this layer's inputs."""
        shape = x.shape if type(x) is np.ndarray else np.shape(x)
        if shape[1:] != self.input_shape or not shape:
            raise ValueError(f"{self} expects {batch_shape(self.input_shape)}, got {shape}")

    def cannot_fit(self, why):
        return ValueError(f"{self} cannot fit: {why}")

    def __str__(self):
        return f'{type(self).__name__} "{self.name}"' if self.name else type(self).__name__

    def __repr__(self):
        inside = ", ".join(f"{key}={value!r}" for key, value in self.settings().items())
        return f"{type(self).__name__}({inside})"


def made(cls, settings):
    """A layer of the class, made of these settings."""
    try:
        return cls(**settings)
    except TypeError as error:
        raise TypeError(f"{cls.__name__} cannot be made again from its settings() {settings}: {error}; "
                        "settings() gives the arguments of __init__") from None


NO_KINKS = np.zeros(0, bool)
MOST = sys.maxsize // 8                 # numbers of eight bytes that an address reaches
ARRAYS = frozenset(("W", "b", "gamma", "beta", "running_mean", "running_var", "mask"))
FACTS = {"linear": "whether it is linear (linear = True or False)",
         "nonnegative": "whether its slopes are never negative (nonnegative = True or False)",
         "passes_on": "whether each output is one of its inputs (passes_on = True or False)",
         "keeps_channels": "whether its channels stay channels and zeros stay zeros (keeps_channels = True or False)"}


# ------------------------------------------------------------------------------ layers with neurons


class NeuronLayer(Layer):
    """K neurons along the last axis: o = f(z), z = W x + b, batch-normalised on request.

    Arrays, all writable: `W` (row i is neuron i), `b` (without bias 0, and not trained); with batch norm `gamma`,
    `beta` (trained) and `running_mean`, `running_var` (not trained). `mask` is None or K booleans; where it is False
    the neuron's output is held at 0. `f` is the activation, `K` the number of neurons. In a network an array can be
    replaced, `net["dense1"].W = …`, by one of its shape alone; it takes the network's dtype.

    A subclass says how W meets x: `forward`, `backward`, and for the scores `product`, `product_back`,
    `weight_gradient`, `patches`, `of_channel`.
    """

    W = b = gamma = beta = running_mean = running_var = mask = None
    linear = nonnegative = passes_on = keeps_channels = False
    size_setting = "neurons"            # the name of the setting that has K

    def __init__(self, neurons, activation_name, batch_norm, bias=True):
        self.K, self.f = neurons, activation(activation_name)
        # ε and the momentum of its batch norm, or None
        self.constants = None if batch_norm is False else bn.constants_of(batch_norm)
        self.batch_norm, self.bias = self.constants is not None, check_flag("bias", bias)

    def __setattr__(self, name, value):
        """An array of a layer in a network is replaced by one of its shape alone."""
        checked = self.fitting(name, value) if name in ARRAYS and self.built else value
        object.__setattr__(self, name, checked)

    def fitting(self, name, value):
        """The value as the array of this name; ValueError or TypeError, naming the array, if it does not fit."""
        called, old = f"{self.name}.{name}", self.b if name == "mask" else getattr(self, name)
        if old is None:
            raise ValueError(f"{called}: {self} has no batch norm")
        if name == "mask" and value is None:
            return None
        if name == "mask" and np.asarray(value).dtype != bool:
            raise TypeError(f"{called} expects booleans, True for who stays, or None, got {value!r}")
        value = check_numeric(called, value, bool if name == "mask" else old.dtype)
        if value.shape != old.shape:
            raise ValueError(f"{called} expects shape {old.shape}, got {value.shape}")
        return value

    @property
    def bounded(self):
        """Whether all outputs lie between two numbers; None if the activation does not say."""
        return self.f.bounded

    def named_activation(self):
        """The activation as a setting: its name, or the Activation itself if it is not one of ours."""
        return self.f.name if ACTIVATIONS.get(self.f.name) == self.f else self.f

    def last_settings(self):
        """The settings batch_norm and bias, the latter only where there is none."""
        batch_norm = self.constants.as_setting() if self.batch_norm else False
        return {"batch_norm": batch_norm} if self.bias else {"batch_norm": batch_norm, "bias": False}

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        shape, fan_in, fan_out = self.weight_shape()
        if math.prod(shape) > MOST:
            raise self.cannot_fit(f"its weights would have the shape {shape}, more numbers than a memory can have")
        W = np.zeros(shape) if rng is None else initialise(shape, fan_in, fan_out, self.f.initialisation, rng)
        self.W, self.b = W.astype(dtype), np.zeros(self.K, dtype)
        self.b.flags.writeable = self.bias              # without a bias b is 0, and stays so
        if self.batch_norm:
            self.gamma, self.beta = np.ones(self.K, dtype), np.zeros(self.K, dtype)
            self.running_mean, self.running_var = np.zeros(self.K, dtype), np.ones(self.K, dtype)

    def parameters(self):
        trained = ["W"] + ["b"] * self.bias + (["gamma", "beta"] if self.batch_norm else [])
        return {name: getattr(self, name) for name in trained}

    def arrays(self):
        fixed = (["running_mean", "running_var"] if self.batch_norm else []) + ([] if self.mask is None else ["mask"])
        return {**self.parameters(), **{name: getattr(self, name) for name in fixed}}

    # --- between a = W x + b and o

    def normalised(self, a, trace):
        """z = γ â + β, saving in the trace what the way back needs."""
        saved = trace.saved
        saved["mean"], saved["var"] = bn.batch_statistics(a) if saved["training"] else \
            (self.running_mean, self.running_var)
        saved["a_hat"] = bn.normalise(a, saved["mean"], saved["var"], self.constants.eps)
        return self.gamma * saved["a_hat"] + self.beta

    def outputs(self, z):
        """o = f(z), held at 0 where the neuron is masked. Raises ValueError if f gives back z: it worked in place."""
        o = self.f(z)
        if o is z:
            raise ValueError(f'{self}: activation "{self.f.name}": function expects to return a new array, got z '
                             "itself")
        return o if self.mask is None else o * self.mask

    def slope(self, z):
        """∂o/∂z = f′(z), 0 where the neuron is masked."""
        slope = self.f.derivative(z)
        return slope if self.mask is None else slope * self.mask

    def slope_times(self, do, z):
        """∂ℓ/∂z = ∂ℓ/∂o · f′(z), written into the new array that f′ of our own activations is."""
        slope = self.slope(z)
        return np.multiply(do, slope, out=slope if ACTIVATIONS.get(self.f.name) is self.f else None)

    def curvature(self, z, need=""):
        """∂²o/∂z² = f″(z), 0 where the neuron is masked, and 0 at a kink. Raises NotSaid if f does not say f″."""
        curvature = self.of_activation("second", need)(z)
        return curvature if self.mask is None else curvature * self.mask

    def of_activation(self, fact, need=""):
        """A fact of the activation; NotSaid names the layer as well."""
        try:
            return self.f.needed(fact, need)
        except NotSaid as error:
            raise NotSaid(f"{self}: {error}") from None

    def unnormalised(self, trace, need_grads=True):
        """∂ℓ/∂a; with batch norm back through it, and ∂ℓ/∂γ = Σ ∂ℓ/∂z · â and ∂ℓ/∂β = Σ ∂ℓ/∂z."""
        if not self.batch_norm:
            return trace.dz
        saved = trace.saved
        if need_grads:
            trace.grads["gamma"] = total(trace.dz * saved["a_hat"])
            trace.grads["beta"] = total(trace.dz)
        if saved["training"]:
            return bn.backward_batch(trace.dz, saved["a_hat"], self.gamma, saved["var"], self.constants.eps)
        return bn.backward_fixed(trace.dz, self.gamma, saved["var"], self.constants.eps)

    # --- what the scores need

    def tangent(self, trace, dx):
        """f′(z) · W dx, times γ / √(var + ε) with batch norm: how o moves when x moves by dx."""
        return self.slope(trace.z) * self.scaled(self.product(dx), trace)

    def kinks(self, trace):
        """On which side of each kink of f each z lies."""
        return (trace.z[..., np.newaxis] > np.array(self.of_activation("kinks"))).ravel()

    def scaled(self, da, trace):
        """∂z/∂a · da, which is also ∂z/∂a · ∂ℓ/∂z: the batch norm with its running statistics is a number."""
        if not self.batch_norm:
            return da
        if trace.saved["training"]:
            raise ValueError(f"{self} mixes the samples in a training pass; trace with training=False")
        return bn.backward_fixed(da, self.gamma, trace.saved["var"], self.constants.eps)

    def per_sample_dW(self, trace):
        """∂ℓ_n/∂w_ij = Σ_p ∂ℓ_n/∂a_npi · x_npj, shape (N, K, F)."""
        da = np.ascontiguousarray(self.scaled(trace.dz, trace)).reshape(len(trace.dz), -1, self.K)
        return self.single_gradients(trace.x, da)

    def single_gradients(self, x, da):
        """Σ_p da_npi x_npj, (N, K, F), of da (N, P, K)."""
        return np.matmul(da.transpose(0, 2, 1), self.patches(x))

    def update_running(self, trace):
        """Blend a training pass's batch statistics into the running ones (its variance unbiased).

        A pass of one number a neuron, a mini-batch of one sample, is left out: one number says nothing of a variance.
        """
        if self.batch_norm and (count := trace.z.size // self.K) > 1:
            bn.blend(self.running_mean, trace.saved["mean"], self.constants.momentum)
            bn.blend(self.running_var, trace.saved["var"] * (count / (count - 1)), self.constants.momentum)

    def without_channels(self, arrays, stays):
        """W without the weights that read a missing channel, whose axis is last or folded into the last."""
        by_channel = arrays["W"].reshape(*arrays["W"].shape[:-1], -1, len(stays))
        return {**arrays, "W": by_channel[..., stays].reshape(*arrays["W"].shape[:-1], -1)}

    def without_neurons(self, arrays, stays):
        """Its own arrays with only the neurons in `stays`: a row of each goes with its neuron."""
        return {name: array[stays] for name, array in arrays.items()}

    def weight_shape(self):
        """(shape of W, fan in, fan out)."""
        raise self.not_said("the shape of its weights (the method weight_shape)")

    def product(self, x):
        """W x, without bias."""
        raise self.not_said("its product of weights and inputs (the method product)")

    def product_back(self, da):
        """∂ℓ/∂x = ∂ℓ/∂a · W, summed over all places where x is read."""
        raise self.not_said("how a gradient goes back through its weights (the method product_back)")

    def weight_gradient(self, x, da):
        """Σ_n ∂ℓ_n/∂W, the shape of W."""
        raise self.not_said("the gradient of its weights (the method weight_gradient)")

    def patches(self, x):
        """What each neuron read, (N, P, F)."""
        raise self.not_said("what each of its neurons reads (the method patches)")

    def of_channel(self, x, i, n, K):
        """W x of samples n where of the K channels of x only channel i is read."""
        raise self.not_said("its product with one channel (the method of_channel)")

    def multiply_adds(self):
        """Those of W, at each of its positions."""
        return math.prod(self.output_shape[:-1]) * self.W.size


def flat(chain):
    """{name: layer} of the layers of a chain and of all inside them, in the order in which they are run."""
    layers = {}
    for name, layer in chain.items():
        if layer.inside:
            layers |= flat(layer.inside)
        layers[name] = layer
    return layers


# ------------------------------------------------------------------------ images in memory, sample by sample
#
# Everybody sees images as (N, H, W, C). Those of a layer lie in memory as channel, row, column, sample, and the view is
# transposed. Two samples n of a 2×2 image with the channels a and b:
#
#     shape (N, H, W, C)           memory (C, H, W, N)
#
#     n = 0:  a00,b00  a01,b01     a00 a00 | a01 a01 | a10 a10 | a11 a11 ‖ b00 b00 | b01 b01 | b10 b10 | b11 b11
#             a10,b10  a11,b11     n=0 n=1
#     n = 1:  the same again
#
# Why: whatever a layer does to a pixel it does to the same pixel of all samples, and these are neighbours now. So bias,
# relu, pooling and batch norm run over long rows, a row of patches is one straight copy, and the formula's own product,
# W · patches, leaves z in this order. Rows stand before columns, so that an image's positions are one axis of a view:
# (N, P, C) is no copy. Measured on LeNet-5 (128 images, float32, one BLAS thread), the order of the shape to this one:
# W · patches of the first layer 1.6, of the second 1.2; max pooling 1.5, its way back 1.6; a step 1.25.
#
# Vectors (N, K) may lie in memory as (K, N), where the product is faster so: see `Dense.product`.
#
# An array in another order (the input, what a layer of the user returned) is copied into this order by the first layer
# that needs it. So nothing depends on the order but the time, and nobody but these functions and the patches of
# `conv2d.py` knows it.


def memory(x):
    """The images x (N, H, W, C) as they lie in memory, (C, H, W, N): a view of x if they do, else a copy."""
    return np.ascontiguousarray(samples_last(x))


def samples_last(x):
    """x.transpose(3, 1, 2, 0), with the samples of a pixel side by side in memory.

    Images in the order of their shape are copied, as one matrix (N, H·W·C) is transposed. That and the copy of its rows
    that may follow take a quarter of the time of a copy in which all four axes change places.
    """
    if not x.flags.c_contiguous:
        return x.transpose(3, 1, 2, 0)
    N, *pixel = x.shape
    return np.ascontiguousarray(x.reshape(N, -1).T).reshape(*pixel, N).transpose(2, 0, 1, 3)


def images(array):
    """The view (N, H, W, C) of an array (C, H, W, N)."""
    return array.transpose(3, 1, 2, 0)


def empty(shape, dtype):
    """New images of this shape, (N, H, W, C), in this order."""
    N, height, width, channels = shape
    return images(np.empty((channels, height, width, N), dtype))


def flattened(x):
    """x.reshape(N, H·W·C). Of images in this order it is a copy with the samples last, rows of N numbers."""
    if x.ndim != 4 or x.flags.c_contiguous:
        return x.reshape(len(x), math.prod(x.shape[1:]))
    return x.transpose(1, 2, 3, 0).reshape(-1, len(x)).T


def unflattened(x, shape):
    """x.reshape(N, *shape); images are copied into this order."""
    x = x.reshape(len(x), *shape)
    return images(memory(x)) if x.ndim == 4 else x


def chosen(x, n):
    """x[n], samples chosen by their numbers; images stay in this order. A view if n is one run, 3, 4, 5, …"""
    if len(n) and n[-1] - n[0] == len(n) - 1 and (np.diff(n) == 1).all():
        return x[n[0]:n[-1] + 1]
    return images(memory(x).take(n, axis=3)) if x.ndim == 4 else x.take(n, axis=0)


def total(array):
    """Σ over all axes but the neurons', array.sum(axis=(0, 1, …)).

    As a product with ones, which is faster than `sum`.
    """
    if array.ndim == 4:
        rows = memory(array).reshape(array.shape[-1], -1)
        return rows @ ones(rows.shape[1], rows.dtype)
    rows = array if array.ndim == 2 else array.reshape(-1, array.shape[-1])
    return ones(len(rows), rows.dtype) @ rows


@functools.lru_cache(maxsize=8)         # a training asks for the same few again and again
def ones(count, dtype):
    return np.ones(count, dtype)
