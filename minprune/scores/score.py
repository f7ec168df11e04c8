"""A score of the catalogue: its function, and what the function's parameters do not say about it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A function, and the facts of it that decide how `score` computes it.

    mean_over_samples   the score of all samples is the mean of the scores of parts of them, weighted by their sizes,
                        so that several workers can score a part each
    blocks              the score copes with networks that have Residual blocks
    series              the score copes with neurons that several layers in a row make: batch norms and activations that
                        are layers of their own, depthwise convolutions, convolutions with groups
    nothing_of          nothing_of(layer): why the score says the same of all neurons of this layer, whatever their
                        weights and the data are, as text; "" where that is not so. `score` refuses such layers by name

    The first three are so for every formula of arrays of single samples (o, do, …), which leaves them out: `score`
    averages it over samples, and gives it the arrays of coupled neurons side by side. Scores that take the network or
    its traces, and formulas of means over all samples, say them.
    """

    function: Callable
    mean_over_samples: bool = False
    blocks: bool = False
    series: bool = False
    nothing_of: Callable | None = None

    @property
    def name(self):
        return self.function.__name__
