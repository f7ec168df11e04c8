"""Files: a network as one .npz (architecture as JSON + arrays), and writing so that nothing is lost."""

import contextlib
import json
import os
import re
import time
from typing import NamedTuple

import numpy as np

from .activations import ACTIVATIONS, Activation
from .archives import LIMIT, check_declared, open_archive
from .checks import check_known, check_path

ABANDONED = 600                 # seconds without a change, after which nobody writes to a temporary file any more


class Format(NamedTuple):
    """A kind of .npz file: what its header says, what errors call it, and what reads it."""

    name: str
    version: int
    title: str
    reader: str

    def header(self):
        return {"format": self.name, "version": self.version}


DENSE = Format("minprune network", 1, "minprune network", "a dense one: use Network.load")
SPARSE = Format("minprune sparse network", 1, "sparse minprune network", "a sparse one: use load_sparse")


@contextlib.contextmanager
def atomic(path, mode="b"):
    """Open a temporary file beside `path` to write bytes ("b") or text ("t") to; it takes the name `path` only
    when all went well.

    Whatever goes wrong on the way, a full disk included, an old file of that name stays as it was. Temporary files of
    this name that a process left when it was killed are deleted once they are ten minutes old.
    """
    path = check_path("path", path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise OSError(f"cannot write {path}: there is something of that name that is no file")
    remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with open(temporary, f"x{mode}", encoding=None if mode == "b" else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):          # a read-only disk refuses this too, and its error is not the cause
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(temporary), temporary):
            raise OSError(error.errno, error.strerror or str(error), str(path)) from None
        raise


def remove_abandoned(path):
    """Delete the temporary files of `path` that nobody writes to any more."""
    own = re.compile(re.escape(f".{path.name}.") + "[0-9a-f]{8}")
    for entry in path.parent.iterdir():
        if own.fullmatch(entry.name):
            with contextlib.suppress(OSError):      # another process may have been faster
                if time.time() - entry.stat().st_mtime > ABANDONED:
                    entry.unlink()


def save(path, settings, arrays):
    """Write the settings and arrays to `path`, atomically."""
    with atomic(path) as file:
        write(file, settings, arrays)


def write(file, settings, arrays):
    """Write the settings and arrays to an open file."""
    np.savez(file, __network__=np.array(header_text({**DENSE.header(), **settings})), **arrays)


def header_text(header):
    """The header as JSON. An Activation is written as its name: what it computes is code, and no file holds code."""
    return json.dumps(header, default=plain)


def plain(value):
    """What JSON has no word for, in plain values; TypeError if there are none for it."""
    if isinstance(value, (np.integer, np.floating, np.bool_)):
        return value.item()
    if not isinstance(value, Activation):
        raise TypeError(f"cannot write {value!r} to a file: settings() of a layer gives texts, numbers, lists or dicts")
    if value.name in ACTIVATIONS:
        raise ValueError(f'cannot write an activation of your own that is called "{value.name}", as one of ours is: '
                         "who reads the file would get the other; give it another name")
    return value.name


def with_activations(settings, activations):
    """The settings that a file held, with these Activations in place of their names."""
    own = {activation.name: activation for activation in activations}
    if isinstance(settings, list):
        return [with_activations(value, activations) for value in settings]
    if not isinstance(settings, dict):
        return settings
    name = settings.get("activation")
    if "activation" in settings:
        check_activation(name, [*ACTIVATIONS, *own])
    replaced = {key: with_activations(value, activations) for key, value in settings.items()}
    return {**replaced, "activation": own[name]} if name in own else replaced


def check_activation(name, known):
    try:
        check_known("activation", name, known)
    except ValueError as error:
        raise ValueError(f'{error}. One of your own is given: activations=[mp.Activation("{name}", …)]') from None


def load(path, expected=DENSE, limit=LIMIT):
    """Return (header with the settings, arrays) of a file that `save` wrote, or of one in another format.

    Raises ValueError before any array is read if they would take more than `limit` bytes.
    """
    path = check_path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}{' is a folder' if path.is_dir() else ''}")
    with telling(path):
        hint = "; net.load_arrays reads the arrays of other frameworks" if path.suffix != ".npz" else ""
        with open_archive(path, hint) as file:
            check_declared(file, file.files, limit)
            arrays = {name: file[name] for name in file.files if name != "__network__"}
            header = json.loads(str(file["__network__"])) if "__network__" in file.files else {}
        check_format(header, expected)
        check_values(arrays)
    return header, arrays


def check_format(header, expected):
    """Raise ValueError unless this is the header of a file in the format `expected`, of a version that is known."""
    found = header.get("format") if isinstance(header, dict) else None
    if found != expected.name:
        hint = "".join(f", but {one.reader}" for one in (DENSE, SPARSE) if one.name == found)
        raise ValueError(f"it is not a {expected.title}{hint}")
    if header["version"] > expected.version:
        raise ValueError(f"its format is version {header['version']}, this minprune reads up to {expected.version}")


def check_values(arrays):
    """Raise ValueError, naming the array, for numbers that no trained network has."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            count = np.count_nonzero(~np.isfinite(array))
            raise ValueError(f"array {name} holds {count} values that are NaN or infinite, of {array.size}")
        if name.endswith(".running_var") and array.dtype.kind in "if" and (array < 0).any():
            raise ValueError(f"array {name} is a variance and expects numbers of at least 0, got {array.min():g}")


@contextlib.contextmanager
def telling(path):
    """Turn whatever a damaged or foreign file leads to into one ValueError that names the file."""
    try:
        yield
    except Exception as error:          # what damaged bytes lead to is anybody's guess
        raise ValueError(f"cannot read {path} as a network: {error}") from None
