"""Formulas that are right on most networks: among those that are drawn some show that they are wrong."""

import numpy as np
import pytest

from minprune.verification.claims.equality import Equality, quantity_of
from minprune.verification.formulas import Formula
from minprune.verification.quantities import find_quantity
from minprune.verification.sampling.random_networks import draw_case
from minprune.verification.sampling.where import Where
from minprune.verification.verify import where_settings

CONV, RELU, OUT = {"layers": "conv"}, {"activation": "relu"}, {"layer": "output"}
LAST_CE = {"layer": "last hidden", "loss": "cross_entropy"}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(y):
    e = np.exp(y - y.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def first(count, axis):
    """do, where it is of the first few along an axis; 0 of all others."""
    def of_the_first(do):
        return np.where(np.arange(do.shape[axis]).reshape(-1, *[1] * (2 - axis)) < count, do, 0)
    return of_the_first


ALMOST = {
    "|γ| for γ": (lambda gamma: np.abs(gamma), dict(equals=lambda gamma: gamma)),
    "relu′ that jumps at 0.05": (lambda do, z: do * (z > 0.05), dict(equals="dL/dz", where=RELU)),
    "relu′ that jumps at −0.05": (lambda do, z: do * (z > -0.05), dict(equals="dL/dz", where=RELU)),
    "leaky relu′ that jumps at 0.05": (lambda do, z: do * np.where(z > 0.05, 1, 0.01),
                                       dict(equals="dL/dz", where={"activation": "leaky_relu"})),
    "relu′ that jumps at 0.05, conv": (lambda do, z: do * (z > 0.05), dict(equals="dL/dz", where={**RELU, **CONV})),
    "four samples": (first(4, 0), dict(equals="dL/do")),
    "four neurons": (first(4, 2), dict(equals="dL/do")),
    "four channels": (first(4, 2), dict(equals="dL/do", where=CONV)),
    "four positions": (first(4, 1), dict(equals="dL/do", where=CONV)),
    "four outputs": (lambda y, t: np.where(np.arange(y.shape[1]) < 4, y - t, 0),
                     dict(equals="dL/do", where={**OUT, "loss": "mse"})),
    "four inputs": (lambda dW: np.where(np.arange(dW.shape[2]) < 4, dW, 0), dict(equals="dL/dW")),
    "four neurons of the next layer": (lambda dz_next, W_next: dz_next[..., :4] @ W_next[:4], dict(equals="dL/do")),
    "four samples of an invariance": (lambda do: do[:4].sum(axis=0), dict(equals=lambda do: do.sum(axis=0))),
    "cross entropy by the largest of t": (lambda y, t: softmax(y) - np.eye(t.shape[1])[t.argmax(axis=1)],
                                          dict(equals="dL/dz", where={**OUT, "loss": "cross_entropy"})),
    "p − t, of the target's class alone": (lambda y, t: softmax(y) - (t > 0.5),
                                           dict(equals="dL/dz", where={**OUT, "loss": "cross_entropy"})),
    "binary cross entropy of rounded targets": (lambda y, t: sigmoid(y) - (t > 0.5), dict(
        equals="dL/dz", where={**OUT, "loss": "binary_cross_entropy"})),
    "dW / x": (lambda dW, x: dW[:, np.newaxis, :, 0] / x[:, :, :1], dict(equals="dL/dz")),
    "dW / x of tanh": (lambda dW, x: dW[:, np.newaxis, :, 0] / x[:, :, :1],
                       dict(equals="dL/dz", where={"activation": "tanh", "depth": 2})),
    "db b / b": (lambda dz, b: dz * b / b, dict(equals="dL/db")),
    "|b|": (lambda b: np.abs(b), dict(equals=lambda b: b)),
    "|x|": (lambda dz, x: np.einsum("npi,npj->ij", dz, np.abs(x)), dict(equals="dL/dW")),
    "one output": (lambda y, t: (y - t)[:, :1], dict(equals="dL/do", where={**OUT, "loss": "mse"})),
}


def is_seen_to_be_false(formula, equals, where=None, trials=200, seed=0):
    """Whether one of the networks of a verdict shows it; looked at one by one, up to the first that does."""
    formula, rng = Formula(formula), np.random.default_rng(seed)
    where = Where(where, **where_settings(formula, Equality, equals))
    claim = Equality(formula, quantity_of(equals, formula) if callable(equals) else find_quantity(equals), 1e-6)
    drawn = (draw_case(where, rng) for _ in range(trials))
    return any(claim.trial(case).error > claim.tolerance for case in drawn if case is not None and claim.fits(case))


@pytest.mark.parametrize("name", ALMOST)
def test_what_is_almost_right_is_seen_to_be_false(name):
    formula, claim = ALMOST[name]
    assert is_seen_to_be_false(formula, **claim)
