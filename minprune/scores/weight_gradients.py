"""Scores from the gradients of a neuron's incoming weights, ∂ℓ/∂w_ij."""

import numpy as np

from ..recording import stream
from .score import Score
from .second_derivatives import hessian_product
from .second_order import of_neurons


def taylor_weights(W, mean_dW):
    """The squared first-order change of the loss if all of the neuron's incoming weights were set to 0.

    Formula:  I_i = (Σ_j w_ij ḡ_ij)²,   ḡ_ij = mean_n ∂ℓ_n/∂w_ij
    Point:    the incoming weights; the bias, and batch norm's γ and β, are left out
    Order:    mean of the gradients over all samples, product, sum over the weights, square
    Cost:     one forward and one backward pass
    Claims:   relu rescaling
    Source:   Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019,
              arXiv:1906.10771
    Differs:  there the mean runs over one mini-batch, and squares of many batches are averaged while training
              goes on; here over all samples, so that no batch size enters. Their code (NVlabs/Taylor_pruning,
              method 0) and NNI's TaylorPruner take Σ_j (w ḡ)², of each weight alone; Torch-Pruning Σ_j |w ḡ|
              (`snip`), or |Σ_j w ḡ| with multivariable=True, and adds the same of the weights that read the
              neuron: `nni.taylor` and `torch_pruning.taylor` of mp.scores.tools

    High = keep. Samples whose changes have opposite signs cancel; `taylor_weights_by_sample` squares first.
    At a minimum of the mean loss ḡ = 0, and so is every score.  W, mean_dW: (K, F) -> (K,)
    """
    return np.einsum("ij,ij->i", W, mean_dW) ** 2


def taylor_weights_by_sample(w_dW):
    """The squared first-order change of each sample's loss if the neuron's incoming weights were set to 0.

    Formula:  I_i = mean_n (Σ_j w_ij ∂ℓ_n/∂w_ij)²
    Point:    the incoming weights; the bias, and batch norm's γ and β, are left out
    Order:    product, sum over the weights, square, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling
    Source:   Molchanov et al., CVPR 2019, arXiv:1906.10771, with the gradient of each sample by itself; their
              code does so for gates only (NVlabs/Taylor_pruning, method 23, "uses gradient per example")
    Differs:  there of a gate behind batch norm, one number a neuron; here of the weights

    High = keep. With relu and no bias or batch norm Σ_j w_ij ∂ℓ/∂w_ij = Σ_p o ∂ℓ/∂o, and the score is twice
    `fisher`. w_dW: (N, K), the sum over the weights -> (N, K)
    """
    return w_dW ** 2


def snip(W, mean_dW):
    """The sensitivity of the loss to the neuron's connections, added up.

    Formula:  I_i = Σ_j |w_ij ḡ_ij|,   ḡ_ij = mean_n ∂ℓ_n/∂w_ij
    Point:    the incoming weights; the bias, and batch norm's γ and β, are left out
    Order:    mean of the gradients over all samples, product, absolute value, sum over the weights
    Cost:     one forward and one backward pass
    Claims:   relu rescaling
    Source:   Lee, Ajanthan & Torr, "SNIP", ICLR 2019, arXiv:1810.02340
    Differs:  there of single weights, of an untrained network, on one mini-batch, and divided by the sum over
              the whole network, which changes no ranking; namhoonlee/snip-public scores biases too. The sum
              over a neuron is ours; Torch-Pruning's default Taylor importance has it too, adds the same of
              the weights that read the neuron, and divides by the layer's mean

    High = keep. A weight's w ḡ is the loss's slope in a mask on that weight. Signs are lost before the sum: a
    neuron whose weights' effects cancel scores high.  W, mean_dW: (K, F) -> (K,)
    """
    slopes = W * mean_dW
    return np.abs(slopes, out=slopes).sum(axis=1)


def empirical_fisher_weights(W, mean_dW2):
    """The expected rise of the loss if each incoming weight were set to 0 by itself, from squared gradients.

    Formula:  I_i = ½ mean_n Σ_j (w_ij ∂ℓ_n/∂w_ij)²
    Point:    the incoming weights; the bias, and batch norm's γ and β, are left out
    Order:    square of each sample's gradient, mean over samples, product with w², sum over the weights, half
    Cost:     one forward and one backward pass, and the squares: one more product of a third of their size; for Conv2D
              N·K·F numbers as well, a few samples at a time
    Claims:   mean over samples; relu rescaling
    Source:   optimal brain damage's ½ h_kk w_k² (LeCun, Denker & Solla, NIPS 1989) with h_kk replaced by the
              empirical Fisher information mean_n g_n², as in Theis et al., 2018, arXiv:1801.05787 (there of
              whole neurons too)
    Differs:  Torch-Pruning 1.6.1 calls this sum, without the ½, Hessian importance (GroupHessianImportance), averages
              it with the same of the weights that read the neuron and of γ, and divides by the layer's mean. It looks
              its running sum up by name and keeps it by parameter, so that the last sample alone is in it:
              `torch_pruning.hessian` of mp.scores.tools

    High = keep. h_kk ≈ mean g² holds where the network's own probabilities match the targets'; elsewhere it
    says only how large the gradients are. Weights are removed one by one here, not together.
    W, mean_dW2: (K, F) -> (K,)
    """
    return 0.5 * np.einsum("ij,ij->i", W * mean_dW2, W)


def grasp(net, x, t, loss, batch_size=256):
    """How much gradient flow the neuron's weights carry: what ½ ‖ḡ‖² loses with them, to first order.

    Formula:  I_i = Σ_j w_ij (H ḡ)_ij,  ḡ = the gradient of the mean loss in the weights of all layers, H its
              Hessian
    Point:    the weights of all layers, the output layer's too (biases, γ, β held fixed); running statistics
    Order:    mean gradient over all samples, Hessian times gradient (exact, as Pearlmutter 1994), product,
              sum over the incoming weights; no absolute value
    Cost:     two forward and two backward passes for ḡ and H ḡ, and as much again for the Hessian's own terms
    Claims:   none
    Source:   Wang, Zhang & Grosse, "Picking Winning Tickets Before Training by Preserving Gradient Flow",
              ICLR 2020, arXiv:2002.07376
    Differs:  there the score is −w (H g) and the highest go; here the sign is turned, so that high = keep. It
              is of single weights of an untrained network, the sum over a neuron is ours. alecwangcq/GraSP
              divides the logits by T = 200, draws equally many samples of each class, and divides by |Σ
              scores|

    High = keep: d½‖ḡ‖²/dw · w, so that without the neuron's weights the gradient, and with it the speed of
    training, shrinks. It is about training still to come: at a minimum ḡ = 0 and every score is 0.
    """
    gradients, count = {}, 0
    for trace in stream(net, x, t, loss, batch_size):
        add(gradients, {f"{name}.W": trace[name].grads["W"] for name in net.neuron_layers})
        count += len(trace.x)
    direction = {key: total / count for key, total in gradients.items()}

    products = {}                                               # H ḡ, a sum over samples
    for trace in stream(net, x, t, loss, batch_size):
        add(products, hessian_product(net, trace, direction, loss))
    return of_neurons(net, {f"{name}.W": net[name].W * products[f"{name}.W"] / count for name in net.neuron_layers})


def add(totals, arrays):
    """Add each array to the total of its name, in double precision."""
    for name, array in arrays.items():
        totals[name] = totals.get(name, 0) + array.astype(float)


SCORES = (Score(taylor_weights), Score(taylor_weights_by_sample), Score(snip),
          Score(empirical_fisher_weights, mean_over_samples=True), Score(grasp, blocks=True, series=True))
