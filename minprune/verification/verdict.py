"""Verdict: whether a claim holds, by how much it fails, on which smallest network, and by which mistake."""

import dataclasses
import html
from typing import NamedTuple

import numpy as np

from ..engine.tables import as_html

FORMS = {"per sample": "sample by sample", "sum over the batch": "summed over the batch",
         "mean over the batch": "averaged over the batch"}


class Spread(NamedTuple):
    """One number a network, what these numbers are, and how large the claim says that they are (in the median)."""

    values: np.ndarray
    text: str
    least: float


class Mistake(NamedTuple):
    """A named mistake; with the correction that `remedy` describes, the claim holds."""

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
    mistake          a Mistake (name, remedy) if one correction makes the claim hold on all trials; or None. Both are
                     looked for when they are first read or printed; `explain()` looks for them at once
    problem          why a trial gave nothing to compare (an exception, a wrong shape, NaN), or None
    unanswered       on how many networks there was such a problem
    form             what the formula returns: "per sample", "sum over the batch"
    note             a further remark on the formula, or ""
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
    problem: str | None = None
    unanswered: int = 0
    form: str = ""
    found: dict = dataclasses.field(default_factory=dict)
    points: tuple = dataclasses.field(default=((), ()), repr=False)
    summary: str = ""
    note: str = ""
    labels: tuple = ("claimed", "measured")
    spread: Spread | None = dataclasses.field(default=None, repr=False)
    reasons: object = dataclasses.field(default=None, repr=False)

    def __bool__(self):
        return self.holds

    @property
    def mistake(self):
        return None if self.reasons is None else self.reasons.mistake

    @property
    def counterexample(self):
        return None if self.reasons is None else self.reasons.counterexample

    def explain(self):
        """Look for mistake and counterexample now, while the formula can still be called; return the verdict."""
        self.mistake, self.counterexample
        return self

    def __str__(self):
        sentences = [f"{self.claim}: {self.evidence()}"]
        if self.problem is not None:
            sentences.append(f"{self.unanswered_networks()}: {self.problem}.")
        if self.note:
            sentences.append(self.note)
        if self.mistake is not None:
            sentences.append(f"The mistake: {self.mistake}.")
        text = " ".join(sentences)
        return text if self.counterexample is None else f"{text}\n{self.counterexample}"

    __repr__ = __str__

    def _repr_html_(self):
        """A table of what was found, and the counterexample under it."""
        found = {"claim": self.claim, "verdict": self.evidence(), "problem": self.problem, "note": self.note,
                 "mistake": self.mistake}
        table = as_html(["", self.formula], [[name, value] for name, value in found.items() if value])
        example = "" if self.counterexample is None else f"\n<pre>{html.escape(str(self.counterexample))}</pre>"
        return table + example

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

    def unanswered_networks(self):
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
        """Draw claimed against measured, one mark a number; if the claim holds all lie on the line. Claims about an
        order or a ranking are drawn as a spread over the networks. Returns a Figure."""
        from ..plots.verdict_points import verdict_figure       # only a picture needs matplotlib

        return verdict_figure(self)
