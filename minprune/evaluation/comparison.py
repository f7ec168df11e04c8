"""Comparison: two networks on the same data, before and after pruning."""

from dataclasses import dataclass

from ..engine.tables import as_csv, as_html, as_latex, returned_or_written
from .damage import Damage, damage as damage_of, lines_of
from .evaluations import ACCURACIES, Evaluation, as_text, evaluate_together, numbers
from .latency import LATENCY_BATCH, thread_note, times_as_fast
from .timing import Ratio, ratio_of

HEAD = ["", "before", "after", "change"]


@dataclass(frozen=True, repr=False)
class Comparison:
    """Two Evaluations on the same data. `print` it for a table; `to_dict()` gives the same for JSON.

    `speedup` says how many times as fast the second network is (a Ratio: median, low, high), None if it was not
    measured. `damage` says what was lost, and by whom (a Damage), None if it was not asked for.
    """

    before: Evaluation
    after: Evaluation
    speedup: Ratio | None = None
    damage: Damage | None = None

    def to_dict(self):
        return {"before": self.before.to_dict(), "after": self.after.to_dict(),
                "speedup": None if self.speedup is None else self.speedup.to_dict(),
                "damage": None if self.damage is None else self.damage.to_dict()}

    def to_csv(self, path=None):
        """Return the table as CSV, plain numbers without units; with a path write it there, and return the path."""
        rows = [[label, old, new] for label, old, new in [*pairs(self), *damage_pairs(self.damage)]]
        if self.speedup is not None:
            rows += [[f"times as fast, {name}", None, getattr(self.speedup, name)]
                     for name in ("median", "low", "high")]
            rows.append(["times as fast, problem", None, self.speedup.problem])
        return returned_or_written(as_csv(["measure", "before", "after"], rows), path)

    def to_latex(self, path=None):
        """Return the table as a LaTeX `tabular`; with a path write it there, and return the path."""
        return returned_or_written(as_latex(HEAD, rows_of(self)), path)

    def __str__(self):
        return table(self)

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(HEAD, rows_of(self), " ".join(notes(self)))


def compare(before, after, x, t, loss="cross_entropy", train=None, latency=True, latency_batch=LATENCY_BATCH,
            damage=True):
    """Return the Comparison of two networks on test data (x, t), and training data `train=(x, t)` if given.

    With `damage` it also says what was lost: whose answers changed, the class that was hit hardest, calibration, and
    accuracy on disturbed samples; see `mp.damage`. That takes some more forward passes of the test data.

    Time is measured in pairs: both networks pass the same `latency_batch` samples forward, one after the other, for 0.6
    seconds. "1.86 × as fast (1.79 … 1.90)" is the median ratio of a pair, and the range of the middle half of all pairs
    (of more than half, if they are few). Pairs in which a pass waited for a core are left out. Where too few are left,
    or the rest disagree, there is no number: "not measurable", and why. The latency of each network is its median.

    For small networks start Python with the environment variable OPENBLAS_NUM_THREADS=1 (MKL_NUM_THREADS=1 if NumPy was
    built with MKL, OMP_NUM_THREADS=1 for both): several BLAS threads share a product of microseconds, and where another
    program has a core, all wait for the last of them. Of a network 64-64-32-10 and its pruned half with 3.6 times fewer
    multiply-adds, measured on 2 cores: with one thread 1.79 to 1.86 × as fast on a quiet machine and 1.76 to 1.86 ×
    beside two busy programs; with two threads a pass of the large one took 12 to 30 ms instead of 0.08 beside them, the
    small one was not shared out, and the plain quotient of their times was 134 to 475: that is what is refused here.

    Raises ValueError or TypeError for data that do not fit, and for a network whose outputs are NaN or infinite. The
    networks are not changed.
    """
    nets = {"before": before, "after": after}
    evaluations, turns = evaluate_together(nets, (x, t), loss, train, latency, latency_batch)
    return Comparison(*evaluations, None if turns is None else ratio_of(turns),
                      damage_of(before, after, x, t, loss) if damage else None)


def table(comparison):
    """The comparison as aligned plain text."""
    rows = [HEAD, *rows_of(comparison)]
    wide = max(22, *(len(label) + 1 for label, *_ in rows))
    lines = [f"{label:<{wide}}{old:>14}{new:>14}{change:>18}".rstrip()
             if len(change) < 18 else f"{label:<{wide}}{old:>14}{new:>14}  {change}"
             for label, old, new, change in rows]
    damage = comparison.damage
    lost = [] if damage is None else ["what was lost:", *(f"  {line}" for line in lines_of(damage))]
    return "\n".join([*lines, *notes(comparison), *lost])


def notes(comparison):
    """Lines below the table: why the time is not measurable, and what disturbs it."""
    if comparison.speedup is None:
        return []
    problem = comparison.speedup.problem
    told = f"The time is not measurable here: {problem}." if problem else ""
    note = thread_note([comparison.before.latency, comparison.after.latency], disturbed=bool(problem))
    return [line for line in (told, note) if line]


def pairs(comparison):
    """[(label, number before, number after), …]; None where only one network has a layer of that name."""
    before, after = numbers(comparison.before), numbers(comparison.after)
    labels = [*before, *(label for label in after if label not in before)]
    return [(label, before.get(label), after.get(label)) for label in labels]


def damage_pairs(damage):
    """The same of a Damage, for CSV: one number where there is no before."""
    if damage is None:
        return []
    kinds = () if damage.lost is None else ("lost", "won", "changed")
    counts = {f"samples {name}": len(getattr(damage, name)) for name in kinds}
    alone = {"distance of outputs": damage.distance, "same answer": damage.agreement, **counts}
    both = {"calibration error": damage.calibration, "confidence": damage.confidence,
            **{f"disturbed, {name}": pair for name, pair in damage.robustness.items()},
            **{f"accuracy of class {label}": (row["before"], row["after"])
               for label, row in (damage.classes or {}).items()}}
    return [(label, None, value) for label, value in alone.items() if value is not None] + [
        (label, *pair) for label, pair in both.items() if pair is not None]


def rows_of(comparison):
    """The rows of the table as text: label, before, after, change."""
    return [[label, *("-" if side is None else as_text(label, side) for side in (old, new)),
             "" if old is None or new is None else change(label, old, new, comparison.speedup)]
            for label, old, new in pairs(comparison)]


def change(label, before, after, speedup=None):
    """What changed, as text: points of accuracy, a difference of loss, a percentage of size, a factor of speed."""
    if label in ACCURACIES:
        return f"{100 * (after - before):+.2f} points"
    if "loss" in label or label.startswith("gap"):
        return f"{after - before:+.4f}"
    if label.startswith("latency"):
        return "" if speedup is None else times_as_fast(speedup)
    return f"{100 * (after / before - 1):+.1f} %"
