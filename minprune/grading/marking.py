"""Answers: is what a student's function returned what was expected, and if not, what is wrong with it?"""

import contextlib
import copy
import inspect
import io
import traceback
import warnings
import zlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

FEW = 16                        # a case with at most so many numbers is printed with all of them
LARGE = 100                     # a case with such a number is not shown if there is another


class Trial(NamedTuple):
    """One random case: its arguments, what was expected, what was returned, and what is wrong (None if nothing)."""

    given: dict
    expected: object
    got: object
    wrong: str | None


def judge(function, task, seed):
    """Return (right?, feedback) for a student's function; the same seed draws the same cases, whatever other tasks
    there are."""
    trials = []
    for given, expected in draw(task, seed):
        trials.append(attempt(function, given, expected, task))
        if isinstance(trials[-1].got, NotImplementedError):
            return False, f"not written yet: it raises NotImplementedError({str(trials[-1].got)!r})"
    failed = [trial for trial in trials if trial.wrong is not None]
    if not failed:
        return True, f"right in {len(trials)} of {len(trials)} random cases"
    smallest = min(failed, key=lambda trial: (largest(trial.given) >= LARGE, numbers(trial.given)))
    named = mistake(task, trials)
    return False, "\n".join([f"wrong in {len(failed)} of {len(trials)} random cases; the smallest of them:",
                             f"given {shapes(smallest.given)}", smallest.wrong,
                             *another_order(function, smallest.given), *values(smallest)]
                            + [f"Most likely: {named}"] * (named is not None))


def draw(task, seed):
    """[(case, what the task's function should return for it), ...]."""
    rng = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
    cases = [task.case(rng) for _ in range(task.trials)]
    answers = [task.answer(**copy.deepcopy(given)) for given in cases]
    for one in answers:
        if not plain(one):
            raise TypeError(f"its answer should give numbers, arrays, or a dict or tuple of them; it gives {one!r:.60}")
    return list(zip(cases, answers))


def attempt(function, given, expected, task):
    """Call the student's function on a copy of the case, and look at what comes back."""
    ours = copy.deepcopy(given)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            got = function(*ours.values())
            changed = [name for name, value in given.items() if not same(value, ours[name])]
            wrong = difference(expected, got, task.tolerance)
    except KeyboardInterrupt:
        raise
    except NotImplementedError as error:
        return Trial(given, expected, error, "it raised NotImplementedError")
    except BaseException as error:              # a student's function may also call exit()
        return Trial(given, expected, None, f"it raised {told_error(error, function)}")
    if wrong is None and changed:
        wrong = f"it changed its input {' and '.join(changed)}; work on a copy, or on a new array"
    return Trial(given, expected, copy.deepcopy(got) if wrong is None or plain(got) else None, wrong)


def told_error(error, function=None):
    """`ValueError: shapes … (line 12: return x @ W)`: the last line in the student's own file."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return text + (f"\n(line {lines[-1].lineno}: {lines[-1].line})" if lines else "")


def another_order(function, given):
    """A line that tells so, where the function's parameters stand in another order than it is called with."""
    try:
        own = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):             # some that are written in C do not tell
        return []
    if own == list(given) or sorted(own) != sorted(given):
        return []
    return [f"it is called with {', '.join(given)}, in this order; its parameters are {', '.join(own)}"]


# ------------------------------------------------------------------------------- comparing


def difference(expected, got, tolerance, name=""):
    """What is wrong with `got`, in one line, or None."""
    of = f"{name} " if name else ""
    if got is None:
        return f"{of or 'it '}returned None: is a return missing?" if not name else f"{of}is None"
    if isinstance(expected, tuple):
        return difference_of_tuples(expected, got, tolerance, of)
    if isinstance(expected, Mapping):
        return difference_of_dicts(expected, got, tolerance, of)
    expected = np.asarray(expected)
    try:
        array = np.asarray(got)
    except ValueError:
        return f"{of}expected an array of shape {expected.shape}, got rows of different lengths"
    if array.dtype.kind not in "buif":
        return f"{of}expected numbers, got {type(got).__name__} of dtype {array.dtype}"
    if array.shape != expected.shape:
        return f"{of}expected shape {expected.shape}, got {array.shape}"
    if expected.dtype == bool and array.dtype != bool:
        return f"{of}expected booleans, got {array.dtype}"
    return difference_of_arrays(expected, array, tolerance, of)


def difference_of_arrays(expected, got, tolerance, of):
    both = np.isfinite(expected) == np.isfinite(got)
    if not both.all() and np.isfinite(expected).all():
        return f"{of}holds {np.isnan(got).sum()} NaN and {np.isinf(got).sum()} infinite values, of {got.size}"
    if expected.dtype == bool:
        right = expected == got
    else:
        size = np.abs(expected[np.isfinite(expected)]).max(initial=1e-3)
        right = np.isclose(got, expected, rtol=0, atol=tolerance * size, equal_nan=True)
    if right.all():
        return None
    first = tuple(map(int, np.argwhere(~right)[0]))
    at = f"at {list(first)} " if first else ""
    rest = f" ({(~right).sum()} of {right.size} differ)" if right.size > 1 else ""
    return f"{of}{at}expected {number(expected[first])}, got {number(got[first])}{rest}"


def difference_of_tuples(expected, got, tolerance, of):
    if not isinstance(got, (tuple, list)) or len(got) != len(expected):
        what = f"{len(got)} values" if isinstance(got, (tuple, list)) else type(got).__name__
        return f"{of}expected {len(expected)} values to be returned, got {what}"
    found = (difference(one, other, tolerance, f"{of}returned value {place}:")
             for place, (one, other) in enumerate(zip(expected, got), 1))
    return next((wrong for wrong in found if wrong is not None), None)


def difference_of_dicts(expected, got, tolerance, of):
    if not isinstance(got, Mapping):
        return f"{of}expected a dict with the keys {', '.join(map(str, expected))}, got {type(got).__name__}"
    if set(got) != set(expected):
        return f"{of}expected the keys {', '.join(map(str, expected))}, got {', '.join(map(str, got)) or 'none'}"
    found = (difference(expected[key], got[key], tolerance, f"{of}[{key!r}]") for key in expected)
    return next((wrong for wrong in found if wrong is not None), None)


def same(one, other):
    """Equal to the bit."""
    if isinstance(one, Mapping):
        alike = isinstance(other, Mapping) and list(one) == list(other)
        return alike and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (tuple, list)):
        return isinstance(other, (tuple, list)) and len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")


# ------------------------------------------------------------------------ naming mistakes


def mistake(task, trials):
    """The name of the mistake that explains every trial, or None rather than a guess."""
    if any(trial.got is None for trial in trials):
        return None
    if all(difference(trial.expected, trial.got, task.tolerance) is None for trial in trials):
        return None                             # all that is wrong is that it changed its arguments
    for text, wrong in task.mistakes.items():
        if all(returns(wrong, trial, task.tolerance) for trial in trials):
            return text
    return next((text for text, corrected in (
        ("the sign is wrong", lambda got, N: -got),
        ("it is twice the answer", lambda got, N: got / 2),
        ("it is half the answer", lambda got, N: got * 2),
        ("it is divided by the number of samples, and should not be", lambda got, N: got * N),
        ("it should be divided by the number of samples", lambda got, N: got / N),
        ("the absolute value is missing", lambda got, N: np.abs(got)),
        ("it is the transpose of the answer", lambda got, N: got.T),
    ) if explains(corrected, trials, task.tolerance)), None)


def returns(wrong, trial, tolerance):
    """Whether the wrong function returns what the student's did; one that cannot take this case does not."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return difference(wrong(**copy.deepcopy(trial.given)), trial.got, tolerance) is None
    except Exception:
        return False


def explains(corrected, trials, tolerance):
    """Whether the correction makes every trial right."""
    if any(isinstance(one, (tuple, list, Mapping)) for trial in trials for one in (trial.expected, trial.got)):
        return False
    arrays = [(np.asarray(trial.got), trial) for trial in trials]
    if any(got.dtype.kind not in "if" for got, _ in arrays):
        return False
    return all(difference(trial.expected, corrected(got, samples(trial.given)), tolerance) is None
               for got, trial in arrays)


def samples(given):
    """How many rows the first array has."""
    return next((len(value) for value in given.values() if isinstance(value, np.ndarray) and value.ndim), 1)


# -------------------------------------------------------------------------------- telling


def plain(value):
    """Whether a value is made of numbers only, so that it can be compared again."""
    if isinstance(value, (tuple, list)):
        return all(map(plain, value))
    if isinstance(value, Mapping):
        return all(map(plain, value.values()))
    return isinstance(value, (np.ndarray, np.generic, int, float)) and np.asarray(value).dtype.kind in "buif"


def numbers(value):
    """How many numbers a value holds."""
    if isinstance(value, (tuple, list)):
        return sum(map(numbers, value))
    return sum(map(numbers, value.values())) if isinstance(value, Mapping) else np.size(value)


def largest(value):
    """The largest number in a value, whatever its sign."""
    if isinstance(value, Mapping):
        return largest(list(value.values()))
    if isinstance(value, (tuple, list)):
        return max(map(largest, value), default=0)
    return np.abs(value).max(initial=0) if plain(value) else 0


def shapes(given):
    """`x (5, 3), W (4, 3), rate 0.1`."""
    return ", ".join(f"{name} {shape(value)}" for name, value in given.items())


def shape(value):
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {shape(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(shape, value))}]"
    return str(value.shape) if isinstance(value, np.ndarray) else repr(value)


def values(trial):
    """The numbers of a case that is small enough to be done again on paper."""
    if numbers(trial.given) > FEW or not plain(trial.given) or not plain(trial.expected):
        return []
    lines = [f"{name} = {text(value)}" for name, value in trial.given.items()]
    return [*lines, f"expected {text(trial.expected)}"] + [f"returned {text(trial.got)}"] * (trial.got is not None)


def text(value):
    """The numbers of a value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        parts = ", ".join(map(text, value))
        return parts if isinstance(value, tuple) else f"[{parts}]"
    return np.array2string(np.asarray(value), precision=4, separator=", ").replace("\n", "")


def number(value):
    return str(bool(value)) if isinstance(value, np.bool_) else f"{value:.6g}"
