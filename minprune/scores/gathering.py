"""From the names of a formula's parameters to the arrays that it asks for."""

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
        every = inspect.signature(function).parameters.values()
    except ValueError:
        raise TypeError(f"score {function!r} does not tell the names of its parameters; "
                        "wrap it in a function") from None
    return [one for one in every if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]


def batches(net, x, batch_size):
    """Yield the trace of each batch's forward pass."""
    x, size = net.check_input(x), check_count("batch_size", batch_size)
    for start in range(0, len(x), size):
        yield net.forward(x[start:start + size])


def output_slopes(o, do):
    """Σ_p o_npi ∂ℓ_n/∂o_npi, (N, K): the slope of ℓ_n in a factor on the neuron's output, at 1."""
    return np.einsum("npi,npi->ni", o, do)


def weight_slopes(layer, trace):
    """Σ_j w_ij ∂ℓ_n/∂w_ij, (N, K): the slope of ℓ_n in a factor on the neuron's incoming weights, at 1.

    No gradient of a single weight is formed. With that factor α, z = α s Wx + shift, where s is the slope of batch norm
    (or 1), so that at α = 1 ∂z/∂α = z − shift, and the sum is Σ_p ∂ℓ_n/∂z_npi (z_npi − shift_i).
    """
    if isinstance(layer, Coupled):
        return sum(weight_slopes(one, trace.inside[one.name]) for one in layer.layers)
    z, dz = (array.reshape(len(array), -1, layer.K) for array in (trace.z, trace.dz))
    shift = layer.scaled(layer.b - trace.kept["mean"], trace) + layer.beta if layer.batch_norm else layer.b
    return np.einsum("npi,npi->ni", z, dz) - shift * over_positions(dz)


BLOCK = 1 << 20                 # bytes of single samples' gradients at a time


def add_gradients(total, layer, trace):
    """total (K, F) += Σ_n ∂ℓ_n/∂w_ij."""
    total += trace.grads["W"].reshape(total.shape)


def add_squared_gradients(total, layer, trace):
    """total (K, F) += Σ_n (∂ℓ_n/∂w_ij)².

    With one position ∂ℓ_n/∂w_ij = da_ni x_nj, so that it is one product, Σ_n da_ni² x_nj². With more of them each
    sample's gradients are formed, a few samples at a time.
    """
    if isinstance(layer, Coupled):
        ends = np.cumsum([one.W[0].size for one in layer.layers])[:-1]
        for one, part in zip(layer.layers, np.split(total, ends, axis=1)):
            add_squared_gradients(part, one, trace.inside[one.name])
        return
    da = layer.scaled(trace.dz, trace)
    if da.ndim == 2:
        total += (da * da).T @ (trace.x * trace.x)
        return
    da = da.reshape(len(da), -1, layer.K)
    for n in blocks(np.broadcast_to(layer.W, (len(da), *layer.W.shape)), BLOCK):
        dW = layer.patches(trace.x[n]).transpose(0, 2, 1) @ da[n]                       # (samples, F, K)
        total += np.einsum("nji,nji->ij", dW, dW)


SUMMED = {"mean_dW": add_gradients, "mean_dW2": add_squared_gradients}      # to the totals of means over all samples
KNOWN = {**FROM_WEIGHTS, **FROM_SAMPLES, **SUMMED}

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
    sums = {(name, mean): np.zeros(FROM_WEIGHTS["W"](net, name).shape) for name in net.hidden_layers for mean in means}
    count = 0
    for trace in traces:
        for name in net.hidden_layers:
            given = gathered(net, name, arrays, trace)
            for one, total in totals.items():
                total[name] += checked(functions[one], net, name, only(wanted[one], given), len(trace.x))
        for (name, mean), total in sums.items():
            SUMMED[mean](total, net[name], trace[name])
        count += len(trace.x)
        yield
    for total in sums.values():
        total /= count
    for name in net.hidden_layers:
        given = gathered(net, name, {array for one in last for array in wanted[one]} - set(SUMMED))
        given |= {mean: read_only(total) for (layer, mean), total in sums.items() if layer == name}
        for one, scores in last.items():
            scores[name] = checked(functions[one], net, name, only(wanted[one], given))
    averaged = {one: {name: each / count for name, each in total.items()} for one, total in totals.items()}
    return {one: (averaged | last)[one] for one in functions}


def gathered(net, name, wanted, trace=None):
    """The arrays of one layer by name, those that a formula must not write into."""
    return {one: read_only(FROM_WEIGHTS[one](net, name) if one in FROM_WEIGHTS else FROM_SAMPLES[one](net, name, trace))
            for one in wanted}


def only(wanted, given):
    return {one: given[one] for one in wanted}


def checked(function, net, name, given, N=None):
    """The formula's scores of one layer, (K,), summed over its N samples (None: it reads none); raise unless they are
    what they must be."""
    result, K = as_array(function(**given)), net[name].K
    expected = (K,) if N is None else (N, K)
    called = f'{told(function)} of layer "{name}"'

    def shapes():
        return ", ".join(f"{one} {array.shape}" for one, array in given.items())

    if result.shape != expected:
        axes = "one number a neuron" if N is None else "one number a sample and neuron, not yet averaged"
        raise ValueError(f"{called} expects {expected} ({axes}), got {result.shape} from {shapes()}")
    if result.dtype.kind not in "buif":
        raise ValueError(f"{called} returned NaN or what is not a number, from {shapes()}")
    with np.errstate(invalid="ignore"):     # ∞ − ∞ is told below
        total = result.astype(float) if N is None else np.ones(N) @ result.astype(float, copy=False)
    if np.isnan(total).any():               # one look at the sums finds what a look at every number would
        raise ValueError(f"{called} returned NaN or what is not a number, from {shapes()}")
    return total


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
