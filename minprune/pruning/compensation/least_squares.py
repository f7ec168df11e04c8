"""Least squares: the weights and biases of the layers that read removed neurons are fitted anew."""

import numpy as np

from ...engine.checks import check_count, check_real
from .readers import compensated, net_and_samples, read_by

BLOCK = 1 << 25                             # bytes of equations at a time


def reconstruct(net, keep, x, ridge=0.0, batch_size=256, masks=None):
    """Return `prune(net, keep)` with the readers' weights and biases fitted to what they computed before.

        min_(W′, b′)  mean_np ‖a_np − W′ x′_np − b′‖²  +  ridge · ‖W′ − W‖²

    for each layer that reads a removed neuron. a_np are its pre-activations (before batch norm) in `net` of sample n at
    position p; x′_np is what it reads there in the network whose earlier layers are already pruned and fitted, so that
    their errors are made up for too; W are its weights after the plain cut. Where several W′ are equally good (fewer
    samples than weights, neurons that depend on each other), the one is taken that changes W least. Each reader's
    squared error on x is at most that of the plain cut, given what it reads; whether the network's loss on other data
    gets better is another question. A `ridge` helps when x holds few samples, or when what is read hardly varies in
    some direction: weights along it can get large. `masks` {"dense2.W": bool array, …} are those of the connections
    that `net` keeps at 0 (`masks_of(net)` of all its zeros): the best W′ with these zeros is found. Without them, zeros
    are weights like others.

    Exact if the output of a removed neuron is, on all inputs, a constant plus a linear combination of the outputs that
    stay (and, for the constant, no zero padding comes in between). Computed by an orthogonal decomposition that is
    carried from batch to batch: memory does not grow with N, and, unlike with normal equations, the condition number is
    not squared. Directions in which x′ varies by less than 100 machine epsilons (of `net.dtype`) of its size are left
    out. Cost: about 2 N P F² multiply-adds for a reader with F weights a neuron that reads P positions a sample.

    Source: He, Zhang & Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, arXiv:1707.06168
    (the abstract and a part of the authors' code read): there, too, least squares after the choice of channels. Luo, Wu
    & Lin, "ThiNet", ICCV 2017, arXiv:1707.06342 (the abstract read) also looks at what the next layer reads.
    `net` is not changed. Raises as `fold_means`.
    """
    x, size = net_and_samples(net, x), check_count("batch_size", batch_size)
    ridge = check_real("ridge", ridge, least=0)

    def fit_reader(small, name, reader, rows, free):
        pieces, smallest = equations(net, small, reader, rows, x, size), 100 * np.finfo(net.dtype).eps
        dW, db = least_change(pieces, ridge, smallest, None if free is None else free.reshape(len(free), -1))
        small[reader].W += dW.reshape(small[reader].W.shape)
        small[reader].bias = True                   # a reader without one gets it
        small[reader].b = small[reader].b + db

    return compensated(net, keep, fit_reader, masks)


def equations(net, small, name, rows, x, batch_size):
    """Yield ([1, x′_np], a_np − a′_np): what layer `name` of `small` reads, and what its a′ lacks to that of `net`."""
    old, new = net[name], small[name]

    # As many samples at a time as make BLOCK bytes of equations: P equations of F + K numbers each.
    P, F = new.patches(np.zeros((1, *new.input_shape), net.dtype))[0].shape
    count = max(1, BLOCK // (8 * P * (F + new.K)))

    for old_x, new_x in zip(read_by(net, name, x, batch_size), read_by(small, name, x, batch_size)):
        for start in range(0, len(new_x), count):
            n = slice(start, start + count)
            lacks = (old.product(old_x[n]) + old.b)[..., rows] - (new.product(new_x[n]) + new.b)
            read = new.patches(new_x[n]).reshape(-1, F)
            yield np.column_stack([np.ones(len(read)), read]), lacks.reshape(-1, new.K).astype(float)


def least_change(pieces, ridge, smallest, free=None):
    """Return dW (K, F), db (K,) with the least mean ‖lacks − dW x − db‖² + ridge ‖dW‖², of the dW that are 0 where
    `free` (K, F) is False.

    Where several dW are equally good, the smallest is taken. It is 0 in directions in which x − mean is shorter than
    `smallest` times x: there x − mean consists of rounding errors.

    `pieces` are ([1, x] (n, 1 + F), lacks (n, K)). A triangle R and a block Y are carried from piece to piece, for
    which ‖R d − Y‖² differs from the sum of squares so far by a constant (QR). As the first column is 1, the rows of R
    and Y below the first belong to x and `lacks` minus their means: dW follows from them, then db from the first row.
    """
    # One triangle for all pieces.
    R = Y = None
    count = 0
    for read, lacks in in_tall(pieces):
        count += len(read)
        if R is not None:
            read, lacks = np.vstack([R, read]), np.vstack([Y, lacks])
        Q, R = np.linalg.qr(read)
        Y = Q.T @ lacks

    # dW from the rows below the first, with the ridge as F more equations; then db.
    F = R.shape[1] - 1
    smallest *= np.linalg.norm(R[:, 1:]) / max(np.linalg.norm(R[1:, 1:]), np.finfo(float).tiny)    # of x, not x − mean
    A = np.vstack([R[1:, 1:], np.sqrt(ridge * count) * np.eye(F)])
    dW = np.zeros((F, Y.shape[1]))
    if smallest < 1:                            # else all directions are rounding errors; lstsq would fit a single one
        dW = solved(A, np.vstack([Y[1:], dW]), smallest, free)
    return dW.T, (Y[0] - R[0, 1:] @ dW) / R[0, 0]


def solved(A, Y, smallest, free):
    """dW (F, K) with the least ‖A dW − Y‖², each column by itself where `free` says which of its entries are not 0."""
    if free is None or free.all():
        return np.linalg.lstsq(A, Y, rcond=smallest)[0]
    dW, shortest = np.zeros((A.shape[1], Y.shape[1])), smallest * np.linalg.norm(A, 2)
    for k, row in enumerate(free):
        longest = np.linalg.norm(A[:, row], 2) if row.any() else 0
        if longest > shortest:                  # as above: else there are only rounding errors
            dW[row, k] = np.linalg.lstsq(A[:, row], Y[:, k], rcond=shortest / longest)[0]
    return dW


def in_tall(pieces):
    """Yield the same equations in pieces of at least four times as many rows as columns.

    A decomposition has to include the triangle's rows again for each piece, which is the more costly the fewer rows
    a piece adds.
    """
    waiting = []
    for piece in pieces:
        waiting.append(piece)
        if sum(len(read) for read, _ in waiting) >= 4 * piece[0].shape[1]:
            yield [np.vstack(part) for part in zip(*waiting)]
            waiting = []
    if waiting:
        yield [np.vstack(part) for part in zip(*waiting)]
