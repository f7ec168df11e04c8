"""Regrowth: masked neurons are let go and grow again, from outgoing weights of zero; dense, sparse, dense."""

from dataclasses import dataclass

import numpy as np

from ..decisions.rules import decide
from ..engine.checks import check_dataset, check_network
from ..engine.losses import prepare_samples
from ..engine.network import Network
from ..engine.optimizers import Adam
from ..pruning.surgery import channels_left, mask
from ..scoring.scoring import score as score_neurons
from ..training.history import History
from ..training.quality import loss_and_accuracy
from .recipe import Cut, check_retraining
from .recipes import FineTune


def regrow(net):
    """Return a copy of a masked network without its masks, in which every weight that reads a masked neuron is 0.

    It computes what the masked one computes, and all of it can be trained from there. A masked neuron comes back with
    the incoming weights that it had, so that its outgoing weights have a gradient at once. (With all of its own weights
    at 0 a relu neuron would have none, and never come back.) ValueError where a mask holds only some of what leaves
    together.
    """
    check_network(net)
    stays = {name: np.ones(net[name].K, bool) if net[name].mask is None else np.asarray(net[name].mask)
             for name in net.hidden_layers}
    check_whole(net, stays)
    dense = net.copy()
    for name, row in stays.items():
        for reader in net.readers(name) if not row.all() else ():
            W = dense[reader].W
            places = net.reading(name, reader, np.arange(W.size).reshape(W.shape))        # (K, M) of W.flat
            W.flat[places[~row].ravel()] = 0
    for name in dense.maskable:
        dense.all_layers[name].mask = None
    return dense


def check_whole(net, stays):
    """Raise ValueError unless the masks are those of whole neurons, as `mask` makes them."""
    left = channels_left(net, stays)
    for name in net.maskable:
        layer = net.all_layers[name]
        if layer.mask is not None and not np.array_equal(layer.mask, left.get(name, np.ones(len(layer.mask), bool))):
            raise ValueError(f"{layer} is masked where the neurons that leave with it are not: only masks of whole "
                             "neurons, as `mask` makes them, can be let go without a change")


@dataclass(frozen=True, eq=False, repr=False)
class Phase:
    """One training of `dense_sparse_dense`: its name, the network after it, and loss and accuracy on the test data."""

    name: str
    net: Network
    loss: float
    accuracy: float | None
    history: History | None = None

    def __str__(self):
        quality = f"loss {self.loss:.4f}" if self.accuracy is None else f"accuracy {self.accuracy:.2%}"
        return f"{self.name}: test {quality}"

    __repr__ = __str__


def dense_sparse_dense(net, data, remove=0.3, score="weight_norm", scope="layer", *, loss="cross_entropy",
                       sparse=None, dense=None):
    """Train without the lowest neurons, then let them grow again; return the Phases "dense", "sparse", "dense again".

    Nothing is pruned in the end: the cut is a regularisation. The network, trained already, is scored, its lowest
    neurons are masked, and the rest is trained (`sparse`, a recipe such as `FineTune()`). Then the masked ones are let
    go (`regrow`) and all are trained at a tenth of the rate (`dense`). `net` is not changed.

    data: a Dataset; score, remove and scope as for `score` and `decide`; sparse, dense: recipes, by default
    FineTune() and FineTune(optimizer=Adam(1e-4)).
    Source: Han et al., "DSD: Dense-Sparse-Dense Training for Deep Neural Networks", ICLR 2017, arXiv:1607.04381 (the
    abstract read). Differs: there single weights, the smallest by magnitude, are masked, and come back from 0; here
    neurons, whose outgoing weights do. Raises as `score`, `decide` and the recipes, before anything is trained.
    """
    check_network(net)
    check_dataset(data)
    sparse = FineTune() if sparse is None else sparse
    dense = FineTune(optimizer=Adam(1e-4)) if dense is None else dense
    for recipe in (sparse, dense):
        check_retraining(recipe, net, loss)
    test = prepare_samples(net, data.x_test, data.t_test, loss)
    keep = decide(score_neurons(net, score, data.x_train, data.t_train, loss), remove=remove, scope=scope)

    def phase(name, network, recipe, number):
        history = recipe(network, Cut(net, keep, data.x_train, data.t_train, loss, number))
        history = history if isinstance(history, History) else None
        return Phase(name, network, *loss_and_accuracy(network, *test), history)

    first = Phase("dense", net.copy(), *loss_and_accuracy(net, *test))
    second = phase("sparse", mask(net, keep), sparse, 0)
    return [first, second, phase("dense again", regrow(second.net), dense, 1)]
