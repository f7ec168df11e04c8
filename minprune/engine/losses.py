"""The losses. Each is per sample, ℓ_n: its gradient is never divided by the number of samples."""

import warnings
from dataclasses import dataclass
from typing import Callable

import numpy as np

from .activations import sigmoid
from .checks import as_dtype, batch_shape, check_known, check_network, check_numbers, check_same_length, check_size
from .facts import required


@dataclass(frozen=True)
class Loss:
    """L = loss(y, t), shape (N,), and what it says about itself. Wherever a name goes, a Loss of your own may go.

    name        how files, tables and errors call it
    function    ℓ(y, t): (N,), one number a sample
    derivative  ∂ℓ_n/∂y_n, the shape of y, row n for sample n
    prepare     prepare(t, shape): checks a user's targets against the output's shape (without the batch axis) and
                returns them ready for the other functions
    correct     correct(y, t): which samples are classified rightly, (N,) booleans; returns None where targets are no
                classes
    second      second(y, t, v) = Σ_l ∂²ℓ_n/∂y_nk∂y_nl v_nl: the second derivatives times a vector, the shape of y
    diagonal    diagonal(y, t) = ∂²ℓ_n/∂y_nk², the shape of y; if it is left out, `second` of each unit vector is taken
    answer      answer(y): what the loss makes of the output: softmax, σ, or y itself
    targets     targets(rng, shape, simple=False): random targets (N, *output shape), soft ones among them; `simple`
                asks for round ones, to be computed with on paper
    least_outputs   how many outputs a sample has at least
    formula     ℓ as text

    None means that the loss does not say. Whatever needs the fact then refuses it by name: second-order scores without
    `second`, distillation without `answer`, `verify` without `targets`.
    """

    name: str
    function: Callable
    derivative: Callable
    prepare: Callable
    correct: Callable
    second: Callable | None = None
    diagonal: Callable | None = None
    answer: Callable | None = None
    targets: Callable | None = None
    least_outputs: int = 1
    formula: str = ""

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"Loss name expects a text, got {self.name!r}")
        for key in ("function", "derivative", "prepare", "correct"):
            if not callable(getattr(self, key)):
                raise TypeError(f'loss "{self.name}": {key} expects a function, got {getattr(self, key)!r}')

    def __call__(self, y, t):
        L = self.function(y, t)
        if np.shape(L) != (len(y),):
            raise ValueError(f'loss "{self.name}" expects to return one number a sample, shape {(len(y),)}, '
                             f"got {np.shape(L)}")
        return L

    def with_derivative(self, y, t):
        """(L, ∂ℓ/∂y), both at once where they share work."""
        together = TOGETHER.get((self.function, self.derivative))
        return (self(y, t), self.derivative(y, t)) if together is None else together(y, t)

    def right(self, y, t):
        """correct(y, t): (N,) booleans, or None; ValueError, naming the loss, if it returns anything else."""
        correct = self.correct(y, t)
        if correct is not None and (np.shape(correct) != (len(y),) or np.asarray(correct).dtype != bool):
            raise ValueError(f'loss "{self.name}": correct expects to return booleans of shape {(len(y),)}, or None '
                             f"where targets are no classes, got {np.asarray(correct).dtype} {np.shape(correct)}")
        return correct

    def __str__(self):
        """Its name, and its formula if it says one."""
        return f"{self.name}, {self.formula}" if self.formula else self.name

    def needed(self, fact, need=""):
        """Return the fact of this name; raise NotSaid, naming the loss and who needs it, if it is None."""
        value = getattr(self, fact)
        if value is None:
            required(None, f'loss "{self.name}"', f"{SAID_BY[fact]} ({fact}=…)", need)
        return value

    def second_diagonal(self, y, t, need=""):
        """∂²ℓ_n/∂y_nk², the shape of y. Raises NotSaid if the loss does not say its second derivatives."""
        if self.diagonal is not None:
            return self.diagonal(y, t)
        second, result = self.needed("second", need), np.empty_like(y)
        for place in np.ndindex(y.shape[1:]):
            unit = np.zeros_like(y)
            unit[(slice(None), *place)] = 1
            result[(slice(None), *place)] = second(y, t, unit)[(slice(None), *place)]
        return result


SAID_BY = {"second": "its second derivatives", "answer": "what it makes of the output",
           "targets": "how its targets are drawn"}


# ---------------------------------------------------------------------------------------- mse


def mse(y, t):
    """ℓ_n = ½ Σ_k (y_nk − t_nk)². The ½ and the sum over outputs (not their mean) are a convention:
    the one under which ∂ℓ/∂y is just y − t."""
    return 0.5 * ((y - t) ** 2).reshape(len(y), -1).sum(axis=1)


def mse_derivative(y, t):
    """∂ℓ_n/∂y_nk = y_nk − t_nk."""
    return y - t


def mse_second(y, t, v):
    """∂²ℓ/∂y_k∂y_l = [k = l]."""
    return v


def mse_diagonal(y, t):
    """1."""
    return np.ones_like(y)


def mse_targets(rng, shape, simple=False):
    """Normal(0, 1); simple ones are 0, 1, 2 or −1."""
    return rounded(rng, (0, 1, 2, -1), shape) if simple else rng.normal(size=shape)


def prepare_mse(t, shape):
    t = check_numbers("t", t)
    if t.ndim == 1 and shape == (1,):
        t = t[:, np.newaxis]
    if t.shape[1:] != shape:
        hint = "" if t.ndim != 1 else f"; for class labels use mp.one_hot(t, {shape[0]})" if are_labels(t, shape) \
            else "; for one number a sample the network has one output"
        raise ValueError(f"loss mse expects targets of shape {batch_shape(shape)}, got {t.shape}{hint}")
    return t


def mse_correct(y, t):
    """Right where the largest output is the target's class, if every target is one-hot; else None."""
    one_hot = t.ndim == 2 and t.shape[1] > 1 and ((t == 0) | (t == 1)).all() and (t.sum(axis=1) == 1).all()
    return y.argmax(axis=1) == t.argmax(axis=1) if one_hot else None


# ------------------------------------------------------------------------------ cross entropy


def log_softmax(y):
    """log p_nk = y_nk − log Σ_j e^y_nj, with the largest logit taken out so that nothing overflows."""
    y = without_largest(y)
    y -= np.log(np.exp(y).sum(axis=0))
    return y.T


def softmax(y):
    """p_nk = e^y_nk / Σ_j e^y_nj, with the largest logit taken out so that nothing overflows."""
    p = np.exp(without_largest(y))
    p /= p.sum(axis=0)
    return p.T


def without_largest(y):
    """y_nk − max_j y_nj, as an array (K, N): sums over ten classes are then sums of ten long rows, three times as fast
    as sums along a thousand short ones."""
    y = np.ascontiguousarray(y.T)
    return y - y.max(axis=0)


def cross_entropy(y, t):
    """ℓ_n = − Σ_k t_nk log softmax(y_n)_k; y are logits, t is one-hot (N, K)."""
    return -np.einsum("nk,nk->n", t, log_softmax(y))


def cross_entropy_derivative(y, t):
    """∂ℓ_n/∂y_nk = softmax(y_n)_k − t_nk (using Σ_k t_nk = 1)."""
    return softmax(y) - t


def cross_entropy_with_derivative(y, t):
    """The two above, number by number the same, from one e^y: a small network's step gets 4 % shorter."""
    shifted = without_largest(y)
    p = np.exp(shifted)
    sums = p.sum(axis=0)
    shifted -= np.log(sums)
    p /= sums
    return -np.einsum("nk,nk->n", t, shifted.T), p.T - t


def cross_entropy_second(y, t, v):
    """∂²ℓ/∂y_k∂y_l = p_k [k = l] − p_k p_l, p = softmax(y)."""
    p = softmax(y)
    return p * (v - (p * v).sum(axis=1, keepdims=True))


def cross_entropy_diagonal(y, t):
    """p_k (1 − p_k)."""
    p = softmax(y)
    return p * (1 - p)


def cross_entropy_targets(rng, shape, simple=False):
    """One class a sample, one-hot; of those that are not simple a third are soft, random shares of all classes."""
    one_class = np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
    if simple:
        return one_class
    soft = rng.dirichlet(np.ones(shape[1]), shape[0])
    return np.where(rng.random((shape[0], 1)) < 1 / 3, soft, one_class)


def prepare_cross_entropy(t, shape):
    t = check_numbers("t", t)
    if len(shape) != 1:
        raise ValueError(f"loss cross_entropy expects an output of shape (N, classes), got {batch_shape(shape)}")
    if shape == (1,):
        raise ValueError(f"loss cross_entropy expects two outputs or more, got 1; {for_one_output(t)}")
    if t.ndim == 1:
        if not are_whole(t):
            raise ValueError("loss cross_entropy expects class labels, whole numbers, got values such as "
                             f"{t[t != np.floor(t)][0]}; {FOR_NUMBERS} and a network with one output")
        return one_hot(t, shape[0])
    if t.shape[1:] != shape:
        hint = "" if t.shape[1:] != (1,) else "; labels in one column are t[:, 0]" if are_whole(t) \
            else f"; {FOR_NUMBERS} and a network with one output"
        raise ValueError(f"loss cross_entropy expects (N,) labels or {batch_shape(shape)} one-hot targets, "
                         f"got {t.shape}{hint}")
    if (t < 0).any() or not np.allclose(t.sum(axis=1), 1, atol=1e-6):
        raise ValueError("loss cross_entropy expects targets that are not negative and sum to 1 in each row; "
                         f"{FOR_NUMBERS}")
    return t


FOR_NUMBERS = 'for targets that are numbers use loss="mse"'


def for_one_output(t):
    """The hint to the loss that takes these targets where a network has one output."""
    if t.ndim == 2 and t.shape[1] > 1:
        return f"the targets have {t.shape[1]} columns, and the network needs as many outputs"
    if (t < 0).any() or (t > 1).any():
        classes = "for classes the network needs an output for each; " if are_whole(t) and t.min() >= 0 else ""
        return classes + FOR_NUMBERS
    return 'for one output use loss="binary_cross_entropy"' + ("" if are_whole(t) else f"; {FOR_NUMBERS}")


def cross_entropy_correct(y, t):
    return y.argmax(axis=1) == t.argmax(axis=1)


# ----------------------------------------------------------------------- binary cross entropy


def binary_cross_entropy(y, t):
    """ℓ_n = − Σ_k [t log σ(y) + (1 − t) log(1 − σ(y))] = Σ_k [log(1 + e^y) − t y]; y are logits."""
    return (np.logaddexp(y, y.dtype.type(0)) - t * y).reshape(len(y), -1).sum(axis=1)


def binary_cross_entropy_derivative(y, t):
    """∂ℓ_n/∂y_nk = σ(y_nk) − t_nk."""
    return sigmoid(y) - t


def binary_cross_entropy_second(y, t, v):
    """∂²ℓ/∂y_k∂y_l = σ(y_k) (1 − σ(y_k)) [k = l]."""
    return sigmoid(y) * (1 - sigmoid(y)) * v


def binary_cross_entropy_diagonal(y, t):
    """σ(y_k) (1 − σ(y_k))."""
    return sigmoid(y) * (1 - sigmoid(y))


def binary_cross_entropy_targets(rng, shape, simple=False):
    """Uniform in [0, 1]; simple ones are 0 or 1."""
    return rounded(rng, (0, 1), shape) if simple else rng.uniform(0, 1, shape)


def prepare_binary_cross_entropy(t, shape):
    t = check_numbers("t", t)
    if t.ndim == 1 and shape == (1,):
        t = t[:, np.newaxis]
    if t.shape[1:] != shape:
        hint = '; for class labels use loss="cross_entropy"' if are_labels(t, shape) else ""
        raise ValueError(f"loss binary_cross_entropy expects targets of shape {batch_shape(shape)}, got {t.shape}"
                         f"{hint}")
    if (t < 0).any() or (t > 1).any():
        raise ValueError(f"loss binary_cross_entropy expects targets in [0, 1], got {t.min()} to {t.max()}; "
                         f"{FOR_NUMBERS}")
    return t


def binary_cross_entropy_correct(y, t):
    """Right where every output is on its target's side of ½."""
    return ((y > 0) == (t > 0.5)).reshape(len(y), -1).all(axis=1)


# --------------------------------------------------------------------------------------------


def one_hot(t, classes):
    """Return (N, classes) with a 1 in column t_n of row n; t holds whole numbers 0 … classes − 1."""
    t, classes = check_numbers("t", t), check_size("classes", classes)
    if t.ndim != 1 or (t.dtype.kind == "f" and (t != np.floor(t)).any()):
        wrong = "" if t.ndim != 1 else f", with values such as {t[t != np.floor(t)][0]}"
        raise ValueError(f"t: class labels are whole numbers of shape (N,), got shape {t.shape}{wrong}")
    if t.min() < 0 or t.max() >= classes:
        raise ValueError(f"t: labels expected in 0 … {classes - 1}, got {t.min()} … {t.max()}")
    rows = np.zeros((len(t), classes))
    rows[np.arange(len(t)), t.astype(int)] = 1
    return rows


def are_whole(t):
    """Whether all targets are whole numbers."""
    return t.dtype.kind != "f" or not (t != np.floor(t)).any()


def are_labels(t, shape):
    """Whether the targets could be class labels of an output of this shape."""
    return len(shape) == t.ndim == 1 and shape != (1,) and are_whole(t) and t.min() >= 0 and t.max() < shape[0]


def rounded(rng, values, shape):
    """An array of this shape, each number one of `values`."""
    return np.asarray(values, float)[rng.integers(len(values), size=shape)]


def unchanged(y):
    """The output itself."""
    return y


LOSSES = {one.name: one for one in (
    Loss("mse", mse, mse_derivative, prepare_mse, mse_correct, mse_second, mse_diagonal, answer=unchanged,
         targets=mse_targets, formula="ℓ = ½ Σ (y − t)²"),
    Loss("cross_entropy", cross_entropy, cross_entropy_derivative, prepare_cross_entropy, cross_entropy_correct,
         cross_entropy_second, cross_entropy_diagonal, answer=softmax, targets=cross_entropy_targets,
         least_outputs=2, formula="ℓ = − Σ t log softmax(y)"),
    Loss("binary_cross_entropy", binary_cross_entropy, binary_cross_entropy_derivative,
         prepare_binary_cross_entropy, binary_cross_entropy_correct, binary_cross_entropy_second,
         binary_cross_entropy_diagonal, answer=sigmoid, targets=binary_cross_entropy_targets,
         formula="ℓ = Σ [log(1 + e^y) − t y]"),
)}

TOGETHER = {(cross_entropy, cross_entropy_derivative): cross_entropy_with_derivative}


def find_loss(loss):
    """Return the Loss called `loss` (a Loss is returned as it is); name the nearest one if there is none."""
    if isinstance(loss, Loss):
        return loss
    if callable(loss):
        raise TypeError(f"loss expects a name, one of {', '.join(LOSSES)}, or a Loss of your own, which also says its "
                        f"derivative: mp.Loss(…); got {loss!r}")
    check_known("loss", loss, LOSSES)
    return LOSSES[loss]


def prepare_samples(net, x, t, loss):
    """Check x and t against the network and the loss; return (x, t, loss) ready to use.

    Raises ValueError/TypeError for wrong shapes, NaN or infinity, labels out of range, empty or
    unequal numbers of samples, an unknown loss. Warns if the loss takes logits and the outputs are none.
    """
    check_network(net)
    loss = find_loss(loss)
    check_logits(net, loss)
    x = net.check_input(x)
    t = loss.prepare(t, net.output_shape)
    if np.ndim(t) == 0:
        raise TypeError(f'loss "{loss.name}": prepare expects to return the targets of all samples, got {t!r}')
    check_same_length(x=x, t=t)
    return x, as_dtype("t", t, net.dtype), loss


def check_logits(net, loss):
    """Warn if the loss has a softmax or σ of its own, and the output layer squashes what it gets already.

    Outputs in (0, 1) cannot be the logits of a class that is nearly certain: σ of them lies between 0.5 and 0.73, and
    binary_cross_entropy finds all of them on the side of class 1. What decides is the fact `bounded` of the last
    layer, apart from those that hand on their inputs or average them.
    """
    if loss.answer in (softmax, sigmoid):
        last = next((layer for layer in reversed(net.layers.values()) if not (layer.passes_on or layer.linear)), None)
        if last is not None and last.bounded:
            warnings.warn(f'loss "{loss.name}" takes logits and has a {loss.answer.__name__} of its own, but the '
                          f"outputs of {last} are bounded: its activation should be \"identity\", or the loss "
                          "\"mse\"", stacklevel=3)


def prepare_pair(net, name, pair, loss):
    """`prepare_samples` of a pair (x, t) that was given as the argument `name`; errors tell that name."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        count = f" of {len(pair)}" if hasattr(pair, "__len__") and getattr(pair, "ndim", 1) else ""
        raise TypeError(f"{name} expects a pair (x, t), got {type(pair).__name__}{count}")
    try:
        return prepare_samples(net, *pair, loss)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{name}: {error}") from None
