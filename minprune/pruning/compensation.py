"""Compensation: what the removed neurons gave is put into the weights and biases that read them.

`prune` makes a missing input an input of 0. These functions remove the same neurons and change, besides, the layers
that read them (W and b, and nothing else), so that their pre-activations a = W x + b stay closer to what they were:

    fold_means      a removed neuron becomes a constant             b′ = b + mean(what is missing)
    merge           a removed neuron becomes a multiple of another  o_j ≈ share · o_i
    reconstruct     all of W′ and b′ are fitted anew                min ‖a − W′ x′ − b′‖²

Readers are done from the input of the network on, each on what the layers before it have become.
"""

import numpy as np

from ..engine.checks import check_count, check_network, check_real
from ..engine.pooling import MaxPool2D
from .surgery import check_keep, prune
from ..scores.data_free import folded

BLOCK = 1 << 25                             # bytes of equations at a time
HOMOGENEOUS = ("relu", "leaky_relu")        # f(s z) = s f(z) for s ≥ 0


def fold_means(net, keep, x, batch_size=256):
    """Return `prune(net, keep)` with the mean of what is missing added to the biases of the layers that read it.

        b_k ← b_k + mean_np (a_np,k − a′_np,k)

    a are a reader's pre-activations (before batch norm) in `net`, a′ those after the cut, over all samples n and
    positions p of x (N, *input_shape). In a network of one pruned layer that is Σ_j w_kj mean_np x_npj, over the
    reader's weights j that read a removed neuron, x being what the reader reads (after pooling and Flatten). So the
    mean of every a_k is what it is in `net`, always, and of all changes of b alone this has the least squared error.

    Exact (the same function) if every removed neuron is constant on all inputs and its readers have no zero padding.
    At a padded border fewer weights see the neuron, which one bias cannot tell: the mean over all positions is kept,
    and even for a constant neuron the border gets too much and the inside too little.

    With batch norm in the reader the constant goes into b, which does the same as lowering its running mean, and goes
    on doing so in training: batch means contain b. (In β it would be lost there: training takes the batch's own mean
    away, which lacks the constant, and β would add it all the same.) Running variances stay as they are.

    Source: the idea of replacing a unit by its mean. For constant channels Ye et al., "Rethinking the
    Smaller-Norm-Less-Informative Assumption in Channel Pruning of Convolution Layers", ICLR 2018, arXiv:1802.00124
    (the abstract read; how it treats padding: not read).
    `net` is not changed. Raises as `prune`, and ValueError or TypeError for x that does not fit.
    """
    x, size = net_and_samples(net, x), check_count("batch_size", batch_size)

    def fold(small, name, reader, rows):
        small[reader].b += mean_given(net, reader, x, size)[rows] - mean_given(small, reader, x, size)

    return compensated(net, keep, fold)


def reconstruct(net, keep, x, ridge=0.0, batch_size=256):
    """Return `prune(net, keep)` with the readers' weights and biases fitted to what they computed before.

        min_(W′, b′)  mean_np ‖a_np − W′ x′_np − b′‖²  +  ridge · ‖W′ − W‖²

    for each layer that reads a removed neuron. a_np are its pre-activations (before batch norm) in `net` of sample n at
    position p; x′_np is what it reads there in the network whose earlier layers are already pruned and fitted, so that
    their errors are made up for too; W are its weights after the plain cut. Among equally good W′ (fewer samples than
    weights, neurons that depend on each other) it is the one that changes W least. Each reader's squared error on x is
    at most that of the plain cut, given what it reads; whether the network's loss on other data gets better is another
    question. A `ridge` helps when x holds few samples, or when what is read hardly varies in some direction, in which
    the weights can get large.

    Exact if what a removed neuron puts out is, on all inputs, a constant plus a linear combination of those that stay
    (and no zero padding comes in between, for the constant). Computed by an orthogonal decomposition that is carried
    from batch to batch: memory does not grow with N, and, unlike with normal equations, the condition number is not
    squared. Directions in which x′ varies by less than 100 machine epsilons (of `net.dtype`) of its size are left out.
    Cost: about 2 N P F² multiply-adds for a reader with F weights a neuron that reads P positions a sample.

    Source: He, Zhang & Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, arXiv:1707.06168
    (the abstract and a part of the authors' code read): there, too, least squares after the choice of channels. Luo, Wu
    & Lin, "ThiNet", ICCV 2017, arXiv:1707.06342 (the abstract read) also looks at what the next layer reads.
    `net` is not changed. Raises as `fold_means`.
    """
    x, size = net_and_samples(net, x), check_count("batch_size", batch_size)
    ridge = check_real("ridge", ridge, least=0)

    def fit_reader(small, name, reader, rows):
        dW, db = least_change(equations(net, small, reader, rows, x, size), ridge, 100 * np.finfo(net.dtype).eps)
        small[reader].W += dW.reshape(small[reader].W.shape)
        small[reader].b += db

    return compensated(net, keep, fit_reader)


def merge(net, keep, x=None, batch_size=256):
    """Return `prune(net, keep)` where the nearest neuron that stays takes over each removed neuron's outgoing weights.

        w_ki ← w_ki + share_ji · w_kj          (for all kernel places and positions at which k reads them)

    so that o_j is replaced by share_ji · o_i. Without data (x is None) neurons of a layer are compared by incoming
    weights and bias v = (w, b), batch norm (running statistics) multiplied in: i is the one with the least
    ‖v_j − share_ji v_i‖², and share_ji is the best number for which f(share · z) = share · f(z) for all z:

        relu, leaky_relu    share ≥ 0           identity            any number  (≥ 0 if max pooling follows)
        sigmoid, softplus   share = 1           tanh                −1, 0 or 1  (0 or 1 if max pooling follows)

    Coupled neurons, "conv1+conv3", are compared by all their incoming weights, with a share that suits all their
    activations. With x (N, *input_shape) neurons are compared by what they put out, as each reader reads it, over all
    samples and positions: i has the least Σ (o_j − share_ji o_i)², share_ji = Σ o_i o_j / Σ o_i². Either way it is
    `net` that is looked at, before anything is removed.

    Exact (the same function) for duplicates: equal incoming weights and biases, or scaled as the table says. A
    removed neuron that is like none gets a small share, and is then nearly just cut. Ties: the lower index.
    `duplicates(net)` finds what can be merged at no loss.

    Source: Srinivas & Babu, "Data-free Parameter Pruning for Deep Neural Networks", BMVC 2015, arXiv:1507.06149 (the
    abstract read, its equations not). Differs: there shares are 1 and pairs are merged one after the other, the nearest
    first; here `keep` says who goes (the score `data_free_similarity` ranks them as the paper does).
    `net` is not changed. Raises as `fold_means`.
    """
    size = check_count("batch_size", batch_size)
    x = None if x is None else net_and_samples(net, x)

    def take_over(small, name, reader, rows):
        stays = np.asarray(keep[name])
        distance, share = like_weights(net, name) if x is None \
            else like_outputs(read_by(net, reader, x, size), len(stays))
        W = net[reader].W[rows].reshape(-1, len(stays)) @ stand_ins(distance, share, stays)
        small[reader].W[...] = W.reshape(small[reader].W.shape)

    return compensated(net, keep, take_over)


def duplicates(net, tolerance=1e-9):
    """Return {hidden layer: (K,) bool}, False for each neuron that an earlier one of its layer can stand for.

    Neuron j goes if some i < j that stays has ‖v_j − share_ji v_i‖ ≤ tolerance · ‖v_j‖, v and share as in `merge`
    without data; so do later neurons with v = 0 and f(0) = 0. `merge(net, duplicates(net))` is a smaller network of the
    same function, to about the tolerance. One neuron stays in each layer. Raises ValueError as `merge`.
    """
    tolerance = check_real("tolerance", tolerance, least=0)
    keep = check_keep(net, {})
    for name, stays in keep.items():
        distance, _ = like_weights(net, name)
        near = distance <= tolerance ** 2 * np.square(rows_of(net, name)).sum(axis=1)[:, np.newaxis]
        for j in range(1, len(stays)):
            stays[j] = not (near[j, :j] & stays[:j]).any()
    return keep


# --- what all have in common


def compensated(net, keep, compensate):
    """`prune(net, keep)`, and then, reader by reader from the input on, compensate(small, layer, its reader, rows).

    It changes the reader's W and b in `small`; `rows` says which of the reader's own neurons are left there.
    """
    keep = check_keep(net, keep)
    small = prune(net, keep)
    cut = {reader: name for name, stays in keep.items() if not stays.all() for reader in net.readers(name)}
    left = {member: stays for name, stays in keep.items() for member in net.members(name)}
    for reader in net.neuron_layers:
        if reader in cut:
            compensate(small, cut[reader], reader, left.get(reader, slice(None)))
    return small


def net_and_samples(net, x):
    """Return x checked; raise unless net is a Network that can read it."""
    check_network(net)
    return net.check_input(x)


def read_by(net, name, x, batch_size):
    """Yield what layer `name` reads when the network reads x, batch by batch."""
    for start in range(0, len(x), batch_size):
        yield net.forward(x[start:start + batch_size])[name].x


def mean_given(net, name, x, batch_size):
    """(K,) mean_np Σ_j w_kj x_npj of a layer. The mean image (or vector) tells it, by linearity."""
    mean = sum(read.sum(axis=0, dtype=float) for read in read_by(net, name, x, batch_size)) / len(x)
    layer = net[name]
    return layer.weigh(mean[np.newaxis]).reshape(-1, layer.K).mean(axis=0)


# --- least squares


def equations(net, small, name, rows, x, batch_size):
    """Yield ([1, x′_np], a_np − a′_np): what layer `name` of `small` reads, and what its a′ lacks to that of `net`."""
    old, new = net[name], small[name]
    one = new.patches(np.zeros((1, *new.input_shape), net.dtype))[0]
    count = max(1, BLOCK // (8 * len(one) * (one.shape[1] + new.K)))
    for was, now in zip(read_by(net, name, x, batch_size), read_by(small, name, x, batch_size)):
        for start in range(0, len(now), count):
            n = slice(start, start + count)
            lacks = old.weigh(was[n], old.b)[..., rows] - new.weigh(now[n], new.b)
            read = new.patches(now[n]).reshape(-1, one.shape[1])
            yield np.column_stack([np.ones(len(read)), read]), lacks.reshape(-1, new.K).astype(float)


def least_change(pieces, ridge, smallest):
    """Return dW (K, F), db (K,) with the least mean ‖lacks − dW x − db‖² + ridge ‖dW‖², dW as small as can be, and 0 in
    directions in which x − mean is shorter than `smallest` times x: there it is made of rounding errors.

    `pieces` are ([1, x] (n, 1 + F), lacks (n, K)). From piece to piece a triangle R and a block Y are kept, for which
    ‖R d − Y‖² differs from the sum of squares so far by a constant (QR). As the first column is 1, below the first row
    R and Y belong to x and `lacks` with their means taken away: from there dW follows, then db from the first row.
    """
    R = Y = None
    count = 0
    for read, lacks in in_tall(pieces):
        count += len(read)
        if R is not None:
            read, lacks = np.vstack([R, read]), np.vstack([Y, lacks])
        Q, R = np.linalg.qr(read)
        Y = Q.T @ lacks
    F = R.shape[1] - 1
    smallest *= np.linalg.norm(R[:, 1:]) / max(np.linalg.norm(R[1:, 1:]), np.finfo(float).tiny)    # of x, not x − mean
    A = np.vstack([R[1:, 1:], np.sqrt(ridge * count) * np.eye(F)])
    dW = np.linalg.lstsq(A, np.vstack([Y[1:], np.zeros((F, Y.shape[1]))]), rcond=smallest)[0]
    return dW.T, (Y[0] - R[0, 1:] @ dW) / R[0, 0]


def in_tall(pieces):
    """The same equations in pieces of many more rows than columns: a triangle that is added to few rows costs most."""
    waiting = []
    for piece in pieces:
        waiting.append(piece)
        if sum(len(read) for read, _ in waiting) >= 4 * piece[0].shape[1]:
            yield [np.vstack(part) for part in zip(*waiting)]
            waiting = []
    if waiting:
        yield [np.vstack(part) for part in zip(*waiting)]


# --- who is like whom


def like_weights(net, name):
    """(distance, share), both (K, K): ‖v_j − share_ji v_i‖², and the share with which i may stand for j."""
    members, v = [net[one] for one in net.members(name)], rows_of(net, name)
    lengths = np.square(v).sum(axis=1)
    share = np.divide(v @ v.T, lengths, out=np.zeros((len(v), len(v))), where=lengths > 0)
    for layer in members:
        share = allowed(share, layer.f.name, is_pooled(net, name))
    distance = np.array([np.square(row - s[:, np.newaxis] * v).sum(axis=1) for row, s in zip(v, share)])
    for layer in members:
        if layer.mask is not None:                  # the silent stand for nobody, and need nobody to stand for them
            share[~layer.mask], share[:, ~layer.mask] = 0, 0
            distance[:, ~layer.mask] = np.inf
    return distance, share


def rows_of(net, name):
    """v_i = (w_i, b_i), with the batch norm in it, of all layers that are coupled: (K, ΣF + 1) in float64."""
    return np.column_stack([part for one in net.members(name) for part in folded(net[one])])


def is_pooled(net, name):
    """Whether max pooling stands between the layer and its last reader."""
    names = list(net.all_layers)
    between = names[names.index(net.members(name)[0]):max(names.index(reader) for reader in net.readers(name))]
    return any(isinstance(net[one], MaxPool2D) for one in between)


def allowed(best, f, pooled):
    """The shares nearest to the best ones for which f(share · z) = share · f(z), also through max pooling."""
    if f in HOMOGENEOUS:
        return np.maximum(best, 0)
    if f == "identity":
        return np.maximum(best, 0) if pooled else best
    if f == "tanh":
        return np.round(np.clip(best, 0 if pooled else -1, 1))
    return np.ones_like(best)


def like_outputs(reads, K):
    """(distance, share), both (K, K), by what a reader reads: Σ (o_j − share_ji o_i)², and the best share."""
    products = np.zeros((K, K))
    for read in reads:
        o = read.reshape(-1, K).astype(float)
        products += o.T @ o
    squares = products.diagonal()
    share = np.divide(products, squares, out=np.zeros((K, K)), where=squares > 0)
    return squares[:, np.newaxis] - share * products, share


def stand_ins(distance, share, stays):
    """(K, K′): row j says by which of those that stay, and with what share, neuron j is represented."""
    who, represented = np.flatnonzero(stays), np.eye(len(stays))[:, stays]
    for j in np.flatnonzero(~stays):
        i = distance[j, who].argmin()
        represented[j, i] = share[j, who[i]]
    return represented
