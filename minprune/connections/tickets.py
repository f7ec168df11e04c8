"""Lottery tickets: train, remove the smallest connections, take the others back to where they started, and again."""

from dataclasses import dataclass, field

import numpy as np

from ..engine.checks import check_count, check_dataset, check_network, check_protect, check_size
from ..engine.losses import prepare_samples
from ..engine.network import Network
from ..training.history import History
from ..training.loop import check_callables, fit
from ..training.quality import loss_and_accuracy
from ..training.state import snapshot
from .decisions import decide_connections
from .masks import keep_masked, mask_connections, weight_arrays
from .scores import score_connections


@dataclass(frozen=True, eq=False)
class Ticket:
    """One round of `find_tickets`.

    `round` 0 is the whole network. `remaining` is the fraction of all weights that `masks` {"conv1.W": bool array, …}
    keep. `ticket` is the network before training (weights as they were at the rewinding point, the removed ones 0),
    `trained` the same network after it; `loss` and `accuracy` (None where targets are no classes) are those of
    `trained` on the test data. `steps` is the number of the optimizer's steps, `history` what the training returned.
    """

    round: int
    remaining: float
    masks: dict = field(repr=False)
    ticket: Network = field(repr=False)
    trained: Network = field(repr=False)
    loss: float
    accuracy: float | None
    steps: int
    history: History | None = field(repr=False)


def find_tickets(net, data, rounds=5, remove=0.2, rewind=0, train=None, score="magnitude", scope="global", min_keep=1,
                 protect=(), loss="cross_entropy", seed=0, batch_size=256):
    """Iterative pruning of connections with rewinding; yield a Ticket a round, the whole network first.

    `net` is the network at its start, before training; it is not changed. With w₀ its weights and m = 1,

        1.  train m ⊙ w to w_T; in the first round, save w_k, the weights after `rewind` steps
        2.  of the weights that are left, `remove` the lowest by their score at w_T: m ← m ⊙ decision
        3.  go back: w ← m ⊙ w_k, biases and batch norm as they were at k, too; and again from 1.

    rounds   how many times weights are removed: rounds + 1 Tickets
    remove   a fraction or number of the weights that are left, or a dict {array name: fraction}, as for
             `decide_connections`; so are scope, min_keep and protect
    rewind   k, in steps of the optimizer (an epoch of `fit` is ⌈N / batch size⌉ of them); 0 is the very start
    train    train(net, on_step) trains in place, and hands `on_step` to `fit` (which calls it after each step), so that
             removed weights stay 0. Default: fit(net, x_train, t_train, loss, on_step=on_step, seed=seed), ten epochs
    score    as for `score_connections` (on the training data, with this loss, seed and batch_size); "random" is the
             control in which the choice is by chance
    data     a Dataset. Its test part judges the tickets: do not choose one by it and quote the same number

    Frankle & Carbin, ICLR 2019, arXiv:1803.03635 (k = 0); late rewinding: Frankle, Dziugaite, Roy & Carbin, 2019,
    arXiv:1903.01611, and ICML 2020, arXiv:1912.05671. Differs: from k on they train T − k steps more, at the learning
    rate of step k; here each round calls the same `train`, so T steps and, with `fit`, the schedule and the
    batches begin anew. Their fully connected networks are pruned layer by layer, the output layer at half the rate,
    which is remove={"dense1.W": 0.2, "dense2.W": 0.2, "dense3.W": 0.1}. Their later code (facebookresearch/open_lth,
    sparse_global) rounds the number up and, by its threshold, removes one more; here ⌊remove · left⌋ go.

    Raises ValueError or TypeError for arguments that do not fit, before any training; ValueError if more is asked for
    than can go, if `rewind` is beyond the training's steps, or if `train` lets removed weights move.
    """
    check_network(net)
    rounds, rewind = check_size("rounds", rounds, least=0), check_count("rewind", rewind, least=0)
    batch_size, seed = check_count("batch_size", batch_size), check_count("seed", seed, least=0)
    check_callables(train=train)
    check_dataset(data)
    x, t = data.x_train, data.t_train
    prepare_samples(net, x, t, loss)
    test = prepare_samples(net, data.x_test, data.t_test, loss)
    train = train or (lambda net, on_step: fit(net, x, t, loss, on_step=on_step, seed=seed))
    decision = {"remove": remove, "scope": scope, "min_keep": min_keep, "protect": check_protect(protect, "array")}

    def rescore(trained):
        return score_connections(trained, score, x, t, loss, batch_size, seed)

    decide_connections(rescore(net), **decision)                # so that an error comes before the first training
    return rounds_of(net, train, test, rounds, rewind, rescore, decision)


def rounds_of(net, train, test, rounds, rewind, rescore, decision):
    """Yield the Tickets of `find_tickets`, whose arguments are checked by now."""
    masks = {name: np.ones(W.shape, bool) for name, W in weight_arrays(net).items()}
    start = net
    for number in range(rounds + 1):
        # 1. Train what is left; in the first round, save the weights to go back to.
        ticket = mask_connections(start, masks)
        trained, counter = ticket.copy(), Counter(masks, rewind if number == 0 else None)
        history = train(trained, counter)
        check_training(trained, masks, counter)
        if number == 0 and rewind:
            start = net.copy()
            start.fill(counter.saved)
        quality = loss_and_accuracy(trained, *test)
        yield Ticket(number, remaining(masks), masks, ticket, trained, *quality, counter.steps, history)

        # 2. Remove the lowest of it. 3., going back, is where the next round starts.
        if number < rounds:
            masks = decide_connections(rescore(trained), **decision, masks=masks)


class Counter:
    """An `on_step` that keeps masked weights at 0, counts the steps, and saves the weights after step `save_after`."""

    def __init__(self, masks, save_after=None):
        self.hold_masked = keep_masked(masks)
        self.save_after = save_after
        self.saved = None
        self.steps = 0

    def __call__(self, net, rate):
        self.hold_masked(net, rate)
        self.steps += 1
        if self.steps == self.save_after:
            self.saved = snapshot(net)


def check_training(net, masks, counter):
    """Raise ValueError unless removed weights are still 0, and the point to rewind to was passed."""
    for name, W in weight_arrays(net).items():
        if W[~masks[name]].any():
            raise ValueError(f'train changed removed weights of "{name}": hand its on_step to fit')
    if counter.save_after and counter.saved is None:
        raise ValueError(f"rewind={counter.save_after} is beyond the training: "
                         f"on_step was called {counter.steps} times")


def remaining(masks):
    """The fraction of all weights that the masks keep."""
    return sum(int(mask.sum()) for mask in masks.values()) / sum(mask.size for mask in masks.values())
