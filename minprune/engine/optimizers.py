"""The optimizers: recipes for turning gradients into steps.

An optimizer holds only settings. What it remembers between steps is a plain `state`, made by
`start(parameters)` and handed back to each `step`, so that one optimizer can serve many networks and a
neuron's share of the state can be cut out with the neuron.
"""

import functools
from dataclasses import dataclass

import numpy as np

from .checks import check_known, check_real
from .kernels import pieces

PIECE = 1 << 15                 # numbers of a parameter that are updated at a time: they stay in the cache
FEW = 1 << 14                   # numbers of all parameters up to which they are updated together


@dataclass(frozen=True)
class ConstantRate:
    """rate(e) = rate, at every epoch e."""

    value: float

    def __call__(self, epoch):
        return self.value

    def __repr__(self):
        return repr(self.value)


def check_rate(rate):
    """Return the learning rate as a function of the epoch."""
    return rate if callable(rate) else ConstantRate(check_real("learning rate", rate, least=0))


def check_rate_at(optimizer, epoch):
    """Raise unless the optimizer's learning rate at this epoch is a finite number of at least 0."""
    rate = optimizer.rate(epoch)
    try:
        number = float(rate)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"the learning rate expects a number for each epoch, got {rate!r} at epoch {epoch}") from None
    if not (np.isfinite(number) and number >= 0):
        raise ValueError(f"the learning rate expects a finite number, at least 0, got {rate!r} at epoch {epoch}")


def called(optimizer, **settings):
    """The call that makes the optimizer, `Adam(0.001, beta1=0.9, …)`."""
    others = "".join(f", {name}={value!r}" for name, value in settings.items())
    return f"{type(optimizer).__name__}({rate_text(optimizer.rate)}{others})"


def rate_text(rate):
    """A learning rate as text: a number, the call of a schedule, or the name of a function."""
    if hasattr(rate, "keywords") and hasattr(rate, "func"):
        settings = ", ".join(f"{name}={value!r}" for name, value in rate.keywords.items())
        return f"{rate.func.__name__.removesuffix('_at')}({settings})"
    return getattr(rate, "__name__", None) or repr(rate)


class Joined(dict):
    """{name: array} whose arrays are the parts of one long array, `whole`: an operation on it is one on all of them.

    An operation of NumPy takes about as long as two thousand numbers do, and Adam needs twelve a parameter. A copy of
    it, or what a file has of it, is a plain dict of arrays of their own.
    """

    def __init__(self, arrays):
        self.whole, self.room = np.concatenate([array.ravel() for array in arrays.values()]), None
        super().__init__(parts(self.whole, arrays))

    def gathered(self, arrays):
        """Copies of the arrays of the same names, joined, in memory that is kept for the next ones."""
        if self.room is None:
            self.room = Joined(self)
        np.concatenate([arrays[name].ravel() for name in self], out=self.room.whole)
        return self.room

    def __setitem__(self, name, array):
        self[name][...] = array

    def __reduce__(self):
        return dict, ({**self},)


def parts(whole, arrays):
    """Yield (name, its part of `whole`) for each of the arrays, {name: array}, that were joined."""
    start = 0
    for name, array in arrays.items():
        yield name, whole[start:start + array.size].reshape(array.shape)
        start += array.size


def zeros(parameters):
    """{name: zeros of the parameter's shape}; joined where they are few."""
    each = {name: np.zeros_like(w) for name, w in parameters.items()}
    few = sum(w.size for w in each.values()) <= FEW and len({w.dtype for w in each.values()}) == 1
    return Joined(each) if few else each


def move_together(step, parameters, grads, *memories):
    """w = w − step(g, …) of all parameters at once; False, and nothing is done, if what is remembered is not joined."""
    if not all(isinstance(memory, Joined) and list(memory) == list(parameters) for memory in memories):
        return False
    steps = memories[0].gathered(grads)
    step(steps.whole, *(memory.whole for memory in memories))
    for name, w in parameters.items():
        w -= steps[name]
    return True


def in_pieces(arrays):
    """The arrays in pieces that fit the cache; as they are if they are small, or if flattening would copy them, since a
    step that is written to a copy is lost."""
    if arrays[0].size <= PIECE or not all(array.flags.c_contiguous for array in arrays):
        return (arrays,)
    return pieces(arrays, PIECE)


class SGD:
    """Stochastic gradient descent with momentum, Nesterov's variant and weight decay.

    g ← ∂ℓ/∂w + weight_decay · w
    v ← momentum · v + g
    w ← w − rate · v                       (nesterov: w ← w − rate · (g + momentum · v))

    Weight decay applies to weights only (names ending in ".W"), never to biases or batch-norm scales.
    Sutskever et al., ICML 2013 describe both momenta; this is the form that PyTorch uses, in which
    the rate multiplies the velocity rather than the gradient.
    """

    def __init__(self, rate=0.1, momentum=0.0, nesterov=False, weight_decay=0.0):
        self.rate = check_rate(rate)
        self.momentum = check_real("momentum", momentum, least=0, below=1)
        self.weight_decay = check_real("weight_decay", weight_decay, least=0)
        self.nesterov = bool(nesterov)
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov expects a momentum above 0, got momentum=0")

    def __repr__(self):
        return called(self, momentum=self.momentum, nesterov=self.nesterov, weight_decay=self.weight_decay)

    def start(self, parameters):
        """Return the state before the first step: a velocity of zero for each parameter."""
        return {"v": zeros(parameters) if self.momentum else {}}

    def step(self, parameters, grads, state, epoch=0.0, share=1.0):
        """Change the parameters in place. `grads` has the parameters' names and is used as scratch. g is `share` times
        what it holds: 1/N if it holds sums over N samples."""
        rate = self.rate(epoch)
        if self.momentum and not self.weight_decay and move_together(
                functools.partial(self.turn, rate=rate, share=share), parameters, grads, state["v"]):
            return
        for name, w in parameters.items():
            decay = self.weight_decay if name.endswith(".W") else 0.0
            arrays = (w, grads[name], state["v"][name]) if self.momentum else (w, grads[name])
            for piece, g, *v in in_pieces(arrays):
                self.turn(g, *v, rate=rate, share=share, pull=decay * piece if decay else None)
                piece -= g

    def turn(self, g, v=None, *, rate, share, pull=None):
        """Turn what `g` holds, in place, from a gradient of one piece of a parameter into the step that w then loses.

        The plain lines:  g = share · g + pull;   v = momentum · v + g;   g = rate · v
        (nesterov: rate · (g + momentum · v);  without momentum: rate · g).  `pull` is decay · w, towards 0.
        """
        if v is None and pull is None:
            g *= rate * share
            return
        g *= share                          # the mean gradient
        if pull is not None:
            g += pull
        if v is not None:
            v *= self.momentum
            v += g
        if v is None:
            g *= rate
        elif self.nesterov:
            g += self.momentum * v          # the direction, one momentum ahead
            g *= rate
        else:
            np.multiply(v, rate, out=g)     # the gradient is no longer needed


class Adam:
    """Adam with decoupled weight decay (AdamW when weight_decay > 0).

    m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
    w ← w − rate · weight_decay · w − rate · m̂ / (√v̂ + ε),     m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    Weight decay applies to weights only (names ending in ".W"). Kingma & Ba, ICLR 2015,
    arXiv:1412.6980, Algorithm 1; Loshchilov & Hutter, ICLR 2019, arXiv:1711.05101 (decoupled decay).
    """

    def __init__(self, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0):
        self.rate = check_rate(rate)
        self.beta1 = check_real("beta1", beta1, least=0, below=1)
        self.beta2 = check_real("beta2", beta2, least=0, below=1)
        self.epsilon = check_real("epsilon", epsilon, above=0)
        self.weight_decay = check_real("weight_decay", weight_decay, least=0)

    def __repr__(self):
        return called(self, beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon, weight_decay=self.weight_decay)

    def start(self, parameters):
        """Return the state before the first step: both moments zero, no step taken."""
        return {"m": zeros(parameters), "v": zeros(parameters), "steps": 0}

    def step(self, parameters, grads, state, epoch=0.0, share=1.0):
        """Change the parameters and the state in place. `grads` has the parameters' names and is used as scratch. g is
        `share` times what it holds: 1/N if it holds sums over N samples."""
        rate = self.rate(epoch)
        state["steps"] += 1
        turn = functools.partial(self.turn, rate=rate, steps=state["steps"], share=share)
        if not self.weight_decay and move_together(turn, parameters, grads, state["m"], state["v"]):
            return
        for name, w in parameters.items():
            decay = rate * self.weight_decay if name.endswith(".W") else 0.0
            for piece, g, m, v in in_pieces((w, grads[name], state["m"][name], state["v"][name])):
                turn(g, m, v)
                if decay:
                    piece *= 1 - decay
                piece -= g

    def turn(self, g, m, v, *, rate, steps, share):
        """Turn what `g` holds, in place, from a gradient of one piece of a parameter into the step that w then loses.

        The plain lines are those of the class. The corrections of m̂ and v̂ are numbers, so they are taken out of the
        arrays:  rate · m̂ / (√v̂ + ε) = (rate · c / (1 − β₁ᵗ)) · m / (√v + ε c),   c = √(1 − β₂ᵗ).
        """
        c = (1 - self.beta2 ** steps) ** 0.5
        m *= self.beta1
        m += (share * (1 - self.beta1)) * g
        g *= g                                      # the square of the summed gradient
        g *= share ** 2 * (1 - self.beta2)          # (1 − β₂) g²
        v *= self.beta2
        v += g
        np.sqrt(v, out=g)                           # √v
        g += self.epsilon * c                       # √v + ε c
        np.divide(m, g, out=g)                      # m / (√v + ε c)
        g *= rate * c / (1 - self.beta1 ** steps)   # the step


OPTIMIZERS = {"adam": Adam, "sgd": SGD}


def find_optimizer(optimizer):
    """Return the optimizer, or that of the name with its default settings; raise for anything else."""
    if isinstance(optimizer, str):
        check_known("optimizer", optimizer, OPTIMIZERS)
        return OPTIMIZERS[optimizer]()
    if isinstance(optimizer, type) or not (hasattr(optimizer, "start") and hasattr(optimizer, "step")):
        raise TypeError(f'optimizer expects a name, {" or ".join(OPTIMIZERS)}, or settings such as mp.Adam(1e-3), '
                        f"got {optimizer!r}")
    return optimizer
