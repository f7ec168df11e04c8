"""Formulas: what somebody's formula needs, the arrays that it gets, and what is wrong with what it returns."""

import numpy as np

from ..engine.checks import check_known
from ..recording import by_position
from ..scoring.arrays import FROM_SAMPLES, FROM_WEIGHTS, needs


def of_next_layer(key):
    """The function that takes one array of the trace of the next layer, with its positions in a row."""
    return lambda case, reader: by_position(case.net, reader, getattr(case.trace[reader], key))


OF_THE_NETWORK = {
    "y": lambda case: case.trace.y,
    "t": lambda case: case.t,
    "dy": lambda case: case.trace.dy,
}
OF_THE_NEXT_LAYER = {
    "W_next": lambda case, reader: case.net[reader].W,
    "b_next": lambda case, reader: case.net[reader].b,
    **{f"{key}_next": of_next_layer(key) for key in ("z", "o", "dz", "do")},
}
KNOWN = (*FROM_WEIGHTS, *FROM_SAMPLES, *OF_THE_NETWORK, *OF_THE_NEXT_LAYER)
AFTER_THE_LAYER = ("W_out", *OF_THE_NEXT_LAYER)     # the output layer has none of these
LAYER_AXES = {"W_next": 0, "b_next": 0}             # the neurons' axis of the next layer's arrays; of all others 2


class Unanswered(Exception):
    """A formula raised an error, or returned what cannot be compared. The message says which, and for which arrays."""


class Formula:
    """A function whose parameter names say which arrays it needs. Called with a case it returns its array.

    Raises TypeError if `function` is no function, ValueError for a parameter of an unknown name (with the nearest).
    `single` becomes True when the function returns fewer digits than float64 has.
    """

    def __init__(self, function):
        if not callable(function):
            raise TypeError(f"formula expects a function, got {type(function).__name__}")
        self.function, self.single = function, False
        self.name = getattr(function, "__name__", type(function).__name__)
        if self.name == "<lambda>":
            self.name = "formula"
        self.needs = needs(function)
        if not self.needs:
            raise ValueError(f"{self.name} names no parameter that says what it needs, such as o or dz_next")
        for name in self.needs:
            check_known(f"parameter of {self.name}:", name, KNOWN)

    def needs_what_follows(self):
        """Whether it needs an array of what comes after the layer."""
        return not set(AFTER_THE_LAYER).isdisjoint(self.needs)

    def fits(self, case, coupled=False):
        """Whether the case has all arrays that the formula needs.

        A layer whose outputs are added to those of other layers fits only if `coupled` allows it.
        """
        if case.coupled and (not coupled or "W_out" in self.needs):
            return False
        return set(OF_THE_NEXT_LAYER).isdisjoint(self.needs) or case.has_next()

    def arrays(self, case):
        """{parameter: array} of all that the formula needs."""
        return {name: array_of(case, name, first_reader=True) for name in self.needs}

    def __call__(self, case):
        return self.of(self.arrays(case))

    def of(self, arrays):
        """The formula's result for these arrays, as float64. Unanswered if there is none that can be compared."""
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(self.function(**{name: protected(array) for name, array in arrays.items()}))
        except Exception as error:
            raise Unanswered(self.describe(error, arrays)) from error
        if result.dtype.kind not in "buif":
            returned = "None" if result.ndim == 0 and result.item() is None else f"an array of {result.dtype}"
            raise Unanswered(f"{self.name} returned {returned}, not an array of numbers (given {shapes(arrays)})")
        if not np.isfinite(result).all():
            returned = "NaN" if np.isnan(result).any() else "infinity"
            raise Unanswered(f"{self.name} returned {returned} (given {shapes(arrays)})")
        self.single |= result.dtype in (np.float32, np.float16)
        return result.astype(float)

    def describe(self, error, arrays):
        """What an error of the function means."""
        if "read-only" in str(error) or "WRITEABLE" in str(error):
            return (f"{self.name} tries to change its inputs, which are read-only (given {shapes(arrays)}); "
                    "work on a copy, as in `o = o.copy()`")
        return f"{self.name} raised {type(error).__name__}: {error} (given {shapes(arrays)})"


def array_of(case, name, first_reader=False):
    """The array that a formula's parameter `name` gets.

    Several layers may read this one. Arrays of the next layer are then those of the first reader, or of all readers
    with their neurons side by side.
    """
    if name in FROM_WEIGHTS:
        return FROM_WEIGHTS[name](case.net, case.layer)
    if name in FROM_SAMPLES:
        return FROM_SAMPLES[name](case.net, case.layer, case.trace)
    if name in OF_THE_NETWORK:
        return OF_THE_NETWORK[name](case)
    readers = case.readers[:1] if first_reader else case.readers
    arrays = [OF_THE_NEXT_LAYER[name](case, reader) for reader in readers]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=LAYER_AXES.get(name, 2))


def protected(array):
    """A copy that cannot be written to: no formula can make this view of it writable again."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy.view()


def shapes(arrays):
    return ", ".join(f"{name} {array.shape}" for name, array in arrays.items())


def matching(formula, result, forms, case):
    """The Form that has the shape of the result; Unanswered if none has."""
    for form in forms:
        if form.values.shape == result.shape:
            return form
    expected = " or ".join(f"{form.letters} = {form.values.shape}" for form in forms)
    raise Unanswered(f"{formula.name} returned the shape {result.shape}, expected {expected} "
                     f"(given {shapes(formula.arrays(case))})")
