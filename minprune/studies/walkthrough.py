"""The whole method in one run: what `minprune run` does and says."""

import json
import pathlib
import platform
import tempfile
import time

import numpy as np

from .. import datasets
from ..decisions.rules import decide
from ..engine import storage
from ..engine.checks import check_known
from ..engine.losses import prepare_samples
from ..engine.optimizers import Adam
from ..engine.schedules import cosine
from ..engine.size import count_parameters, multiply_adds
from ..evaluation.measurement import compare
from ..engine.models import MODELS
from ..pruning.surgery import mask, prune
from ..retraining.iteration import linear, prune_iteratively
from ..scoring.catalogue import CATALOGUE, entry
from ..scoring.scoring import score as score_neurons
from ..scoring.catalogue import takes_blocks
from ..training.loop import fit, loss_and_accuracy

CURVE = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]      # the shares removed in the picture of all of them


def run(data="digits", model=None, score="taylor", scope="global", remove=0.5, steps=1, epochs=20, retrain=10,
        rate=2e-3, batch_size=32, dtype="float64", seed=0, curve=True, out="minprune-run"):
    """Train, score, decide, prune, retrain, evaluate; print each step, write report, networks and figures to `out`.

    `curve` adds what would have become of 0, 10, … 90 % removed. Returns the report, a dict of plain values.
    Raises ValueError, TypeError or OSError before anything is written if an argument does not fit.
    """
    settings = {name: value if name != "data" else str(value) for name, value in locals().items()}
    started = time.perf_counter()
    check_known("score", score, CATALOGUE)
    data, schedule = datasets.load(data, seed=seed), linear(remove, steps)
    net, loss = build(data, model, seed, dtype)
    if not takes_blocks(CATALOGUE[score]):
        net.check_chain(f'score "{score}"')
    decide({name: np.zeros(net[name].K) for name in net.hidden_layers}, remove=remove, scope=scope)
    out = prepare_folder(out)
    options = dict(loss=loss, batch_size=batch_size)

    def learn(one, cut=None):
        """Retraining: each step shuffles by a seed of its own."""
        number = 0 if cut is None else cut.number
        return fit(one, data.x_train, data.t_train, epochs=retrain, seed=seed + 1 + number, progress=False,
                   optimizer=optimizer(rate, retrain), **options)

    history = tell_training(net, data, epochs, seed, optimizer(rate, epochs), options)
    scores = tell_scores(net, data, score, loss)
    keep = tell_decision(scores, schedule, scope)
    difference = tell_pruning(net, keep, data)
    taken = tell_retraining(net, data, score, schedule, scope, loss, learn, retrain)
    comparison = tell_evaluation(net, taken[-1].net, data, loss)
    points = tell_curve(net, scores, data, scope, loss, learn, retrain) if curve else None
    report = {
        "settings": {**settings, "model": model or default_model(data), "out": str(out)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "data": {"name": data.name, "train": len(data.x_train), "test": len(data.x_test), "classes": data.classes},
        "training": history.to_dict(), "score": entry(CATALOGUE[score]), "scores": scores, "keep": taken[-1].keep,
        "prune_equals_mask_to": difference, "steps": [step_to_dict(step) for step in taken], "curve": points,
        "comparison": comparison.to_dict(), "seconds": time.perf_counter() - started}
    written = write(out, report, net, taken[-1], history, comparison)
    print(f"\nwritten to {out}/: {', '.join(written)}")
    return report


# --------------------------------------------------------------------------------- the six steps


def optimizer(rate, epochs):
    """Adam, with a learning rate that falls to 0: the last epochs settle what the first ones found."""
    return Adam(cosine(rate, max(epochs, 1)))


def tell_training(net, data, epochs, seed, optimizer, options):
    heading(1, "train", "a network learns the training data")
    print(f"data       {data}, x from {data.x_train.min():g} to {data.x_train.max():g}\nnetwork    {describe(net)}")
    history = fit(net, data.x_train, data.t_train, epochs=epochs, seed=seed, optimizer=optimizer,
                  validation=(data.x_test, data.t_test), **options)
    last = quality(history.validation_loss[-1], history.validation_accuracy[-1])
    print(f"trained    epochs: {epochs}, training loss {history.loss[-1]:.4f}, test {last}")
    return history


def tell_scores(net, data, score, loss):
    heading(2, "score", f"each hidden neuron gets an importance, high = keep: {score}")
    scores = score_neurons(net, score, data.x_train, data.t_train, loss)
    print(f"formula    {entry(CATALOGUE[score])['formula']}\n{'layer':<14}{'lowest':>12}{'median':>12}{'highest':>12}")
    for layer, values in scores.items():
        print(f"{layer:<14}{values.min():>12.4g}{np.median(values):>12.4g}{values.max():>12.4g}")
    return scores


def tell_decision(scores, schedule, scope):
    first = f" (the first of {len(schedule)} steps to {schedule[-1]:.0%})" * (len(schedule) > 1)
    how = "all layers ranked together" if scope == "global" else "layer by layer"
    heading(3, "decide", f"the lowest {schedule[0]:.0%} go{first}, {how}")
    keep = decide(scores, remove=schedule[0], scope=scope)
    for name, stays in keep.items():
        print(f"{name:<14} {stays.sum()} of {len(stays)} stay; removed: {a_few(np.flatnonzero(~stays))}")
    return keep


def tell_pruning(net, keep, data):
    heading(4, "prune", "they are removed, and with them every weight that reads them")
    cut, held = prune(net, keep), mask(net, keep)
    difference = np.abs(cut.predict(data.x_test) - held.predict(data.x_test)).max()
    print(f"before     {describe(net)}\nafter      {describe(cut)}")
    print(f"the pruned network and the original with these neurons held at 0 differ by at most {difference:.1e}")
    return difference


def tell_retraining(net, data, score, schedule, scope, loss, learn, retrain):
    heading(5, "retrain", f"what is left learns again, {retrain} epochs" + " after each step" * (len(schedule) > 1))
    taken = []
    for step in prune_iteratively(net, data, score, schedule, scope, loss, learn):
        taken.append(step)
        before, after = quality(step.loss_before, step.accuracy_before), quality(step.loss_after, step.accuracy_after)
        print(f"{step.removed:>4} neurons gone ({step.fraction:.0%}): test {before} after the cut, "
              f"{after} after retraining")
    return taken


def tell_evaluation(net, final, data, loss):
    heading(6, "evaluate", "what the network can do and what it costs, before and after")
    comparison = compare(net, final, data.x_test, data.t_test, loss, train=(data.x_train, data.t_train))
    print(comparison)
    return comparison


def tell_curve(net, scores, data, scope, loss, learn, retrain):
    """The test quality with 0, 10, … 90 % of the neurons removed in one shot, before and after retraining."""
    print(f"\nAnd with more or fewer neurons removed, in one shot, before and after {retrain} epochs of retraining?")
    test = prepare_samples(net, data.x_test, data.t_test, loss)
    curve = {"removed": CURVE, "loss_before": [], "accuracy_before": [], "loss_after": [], "accuracy_after": []}
    for fraction in CURVE:
        cut = prune(net, decide(scores, remove=fraction, scope=scope))
        told = []
        for when in ("before", "after"):
            if when == "after":
                learn(cut)
            value, accuracy = loss_and_accuracy(cut, *test)
            curve[f"loss_{when}"].append(value)
            curve[f"accuracy_{when}"].append(accuracy)
            told.append(quality(value, accuracy))
        print(f"{fraction:>5.0%} removed: test {told[0]} before, {told[1]} after", flush=True)
    return curve


# --------------------------------------------------------------------------------- preparing


def prepare_folder(out):
    """Make the folder for the results; raise OSError if it cannot be written to."""
    out = pathlib.Path(out)
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"--out {out} is a file; give a folder")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):       # a folder that cannot be written to is told before, not after
        return out


def default_model(data):
    return "cnn" if data.x_train.ndim == 4 else "mlp"


def build(data, model, seed, dtype):
    """(network, loss) for a data set: cross-entropy for classes, mse for numbers."""
    if data.classes == 1:
        raise ValueError(f"{data.name} has one class only; there is nothing to learn")
    outputs = data.classes or int(np.prod(data.t_train.shape[1:]))
    model = MODELS[model or default_model(data)]
    return model(data.x_train.shape[1:], outputs, seed, dtype), "cross_entropy" if data.classes else "mse"


def step_to_dict(step):
    return {"fraction": step.fraction, "removed": step.removed,
            "neurons": {name: int(stays.sum()) for name, stays in step.keep.items()},
            "loss_before": step.loss_before, "accuracy_before": step.accuracy_before, "loss_after": step.loss_after,
            "accuracy_after": step.accuracy_after, "history": step.history and step.history.to_dict()}


# ---------------------------------------------------------------------------------- telling


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
    return shown + f" and {len(indices) - most} more" * (len(indices) > most)


# ---------------------------------------------------------------------------------- writing


def write(out, report, net, final, history, comparison):
    """Write report.json, the two networks and the figures; return the names of the files."""
    from ..plots import pictures as plots                         # here, so that only who draws waits for matplotlib

    with storage.atomic(out / "report.json", "t") as file:
        json.dump(plain(report), file, indent=1, allow_nan=False)
        file.write("\n")
    net.save(out / "original.npz")
    final.net.save(out / "pruned.npz")
    score, curve = report["settings"]["score"], report["curve"]
    figures = {"scores": plots.scores(report["scores"], final.keep, name=score),
               "history": plots.history(history, held_out="test data"),
               "comparison": plots.comparison(comparison),
               "filters": plots.filters(net, report["scores"], final.keep)}
    if curve and curve["accuracy_before"][0] is not None:
        after = curve["accuracy_after"] if report["settings"]["retrain"] else None
        figures["removal"] = plots.removal_curve(CURVE, curve["accuracy_before"], after,
                                                 baseline=comparison.before.test_accuracy)
    for name, figure in figures.items():
        plots.save(figure, out / f"{name}.png")
    return ["report.json", "original.npz", "pruned.npz", *(f"{name}.png" for name in figures)]


def plain(value):
    """Values that JSON knows: arrays as lists, infinities and NaN (which it has not) as text."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
