"""The losses. Each is per sample, ℓ_n: its gradient is never divided by the number of samples."""

from typing import Callable, NamedTuple

import numpy as np

from .activations import sigmoid
from .checks import as_dtype, batch_shape, check_count, check_known, check_network, check_numbers, check_same_length


class Loss(NamedTuple):
    """L = loss(y, t), shape (N,); dy = loss.derivative(y, t), the shape of y, row n being ∂ℓ_n/∂y_n.

    `prepare(t, shape)` checks a user's targets against the output's shape (without the batch axis) and
    returns them ready for the two functions; `correct(y, t)` says which samples are classified
    rightly (None where the targets are no classes).
    """

    name: str
    function: Callable
    derivative: Callable
    prepare: Callable
    correct: Callable

    def __call__(self, y, t):
        return self.function(y, t)


# ---------------------------------------------------------------------------------------- mse


def mse(y, t):
    """ℓ_n = ½ Σ_k (y_nk − t_nk)². The ½ and the sum over outputs (not their mean) are a convention:
    the one under which ∂ℓ/∂y is just y − t."""
    return 0.5 * ((y - t) ** 2).reshape(len(y), -1).sum(axis=1)


def mse_derivative(y, t):
    """∂ℓ_n/∂y_nk = y_nk − t_nk."""
    return y - t


def prepare_mse(t, shape):
    t = check_numbers("t", t)
    if t.ndim == 1 and shape == (1,):
        t = t[:, np.newaxis]
    if t.shape[1:] != shape:
        raise ValueError(f"loss mse expects targets of shape {batch_shape(shape)}, got {t.shape}"
                         + "; for class labels use mp.one_hot(t, classes)" * (t.ndim == 1))
    return t


def mse_correct(y, t):
    """Right where the largest output is the target's class, if every target is one-hot; else None."""
    one_hot = t.ndim == 2 and t.shape[1] > 1 and ((t == 0) | (t == 1)).all() and (t.sum(axis=1) == 1).all()
    return y.argmax(axis=1) == t.argmax(axis=1) if one_hot else None


# ------------------------------------------------------------------------------ cross entropy


def log_softmax(y):
    """log p_nk = y_nk − log Σ_j e^y_nj, with the largest logit taken out so that nothing overflows."""
    y = y - y.max(axis=1, keepdims=True)
    return y - np.log(np.exp(y).sum(axis=1, keepdims=True))


def softmax(y):
    """p_nk = e^y_nk / Σ_j e^y_nj."""
    return np.exp(log_softmax(y))


def cross_entropy(y, t):
    """ℓ_n = − Σ_k t_nk log softmax(y_n)_k; y are logits, t is one-hot (N, K)."""
    return -(t * log_softmax(y)).sum(axis=1)


def cross_entropy_derivative(y, t):
    """∂ℓ_n/∂y_nk = softmax(y_n)_k − t_nk (using Σ_k t_nk = 1)."""
    return softmax(y) - t


def prepare_cross_entropy(t, shape):
    t = check_numbers("t", t)
    if len(shape) != 1:
        raise ValueError(f"loss cross_entropy expects an output of shape (N, classes), got {batch_shape(shape)}")
    if shape == (1,):
        raise ValueError("loss cross_entropy expects two outputs or more, got 1; "
                         "for one output use binary_cross_entropy")
    if t.ndim == 1:
        return one_hot(t, shape[0])
    if t.shape[1:] != shape:
        raise ValueError(f"loss cross_entropy expects (N,) labels or {batch_shape(shape)} one-hot targets, "
                         f"got {t.shape}")
    if (t < 0).any() or not np.allclose(t.sum(axis=1), 1, atol=1e-6):
        raise ValueError("loss cross_entropy expects targets that are not negative and sum to 1 in each row")
    return t


def cross_entropy_correct(y, t):
    return y.argmax(axis=1) == t.argmax(axis=1)


# ----------------------------------------------------------------------- binary cross entropy


def binary_cross_entropy(y, t):
    """ℓ_n = − Σ_k [t log σ(y) + (1 − t) log(1 − σ(y))] = Σ_k [log(1 + e^y) − t y]; y are logits."""
    return (np.logaddexp(y, y.dtype.type(0)) - t * y).reshape(len(y), -1).sum(axis=1)


def binary_cross_entropy_derivative(y, t):
    """∂ℓ_n/∂y_nk = σ(y_nk) − t_nk."""
    return sigmoid(y) - t


def prepare_binary_cross_entropy(t, shape):
    t = check_numbers("t", t)
    if t.ndim == 1 and shape == (1,):
        t = t[:, np.newaxis]
    if t.shape[1:] != shape:
        raise ValueError(f"loss binary_cross_entropy expects targets of shape {batch_shape(shape)}, got {t.shape}")
    if (t < 0).any() or (t > 1).any():
        raise ValueError(f"loss binary_cross_entropy expects targets in [0, 1], got {t.min()} to {t.max()}")
    return t


def binary_cross_entropy_correct(y, t):
    """Right where every output is on its target's side of ½."""
    return ((y > 0) == (t > 0.5)).reshape(len(y), -1).all(axis=1)


# --------------------------------------------------------------------------------------------


def one_hot(t, classes):
    """Return (N, classes) with a 1 in column t_n of row n; t holds whole numbers 0 … classes − 1."""
    t, classes = check_numbers("t", t), check_count("classes", classes)
    if t.ndim != 1 or (t.dtype.kind == "f" and (t != np.floor(t)).any()):
        wrong = "" if t.ndim != 1 else f", with values such as {t[t != np.floor(t)][0]}"
        raise ValueError(f"t: class labels are whole numbers of shape (N,), got shape {t.shape}{wrong}")
    if t.min() < 0 or t.max() >= classes:
        raise ValueError(f"t: labels expected in 0 … {classes - 1}, got {t.min()} … {t.max()}")
    return np.eye(classes)[t.astype(int)]


LOSSES = {one.name: one for one in (
    Loss("mse", mse, mse_derivative, prepare_mse, mse_correct),
    Loss("cross_entropy", cross_entropy, cross_entropy_derivative, prepare_cross_entropy,
         cross_entropy_correct),
    Loss("binary_cross_entropy", binary_cross_entropy, binary_cross_entropy_derivative,
         prepare_binary_cross_entropy, binary_cross_entropy_correct),
)}


def find_loss(loss):
    """Return the Loss called `loss` (a Loss is returned as it is); name the nearest one if there is none."""
    if isinstance(loss, Loss):
        return loss
    check_known("loss", loss, LOSSES)
    return LOSSES[loss]


def prepare_samples(net, x, t, loss):
    """Check x and t against the network and the loss; return (x, t, loss) ready to use.

    Raises ValueError/TypeError for wrong shapes, NaN or infinity, labels out of range, empty or
    unequal numbers of samples, an unknown loss.
    """
    check_network(net)
    loss = find_loss(loss)
    x = net.check_input(x)
    t = loss.prepare(t, net.output_shape)
    check_same_length(x=x, t=t)
    return x, as_dtype("t", t, net.dtype), loss


def prepare_pair(net, name, pair, loss):
    """`prepare_samples` of a pair (x, t) that was given as the argument `name`; errors tell that name."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        told = f" of {len(pair)}" if hasattr(pair, "__len__") else ""
        raise TypeError(f"{name} expects a pair (x, t), got {type(pair).__name__}{told}")
    try:
        return prepare_samples(net, *pair, loss)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{name}: {error}") from None
