"""Scores of single weights; high = keep."""

import numpy as np

from ..engine.checks import check_known, check_network, check_seed
from ..scoring.arrays import needs, read_only
from .formulas import FORMULAS
from .inputs import mean_sizes, root_mean_squares
from .lookahead import lookahead
from .masks import weight_arrays
from .saliencies import FROM_DATA, FROM_WEIGHTS, mean_gradients

WHOLE = {score.__name__: score for score in (lookahead, *FROM_WEIGHTS)}            # of the network alone
WITH_DATA = {score.__name__: score for score in FROM_DATA}                          # of the network, x, t and the loss
NAMES = (*FORMULAS, *WHOLE, *WITH_DATA, "random")
PARAMETERS = ("W", "b", "x_rms", "x_abs", "dW")
FROM_INPUTS = {"x_rms": root_mean_squares, "x_abs": mean_sizes}


def score_connections(net, score="magnitude", x=None, t=None, loss="cross_entropy", batch_size=256, seed=0):
    """Return {"conv1.W": array of W's shape, …}: the importance of each weight, high = keep.

    Of the weights alone:
        "magnitude"   |w|; 0 for a weight that is 0 already
        "lookahead"   |w| times the norms of its row before and its column after       Park et al., arXiv:2002.04809
        "synflow"     |w| ∂R/∂|w|, R what |weights| carry from input to output         Tanaka et al., arXiv:2006.05467
        "random"      Uniform(0, 1) drawn from `seed`: what the others have to beat
    Of inputs x as well:
        "wanda"       |w| times the root mean square of what it multiplies               Sun et al., arXiv:2306.11695
        "ria"         the share in its row and in its column, times the root of that      Zhang et al., ICLR 2024
        "nnrelief"    the share in all that its neuron receives                           Dekhovich et al., 2109.10795
    Of targets t too, L = mean_n ℓ_n:
        "snip"        |w ∂L/∂w|                                                           Lee et al., arXiv:1810.02340
        "grasp"       w (H ∂L/∂w), what the flow of gradients loses with it               Wang et al., arXiv:2002.07376
        "obd"         ½ h w², h = ∂²L/∂w² of a handwritten second-order backward pass; negative where L curves down
        "obs"         w² / (2 [H⁻¹]_qq): what is lost when all other weights make up for it; at most 2,000 parameters
        "woodfisher"  the same with mean_n g_n g_nᵀ for H                                 Singh & Alistarh, 2004.14340

    `connections.formulas`, `.lookahead` and `.saliencies` say of each what is exact, what was read, and what differs.
    Or a function of your own, which returns an array of W's shape, with parameters among

        W      a layer's weights, row i being neuron i         b      the bias of each neuron, (K,)
        x_rms  √(mean_np x²) of what each weight multiplies    x_abs  mean_np |x| of it, both in W's shape
        dW     ∂L/∂W of the mean loss, in W's shape

    such as lambda W, dW: dW ** 2. All layers are scored, also the output layer (neurons of the output layer never go,
    but its connections may; leave them out by `protect`). Biases, γ and β are not scored. Gradients are means over all
    samples, with batch norm's running statistics, so no score depends on `batch_size`; the network is not changed.
    Scores are float64.

    Raises ValueError or TypeError for an unknown name, data that are missing or do not fit, or a wrong result.
    """
    check_network(net)
    arrays = weight_arrays(net)
    if callable(score):
        return score_by_formula(net, arrays, score, x, t, loss, batch_size)
    check_known("score of connections", score, NAMES)
    if score == "random":
        rng = check_seed(seed)
        return {name: rng.random(W.shape) for name, W in arrays.items()}
    if score in FORMULAS:
        return score_by_formula(net, arrays, FORMULAS[score], x, t, loss, batch_size)
    if score in WITH_DATA:
        check_data(score, x=x, t=t)
    if not arrays:
        return {}
    found = WHOLE[score](net) if score in WHOLE else WITH_DATA[score](net, x, t, loss, batch_size)
    return {name: checked(found[name], name, W.shape) for name, W in arrays.items()}


def score_by_formula(net, arrays, formula, x, t, loss, batch_size):
    """The scores of a formula of a layer's own arrays."""
    needed = needs(formula)
    for parameter in needed or [""]:
        check_known("parameter of a score of connections:", parameter, PARAMETERS)

    # The arrays that it needs, of all layers.
    arguments = {"W": arrays, "b": {name: net[name.removesuffix(".W")].b for name in arrays}}
    called = getattr(formula, "__name__", "of your own")
    if "dW" in needed:
        check_data(called, x=x, t=t)
        arguments["dW"] = mean_gradients(net, x, t, loss, batch_size)
    for parameter in FROM_INPUTS.keys() & set(needed):
        check_data(called, x=x)
        arguments[parameter] = FROM_INPUTS[parameter](net, x, batch_size)

    return {name: checked(formula(**{parameter: read_only(arguments[parameter][name]) for parameter in needed}),
                          name, W.shape) for name, W in arrays.items()}


def check_data(score, **data):
    """Raise ValueError if x or t is missing."""
    for name, array in data.items():
        if array is None:
            raise ValueError(f'score "{score}" of connections needs {" and ".join(data)}; {name} is missing')


def checked(result, name, shape):
    """A formula's scores of one array as float64; ValueError unless they are numbers, one a weight."""
    if np.shape(result) != shape:
        raise ValueError(f'the score of "{name}" expects shape {shape}, got {np.shape(result)}')
    result = np.asarray(result)
    if result.dtype.kind not in "buif" or np.isnan(result).any():
        raise ValueError(f'the score of "{name}" holds NaN or what is not a number')
    return result.astype(float)
