"""Archives: the arrays of a .npz file, whose sizes are looked at before any memory is taken for them.

A few kilobytes of compressed zeros can declare gigabytes. So the header of each array is read first, and the file is
refused if what its headers declare exceeds a limit.
"""

import contextlib
import math

import numpy as np

LIMIT = 2 ** 30                 # bytes: 1 GiB
NUMBER = 8                      # bytes of a float64, which most arrays become
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@contextlib.contextmanager
def open_archive(path, hint=""):
    """NumPy's view of a .npz file; ValueError if it is truncated, or another file (then with the hint at its end)."""
    with open(path, "rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise ValueError(f"it is truncated or no .npz file at all{hint}")
    try:
        archive = np.load(path, allow_pickle=False)
    except Exception as error:          # the list of its arrays, which stands at the end, cannot be read
        raise ValueError(f"it is truncated or damaged: {error}") from None
    with archive:
        yield archive


def check_declared(archive, names, limit):
    """Raise ValueError if the headers of these arrays of an open .npz file declare more than `limit` bytes as float64.

    `archive` is what `np.load` returns. Raises ValueError as well for an array of Python objects, and for one whose
    header is damaged.
    """
    shapes = {name: declared_shape(archive, name) for name in names}
    check_shapes(shapes, limit)


def declared_shape(archive, name):
    """The shape that the header of one array declares, its text counted as numbers of four bytes a character."""
    members = archive.zip.namelist()
    with archive.zip.open(f"{name}.npy" if f"{name}.npy" in members else name) as file:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise ValueError(f'array "{name}" is in version {version} of the .npy format, which holds no plain numbers')
        shape, _, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError(f'array "{name}" cannot be read: Object arrays are pickles, which are never opened')
    return shape if dtype.itemsize <= NUMBER else (*shape, -(-dtype.itemsize // NUMBER))


def check_shapes(shapes, limit):
    """Raise ValueError, naming the largest, if arrays of {name: shape} take more than `limit` bytes as float64."""
    sizes = {name: NUMBER * math.prod(shape) for name, shape in shapes.items()}
    if sum(sizes.values()) > limit:
        largest = max(sizes, key=sizes.get)
        raise ValueError(f"it declares {sum(sizes.values()):,} bytes of float64, more than the limit of {limit:,} "
                         f"(its largest array: {largest} of shape {shapes[largest]}); limit= allows more")
