"""Damage: what a cut has taken, and from whom, which one accuracy of all samples does not show."""

import math
from dataclasses import asdict, dataclass

import numpy as np

from ..engine.activations import sigmoid
from ..engine.checks import check_network
from ..engine.losses import prepare_samples
from ..training.quality import judge, loss_and_accuracy
from .calibration import calibration_error, confidences, reliability
from .class_accuracy import class_accuracy, class_sizes, classes_of
from .disturbances import disturbed
from .evaluations import outputs

DISTURBED = 1000                # samples at most that are disturbed, spread evenly over the data


@dataclass(frozen=True, eq=False, repr=False)
class Damage:
    """Two networks' answers to the same samples. `print` it for a summary; pairs are (before, after).

    samples          how many; distance: √mean_n |y′_n − y_n|² / √mean_n |y_n − ȳ|², how far the outputs have moved
    robustness       {disturbance: pair} of accuracies, or of losses where there are no classes; "none" as they are
    worse            the fraction of samples whose loss has risen

    Of networks that classify (None for others):
    agreement        the fraction of samples that get the same answer
    lost, won        indices of samples that were right and are wrong, that were wrong and are right
    changed          indices of samples that were wrong and are wrong in another way
    classes          {class: {"before", "after": accuracy, "samples"}}, None where a sample has no single class
    calibration      pair of expected calibration errors, confidence: pair of mean confidences, reliability: pair of
                     lists of (mean confidence, accuracy, samples); None where the loss makes no probabilities
    """

    samples: int
    distance: float
    worse: float
    robustness: dict
    agreement: float | None = None
    lost: tuple | None = None
    won: tuple | None = None
    changed: tuple | None = None
    classes: dict | None = None
    calibration: tuple | None = None
    confidence: tuple | None = None
    reliability: tuple | None = None

    @property
    def hardest_hit(self):
        """The class whose accuracy fell most (the first of those), None where none fell."""
        falls = {label: row["after"] - row["before"] for label, row in (self.classes or {}).items()}
        worst = min(falls, key=falls.get, default=None)
        return worst if worst is not None and falls[worst] < 0 else None

    @property
    def chance(self):
        """How likely at least so uneven a number of lost and won samples is if a changed sample is lost or won by the
        toss of a coin: McNemar's test, exactly and for both sides."""
        if self.lost is None:
            return None
        fewer, total = min(len(self.lost), len(self.won)), len(self.lost) + len(self.won)
        return min(1.0, 2 * sum(math.comb(total, k) for k in range(fewer + 1)) / 2 ** total)

    def to_dict(self):
        """The same as plain values, for JSON."""
        return {**asdict(self), "hardest_hit": self.hardest_hit, "chance": self.chance}

    def __str__(self):
        return "\n".join(lines_of(self))

    __repr__ = __str__


def damage(before, after, x, t, loss="cross_entropy", seed=0):
    """Return the Damage: how the answers of `after`, as a rule a pruned network, differ from those of `before`.

    Two networks of the same accuracy can be right on different samples, and a class that few samples are of can pay for
    all others. Besides, how sure of their answers the networks are, and how well they do on disturbed samples (noise
    drawn by the seed; at most 1000 samples, spread evenly over the data).

    Source: Hooker, Courville, Clark, Dauphin & Frome, "What Do Compressed Deep Neural Networks Forget?",
    arXiv:1911.05248 (abstract, introduction and the authors' account beside their code read). Differs: there
    populations of networks are compared, by Welch's t test of each class's recall and by the answer of the majority;
    here one network with what was cut out of it, sample by sample. Of several networks, take the damage of each.
    Neither network is changed. Raises as `compare`.
    """
    for name, net in (("before", before), ("after", after)):
        check_network(net, name)
    x, t, loss = prepare_samples(before, x, t, loss)
    prepare_samples(after, x, t, loss)
    y = [outputs(name, net, x) for name, net in (("before", before), ("after", after))]
    L = [loss(one, t) for one in y]
    correct = [judge(one, t, loss)[1] for one in y]
    return Damage(len(x), distance(*y), float((L[1] > L[0]).mean()),
                  robustness((before, after), (x, t, loss), L if correct[0] is None else correct, seed),
                  **({} if correct[0] is None else of_answers(y, t, loss, correct)))


def distance(y, moved):
    """√Σ (y′ − y)² / √Σ (y − ȳ)², ȳ the mean output; 0 where nothing has moved."""
    size, way = (float(np.sqrt(((a - b) ** 2).sum(dtype=float))) for a, b in ((y, y.mean(axis=0)), (moved, y)))
    return way / size if size else (math.inf if way else 0.0)


def robustness(nets, samples, quality, seed):
    """{disturbance: (accuracy, or loss, of both networks)} on disturbed samples; "none" on the same as they are.

    `quality` has for both networks the losses of all samples, or which of them are right.
    """
    x, t, loss = samples
    few = np.unique(np.linspace(0, len(x) - 1, min(len(x), DISTURBED)).astype(int))
    kind, plain = int(quality[0].dtype == bool), tuple(float(one[few].mean(dtype=float)) for one in quality)
    return {"none": plain, **{name: tuple(loss_and_accuracy(net, values, t[few], loss)[kind] for net in nets)
                              for name, values in disturbed(x[few], seed).items()}}


def of_answers(y, t, loss, correct):
    """The fields of a Damage that there are for networks that classify."""
    right, still = correct
    same = np.array([answer_of(one, loss) for one in y])
    same = (same[0] == same[1]).reshape(len(t), -1).all(axis=1)
    fields = {"agreement": float(same.mean()), "lost": where(right & ~still), "won": where(~right & still),
              "changed": where(~right & ~still & ~same)}
    # class by class
    classes = classes_of(t)
    if classes is not None:
        sizes, old, new = class_sizes(classes), class_accuracy(classes, right), class_accuracy(classes, still)
        fields["classes"] = {label: {"before": old[label], "after": new[label], "samples": sizes[label]}
                             for label in sizes}
    # and how sure they are
    sure = [confidences(one, loss) for one in y]
    if sure[0] is not None:
        rows = tuple(reliability(*pair) for pair in zip(sure, correct))
        fields |= {"reliability": rows, "calibration": tuple(map(calibration_error, rows)),
                   "confidence": tuple(float(one.mean()) for one in sure)}
    return fields


def answer_of(y, loss):
    """What the network answers: the place of its largest output, or for each output whether it is above 0."""
    return y > 0 if loss.answer is sigmoid or y.shape[1:] == (1,) else y.argmax(axis=1)


def where(chosen):
    return tuple(np.flatnonzero(chosen).tolist())


# ------------------------------------------------------------------------------- in plain text


def lines_of(damage):
    """What was lost, in a few lines."""
    yield from answer_lines(damage) if damage.agreement is not None else [
        f"outputs moved by {damage.distance:.3f} of their spread; the loss rose on {damage.worse:.1%} of the samples"]
    form = "{:.1%} → {:.1%}" if damage.agreement is not None else "{:.4f} → {:.4f}"
    parts = [f"{name} {form.format(*pair)}" for name, pair in damage.robustness.items() if name != "none"]
    for start in range(0, len(parts), 3):
        yield ("disturbed: " if start == 0 else "           ") + ", ".join(parts[start:start + 3])


def answer_lines(damage):
    yield f"the same answer to {damage.agreement:.2%} of {damage.samples} samples"
    yield (f"lost, right before and wrong after: {len(damage.lost)}; won: {len(damage.won)}; wrong in another way: "
           f"{len(damage.changed)} (lost and won differ so much by chance: p = {damage.chance:.2g})")
    if damage.hardest_hit is not None:
        row = damage.classes[damage.hardest_hit]
        yield (f"hardest hit: class {damage.hardest_hit}, accuracy {row['before']:.1%} → {row['after']:.1%} "
               f"({row['samples']} samples)")
    if damage.calibration is not None:
        yield ("calibration error {:.1%} → {:.1%}, mean confidence {:.1%} → {:.1%}"
               .format(*damage.calibration, *damage.confidence))
