"""Tolerance: as many go as the loss, or the accuracy, on validation data allows, and not one more."""

from ..decisions.limits import unprotected
from ..decisions.row import in_a_row
from ..decisions.rules import removal_order, stay_without, warn_of_equal_scores
from ..engine.checks import check_count, check_known, check_prunable, check_real, check_scores
from ..engine.losses import prepare_pair
from ..pruning.surgery import check_keep, prune
from ..training.loop import check_callables
from ..training.quality import loss_and_accuracy

ROUNDING = 1e-12                # 0.98 − 0.97 is 0.010000000000000009


def decide_tolerating(net, scores, validation, loss="cross_entropy", drop=0.01, *, by="loss", scope="global",
                      min_keep=1, protect=(), max_remove=None, multiple=1, repair=None):
    """Return {layer: (K,) bool array}, True = stays: the lowest go, one by one, as long as the loss allows it.

    It stops before the first neuron with which the loss on validation=(x, t) would rise above loss(net) + drop (with
    by="accuracy": the accuracy fall below accuracy(net) − drop), without any retraining. So at the decision, and at
    all smaller ones on the way, the network is within the tolerance, and with the next neuron it is not. Further on it
    may be again, as losses also fall: the decision does not reach across the gap.

    validation  (x, t) that nothing was trained on: what a network knows by heart it loses last. Never the test data:
                what is chosen by them cannot be judged by them
    repair      repair(small) returns what is measured in place of each `prune(net, keep)`, such as
                `lambda small: mp.recalibrate(small, x)` for networks with batch norm, which without it look much worse
                than they are
    The other arguments are those of `decide`; scope is "global" or "layer" (all layers lose equal fractions).

    Cost: a forward pass of the validation data for each neuron that goes, and two more. Warns as `decide` of a layer
    whose scores are all equal. Raises ValueError or TypeError for a malformed argument, and for by="accuracy" where the
    targets are no classes.
    """
    # What is allowed.
    check_prunable(net)
    multiple, drop = check_count("multiple", multiple), check_real("drop", drop, least=0)
    check_known("measure", by, ["accuracy", "loss"])
    check_callables(repair=repair)
    samples = prepare_pair(net, "validation", validation, loss)
    least = quality(net, samples, by) - drop - ROUNDING

    # One by one they go, as long as that holds.
    going, where = removal_order(scores, scope, min_keep, protect, max_remove)
    check_keep(net, stay_without(going, where))
    keep = last_within(net, going, where, multiple, lambda small: quality(
        small if repair is None else repair(small), samples, by) >= least)
    warn_of_equal_scores(in_a_row(check_scores(scores))[0], where, keep, unprotected(where, protect))
    return keep


def last_within(net, going, where, multiple, fits):
    """The last decision before the first that does not fit; equal ones (of a `multiple`) are tried once."""
    last, gone = stay_without(going[:0], where, multiple), 0
    for count in range(1, len(going) + 1):
        keep = stay_without(going[:count], where, multiple)
        now = sum(int((~stays).sum()) for stays in keep.values())
        if now == gone:
            continue
        if not fits(prune(net, keep)):
            break
        last, gone = keep, now
    return last


def quality(net, samples, by):
    """What must not fall: the accuracy, or −loss."""
    loss, accuracy = loss_and_accuracy(net, *samples)
    if by == "accuracy" and accuracy is None:
        raise ValueError('the targets are no classes, so there is no accuracy: give by="loss"')
    return accuracy if by == "accuracy" else -loss
