"""Merging: a removed neuron becomes a multiple of the most similar neuron that stays."""

import numpy as np

from ...engine.checks import check_count, check_finite, check_real
from ...scores.data_free import folded
from ..surgery import check_keep
from .readers import compensated, net_and_samples, read_by


def merge(net, keep, x=None, batch_size=256, masks=None):
    """Return `prune(net, keep)` where the nearest neuron that stays takes over each removed neuron's outgoing weights.

        w_ki ← w_ki + share_ji · w_kj          (for all kernel places and positions at which k reads them)

    so that o_j is replaced by share_ji · o_i. Without data (x is None) neurons of a layer are compared by incoming
    weights and bias v = (w, b), batch norm (running statistics) multiplied in: i is the neuron with the least
    ‖v_j − share_ji v_i‖², and share_ji is the best number for which f(share · z) = share · f(z) for all z:

        f homogeneous and odd   any number      identity
        f homogeneous           share ≥ 0       relu, leaky_relu
        f odd                   −1, 0 or 1      tanh
        f(0) = 0                0 or 1          elu, silu, gelu, hard_swish
        other f                 1               sigmoid, softplus

    What an activation does not say of itself is refused. The layers between the neurons and their readers count as
    well: averages, Flatten and Dropout are homogeneous and odd, max pooling is homogeneous, so that after it identity
    has shares ≥ 0 and tanh has 0 or 1. Coupled neurons, "conv1+conv3", are compared by all their incoming weights, with
    a share that suits all their activations. With x (N, *input_shape) neurons are compared by their outputs, as each
    reader reads them, over all samples and positions: i has the least Σ (o_j − share_ji o_i)²,
    share_ji = Σ o_i o_j / Σ o_i². Either way the neurons of `net` are compared, before anything is removed.

    Exact (the same function) for duplicates: equal incoming weights and biases, or scaled as the table says. A
    removed neuron that is unlike all others gets a small share, which is nearly the plain cut. Ties: the lower index.
    `duplicates(net)` finds what can be merged at no loss.
    `masks` {"dense2.W": bool array, …} are those of the connections that `net` keeps at 0 (`masks_of(net)` of all its
    zeros): where they are False, nothing is taken over. Without them, zeros are weights like others.

    Source: Srinivas & Babu, "Data-free Parameter Pruning for Deep Neural Networks", BMVC 2015, arXiv:1507.06149 (the
    abstract read, its equations not). Differs: there shares are 1 and pairs are merged one after the other, the nearest
    first; here `keep` says who goes (the score `data_free_similarity` ranks them as the paper does).
    `net` is not changed. Raises as `fold_means`, and without x ValueError for an activation, or a layer that follows,
    that does not say what is needed.
    """
    size = check_count("batch_size", batch_size)
    x = None if x is None else net_and_samples(net, x)
    if net.has_branches:
        which = "Concat" if any(hasattr(layer, "branches") for layer in net.all_layers.values()) else "groups"
        raise ValueError("merge takes networks whose layers read one layer each, or a sum, and this one has "
                         f"{which}: fold_means and reconstruct know it")

    def take_over(small, name, reader, rows, free):
        stays = np.asarray(keep[name])
        distance, share = like_weights(net, name) if x is None \
            else like_outputs(read_by(net, reader, x, size), len(stays))
        W = net[reader].W[rows].reshape(-1, len(stays)) @ stand_ins(distance, share, stays)
        small[reader].W[...] = np.where(True if free is None else free, W.reshape(small[reader].W.shape), 0)

    return compensated(net, keep, take_over, masks)


def duplicates(net, tolerance=1e-9):
    """Return {hidden layer: (K,) bool}, False for each neuron that an earlier neuron of its layer can replace.

    Neuron j goes if some i < j that stays has ‖v_j − share_ji v_i‖ ≤ tolerance · ‖v_j‖, v and share as in `merge`
    without data; so do later neurons with v = 0 and f(0) = 0. `merge(net, duplicates(net))` is a smaller network of the
    same function, to about the tolerance. One neuron stays in each layer. Raises ValueError as `merge`.
    """
    tolerance = check_real("tolerance", tolerance, least=0)
    keep = check_keep(net, {})
    check_finite(net)
    for name, stays in keep.items():
        distance, _ = like_weights(net, name)
        near = distance <= tolerance ** 2 * np.square(rows_of(net, name)).sum(axis=1)[:, np.newaxis]
        for j in range(1, len(stays)):
            stays[j] = not (near[j, :j] & stays[:j]).any()
    return keep


# ------------------------------------------------------------------------------- which neuron is like which


def like_weights(net, name):
    """(distance, share), both (K, K): ‖v_j − share_ji v_i‖², and the share with which i may stand for j."""
    if net.units[name].ends != net.units[name].members or not net.units[name].in_order:
        raise ValueError(f'merge compares neurons by their weighted sums, and "{name}" has layers behind these, or '
                         "several channels a neuron: fold_means and reconstruct know it")
    members, v = [net[member] for member in net.members(name)], rows_of(net, name)

    # The best share without any condition is v_j · v_i / ‖v_i‖².
    lengths = np.square(v).sum(axis=1)
    share = np.divide(v @ v.T, lengths, out=np.zeros((len(v), len(v))), where=lengths > 0)
    share = nearest_allowed(share, *scaling_facts(net, name))
    distance = np.array([np.square(row - s[:, np.newaxis] * v).sum(axis=1) for row, s in zip(v, share)])

    # A masked neuron replaces no other neuron, and needs none to replace it.
    for layer in members:
        if layer.mask is not None:
            share[~layer.mask], share[:, ~layer.mask] = 0, 0
            distance[:, ~layer.mask] = np.inf
    return distance, share


def rows_of(net, name):
    """v_i = (w_i, b_i), with the batch norm in it, of all layers that are coupled: (K, ΣF + 1) in float64."""
    return np.column_stack([part for member in net.members(name) for part in folded(net[member])])


def scaling_facts(net, name):
    """(homogeneous, odd, f(0) = 0): what holds for all that the layer's z pass through on their way to the readers."""
    activations = [net[member].f for member in net.members(name)]
    passed = [net[layer] for layer in net.units[name].between]
    linear = all(layer.fact("linear", "merge") for layer in passed)
    homogeneous = all(layer.linear or layer.fact("passes_on", "merge") for layer in passed)
    return (homogeneous and all(f.needed("homogeneous", "merge") for f in activations),
            linear and all(f.needed("odd", "merge") for f in activations),
            all(f.at_zero == 0 for f in activations))


def nearest_allowed(share, homogeneous, odd, zero_at_zero):
    """The numbers nearest to `share` for which f(share · z) = share · f(z) for all z."""
    if homogeneous:
        return share if odd else np.maximum(share, 0)
    lowest = -1 if odd else 0 if zero_at_zero else 1
    return np.round(np.clip(share, lowest, 1))


def like_outputs(reads, K):
    """(distance, share), both (K, K), by what a reader reads: Σ (o_j − share_ji o_i)², and the best share_ji."""
    products = np.zeros((K, K))
    for read in reads:
        o = read.reshape(-1, K).astype(float)
        products += o.T @ o
    squares = products.diagonal()
    share = np.divide(products, squares, out=np.zeros((K, K)), where=squares > 0)
    return squares[:, np.newaxis] - share * products, share


def stand_ins(distance, share, stays):
    """(K, K′): row j says which of the neurons that stay represents neuron j, and with what share."""
    staying, represented = np.flatnonzero(stays), np.eye(len(stays))[:, stays]
    for j in np.flatnonzero(~stays):
        i = distance[j, staying].argmin()           # ties: the lower index
        represented[j, i] = share[j, staying[i]]
    return represented
