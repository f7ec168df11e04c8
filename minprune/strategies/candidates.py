"""Candidates: ways to prune that were tried, and how well they do."""

from dataclasses import dataclass, field

SIZES = ("parameters", "multiply_adds", "bytes", "neurons")


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to prune that was tried, the size of what it left, and how well that does on the validation data.

    `fraction` is the `remove` of `decide` (for the candidate that just meets a budget, the fraction of the neurons that
    went); `keep` is the decision itself, for `prune`; `neurons` are the hidden neurons that are left. `accuracy` is
    None where the targets are no classes.
    """

    score: str
    scope: str
    fraction: float
    keep: dict = field(repr=False)
    neurons: int
    parameters: int
    multiply_adds: int
    bytes: int
    loss: float
    accuracy: float | None

    @property
    def quality(self):
        """The number by which candidates are compared, high = good: the accuracy, or −loss if there is none."""
        return -self.loss if self.accuracy is None else self.accuracy

    def to_dict(self):
        """The same as plain values, for JSON."""
        return {**vars(self), "keep": {layer: stays.tolist() for layer, stays in self.keep.items()}}
