"""Loading: from a name or a path to a Dataset."""

import os
from pathlib import Path

from ..engine.checks import check_count, check_known, check_real
from .digits import load_digits
from .idx import load_idx_folder
from .tables import load_csv, load_npz

SHIPPED = {"digits": load_digits}
FILES = {".npz": load_npz, ".csv": load_csv}
UNDERSTOOD = "a folder with MNIST-format IDX files, a .npz file or a .csv file"


def load(name_or_path, test=0.2, seed=0):
    """Return a Dataset: the digits that come with the package, or the user's own files.

    name_or_path: "digits" (see `minprune.datasets.digits`), or the path of a folder with MNIST-format IDX
    files (`load_idx_folder`), of a .npz file (`load_npz`) or of a .csv file (`load_csv`).
    test: the fraction of the samples, in (0, 1), that is held out; seed: which ones, a whole number of at
    least 0. Both are without effect on files that are already split. The same seed gives the same split.
    Raises FileNotFoundError for a path that does not exist; ValueError or TypeError, naming the file and
    what is wrong in it, for an unknown name and for data that is damaged, empty, NaN, infinite or unequal
    in length.
    """
    test, seed = check_real("test", test, above=0, below=1), check_count("seed", seed, least=0)
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise TypeError(f"name_or_path expects a text or a path, got {name_or_path!r}")
    if name_or_path in SHIPPED:
        return SHIPPED[name_or_path](test, seed)
    path = existing_path(name_or_path)
    return reader_of(path)(path, test, seed)


def existing_path(source):
    """Return `source` as a Path that exists; else raise FileNotFoundError, or ValueError if it looks like a name."""
    text = os.fspath(source)
    path = Path(os.path.expanduser(text))
    if text and path.exists():      # an empty text would mean the current folder
        return path
    if isinstance(source, os.PathLike) or text.startswith("~") or "/" in text or "\\" in text or path.suffix:
        raise FileNotFoundError(f"{path} does not exist; expected {UNDERSTOOD}")
    try:
        check_known("data set", text, list(SHIPPED))
    except ValueError as error:
        raise ValueError(f"{error}; or the path of {UNDERSTOOD}") from None


def reader_of(path):
    """Return the function that reads this kind of file or folder."""
    if path.is_dir():
        return load_idx_folder
    if path.suffix.lower() not in FILES:
        raise ValueError(f"{path} is of an unknown kind; expected {UNDERSTOOD}")
    return FILES[path.suffix.lower()]
