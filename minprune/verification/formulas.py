"""A formula that somebody wrote: what it asks for, what it is given, and what is wrong with what it returns."""

import numpy as np

from ..engine.checks import check_known
from ..recording import by_position
from ..scoring.arrays import FROM_SAMPLES, FROM_WEIGHTS
from ..scoring.catalogue import needs

OF_THE_NETWORK = {
    "y": lambda case: case.trace.y,
    "t": lambda case: case.t,
    "dy": lambda case: case.trace.dy,
}
OF_THE_NEXT_LAYER = {
    "W_next": lambda case, name: case.net[name].W,
    "b_next": lambda case, name: case.net[name].b,
    **{f"{one}_next": lambda case, name, one=one: by_position(case.net, name, getattr(case.trace[name], one))
       for one in ("z", "o", "dz", "do")},
}
KNOWN = (*FROM_WEIGHTS, *FROM_SAMPLES, *OF_THE_NETWORK, *OF_THE_NEXT_LAYER)
READS_ON = ("W_out", *OF_THE_NEXT_LAYER)            # what the output layer has none of


class Unanswered(Exception):
    """A formula raised, or returned what cannot be compared: the message tells which, and what it was given."""


class Formula:
    """A function whose parameter names say what it needs; called with a case it returns an array.

    Raises TypeError for what is no function, ValueError for a parameter that cannot be given (naming the nearest).
    """

    def __init__(self, function):
        if not callable(function):
            raise TypeError(f"formula expects a function, got {type(function).__name__}")
        self.function, self.name = function, getattr(function, "__name__", type(function).__name__)
        self.name = "formula" if self.name == "<lambda>" else self.name
        self.needs, self.single = needs(function), False
        if not self.needs:
            raise ValueError(f"{self.name} names no parameter that says what it needs, such as o or dz_next")
        for one in self.needs:
            check_known(f"parameter of {self.name}:", one, KNOWN)

    def reads_on(self):
        """Whether it asks for what comes after the layer."""
        return not set(READS_ON).isdisjoint(self.needs)

    def fits(self, case, coupled=False):
        """Whether the case has all that it asks for; layers that are added to others only if `coupled` ones may be."""
        if case.coupled and (not coupled or "W_out" in self.needs):
            return False
        return set(OF_THE_NEXT_LAYER).isdisjoint(self.needs) or case.has_next()

    def given(self, case):
        return {name: array_of(case, name, of_first=True) for name in self.needs}

    def __call__(self, case, given=None):
        return self.of(self.given(case) if given is None else given)

    def of(self, given):
        """The formula's array for these; Unanswered if there is none."""
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(self.function(**{name: protected(array) for name, array in given.items()}))
        except Exception as error:
            if "read-only" in str(error) or "WRITEABLE" in str(error):
                raise Unanswered(f"{self.name} tries to change its inputs, which are read-only "
                                 f"(given {shapes(given)}); work on a copy, as in `o = o.copy()`") from error
            raise Unanswered(f"{self.name} raised {type(error).__name__}: {error} (given {shapes(given)})") from error
        if result.dtype.kind not in "buif":
            raise Unanswered(f"{self.name} returned {self.kind(result)}, not an array of numbers "
                             f"(given {shapes(given)})")
        if not np.isfinite(result).all():
            what = "NaN" if np.isnan(result).any() else "infinity"
            raise Unanswered(f"{self.name} returned {what} (given {shapes(given)})")
        self.single |= result.dtype in (np.float32, np.float16)
        return result.astype(float)

    @staticmethod
    def kind(result):
        return "None" if result.ndim == 0 and result.item() is None else f"an array of {result.dtype}"


def array_of(case, name, of_first=False):
    """One array that a formula can ask for. Those of the next layer: of all layers that read this one, their neurons
    side by side, or of the first."""
    if name in FROM_WEIGHTS:
        return FROM_WEIGHTS[name](case.net, case.layer)
    if name in FROM_SAMPLES:
        return FROM_SAMPLES[name](case.net, case.layer, case.trace)
    if name in OF_THE_NETWORK:
        return OF_THE_NETWORK[name](case)
    each = [OF_THE_NEXT_LAYER[name](case, reader) for reader in case.readers[:1 if of_first else None]]
    return each[0] if len(each) == 1 else np.concatenate(each, axis=0 if name in ("W_next", "b_next") else 2)


def protected(array):
    """A copy that cannot be written to, not even by asking for it."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy.view()


def shapes(given):
    return ", ".join(f"{name} {array.shape}" for name, array in given.items())


def matching(formula, result, forms, given):
    """The Form that has the result's shape; Unanswered if none has."""
    for form in forms:
        if form.values.shape == result.shape:
            return form
    expected = " or ".join(f"{form.letters} = {form.values.shape}" for form in forms)
    raise Unanswered(f"{formula.name} returned the shape {result.shape}, expected {expected} (given {shapes(given)})")
