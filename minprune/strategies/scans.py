"""Scans: how much can each layer lose? Accuracy against the fraction removed, one layer at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..decisions.rules import decide
from ..engine.checks import check_known, check_list, check_prunable, check_real
from ..engine.losses import prepare_pair, prepare_samples
from ..engine.tables import as_html
from ..pruning.surgery import prune
from ..scoring.scoring import score as score_neurons
from ..training.quality import loss_and_accuracy

FRACTIONS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, eq=False, repr=False)
class Scan:
    """Loss and accuracy of the network when one layer alone has lost a fraction of its neurons.

    `fractions` (F,); `loss` and `accuracy` {layer: (F,)}; `baseline_loss` and `baseline_accuracy` are those of the
    whole network. Accuracies are None where the targets are no classes. `neurons` {layer: K}. `print` it for a table.
    """

    fractions: np.ndarray
    loss: dict
    accuracy: dict | None
    baseline_loss: float
    baseline_accuracy: float | None
    neurons: dict

    def fractions_for(self, drop=0.01, by="accuracy"):
        """Return {layer: fraction} for `decide(scores, remove=…)`: how much each layer can lose by itself.

        It is the largest scanned fraction at which, and at all smaller ones, the accuracy is at least baseline −
        `drop`; 0.0 if there is none. With by="loss" the loss is at most baseline + `drop`. When the layers are cut
        together, their drops add up, or worse: measure the result, or remove less of each.

        Raises ValueError for a negative drop, or by="accuracy" where there is no accuracy.
        """
        drop = check_real("drop", drop, least=0)
        check_known("measure", by, ["accuracy", "loss"])
        if by == "accuracy" and self.accuracy is None:
            raise ValueError('the targets are no classes, so there is no accuracy: give by="loss"')
        chosen = {}
        for layer in self.loss:
            worse = self.loss[layer] - self.baseline_loss if by == "loss" \
                else self.baseline_accuracy - self.accuracy[layer]
            fits = np.cumprod(worse <= drop + 1e-12)        # 0.98 − 0.97 is 0.010000000000000009
            chosen[layer] = float(self.fractions[fits.sum() - 1]) if fits.any() else 0.0
        return chosen

    def to_dict(self):
        """The same as plain values, for JSON."""
        return {"fractions": self.fractions.tolist(), "neurons": dict(self.neurons),
                "baseline_loss": self.baseline_loss, "baseline_accuracy": self.baseline_accuracy,
                "loss": {layer: values.tolist() for layer, values in self.loss.items()},
                "accuracy": self.accuracy and {layer: values.tolist() for layer, values in self.accuracy.items()}}

    def __str__(self):
        caption, rows = self.table()
        wide = max(len(first) for first, *_ in rows) + 2
        return "\n".join([caption, *(f"{first:<{wide}}" + "".join(f"{cell:>9}" for cell in cells)
                                     for first, *cells in rows)])

    __repr__ = __str__

    def _repr_html_(self):
        caption, (head, *rows) = self.table()
        return as_html(head, rows, caption)

    def table(self):
        """(a caption, the rows of text: the fractions, and for each layer what is left of accuracy or loss)."""
        kind, form = ("loss", "{:.4f}") if self.accuracy is None else ("accuracy", "{:.1%}")
        head = ["removed", *(f"{100 * fraction:.3g}%" for fraction in self.fractions)]
        rows = [[layer, *map(form.format, row)] for layer, row in getattr(self, kind).items()]
        baseline = form.format(getattr(self, f"baseline_{kind}"))
        return f"{kind} with one layer cut; whole network: {baseline}", [head, *rows]


def scan(net, x, t, loss="cross_entropy", score="taylor", fractions=FRACTIONS, validation=None):
    """Return the Scan of a network: each layer by itself loses each fraction of its neurons, lowest scores first.

    score       a name or function, as `mp.score` takes it, computed once on (x, t); or scores {layer: (K,)}
    fractions   rising, in [0, 1); f of K neurons is floor(f K), as in `decide`
    validation  (x, t) that accuracy and loss are measured on; by default the same samples that are scored, which
                the network may have learned by heart. Never give test data: what is chosen by them cannot be judged by
                them.

    All measurements are of `prune(net, …)` without retraining. Li et al., "Pruning Filters for Efficient ConvNets",
    ICLR 2017, arXiv:1608.08710, choose by such curves which layers to prune and by how much.

    Raises ValueError or TypeError for data, scores or fractions that do not fit, or a network without hidden layers.
    The network is not changed.
    """
    # What is cut, and on which samples it is measured.
    check_prunable(net)
    fractions = check_fractions(fractions)
    samples = prepare_samples(net, x, t, loss)
    if validation is not None:
        samples = prepare_pair(net, "validation", validation, loss)
    scores = score if isinstance(score, Mapping) else score_neurons(net, score, x, t, loss)

    # The whole network, and each layer cut by itself.
    baseline_loss, baseline_accuracy = loss_and_accuracy(net, *samples)
    rows = {layer: measure_layer(net, layer, values, fractions, samples) for layer, values in scores.items()}
    losses = {layer: np.array([loss for loss, _ in row]) for layer, row in rows.items()}
    accuracies = {layer: np.array([accuracy for _, accuracy in row]) for layer, row in rows.items()}
    return Scan(np.array(fractions), losses, None if baseline_accuracy is None else accuracies, baseline_loss,
                baseline_accuracy, {layer: len(values) for layer, values in scores.items()})


def measure_layer(net, layer, scores, fractions, samples):
    """[(loss, accuracy), …] of the network after each fraction of one layer; equal cuts are measured once."""
    row, measured = [], {}
    for fraction in fractions:
        keep = decide({layer: scores}, remove=fraction)
        left = int(keep[layer].sum())
        if left not in measured:
            measured[left] = loss_and_accuracy(prune(net, keep), *samples)
        row.append(measured[left])
    return row


def check_fractions(fractions):
    """Return the fractions as a list of floats; raise unless they rise and each is in [0, 1)."""
    fractions = [check_real("fractions", fraction, least=0, below=1)
                 for fraction in check_list("fractions", fractions, "such as [0.1, 0.2]")]
    if not fractions or any(later <= earlier for earlier, later in zip(fractions, fractions[1:])):
        raise ValueError(f"fractions expects numbers that rise, got {fractions}")
    return fractions
