"""From the names of a formula's parameters to the arrays that it asks for."""

import functools
import inspect

import numpy as np

from ..engine.blocks import blocks
from ..engine.checks import check_count
from ..engine.coupling import Coupled

FROM_WEIGHTS = {
    "W": lambda net, name: net[name].W.reshape(net[name].K, -1),
    "b": lambda net, name: net[name].b,
    "gamma": lambda net, name: net[name].gamma if net[name].batch_norm else np.ones(net[name].K, net.dtype),
    "W_out": lambda net, name: net.outgoing_weights(name),
}
FROM_FORWARD = {
    "o": lambda net, name, trace: by_position(net, name, trace[name].o),
    "z": lambda net, name, trace: by_position(net, name, trace[name].z),
    "x": lambda net, name, trace: net[name].patches(trace[name].x),
}
FROM_BACKWARD = {
    "do": lambda net, name, trace: by_position(net, name, trace[name].do),
    "dz": lambda net, name, trace: by_position(net, name, trace[name].dz),
    "o_do": lambda net, name, trace: output_slopes(*(FROM_SAMPLES[one](net, name, trace) for one in ("o", "do"))),
    "w_dW": lambda net, name, trace: weight_slopes(net[name], trace[name]),
    "dW": lambda net, name, trace: net[name].per_sample_dW(trace[name]),
}
FROM_SAMPLES = {**FROM_FORWARD, **FROM_BACKWARD}


def by_position(net, name, array):
    """(N, K) or (N, H, W, K) -> (N, P, K)."""
    return array.reshape(len(array), -1, net[name].K)


def over_positions(array):
    """Σ_p of (N, P, K): `array.sum(axis=1)` as a product with ones, several times as fast where K is small."""
    return array[:, 0] if array.shape[1] == 1 else (np.ones((1, array.shape[1]), array.dtype) @ array)[:, 0]


def mean_over_positions(array):
    """1/P Σ_p of (N, P, K), (N, K)."""
    return array[:, 0] if array.shape[1] == 1 else over_positions(array) / array.shape[1]


def over_samples(array):
    """Σ_n of (N, K), in float64, as a product with ones."""
    return np.ones(len(array)) @ array.astype(float, copy=False)


def without_settings(function):
    """The function itself, where its settings are filled in."""
    return getattr(function, "func", function)


def told(function):
    """How errors call a score."""
    function = without_settings(function)
    return f'score "{getattr(function, "__name__", type(function).__name__)}"'


def needs(function):
    """The names of a function's parameters; those with a default are settings, not needs."""
    return [one.name for one in parameters(function) if one.default is one.empty]


def parameters(function):
    """A function's named parameters; TypeError if it does not tell them, as some built-in ones do not."""
    try:
        return named_parameters(function)
    except ValueError:
        raise TypeError(f"score {function!r} does not tell the names of its parameters; "
                        "wrap it in a function") from None
    except TypeError:               # what cannot be a key cannot be remembered
        return named_parameters.__wrapped__(function)


@functools.lru_cache(maxsize=256)
def named_parameters(function):
    """Looked up once: it takes as long as the formula of a small layer."""
    every = inspect.signature(function).parameters.values()
    return [one for one in every if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]


def batches(net, x, batch_size):
    """Yield the trace of each batch's forward pass."""
    x, size = net.check_input(x), check_count("batch_size", batch_size)
    for start in range(0, len(x), size):
        yield net.forward(x[start:start + size])


def output_slopes(o, do):
    """Σ_p o_npi ∂ℓ_n/∂o_npi, (N, K): the slope of ℓ_n in a factor on the neuron's output, at 1."""
    return o[:, 0] * do[:, 0] if o.shape[1] == 1 else np.einsum("npi,npi->ni", o, do)


def weight_slopes(layer, trace):
    """Σ_j w_ij ∂ℓ_n/∂w_ij, (N, K): the slope of ℓ_n in a factor on the neuron's incoming weights, at 1.

    No gradient of a single weight is formed. With that factor α, z = α s Wx + shift, where s is the slope of batch norm
    (or 1), so that at α = 1 ∂z/∂α = z − shift, and the sum is Σ_p ∂ℓ_n/∂z_npi (z_npi − shift_i).
    """
    if isinstance(layer, Coupled):
        return sum(weight_slopes(one, trace.inside[one.name]) for one in layer.layers)
    z, dz = (array.reshape(len(array), -1, layer.K) for array in (trace.z, trace.dz))
    shift = layer.scaled(layer.b - trace.kept["mean"], trace) + layer.beta if layer.batch_norm else layer.b
    if z.shape[1] == 1:
        return (z[:, 0] - shift) * dz[:, 0]
    return np.einsum("npi,npi->ni", z, dz) - shift * over_positions(dz)


# ------------------------------------------------- means over all samples, of what a formula gets as one array

SUMMED = ("mean_abs_do", "mean_dW", "mean_dW2")
BLOCK = 1 << 20                 # bytes of single samples' gradients at a time


def batch_sums(wanted, layer, trace):
    """Of those that are wanted, {"mean_abs_do": Σ_n mean_p |∂ℓ_n/∂o_npi|, "mean_dW": Σ_n ∂ℓ_n/∂w_ij, "mean_dW2":
    Σ_n (∂ℓ_n/∂w_ij)²}: what one batch adds to its means' sums, in arrays of their own."""
    if "mean_abs_do" not in wanted:
        return gradient_sums(wanted, layer, trace)
    do = trace.do.reshape(len(trace.do), -1, layer.K)
    return {"mean_abs_do": over_samples(mean_over_positions(np.abs(do))), **gradient_sums(wanted, layer, trace)}


def gradient_sums(wanted, layer, trace):
    """{"mean_dW": Σ_n ∂ℓ_n/∂w_ij, "mean_dW2": Σ_n (∂ℓ_n/∂w_ij)²}, (K, F), or one of them, or none.

    With one position ∂ℓ_n/∂w_ij = da_ni x_nj, so that each is one product, of da and x or of their squares. With more
    of them the squares need each sample's gradients; then the sum is made of these too, which costs less.
    """
    if isinstance(layer, Coupled):
        parts = [gradient_sums(wanted, one, trace.inside[one.name]) for one in layer.layers]
        return {one: np.concatenate([part[one] for part in parts], axis=1) for one in parts[0]}
    wanted = [one for one in ("mean_dW", "mean_dW2") if one in wanted]
    da = layer.scaled(trace.dz, trace) if wanted else None
    if "mean_dW2" in wanted and da.ndim > 2:
        each = sums_of_each(layer, trace.x, da.reshape(len(da), -1, layer.K))
        return {one: each[one] for one in wanted}
    found = {"mean_dW": lambda: layer.weight_gradient(trace.x, da).reshape(layer.K, -1),
             "mean_dW2": lambda: (da * da).T @ (trace.x * trace.x)}
    return {one: found[one]() for one in wanted}


def sums_of_each(layer, x, da):
    """Both sums from gradients of single samples, a few of them at a time."""
    total, squares = np.zeros((2, layer.W[0].size, layer.K), da.dtype)
    for n in blocks(np.broadcast_to(layer.W, (len(da), *layer.W.shape)), BLOCK):
        dW = layer.patches(x[n]).transpose(0, 2, 1) @ da[n]                             # (samples, F, K)
        total += dW.sum(axis=0)
        squares += np.einsum("nji,nji->ji", dW, dW)
    return {"mean_dW": total.T, "mean_dW2": squares.T}


KNOWN = (*FROM_WEIGHTS, *FROM_SAMPLES, *SUMMED)

# ----------------------------------------------- averages over all samples, as generators that take turns


def mean_over_samples(net, traces, of):
    """{hidden layer: (K,)} of what of(trace) gives for each batch, {hidden layer: (N, K)}."""
    totals, count = {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0
    for trace in traces:
        for name, each in of(trace).items():
            totals[name] += each.sum(axis=0, dtype=float)
        count += len(trace.x)
        yield
    return {name: total / count for name, total in totals.items()}


def average(net, functions, traces):
    """{name: {hidden layer: (K,)}} of several formulas of arrays, {name: function}.

    A formula of samples is added up batch by batch; one of weights and of means over all samples is asked once, last.
    """
    wanted = {one: needs(function) for one, function in functions.items()}
    totals = {one: {name: np.zeros(net[name].K) for name in net.hidden_layers}
              for one in functions if set(wanted[one]) & set(FROM_SAMPLES)}
    last = {one: {} for one in functions if one not in totals}
    arrays = {array for one in totals for array in wanted[one]}
    means = {mean for one in last for mean in wanted[one] if mean in SUMMED}
    sums = {name: {} for name in net.hidden_layers}
    count = 0
    for trace in traces:
        for name in net.hidden_layers:
            given = gathered(net, name, arrays, trace)
            for one, total in totals.items():
                each = checked(functions[one], name, only(wanted[one], given), (len(trace.x), net[name].K))
                with np.errstate(invalid="ignore"):     # ∞ − ∞ is told in the end
                    total[name] += over_samples(each)
            add_to(sums[name], batch_sums(means, net[name], trace[name]))
        count += len(trace.x)
        yield
    for name in net.hidden_layers:
        given = gathered(net, name, {array for one in last for array in wanted[one]} - set(SUMMED))
        given |= {mean: read_only(np.divide(total, count, out=total)) for mean, total in sums[name].items()}
        for one, scores in last.items():
            scores[name] = checked(functions[one], name, only(wanted[one], given), (net[name].K,)).astype(float)
    averaged = {one: {name: each / count for name, each in total.items()} for one, total in totals.items()}
    return {one: not_nan(functions[one], (averaged | last)[one]) for one in functions}


def add_to(sums, parts):
    """sums += parts, in float64; the first ones are taken as they are."""
    for name, part in parts.items():
        sums[name] = np.add(sums[name], part, out=sums[name]) if name in sums else part.astype(float, copy=False)


def gathered(net, name, wanted, trace=None):
    """The arrays of one layer by name, those that a formula must not write into."""
    return {one: read_only(FROM_WEIGHTS[one](net, name) if one in FROM_WEIGHTS else FROM_SAMPLES[one](net, name, trace))
            for one in wanted}


def only(wanted, given):
    return {one: given[one] for one in wanted}


def checked(function, name, given, expected):
    """What the formula makes of one layer's arrays; raise unless it has the expected shape, (N, K) or (K,)."""
    result = as_array(function(**given))
    if result.shape == expected and result.dtype.kind in "buif":
        return result
    shapes = ", ".join(f"{one} {array.shape}" for one, array in given.items())
    axes = "one number a neuron" if len(expected) == 1 else "one number a sample and neuron, not yet averaged"
    told_wrong = f"expects {expected} ({axes}), got {result.shape}" if result.shape != expected else \
        f"returned {result.dtype}, not numbers,"
    raise ValueError(f'{told(function)} of layer "{name}" {told_wrong} from {shapes}')


def not_nan(function, scores):
    """Return {hidden layer: (K,)}; one look at the end finds what a look at every batch would."""
    for name, values in scores.items():
        if np.isnan(values).any():
            raise ValueError(f'{told(function)} of layer "{name}" returned NaN for neuron '
                             f"{np.flatnonzero(np.isnan(values))[0]}")
    return scores


def as_array(result):
    """A formula's result as an array; rows of different lengths make one of objects, which is refused as such."""
    try:
        return np.asarray(result)
    except ValueError:
        return np.asarray(len(result), dtype=object)


def read_only(array):
    """A view that a formula cannot write through: scoring never changes the network or the trace."""
    view = array.view()
    view.flags.writeable = False
    return view
