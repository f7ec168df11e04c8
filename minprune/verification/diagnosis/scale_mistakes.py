"""Why a formula depends on the scale of a neuron: it grows as a power of the factor on its incoming weights."""

import itertools

import numpy as np

from ..numbers import number
from ..sampling.changed_cases import rescaled_case, scales
from .batch_mistakes import is_same, leaves_something
from .order_mistakes import along, checked_size
from .probe import Correction

POWERS = {1: "a", -1: "1/a", 2: "a²", -2: "1/a²", 0.5: "√a", -0.5: "1/√a", 3: "a³", -3: "1/a³"}
MEASURED = 20                   # networks on which a degree is measured
INCOMING = ("W", "b", "gamma", "z", "o")                # these are multiplied by a
OUTGOING = ("W_out", "W_next", "do", "dz", "dW", "dy")  # these are divided by a


def of_scales(probes):
    """A power of each neuron's factor a: the size of its weights on the other side takes it back."""
    for power, axis in itertools.product(POWERS, (0, 1, 2)):
        yield of_power(power, axis)


def of_power(power, axis):
    """The Correction of a formula that scales with a^power, its neurons along this axis."""
    def apply(probe):
        checked_size(probe.claimed, axis, probe.layer.K)
        return probe.claimed * along(counterweight(probe.case, power), axis, probe.claimed.ndim)

    def remedy(probes):
        side = "outgoing" if power > 0 else "incoming"
        to_the = "" if abs(power) == 1 else f" to the power {number(abs(power))}"
        return f"{degrees(probes, axis)}times Σ |w| over its {side} weights{to_the}, {{f}} holds"

    return Correction(f"scales with {POWERS[power]}", remedy, apply, lambda probes: leaves_something(apply, probes))


def counterweight(case, power):
    """(K,) numbers that scale as a^−power: Σ |w| of the weights on the other side, to that power."""
    layer = case.net[case.layer]
    if power > 0:
        return np.abs(case.net.outgoing_weights(case.layer)).sum(axis=1) ** power
    incoming = np.abs(layer.gamma) if layer.batch_norm else np.abs(layer.W.reshape(layer.K, -1)).sum(axis=1)
    return incoming ** -power


def degrees(probes, axis):
    """"it is homogeneous of degree 1 in W; ", of what comes in and of what goes out, where it can be measured."""
    pairs = [(probe.about(probe.case), probe.about(rescaled_case(probe.case))) for probe in probes[:MEASURED]]
    pairs = [(before, after) for before, after in pairs if before.claimed.any()]
    texts = []
    for names, sign in ((INCOMING, 1), (OUTGOING, -1)):
        changed = [name for name in probes[0].arrays if name in names
                   and not all(is_same(after.arrays[name], before.arrays[name]) for before, after in pairs)]
        measured = {degree_in(before, after, changed, axis, sign) for before, after in pairs}
        if changed and len(measured) == 1 and None not in measured:
            texts.append(f"of degree {number(measured.pop())} in {' and '.join(changed)}")
    return f"it is homogeneous {' and '.join(texts)}; " if texts else ""


def degree_in(before, after, names, axis, sign):
    """The power of a by which the formula changes with only these arrays of the rescaled network, or None."""
    changed = before.with_arrays(**{name: after.arrays[name] for name in names})
    a = scales(before.case)
    return next((degree for degree in (0, *POWERS)
                 if is_same(changed, before.claimed * along(a ** float(sign * degree), axis, changed.ndim))), None)
