"""A small network with everything that a formula may ask for, and the Probe of a formula on it."""

import numpy as np

import minprune as mp
from minprune.verification.claims.equality import Equality
from minprune.verification.diagnosis import mistakes
from minprune.verification.diagnosis.probe import Probe
from minprune.verification.formulas import Formula
from minprune.verification.quantities import find_quantity
from minprune.verification.sampling.random_networks import Case

RNG = np.random.default_rng(0)
NET = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2, "sigmoid"), mp.Dense(2)], seed=1)
for layer in NET.layers.values():
    layer.b[...] = RNG.normal(size=layer.K)
CASE = Case(NET, "dense1", RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2)), "mse")
O, DO = (getattr(CASE.trace["dense1"], key) for key in ("o", "do"))


def probe_of(formula, case=CASE, equals="dL/do"):
    claim = Equality(Formula(formula), find_quantity(equals), 1e-6)
    return Probe(claim, claim.trial(case))


def applied(name, probe):
    """What the first correction of this name returns."""
    return next(mistake for mistake in mistakes.MISTAKES if mistake.name == name).apply(probe)
