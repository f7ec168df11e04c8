"""Networks for paper: few neurons, whole numbers."""

import numpy as np

from ...engine.dense import Dense
from ...engine.network import Network

HALF_SQUARES = "ℓ = ½ Σ_k (y_k − t_k)²"


def drawn(make, good):
    """The first of the things that `make()` makes that is good."""
    while True:
        made = make()
        if good(made):
            return made


def whole(rng, shape, low=-3, high=3, zero=True):
    """Whole numbers low … high as floats, without 0 if `zero` is False."""
    numbers = np.array([one for one in range(low, high + 1) if zero or one], dtype=float)
    return rng.choice(numbers, size=shape)


def lead(values):
    """By how much the lowest of the values is below the next: 0 if they share the last place."""
    low, second = np.sort(values)[:2]
    return second - low


def dense_network(widths):
    """A Network of Dense layers with these widths, the inputs' first."""
    return Network((widths[0],), [Dense(K) for K in widths[1:]])


def one_hidden_layer(W1, b1, W2, b2=None, activation="relu"):
    """The Network y = W2 f(W1 x + b1) + b2."""
    net = Network((W1.shape[1],), [Dense(len(W1), activation), Dense(len(W2))])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = W1, b1, W2
    net["dense2"].b[...] = 0 if b2 is None else b2
    return net


def paper_network(rng, F=2, K=3, C=1):
    """{"x", "W1", "b1", "W2", "t"} of a network F → K → C that computes with small numbers and is not right."""
    def make():
        return {"x": whole(rng, F, 1, 3), "W1": whole(rng, (K, F), -2, 2), "b1": whole(rng, K, -1, 2),
                "W2": whole(rng, (C, K), -2, 3, zero=False), "t": whole(rng, C, -3, 3)}

    return drawn(make, is_for_paper)


def is_for_paper(given):
    """Some neurons speak, none stands at its kink, and the errors are small whole numbers other than 0."""
    z = given["W1"] @ given["x"] + given["b1"]
    errors = given["W2"] @ np.maximum(z, 0) - given["t"]
    return (z != 0).all() and (z > 0).sum() >= 2 and (errors != 0).all() and np.abs(errors).max() <= 6


def network_of(given):
    """The Network, and its sample as arrays of one row."""
    return (one_hidden_layer(given["W1"], given["b1"], given["W2"]),
            given["x"][np.newaxis], given["t"][np.newaxis])


def describe(given):
    """`A network 2 → 3 → 1 of relu neurons: …`."""
    K, F = given["W1"].shape
    return (f"A network {F} → {K} → {len(given['W2'])} computes o = relu(W1 x + b1) and y = W2 o. Its loss on the "
            f"sample x with the target t is {HALF_SQUARES}. Neurons are counted from 0.")


def pass_of(given):
    """z, o, y, and y − t, computed once more with a pencil."""
    z = given["W1"] @ given["x"] + given["b1"]
    o = np.maximum(z, 0)
    y = given["W2"] @ o
    return z, o, y, y - given["t"]
