"""The activation functions f, each with its derivatives f′ and f″ right under it, all three as functions of z."""

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np

from .checks import check_known
from .facts import required


@dataclass(frozen=True)
class Activation:
    """o = f(z), and what f says about itself. `mp.Dense(8, activation)` takes a name or an Activation of your own.

    name         how files, tables and errors call it
    function     f: an array z of any shape -> o, a new array of the same shape and dtype
    derivative   f′(z), at z and never at o
    second       f″(z)
    kinks        the z at which f′ or f″ jumps, such as (0.0,) for relu; () if there are none. Central differences
                 across a kink mean nothing
    homogeneous  True if f(s z) = s f(z) for every s ≥ 0
    odd          True if f(−z) = −f(z)
    initialisation   "he" or "glorot": the variance that incoming weights start with, see `initialise`
    formula      f as text
    bounded      True if all o lie between two numbers, as those of sigmoid and tanh do

    None means that the activation does not say. Whatever needs the fact then refuses it by name: second-order scores
    without `second`, `check_gradients` and `verify` without `kinks`, `merge` without `homogeneous` and `odd`.
    """

    name: str
    function: Callable
    derivative: Callable
    second: Callable | None = None
    kinks: tuple | None = None
    homogeneous: bool | None = None
    odd: bool | None = None
    initialisation: str = "glorot"
    formula: str = ""
    bounded: bool | None = None

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"Activation name expects a text, got {self.name!r}")
        for key in ("function", "derivative"):
            if not callable(getattr(self, key)):
                raise TypeError(f'activation "{self.name}": {key} expects a function of z, got {getattr(self, key)!r}')
        check_known("initialisation", self.initialisation, INITIALISATIONS)

    def __call__(self, z):
        return self.function(z)

    @property
    def at_zero(self):
        """f(0)."""
        return float(self.function(np.zeros(1))[0])

    def needed(self, fact, need=""):
        """Return the fact of this name; raise NotSaid, naming the activation and who needs it, if it is None."""
        value = getattr(self, fact)
        if value is None:
            required(None, f'activation "{self.name}"', f"{SAID_BY[fact]} ({fact}=…)", need)
        return value


SAID_BY = {"second": "its second derivative", "kinks": "where its kinks are",
           "homogeneous": "whether it is homogeneous", "odd": "whether it is odd"}
INITIALISATIONS = ("he", "glorot")


def identity(z):
    return z.copy(order="K")        # o is an array of its own, as with every other activation


def identity_derivative(z):
    return np.ones_like(z)


def relu(z):
    return np.maximum(z, 0)


def relu_derivative(z):
    """1 where z > 0, else 0. At the kink z = 0 the derivative is taken as 0."""
    return (z > 0).astype(z.dtype)


SLOPE = 0.01


def leaky_relu(z):
    return np.maximum(z, SLOPE * z)


def leaky_relu_derivative(z):
    """1 where z > 0, else 0.01."""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(SLOPE))


def sigmoid(z):
    """1 / (1 + e^−z), computed as (1 + tanh(z/2)) / 2, which overflows nowhere."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def sigmoid_derivative(z):
    o = sigmoid(z)
    return o * (1 - o)


def sigmoid_second(z):
    """o (1 − o) (1 − 2o)."""
    o = sigmoid(z)
    return o * (1 - o) * (1 - 2 * o)


def tanh(z):
    return np.tanh(z)


def tanh_derivative(z):
    return 1 - np.tanh(z) ** 2


def tanh_second(z):
    """−2 o (1 − o²)."""
    o = np.tanh(z)
    return -2 * o * (1 - o ** 2)


def softplus(z):
    """log(1 + e^z)."""
    return np.logaddexp(z, z.dtype.type(0))


def softplus_derivative(z):
    return sigmoid(z)


def softplus_second(z):
    """σ(z) (1 − σ(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


def elu(z):
    """z where z > 0, else e^z − 1 (α = 1). Clevert, Unterthiner & Hochreiter, ICLR 2016, arXiv:1511.07289."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def elu_derivative(z):
    """1 where z > 0, else e^z: without a jump."""
    return np.exp(np.minimum(z, 0))


def elu_second(z):
    """0 where z > 0, else e^z: f″ jumps at 0."""
    return np.where(z > 0, z.dtype.type(0), np.exp(np.minimum(z, 0)))


def silu(z):
    """z σ(z), also called swish. Elfwing, Uchibe & Doya, Neural Networks 107, 2018, arXiv:1702.03118."""
    return z * sigmoid(z)


def silu_derivative(z):
    """σ + z σ (1 − σ), σ = σ(z)."""
    s = sigmoid(z)
    return s + z * s * (1 - s)


def silu_second(z):
    """σ (1 − σ) (2 + z (1 − 2σ)), σ = σ(z)."""
    s = sigmoid(z)
    return s * (1 - s) * (2 + z * (1 - 2 * s))


ERF = np.frompyfunc(math.erf, 1, 1)     # NumPy has no erf; the standard library's, number by number, is exact


def normal_cdf(z):
    """Φ(z) = ½ (1 + erf(z / √2)), the share of a standard normal distribution below z."""
    return (0.5 + 0.5 * ERF(z / math.sqrt(2)).astype(float)).astype(z.dtype)


def normal_density(z):
    """φ(z) = e^(−z²/2) / √(2π)."""
    return np.exp(-0.5 * z * z) / z.dtype.type(math.sqrt(2 * math.pi))


def gelu(z):
    """z Φ(z): the exact form, by erf, not the approximation by tanh. Slower than the others, since erf is.

    Hendrycks & Gimpel, 2016, arXiv:1606.08415, who give both forms.
    """
    return z * normal_cdf(z)


def gelu_derivative(z):
    """Φ(z) + z φ(z)."""
    return normal_cdf(z) + z * normal_density(z)


def gelu_second(z):
    """φ(z) (2 − z²)."""
    return normal_density(z) * (2 - z * z)


def hard_swish(z):
    """z · min(max(z + 3, 0), 6) / 6. Howard et al., ICCV 2019, arXiv:1905.02244."""
    return z * np.clip(z + 3, 0, 6) / 6


def hard_swish_derivative(z):
    """0 where z ≤ −3, 1 where z ≥ 3, (2z + 3) / 6 in between."""
    return np.where(np.abs(z) < 3, (2 * z + 3) / 6, (z > 0).astype(z.dtype))


def hard_swish_second(z):
    """⅓ where −3 < z < 3, else 0."""
    return (np.abs(z) < 3) / z.dtype.type(3)


ACTIVATIONS = {one.name: one for one in (
    Activation("identity", identity, identity_derivative, np.zeros_like, kinks=(), homogeneous=True, odd=True,
               formula="z", bounded=False),
    Activation("relu", relu, relu_derivative, np.zeros_like, kinks=(0.0,), homogeneous=True, odd=False,
               initialisation="he", formula="max(z, 0)", bounded=False),
    Activation("leaky_relu", leaky_relu, leaky_relu_derivative, np.zeros_like, kinks=(0.0,), homogeneous=True,
               odd=False, initialisation="he", formula="max(z, 0.01 z)", bounded=False),
    Activation("sigmoid", sigmoid, sigmoid_derivative, sigmoid_second, kinks=(), homogeneous=False, odd=False,
               formula="1 / (1 + e^−z)", bounded=True),
    Activation("tanh", tanh, tanh_derivative, tanh_second, kinks=(), homogeneous=False, odd=True, formula="tanh z",
               bounded=True),
    Activation("softplus", softplus, softplus_derivative, softplus_second, kinks=(), homogeneous=False, odd=False,
               initialisation="he", formula="log(1 + e^z)", bounded=False),
    Activation("elu", elu, elu_derivative, elu_second, kinks=(0.0,), homogeneous=False, odd=False,
               initialisation="he", formula="z where z > 0, else e^z − 1", bounded=False),
    Activation("silu", silu, silu_derivative, silu_second, kinks=(), homogeneous=False, odd=False,
               initialisation="he", formula="z / (1 + e^−z)", bounded=False),
    Activation("gelu", gelu, gelu_derivative, gelu_second, kinks=(), homogeneous=False, odd=False,
               initialisation="he", formula="z Φ(z)", bounded=False),
    Activation("hard_swish", hard_swish, hard_swish_derivative, hard_swish_second, kinks=(-3.0, 3.0),
               homogeneous=False, odd=False, initialisation="he", formula="z · min(max(z + 3, 0), 6) / 6",
               bounded=False),
)}


def activation(name):
    """Return the Activation called `name` (an Activation is returned as it is); name the nearest if there is none."""
    if isinstance(name, Activation):
        return name
    if callable(name):
        raise TypeError(f"activation expects a name such as \"relu\", or mp.Activation(name, f, f′), got {name!r}")
    check_known("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]


def initialise(shape, fan_in, fan_out, scheme, rng):
    """Draw weights whose variance suits the activation.

    "he":      w ~ Normal(0, 2 / fan_in)               for rectifiers, which pass half of the signal.
               He et al., ICCV 2015, arXiv:1502.01852.
    "glorot":  w ~ Normal(0, 2 / (fan_in + fan_out))   for the others.
               Glorot & Bengio, AISTATS 2010 (there a uniform distribution of the same variance).
    """
    variance = 2 / fan_in if scheme == "he" else 2 / (fan_in + fan_out)
    return rng.normal(0, np.sqrt(variance), shape)
