"""Checkpoints: a folder with one file for each finished step, so that a run that was killed can go on."""

import contextlib
import copyreg
import functools
import hashlib
import json
import os
import pathlib
import random
import tempfile
import types
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..engine import storage

FORMAT = "minprune checkpoint"
VERSION = 1
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Checkpoint:
    """An open folder. `run` is the hash of the settings; every file of a step carries it.

    A step is a dict of plain values (what JSON knows) and a dict of arrays.
    """

    folder: pathlib.Path
    run: str

    def path(self, number):
        return self.folder / f"step-{number:04d}.npz"

    def has(self, number):
        return self.path(number).exists()

    def save(self, number, values, arrays):
        """Write one step; it is there whole or not at all. Raises OSError if it cannot be written."""
        header = json.dumps({"format": FORMAT, "version": VERSION, "run": self.run, **values}, default=plain_number)
        with telling(self.folder, f"step {number}"):
            with storage.atomic(self.path(number)) as file:
                np.savez(file, __step__=np.array(header), **arrays)
            sync(self.folder)

    def load(self, number):
        """Return the (values, arrays) of a step. Raises ValueError if its file is damaged or of another run."""
        path = self.path(number)
        with reading(path, "; delete it, and the step is done again"):
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            header = json.loads(str(arrays.pop("__step__")))
            if header["run"] != self.run:
                raise ValueError("it is a step of another run")
        return header, arrays


def open_checkpoint(folder, settings, steps):
    """Return the Checkpoint in `folder`, made if it is not there, of a run with these settings and so many steps.

    `settings` are plain values, as `describe` returns them. A folder that has all its steps is only read. One run
    at a time uses a folder. Raises ValueError for a folder of other settings, telling what differs, and for a folder
    that holds anything else; OSError where nothing can be written. The folder is then as it was.
    """
    folder = pathlib.Path(folder)
    settings = json.loads(json.dumps(settings))             # as it will be read again: tuples are lists, keys text
    checkpoint = Checkpoint(folder, hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest())
    if (folder / SETTINGS).exists():
        check_settings(folder, settings)
    else:
        start(folder, settings)
    if not all(checkpoint.has(number) for number in range(steps)):
        with telling(folder, "the next step"), tempfile.TemporaryFile(dir=folder):
            pass                                            # told now, not after hours of training
        for left in temporaries(folder):                    # of a run that was killed while it wrote
            with contextlib.suppress(OSError):
                left.unlink()
    return checkpoint


def check_settings(folder, settings):
    """Raise ValueError unless the folder's settings are these."""
    path = folder / SETTINGS
    with reading(path):
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError("it is no minprune checkpoint")
        if found["version"] > VERSION:
            raise ValueError(f"its format is version {found['version']}, this minprune reads up to {VERSION}")
        old = found["settings"]
    differ = differences(old, settings)
    if differ:
        more = f"; and {len(differ) - 4} more" * (len(differ) > 4)
        raise ValueError(f"the checkpoint {folder} is of another run, and is left as it is: "
                         f"{'; '.join(differ[:4])}{more}")


def start(folder, settings):
    """Make the folder and write the settings."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"checkpoint expects a folder, {folder} is a file")
    strangers = [path.name for path in folder.iterdir() if path not in temporaries(folder)] if folder.is_dir() else []
    if strangers:
        raise ValueError(f"checkpoint expects a new or empty folder, or one of an earlier run; "
                         f"{folder} holds {min(strangers)}" + f" and {len(strangers) - 1} more" * (len(strangers) > 1))
    with telling(folder, "the settings"):
        folder.mkdir(parents=True, exist_ok=True)
        with storage.atomic(folder / SETTINGS, "t") as file:
            json.dump({"format": FORMAT, "version": VERSION, "settings": settings}, file, indent=1)
            file.write("\n")
        sync(folder)


def temporaries(folder):
    """The files that `storage.atomic` did not get to rename."""
    return [path for stem in (SETTINGS, "step-*.npz") for path in folder.glob(f".{stem}.*")]


def sync(folder):
    """Have the names in a folder on the disk, too (where a system can do that to a folder)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def telling(folder, what):
    """Let an OSError say what could not be written."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise OSError(error.errno, f"cannot write {what} to the checkpoint ({why}); what it holds is safe",
                      str(folder)) from error


@contextlib.contextmanager
def reading(path, advice=""):
    """Turn whatever a damaged or foreign file leads to into one ValueError that names the file."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:          # what damaged bytes lead to is anybody's guess
        raise ValueError(f"cannot read {path}: {str(error) or type(error).__name__}{advice}") from None


def plain_number(value):
    """A NumPy number, which JSON does not know, as a Python one."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a checkpoint keeps numbers, text, lists, dicts and arrays, got {type(value).__name__}")


def differences(old, new, name=""):
    """["score: "taylor" there, "removal" now", …]: where two descriptions differ."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        inner = [differences(old[key], new[key], f"{name}.{key}".lstrip(".")) for key in old]
        return [told for one in inner for told in one]
    if old == new:
        return []
    return [f"{name}: {' there, '.join(short(json.dumps(one, ensure_ascii=False)) for one in (old, new))} now"]


def short(told, most=80):
    return told if len(told) <= most else told[:most - 1] + "…"


# ------------------------------------------------------------------------------- what a run is made of


def describe(name, value):
    """Return plain values that are equal if, and mostly only if, two runs' `value` do the same.

    Arrays, and networks and data sets with them, become hashes of their bytes. A function (a lambda, too) is its name,
    the hash of its code, its defaults and what it closes over; any other object is its class and attributes. So a
    changed line or number is noticed, a changed comment is not; what a function reads from its module is not seen,
    and another version of Python may compile the same line differently.

    Raises TypeError, calling it `name`, for what cannot be described, and for a random Generator, which goes on
    where it was: a run that is taken up again would draw other numbers.
    """
    try:
        return described(value, ())
    except TypeError as error:
        raise TypeError(f"{name} cannot be used with a checkpoint: {error}") from None


def described(value, above):
    """`above` are the ids of the objects that hold this one: a function may well close over itself."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if id(value) in above:
        return "itself"
    within = functools.partial(described, above=(*above, id(value)))
    if isinstance(value, GENERATORS):
        raise TypeError("it holds a random Generator; give a whole number as seed")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, bytes)):
        return hash_of(value)
    if isinstance(value, Mapping):
        return {str(key): within(one) for key, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(json.dumps(within(one)) for one in value)
    if isinstance(value, (list, tuple)):
        return [within(one) for one in value]
    if hasattr(value, "hidden_layers"):
        return {"settings": within(value.settings()), "arrays": within(value.arrays())}
    if isinstance(value, types.FunctionType):
        return described_function(value, within)
    if isinstance(value, functools.partial):
        return {"function": within(value.func), "args": within(value.args), "keywords": within(value.keywords)}
    if isinstance(value, NAMED) or isinstance(value, types.BuiltinFunctionType) and not bound(value):
        return full_name(value)
    return described_object(value, within)


GENERATORS = (np.random.Generator, np.random.BitGenerator, np.random.RandomState, random.Random)
NAMED = (type, types.ModuleType, np.ufunc)


def described_object(value, within):
    """How pickle would make it again: its class and attributes, or a function and what it is called with."""
    try:
        registered = copyreg.dispatch_table.get(type(value))
        reduced = value.__reduce_ex__(2) if registered is None else registered(value)
    except TypeError:
        raise TypeError(f"it holds {short(repr(value))}, of which nothing lasting can be said") from None
    told = {"kind": full_name(type(value))}
    if isinstance(reduced, str):                            # there is only one of it
        return {**told, "name": reduced}
    make, arguments, state, *items = (*reduced, None)[:max(len(reduced), 3)]
    call = value.__func__ if isinstance(value, types.MethodType) else getattr(type(value), "__call__", None)
    if isinstance(call, types.FunctionType):
        told["code"] = hash_of_code(call.__code__)
    if arguments != (type(value),):                         # made anew by its class alone, it is its attributes
        told |= {"made by": within(make), "of": within(arguments)}
    told |= {"items": within([list(one) for one in items if one is not None])} if items else {}
    return {**told, **within(state)} if isinstance(state, dict) else {**told, "state": within(state)}


def described_function(function, within):
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    return {"function": full_name(function), "code": hash_of_code(function.__code__),
            "defaults": within([*(function.__defaults__ or ()), *sorted((function.__kwdefaults__ or {}).items())]),
            "closure": {name: within(cell.cell_contents) for name, cell in cells.items()}}


def bound(function):
    """Whether a built-in function is the method of some object, such as `[].append`."""
    return not isinstance(function.__self__, (types.ModuleType, type(None)))


def full_name(value):
    name = getattr(value, "__qualname__", None) or value.__name__
    return f"{value.__module__}.{name}" if getattr(value, "__module__", None) else name


def hash_of(value):
    """"float64 (3, 4) 5f0c…": dtype, shape and the SHA-256 of the bytes."""
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError("it holds an array of objects")
    return f"{array.dtype.str} {array.shape} {hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()}"


def hash_of_code(code):
    """The SHA-256 of what a function does: instructions, names and constants, not places or comments."""
    return hashlib.sha256(repr(parts_of(code)).encode()).hexdigest()


def parts_of(code):
    constants = [parts_of(one) if isinstance(one, types.CodeType)
                 else sorted(map(repr, one)) if isinstance(one, frozenset) else repr(one) for one in code.co_consts]
    return [code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, constants]
