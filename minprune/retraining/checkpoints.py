"""Checkpoints: a folder with one file for each finished step, so that a run that was killed can go on."""

import contextlib
import hashlib
import json
import os
import pathlib
import platform
import tempfile
import warnings
from dataclasses import dataclass

import numpy as np

from ..engine import storage
from ..engine.archives import LIMIT, check_declared
from ..engine.checks import check_path
from .descriptions import differences

FORMAT = "minprune checkpoint"
VERSION = 1
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Checkpoint:
    """An open folder. `run` is the hash of the run's settings; each step's file carries it.

    A step is a dict of plain values (what JSON knows) and a dict of arrays.
    """

    folder: pathlib.Path
    run: str

    def path(self, number):
        return self.folder / f"step-{number:04d}.npz"

    def has(self, number):
        return self.path(number).exists()

    def save(self, number, values, arrays):
        """Write a step: the file is there whole or not at all. Raises OSError if it cannot be written."""
        header = json.dumps({"format": FORMAT, "version": VERSION, "run": self.run, **values}, default=plain_number)
        with write_errors(self.folder, f"step {number}"):
            with storage.atomic(self.path(number)) as file:
                np.savez(file, __step__=np.array(header), **arrays)
            sync(self.folder)

    def load(self, number, limit=LIMIT):
        """Return the (values, arrays) of a step. Raises ValueError if its file is damaged or of another run, or
        declares more than `limit` bytes."""
        path = self.path(number)
        with read_errors(path, "; delete it, and the step is done again"):
            with np.load(path, allow_pickle=False) as file:
                check_declared(file, file.files, limit)
                arrays = {name: file[name] for name in file.files}
            header = json.loads(str(arrays.pop("__step__")))
            if header["run"] != self.run:
                raise ValueError("it is a step of another run")
        return header, arrays


def open_checkpoint(folder, settings, steps):
    """Return the Checkpoint in `folder` of a run with these settings and this number of steps.

    `settings` are plain values, as `describe` returns them. The folder is made if it is not there; one that has all
    its steps is only read. A folder is used by one run at a time. Raises ValueError for a folder of other settings,
    saying what differs, and for a folder that holds anything else; OSError where nothing can be written. The folder is
    then as it was. A folder that was begun by another version of NumPy or on another machine is taken, with a warning:
    its steps can be continued, and the last bits of the next ones may differ.
    """
    folder = check_path("checkpoint", folder)
    settings = json.loads(json.dumps(settings))             # as they will be read: tuples are lists, keys are text
    checkpoint = Checkpoint(folder, hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest())
    if (folder / SETTINGS).exists():
        check_settings(folder, settings)
    else:
        make_folder(folder, settings)
    if not all(checkpoint.has(number) for number in range(steps)):
        with write_errors(folder, "the next step"), tempfile.TemporaryFile(dir=folder):
            pass                                            # it fails now, not after hours of training
        for path in temporaries(folder):                    # of a run that was killed while it wrote
            with contextlib.suppress(OSError):
                path.unlink()
    return checkpoint


def check_settings(folder, settings):
    """Raise ValueError unless the settings in the folder are these."""
    path = folder / SETTINGS
    with read_errors(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError("it is no minprune checkpoint")
        if content["version"] > VERSION:
            raise ValueError(f"its format is version {content['version']}, this minprune reads up to {VERSION}")
        old = content["settings"]
    differ = differences(old, settings)
    if differ:
        more = f"; and {len(differ) - 4} more" if len(differ) > 4 else ""
        raise ValueError(f"the checkpoint {folder} is of another run, and is left as it is: "
                         f"{'; '.join(differ[:4])}{more}")
    elsewhere = differences(content.get("where", where()), where())
    if elsewhere:
        warnings.warn(f"the checkpoint {folder} was begun elsewhere ({'; '.join(elsewhere)}): the steps that are still "
                      "to be done may differ in their last bits from those of one run", stacklevel=4)


def where():
    """What the bits of a run depend on besides its settings: the same sums are taken in another order elsewhere."""
    return {"numpy": np.__version__, "machine": f"{platform.system()} {platform.machine()}"}


def make_folder(folder, settings):
    """Make the folder and write the settings into it; an empty folder is taken, one with other files is not."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"checkpoint expects a folder, {folder} is a file")
    strangers = [path.name for path in folder.iterdir() if path not in temporaries(folder)] if folder.is_dir() else []
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise ValueError(f"checkpoint expects a new or empty folder, or one of an earlier run; "
                         f"{folder} holds {min(strangers)}{more}")
    with write_errors(folder, "the settings"):
        folder.mkdir(parents=True, exist_ok=True)
        with storage.atomic(folder / SETTINGS, "t") as file:
            json.dump({"format": FORMAT, "version": VERSION, "settings": settings, "where": where()},
                      file, indent=1)
            file.write("\n")
        sync(folder)


def temporaries(folder):
    """The files that `storage.atomic` left because it was stopped before it renamed them."""
    return [path for stem in (SETTINGS, "step-*.npz") for path in folder.glob(f".{stem}.*")]


def sync(folder):
    """Write the folder's list of files to the disk, as `os.fsync` does for a file (where the system can do that)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def write_errors(folder, what):
    """Make an OSError say what could not be written."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise OSError(error.errno, f"cannot write {what} to the checkpoint ({why}); what it holds is safe",
                      str(folder)) from error


@contextlib.contextmanager
def read_errors(path, advice=""):
    """Turn whatever error a damaged or foreign file leads to into a ValueError that names the file."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:          # damaged bytes can lead to any of them
        raise ValueError(f"cannot read {path}: {str(error) or type(error).__name__}{advice}") from None


def plain_number(value):
    """A NumPy number, which JSON does not know, as a Python one."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a checkpoint keeps numbers, text, lists, dicts and arrays, got {type(value).__name__}")
