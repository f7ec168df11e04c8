"""Random networks drawn once for all tests that use `drawn_once`: the same numbers, a third less work."""

from minprune.verification.sampling import random_networks

DRAWN = {}                      # {(Where, state of the generator): (Case, its state afterwards)}
KEYS = {}                       # {id of a Where: (the Where, it as text)}
DRAW = random_networks.draw_case


def draw_once(where, rng):
    """`draw_case`, which is asked only if this Where and this state of the generator are new."""
    if id(where) not in KEYS:
        KEYS[id(where)] = where, repr(vars(where))
    _, text = KEYS[id(where)]
    before = text, *numbers_in(rng.bit_generator.state)
    if before not in DRAWN:
        DRAWN[before] = DRAW(where, rng), rng.bit_generator.state
    case, rng.bit_generator.state = DRAWN[before]
    return case


def numbers_in(state):
    """All numbers of a generator's state."""
    return *state["state"].values(), state["has_uint32"], state["uinteger"]


def drawn_once(monkeypatch):
    monkeypatch.setattr(random_networks, "draw_case", draw_once)
