"""Safetensors: the file format in which PyTorch and others keep the arrays of a network, read and written by hand.

    8 bytes    the length of the header, a little-endian whole number
    header     JSON: {"fc.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}, …}, padded with spaces;
               "__metadata__" may hold texts
    the rest   the numbers of all arrays, row by row, little-endian; the offsets count from here

A file may come from anywhere. So the whole header is checked before memory is taken for any array: the arrays must lie
side by side, without gaps or overlaps, and fill the file to its end. Format: github.com/huggingface/safetensors.
"""

import json
import math
import os
from typing import NamedTuple

import numpy as np

from .archives import LIMIT, check_shapes
from .checks import check_path
from .storage import atomic

LENGTH = 8                      # bytes of the header's length
LONGEST = 100_000_000           # bytes of a header, as in the format's own library
METADATA = "__metadata__"
ORDER = "order"                 # the metadata in which a file of ours has its names in the order in which they came
MOST_AXES = 64                  # as in NumPy
LARGEST = 2 ** 63               # a size or a place in a file is smaller
SHORT = 80                      # characters of a name in a message
BF16 = "BF16"                   # the upper half of a float32; NumPy has no such dtype
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", BF16: "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
          "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?"}
NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items() if name != BF16}


class Entry(NamedTuple):
    """What the header says of one array."""

    dtype: str
    shape: tuple
    start: int
    stop: int


# ------------------------------------------------------------------------------------------ reading


def read_safetensors(path, limit=LIMIT):
    """{name: array} of a .safetensors file; bfloat16 becomes float32.

    Names that the file only mentions in its metadata as other names of an array (tied weights) are there as well.
    Raises FileNotFoundError, and ValueError, before any array is read, for a header that is damaged, that does not fit
    the file, or that declares more than `limit` bytes as float64.
    """
    return read_with_order(path, limit)[0]


def read_with_order(path, limit=LIMIT):
    """(the arrays, whether they are in the order in which they were given to the writer), see `read_safetensors`."""
    path = check_path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}{' is a folder' if path.is_dir() else ''}")
    with open(path, "rb") as file:
        try:
            header = read_header(file)
            entries, metadata = checked_entries(header), checked_metadata(header)
            check_places(entries, os.fstat(file.fileno()).st_size - file.tell())
            check_shapes({name: entry.shape for name, entry in entries.items()}, limit)
            arrays = {name: read_array(file, entry) for name, entry in entries.items()}
        except ValueError as error:
            raise ValueError(f"cannot read {path} as safetensors: {error}") from None
    arrays |= {other: arrays[name] for other, name in tied_names(metadata) if name in arrays and other not in arrays}
    names = metadata.get(ORDER, "").split("\n")
    ordered = sorted(names) == sorted(arrays)
    return ({name: arrays[name] for name in names} if ordered else arrays), ordered


def read_header(file):
    """The header as plain values."""
    start = file.read(LENGTH)
    length = int.from_bytes(start, "little")
    most = min(LONGEST, os.fstat(file.fileno()).st_size - LENGTH)
    if len(start) < LENGTH or length > most:
        raise ValueError(f"its header should have {length:,} bytes, and at most {max(most, 0):,} are possible: "
                         "it is truncated or no .safetensors file at all")
    text = file.read(length)
    if not text.startswith(b"{"):
        raise ValueError("its header is no JSON object")
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its header is damaged: {error}") from None
    return header


def without_duplicates(pairs):
    """A dict of the pairs; ValueError if a name comes twice."""
    found = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{short(name)} stands there twice")
        found[name] = value
    return found


def short(name):
    """A name as messages have it: in quotes, its first letters, and escapes for what cannot be printed."""
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name[:SHORT + 1])
    return f'"{text[:SHORT]}…"' if len(text) > SHORT else f'"{text}"'


def checked_entries(header):
    """{name: Entry}, in the order of their places in the file; ValueError for one that is no description."""
    for name in header:
        if not name.isprintable():
            raise ValueError(f"array {short(name)} has a name that cannot be printed")
    entries = {name: checked_entry(name, entry) for name, entry in header.items() if name != METADATA}
    return dict(sorted(entries.items(), key=lambda item: (item[1].start, item[1].stop)))


def checked_entry(name, entry):
    """The Entry of one array; ValueError, naming it, unless it is one and its size is that of its shape."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"array {short(name)} expects dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"array {short(name)} is of dtype {dtype!r:.80}; known: {', '.join(DTYPES)}")
    if not are_sizes(shape) or not are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"array {short(name)} expects a shape and two data_offsets of whole numbers of at least 0, "
                         f"below 2^63, and of at most {MOST_AXES} axes")
    start, stop = offsets
    size = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
    if stop - start != size:
        raise ValueError(f"array {short(name)} of shape {tuple(shape)} and dtype {dtype} takes {size:,} bytes, "
                         f"and its data_offsets leave {stop - start:,}")
    return Entry(dtype, tuple(shape), start, stop)


def are_sizes(values):
    return (isinstance(values, list) and len(values) <= MOST_AXES
            and all(type(value) is int and 0 <= value < LARGEST for value in values))


def checked_metadata(header):
    """The texts of the file's metadata."""
    metadata = header.get(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError(f"{METADATA} expects texts")
    return metadata


def tied_names(metadata):
    """(other name, name) of arrays that have two names: PyTorch writes such an array once, and the rest as metadata."""
    return [(other, name) for other, name in metadata.items()
            if "." in other and other.split(".")[-1] == name.split(".")[-1]]


def check_places(entries, size):
    """Raise ValueError unless the arrays lie side by side, from the first of `size` bytes to the last."""
    end = 0
    for name, entry in entries.items():
        if entry.start != end:
            raise ValueError(f"array {short(name)} starts at byte {entry.start:,}, and the one before ends at {end:,}: "
                             f"{'arrays overlap' if entry.start < end else 'there is a gap'}")
        end = entry.stop
    if end != size:
        raise ValueError(f"its arrays take {end:,} bytes, and the file has {size:,}: it is truncated or damaged")


def read_array(file, entry):
    """The numbers of the next array of the file, as an array of its own."""
    numbers = np.frombuffer(file.read(entry.stop - entry.start), DTYPES[entry.dtype]).reshape(entry.shape)
    return widened(numbers) if entry.dtype == BF16 else numbers.astype(numbers.dtype.newbyteorder("="))


def widened(halves):
    """bfloat16 as float32, exactly: a bfloat16 is a float32 without the lower half of its bits."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


# ------------------------------------------------------------------------------------------ writing


def write_safetensors(path, arrays, metadata=None):
    """Write {name: array} to a .safetensors file, atomically.

    Transposed arrays and other views are written row by row, as their shapes say. The widest numbers come first, so
    that each array starts at a multiple of its numbers' size; the order in which they came stands in the metadata.
    (The library safetensors 0.8.0 writes views as they lie in memory, github.com/huggingface/safetensors/issues/825.)
    TypeError for an array whose dtype the format has not.
    """
    arrays = {str(name): np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.newbyteorder("<") not in NAMES:
            raise TypeError(f'array "{name}" is of dtype {array.dtype}; known: {", ".join(map(str, NAMES))}')
    names = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    header = {METADATA: {**(metadata or {}), ORDER: "\n".join(arrays)}}
    place = 0
    for name in names:
        array = arrays[name]
        header[name] = {"dtype": NAMES[array.dtype.newbyteorder("<")], "shape": list(array.shape),
                        "data_offsets": [place, place + array.nbytes]}
        place += array.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % LENGTH)
    with atomic(path) as file:
        file.write(len(text).to_bytes(LENGTH, "little") + text)
        for name in names:
            file.write(np.ascontiguousarray(arrays[name], arrays[name].dtype.newbyteorder("<")).tobytes())
