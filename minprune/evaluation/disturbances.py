"""Disturbances: samples with noise, and moved; how much worse does a network become on them?"""

import numpy as np

from ..engine.checks import check_seed
from ..training.augmentation import shift

NOISE = (0.25, 0.5, 1.0)            # standard deviations of the inputs
PIXELS = (1, 2)
OFFSETS = (0.5, 1.0)                # standard deviations of each feature


def disturbed(x, seed=0):
    """{"noise 0.25 s.d.": x′, …}: the samples as they are measured anew, all of them finite and of the same shape.

    noise    + level · s.d. of all inputs · ε,  ε ~ N(0, 1), drawn by the seed
    shift    images: by whole pixels up, down, left or right (drawn for each), zeros entering at the edge;
             vectors: + level · s.d. of each feature, in the same direction for all samples
    """
    x, rng = np.asarray(x), check_seed(seed)
    noise = rng.standard_normal(x.shape)
    samples = {f"noise {level:g} s.d.": x + level * x.std() * noise for level in NOISE}
    if x.ndim == 4:
        samples |= {f"shift {pixels} px": moved(x, pixels, rng)
                    for pixels in PIXELS if pixels < min(x.shape[1:3])}
    else:
        samples |= {f"shift {level:g} s.d.": x + level * x.std(axis=0) for level in OFFSETS}
    return {name: values.astype(x.dtype if x.dtype.kind == "f" else float) for name, values in samples.items()}


def moved(x, pixels, rng):
    """Each image moved by so many pixels in one of four directions."""
    way = rng.integers(0, 4, len(x))
    return shift(x, pixels * np.array([1, -1, 0, 0])[way], pixels * np.array([0, 0, 1, -1])[way])
