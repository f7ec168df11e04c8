"""Scores of single weights; high = keep."""

import numpy as np

from ..engine.checks import check_known, check_network, check_seed
from ..recording import stream
from ..scoring.arrays import needs, read_only
from ..scores.second_order import obd_weights
from .masks import weight_arrays


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

    All layers are scored, also the output layer (neurons of the output layer never go, but its connections may; leave
    them out by `protect`). Biases, γ and β are not scored. Gradients are means over all samples, with batch norm's
    running statistics, so no score depends on `batch_size`; the network is not changed. Scores are float64.

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
    needed = needs(formula)
    for parameter in needed or [""]:
        check_known("parameter of a score of connections:", parameter, ["W", "dW"])
    arguments = {"W": arrays}
    if "dW" in needed:
        check_data(getattr(formula, "__name__", "of your own"), x, t)
        arguments["dW"] = mean_gradients(net, x, t, loss, batch_size)
    return {name: checked(formula(**{parameter: read_only(arguments[parameter][name]) for parameter in needed}),
                          name, W.shape) for name, W in arrays.items()}


def mean_gradients(net, x, t, loss, batch_size):
    """{"conv1.W": ∂L/∂W, …} of the mean loss L = mean_n ℓ_n, summed in double precision."""
    totals = {name: np.zeros(W.shape) for name, W in weight_arrays(net).items()}
    count = 0
    for trace in stream(net, x, t, loss, batch_size):
        grads = trace.grads()
        for name, total in totals.items():
            total += grads[name]
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def check_data(score, x, t):
    """Raise ValueError if x or t is missing."""
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
