"""Comparison: two networks on the same data, before and after pruning."""

from dataclasses import dataclass

from .evaluations import ACCURACIES, Evaluation, as_text, evaluate_together, numbers
from .latency import LATENCY_BATCH


@dataclass(frozen=True)
class Comparison:
    """Two Evaluations on the same data. `print` it for a table; `to_dict()` gives the same for JSON."""

    before: Evaluation
    after: Evaluation

    def to_dict(self):
        return {"before": self.before.to_dict(), "after": self.after.to_dict()}

    def __str__(self):
        return table(self)


def compare(before, after, x, t, loss="cross_entropy", train=None, latency=True, latency_batch=LATENCY_BATCH):
    """Return the Comparison of two networks on test data (x, t), and training data `train=(x, t)` if given.

    Raises ValueError or TypeError for data that do not fit. The networks are not changed.
    """
    return Comparison(*evaluate_together([before, after], x, t, loss, train, latency, latency_batch))


def table(comparison):
    """The comparison as aligned plain text."""
    before, after = numbers(comparison.before), numbers(comparison.after)
    lines = [f"{'':<22}{'before':>14}{'after':>14}{'change':>18}"]
    for label in [*before, *(label for label in after if label not in before)]:
        old, new = (as_text(label, side[label]) if label in side else "-" for side in (before, after))
        changed = change(label, before[label], after[label]) if label in before and label in after else ""
        lines.append(f"{label:<22}{old:>14}{new:>14}{changed:>18}".rstrip())
    return "\n".join(lines)


def change(label, before, after):
    """What changed, as text: points of accuracy, a difference of loss, a percentage of size, a factor of speed."""
    if label in ACCURACIES:
        return f"{100 * (after - before):+.2f} points"
    if "loss" in label or label.startswith("gap"):
        return f"{after - before:+.4f}"
    if label.startswith("latency"):
        return f"{before / after:.2f} × as fast"
    return f"{100 * (after / before - 1):+.1f} %"
