"""Sparse storage: a network's file without the weights that are 0."""

import io
import math
from dataclasses import dataclass

import numpy as np

from ..engine import storage
from ..engine.architecture import check_architecture, check_masks
from ..engine.archives import check_shapes
from ..engine.checks import check_count, check_network
from ..engine.network import Network
from .masks import weight_arrays


@dataclass(frozen=True, repr=False)
class SparseSizes:
    """Bytes of three files: `sparse` is what `save_sparse` writes, `dense` what `net.save` writes.

    `zipped` is the dense file compressed as the sparse one is: how much of the gain any zip program would have brought.
    `forms` is the form of each array of weights, {"dense1.W": "dense", "bitmap" or "gaps"}.
    """

    sparse: int
    dense: int
    zipped: int
    forms: dict

    def to_dict(self):
        return {**vars(self), "forms": dict(self.forms)}

    def __str__(self):
        share = [f"{size:,} bytes ({100 * size / self.dense:.1f} %)" for size in (self.sparse, self.zipped)]
        forms = ", ".join(f"{name} {form}" for name, form in self.forms.items())
        return f"sparse {share[0]}, dense {self.dense:,} bytes, dense and zipped {share[1]}; {forms}"

    __repr__ = __str__


def save_sparse(net, path):
    """Write the network to one compressed .npz file without its zero weights; return the SparseSizes.

    `load_sparse` reads it. Of each array of weights the numbers that are not 0 are stored in a row, with their places
    in one of two forms; or the array is stored as it is. Of these three the one is taken that needs the fewest bytes
    once compressed (zip's deflate, without loss):

        bitmap   one bit a weight, 1 = it is stored                ⌈weights / 8⌉ bytes before compression
        gaps     the number of zeros before each number, in the smallest unsigned integer that holds the largest gap
        dense    the array as it is

    All other arrays (biases, batch norm, neuron masks) are stored as they are. The network that is read back is the
    same, bit by bit: only +0.0 is left out, −0.0 is stored. Gaps instead of positions are those of Han,
    Mao & Dally, "Deep Compression", ICLR 2016, arXiv:1510.00149 (there of a few bits, with a zero stored where a gap
    is larger).

    The file is plain arrays and JSON, no pickle, written to a temporary name and renamed. Raises OSError if it cannot
    be written; a file of that name then stays as it was.
    """
    header, arrays, sizes = packed(net)
    with storage.atomic(path) as file:
        write(file, header, arrays)
    return sizes


def sparse_bytes(net):
    """Return the SparseSizes of the file that `save_sparse` would write, without writing it."""
    return packed(net)[2]


def load_sparse(path, activations=(), limit=storage.LIMIT):
    """Read a network that `save_sparse` wrote. `activations` lists those of your own, as for `Network.load`.

    Raises FileNotFoundError if there is no such file, ValueError if it is damaged, foreign or of a newer format, or if
    its arrays, or those that are made of them, would take more than `limit` bytes as float64.
    """
    header, arrays = storage.load(path, storage.SPARSE, limit)
    with storage.telling(path):
        # the sizes, before anything of these sizes is made
        stored = header.pop("sparse")
        settings = storage.with_activations(header, activations)
        shapes = {name: array.shape for name, array in arrays.items()} \
            | {name: tuple(check_count("shape", size) for size in one["shape"]) for name, one in stored.items()}
        check_shapes(shapes, limit)
        check_architecture(settings, shapes)

        # the arrays of weights, and the network
        for name, one in stored.items():
            arrays[name] = restored(name, one["form"], shapes[name], arrays)
        net = Network.from_settings(settings, arrays)
        check_masks(net)
    return net


# --------------------------------------------------------------------------------------- packing


def packed(net):
    """(header, arrays, SparseSizes) of the file."""
    check_network(net)
    settings, dense = net.settings(), net.arrays()
    arrays, stored, forms = dict(dense), {}, {}
    for name, W in weight_arrays(net).items():
        forms[name], members = smallest(name, W)
        if forms[name] != "dense":
            stored[name] = {"form": forms[name], "shape": list(W.shape)}
            arrays |= members
    header = {**storage.SPARSE.header(), "sparse": stored, **settings}
    return header, arrays, SparseSizes(size_of(write, header, arrays), size_of(storage.write, settings, dense),
                                       size_of(write, settings, dense), forms)


def smallest(name, W):
    """(form, members of the file) of the form that needs the fewest bytes."""
    return min(forms_of(name, W).items(), key=lambda form: size_of(write, {}, form[1]))


def forms_of(name, W):
    """{form: members of the file}."""
    stored = np.flatnonzero((W != 0) | np.signbit(W))
    values, gaps = W.reshape(-1)[stored], np.diff(stored, prepend=-1) - 1
    bitmap = np.packbits(bits_at(stored, W.size))
    gaps = gaps.astype(np.min_scalar_type(gaps.max(initial=0)))
    return {"dense": {name: W}, "bitmap": {name: values, f"{name}.bitmap": bitmap},
            "gaps": {name: values, f"{name}.gaps": gaps}}


def bits_at(places, size):
    """`size` booleans, True at these places."""
    bits = np.zeros(size, bool)
    bits[places] = True
    return bits


def restored(name, form, shape, arrays):
    """The array of weights; its places are taken out of `arrays`. ValueError if the members do not fit together."""
    values, places, size = arrays[name], arrays.pop(f"{name}.{form}"), math.prod(shape)

    # Where the values stand.
    if form == "bitmap" and places.dtype == np.uint8 and places.shape == (-(-size // 8),):
        places = np.flatnonzero(np.unpackbits(places, count=size))
    elif form == "gaps" and places.dtype.kind == "u" and places.itemsize < 8:
        places = np.cumsum(places.astype(np.int64) + 1) - 1
    else:
        raise ValueError(f'array "{name}": no form "{form}" of {places.dtype} and shape {places.shape}')
    if values.shape != places.shape or places.size and places[-1] >= size:
        raise ValueError(f'array "{name}": {values.shape} values do not fit the places of its {form}')

    W = np.zeros(size, values.dtype)
    W[places] = values
    return W.reshape(shape)


def write(file, header, arrays):
    """Write header and arrays to an open file, compressed."""
    np.savez_compressed(file, __network__=np.array(storage.header_text(header)), **arrays)


def size_of(write, header, arrays):
    """How many bytes `write` writes."""
    file = io.BytesIO()
    write(file, header, arrays)
    return file.tell()
