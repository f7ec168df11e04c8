"""Scores gathered while training: objects for `fit(..., on_batch=gathered)`, instead of passes afterwards."""

import numpy as np

from ..recording import by_position


class Gathered:
    """What these scores share: `fit` calls the object after each backward pass, before the step.

        gathered = GatheredGradient()
        fit(net, x, t, on_batch=gathered)
        keep = decide(gathered.scores(), remove=0.3)

    One object can go on gathering over several runs of `fit` of the same network. Raises ValueError for a network
    of other layers, and for scores before the first batch.
    """

    def __init__(self):
        self.totals = None          # {layer: (K,)}, once there was a batch
        self.samples = 0
        self.batches = 0

    def __call__(self, net, trace):
        if self.totals is None:
            self.totals = {name: np.zeros(net[name].K) for name in net.hidden_layers}
        gathered = {name: len(total) for name, total in self.totals.items()}
        got = {name: net[name].K for name in net.hidden_layers}
        if gathered != got:
            raise ValueError(f"{type(self).__name__} gathered for the layers {gathered}, got a network of {got}")
        for name, total in self.totals.items():
            total += self.share(net, name, trace)
        self.samples += len(trace.x)
        self.batches += 1

    def share(self, net, name, trace):
        """What one batch adds to layer `name`, (K,)."""
        raise NotImplementedError

    def check_gathered(self):
        if self.totals is None:
            raise ValueError(f"{type(self).__name__} has seen no batch yet: give it to fit as on_batch")


class GatheredGradient(Gathered):
    """The first article's gradient information, gathered over the whole training.

    Formula:  I_i = mean over all samples of all batches seen, and positions, of |∂ℓ_n/∂o_npi|
    Point:    o, after the activation, at the weights of that step, in training mode: batch statistics of
              batch norm (so that ∂ℓ/∂o sums over the batch's losses) and Dropout as they were
    Order:    absolute value, mean over positions, mean over all samples seen; a sample counts once an epoch
    Cost:     no pass of its own: it reads what the training passes computed
    Claims:   none
    Source:   the first article (梯度信息), which gathers in training; `gradient` is the same after it
    Differs:  not looked up

    High = keep. Early steps, where the loss is steep, count most: the score says more about what the neurons
    were than about what they became.
    """

    def share(self, net, name, trace):
        return np.abs(by_position(net, name, trace[name].do)).mean(axis=1).sum(axis=0, dtype=float)

    def scores(self):
        """{hidden layer: (K,)}; raises ValueError if no batch came yet."""
        self.check_gathered()
        return {name: total / self.samples for name, total in self.totals.items()}


class Movement(Gathered):
    """Whether the neuron's weights moved away from 0 in training: movement pruning's score.

    Formula:  I_i = −Σ_steps Σ_j w_ij ḡ_ij,   ḡ = ∂(mean loss of the batch)/∂W, both before the step
    Point:    the weights of each step; biases, and batch norm's γ and β, are left out
    Order:    product, sum over the incoming weights, minus, sum over the steps; no absolute value
    Cost:     no pass of its own: it reads what the training passes computed
    Claims:   none
    Source:   Sanh, Wolf & Rush, NeurIPS 2020, arXiv:2005.07683
    Differs:  there scores are of single weights, times the rate at which the scores are learnt, and forward
              passes use the weights that the scores keep, with the gradient passed straight through; here
              nothing is masked while gathering, and the scores of a neuron's incoming weights are added up

    High = keep. With plain gradient descent of rate η, −η w ḡ is half the first-order growth of w²: the score
    is what ½ Σ_j w_ij² gained, over η, up to η ‖ḡ‖²/2 a step. It depends on the batch size and on how long
    one trains.
    """

    def share(self, net, name, trace):
        slopes = net[name].W * trace[name].grads["W"]
        return -slopes.reshape(net[name].K, -1).sum(axis=1, dtype=float) / len(trace.x)

    def scores(self):
        """{hidden layer: (K,)}; raises ValueError if no batch came yet."""
        self.check_gathered()
        return {name: total.copy() for name, total in self.totals.items()}


GATHERED = (GatheredGradient, Movement)
