"""IDX, the format of MNIST: a header of big-endian numbers, then one array.

    byte 0, 1   zero
    byte 2      the kind of number: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64
    byte 3      the number of dimensions D
    4 · D       the dimensions, 32 bits each
    the rest    the numbers, last dimension fastest

Source: "The IDX file format", http://yann.lecun.com/exdb/mnist/.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from .dataset import dataset_of_parts, dataset_to_split

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
WHITE = 255


def read_idx(path):
    """Return the array in an IDX file, plain or gzip-compressed, in the machine's byte order.

    Raises ValueError, naming the file, for another format, corrupt gzip, missing or trailing bytes;
    OSError (FileNotFoundError, ...) if the file cannot be read.
    """
    content = read_plain(path)
    dtype, shape = parse_header(path, content)
    numbers = content[4 + 4 * len(shape):]
    expected = math.prod(shape) * dtype.itemsize
    if len(numbers) != expected:
        problem = "truncated" if len(numbers) < expected else "followed by trailing bytes"
        raise ValueError(f"{path} is {problem}: its header announces shape {shape}, {expected} bytes of "
                         f"{dtype.newbyteorder('=')}, got {len(numbers)}")
    return np.frombuffer(numbers, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def read_plain(path):
    """Return a file's bytes, uncompressed if it is named .gz or begins as gzip does."""
    content = Path(path).read_bytes()
    if Path(path).suffix.lower() != ".gz" and not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a complete gzip file: {error}") from None


def parse_header(path, content):
    """Return (dtype, shape) as the first bytes of an IDX file announce them."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in DTYPES or content[3] == 0:
        got = content[:4].hex(" ") or "an empty file"
        raise ValueError(f"{path} is not an IDX file: expected it to begin with 00 00, one of 08 09 0b 0c "
                         f"0d 0e and a number of dimensions, got {got}")
    dimensions = content[3]
    if len(content) < 4 + 4 * dimensions:
        raise ValueError(f"{path} is truncated: its header announces {dimensions} dimensions, "
                         f"got {len(content)} bytes in all")
    return np.dtype(DTYPES[content[2]]), struct.unpack_from(f">{dimensions}I", content, 4)


def load_idx_folder(folder, test, seed):
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
    name, paths = folder.absolute().name, sum(pairs, ())
    arrays = [array for pair in pairs for array in read_samples(*pair)]
    if len(pairs) == 1:
        return dataset_to_split(name, arrays, paths, test, seed)
    return dataset_of_parts(name, arrays, paths)


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


def read_samples(images_path, labels_path):
    """Return (x, t): float64 (N, H, W, 1) in [0, 1] and (N,) labels as read."""
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(f"{images_path} expects uint8 images of shape (N, H, W), "
                         f"got {images.dtype} of shape {images.shape}")
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        raise ValueError(f"{labels_path} expects whole numbers of shape (N,), "
                         f"got {labels.dtype} of shape {labels.shape}")
    return images[..., None] / WHITE, labels
