"""The frontier: of all candidates those that are worth their size."""

from dataclasses import dataclass

from ..engine.checks import check_known, check_real
from ..engine.tables import as_html
from .budgets import check_budget, limit_of
from .candidates import SIZES, Candidate

WIDTHS = (8, 9, 18, 20, 10)     # of the columns after score and scope


@dataclass(frozen=True, eq=False, repr=False)
class Frontier:
    """All candidates that were tried, in order; `efficient` and `best` choose among them. `print` it for a table.

    `unpruned` is the whole network, as a Candidate from which nothing went.
    """

    candidates: list
    unpruned: Candidate

    def efficient(self, size="multiply_adds"):
        """Return the Pareto-efficient candidates, smallest first: no other is at least as good and as small.

        "Good" is the validation accuracy (−loss where there is none), small is the `size`: parameters, multiply_adds,
        bytes or neurons. Of equal candidates the first tried is returned.
        """
        check_known("size", size, SIZES)
        efficient = []
        for candidate in sorted(self.candidates, key=smallest_and_best(size)):
            if not efficient or candidate.quality > efficient[-1].quality:
                efficient.append(candidate)
        return efficient

    def best(self, min_accuracy=None, max_loss=None, budget=None, size="multiply_adds"):
        """Return one candidate (give exactly one of the first three).

        min_accuracy  the smallest candidate (by `size`) with at least this accuracy on the validation data
        max_loss      the smallest candidate with at most this loss
        budget        {size: a number, or a fraction (a float in (0, 1]) of the unpruned network}: the best candidate
                      that meets all of them

        It is chosen because it did well on the validation data, so its quality there is optimistic: judge it on the
        test data, once. Raises ValueError if nothing that was tried will do, and says what comes nearest.
        """
        if sum(wish is not None for wish in (min_accuracy, max_loss, budget)) != 1:
            raise ValueError("give exactly one of min_accuracy, max_loss and budget, got "
                             f"min_accuracy={min_accuracy!r}, max_loss={max_loss!r} and budget={budget!r}")
        check_known("size", size, SIZES)
        if budget is not None:
            return self._best_within(check_budget(budget, SIZES), size)
        if max_loss is not None:
            return self._smallest_by_loss(max_loss, size)
        return self._smallest_by_accuracy(min_accuracy, size)

    def _smallest_by_accuracy(self, min_accuracy, size):
        if self.unpruned.accuracy is None:
            raise ValueError("the targets are no classes, so there is no accuracy: give max_loss")
        enough = check_real("min_accuracy", min_accuracy)
        fitting = [candidate for candidate in self.candidates if candidate.accuracy >= enough]
        nearest = max(candidate.accuracy for candidate in self.candidates)
        return self._smallest(fitting, size, f"min_accuracy={min_accuracy!r}", nearest)

    def _smallest_by_loss(self, max_loss, size):
        enough = check_real("max_loss", max_loss)
        fitting = [candidate for candidate in self.candidates if candidate.loss <= enough]
        nearest = min(candidate.loss for candidate in self.candidates)
        return self._smallest(fitting, size, f"max_loss={max_loss!r}", nearest)

    def _smallest(self, fitting, size, wish, nearest):
        if not fitting:
            raise ValueError(f"{wish}: none of {len(self.candidates)} is as good; the best has {nearest:.4g}")
        return min(fitting, key=smallest_and_best(size))

    def _best_within(self, budget, size):
        limits = {name: limit_of(name, allowed, getattr(self.unpruned, name)) for name, allowed in budget.items()}
        fitting = [candidate for candidate in self.candidates
                   if all(getattr(candidate, name) <= limit for name, limit in limits.items())]
        if not fitting:
            least = ", ".join(f"{name} {min(getattr(candidate, name) for candidate in self.candidates):,}"
                              for name in limits)
            raise ValueError(f"budget={budget}: none of {len(self.candidates)} candidates is as small; "
                             f"the least that was tried: {least}")
        return min(fitting, key=lambda candidate: (-candidate.quality, getattr(candidate, size)))

    def table(self, size="multiply_adds"):
        """The efficient candidates as aligned plain text, the unpruned network on top."""
        head, *rows = self._rows(size)
        wide = max(len(score) for score, *_ in rows) + 2
        lines = [f"{score:<{wide}}{scope:<8}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS))
                 for score, scope, *cells in (head, *rows)]
        return "\n".join([*lines, self._caption(size)])

    def _rows(self, size):
        """The rows of the table as text, the head first."""
        kind = self._kind()
        rows = [["score", "scope", "removed", "neurons", "parameters", "multiply-adds", kind]]
        for row in [self.unpruned, *reversed(self.efficient(size))]:
            quality = f"{row.loss:.4f}" if kind == "loss" else f"{row.accuracy:.2%}"
            rows.append([row.score, row.scope, f"{100 * row.fraction:.3g}%", f"{row.neurons:,}",
                         self._share(row, "parameters"), self._share(row, "multiply_adds"), quality])
        return rows

    def _caption(self, size):
        return (f"The {len(self.efficient(size))} of {len(self.candidates)} candidates that no other equals in both "
                f"{size.replace('_', '-')} and {self._kind()} on the validation data.")

    def _kind(self):
        """What is good: accuracy, or the loss where there is none."""
        return "loss" if self.unpruned.accuracy is None else "accuracy"

    def _share(self, candidate, size):
        """A candidate's size, and its fraction of the unpruned network's."""
        count = getattr(candidate, size)
        return f"{count:,} ({count / getattr(self.unpruned, size):4.0%})"

    def __str__(self):
        return self.table()

    __repr__ = __str__

    def _repr_html_(self):
        head, *rows = self._rows("multiply_adds")
        return as_html(head, rows, self._caption("multiply_adds"))

    def to_dict(self):
        """The same as plain values, for JSON."""
        return {"unpruned": self.unpruned.to_dict(),
                "candidates": [candidate.to_dict() for candidate in self.candidates]}


def smallest_and_best(size):
    """A key to sort by: the smallest first, of equal sizes the best."""
    return lambda candidate: (getattr(candidate, size), -candidate.quality)
