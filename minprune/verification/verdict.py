"""Verdict: whether a claim holds, by how much it fails, on which smallest network, and by which mistake."""

import dataclasses
import textwrap
from typing import NamedTuple

import numpy as np


FORMS = {"per sample": "sample by sample", "sum over the batch": "summed over the batch",
         "mean over the batch": "averaged over the batch"}
MOST_BARS = 60                  # of a picture of a spread, else one for each tenth


class Spread(NamedTuple):
    """One number a network, what these are, and how large the claim says they are at least (in the median)."""

    values: np.ndarray
    told: str
    asked: float


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
    unanswered       on how many networks there was such a problem
    form             what the formula returns: "per sample", "sum over the batch"
    note             what else is to be known of the formula, or ""
    found            further numbers: slope and order of `approximates`, median and quartiles of `ranks_like`
    points           (claimed, measured): numbers that were compared, for `plot`; `labels` says what they are
    spread           a Spread, one number a network, of what has an order or a rank; or None
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
    unanswered: int = 0
    form: str = ""
    found: dict = dataclasses.field(default_factory=dict)
    points: tuple = dataclasses.field(default=((), ()), repr=False)
    summary: str = ""
    note: str = ""
    labels: tuple = ("claimed", "measured")
    spread: Spread | None = dataclasses.field(default=None, repr=False)

    def __bool__(self):
        return self.holds

    def __str__(self):
        told = [f"{self.claim}: {self.evidence()}"]
        told += [f"{self.told_problem()}: {self.problem}."] * (self.problem is not None)
        told += [self.note] * bool(self.note)
        told += [f"The mistake: {self.mistake}."] * (self.mistake is not None)
        text = " ".join(told)
        return text if self.counterexample is None else f"{text}\n{self.counterexample}"

    def evidence(self):
        """One sentence or two: whether it holds, on how many networks, to which error."""
        holds = "it holds" if self.holds else "it fails"
        networks = f"{self.trials} random networks ({self.where})"
        if self.summary:
            return f"{holds}, measured on {networks}. {self.summary}"
        form = f", {FORMS[self.form]}" if self.form in FORMS else ""
        if self.holds:
            exactly = f"to a relative error of {self.error:.1e}" if self.error else "exactly"
            return f"{holds} on all of {networks}{form}, {exactly}."
        error = "" if self.error is None else f", by a relative error of up to {self.error:.2g}"
        return f"{holds} on {self.failed} of {networks}{form}{error}."

    def told_problem(self):
        count = "all" if self.unanswered == self.trials else self.unanswered
        return f"On {count} of them there is nothing to compare"

    def to_dict(self):
        """Plain values, ready for JSON; the network of the counterexample as its arrays."""
        plain = {name: getattr(self, name) for name in
                 ("formula", "claim", "where", "holds", "error", "tolerance", "trials", "failed", "problem",
                  "unanswered", "form", "note")}
        plain["found"] = dict(self.found)
        plain["mistake"] = None if self.mistake is None else self.mistake._asdict()
        plain["counterexample"] = None if self.counterexample is None else self.counterexample.to_dict()
        return plain

    def plot(self):
        """Claimed against measured, one mark a number, where a claim that holds lies on the line; of claims about an
        order or a ranking the spread over the networks. Returns a Figure."""
        from matplotlib.figure import Figure                # only a picture needs matplotlib

        figure = Figure(figsize=(5.5, 5), layout="constrained")
        ax = figure.subplots()
        (draw_points if self.spread is None else draw_spread)(ax, self)
        title = textwrap.fill(f"{self.claim}: {'holds' if self.holds else 'fails'}", 60, break_on_hyphens=False)
        ax.set_title(title, fontsize=10)
        ax.legend(fontsize=8)
        return figure


def draw_points(ax, verdict):
    """Most of the numbers: a few that are much larger would push all others into one spot."""
    from ..plots.pictures import FILLED

    claimed, measured = (np.asarray(one, float) for one in verdict.points)
    over, across = verdict.labels
    every = np.concatenate([claimed, measured, [0.0]])
    low, high = np.percentile(every, (1, 99)) if len(every) > 100 else (every.min(), every.max())
    room = 0.1 * (high - low) or 1.0
    ends = [low - room, high + room]
    beyond = int(((np.minimum(claimed, measured) < ends[0]) | (np.maximum(claimed, measured) > ends[1])).sum())
    outside = f", {beyond} of them outside" if beyond else ""
    ax.plot(ends, ends, color="0.5", linestyle="--", linewidth=1, label=f"{over} = {across}")
    ax.plot(measured, claimed, color=FILLED["color"], linestyle="none", marker="o", markersize=3,
            markerfacecolor="none", label=f"{claimed.size} numbers of {verdict.trials} networks{outside}")
    ax.set(xlabel=across, ylabel=over, xlim=ends, ylim=ends)


def draw_spread(ax, verdict):
    from ..plots.pictures import SOLID

    values, told, asked = verdict.spread
    finite = values[np.isfinite(values)]
    exact = f"; {len(values) - len(finite)} more have no error" if len(finite) < len(values) else ""
    tenths = 10 * np.append(finite, asked)
    low = np.floor(tenths.min())
    high = max(np.ceil(tenths.max()), low + 1)
    edges = np.linspace(low / 10, high / 10, int(min(high - low, MOST_BARS)) + 1)
    ax.hist(np.clip(finite, edges[0], edges[-1]), bins=edges, label=f"{len(finite)} networks{exact}", **SOLID)
    ax.axvline(asked, color="black", linestyle="--", label=f"claimed: median {asked:g} or more")
    median = float(np.median(values))
    if np.isfinite(median):
        ax.axvline(median, color="0.6", label=f"median {median:.3g}")
    ax.set(xlabel=told, ylabel="networks")
