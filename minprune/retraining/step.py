"""A step: one cut and the training after it, in memory and as the content of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..engine.network import Network
from ..engine.tables import as_html
from ..pruning.surgery import prune
from ..training.history import History
from .text import architecture


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One cut and the training after it.

    `fraction` is the fraction of all neurons that the schedule wants gone by now (or, where it gives numbers of neurons
    or goes layer by layer, the fraction that is gone), `removed` the number of neurons that are gone since the start.
    `scores` and `keep` have the original network's neurons as their axis (a neuron that was gone already scores −∞).
    `cut` is the smaller network right after the cut, `net` the same after retraining; losses and accuracies are on the
    test data. `state` is the optimizer state that the recipe left for the next step, {} if it left none.
    """

    fraction: float
    removed: int
    scores: dict
    keep: dict
    cut: Network
    net: Network
    loss_before: float
    accuracy_before: float | None
    loss_after: float
    accuracy_after: float | None
    history: History | None
    state: dict = field(default_factory=dict)

    def __str__(self):
        kind, form = ("loss", "{:.4f}") if self.accuracy_after is None else ("accuracy", "{:.2%}")
        before, after = (form.format(getattr(self, f"{kind}_{when}")) for when in ("before", "after"))
        epochs = "" if self.history is None else f" of {len(self.history)} epochs"
        return (f"Step: {self.removed} neurons gone ({self.fraction:.0%}), test {kind} {before} after the cut, {after} "
                f"after retraining{epochs}; {architecture(self.net)}")

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(["", "after the cut", "after retraining"], list(rows_of(self)),
                       f"{self.removed} neurons gone ({self.fraction:.0%})")


def rows_of(step):
    """The rows of a step's table: test loss and accuracy, and the neurons that are left."""
    yield ["test loss", f"{step.loss_before:.4f}", f"{step.loss_after:.4f}"]
    if step.accuracy_after is not None:
        yield ["test accuracy", f"{step.accuracy_before:.2%}", f"{step.accuracy_after:.2%}"]
    for name, stays in step.keep.items():
        yield [f"neurons in {name}", f"{stays.sum()} of {len(stays)}", f"{stays.sum()} of {len(stays)}"]


# ------------------------------------------------------------------------------- a step as a file

NUMBERS = ("fraction", "removed", "loss_before", "accuracy_before", "loss_after", "accuracy_after")


def packed(step):
    """The step as (plain values, arrays named "net/conv1.W")."""
    groups = {"scores": step.scores, "keep": step.keep, "cut": step.cut.arrays(), "net": step.net.arrays(),
              **{f"state {key}": value for key, value in step.state.items() if isinstance(value, Mapping)}}
    values = {name: getattr(step, name) for name in NUMBERS} | {
        "groups": list(groups), "state": {key: value for key, value in step.state.items()
                                          if not isinstance(value, Mapping)},
        "history": None if step.history is None else step.history.to_dict()}
    return values, {f"{group}/{name}": array for group, arrays in groups.items() for name, array in arrays.items()}


def unpacked(values, arrays, original):
    """The step that `packed` packed; its networks are pruned from the `original`, and then get their own arrays."""
    # The arrays, group by group.
    groups = {group: {} for group in values["groups"]}
    for key, array in arrays.items():
        group, name = key.split("/", 1)
        groups[group][name] = array

    # The two networks.
    cut = prune(original, groups["keep"])
    net = cut.copy()
    cut.fill(groups["cut"])
    net.fill(groups["net"])

    # All else.
    state = {group.removeprefix("state "): array for group, array in groups.items() if group.startswith("state ")}
    history = None if values["history"] is None else History(**values["history"])
    return Step(**{name: values[name] for name in NUMBERS}, scores=groups["scores"], keep=groups["keep"], cut=cut,
                net=net, history=history, state={**state, **values["state"]})
