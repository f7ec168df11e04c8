"""Passes: scores that read recorded batches share one stream of them, at which they take turns."""

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.checks import check_unmasked
from ..engine.facts import NotSaid
from ..recording import batches, stream
from .arrays import (FROM_BACKWARD, FROM_WEIGHTS, MEANS, TRACES, average, called, naming, needs,
                     parameters, takes_network, takes_traces, without_settings)

# What passes a score needs: none; forward; also back to ∂ℓ/∂o and ∂ℓ/∂z; also the sums ∂ℓ/∂W.
NO_PASS, FORWARD, SLOPES, GRADIENTS = range(4)
PASSES_OF_TRACES = {"forward_traces": FORWARD, "slope_traces": SLOPES, "traces": GRADIENTS}


def passes_for(names):
    """Which passes a function with these parameters needs."""
    if takes_traces(names):
        return max(PASSES_OF_TRACES[name] for name in names if name in TRACES)
    if not {*FROM_BACKWARD, *MEANS}.isdisjoint(names):
        return SLOPES
    return NO_PASS if set(names) <= set(FROM_WEIGHTS) else FORWARD


def data_for(names):
    """Which of x and t a function with these parameters needs."""
    if takes_network(names):
        return [name for name in ("x", "t") if name in names]
    return {NO_PASS: [], FORWARD: ["x"]}.get(passes_for(names), ["x", "t"])


@dataclass(frozen=True)
class Samples:
    """What scores are computed from: samples, targets, the loss that judges them, and how many samples make a batch."""

    x: Any
    t: Any
    loss: Any
    batch_size: int

    def traces(self, net, passes):
        """The traces of these passes, batch by batch, without the gradient of the network's own input."""
        if passes == NO_PASS:
            return ()
        if passes == FORWARD:
            return batches(net, self.x, self.batch_size)
        return stream(net, self.x, self.t, self.loss, self.batch_size, need_dx=False, need_grads=passes == GRADIENTS)


# ------------------------------------------------------------------------- several scores, few passes


def compute(net, functions, samples):
    """The scores of several functions, a list of {hidden layer: (K,)}: from shared passes where that is possible."""
    functions = dict(enumerate(functions))
    shared = {place: function for place, function in functions.items() if shares_passes(function)}
    results = compute_together(net, shared, samples)
    for place, function in functions.items():
        if place not in shared:
            results[place] = compute_alone(net, function, samples)
    return [check_result(results[place], net, called(function)) for place, function in functions.items()]


def shares_passes(function):
    """Whether a function can share passes: formulas of arrays can, and functions of traces that `yield` after each."""
    names = needs(function)
    return not takes_network(names) and (not takes_traces(names) or has_yield(function))


def has_yield(function):
    """Whether calling the function, or the object, makes a generator."""
    function = without_settings(function)
    return inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(function.__call__)


def compute_alone(net, function, samples):
    """What a function returns that makes passes of its own, or has a stream of traces to itself."""
    names = needs(function)
    offered = {"net": net, "loss": samples.loss}
    if takes_traces(names):
        offered |= dict.fromkeys(TRACES, samples.traces(net, passes_for(names)))
    else:
        offered |= {"x": samples.x, "t": samples.t, "batch_size": samples.batch_size}
    try:
        return call(function, offered)
    except NotSaid as refusal:
        raise naming([function], refusal) from refusal


def compute_together(net, functions, samples):
    """{place: what the function returns} of {place: function}, from one stream of traces.

    All formulas are averaged by one generator; each function of traces is a generator of its own.
    """
    passes = max((passes_for(needs(function)) for function in functions.values()), default=NO_PASS)
    formulas = {place: function for place, function in functions.items() if not takes_traces(needs(function))}
    others = {place: function for place, function in functions.items() if place not in formulas}

    turns = [Turn("all formulas", lambda traces: average(net, [*formulas.values()], traces))]
    turns += [Turn(called(function), starter(function, net, samples.loss)) for function in others.values()]
    averages, *results = take_turns(turns, samples.traces(net, passes))
    return dict(zip(formulas, averages)) | dict(zip(others, results))


def starter(function, net, loss):
    """The function as a generator of its traces alone."""
    def start(traces):
        try:
            return (yield from call(function, {"net": net, "loss": loss, **dict.fromkeys(TRACES, traces)}))
        except NotSaid as refusal:
            raise naming([function], refusal) from refusal
    return start


def call(function, offered):
    """Call a function with those of the offered things that it names; settings that are filled in stay as they are."""
    names = {parameter.name for parameter in parameters(function)} - set(getattr(function, "keywords", ()))
    return function(**{name: value for name, value in offered.items() if name in names})


def check_result(scores, net, score):
    """Return {hidden layer: (K,)} in the network's order, as floats; raise unless the score returned that."""
    expected = {name: (net[name].K,) for name in net.hidden_layers}
    got = {name: np.shape(values) for name, values in scores.items()} if isinstance(scores, dict) \
        else type(scores).__name__
    if got != expected:
        raise ValueError(f"{score} expects to return arrays of shapes {expected}, got {got}")
    for name in expected:
        check_unmasked(f'what {score} returned for layer "{name}"', scores[name])
    scores = {name: np.asarray(scores[name]) for name in expected}
    for name, values in scores.items():
        if values.dtype.kind not in "buif" or np.isnan(values).any():
            raise ValueError(f'{score} returned NaN or what is not a number for layer "{name}"')
    return {name: values.astype(float) for name, values in scores.items()}


# --------------------------------------------------------------------------------------- taking turns

# A score that takes turns is a generator: `for trace in traces: …; yield`, and `return` of its scores. Each generator
# reads from a slot of its own, which holds one trace at most. Time runs to the right:
#
#     stream        trace 1 made               trace 2 made               no more
#                      │                          │                          │
#     "taylor"         ├─ reads it, yields        ├─ reads it, yields        ├─ loop ends, returns
#     "obd"            └─── reads it, yields      └─── reads it, yields      └─── loop ends, returns
#
# So all have read a trace before the next one is made: one trace is in memory, and each is made once.


def take_turns(turns, traces):
    """Run several Turns side by side over one stream of traces; return what each of them returns."""
    for trace in traces:
        for turn in turns:
            turn.take(trace)
        del trace               # else it would stay in memory while the next one is made
    return [turn.end() for turn in turns]


class Turn:
    """A generator of a score, started with the traces from its slot.

    Raises ValueError unless the generator yields once after each trace.
    """

    def __init__(self, score, start):
        self.score = score
        self.slot = []
        self.generator = start(self.traces())
        self.returned = None

    def traces(self):
        """The trace in the slot, each time; the end when the slot is empty."""
        while self.slot:
            yield self.slot.pop()

    def take(self, trace):
        """Let the generator read this trace, up to its next yield."""
        self.slot.append(trace)
        self.check(self.advance() and not self.slot)

    def end(self):
        """Let the generator see that there are no more traces; return what it returns."""
        self.check(not self.advance())
        return self.returned

    def advance(self):
        """Run the generator to its next yield; False if it returned instead."""
        try:
            next(self.generator)
        except StopIteration as end:
            self.returned = end.value
            return False
        return True

    def check(self, in_turn):
        if not in_turn:
            raise ValueError(f"{self.score} expects one yield after each trace, at the end of its loop over them, "
                             "and none elsewhere")
