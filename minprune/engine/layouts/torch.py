"""PyTorch: names and layout of a `state_dict`.

Kernels are (K, C, kh, kw), channels first, and so a Linear layer after Flatten reads all positions of the first channel
first. Reparametrised weights are put together: pruning masks (`weight_orig`, `weight_mask` of torch.nn.utils.prune) and
weight norm (`weight_g`, `weight_v`, or `parametrizations.weight.original0`, `original1`; Salimans & Kingma, NeurIPS
2016, arXiv:1602.07868). Seen in PyTorch 2.13.
"""

import numpy as np

from .module import made_modules

NAME = "PyTorch"
KEYS = {"weight": "W", "bias": "b", "running_mean": "running_mean", "running_var": "running_var",
        "num_batches_tracked": None}
NORM_KEYS = {"W": "gamma", "b": "beta"}         # a batch norm's arrays have the names of weights
CHANNELS_FIRST = True


def modules(entries):
    """The Modules of a state dict."""
    return [as_norm(module) if module.kind == "norm" else module
            for module in made_modules(put_together(entries), KEYS, NAME)]


def as_norm(module):
    """A batch norm with its scale and shift under our names."""
    renamed = {key: NORM_KEYS.get(key, key) for key in module.arrays}
    return module._replace(arrays={renamed[key]: array for key, array in module.arrays.items()},
                           theirs={renamed[key]: name for key, name in module.theirs.items()})


# ----------------------------------------------------------------------------- weights in several parts


def put_together(entries):
    """The entries with one array in place of the parts of a reparametrised one, where its first part stood."""
    whole, used = {}, set()
    for name, array in entries.items():
        if name in used:
            continue
        parts = next((parts for parts in map(lambda pair: parts_of(name, *pair), PARTS) if parts), None)
        if parts is None:
            whole[name] = array
            continue
        own, other, result, combine = parts
        if other not in entries:
            raise ValueError(f'{NAME} array "{own}" comes without "{other}": spectral norm and other '
                             "reparametrisations are to be removed before saving")
        if result in entries:
            raise ValueError(f'{NAME} array "{result}" is there twice: whole, and as "{own}" and "{other}"')
        used |= {own, other}
        whole[result] = combine(entries[own], entries[other], own, other)
    return whole


def parts_of(name, own, other, combine):
    """(first part, second part, the whole, how) by name, if `name` is the first or the second part; else None."""
    for end in (own, other):
        owner, dot, key = name.rpartition(".") if "." not in end else split_at(name, end)
        for array in ("weight", "bias"):
            if key == end.format(array):
                before = owner + dot
                return before + own.format(array), before + other.format(array), before + array, combine
    return None


def split_at(name, end):
    """(owner, ".", key) where the key has several parts, as `parametrizations.weight.original0`."""
    count = end.count(".") + 1
    parts = name.split(".")
    owner, key = parts[:-count], parts[-count:]
    return ".".join(owner), "." if owner else "", ".".join(key)


def masked(original, mask, own, other):
    """w · m"""
    if mask.shape != original.shape:
        raise ValueError(f'{NAME} array "{other}" of shape {mask.shape} is the mask of "{own}" of shape '
                         f"{original.shape}")
    return original * mask


def weight_normed(g, v, own, other):
    """w = g v / ‖v‖, the norm along all axes of v along which g has length 1."""
    if g.ndim and (g.ndim != v.ndim or any(one not in (1, size) for one, size in zip(g.shape, v.shape))):
        raise ValueError(f'{NAME} array "{own}" of shape {g.shape} does not hold norms of "{other}" of shape {v.shape}')
    axes = tuple(axis for axis, size in enumerate(g.shape) if size == 1) if g.ndim else None
    norm = np.sqrt(np.square(v).sum(axis=axes, keepdims=True)).reshape(g.shape)
    if not norm.all():
        raise ValueError(f'{NAME} array "{other}" has a norm of 0, by which weight norm divides')
    return g * v / norm


PARTS = (("{}_orig", "{}_mask", masked), ("{}_g", "{}_v", weight_normed),
         ("parametrizations.{}.original0", "parametrizations.{}.original1", weight_normed))


# ----------------------------------------------------------------------------- the layout of one array


def dense_from(W, order=None):
    """W (K, F) in our layout; `order` says where each of its inputs is there, if not in the same place."""
    return W if order is None else W[:, order]


def dense_to(W, order=None):
    """The reverse of `dense_from`."""
    return W if order is None else W[:, np.argsort(order)]


def conv_from(W):
    """(K, C, kh, kw) → (K, kh, kw, C)"""
    return W.transpose(0, 2, 3, 1)


def conv_to(W):
    """(K, kh, kw, C) → (K, C, kh, kw)"""
    return W.transpose(0, 3, 1, 2)


# {our array: its name there, of a layer that is called {}}
WEIGHTS = {"W": "{}.weight", "b": "{}.bias"}
NORMS = {"gamma": "{}.weight", "beta": "{}.bias", "running_mean": "{}.running_mean", "running_var": "{}.running_var"}


def counters(norm):
    """What a batch norm there has besides: how many batches it saw."""
    return {f"{norm}.num_batches_tracked": np.array(0)}
