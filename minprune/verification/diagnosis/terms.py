"""Terms: mistakes in one of a formula's arrays or results alone, as a wrong sign inside a sum.

Each array that the formula gets and each result of an operation in it is changed, one after the other.
"""

import numpy as np

from ..formulas import Unanswered
from .operations import Rule
from .probe import Correction, DoesNotApply

MOST = 40                       # so many results of a formula are tried; a loop has more

# (the mistake, what undoes it: a text with {} for the array or result, the function)
CHANGES = (
    ("wrong sign in one term", "−{}", np.negative),
    ("off by the factor 2 in one term", "½ · {}", lambda result: result / 2),
    ("off by the factor ½ in one term", "2 · {}", lambda result: result * 2),
    ("the square of one term is missing", "the square of {}", np.square),
    ("the absolute value of one term is missing", "the absolute value of {}", np.abs),
)


def of_one_term(probes):
    """The Corrections of one array or one result, each by itself."""
    places = [*probes[0].arrays, *range(result_count(probes[0]))]
    for name, text, change in CHANGES:
        for place in places:
            result = place if isinstance(place, str) else f"its {ordinal(place + 1)} result"
            yield Correction(name, f"with {text.format(result)} for {result}, {{f}} holds", changed(place, change))


def changed(place, change):
    """The correction by change(…) of the array of this name, or the result of this number."""
    def apply(probe):
        if isinstance(place, str):
            return probe.with_arrays(**{place: change(probe.arrays[place])})
        seen = []

        def changed_there(result):
            seen.append(result)
            return change(result) if len(seen) == place + 1 else result

        returned = probe.under(Rule(seen=changed_there))
        if len(seen) <= place:
            raise DoesNotApply("it has fewer results")
        return returned
    return apply


def result_count(probe):
    """How many results the formula has on the way to what it returns, MOST at most."""
    seen = []
    try:
        probe.under(Rule(seen=lambda result: seen.append(result) or result))
    except Unanswered:
        return 0
    return len(seen) if len(seen) <= MOST else 0


def ordinal(number):
    """"1st", "2nd", "12th"."""
    return f"{number}{ENDINGS.get(number if number < 20 else number % 10, 'th')}"


ENDINGS = {1: "st", 2: "nd", 3: "rd"}
