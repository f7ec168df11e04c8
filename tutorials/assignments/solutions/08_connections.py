"""Assignment 8: SNIP, SynFlow and connections. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "08_connections"


def snip(x, dz, W):
    """|∂L/∂c_ij| at c = 1, where c_ij w_ij stands in the place of w_ij, and L is the MEAN loss.

    x (N, F), dz_ni = ∂ℓ_n/∂z_ni (N, K), W (K, F)  ->  (K, F)
    """
    # solution begins
    return np.abs(W * (dz.T @ x) / len(x))
    # solution ends


def synflow(weights):
    """|w_ij| ∂R/∂|w_ij| of every weight: R is the sum of the outputs for inputs of ones, with |w| for w, no biases.

    weights: (K_1, F), (K_2, K_1), … from the input on  ->  a list of arrays of the same shapes
    """
    # solution begins
    sizes = [np.abs(W) for W in weights]
    before = [np.ones(sizes[0].shape[1])]               # what each layer reads
    for size in sizes[:-1]:
        before.append(size @ before[-1])
    after = [np.ones(len(sizes[-1]))]                   # how much of R each of its neurons' outputs is worth
    for size in sizes[:0:-1]:
        after.insert(0, after[0] @ size)
    return [size * np.outer(up, down) for size, up, down in zip(sizes, after, before)]
    # solution ends


def keep_by_row(scores, remove):
    """Every row loses the floor(remove · F) lowest of its F weights; ties: the lower index goes first.

    scores (K, F), remove a fraction in [0, 1)  ->  (K, F) bool, True = stays
    """
    # solution begins
    count = int(remove * scores.shape[1])
    keep = np.ones(scores.shape, dtype=bool)
    np.put_along_axis(keep, np.argsort(scores, axis=1, kind="stable")[:, :count], False, axis=1)
    return keep
    # solution ends


def n_of_m(scores, n, m):
    """Of each m weights in a row that lie side by side, the n highest stay; ties: the lower index goes first.

    scores (K, F), F a multiple of m, n <= m  ->  (K, F) bool, True = stays
    """
    # solution begins
    groups = scores.reshape(-1, m)
    order = np.argsort(groups, axis=1, kind="stable")
    stays = np.zeros(groups.shape, dtype=bool)
    np.put_along_axis(stays, order[:, m - n:], True, axis=1)
    return stays.reshape(scores.shape)
    # solution ends


def masked_step(W, v, g, mask, rate, momentum):
    """A step of training, v ← momentum · v + g, W ← W − rate · v, with W and v at 0 where the mask is False.

    W, v, g (K, F), mask (K, F) bool, rate and momentum numbers  ->  the new W and v
    """
    # solution begins
    new_v = (momentum * v + g) * mask
    new_W = (W - rate * new_v) * mask
    return new_W, new_v
    # solution ends


def neurons_left(mask, mask_next):
    """Which of K neurons still read something and are still read.

    mask (K, F): the weights with which they read; mask_next (M, K): the weights that read them  ->  (K,) bool
    """
    # solution begins
    return mask.any(axis=1) & mask_next.any(axis=0)
    # solution ends
