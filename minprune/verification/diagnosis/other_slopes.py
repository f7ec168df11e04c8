"""Other slopes: formulas that have something else where f′ is meant, as f′ at o, 1 − o, or another activation's f′."""

import numpy as np

from ...engine.activations import ACTIVATIONS
from ..formulas import Unanswered
from .probe import Correction, DoesNotApply
from .replacements import Pair, replacing
from .slopes import like_claimed, quotient, slope


def of_own_and_next(probe):
    """(layer, z, o) of the layer, and of the next one where the formula asks for it."""
    yield probe.layer, probe.array("z"), probe.array("o")
    if probe.formula.needs_what_follows() and probe.case.has_next():
        yield probe.next_layer(), probe.array("z_next"), probe.array("o_next")


def at_outputs(probe):
    """Pairs of f′(o) and f′(z)."""
    return [Pair(layer.f.derivative(o), layer.f.derivative(z)) for layer, z, o in of_own_and_next(probe)]


# {activation: {a wrong f′: as a function of z and o = f(z)}}
MISWRITTEN = {
    "tanh": {"1 − o": lambda z, o: 1 - o, "1 + o²": lambda z, o: 1 + o * o, "o²": lambda z, o: o * o},
    "sigmoid": {"1 − o": lambda z, o: 1 - o, "o": lambda z, o: o, "o (1 + o)": lambda z, o: o * (1 + o),
                "o²": lambda z, o: o * o},
    "relu": {"o": lambda z, o: o, "z": lambda z, o: z},
    "softplus": {"z": lambda z, o: z, "1 − o": lambda z, o: 1 - o,
                 "1 / (1 + e^z)": lambda z, o: 1 / (1 + np.exp(z))},
}


def miswritten(name, wrong):
    """Pairs of a wrong f′ and the right one, of layers with the activation of this name."""
    def pairs(probe):
        return [Pair(wrong(z, o), layer.f.derivative(z)) for layer, z, o in of_own_and_next(probe)
                if layer.f.name == name]
    return pairs


def exchanged(wrong_at, name=None):
    """The correction claimed / g′ · f′(z), with g′ = wrong_at(z, o), of layers with the activation of this name."""
    def apply(probe):
        if name is not None and probe.layer.f.name != name:
            raise DoesNotApply(f"the activation is not {name}")
        wrong = like_claimed(probe, np.asarray(wrong_at(probe.array("z"), probe.array("o")), float))
        return quotient(probe.claimed, wrong) * slope(probe, "z")
    return apply


def has_slope_instead(wrong_at):
    """Whether a formula that is said to have g′ for f′ gives something to neurons whose f′ is 0 and whose g′ is not."""
    def confirm(probes):
        seen = [gives_something(probe, wrong_at) for probe in probes]
        return seen.count(True) >= seen.count(False)
    return confirm


def gives_something(probe, wrong_at):
    """The same of one network; None if no neuron with ∂ℓ/∂o not 0 shows it."""
    z, o, do = (probe.array(name) for name in ("z", "o", "do"))
    shows = (probe.layer.f.derivative(z) == 0) & (np.asarray(wrong_at(z, o)) != 0) & (do != 0)
    try:
        shows = np.broadcast_to(like_claimed(probe, shows), probe.claimed.shape)
    except (Unanswered, DoesNotApply):
        return None
    return bool(probe.claimed[shows].any()) if shows.any() else None


# {activation g: g′ as a function of o}, for the activations that have it
BY_OUTPUT = {"relu": lambda o: o > 0, "leaky_relu": lambda o: np.where(o > 0, 1, 0.01),
             "sigmoid": lambda o: o * (1 - o), "tanh": lambda o: 1 - o * o, "softplus": lambda o: 1 - np.exp(-o),
             "elu": lambda o: np.where(o > 0, 1, o + 1)}


def slopes_of_others(g):
    """The slope of the activation g as functions of z and o: by z, and if there is one by o."""
    yield lambda z, o: g.derivative(z)
    if g.name in BY_OUTPUT:
        yield lambda z, o: BY_OUTPUT[g.name](o)


def of_others(wrong_at):
    """Pairs of another activation's slope and f′, of the layer and the next one."""
    def pairs(probe):
        return [Pair(np.asarray(wrong_at(z, o)), layer.f.derivative(z)) for layer, z, o in of_own_and_next(probe)]
    return pairs


def gate_opened(probe):
    """claimed with |z| and |o| for z and o, times f′(z), for a formula that is 0 where z < 0."""
    z = like_claimed(probe, probe.array("z"))
    if probe.claimed[np.broadcast_to(z < 0, probe.claimed.shape)].any():
        raise DoesNotApply("it is not 0 where z < 0")
    opened = {name: np.abs(probe.arrays[name]) for name in ("z", "o") if name in probe.arrays}
    if not opened:
        raise DoesNotApply("it asks for neither z nor o")
    return probe.with_arrays(**opened) * slope(probe, "z")


def of_other_slopes(probes):
    """The Corrections of another activation's slope, which the name tells."""
    meant = activations_meant(probes)
    for g in ACTIVATIONS.values():
        if g.name == "identity" or meant == f"{g.name}′":
            continue
        name, remedy = f"{g.name}′ where {meant} is meant", f"with {meant} for {g.name}′, {{f}} holds"
        for wrong_at in slopes_of_others(g):
            yield Correction(name, remedy, replacing(of_others(wrong_at)))
            yield Correction(name, remedy, exchanged(wrong_at), has_slope_instead(wrong_at))
        if g.name == "relu":
            yield Correction(name, remedy, gate_opened)


def activations_meant(probes):
    """"tanh′", if that is the activation of all layers on which the formula fails; or "the layer's own f′"."""
    names = {probe.layer.f.name for probe in probes if not probe.trial.error <= probe.claim.tolerance}
    return f"{names.pop()}′" if len(names) == 1 else "the layer's own f′"
