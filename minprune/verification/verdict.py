"""Verdict: whether a claim holds, by how much it fails, on which smallest network, and by which mistake."""

import dataclasses
from typing import NamedTuple

import numpy as np


class Mistake(NamedTuple):
    """A named mistake: the correction that `remedy` tells makes the claim hold."""

    name: str
    remedy: str

    def __str__(self):
        return f"{self.name}: {self.remedy}"


@dataclasses.dataclass
class Verdict:
    """What `verify` found. A Verdict is as true as its claim: `if verify(...)`.

    holds            True or False
    error            the largest relative error over all trials (None if a trial gave nothing to compare); for
                     `approximates` how far the slope falls short, for `ranks_like` 1 − the lowest correlation
    trials, failed   how many networks were tried, and on how many of them the claim failed
    counterexample   the smallest found, a Counterexample with net, layer, x, t, loss, claimed, measured; or None
    mistake          a Mistake (name, remedy) if one correction makes the claim hold on all trials; or None
    problem          why a trial gave nothing to compare (an exception, a wrong shape, NaN), or None
    form             what the formula returns: "per sample", "sum over the batch"
    found            further numbers: slope and order of `approximates`, median and quartiles of `ranks_like`
    points           (claimed, measured): numbers that were compared, for `plot`
    """

    formula: str
    claim: str
    where: str
    holds: bool
    error: float | None
    tolerance: float
    trials: int
    failed: int
    counterexample: object = None
    mistake: Mistake | None = None
    problem: str | None = None
    form: str = ""
    found: dict = dataclasses.field(default_factory=dict)
    points: tuple = ((), ())
    summary: str = ""

    def __bool__(self):
        return self.holds

    def __str__(self):
        told = [f"{self.claim}: {self.evidence()}"]
        told += [] if self.problem is None else [f"{self.problem}."]
        told += [f"The mistake: {self.mistake}."] * (self.mistake is not None)
        text = " ".join(told)
        return text if self.counterexample is None else f"{text}\n{self.counterexample}"

    def evidence(self):
        """One sentence or two: whether it holds, on how many networks, to which error."""
        holds = "it holds" if self.holds else "it fails"
        if self.summary:
            return f"{holds}. {self.summary}"
        networks = f"{self.trials} random networks ({self.where})"
        if self.holds:
            return f"{holds} on all of {networks}, to a relative error of {self.error:.1e}{self.told_form()}."
        error = "" if self.error is None else f", by a relative error of up to {self.error:.2g}{self.told_form()}"
        return f"{holds} on {self.failed} of {networks}{error}."

    def told_form(self):
        return f" ({self.form})" * bool(self.form)

    def to_dict(self):
        """Plain values, ready for JSON; the network of the counterexample as its arrays."""
        plain = {name: getattr(self, name) for name in
                 ("formula", "claim", "where", "holds", "error", "tolerance", "trials", "failed", "problem", "form")}
        plain["found"] = dict(self.found)
        plain["mistake"] = None if self.mistake is None else self.mistake._asdict()
        plain["counterexample"] = None if self.counterexample is None else self.counterexample.to_dict()
        return plain

    def plot(self):
        """Claimed against measured, one mark a number: a claim that holds lies on the line. Returns a Figure."""
        from matplotlib.figure import Figure                # only a picture needs matplotlib

        from ..plots import FILLED

        claimed, measured = (np.asarray(one, float) for one in self.points)
        figure = Figure(figsize=(5.5, 5), layout="constrained")
        ax = figure.subplots()
        every = np.concatenate([claimed, measured])
        ends = [every.min(initial=0), every.max(initial=0)]
        ax.plot(ends, ends, color="0.5", linestyle="--", linewidth=1, label="claimed = measured")
        ax.plot(measured, claimed, color=FILLED["color"], linestyle="none", marker="o", markersize=3,
                markerfacecolor="none", label=f"{claimed.size} numbers of {self.trials} networks")
        ax.set_xlabel("measured")
        ax.set_ylabel("claimed")
        ax.set_title(f"{self.claim}: {'holds' if self.holds else 'fails'}", fontsize=10)
        ax.legend(fontsize=8)
        return figure
