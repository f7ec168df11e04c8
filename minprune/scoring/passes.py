"""One stream of passes for all scores that need no other: they take turns at each batch."""

import inspect

from ..recording import batches, stream
from .arrays import FROM_BACKWARD, FROM_WEIGHTS
from .averages import average
from .parameters import needs, parameters, without_settings
from .gradient_sums import SUMMED

NO_PASS, FORWARD, SLOPES, GRADIENTS = range(4)      # forward; also back to ∂ℓ/∂o and ∂ℓ/∂z; also the sums ∂ℓ/∂W
TRACES = {"forward_traces": FORWARD, "slope_traces": SLOPES, "traces": GRADIENTS}
FORMULAS = "all formulas of arrays"
END = object()


def passes(wanted):
    """Which passes a score needs that wants these arrays, or traces."""
    if takes_traces(wanted):
        return max(TRACES[one] for one in wanted if one in TRACES)
    if not {*FROM_BACKWARD, *SUMMED}.isdisjoint(wanted):
        return SLOPES
    return NO_PASS if set(wanted) <= set(FROM_WEIGHTS) else FORWARD


def takes_traces(wanted):
    return not set(TRACES).isdisjoint(wanted)


def by_network(wanted):
    """Whether the score takes the network and data, to do with them what it likes."""
    return "net" in wanted and not takes_traces(wanted)


def data_for(wanted):
    """Which of x and t a score reads that wants these."""
    if by_network(wanted):
        return [name for name in ("x", "t") if name in wanted]
    return {NO_PASS: [], FORWARD: ["x"]}.get(passes(wanted), ["x", "t"])


def yields(function):
    """Whether a function of traces takes turns: it, or what calling the object runs, has a `yield`."""
    function = without_settings(function)
    return inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(function.__call__)


def recorded(net, needed, x, t, loss, batch_size):
    """The traces of these passes, batch by batch. The gradient of the network's own input is left out."""
    if needed >= SLOPES:
        return stream(net, x, t, loss, batch_size, need_dx=False, need_grads=needed == GRADIENTS)
    return batches(net, x, batch_size) if needed == FORWARD else ()


def score_together(net, functions, x, t, loss, batch_size):
    """What several scores, {name: function}, come to: {name: {hidden layer: (K,)}}, from the same passes.

    Formulas of arrays are averaged. A function with a parameter `traces`, `slope_traces` or `forward_traces` loops over
    these and returns the whole dict; if it has a `yield` at the end of the loop it takes turns, if not the passes are
    its own.
    """
    wanted = {name: needs(one) for name, one in functions.items()}
    formulas = {name: one for name, one in functions.items() if not takes_traces(wanted[name])}
    alone, turns = {}, {FORMULAS: lambda traces: average(net, formulas, traces)}
    for name, one in functions.items():
        if name not in formulas:
            (turns if yields(one) else alone)[name] = of_traces(one, net, loss)
    scores = {name: one(recorded(net, passes(wanted[name]), x, t, loss, batch_size)) for name, one in alone.items()}
    needed = max((passes(wanted[name]) for name in functions if name not in alone), default=NO_PASS)
    scores |= take_turns(turns, recorded(net, needed, x, t, loss, batch_size))
    scores |= scores.pop(FORMULAS)
    return {name: scores[name] for name in functions}


def of_traces(function, net, loss):
    """The function as one of its traces alone."""
    free = {one.name for one in parameters(function)} - set(getattr(function, "keywords", ()))
    given = {name: value for name, value in (("net", net), ("loss", loss)) if name in free}
    return lambda traces: function(**given, **{name: traces for name in TRACES if name in free})


def take_turns(functions, traces):
    """Run generators of traces, {name: function}, side by side over one stream; return {name: what each returns}.

    Each reads `for trace in traces: …; yield`. At its yield the next one gets the same trace, so that no batch
    waits for anybody while the next ones are made. Raises ValueError for one that does not yield once after each trace.
    """
    slots = {name: [] for name in functions}
    running = {name: one(taken_from(slots[name])) for name, one in functions.items()}
    for trace in traces:
        for name, one in running.items():
            slots[name].append(trace)
            if next(one, END) is END or slots[name]:
                raise ValueError(TURNS.format(name))
    return {name: returned(name, one) for name, one in running.items()}


TURNS = "{} expects one yield after each trace, at the end of its loop over them, and none elsewhere"


def taken_from(slot):
    """The trace that lies in the slot, each time; the end when it is empty."""
    while slot:
        yield slot.pop()


def returned(name, generator):
    try:
        next(generator)
    except StopIteration as end:
        return end.value
    raise ValueError(TURNS.format(name))
