"""Targets: classes to tell apart, or numbers to predict; and the rule that decides which of them a file holds.

Texts are classes. Rows of 0 and 1 with a single 1 each are classes, too (one-hot). Whole numbers are classes if there
are few of them: at most (N + 1)/2 different ones among N samples, and besides

    just one or two,  or  1, 2, … C or 0, 1, … C−1 without a gap,  or  at most 20, each 10 times on average.

Everything else is numbers to predict. `task` overrules this. Classes are numbered in the order of their values, or of
the alphabet: the numbers of the file become names.
"""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_numbers

MOST, OFTEN = 20, 10            # different whole numbers that are classes, and how often each on average
LISTED = 10                     # names in a note


@dataclass(frozen=True)
class Targets:
    """The targets of each part, int64 (N,) with names or float64 (N, K) without, and the note that says which."""

    parts: list
    names: tuple | None
    note: str


def read_targets(parts, called, place, task=None, names=None):
    """Return the Targets of arrays as a file held them.

    parts: one array, or those of training and test; called: how messages name them; place: how the note does, such as
    "the last column". names: what the file itself calls the classes 0, 1, …; None where it does not.
    """
    # what can be targets
    parts = [check_targets(name, t) for name, t in zip(called, parts)]
    check_alike(called, parts)
    # one-hot rows become places
    one_hot = task != "regression" and parts[0].ndim == 2 and is_one_hot(np.concatenate(parts))
    if one_hot:
        parts, place = [t.argmax(axis=1) for t in parts], f"{place}, a single 1 in each row"
    elif parts[0].ndim == 2 and task == "classes":
        raise ValueError(f'{called[0]} has shape {parts[0].shape}, and task="classes" expects (N,), or a single 1 in '
                         "each row")
    # classes or numbers
    together = np.concatenate(parts)
    values = np.unique(together)
    if one_hot or task == "classes" or task is None and together.ndim == 1 and are_classes(together, values):
        return as_classes(parts, values, place, names, called[0])
    return as_numbers(parts, values, place, called[0])


def check_targets(name, t):
    """Return targets as an array of finite numbers, or of texts that are not empty; (N, 1) as (N,)."""
    t = np.asarray(t)
    # texts and numbers
    if t.dtype.kind == "S":
        t = np.char.decode(t, "utf-8", "replace")
    if t.dtype.kind == "U" and t.size and (np.char.strip(t) == "").any():
        raise ValueError(f"{name} holds {np.count_nonzero(np.char.strip(t) == '')} empty texts")
    if t.dtype.kind != "U":
        t = check_numbers(name, t)
    # shapes
    if t.ndim == 0 or t.size == 0:
        raise ValueError(f"{name} expects shape (N,) or (N, K), got {t.shape}" if t.size else
                         f"{name} is empty: got shape {t.shape}")
    t = t[:, 0] if t.shape[1:] == (1,) else t
    if t.dtype.kind == "U" and t.ndim > 1:
        raise ValueError(f"{name} holds texts, so classes, and expects shape (N,), got {t.shape}")
    return t


def check_alike(called, parts):
    """Raise ValueError unless all parts hold texts or all numbers, in the same shape a sample."""
    first, last = parts[0], parts[-1]
    if (first.dtype.kind == "U") != (last.dtype.kind == "U"):
        raise ValueError(f"expected texts in both or in neither: {called[0]} has dtype {first.dtype}, "
                         f"{called[-1]} {last.dtype}")
    if first.shape[1:] != last.shape[1:]:
        raise ValueError(f"expected the same shape a sample: {called[0]} has {first.shape[1:]}, "
                         f"{called[-1]} {last.shape[1:]}")


def is_one_hot(t):
    """Whether each row (N, K) is 0 but for a single 1, and each column has a 1 somewhere."""
    return bool(np.isin(t, (0, 1)).all() and (t.sum(axis=1) == 1).all() and t.any(axis=0).all())


def are_classes(t, values):
    """The rule at the top of this file, for targets (N,) with these different values."""
    if values.dtype.kind == "U":
        return True
    C, N = len(values), len(t)
    if (values != np.floor(values)).any() or C > (N + 1) / 2:
        return False
    without_gap = values[0] in (0, 1) and np.array_equal(values, values[0] + np.arange(C))
    return C <= 2 or without_gap or C <= MOST and N >= OFTEN * C


# ------------------------------------------------------------------------------- the two kinds


def as_classes(parts, values, place, names, called):
    """The Targets of classes, whose numbers are the places of their values among all values."""
    N = sum(map(len, parts))
    if len(values) > max(N / 2, MOST):
        raise ValueError(f"{called} has {len(values)} different values in {N} samples: too many for classes")
    texts = tuple(text_of(value) for value in values) if names is None else named(values, names, called)
    parts = [np.searchsorted(values, t).astype(np.int64) for t in parts]
    unseen = np.setdiff1d(parts[-1], parts[0])
    note = f"{len(values)} class{'es' if len(values) > 1 else ''} in {place}: {listed(texts)}"
    if len(unseen):
        note += f"; only in the test part: {listed([texts[c] for c in unseen])}"
    return Targets(parts, texts, note)


def named(values, names, called):
    """The names of these classes 0, 1, …; ValueError if there are others."""
    if not set(values.tolist()) <= set(range(len(names))):
        raise ValueError(f"{called} expects the classes 0 to {len(names) - 1}, for which the first line has names, "
                         f"got {text_of(values[0])} to {text_of(values[-1])}")
    return tuple(names[int(value)] for value in values)


def as_numbers(parts, values, place, called):
    """The Targets of numbers to predict, (N, K)."""
    if values.dtype.kind == "U":
        raise ValueError(f'{called} holds texts such as "{values[0]}", and task="regression" expects numbers')
    parts = [(t[:, None] if t.ndim == 1 else t).astype(np.float64) for t in parts]
    count = f"{parts[0][0].size} " if parts[0][0].size > 1 else ""
    note = f"{count}numbers to predict in {place}, from {values[0]:g} to {values[-1]:g}"
    if parts[0].shape[1:] == (1,) and (values == np.floor(values)).all():
        note += f' ({len(values)} different whole numbers; task="classes" would make them classes)'
    return Targets(parts, None, note)


def text_of(value):
    """A class's value as a text: 1.0 is "1"."""
    if isinstance(value, (str, np.str_)):
        return str(value)
    return str(int(value)) if value == np.floor(value) else repr(float(value))


def listed(names):
    """The names in a row; of many only the first."""
    more = f", … and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
