"""What a formula may ask for: the names of its parameters, the arrays of a layer that they stand for; and averages."""

import functools
import inspect

import numpy as np

from ..engine.checks import check_unmasked
from ..engine.coupled import Coupled
from ..engine.facts import NotSaid
from ..engine.network import read_only
from ..recording import by_position, output_slopes, sum_over_positions, sum_over_samples
from .gradient_sums import add_to, gradient_sums


# ------------------------------------------------------------------------ the parameters of a function


def without_settings(function):
    """The function itself, where its settings are filled in."""
    return getattr(function, "func", function)


def called(function):
    """What messages call a score: score "taylor"."""
    function = without_settings(function)
    return f'score "{getattr(function, "__name__", type(function).__name__)}"'


def naming(functions, refusal):
    """The refusal for want of a fact, with the names of the scores that need the fact in front."""
    return NotSaid(f"{', '.join(map(called, functions))}: {refusal}")


def needs(function):
    """The names of the parameters that a function needs; those with a default are settings."""
    return [parameter.name for parameter in parameters(function) if parameter.default is parameter.empty]


TRACES = ("forward_traces", "slope_traces", "traces")
WITH_TRACES = (*TRACES, "net", "loss")                  # what a function of traces may name
WITH_NETWORK = ("net", "x", "t", "loss", "batch_size")  # what a function that makes passes of its own may name


def takes_traces(names):
    """Whether a function with these parameters reads recorded traces."""
    return not set(TRACES).isdisjoint(names)


def takes_network(names):
    """Whether a function with these parameters makes passes of its own, with the network and the data."""
    return "net" in names and not takes_traces(names)


def parameters(function):
    """A function's named parameters; TypeError if they cannot be read, as those of some functions written in C."""
    try:
        return named_parameters(function)
    except ValueError:
        raise TypeError(f"score {function!r} does not give the names of its parameters; "
                        "wrap it in a function") from None
    except TypeError:               # an object without a hash cannot be looked up in the cache
        return named_parameters.__wrapped__(function)


@functools.lru_cache(maxsize=256)
def named_parameters(function):
    """Cached, because reading them takes as long as the formula of a small layer."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter for parameter in inspect.signature(function).parameters.values() if parameter.kind in kinds]


# --------------------------------------------------------------------------- the arrays of a layer


def recorded(key):
    """The function that takes one array of the trace, with its positions in a row: (N, P, K)."""
    return lambda net, name, trace: by_position(net, name, getattr(trace[name], key))


FROM_WEIGHTS = {
    "W": lambda net, name: net[name].W.reshape(net[name].K, -1),
    "b": lambda net, name: net[name].b,
    "gamma": lambda net, name: net[name].gamma if net[name].batch_norm else np.ones(net[name].K, net.dtype),
    "W_out": lambda net, name: net.outgoing_weights(name),
}
FROM_FORWARD = {
    "o": recorded("o"),
    "z": recorded("z"),
    "x": lambda net, name, trace: net[name].patches(trace[name].x),
}
FROM_BACKWARD = {
    "do": recorded("do"),
    "dz": recorded("dz"),
    "o_do": lambda net, name, trace: output_slopes(FROM_SAMPLES["o"](net, name, trace),
                                                   FROM_SAMPLES["do"](net, name, trace)),
    "w_dW": lambda net, name, trace: weight_slopes(net[name], trace[name]),
    "dW": lambda net, name, trace: net[name].per_sample_dW(trace[name]),
}
FROM_SAMPLES = {**FROM_FORWARD, **FROM_BACKWARD}
MEANS = ("mean_dW", "mean_dW2")                         # over all samples, from the sums of gradient_sums
ARRAYS = (*FROM_WEIGHTS, *FROM_SAMPLES, *MEANS)


def arrays_of(net, name, readers, trace=None):
    """{array: its values} of layer `name`, not to be written into; arrays from weights need no trace.

    `readers`, {array: the functions that read it}, are named where a layer refuses the array.
    """
    values = {}
    try:
        for array in readers:
            values[array] = read_only(FROM_WEIGHTS[array](net, name) if array in FROM_WEIGHTS
                                      else FROM_SAMPLES[array](net, name, trace))
    except NotSaid as refusal:
        raise naming(readers[array], refusal) from refusal
    return values


def weight_slopes(layer, trace):
    """Σ_j w_ij ∂ℓ_n/∂w_ij, (N, K): the slope of ℓ_n in a factor on the neuron's incoming weights, at 1.

    No gradient of a single weight is formed. With that factor α, z = α s Wx + shift, where s is the slope of batch norm
    (or 1), so that at α = 1 ∂z/∂α = z − shift, and the sum is Σ_p ∂ℓ_n/∂z_npi (z_npi − shift_i).
    """
    if isinstance(layer, Coupled):
        return sum(weight_slopes(member, trace.inside[member.name])[:, layer.unit.rows[member.name]].sum(axis=2)
                   for member in layer.layers)
    z, dz = (array.reshape(len(array), -1, layer.K) for array in (trace.z, trace.dz))
    shift = layer.scaled(layer.b - trace.saved["mean"], trace) + layer.beta if layer.batch_norm else layer.b
    if z.shape[1] == 1:
        slopes = z[:, 0] - shift
        slopes *= dz[:, 0]
        return slopes
    return np.einsum("npi,npi->ni", z, dz) - shift * sum_over_positions(dz)


# ---------------------------------------------------------------------------------- averages over samples


def average(net, functions, traces):
    """A list of {hidden layer: (K,)}, one for each of several formulas of arrays; a generator that takes turns.

    Formulas of samples are added up batch by batch. Formulas of weights, and of means over all samples, are evaluated
    once, after the last batch.
    """
    # What each formula reads.
    formulas = [Formula(net, function) for function in functions]
    of_samples = [formula for formula in formulas if formula.of_samples]
    of_weights = [formula for formula in formulas if not formula.of_samples]
    readers, last_readers = readers_of(of_samples), readers_of(of_weights)
    means = [mean for mean in MEANS if last_readers.pop(mean, None)]
    sums, shapes = ({name: {} for name in net.hidden_layers} for _ in range(2))         # of each layer's arrays
    count = 0

    # Batch by batch: values of formulas of samples, and sums for the means.
    for trace in traces:
        for name in net.hidden_layers:
            values = arrays_of(net, name, readers, trace)
            shapes[name] = shapes_of(values)
            for formula in of_samples:
                formula.add(name, values, len(trace.x))
            if means:
                add_to(sums[name], gradient_sums(means, net[name], trace[name]))
        count += len(trace.x)
        trace = values = None           # else they would stay in memory while the next ones are made
        yield

    # After the last batch: formulas of weights and means.
    for name in net.hidden_layers:
        values = arrays_of(net, name, last_readers)
        values |= {mean: read_only(np.divide(total, count, out=total)) for mean, total in sums[name].items()}
        shapes[name] |= shapes_of(values)
        for formula in of_weights:
            formula.set(name, values)
    return [formula.scores(count, shapes) for formula in formulas]


def readers_of(formulas):
    """{array: the functions of the formulas that need it}."""
    arrays = dict.fromkeys(array for formula in formulas for array in formula.needs)
    return {array: [formula.function for formula in formulas if array in formula.needs] for array in arrays}


class Formula:
    """A function of arrays, and what it returned for each layer, added up over the samples."""

    def __init__(self, net, function):
        self.function = function
        self.needs = needs(function)
        self.of_samples = not set(FROM_SAMPLES).isdisjoint(self.needs)
        self.totals = {name: np.zeros(net[name].K) for name in net.hidden_layers}

    def add(self, name, arrays, N):
        """Add the values (N, K) of one batch."""
        values = self.evaluate(name, arrays, (N, len(self.totals[name])))
        with np.errstate(invalid="ignore"):             # ∞ − ∞ is NaN, which `scores` refuses
            self.totals[name] += sum_over_samples(values)

    def set(self, name, arrays):
        """Take the values (K,) of all samples."""
        self.totals[name] = self.evaluate(name, arrays, self.totals[name].shape).astype(float)

    def evaluate(self, name, arrays, shape):
        """What the function returns for the arrays of layer `name`; ValueError unless numbers of this shape."""
        arrays = {array: arrays[array] for array in self.needs}
        result = self.function(**arrays)
        if type(result) is not np.ndarray:
            check_unmasked(f'what {called(self.function)} returned for layer "{name}"', result)
            result = as_array(result)
        if result.shape == shape and result.dtype.kind in "buif":
            return result
        axes = "one number a neuron" if len(shape) == 1 else "one number a sample and neuron, not yet averaged"
        mistake = f"expects {shape} ({axes}), got {result.shape}" if result.shape != shape else \
            f"returned {result.dtype}, not numbers,"
        raise ValueError(f'{called(self.function)} of layer "{name}" {mistake} from {listed(shapes_of(arrays))}')

    def scores(self, count, shapes):
        """{hidden layer: (K,)}, the means over `count` samples; ValueError for NaN, which stays in a sum to the end.

        `shapes`, {hidden layer: {array: shape}}, are those that the formula read last, for the message.
        """
        scores = {name: total / count if self.of_samples else total for name, total in self.totals.items()}
        for name, values in scores.items():
            if np.isnan(values).any():
                read = {array: shapes[name][array] for array in self.needs}
                raise ValueError(f'{called(self.function)} of layer "{name}" returned NaN for neuron '
                                 f"{np.flatnonzero(np.isnan(values))[0]}, from {listed(read)}")
        return scores


def shapes_of(arrays):
    return {name: array.shape for name, array in arrays.items()}


def listed(shapes):
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def as_array(result):
    """A formula's result as an array; rows of different lengths become an array of objects, which is refused."""
    try:
        return np.asarray(result)
    except ValueError:
        return np.asarray(len(result), dtype=object)
