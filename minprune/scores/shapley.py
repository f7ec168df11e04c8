"""Shapley values: the loss divided among the neurons, each judged beside all possible sets of others."""

import math

import numpy as np

from ..engine.checks import check_count, check_known, check_seed
from ..engine.losses import find_loss
from ..recording import stream
from .score import Score
from .units import outputs_of, silenced
from .walks import chain_from, walk

MOST = 15                       # players of whom all coalitions can be evaluated: 2^15 forward passes


def shapley(net, x, t, loss, batch_size=256, seed=0, permutations=32, players="network"):
    """The neuron's Shapley value: what its removal costs, averaged over all orders of removing the neurons.

    Formula:  I_i = mean over orders π of [C({i and all before i in π}) − C({all before i in π})], where
              C(S) = mean_n [ℓ_n(o_j = 0 for all j in S) − ℓ_n]
    Point:    the loss, with neurons' outputs held at 0. The players are all hidden neurons together
              (players="network"), or those of one layer with the other layers whole ("layer")
    Order:    mean over samples, difference, mean over orders; no absolute value
    Cost:     permutations × players forward passes, each only from the first layer that changed; 2^players
              if that is no more, or if permutations=None
    Claims:   mean over samples; relu rescaling; shares add up to the loss with all players silent minus the
              loss; not permutation (the sampled orders are drawn by place, the exact values do not depend on
              it)
    Source:   Ghorbani & Zou, "Neuron Shapley", NeurIPS 2020, arXiv:2002.09815; the sampling of orders:
              Castro, Gómez & Tejada, "Polynomial calculation of the Shapley value based on sampling", 2009
    Differs:  Ghorbani & Zou share out the network's performance (here the loss) and find the largest shares
              by a multi-armed bandit; here plain sampling of whole orders, and all coalitions where they are
              few

    High = keep. Where either of two neurons alone would do, each gets half, while `removal` gives both 0; a
    neuron that never changes anything gets 0. The average includes networks that no pruning would leave behind:
    half of the time more than half of the network is gone already. `seed` draws the orders;
    `shapley_with_error` also returns the standard errors. ValueError for permutations=None of more than 15
    players.
    """
    return shapley_with_error(net, x, t, loss, batch_size, seed, permutations, players)[0]


def shapley_with_error(net, x, t, loss, batch_size=256, seed=0, permutations=32, players="network"):
    """Return (values, errors), both {hidden layer: (K,)}: `shapley` and the standard error of each value.

    The error is the standard deviation of the neuron's share over the sampled orders divided by √permutations:
    NaN for a single order, 0 where all coalitions were evaluated.
    """
    check_known("players", players, ("network", "layer"))
    if permutations is not None:
        check_count("permutations", permutations)
    rng = check_seed(seed)
    loss = find_loss(loss)

    # A game is a list of players; a plan has its coalitions, and turns their costs into shares.
    of_layers = [[(name, i) for i in range(net[name].K)] for name in net.hidden_layers]
    games = [[player for layer in of_layers for player in layer]] if players == "network" else of_layers
    plans = [plan(len(game), permutations, rng) for game in games]

    # The costs of all coalitions, added up over the samples.
    costs = [np.zeros(len(coalitions)) for coalitions, _ in plans]
    count = 0
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        for game, (coalitions, _), cost in zip(games, plans, costs):
            cost += costs_of(net, game, coalitions, trace, loss)
        count += len(trace.x)

    # The shares of the mean costs.
    values, errors = ({name: np.zeros(net[name].K) for name in net.hidden_layers} for _ in range(2))
    for game, (_, share), cost in zip(games, plans, costs):
        for (name, i), value, error in zip(game, *share(cost / count)):
            values[name][i], errors[name][i] = value, error
    return values, errors


def plan(K, permutations, rng):
    """Which coalitions to evaluate, (M, K) booleans, and the function from their costs to (values, errors)."""
    if permutations is None and K > MOST:
        raise ValueError(f"permutations=None looks at all 2^{K} coalitions of {K} neurons; "
                         f"more than {MOST} neurons need a number of permutations")
    if K == 0 or permutations is None or 2 ** K <= permutations * K:
        coalitions = (np.arange(2 ** K)[:, np.newaxis] >> np.arange(K)[::-1] & 1).astype(bool)
        return coalitions, lambda costs: (exact_shares(costs, coalitions), np.zeros(K))
    orders = np.array([rng.permutation(K) for _ in range(permutations)])
    places = orders.argsort(axis=1)                                 # (orders, K): when each neuron goes
    steps = np.arange(1, K + 1)[:, np.newaxis]
    return (places[:, np.newaxis] < steps).reshape(-1, K), lambda costs: sampled_shares(costs, places)


def exact_shares(costs, coalitions):
    """φ_i = Σ_(S without i) |S|! (K − |S| − 1)! / K! · [C(S ∪ i) − C(S)]; S is row Σ_(j in S) 2^(K−1−j)."""
    K = coalitions.shape[1]
    weights = np.array([1 / (K * math.comb(K - 1, size)) for size in range(K)])
    sizes, rows = coalitions.sum(axis=1), np.arange(len(coalitions))
    shares = np.zeros(K)
    for i in range(K):
        S = rows[~coalitions[:, i]]
        shares[i] = weights[sizes[S]] @ (costs[S + 2 ** (K - 1 - i)] - costs[S])
    return shares


def sampled_shares(costs, places):
    """The mean and its standard error over the orders of what each neuron's removal added to the cost."""
    M, K = places.shape
    added = np.diff(costs.reshape(M, K), axis=1, prepend=0.0)       # by step
    shares = np.take_along_axis(added, places, axis=1)              # by neuron
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(((shares - shares.mean(axis=0)) ** 2).sum(axis=0) / (np.float64(M - 1) * M))
    return shares.mean(axis=0), errors


def costs_of(net, game, coalitions, trace, loss):
    """Σ_n [ℓ_n(o_j = 0 for all j that are gone) − ℓ_n] of each coalition.

    Each runs from the first layer in which it differs from the one before it.
    """
    own = {name: outputs_of(net, name) for name in net.hidden_layers}
    reads = {name: trace[name].x for name in net.layers}
    makes = {name: one.o for name, one in trace.layers.items()}         # before anyone of the layer is silenced
    silent, y, costs = {}, trace.y, []

    def heard(layer):
        return silenced(makes[layer.name], silent[layer.name]) if layer.name in silent else makes[layer.name]

    def step(layer, x):
        makes[layer.name] = layer.forward(x).o
        return heard(layer)

    for gone in coalitions:
        before, silent = silent, channels_of(own, [player for player, absent in zip(game, gone) if absent])
        changed = [layer for layer in {**before, **silent} if before.get(layer) != silent.get(layer)]
        for place, (name, layer) in enumerate(chain_from(net, changed).items()):
            reads[name] = y if place else reads[name]
            y = heard(layer) if not place and not layer.paths else walk({name: layer}, reads[name], step)
        costs.append((loss(y, trace.t) - trace.L).sum(dtype=float))
    return np.array(costs)


def channels_of(own, players):
    """{layer: its channels that are silent} when these players, (hidden layer, i), are gone."""
    silent = {}
    for name, i in players:
        for layer, channels in own[name].items():
            silent.setdefault(layer, []).extend(channels[i].tolist())
    return silent


SCORES = (Score(shapley, mean_over_samples=True, blocks=True, series=True),)
