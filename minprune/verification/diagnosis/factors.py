"""Factors: the corrections of formulas that are off by a number, alone or together with another mistake."""

import fractions
from typing import NamedTuple

import numpy as np

from ..formulas import Unanswered
from ..quantities import error_of
from .probe import ENOUGH, Correction


class Sizes(NamedTuple):
    """N samples, C outputs, P positions, K neurons, F inputs of a neuron."""

    N: int
    C: int
    P: int
    K: int
    F: int


def sizes(probe):
    """The Sizes of the probe's case and layer."""
    layer = probe.layer
    return Sizes(N=len(probe.case.x), C=probe.case.net.output_shape[0], P=int(np.prod(layer.output_shape[:-1])),
                 K=layer.K, F=layer.W[0].size)


LETTERS = {"N": "N samples", "C": "C outputs", "P": "P positions", "K": "K neurons", "F": "F inputs of a neuron"}
# {factor: its value, from the Sizes of a case}
FACTORS = {"2": lambda of: 2, "½": lambda of: 1 / 2,
           "N": lambda of: of.N, "1/N": lambda of: 1 / of.N, "C": lambda of: of.C, "1/C": lambda of: 1 / of.C,
           "P": lambda of: of.P, "1/P": lambda of: 1 / of.P, "K": lambda of: of.K, "1/K": lambda of: 1 / of.K,
           "F": lambda of: of.F, "1/F": lambda of: 1 / of.F, "2/C": lambda of: 2 / of.C, "2/N": lambda of: 2 / of.N,
           "1/(N·C)": lambda of: 1 / (of.N * of.C), "2/(N·C)": lambda of: 2 / (of.N * of.C)}


def of_factor(factor, sign):
    """The Correction of claimed = sign · factor · measured."""
    return Correction(f"off by the factor {'−' if sign < 0 else ''}{factor}",
                      "divided by it, {f} holds" + explained(factor),
                      lambda probe: probe.claimed / (sign * FACTORS[factor](sizes(probe))))


def explained(factor):
    """" (N samples)": what the letters of a factor stand for, or "" where it has none."""
    letters = ", ".join(text for letter, text in LETTERS.items() if letter in factor)
    return f" ({letters})" if letters else ""


# --------------------------------------------------------------------------------- any number


def of_constant_factor(probes):
    """A list with the Correction of a constant factor that is not in FACTORS; empty if there is no such factor.

    The factor is the ratio of claimed to measured on the first network, read off where the measured number is largest.
    """
    ratio = ratio_of(probes[0], lambda probe: probe.claimed)
    if ratio is None:
        return []
    return [Correction(f"off by the factor {as_text(ratio)}", "divided by it, {f} holds",
                       lambda probe: probe.claimed / ratio)]


def ratio_of(probe, apply):
    """What apply(probe) returns, as a multiple of what was measured, where that is largest; None if there is none."""
    try:
        with np.errstate(all="ignore"):
            returned = apply(probe)
        measured = measured_like(probe, returned)
    except (Unanswered, KeyError, ValueError, IndexError):
        return None
    if measured is None or not measured.size:
        return None
    largest = np.unravel_index(np.abs(measured).argmax(), measured.shape)
    ratio = returned[largest] / measured[largest] if measured[largest] else 0
    return ratio if np.isfinite(ratio) and ratio else None


def measured_like(probe, array):
    """What was measured, in the shape of the array; None if it has no such form."""
    return next((form.values for form in probe.forms if form.values.shape == array.shape), None)


EXACT = 2.5e-7                  # a factor is printed with as many digits as it takes to be so close to it


def as_text(ratio):
    """3.14, 1.00001, 1/3: the shortest text of a number, from four digits on."""
    fraction = fractions.Fraction(ratio).limit_denominator(12)
    for digits in range(4, 10):
        text = f"{ratio:.{digits}g}"
        if abs(float(text) / ratio - 1) <= EXACT:
            break
    is_fraction = fraction.numerator and abs(float(fraction) / ratio - 1) <= EXACT
    return str(fraction) if is_fraction and len(str(fraction)) < len(text) else text


# -------------------------------------------------------------------- together with another mistake

UNIFORM = 1e-4                  # two arrays that differ by less, but for a factor, are worth trying on all networks


def of_mistake_and_factor(probes, corrections):
    """The Corrections of two mistakes at once: one of `corrections`, and a wrong sign or factor."""
    clearest = max(probes[:ENOUGH], key=amount, default=None)
    for correction in corrections if clearest is not None and amount(clearest) else ():
        ratio = ratio_of(clearest, correction.apply)
        if ratio is not None and is_multiple(clearest, correction, ratio):
            yield from (and_factor(correction, *factor) for factor in factors_of(ratio, sizes(clearest)))


def amount(probe):
    """How many different numbers there are to compare; 0 if what is compared with, a second formula, has none."""
    try:
        forms = probe.forms
    except Unanswered:
        return 0
    try:
        values = measured_like(probe, probe.claimed)
    except Unanswered:
        values = forms[0].values if forms else None
    return 0 if values is None else len(np.unique(np.abs(values[values != 0])))


def is_multiple(probe, correction, ratio):
    """Whether what the correction returns is `ratio` times what was measured, and the ratio is more than rounding."""
    with np.errstate(all="ignore"):
        returned = correction.apply(probe)
    return abs(ratio - 1) > UNIFORM and error_of(returned / ratio, measured_like(probe, returned)) < UNIFORM


def factors_of(ratio, of):
    """(text, value) of each factor that has this ratio in a case of these Sizes; value(Sizes) is a number."""
    named = [(f"off by the factor {'−' if sign < 0 else ''}{text}", lambda of, sign=sign, value=value: sign * value(of))
             for text, value in FACTORS.items() for sign in (1, -1)]
    for text, value in [("wrong sign", lambda of: -1), *named]:
        if abs(value(of) / ratio - 1) < UNIFORM:
            yield text, value
    yield f"off by the factor {as_text(ratio)}", lambda of: ratio


def and_factor(correction, factor, value):
    """The Correction of this mistake and of a factor."""
    return Correction(f"{correction.name}, and {factor}",
                      lambda probes: f"{correction.describe(probes)}, but for the factor{explained(factor)}",
                      lambda probe: correction.apply(probe) / value(sizes(probe)), correction.confirm)
