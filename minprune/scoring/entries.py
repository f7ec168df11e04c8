"""Entries: what the docstring and the parameters of a score say about it, as a dict to print."""

import inspect
import re

from ..scores.gathered import GATHERED
from .arrays import FROM_BACKWARD, FROM_FORWARD, FROM_WEIGHTS, MEANS, needs, takes_network

LABELS = ("formula", "point", "order", "cost", "claims", "source", "differs")
KINDS = {
    "weights": FROM_WEIGHTS,
    "forward pass": (*FROM_FORWARD, "forward_traces"),
    "backward pass": (*FROM_BACKWARD, *MEANS, "slope_traces", "traces"),
}


def entry(function):
    """{"name", "summary", "needs", "formula", "point", …}: the labelled lines of the docstring, empty where it has
    none."""
    text = inspect.getdoc(function) or ""
    lines = {label.lower(): " ".join(body.split())
             for label, body in re.findall(r"^(\w+):  +(.*(?:\n {4,}.*)*)", text, re.MULTILINE)}
    return {"name": getattr(function, "__name__", type(function).__name__), "summary": text.split("\n")[0],
            "needs": describe_needs(function), **dict.fromkeys(LABELS, ""), **lines}


def describe_needs(function):
    """In words, what a score has to be given."""
    if function in GATHERED:
        return "training: fit(…, on_batch=it)"
    names = needs(function)
    if takes_network(names):
        data = " and ".join(name for name in names if name in ("x", "t"))
        return f"passes of its own over {data}" if data else "the network alone"
    return " + ".join(f"{kind} ({', '.join(name for name in names if name in known)})"
                      for kind, known in KINDS.items() if not set(known).isdisjoint(names))
