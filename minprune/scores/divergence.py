"""Removal judged by the network's own answers, without any targets."""

from ..engine.facts import NotSaid
from ..engine.losses import find_loss
from .removal import removal
from .score import Score


def removal_kl(net, x, loss, batch_size=256):
    """How far the network's answer moves when this one neuron is silenced: the Kullback-Leibler divergence.

    Formula:  I_i = mean_n Σ_k p_nk log(p_nk / q_nk), p the softmax of the network's output, q that with o_i = 0
    Point:    the answer, with the neuron's output held at 0 and all others as they are
    Order:    divergence of each sample, mean over samples; never negative, up to rounding
    Cost:     one forward pass more than `removal`; no targets
    Claims:   mean over samples; relu rescaling
    Source:   Luo & Wu, "Neural Network Pruning with Residual-Connections and Limited-Data" (CURL), CVPR 2020,
              arXiv:1911.08114 (only the abstract was read: "a KL-divergence based criterion")
    Differs:  not looked up: which of p and q comes first there, and on which data

    High = keep. It is `removal` with the network's answers as targets, since cross-entropy of p and q less that of p
    and p is the divergence. With another loss it is that loss's rise above its value for the network's own answer: of
    mse ½ Σ_k (change of y_k)², of binary cross-entropy the divergence of each output's two cases. A neuron that makes
    the network wrong scores as high as one that makes it right. Raises NotSaid for a loss that has no `answer`.
    """
    loss = find_loss(loss)
    if loss.answer is None:
        raise NotSaid(f'loss "{loss.name}" does not say its answer, which the divergence compares')
    return removal(net, x, loss.answer(net.predict(x, batch_size)), loss, batch_size)


SCORES = (Score(removal_kl, mean_over_samples=True, blocks=True),)
