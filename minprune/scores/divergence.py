"""Removal judged by the network's own answers, without any targets."""

import dataclasses

from ..engine.facts import NotSaid
from ..engine.losses import find_loss, prepare_mse
from .removal import removal
from .score import Score


def removal_kl(net, x, loss, batch_size=256, silenced_first=False):
    """How far the network's answer moves when this one neuron is silenced: the Kullback-Leibler divergence.

    Formula:  I_i = mean_n Σ_k p_nk log(p_nk / q_nk), p the softmax of the network's output, q that with o_i = 0
    Point:    the answer, with the neuron's output held at 0 and all others as they are
    Order:    divergence of each sample, mean over samples; never negative, up to rounding
    Cost:     one forward pass more than `removal`; no targets
    Claims:   mean over samples; relu rescaling
    Source:   Luo & Wu, "Neural Network Pruning with Residual-Connections and Limited-Data" (CURL), CVPR 2020,
              arXiv:1911.08114 (the abstract, and the authors' code, Roll920/CURL, generate_mask.py)
    Differs:  the code takes the other divergence, Σ_k q_nk log(q_nk / p_nk), on 256 training images
              (silenced_first=True). Its comments give the accuracies of both, which differ by less than 0.1 %

    High = keep. It is `removal` with the network's answers as targets, since cross-entropy of p and q less that of p
    and p is the divergence. With another loss it is that loss's rise above its value for the network's own answer:
    of mse ½ Σ_k (change of y_k)², of binary cross-entropy the divergence of each output's two cases. A neuron that
    makes the network wrong scores as high as one that makes it right. With silenced_first=True p and q change
    places: what the silenced network is sure of counts, in place of what the whole one is. Raises NotSaid for a
    loss that has no `answer`.
    """
    loss = find_loss(loss)
    if loss.answer is None:
        raise NotSaid(f'loss "{loss.name}" does not say its answer, which the divergence compares')
    y = net.predict(x, batch_size)
    if silenced_first:
        return removal(net, x, y, away_from(loss), batch_size)
    return removal(net, x, loss.answer(y), loss, batch_size)


def away_from(loss):
    """The loss whose targets are a network's outputs t: how far t is from the answer of y, less that of y itself."""
    def function(y, t):
        answer = loss.answer(y)
        return loss(t, answer) - loss(y, answer)
    return dataclasses.replace(loss, function=function, prepare=prepare_mse)


SCORES = (Score(removal_kl, mean_over_samples=True, blocks=True, series=True),)
