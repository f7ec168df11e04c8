"""Optimal brain damage and surgeon of whole neurons, with each layer's Hessian as a Kronecker product A ⊗ S."""

import numpy as np

from ..engine.checks import check_flag, check_real
from ..recording import by_position, stream
from .hessian import inputs_by_group, inverse, neurons_by_group, unit_outputs
from .score import Score
from .second_derivatives import loss_hessian_product
from .units import by_unit, scored_layers


def kron_obd(net, x, t, loss, batch_size=256, empirical=False, squares_first=False):
    """What the neuron's removal costs to second order, if curvature and inputs of its layer are independent.

    Formula:  I_i = ½ S_ii · w̃_iᵀ A w̃_i,   w̃ = the incoming weights, and the bias if there is one,
              A = mean_n Σ_p x̃_np x̃_npᵀ,   S = mean_np ∂y/∂aᵀ (∂²ℓ_n/∂y²) ∂y/∂a, a = Wx + b
    Point:    the incoming weights and the bias; γ and β are left out
    Order:    mean over samples of each factor, quadratic form, half
    Cost:     one forward pass, and a backward pass for each output (empirical=True: one)
    Claims:   relu rescaling
    Source:   C-OBD with Kronecker factors (K-FAC) of Wang, Grosse, Fidler & Zhang, "EigenDamage", ICML 2019,
              arXiv:1905.05934, from the authors' code (alecwangcq/EigenDamage-Pytorch, pruner/kfac_OBD_F2.py); of the
              paper only the abstract and two slides were read
    Differs:  the code adds up Σ_jk w_j² A_jk instead of the quadratic form Σ_jk w_j A_jk w_k, without the ½
              (squares_first=True is that, times ½). Of two equal inputs read with 1 and −1, which give nothing, it
              makes as much as of 1 and 1. It draws targets from the network's answer where S here is their exact mean
              (or takes the data's own: empirical=True), and divides each layer's scores by their sum

    High = keep. Exact where S is the same for all samples: the Gauss-Newton Hessian of the neuron's weights is then
    S_ii A, as in a network of linear neurons under mse, at one position. The slope is left out, as at a minimum.
    Of coupled neurons the costs of their layers are added up.
    """
    def cost(W, A, S):
        return 0.5 * quadratic(W, A, squares_first) * np.diag(S)
    return from_factors(net, stream(net, x, t, loss, batch_size, backward=empirical), loss, empirical, cost)


def kron_obs(net, x, t, loss, batch_size=256, empirical=False, squares_first=False, damping=1e-3):
    """What the neuron's removal costs to second order, if all other neurons of its layer may make up for it.

    Formula:  I_i = w̃_iᵀ A w̃_i / (2 [D⁻¹]_ii),   D = S + damping · diag(S);   A, S and w̃ as in `kron_obd`
    Point:    the incoming weights and the bias of the whole layer; γ and β are left out
    Order:    mean over samples of each factor, quadratic form, over the inverse's diagonal, half
    Cost:     as `kron_obd`, and the inverse of a K × K matrix a layer
    Claims:   relu rescaling
    Source:   C-OBS with Kronecker factors, as `kron_obd`; pruner/kfac_OBS_F2.py
    Differs:  as `kron_obd`; there 1e-10 is added to each eigenvalue of S, and what is below 1e-15 counts as 0

    High = keep. It is min ½ δᵀ (A ⊗ D) δ over all moves δ of the layer's weights that take w̃_i to 0, and never above
    (1 + damping) times `kron_obd`. Where the layer has more neurons than the curvature has directions, the others can
    make up for any one of them, and the damping decides. Raises ValueError if damping = 0 leaves no inverse.
    """
    check_real("damping", damping, least=0)

    def cost(W, A, S):
        size = np.sqrt(np.diag(S))
        bends = size > 0                                        # neurons that the loss depends on, to second order
        free = np.zeros(len(S))
        if bends.any():
            alike = S[np.ix_(bends, bends)] / np.outer(size[bends], size[bends])
            free[bends] = size[bends] ** 2 / np.diag(inverse(alike, damping))
        return 0.5 * quadratic(W, A, squares_first) * free
    return from_factors(net, stream(net, x, t, loss, batch_size, backward=empirical), loss, empirical, cost)


def quadratic(W, A, squares_first):
    """Σ_jk w_ij A_jk w_ik of each row, (K,); with `squares_first` Σ_jk w_ij² A_jk."""
    return (W ** 2 @ A).sum(axis=1) if squares_first else ((W @ A) * W).sum(axis=1)


def from_factors(net, traces, loss, empirical, cost):
    """{hidden layer: (K,)}: cost(W̃, A, S) of neurons that read the same, added up over a unit's layers."""
    check_flag("empirical", empirical)
    layers = scored_layers(net)
    A, S, count = {name: 0.0 for name in layers}, {name: 0.0 for name in layers}, 0
    for trace in traces:
        for name, products in curvature_products(net, trace, loss, empirical, layers).items():
            S[name] = S[name] + products
            A[name] = A[name] + np.stack([rows.T @ rows for _, rows in inputs_by_group(net[name], trace[name].x)])
        count += len(trace.x)
    costs = {name: np.zeros(net[name].K) for name in layers}
    for name in layers:
        W = weights_and_bias(net[name])
        for group, neurons in enumerate(neurons_by_group(net[name])):
            costs[name][neurons] = cost(W[neurons], A[name][group] / count, S[name][neurons, neurons] / count)
    return by_unit(net, costs)


def weights_and_bias(layer):
    """W̃ (K, F + 1), the bias last, or (K, F) without one."""
    W = layer.W.reshape(layer.K, -1).astype(float)
    return np.hstack([W, layer.b[:, np.newaxis]]) if layer.bias else W


def curvature_products(net, trace, loss, empirical, layers):
    """{layer: Σ_n mean_p ∂y/∂aᵀ (∂²ℓ_n/∂y²) ∂y/∂a, (K, K)}; with `empirical` of the samples' own gradients ∂ℓ_n/∂a."""
    if empirical:
        return {name: outer(by_position(net, name, net[name].scaled(trace[name].dz, trace[name]))) for name in layers}
    slopes, curved = {name: [] for name in layers}, []          # for each output: ∂y/∂a, and ∂²ℓ/∂y² · unit vector
    for unit in unit_outputs(trace.y):
        curved.append(loss_hessian_product(loss, trace.y, trace.t, unit).reshape(len(unit), -1))
        net.backward(trace, unit, need_dx=False, need_grads=False)
        for name in layers:
            slopes[name].append(by_position(net, name, net[name].scaled(trace[name].dz, trace[name])).astype(float))
    H = np.stack(curved, axis=1)                                                        # (N, outputs, outputs)
    found = {}
    for name in layers:
        J = np.stack(slopes[name])                                                      # (outputs, N, P, K)
        found[name] = np.tensordot(J, np.einsum("nkl,lnpi->knpi", H, J), axes=([0, 1, 2], [0, 1, 2])) / J.shape[2]
    return found


def outer(da):
    """Σ_n mean_p da daᵀ, (K, K), of da (N, P, K)."""
    rows = da.reshape(-1, da.shape[2]).astype(float)
    return rows.T @ rows / da.shape[1]


SCORES = (Score(kron_obd, blocks=True, series=True), Score(kron_obs, blocks=True, series=True))
