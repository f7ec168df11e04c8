"""Sums that are left out, over paths and positions, and sums over the samples that should not be there."""

import numpy as np

from ...engine.dense import Dense
from ..arrays import OF_THE_NEXT_LAYER, SAMPLES_FIRST
from .factors import sizes
from .probe import DoesNotApply

# {parameter: the axis of the neurons, outputs or positions over which a sum may be missing}
NEXT_AXES = {"W_next": 0, "b_next": 0, "z_next": 2, "o_next": 2, "dz_next": 2, "do_next": 2}
OUTPUT_AXES = {"y": 1, "t": 1, "dy": 1, "p": 1}
POSITION_AXES = {"o": 1, "z": 1, "do": 1, "dz": 1, "x": 1, "df": 1, "a_hat": 1}


def over_all_neurons(probe):
    """Σ over the next layer's neurons k of the formula with k in the first place."""
    layer = probe.next_layer()
    axes = dict(NEXT_AXES)
    if layer.name == probe.case.net.neuron_layers[-1]:
        axes |= OUTPUT_AXES
    if isinstance(layer, Dense):
        axes["W_out"] = 1
    return over_all_places(probe, axes, layer.K)


def over_all_positions(probe):
    """Σ over the positions p of the formula with p in the first place."""
    return over_all_places(probe, POSITION_AXES, sizes(probe).P)


def over_all_places(probe, axes, count):
    """Σ of the formula with each of `count` places along these axes, {parameter: axis}, in the first place."""
    return sum(probe.with_arrays(**{name: np.roll(array, -place, axes[name])
                                    for name, array in probe.arrays.items() if name in axes})
               for place in range(count))


def over_all_readers(probe):
    """Σ over the layers that read this one, through a block and around it, of the formula with each as the next."""
    if not probe.case.readers:
        raise DoesNotApply("no layer reads it")
    return sum(probe.with_arrays(**{name: OF_THE_NEXT_LAYER[name](probe.case, reader)
                                    for name in probe.arrays if name in OF_THE_NEXT_LAYER})
               for reader in probe.case.readers)


def sample_by_sample(probe):
    """What the formula returns for each sample alone."""
    results = [probe.with_arrays(**{name: array[n:n + 1] for name, array in probe.arrays.items()
                                    if name in SAMPLES_FIRST}) for n in range(len(probe.case.x))]
    return np.concatenate(results) if results[0].shape[:1] == (1,) else np.stack(results)


def unmixed(reduce):
    """The correction sample_by_sample, for formulas that return reduce(its results), the mean or the sum."""
    def apply(probe):
        results = sample_by_sample(probe)
        if not np.allclose(probe.claimed, reduce(results, axis=0), rtol=1e-9, atol=1e-12):
            raise DoesNotApply("the batch is not mixed in this way")
        return results
    return apply
