"""Loading: from a name or a path to a Dataset."""

import os
from pathlib import Path

from ..engine.archives import LIMIT
from ..engine.checks import check_count, check_known, check_path, check_real
from .digits import load_digits
from .idx import load_idx_folder
from .npz import load_npz
from .ratings import load_ratings
from .source import Source, as_source, columns_of
from .tables import load_table
from .tictactoe import load_tictactoe
from .topics import load_topics
from .vowels import load_vowels

SHIPPED = {"digits": load_digits, "topics": load_topics, "vowels": load_vowels, "ratings": load_ratings,
           "tictactoe": load_tictactoe}
TABLES = (".csv", ".tsv", ".txt", ".dat", ".data")
FILES = {".npz": load_npz, **{ending: load_table for ending in TABLES}}
UNDERSTOOD = "a folder with MNIST-format IDX files, a .npz file, or a .csv or .tsv file (also .gz)"


def load(name_or_path, test=0.2, seed=0, *, target=None, task=None, drop=(), scale=False, limit=LIMIT):
    """Return a Dataset: one that comes with the package, or the user's own files.

    name_or_path  "digits", "topics" (texts), "vowels", "ratings" or "tictactoe", each described in the file of its name
                  in `minprune.datasets`; or the path of a folder with MNIST-format IDX files (`load_idx_folder`), of a
                  .npz file (`load_npz`), or of a .csv, .tsv or .txt file (`load_table`), plain or packed (.csv.gz); or
                  a Source, which has the options below with it
    test, seed    the fraction of the samples, in (0, 1), that is held out, and which ones, a whole number of at least
                  0. Both are without effect on files that are already split. The same seed gives the same split
    target        of a table: the name or index of the column to predict (-1 is the last), or a list of several;
                  without it the column is guessed (`minprune.datasets.columns` says how)
    task          "classes" or "regression"; without it the targets decide (`minprune.datasets.targets`)
    drop          of a table: the names or indices of columns to leave out
    scale         whether x is standardised by the mean and standard deviation of the training part; they are saved as
                  `data.mean` and `data.sd`, and `data.scaled(x)` scales new inputs
    limit         in bytes: what a file declares or unpacks to may not take more, all its numbers counted as float64

    What was concluded about a file is in `data.notes`, a list of sentences. Raises FileNotFoundError for a path that
    does not exist; ValueError or TypeError, naming the file and what is wrong in it, for an unknown name and for data
    that is damaged, too large, empty, NaN, infinite or unequal in length.
    """
    test, seed = check_real("test", test, above=0, below=1), check_count("seed", seed, least=0)
    source = as_source(Source(name_or_path, target, task, drop, scale, limit))
    # data of the package, or the user's
    if source.path in SHIPPED:
        check_no_columns(source, source.path)
        return SHIPPED[source.path](source, test, seed)
    path = existing_path(source.path)
    reader = reader_of(path)
    if reader is not load_table:
        check_no_columns(source, path)
    return reader(path, source, test, seed)


def check_no_columns(source, name):
    """Raise ValueError if columns are named of what is no table."""
    for option in ("target", "drop"):
        if getattr(source, option) is not None and columns_of(option, getattr(source, option)):
            raise ValueError(f"{option} names columns of a table such as a .csv file; {name} has none")


def existing_path(source):
    """Return `source` as a Path that exists; else raise FileNotFoundError, or ValueError if it looks like a name."""
    text = os.fspath(source)
    path = check_path("name_or_path", os.path.expanduser(text)) if text else Path()
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
    ending = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    packed_archive = path.suffix.lower() == ".gz" and ending.lower() == ".npz"
    if ending.lower() not in FILES or packed_archive:
        raise ValueError(f"{path} is of an unknown kind; expected {UNDERSTOOD}")
    return FILES[ending.lower()]
