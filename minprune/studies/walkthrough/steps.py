"""The six steps of the method, each done and printed: train, score, decide, prune, retrain, evaluate."""

import numpy as np

from ...decisions.rules import decide
from ...engine.losses import prepare_samples
from ...engine.size import count_parameters, multiply_adds
from ...evaluation.comparison import compare
from ...pruning.surgery import mask, prune
from ...retraining.iteration import prune_iteratively
from ...scoring.catalogue import CATALOGUE
from ...scoring.entries import entry
from ...scoring.scoring import score as score_neurons
from ...training.quality import loss_and_accuracy

CURVE = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]      # the shares removed in the picture of all of them


def show_training(setup):
    heading(1, "train", "a network learns the training data")
    data = setup.data
    print(f"data       {data}, x from {data.x_train.min():g} to {data.x_train.max():g}")
    for note in data.notes:
        print(f"           {note}")
    print(f"network    {describe(setup.net)}")
    history = setup.train()
    test = quality(history.validation_loss[-1], history.validation_accuracy[-1])
    print(f"trained    epochs: {setup.settings.epochs}, training loss {history.loss[-1]:.4f}, test {test}")
    return history


def show_scores(setup):
    name = setup.settings.score
    heading(2, "score", f"each hidden neuron gets an importance, high = keep: {name}")
    scores = score_neurons(setup.net, name, setup.data.x_train, setup.data.t_train, setup.loss)
    print(f"formula    {entry(CATALOGUE[name])['formula']}")
    print(f"{'layer':<14}{'lowest':>12}{'median':>12}{'highest':>12}")
    for layer, values in scores.items():
        print(f"{layer:<14}{values.min():>12.4g}{np.median(values):>12.4g}{values.max():>12.4g}")
    return scores


def show_decision(setup, scores):
    schedule, scope = setup.schedule, setup.settings.scope
    steps = f" (the first of {len(schedule)} steps to {schedule[-1]:.0%})" if len(schedule) > 1 else ""
    order = "all layers ranked together" if scope == "global" else "layer by layer"
    heading(3, "decide", f"the lowest {schedule[0]:.0%} go{steps}, {order}")
    keep = decide(scores, remove=schedule[0], scope=scope)
    for name, stays in keep.items():
        print(f"{name:<14} {stays.sum()} of {len(stays)} stay; removed: {a_few(np.flatnonzero(~stays))}")
    return keep


def show_pruning(setup, keep):
    heading(4, "prune", "they are removed, and with them every weight that reads them")
    pruned, masked = prune(setup.net, keep), mask(setup.net, keep)
    x = setup.data.x_test
    difference = np.abs(pruned.predict(x) - masked.predict(x)).max()
    print(f"before     {describe(setup.net)}\nafter      {describe(pruned)}")
    print(f"the pruned network and the original with these neurons held at 0 differ by at most {difference:.1e}")
    return difference


def show_retraining(setup):
    settings = setup.settings
    times = " after each step" if len(setup.schedule) > 1 else ""
    heading(5, "retrain", f"what is left learns again, {settings.retrain} epochs{times}")
    steps = []
    for step in prune_iteratively(setup.net, setup.data, settings.score, setup.schedule, settings.scope, setup.loss,
                                  setup.retrain):
        steps.append(step)
        before, after = quality(step.loss_before, step.accuracy_before), quality(step.loss_after, step.accuracy_after)
        print(f"{step.removed:>4} neurons gone ({step.fraction:.0%}): test {before} after the cut, "
              f"{after} after retraining")
    return steps


def show_evaluation(setup, pruned):
    heading(6, "evaluate", "what the network can do and what it costs, before and after")
    data = setup.data
    comparison = compare(setup.net, pruned, data.x_test, data.t_test, setup.loss, train=(data.x_train, data.t_train))
    print(comparison)
    return comparison


def show_curve(setup, scores):
    """The test quality with 0, 10, … 90 % of the neurons removed in one shot, before and after retraining."""
    epochs = setup.settings.retrain
    print(f"\nAnd with more or fewer neurons removed, in one shot, before and after {epochs} epochs of retraining?")
    test = prepare_samples(setup.net, setup.data.x_test, setup.data.t_test, setup.loss)
    curve = {"removed": CURVE, "loss_before": [], "accuracy_before": [], "loss_after": [], "accuracy_after": []}
    for fraction in CURVE:
        pruned = prune(setup.net, decide(scores, remove=fraction, scope=setup.settings.scope))
        before = loss_and_accuracy(pruned, *test)
        setup.retrain(pruned)
        after = loss_and_accuracy(pruned, *test)
        for when, (loss, accuracy) in (("before", before), ("after", after)):
            curve[f"loss_{when}"].append(loss)
            curve[f"accuracy_{when}"].append(accuracy)
        print(f"{fraction:>5.0%} removed: test {quality(*before)} before, {quality(*after)} after", flush=True)
    return curve


# -------------------------------------------------------------------------------------- texts


def heading(number, name, text):
    print(f"\n{number} {name.upper()}: {text}")


def describe(net):
    sizes = " - ".join(f"{name} {net[name].K}" for name in net.neuron_layers)
    return f"{sizes}; {count_parameters(net):,} parameters, {multiply_adds(net):,} multiply-adds"


def quality(loss, accuracy):
    return f"loss {loss:.4f}" if accuracy is None else f"accuracy {accuracy:.2%}"


def a_few(indices, most=12):
    """Some of them, and how many more."""
    shown = " ".join(map(str, indices[:most])) or "none"
    return f"{shown} and {len(indices) - most} more" if len(indices) > most else shown
