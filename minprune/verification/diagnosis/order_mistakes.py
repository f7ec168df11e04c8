"""Why a formula depends on an order, that of the samples or that of the neurons."""

import itertools
from typing import Callable, NamedTuple

import numpy as np

from ..numbers import number
from ..sampling.changed_cases import orders, permuted_case, with_samples
from .batch_mistakes import SAME, is_same, leaves_something, of_first_or_last
from .probe import Correction, DoesNotApply


def of_sample_order(probes):
    """The corrections that are tried, the plainest first."""
    yield from of_first_or_last()
    yield from of_index(SAMPLES, probes)


def of_neuron_order(probes):
    """The corrections that are tried, the plainest first."""
    yield from of_index(NEURONS, probes)
    yield from of_one_neuron()


# ------------------------------------------------------------------------------ weighted by the index


class Items(NamedTuple):
    """What has an order: its name, how many a case has, the case with all equal to one of them, the possible axes."""

    name: str
    count: Callable
    equal: Callable
    axes: tuple


def sample_count(case):
    return len(case.x)


def neuron_count(case):
    return case.net[case.layer].K


def with_equal_samples(case, place):
    return with_samples(case, [place] * len(case.x))


def with_equal_neurons(case, place):
    return permuted_case(case, [place] * neuron_count(case))


SAMPLES = Items("sample", sample_count, with_equal_samples, axes=(0,))
NEURONS = Items("neuron", neuron_count, with_equal_neurons, axes=(0, 1, 2))


def of_index(items, probes):
    """Equal samples (or neurons) get different numbers: by a factor, or a summand, that goes with the index alone."""
    for axis in items.axes:
        weights = IndexWeights(items, probes, axis, np.divide, neutral=1)
        yield Correction(f"weighted by the {items.name}'s index", weights.remedy("divided by"), weights.undo,
                         weights.confirm)
    for axis in items.axes:
        weights = IndexWeights(items, probes, axis, np.subtract, neutral=0)
        yield Correction(f"the {items.name}'s index is added", weights.remedy("less"), weights.undo, weights.confirm)


class IndexWeights:
    """The factors or summands of a formula by index along an axis.

    They are read off one network of each size, with equal items; `inverse` (divide or subtract) takes them away again.
    """

    def __init__(self, items, probes, axis, inverse, neutral):
        self.items, self.probes, self.axis = items, probes, axis
        self.inverse, self.neutral = inverse, neutral
        self.weights = {1: np.array([neutral])}         # {number of items: (number of items,)}

    def undo(self, probe):
        """The correction."""
        count = checked_size(probe.claimed, self.axis, self.items.count(probe.case))
        if count not in self.weights:
            self.weights[count] = self.weights_of(count)
        return self.inverse(probe.claimed, along(self.weights[count], self.axis, probe.claimed.ndim))

    def weights_of(self, count):
        """The weights of so many items, from the first that shows them: where all get 0 there is no factor."""
        of_this_size = [probe for probe in self.probes if self.items.count(probe.case) == count]
        for probe, place in itertools.product(of_this_size, range(count)):
            weights = self.read_off(probe.about(self.items.equal(probe.case, place)).claimed)
            if np.isfinite(weights).all():
                return weights
        raise DoesNotApply("equal items give 0 on all networks")

    def read_off(self, claimed):
        """What each item has, relative to the first one, at the place where the first one's number is largest."""
        first = claimed.take([0], self.axis)
        place = np.unravel_index(np.abs(first).argmax(), first.shape)
        others = tuple(index for axis, index in enumerate(place) if axis != self.axis)
        with np.errstate(all="ignore"):
            return self.inverse(np.moveaxis(claimed, self.axis, -1)[others], first[place])

    def confirm(self, probes):
        """Whether there are any weights, and something is left without them."""
        return any(np.abs(weights - self.neutral).max() > SAME for weights in self.weights.values()) \
            and leaves_something(self.undo, probes)

    def remedy(self, how):
        def text(probes):
            numbers = ", ".join(number(weight) for weight in self.weights[max(self.weights)])
            return f"equal {self.items.name}s get different numbers; {how} {numbers} by index, {{f}} holds"
        return text


def checked_size(array, axis, count):
    """`count`, if the array has so many entries along the axis; DoesNotApply if not."""
    if axis >= array.ndim or array.shape[axis] != count:
        raise DoesNotApply(f"no axis {axis} of this kind")
    return count


def along(weights, axis, ndim):
    """The weights (count,) in a shape that goes along this axis of an array."""
    return weights.reshape([-1 if place == axis else 1 for place in range(ndim)])


# -------------------------------------------------------------------------- decided by one neuron


def of_one_neuron():
    """One factor or summand for all neurons that the first (or last) of them decides."""
    for text, place in (("first", 0), ("last", -1)):
        for axis in (0, 1, 2):
            for over in (axis, None):
                yield one_neuron(f"normalised by the {text} neuron", "divided by the sum over all neurons instead",
                                 divided_by_sum, axis, over, place)
                yield one_neuron(f"the {text} neuron is subtracted", "less the mean over all neurons instead",
                                 less_mean, axis, over, place)


def divided_by_sum(array, over):
    return array / array.sum(axis=over, keepdims=True)


def less_mean(array, over):
    return array - array.mean(axis=over, keepdims=True)


def one_neuron(name, remedy, undone, axis, over, place):
    """The Correction undone(what the formula returned, over).

    The neurons lie along `axis`, and the one that decides at `place`.
    """
    def apply(probe):
        checked_size(probe.claimed, axis, probe.layer.K)
        return undone(probe.claimed, over)

    def confirm(probes):
        return only_one_matters(probes, axis, place) and leaves_something(apply, probes)

    return Correction(name, remedy + ", {f} holds", apply, confirm)


def only_one_matters(probes, axis, place):
    """Whether the other neurons can change places where this one stays; it takes two others to see that."""
    seen = False
    for probe in (probe.about(probe.case) for probe in probes):
        K = probe.layer.K
        others = np.delete(np.arange(K), place)
        for order in orders(K - 1) if K > 2 else []:
            full = np.arange(K)
            full[others] = others[order]
            if not is_same(probe.about(permuted_case(probe.case, full)).claimed, probe.claimed.take(full, axis)):
                return False
            seen = True
    return seen
