"""A score of how well the next layer's sums can be rebuilt from few neurons: LASSO channel selection."""

import numpy as np

from ..recording import batches
from .readers import check_apart
from .reads import channels_of, columns_of, parts_of
from .score import Score

DEPENDENT = 1e-10               # a neuron of which the others explain all but this share is their combination
TIED = 1e-12                    # penalties that differ by this share are equal


def lasso(net, x, batch_size=256):
    """How high a penalty the neuron withstands when the next layer's sums are rebuilt from few neurons.

    Formula:  I_i = max {λ : β_i(λ) ≠ 0} / max_j max {λ : β_j(λ) ≠ 0},
              β(λ) = argmin_β ½ Σ_nqk (Σ_j (1 − β_j) c_nqkj)² + λ Σ_j |β_j|, c_nqkj being what neuron j gives to the
              next layer's weighted sum of neuron k at position q
    Point:    the next layer's weighted sums W′x′, before its bias, batch norm and activation
    Order:    product with β, sum over neurons, square, sum over positions, next neurons and samples; then the path of
              solutions, from the highest penalty downwards
    Cost:     one forward pass and the second moments of the next layer's inputs, (F′)² numbers; the path is exact, a
              small linear system at each of its corners (about K of them); no targets
    Claims:   not permutation (of equal neurons the lower index goes first)
    Source:   He, Zhang & Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017,
              arXiv:1707.06168 (the authors' code was read, `dictionary` of lib/decompose.py; the paper was not)
    Differs:  there λ is searched for until as many channels are left as wanted; here each neuron gets the penalty up
              to which it stays, so that the k highest are those that a search for k would keep (unless one leaves and
              comes back). The code draws up to 400 samples, fits a constant besides, solves with scikit-learn's
              coordinate descent, and then gives the next layer new weights by least squares (`reconstruct` does that
              here). It prunes layer after layer, here the network stays as it is

    High = keep. 1 is the last neuron to go, and 0 one that the others of its layer can imitate exactly: of two equal
    neurons one scores 0. So scores of a layer do not add up, and say little of the layer against others. Neither the
    activation of the next layer nor the loss counts. Where several layers read the neuron, their sums stand side by
    side; of coupled neurons the sum that is read counts.
    """
    for name in net.hidden_layers:
        check_apart(net, name)
    moments = {reader: [0.0] * len(parts_of(net[reader])) for name in net.hidden_layers for reader in net.readers(name)}
    for trace in batches(net, x, batch_size):
        for reader, sums in moments.items():
            for g, (part, channels) in enumerate(parts_of(net[reader])):
                rows = part.patches(trace[reader].x[..., channels]).reshape(-1, part.W[0].size).astype(float)
                sums[g] = sums[g] + rows.T @ rows
    return {name: over_largest(entry_penalties(products_of_gifts(net, name, moments))) for name in net.hidden_layers}


def products_of_gifts(net, name, moments):
    """G_ij = Σ_nqk c_nqki c_nqkj = Σ_(f from i, g from j) (Σ_nq x_f x_g) (Σ_k w_kf w_kg), over all readers."""
    G = 0.0
    for reader in net.readers(name):
        own = channels_of(net, name, reader)
        for (part, channels), moment in zip(parts_of(net[reader]), moments[reader]):
            W = part.W.reshape(part.K, -1).astype(float)
            member = columns_of(part, own[:, channels]).astype(float)                       # (K, F′)
            G = G + member @ (moment * (W.T @ W)) @ member.T
    return G


def over_largest(values):
    largest = values.max()
    return values / largest if largest > 0 else values


# ------------------------------------------------------------------------------------- the path


def entry_penalties(G):
    """(K,): the largest λ at which β_i ≠ 0, where β minimises ½ (1 − β)ᵀ G (1 − β) + λ Σ_i |β_i|.

    Where β_A ≠ 0 has the signs s, its slope is 0: G_AA β_A = c_A − λ s, with c = G 1. So β moves along a straight line
    in λ, until another neuron's slope c_j − G_jA β_A reaches ±λ and it enters, or a β_i reaches 0 and leaves (Osborne,
    Presnell & Turlach; Efron et al.: the homotopy, or LARS; from textbooks).
    """
    entered, signs, penalty = np.zeros(len(G)), np.zeros(len(G)), np.inf
    while True:
        corners, signs_there = corners_of(G, signs, penalty)
        if corners.max() <= 0:
            return entered
        i = np.flatnonzero(corners >= corners.max() * (1 - TIED))[-1]
        penalty = corners[i]
        signs[i] = signs_there[i] if signs[i] == 0 else 0
        entered[i] = max(entered[i], penalty)


def corners_of(G, signs, penalty):
    """(the next λ, going down from `penalty`, at which each neuron would enter or leave, the sign to enter with).

    0 where it would not. A neuron enters where the size of its slope grows beyond λ, and leaves where its β shrinks
    beyond 0, going down: not where the same lines cross on their way back.
    """
    A, c = signs != 0, G.sum(axis=1)
    u, v, explained = solved(G, A, c, signs)                            # β_A = u − λ v
    a, d = c - G[:, A] @ u, G[:, A] @ v                                 # slopes of the others: a + λ d
    free = ~A & (np.diag(G) - explained > DEPENDENT * np.diag(G))
    up, down = (ratio(sign * a, 1 - sign * d) * free for sign in (1, -1))
    corners = np.maximum(up, down)
    corners[A] = ratio(-signs[A] * u, -signs[A] * v)
    return np.minimum(corners, penalty), np.where(up >= down, 1.0, -1.0)


def solved(G, A, c, signs):
    """u = G_AA⁻¹ c_A, v = G_AA⁻¹ s_A, and for each neuron j how much of G_jj those of A explain."""
    found = np.linalg.solve(G[np.ix_(A, A)], np.column_stack([c[A], signs[A], G[A]]))
    return found[:, 0], found[:, 1], np.einsum("aj,aj->j", G[A], found[:, 2:])


def ratio(a, b):
    """a / b where both are above 0, else 0."""
    both = (a > 0) & (b > 0)
    return np.where(both, a, 0) / np.where(both, b, 1)


SCORES = (Score(lasso, blocks=True, series=True),)
