"""Explanation: what one neuron responds to, who reads it, how it scores, and what is lost when it goes."""

from dataclasses import dataclass, field

import numpy as np

from ..engine.checks import check_count, check_known, check_list, check_network
from ..engine.losses import prepare_samples
from ..pruning.surgery import mask
from ..recording import forward_batch
from ..scoring.catalogue import find_score
from ..scoring.scoring import score as score_neurons
from .class_accuracy import classes_of

SCORES = ("removal", "taylor", "fisher", "mean_replacement", "weight_norm", "outgoing_norm", "activation_mean_abs",
          "contribution", "class_selectivity")      # what is asked by default; those that do not apply are left out
OF_CLASSES = ("class_selectivity",)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """One neuron, explained. `print` it; `mp.plots.explanation` draws it.

    layer, neuron, neurons   where it is, and how many there are; origin: its index in the unpruned network
    strongest, weakest       [(sample, its class or None, response), …]; the response is the mean output over positions
    shown                    {sample: the input} of these
    active                   the fraction of samples on which it puts out anything but 0
    by_class                 {class: mean response}, None where a sample has no single class
    readers                  {layer: [(neuron, ‖w‖, Σ w), …]} of the weights with which others read it, heaviest first
    scores                   {score: (value, rank)}, rank 1 the most important of its layer; refused: {score: why not}
    loss_change              mean_n [ℓ_n without it − ℓ_n], exactly; loss_change_by_class: {class: the same}
    twin                     (neuron, correlation): the other one of its layer whose outputs go most with its own, over
                             all samples and positions; None where it is alone, or nothing varies
    """

    layer: str
    neuron: int
    neurons: int
    origin: int
    samples: int
    strongest: list
    weakest: list
    shown: dict
    active: float
    by_class: dict | None
    readers: dict
    scores: dict
    loss_change: float
    loss_change_by_class: dict | None
    twin: tuple | None
    refused: dict = field(default_factory=dict)

    def to_dict(self):
        """The same as plain values, for JSON (without the inputs)."""
        return {key: value for key, value in vars(self).items() if key != "shown"}

    def __str__(self):
        return "\n".join(lines_of(self))

    __repr__ = __str__


def explain(net, layer, neuron, data, loss="cross_entropy", *, scores=None, most=5, batch_size=256):
    """Return the Explanation of one neuron (or of coupled ones, "conv1+conv3", that leave together).

    layer, neuron   a hidden layer, and the index in it
    data            (x, t), or a Dataset, whose training part is taken
    scores          names or functions, as `score` takes them; by default nine of different kinds, of which those that
                    do not apply to the network are left out
    most            how many samples and readers are named

    The network is not changed. It takes some passes over the data, and what the scores take. Raises ValueError or
    TypeError for a layer or index that does not exist (naming the nearest), data that do not fit, and as `score`.
    """
    # What is asked.
    check_network(net)
    check_known("hidden layer", layer, net.hidden_layers)
    neuron, K = check_count("neuron", neuron, least=0), net[layer].K
    if neuron >= K:
        raise ValueError(f'neuron expects an index from 0 to {K - 1} of layer "{layer}", got {neuron}')
    check_count("most", most)
    x, t = (data.x_train, data.t_train) if hasattr(data, "x_train") else check_pair(data)
    x, t, loss = prepare_samples(net, x, t, loss)
    classes = classes_of(t) if loss.right(net.predict(x[:1]), t[:1]) is not None else None

    # What it does, and what happens without it.
    response, active, twin, L = outputs_of(net, layer, neuron, (x, t, loss), check_count("batch_size", batch_size))
    change = losses(mask(net, {layer: np.arange(K) != neuron}), (x, t, loss), batch_size) - L
    order = np.argsort(-response, kind="stable")
    strongest, weakest = (samples_of(places, response, classes) for places in (order[:most], order[::-1][:most]))
    asked = default_scores(classes) if scores is None else check_list("scores", scores, 'such as ["taylor", "removal"]')
    values, refused = scores_of(net, layer, neuron, (x, t, loss), asked, optional=scores is None)
    return Explanation(
        layer, neuron, K, int(net.origin(layer)[neuron]), len(x), strongest, weakest,
        {sample: x[sample] for sample, *_ in strongest + weakest}, float(active.mean()), by_class(response, classes),
        {reader: weights_of(net, layer, neuron, reader, most) for reader in net.readers(layer)}, values,
        float(change.mean(dtype=float)), by_class(change, classes), twin, refused)


def check_pair(data):
    """Return (x, t); raise TypeError for anything else."""
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise TypeError(f"data expects a Dataset or a pair (x, t), got {type(data).__name__}")
    return data


def outputs_of(net, layer, neuron, samples, batch_size):
    """((N,) mean output over positions, (N,) whether any is not 0, the twin, (N,) the losses) from one forward pass."""
    response, active, L, sums = [], [], [], None
    for trace in passes(net, samples, batch_size):
        o = trace[layer].o
        o = o.reshape(len(o), -1, o.shape[-1]).astype(float)
        response.append(o[:, :, neuron].mean(axis=1))
        active.append((o[:, :, neuron] != 0).any(axis=1))
        L.append(trace.L)
        sums = Sums(o[0].mean(axis=0)) if sums is None else sums
        sums.add(o.reshape(-1, o.shape[-1]), neuron)
    return *map(np.concatenate, (response, active)), sums.twin(neuron), np.concatenate(L)


class Sums:
    """Sums over all outputs, from which the correlation of one neuron with each other one of its layer follows.

    They are of o − `shift`, a number near the mean, so that what varies little around a large mean is not lost.
    """

    def __init__(self, shift):
        self.shift, self.count = shift, 0
        self.o = self.squares = self.products = 0.0

    def add(self, o, neuron):
        o = o - self.shift
        self.count += len(o)
        self.o, self.squares = self.o + o.sum(axis=0), self.squares + (o ** 2).sum(axis=0)
        self.products = self.products + o[:, neuron] @ o

    def twin(self, neuron):
        """(neuron, correlation) of the highest; the lowest index of equal ones."""
        variance = np.maximum(self.squares - self.o ** 2 / self.count, 0)
        size = np.sqrt(variance * variance[neuron])
        varies = size > 1e-12 * self.squares.max(initial=0)
        varies[neuron] = False
        if not varies.any():
            return None
        covariance = self.products - self.o * self.o[neuron] / self.count
        r = np.divide(covariance, size, out=np.full(len(size), -np.inf), where=varies)
        return int(r.argmax()), float(np.clip(r.max(), -1, 1))


def losses(net, samples, batch_size):
    return np.concatenate([trace.L for trace in passes(net, samples, batch_size)])


def passes(net, samples, batch_size):
    """The Trace of each batch's forward pass, of samples that are prepared."""
    x, t, loss = samples
    for start in range(0, len(x), batch_size):
        yield forward_batch(net, x[start:start + batch_size], t[start:start + batch_size], loss)


def samples_of(places, response, classes):
    return [(int(place), None if classes is None else int(classes[place]), float(response[place])) for place in places]


def by_class(values, classes):
    """{class: the mean of its samples' values}; None without classes."""
    if classes is None:
        return None
    return {int(label): float(values[classes == label].mean(dtype=float)) for label in np.unique(classes)}


def weights_of(net, layer, neuron, reader, most):
    """[(neuron of the reader, ‖w‖₂, Σ w), …] of its weights that read the neuron, the heaviest first."""
    W = net[reader].W
    places = net.reading(layer, reader, np.arange(W.size).reshape(W.shape))[neuron]         # places in W.flat
    who, w = places // (W.size // len(W)), W.ravel()[places].astype(float)
    norm, total = np.sqrt(np.bincount(who, w ** 2, len(W))), np.bincount(who, w, len(W))
    heaviest = np.argsort(-norm, kind="stable")[:most]
    return [(int(i), float(norm[i]), float(total[i])) for i in heaviest if norm[i] > 0]


def default_scores(classes):
    return [name for name in SCORES if classes is not None or name not in OF_CLASSES]


def scores_of(net, layer, neuron, samples, scores, optional):
    """({score: (value, rank)}, {score: why it does not apply}); unless they are optional, all have to apply."""
    values, refused = {}, {}
    for one in scores:
        name = one if isinstance(one, str) else getattr(one, "__name__", repr(one))
        try:
            s = score_neurons(net, find_score(one), *samples)[layer]
        except ValueError as error:
            if not optional:
                raise
            refused[name] = str(error)
            continue
        values[name] = float(s[neuron]), int((s > s[neuron]).sum()) + 1
    return values, refused


# ------------------------------------------------------------------------------- in plain text


def lines_of(found):
    """What is known of the neuron, a line for each question."""
    was = "" if found.origin == found.neuron else f" (neuron {found.origin} of the unpruned network)"
    yield f"{found.layer}, neuron {found.neuron} of {found.neurons}{was}, on {found.samples} samples"
    yield f"  active         on {found.active:.0%} of the samples"
    for name in ("strongest", "weakest"):
        yield f"  {name:<15}" + ", ".join(sample_text(*row) for row in getattr(found, name))
    if found.by_class is not None:
        yield "  mean output    " + class_text(found.by_class, "{:.3g}")
    for reader, rows in found.readers.items():
        who = ", ".join(f"{i} (‖w‖ {norm:.3g}, Σw {total:+.3g})" for i, norm, total in rows)
        yield f"  read by        {reader}: {who or 'all its weights are 0'}"
    for name, (value, rank) in found.scores.items():
        yield f"  score          {name} {value:.4g}, rank {rank} of {found.neurons}"
    yield f"  without it     the loss changes by {found.loss_change:+.4g}"
    if found.loss_change_by_class is not None:
        yield "    by class     " + class_text(found.loss_change_by_class, "{:+.3g}")
    yield "  nearest twin   " + ("none" if found.twin is None else
                                 f"neuron {found.twin[0]}, correlation of outputs {found.twin[1]:.3f}")


def sample_text(sample, label, response):
    return f"{sample} ({'' if label is None else f'class {label}, '}{response:.3g})"


def class_text(values, form):
    return "  ".join(f"{label}: {form.format(value)}" for label, value in values.items())
