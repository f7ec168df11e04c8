"""Scores of single weights with passes of their own: the flow of |weights|, Hessians, and the flow of gradients."""

import numpy as np

from ..recording import stream
from ..scores.data_free import flow_of_ones
from ..scores.second_derivatives import hessian_product
from ..scores.second_order import obd_weights
from ..scores.surgeon import obs_weights
from ..scores.woodfisher import woodfisher_weights
from .masks import weight_arrays


def synflow(net):
    """The synaptic flow through the weight: of what |weights| carry from input to output, what passes here.

    Formula:  S_ij = |w_ij| ∂R/∂|w_ij|,   R = Σ y in the linearised network: |weights|, f(z) = z, no biases, inputs 1
    Point:    the weights; no data. Batch norm keeps |γ| / √(var + ε) (running statistics) and loses its shift
    Order:    absolute value of each weight, product with the gradient
    Cost:     no data; one forward and one backward pass of one sample
    Source:   Tanaka, Kunin, Yamins & Ganguli, "Pruning neural networks without any data by iteratively conserving
              synaptic flow", NeurIPS 2020, arXiv:2006.05467 (the authors' code was read, ganguli-lab/Synaptic-Flow,
              Pruners/pruners.py; the paper's Theorem 1 is known from `minprune scores synflow`)
    Differs:  there in a hundred small steps, the scores computed anew after each. The code takes the absolute value of
              everything stored, biases and running means included, and keeps them and f: the same for networks of relu
              without biases or batch norm; otherwise its layers do not add up

    High = keep. What a neuron's incoming weights carry, its outgoing weights carry as well, and each layer of a network
    without blocks carries R: so no layer is emptied as long as the scores are computed anew. Without maximum pooling R
    falls by just S_ij when the weight goes. Raises NotSaid for a layer that is not piecewise linear or has negative
    slopes.
    """
    linear, trace = flow_of_ones(net)
    grads = trace.grads()
    return {name: W * grads[name] for name, W in weight_arrays(linear).items()}


def grasp(net, x, t, loss, batch_size=256):
    """How much gradient flow goes with the weight: what ½ ‖ḡ‖² loses with it, to first order.

    Formula:  S_ij = w_ij (H ḡ)_ij,   ḡ and H the gradient and the Hessian of the mean loss in the weights of all layers
    Point:    the weights of all layers (biases, γ, β held fixed); running statistics
    Order:    mean gradient over all samples, Hessian times gradient (exact, as Pearlmutter 1994), product; no absolute
              value
    Cost:     two forward and two backward passes for ḡ and H ḡ, and as much again for the Hessian's own terms
    Source:   Wang, Zhang & Grosse, "Picking Winning Tickets Before Training by Preserving Gradient Flow", ICLR 2020,
              arXiv:2002.07376 (the authors' code was read, alecwangcq/GraSP, pruner/GraSP.py; the paper was not)
    Differs:  there the score is −w (H g) and the highest go; here the sign is turned, so that high = keep. There of an
              untrained network, on as many samples of each class, with logits divided by T = 200, the Hessian of each
              half of the samples by itself, and divided by |Σ scores|, which changes no ranking

    High = keep: d½‖ḡ‖²/dw · w, so that without the weight the gradient, and the speed of training, shrinks. It is about
    training still to come: of a trained network it keeps what makes the loss steep, and can do worse than chance.
    """
    slopes = mean_gradients(net, x, t, loss, batch_size)
    products = totals_of(net, (hessian_product(net, trace, slopes, loss)
                               for trace in stream(net, x, t, loss, batch_size, need_dx=False)), len(x))
    return {name: W * products[name] for name, W in weight_arrays(net).items()}


def mean_gradients(net, x, t, loss, batch_size):
    """{"conv1.W": ∂L/∂W, …} of the mean loss L = mean_n ℓ_n."""
    passes = stream(net, x, t, loss, batch_size, need_dx=False)
    return totals_of(net, (trace.grads() for trace in passes), len(x))


def totals_of(net, parts, count):
    """{"conv1.W": Σ over the batches / count, in double precision}."""
    totals = {name: np.zeros(W.shape) for name, W in weight_arrays(net).items()}
    for part in parts:
        for name, total in totals.items():
            total += part[name]
    return {name: total / count for name, total in totals.items()}


def obd(net, x, t, loss, batch_size=256):
    """Optimal brain damage, ½ h w² with the second derivative h of the mean loss: see `obd_weights` of mp.scores."""
    return of_weights(net, obd_weights(net, x, t, loss, batch_size))


def obs(net, x, t, loss, batch_size=256):
    """Optimal brain surgeon, w² / (2 [H⁻¹]_qq): see `obs_weights` of mp.scores, with Gauss-Newton's H + 10⁻⁴ · 1."""
    return of_weights(net, obs_weights(net, x, t, loss, batch_size))


def woodfisher(net, x, t, loss, batch_size=256):
    """`obs` with the empirical Fisher information as H: see `woodfisher_weights` of mp.scores."""
    return of_weights(net, woodfisher_weights(net, x, t, loss, batch_size))


def of_weights(net, saliencies):
    """Those of the weight arrays alone, without biases."""
    return {name: saliencies[name] for name in weight_arrays(net)}


FROM_WEIGHTS = (synflow,)
FROM_DATA = (grasp, obd, obs, woodfisher)
