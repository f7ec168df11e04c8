"""Connections: pruning of single weights. Score them, decide which stay, hold the others at 0."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .engine.checks import check_count, check_known, check_network, check_real, check_seed
from .evaluation import latencies
from .recording import stream
from .scores.gathering import needs, read_only
from .scores.second_order import obd_weights


def weight_arrays(net):
    """{"conv1.W": array, …}: the connections of all layers, the output layer's too, the layers' own arrays.

    Biases and batch norm's γ and β are no connections: they are never scored and never masked.
    """
    return {name: array for name, array in net.parameters().items() if name.endswith(".W")}


# ----------------------------------------------------------------------------------- scores


def magnitude(W):
    """|w_ij|. Needs no data. Han et al., NIPS 2015, arXiv:1506.02626 (there against a threshold for each layer)."""
    return np.abs(W)


def snip(W, dW):
    """|w_ij · ∂L/∂w_ij|, L = mean_n ℓ_n: the slope of the mean loss in a mask c_ij on the weight, at c_ij = 1.

    Lee, Ajanthan & Torr, "SNIP", ICLR 2019, arXiv:1810.02340. There before training, on one mini-batch, and
    divided by the sum over the network, which changes no ranking; their code (namhoonlee/snip-public) scores and prunes
    biases as well.
    """
    return np.abs(W * dW)


FORMULAS = {"magnitude": magnitude, "snip": snip}
NAMES = (*FORMULAS, "obd", "random")


def score_connections(net, score="magnitude", x=None, t=None, loss="cross_entropy", batch_size=256, seed=0):
    """Return {"conv1.W": array of W's shape, …}: the importance of each weight, high = keep.

        "magnitude"   |w|                                           no data; 0 for a weight that is 0 already
        "snip"        |w ∂L/∂w|, L = mean_n ℓ_n                      Lee et al., ICLR 2019, arXiv:1810.02340
        "obd"         ½ h w², h = ∂²L/∂w² of a handwritten second-order backward pass (`scores.obd_weights`, which
                      says where h is exact); negative where L curves down      LeCun, Denker & Solla, NIPS 1989
        "random"      Uniform(0, 1) drawn from `seed`: what the others have to beat

    or a function of your own with parameters among W (a layer's weights, row i being neuron i) and dW (∂L/∂W of the
    mean loss, the same shape), which returns an array of that shape, such as lambda W, dW: dW ** 2.

    All layers are scored, the output layer too (neurons of the output layer never go, but its connections may; leave
    them out by `protect`). Biases, γ and β are not. Gradients are means over all samples, with batch norm's running
    statistics, so no score depends on `batch_size`; the network is not changed. Scores are float64.

    Raises ValueError or TypeError for an unknown name, data that are missing or do not fit, or a wrong result.
    """
    check_network(net)
    arrays = weight_arrays(net)
    if not callable(score):
        check_known("score of connections", score, NAMES)
    if isinstance(score, str) and score == "random":
        rng = check_seed(seed)
        return {name: rng.random(W.shape) for name, W in arrays.items()}
    if isinstance(score, str) and score == "obd":
        check_data(score, x, t)
        saliencies = obd_weights(net, x, t, loss, batch_size)
        return {name: saliencies[name] for name in arrays}
    return score_by_formula(net, arrays, score, x, t, loss, batch_size)


def score_by_formula(net, arrays, score, x, t, loss, batch_size):
    """The scores of a formula of W and dW."""
    formula = score if callable(score) else FORMULAS[score]
    wanted = needs(formula)
    for one in wanted or [""]:
        check_known("parameter of a score of connections:", one, ["W", "dW"])
    given = {name: {"W": W} for name, W in arrays.items()}
    if "dW" in wanted:
        check_data(getattr(formula, "__name__", "of your own"), x, t)
        for name, dW in mean_gradients(net, x, t, loss, batch_size).items():
            given[name]["dW"] = dW
    return {name: checked(formula(**{one: read_only(parts[one]) for one in wanted}), name, arrays[name].shape)
            for name, parts in given.items()}


def mean_gradients(net, x, t, loss, batch_size):
    """{"conv1.W": ∂L/∂W, …} of the mean loss L = mean_n ℓ_n, summed in double precision."""
    totals, count = {name: np.zeros(W.shape) for name, W in weight_arrays(net).items()}, 0
    for trace in stream(net, x, t, loss, batch_size):
        grads = trace.grads()
        for name, total in totals.items():
            total += grads[name]
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def check_data(score, x, t):
    for name, array in (("x", x), ("t", t)):
        if array is None:
            raise ValueError(f'score "{score}" of connections needs x and t; {name} is missing')


def checked(result, name, shape):
    """A formula's scores of one array as float64; ValueError unless they are numbers, one a weight."""
    if np.shape(result) != shape:
        raise ValueError(f'the score of "{name}" expects shape {shape}, got {np.shape(result)}')
    result = np.asarray(result)
    if result.dtype.kind not in "buif" or np.isnan(result).any():
        raise ValueError(f'the score of "{name}" holds NaN or what is not a number')
    return result.astype(float)


# -------------------------------------------------------------------------------- decisions


def decide_connections(scores, remove, scope="global", min_keep=1, protect=(), masks=None):
    """Return masks {"conv1.W": bool array, …}, True = stays, for scores of the same shapes, high = keep.

    remove   the lowest: a fraction in [0, 1), floor(fraction · weights), or a whole number of weights; or a dict
             {array name: fraction or number}, array by array (those it does not name stay whole, scope is not asked)
    scope    "global": all weights ranked together; "layer": the fraction or number goes from each array
    min_keep each array keeps so many weights (a layer without any passes nothing on); when it has no more to spare, the
             next in rank goes instead
    protect  what never goes: array names, and pairs (array name, index), the index being what NumPy takes:
             ("dense1.W", 3) is all that neuron 3 reads, ("dense1.W", (3, 0)) one weight, a boolean array any set
    masks    an earlier decision: only the weights that it kept are counted and can go, so that remove=0.2 is a fifth of
             what is left. The result is what both keep

    Exactly the asked number goes. Ties: the earlier array of `scores`, then the lower index, goes first. A threshold
    needs no function: {name: s >= 0.01 for name, s in scores.items()}.

    Raises ValueError when more is asked than can go, and ValueError or TypeError for a malformed argument.
    """
    scores = check_scores(scores)
    check_known("scope", scope, ["global", "layer"])
    min_keep = check_count("min_keep", min_keep, least=0)
    stays = {name: np.ones(s.shape, bool) for name, s in scores.items()}
    stays |= {name: mask.copy() for name, mask in check_masks({} if masks is None else masks, stays, "score").items()}
    free = unprotected(stays, protect)
    lowest = {name: lowest_first(s, free[name], int(stays[name].sum()) - min_keep) for name, s in scores.items()}
    for names, share in shares(remove, scope, free):
        left = sum(int(stays[name].sum()) for name in names)
        take_lowest(stays, scores, {name: lowest[name] for name in names}, asked(share, left), left)
    return stays


def shares(remove, scope, free):
    """[(array names, what to remove of their weights together), …]; an array that is wholly protected is not asked."""
    if isinstance(remove, Mapping):
        for name in remove:
            check_known("array in remove", name, free)
        return [([name], check_share(share, f'remove["{name}"]')) for name, share in remove.items()]
    share = check_share(remove, "remove")
    if scope == "global":
        return [(list(free), share)]
    return [([name], share) for name, able in free.items() if able.any()]


def check_share(remove, name):
    """`remove` as a whole number or a fraction."""
    if isinstance(remove, (int, np.integer)):
        return check_count(name, remove, least=0)
    return check_real(f"{name} (as a fraction)", remove, least=0, below=1)


def asked(share, count):
    """How many of `count` weights should go."""
    if isinstance(share, int):
        return share
    return min(int(share * count + 1e-9), max(count - 1, 0))    # 0.29 · 100 is 28.999999999999996 in floating point


def lowest_first(s, free, spare):
    """The flat places of the free weights of one array, lowest score first, at most `spare` of them."""
    places = np.flatnonzero(free)
    order = np.argsort(s.reshape(-1)[places], kind="stable")
    return places[order[:max(spare, 0)]]


def take_lowest(stays, scores, lowest, count, left):
    """Set the `count` lowest of these arrays to False; ValueError if so many cannot go."""
    able = sum(map(len, lowest.values()))
    if count > able:
        raise ValueError(f"remove asks for {count} of the {left} weights of {', '.join(lowest)}, but at most {able} "
                         "can go: the others are protected, or the last that an array keeps")
    row = np.concatenate([scores[name].reshape(-1)[places] for name, places in lowest.items()])
    goes = np.zeros(len(row), bool)
    goes[np.argsort(row, kind="stable")[:count]] = True
    start = 0
    for name, places in lowest.items():
        stays[name].reshape(-1)[places[goes[start:start + len(places)]]] = False
        start += len(places)


def check_protect(protect):
    """Return what is protected as a tuple; raise TypeError for anything but a list."""
    if isinstance(protect, str) or not np.iterable(protect):
        raise TypeError(f"protect expects a list of array names and (array name, index) pairs, got {protect!r}")
    return tuple(protect)


def unprotected(stays, protect):
    """{array name: bool}: True for every weight that is left and may go."""
    free = {name: mask.copy() for name, mask in stays.items()}
    for entry in check_protect(protect):
        name, index = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, ...)
        if not isinstance(name, str):
            raise TypeError(f"protect expects array names and (array name, index) pairs, got {entry!r}")
        check_known("array in protect", name, free)
        try:
            free[name][index] = False
        except (IndexError, ValueError, TypeError) as error:
            raise ValueError(f'protect: no such index of "{name}" {free[name].shape}: {error}') from None
    return free


def n_of_m(scores, n=2, m=4):
    """Return masks {"conv1.W": bool array, …} by which, of each m consecutive weights of a neuron, the n best stay.

    A neuron's weights are taken in the order of W[i] flattened (Conv2D: row, column, channel, so that with a multiple
    of m channels each run lies at one place of the kernel). Where a neuron's F weights are no multiple of m, the last
    F mod m of them are a shorter run, of which the n best stay, too (all, if they are no more than n). So a neuron
    keeps exactly n ⌊F / m⌋ + min(n, F mod m). Ties: the lower index goes first. Arrays that should stay whole:
    leave them out.

    2:4 is what sparse tensor cores compute twice as fast; NumPy does not. Mishra et al., 2021, arXiv:2104.08378. Their
    code (NVIDIA/apex, sparse_masklib) runs along the input channels of each kernel place, which is the same order.
    """
    scores, m = check_scores(scores), check_count("m", m)
    n = check_count("n", n)
    if n > m:
        raise ValueError(f"n of m expects n to be at most m, got {n} of {m}")
    return {name: best_of_runs(s.reshape(len(s), -1), n, m).reshape(s.shape) for name, s in scores.items()}


def best_of_runs(s, n, m):
    """(K, F) booleans: the n best of each m consecutive ones in a row, and of the rest."""
    K, F = s.shape
    whole = F - F % m
    runs = best(s[:, :whole].reshape(K, -1, m), n).reshape(K, whole)
    return np.concatenate([runs, best(s[:, whole:], n)], axis=1)


def best(s, n):
    """Booleans: the n highest along the last axis; of equal ones those of higher index."""
    order = np.argsort(s, axis=-1, kind="stable")
    stays = np.zeros(s.shape, bool)
    np.put_along_axis(stays, order[..., max(s.shape[-1] - n, 0):], True, axis=-1)
    return stays


def check_scores(scores):
    """Return {array name: numbers, one a weight}; raise for what is none."""
    if not isinstance(scores, Mapping) or not scores:
        got = "an empty dict" if isinstance(scores, Mapping) else type(scores).__name__
        raise ValueError(f"scores expects a dict {{array name: array}} of at least one array, got {got}")
    arrays = {}
    for name, s in scores.items():
        try:
            s = np.asarray(s)
        except ValueError:
            raise TypeError(f'scores of "{name}" expect an array, got rows of different lengths') from None
        if s.dtype.kind not in "iuf":
            raise TypeError(f'scores of "{name}" expect real numbers, got dtype {s.dtype}')
        if s.ndim < 2 or s.size == 0:
            raise ValueError(f'scores of "{name}" expect one number a weight, a row a neuron, got shape {s.shape}')
        if np.isnan(s).any():
            raise ValueError(f'scores of "{name}" hold {np.isnan(s).sum()} NaN, of {s.size}')
        arrays[name] = s.astype(float)
    return arrays


# ------------------------------------------------------------------------------------ masks


def mask_connections(net, masks):
    """Return a copy of `net` whose weights are 0 where `masks` is False: {"conv1.W": bool array, …}.

    Arrays that `masks` does not name stay as they are. The copy is an ordinary network: training moves its zeros,
    unless fit(…, on_step=keep_masked(masks)) holds them. Same size, same speed (see `report`).

    Raises ValueError for an unknown array or a wrong shape, TypeError for what is not boolean.
    """
    check_network(net)
    masks = check_masks(masks, weight_arrays(net))
    masked = net.copy()
    arrays = weight_arrays(masked)
    for name, mask in masks.items():
        arrays[name][~mask] = 0
    return masked


def keep_masked(masks):
    """Return an `on_step` for `fit` that sets the weights whose mask is False to 0 after each step of the optimizer.

    They are exactly 0 whatever momentum, moments and weight decay would make of them, and the others move as if they
    were alone: no optimizer of ours mixes weights. Start from `mask_connections(net, masks)`, so that the first step's
    gradient sees the zeros, too. Raises as `mask_connections`; in the first step, if the network is another.
    """
    masks = {name: mask.copy() for name, mask in check_masks(masks).items()}

    def on_step(net, rate):
        arrays = weight_arrays(net)
        for name, mask in check_masks(masks, arrays).items():
            W = arrays[name]
            W *= mask                   # a tenth of the time that writing the zeros takes
            W += 0                      # −0.0 becomes +0.0

    return on_step


def masks_of(net):
    """{"conv1.W": w ≠ 0, …}: the masks that a network's own zeros tell, of all its weights."""
    check_network(net)
    return {name: W != 0 for name, W in weight_arrays(net).items()}


def check_masks(masks, arrays=None, told="weight array"):
    """Return {array name: bool array}; raise unless they are masks, of these arrays' names and shapes if given."""
    if not isinstance(masks, Mapping):
        raise TypeError(f"masks expects {{array name: booleans}}, got {masks!r}")
    found = {}
    for name, mask in masks.items():
        if arrays is not None:
            check_known(told, name, arrays)
        try:
            mask = np.asarray(mask)
        except ValueError:
            raise TypeError(f'masks["{name}"] expects booleans, got rows of different lengths') from None
        if mask.dtype != bool:
            raise TypeError(f'masks["{name}"] expects booleans, True for what stays, got {mask.dtype}')
        if arrays is not None and mask.shape != arrays[name].shape:
            raise ValueError(f'masks["{name}"] expects shape {arrays[name].shape}, got {mask.shape}')
        found[name] = mask
    return found


# ----------------------------------------------------------------------------------- report


@dataclass(frozen=True)
class ConnectionReport:
    """What masks leave of a network, in theory and by the clock. `print` it for a table.

    {array name: count} each: `weights` all there are, `left` those that stay, `multiply_adds` of one sample's
    forward pass, and `nonzero` those of them whose weight stays. `latency` and `masked_latency` are the median seconds
    of a forward pass of `latency_batch` samples without and with the masks, measured in turns (None if not measured).
    """

    weights: dict
    left: dict
    multiply_adds: dict
    nonzero: dict
    latency: float | None
    masked_latency: float | None
    latency_batch: int

    @property
    def share_left(self):
        """The fraction of all weights that stays."""
        return sum(self.left.values()) / sum(self.weights.values())

    def to_dict(self):
        """All of it as plain values, for JSON."""
        counts = {key: dict(value) for key, value in vars(self).items() if isinstance(value, dict)}
        return {**vars(self), **counts, "share_left": self.share_left}

    def __str__(self):
        columns = (self.weights, self.left, self.multiply_adds, self.nonzero)
        lines = [f"{'':<14}{'weights':>12}{'left':>12}{'':>10}{'multiply-adds':>16}{'of nonzero':>14}"]
        for name in (*self.weights, "all"):
            counts = [sum(column.values()) if name == "all" else column[name] for column in columns]
            share = f"{100 * counts[1] / counts[0]:.1f} %"
            lines.append(f"{name:<14}{counts[0]:>12,}{counts[1]:>12,}{share:>10}{counts[2]:>16,}{counts[3]:>14,}")
        if self.latency is not None:
            lines.append(f"latency, {self.latency_batch} samples: {1e3 * self.latency:.3f} ms, masked "
                         f"{1e3 * self.masked_latency:.3f} ms ({self.latency / self.masked_latency:.2f} × as fast)")
        return "\n".join([*lines, HONESTLY])


HONESTLY = ("A dense product multiplies a 0 like any other number: masked weights make nothing faster here. They make\n"
            "files smaller (save_sparse). For speed remove whole neurons (prune).")


def report(net, masks=None, x=None, latency=True, latency_batch=128, seed=0):
    """Return the ConnectionReport of masks on a network: weights left, multiply-adds left in theory, and the measured
    time of the network with and without them.

    masks: {array name: bool array}; arrays that they do not name are whole. By default the network's own zeros
    (`masks_of`); then both times are of the same network with zeros. x: the inputs of the measured passes, by default
    `latency_batch` standard normal samples drawn from `seed`. Raises as `mask_connections`.
    """
    check_network(net)
    count = check_count("latency_batch", latency_batch)
    x = check_seed(seed).normal(size=(count, *net.input_shape)) if x is None else x
    x = net.check_input(x)[:count]
    arrays = weight_arrays(net)
    masks = check_masks(masks_of(net) if masks is None else masks, arrays)
    weights = {name: W.size for name, W in arrays.items()}
    left = {name: int(masks[name].sum()) if name in masks else size for name, size in weights.items()}
    used = {name: net[name.removesuffix(".W")].multiply_adds() // size for name, size in weights.items()}
    times = latencies([net, mask_connections(net, masks)], x) if latency else (None, None)
    return ConnectionReport(weights, left, {name: used[name] * weights[name] for name in arrays},
                            {name: used[name] * left[name] for name in arrays}, *times, len(x))
