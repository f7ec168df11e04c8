"""IDX, the format of MNIST: a header of big-endian numbers, then one array.

    byte 0, 1   zero
    byte 2      the kind of number: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
    byte 3      the number of dimensions D
    4 · D       the dimensions, 32 bits each
    the rest    the numbers, last dimension fastest

Source: "The IDX file format", http://yann.lecun.com/exdb/mnist/.
"""

import math
import struct

import numpy as np

from ..engine.archives import LIMIT, NUMBER
from ..engine.checks import check_path
from .compression import plain_stream
from .images import WHITE
from .samples import Samples, dataset_of

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LONGEST_HEADER = 4 + 4 * 255
MOST_DIMENSIONS = 32            # of an array, in all versions of NumPy


def read_idx(path, limit=LIMIT):
    """Return the array in an IDX file, plain or gzip-compressed, in the machine's byte order.

    Raises ValueError, naming the file, for another format, corrupt gzip, missing or trailing bytes, and numbers that
    would take more than `limit` bytes as float64; OSError (FileNotFoundError, ...) if the file cannot be read.
    """
    path = check_path("path", path)
    # the header, and as many numbers as it announces
    with plain_stream(path) as stream:
        content = stream.read(LONGEST_HEADER)
        dtype, shape = parse_header(path, content)
        check_size(path, shape, limit)
        expected = math.prod(shape) * dtype.itemsize
        numbers = content[4 + 4 * len(shape):]
        numbers += stream.read(max(expected + 1 - len(numbers), 0))         # the byte after the last one is not there
    if len(numbers) != expected:
        problem = "truncated" if len(numbers) < expected else "followed by trailing bytes"
        raise ValueError(f"{path} is {problem}: its header announces shape {shape}, {expected} bytes of "
                         f"{dtype.newbyteorder('=')}, got {len(numbers)}")
    return np.frombuffer(numbers, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def check_size(path, shape, limit):
    """Raise ValueError if an array of this shape takes more than `limit` bytes as float64 (a size of 0 is 1)."""
    if NUMBER * math.prod(size or 1 for size in shape) > limit:
        raise ValueError(f"{path} announces an array of shape {shape}, which as float64 takes more than the limit of "
                         f"{limit:,} bytes; limit= allows more")


def parse_header(path, content):
    """Return (dtype, shape) as the first bytes of an IDX file announce them."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in DTYPES or content[3] == 0:
        got = content[:4].hex(" ") or "an empty file"
        raise ValueError(f"{path} is not an IDX file: expected it to begin with 00 00, one of 08 09 0b 0c "
                         f"0d 0e and a number of dimensions, got {got}")
    dimensions = content[3]
    if dimensions > MOST_DIMENSIONS:
        raise ValueError(f"{path} announces an array of {dimensions} dimensions, expected at most {MOST_DIMENSIONS}")
    if len(content) < 4 + 4 * dimensions:
        raise ValueError(f"{path} is truncated: its header announces {dimensions} dimensions, "
                         f"got {len(content)} bytes in all")
    return np.dtype(DTYPES[content[2]]), struct.unpack_from(f">{dimensions}I", content, 4)


def load_idx_folder(folder, source, test, seed):
    """Return a folder's MNIST-format images as a Dataset: x (N, H, W, 1) scaled to [0, 1].

    The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same with `t10k`, each plain
    or .gz (the plain one is read if both are there), or spelled with a dot (`train-images.idx3-ubyte`).
    `t10k` is the test part; if only one pair is there, it is split. Raises FileNotFoundError for a missing
    file, ValueError for one that does not hold what its name says.
    """
    pairs = [pair for pair in (find_pair(folder, "train"), find_pair(folder, "t10k")) if pair]
    if not pairs:
        raise FileNotFoundError(f"{folder} holds no MNIST-format files: expected "
                                "train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz], "
                                "or the same with t10k")
    # the arrays of both parts, or of the only one
    arrays = [array for pair in pairs for array in read_samples(*pair, source.limit)]
    paths = sum(pairs, ())
    samples = Samples(folder.absolute().name, arrays[::2], arrays[1::2], (paths[::2], paths[1::2]), "the labels",
                      notes=["pixels 0 … 255 are divided by 255"])
    return dataset_of(samples, source, test, seed)


def find_pair(folder, part):
    """Return the paths (as text) of a part's images and labels, None if neither is there."""
    images = find_file(folder, f"{part}-images", "idx3-ubyte")
    labels = find_file(folder, f"{part}-labels", "idx1-ubyte")
    if images and labels:
        return str(images), str(labels)
    if images or labels:
        missing = f"{part}-labels-idx1-ubyte" if images else f"{part}-images-idx3-ubyte"
        raise FileNotFoundError(f"{images or labels} needs {missing}[.gz] beside it")
    return None


def find_file(folder, stem, ending):
    """Return the path of the first spelling of an IDX file that exists, else None."""
    spellings = [f"{stem}{joint}{ending}{gz}" for joint in "-." for gz in ("", ".gz")]
    return next((folder / name for name in spellings if (folder / name).is_file()), None)


def read_samples(images_path, labels_path, limit):
    """Return (x, t): float64 (N, H, W, 1) in [0, 1] and (N,) labels as read."""
    images, labels = read_idx(images_path, limit), read_idx(labels_path, limit)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(f"{images_path} expects uint8 images of shape (N, H, W), "
                         f"got {images.dtype} of shape {images.shape}")
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        raise ValueError(f"{labels_path} expects whole numbers of shape (N,), "
                         f"got {labels.dtype} of shape {labels.shape}")
    return images[..., None] / WHITE, labels
