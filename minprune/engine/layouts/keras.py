"""Keras: names and layout of a model's variables, or the list that `model.get_weights()` gives.

Kernels are (kh, kw, C, K), and those of Dense (F, K): the neuron is last. Images have channels last, as here, so that
nothing changes behind a Flatten. A batch norm there has ε = 1e-3 unless it says otherwise. Seen in Keras 3.
"""

from .module import Module, made_modules

NAME = "Keras"
CHANNELS_FIRST = False
KEYS = {"kernel": "W", "bias": "b", "gamma": "gamma", "beta": "beta", "moving_mean": "running_mean",
        "moving_variance": "running_var", "seed_generator_state": None}
NORM = ("gamma", "beta", "running_mean", "running_var")
NO_DOUBT = "{v.path: v.numpy() for v in model.variables} leaves no doubt"
# {how many vectors follow a kernel in the list: what they are}
FOLLOWING = {0: (), 1: ("b",), 4: NORM, 5: ("b", *NORM)}


def modules(entries):
    """The Modules of {name: array}, or of numbered arrays, as `numpy.savez(path, *model.get_weights())` names them."""
    if all(name.removeprefix("arr_").isdigit() for name in entries):
        return modules_of_list(entries)
    return made_modules(entries, KEYS, NAME)


def modules_of_list(entries):
    """The Modules of arrays that have no names: each kernel begins a layer, and its vectors follow."""
    groups = []
    for name, array in entries.items():
        if array.ndim > 1:
            groups.append([])
        if array.ndim > 1 or groups:
            groups[-1].append((name, array))
        else:
            raise ValueError(f"{NAME} arrays begin with {name} of shape {array.shape}: expected a kernel. {NO_DOUBT}")
    return [module for number, group in enumerate(groups) for module in modules_of_group(number, group)]


def modules_of_group(number, group):
    """The Module of a kernel and its bias, and that of the batch norm which follows."""
    (name, kernel), *vectors = group
    if len(vectors) not in FOLLOWING or kernel.ndim not in (2, 4):
        raise ValueError(f"{NAME} array {name} of shape {kernel.shape} is followed by {len(vectors)} vectors: expected "
                         "a kernel of 2 or 4 axes, then its bias or none, then the four arrays of a batch norm or "
                         f"none. {NO_DOUBT}")
    own = {"W": (name, kernel), **dict(zip(FOLLOWING[len(vectors)], vectors))}
    norm = {key: own.pop(key) for key in NORM if key in own}
    kind = "conv" if kernel.ndim == 4 else "dense"
    doubt = f"{name} is followed by four vectors: a bias and three arrays of a batch norm, or four. {NO_DOUBT}"
    yield of_pairs(f"layer {number}", kind, own)._replace(doubt=doubt if len(vectors) == 4 else "")
    if norm:
        yield of_pairs(f"batch norm of layer {number}", "norm", norm)


def of_pairs(name, kind, pairs):
    """The Module of {our name: (name there, array)}."""
    return Module(name, kind, {key: array for key, (_, array) in pairs.items()},
                  {key: there for key, (there, _) in pairs.items()})


def dense_from(W, order=None):
    """(F, K) → (K, F)"""
    return W.T


def dense_to(W, order=None):
    """(K, F) → (F, K)"""
    return W.T


def conv_from(W):
    """(kh, kw, C, K) → (K, kh, kw, C)"""
    return W.transpose(3, 0, 1, 2)


def conv_to(W):
    """(K, kh, kw, C) → (kh, kw, C, K)"""
    return W.transpose(1, 2, 3, 0)


# {our array: its name there, of a layer that is called {}}
WEIGHTS = {"W": "{}/kernel", "b": "{}/bias"}
NORMS = {"gamma": "{}/gamma", "beta": "{}/beta", "running_mean": "{}/moving_mean", "running_var": "{}/moving_variance"}


def counters(norm):
    """What a batch norm there has besides: nothing."""
    return {}
