"""Chapter 10: who goes, and how many. Neurons are called by their layer and index: a0, a1, b0, …"""

import warnings

import numpy as np

from ...decisions import decide, effective_number
from ...scoring import normalise
from .networks import drawn, lead, whole
from .question import Kind, Question
from .text import as_text, listed, number

LAYERS = "Two layers, a and b, have these scores; high = keep. Neurons are called a0, a1, …, b0, b1, …."
TIES = "Of equal scores the earlier layer goes first, then the lower index."


def layers(rng, scale=1):
    """Scores of two layers of different sizes, with ties."""
    K = rng.permutation([3, 4, 5, 6])[:2]
    return {"a": whole(rng, K[0], 1, 9), "b": whole(rng, K[1], 1, 9) / scale}


def gone(scores, **how):
    """The names of the neurons that `decide` lets go, in order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keep = decide(scores, **how)
    return tuple(f"{layer}{i}" for layer, stays in keep.items() for i in np.flatnonzero(~stays))


def screening(rng):
    """Who goes below a threshold?"""
    given, below = layers(rng), int(rng.integers(3, 7))
    found, low = gone(given, below=below), all_below(given, below)
    emptied = ", which would empty a layer" if len(found) < len(low) else ""
    return Question(
        intro=f"{LAYERS} In screening every neuron goes whose score is below a threshold, but each layer keeps at "
              "least one, its highest (of equal ones the last).",
        given={**given, "threshold": below},
        asks="Who goes?",
        answer=found,
        way=f"Below {below} are {listed(low)}{emptied}. Go: {listed(found)}.",
        any_order=True)


def all_below(scores, below):
    """The names of all whose score is below, whatever is left of their layer."""
    return [f"{layer}{i}" for layer, values in scores.items() for i in np.flatnonzero(values < below)]


def layer_by_layer(rng):
    """Who goes if every layer loses the same fraction?"""
    given, percent = layers(rng, scale=10), int(rng.choice([25, 40, 50, 75]))
    found = gone(given, remove=percent / 100, scope="layer")
    counts = [f"⌊{percent / 100:g}·{len(values)}⌋ = {percent * len(values) // 100} of {layer}"
              for layer, values in given.items()]
    return Question(
        intro=f"{LAYERS} Each layer loses {percent} % of its neurons, rounded down, the lowest first. {TIES}",
        given=given,
        asks="Who goes?",
        answer=found,
        way=f"{counts[0]}, {counts[1]}. The lowest of each: {listed(found)}.",
        any_order=True)


def all_together(rng):
    """Who goes if all neurons are ranked together?"""
    given = layers(rng)
    count = int(rng.integers(3, sum(map(len, given.values())) - 2))
    found = gone(given, remove=count)
    order = sorted((value, layer, i) for layer, values in given.items() for i, value in enumerate(values))
    return Question(
        intro=f"{LAYERS} The {count} lowest of all go, but each layer keeps at least one: then the next in rank "
              f"goes instead. {TIES}",
        given=given,
        asks="Who goes?",
        answer=found,
        way=f"In order: {', '.join(f'{layer}{i} ({number(value)})' for value, layer, i in order)}. The first "
            f"{count} that can go: {listed(found)}.",
        any_order=True)


def normalised(rng):
    """Who goes first if each layer's scores are divided by their mean?"""
    def make():
        a, b = whole(rng, 3, 1, 9), whole(rng, 4, 1, 9)
        return {"a": a, "b": 10 * b}

    def good(given):
        shares = np.concatenate(list(normalise(given, "mean").values()))
        return all(values.mean().is_integer() for values in given.values()) and lead(shares) > 1e-9

    given = drawn(make, good)
    shares = normalise(given, "mean")
    found = gone(shares, remove=1)
    return Question(
        intro=f"{LAYERS} The layers are not comparable, so each layer's scores are divided by their mean.",
        given=given,
        asks="Who goes first then, of all?",
        answer=found,
        way=f"The means are {number(given['a'].mean())} and {number(given['b'].mean())}. Divided: a "
            f"{as_text(shares['a'])}, b {as_text(shares['b'])}. The lowest is {found[0]}.")


def effective(rng):
    """What is the effective number of a layer's scores?"""
    given = {"scores": drawn(lambda: whole(rng, 4, 0, 4), lambda s: s.sum() in (4, 5, 8, 10) and len(set(s)) > 1)}
    s = given["scores"]
    shares = s / s.sum()
    found = effective_number({"a": s})
    return Question(
        intro="The effective number of scores is N = 1 / Σ ω², ω being the share of each in their sum. A rule keeps "
              "the ⌊N⌋ highest.",
        given=given,
        asks="What is N?",
        answer=(found,),
        way=f"The shares are {as_text(shares)}, their squares add up to {number((shares ** 2).sum())}: N = "
            f"{number(found)}, between 1 (one has all) and {len(s)} (all have the same).")


KINDS = tuple(Kind(10, draw) for draw in (screening, layer_by_layer, all_together, normalised, effective))
