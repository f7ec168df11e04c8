"""Scores that follow the weights through the network, without any data."""

import numpy as np

from ..engine import batch_norm as bn
from ..engine.batch_norm_layer import BatchNorm
from ..engine.facts import NotSaid
from ..engine.layer import NeuronLayer
from ..engine.network import Network
from .readers import outgoing_weights
from .score import Score
from .units import collected, outputs_of, over_positions, weights_of
from .walks import arrivals, handed_back


def data_free_similarity(net):
    """What is lost when the layer's most similar neuron takes over the neuron's outgoing weights.

    Formula:  I_i = min_j mean_k(w′_ki²) · (‖w_i − w_j‖² + (b_i − b_j)²), over the layer's other neurons j
    Point:    incoming and outgoing weights; no data. Batch norm (running statistics) is multiplied into w and
              b.
    Order:    squared distance, times the mean of the squared outgoing weights, smallest over the twins
    Cost:     no pass; K² distances
    Claims:   none
    Source:   Srinivas & Babu, "Data-free Parameter Pruning for Deep Neural Networks", BMVC 2015,
              arXiv:1507.06149, equation 4: ⟨a_j²⟩ ‖ε_ij‖² for putting i in the place of j (as public code that
              recreates the paper section by section quotes it; the paper itself was not read)
    Differs:  one-shot: there the pair of least saliency is merged, the row and column of who is left are
              computed anew, and so on. By that account (§3.3, 3.4) weights of relu neurons are first scaled to
              length 1, with the factor moved into the outgoing ones, and ‖ε_ij‖ becomes
              ‖w_i − w_j‖ / ‖w_i + w_j‖ + |b_i − b_j| / |b_i + b_j|; here neither. There only dense layers;
              here a channel's outgoing weights are those of all kernel places. Outgoing weights are meant as
              they are, without the next layer's batch norm

    High = keep. It judges removal with surgery (add column i of the next W to column j), not removal alone: two equal
    neurons both score 0, and once one is gone the other is worth all. Where f′ ≤ 1 and layers are Dense, the
    surgery changes z′ by at most mean_k(Δz′_k²) ≤ I_i · (‖x‖² + 1). Neurons that compute the same after rescaling
    (w and 2w) are not seen as twins. A layer's only neuron is compared with a silent one. Of coupled neurons the
    weights and biases of all layers of the unit are put side by side. Raises NotSaid where a batch norm as a layer
    of its own belongs to the neurons and cannot be merged into the layer before it: behind a sum or a curved
    activation how far apart the outputs of two neurons are depends on the data, however near their weights are.
    """
    merged = net if net.is_plain else net.merged()              # the same neurons, with their batch norms inside
    for name in merged.hidden_layers:
        check_alike(merged, name)
    scores = [similarity(rows_of(merged, name), outgoing_weights(merged, name), merged[name].mask)
              for name in merged.hidden_layers]
    return dict(zip(net.hidden_layers, scores))


def check_alike(net, name):
    """Raise NotSaid unless neurons of equal weights put out the same, so that one can be read in the other's place."""
    for layer in net.units[name].series:
        if isinstance(net[layer], BatchNorm):
            raise NotSaid(f'data_free_similarity: {net[layer]} has numbers of its own for each neuron of "{name}", so '
                          "that neurons of equal weights put out different numbers: how far apart depends on data")


def rows_of(net, name):
    """The weights and the bias of each neuron, those of all layers of the unit in a row, (K, ΣF + …)."""
    parts = []
    for layer, channels in weights_of(net, name).items():
        W, b = folded(net[layer])
        parts.append(np.concatenate([W, b[:, np.newaxis]], axis=1)[channels].reshape(len(channels), -1))
    return np.concatenate(parts, axis=1)


def similarity(rows, W_out, mask):
    """min_j mean_k(w′_ki²) · ‖row_i − row_j‖²; masked neurons stand in for nobody."""
    distances = np.array([((rows - row) ** 2).sum(axis=1) for row in rows])
    np.fill_diagonal(distances, np.inf)
    if mask is not None:
        distances[:, ~mask] = np.inf
    nearest = distances.min(axis=1)
    alone = np.isinf(nearest)
    nearest[alone] = (rows[alone] ** 2).sum(axis=1)
    return (W_out ** 2).mean(axis=1) * nearest


def nisp(net):
    """How much all outputs together can change for each unit that the neuron's output changes.

    Formula:  I_i = Σ_p s_pi, where s = 1 at every output, and s_pi = Σ_qk |w′_kqpi| s′_qk for a layer that is
              read by neurons k at positions q (chain of |weights| from neuron to outputs)
    Point:    the weights; no data. Batch norm (running statistics) is multiplied into them; pooling by
              average shares s out, pooling by maximum gives all of s to each place of the window
    Order:    absolute value of each weight, sum over all paths to the outputs, sum over the neuron's
              positions
    Cost:     no data; one backward pass of one sample
    Claims:   none
    Source:   Yu et al., "NISP: Pruning Networks using Neuron Importance Score Propagation", CVPR 2018,
              arXiv:1711.05908 (the abstract read, the equations not)
    Differs:  there the propagation starts below the classifier, at the "final response layer", whose scores
              come from a feature ranking on data (Inf-FS); here it starts with 1 at every output, so that no
              data are needed. How the paper treats batch norm and maximum pooling: not read

    High = keep. Where f′ ≤ 1 it is a bound: Σ_k |Δy_k| ≤ Σ_p s_pi |Δo_npi| for every sample. It asks neither
    how large o_i is (a dead neuron scores like any other) nor whether paths cancel. Below a Dense output
    layer it is `outgoing_norm_l1`. A block adds up the paths through it and around it; of coupled neurons s is added up
    over all layers of the unit, so that it bounds what their changes do together.
    """
    linear = linearised(net)
    trace = linear.forward(np.ones((1, *net.input_shape)))

    def step(layer, bound):
        one = trace[layer.name]
        return handed_back(layer, one, bound) if isinstance(layer, NeuronLayer) else layer.bounds_back(one, bound)
    s = arrivals(linear, np.ones_like(trace.y), step)
    return {name: sum(collected(over_positions(bound)[0], outputs_of(net, name)[layer])
                      for layer, bound in s[name].items()) for name in net.hidden_layers}


def synflow(net):
    """The synaptic flow through the neuron: of what |weights| carry from input to output, what passes here.

    Formula:  I_i = Σ_p o_pi ∂R/∂o_pi = Σ_j w_ij ∂R/∂w_ij = Σ_k w′_ki ∂R/∂w′_ki, with R = Σ y, all in the
              linearised network: |weights|, f(z) = z, no biases, every input 1
    Point:    the weights; no data. Batch norm keeps |γ| / √(var + ε) (running statistics) and loses its
              shift; average pooling stays as it is, maximum pooling passes on the largest (the first of equal
              ones)
    Order:    absolute value of each weight; product with the gradient; sum over positions (or, equal to it,
              over the incoming, or over the outgoing weights)
    Cost:     no data; one forward and one backward pass of one sample
    Claims:   relu rescaling; shares add up to R, the same number in every hidden layer of a network without
              blocks (with them some of R goes around a layer)
    Source:   Tanaka, Kunin, Yamins & Ganguli, NeurIPS 2020, arXiv:2006.05467: the score of a weight, and
              Theorem 1 (incoming and outgoing sums of a neuron are equal where f is homogeneous and there are
              no biases)
    Differs:  there one score a weight, computed again after each of many small steps of pruning. The authors'
              code takes the absolute value of everything stored, biases and running means included, and keeps
              them and f: the same for networks of relu without biases or batch norm; otherwise its layers do
              not add up

    High = keep. Without maximum pooling R falls by just I_i when the neuron is removed from the linearised
    network. Signs are gone: two neurons that cancel score high, and so does one that relu never lets fire.
    Layers of fewer neurons have larger scores on average, which keeps a layer from being emptied when all are
    ranked together.
    """
    linear, trace = flow_of_ones(net)
    return {name: (trace[name].o * trace[name].do).reshape(-1, linear[name].K).sum(axis=0)
            for name in net.hidden_layers}


def flow_of_ones(net):
    """(the linearised network, its trace of an input of ones with the gradients of R = Σ y).

    Raises NotSaid for a layer that is not piecewise linear or has negative slopes.
    """
    linear = linearised(net)
    for name, layer in linear.all_layers.items():
        if not (name in net.neuron_layers or layer.paths):
            layer.check_piecewise_linear("synaptic flow")
            layer.check_nonnegative("synaptic flow")
    trace = linear.forward(np.ones((1, *net.input_shape)))
    linear.backward(trace, np.ones_like(trace.y))
    return linear, trace


def linearised(net):
    """A float64 network of its own: f(z) = z, |W| with batch norm's slope in it, no biases, 0 where masked."""
    settings, arrays = straightened(net.settings()), {}
    for name, layer in net.all_layers.items():
        if name not in net.neuron_layers:
            arrays |= {f"{name}.{key}": array for key, array in layer.arrays().items()}
        if isinstance(layer, BatchNorm):
            arrays |= {f"{name}.gamma": np.abs(layer.gamma), f"{name}.beta": np.zeros_like(layer.beta),
                       f"{name}.running_mean": np.zeros_like(layer.running_mean)}
    for name in net.neuron_layers:
        layer = net[name]
        W, b = folded(layer)
        here = np.ones(layer.K) if layer.mask is None else layer.mask
        arrays[f"{name}.W"] = (np.abs(W) * here[:, np.newaxis]).reshape(layer.W.shape)
        if layer.bias:
            arrays[f"{name}.b"] = np.zeros_like(b)
    linear = Network.from_settings({**settings, "dtype": "float64"}, arrays)
    linear.units = net.units                    # the same neurons, also where a curved layer of its own is straight now
    return linear


def straightened(settings):
    """The settings of a network, or of a layer, with f(z) = z and without batch norm in all that is inside."""
    straight = {"activation": "identity", "batch_norm": False}
    settings |= {key: value for key, value in straight.items() if key in settings}
    inside = [*settings.get("layers", ()), settings.get("projection"), *sum(settings.get("branches", ()), [])]
    for layer in filter(None, inside):
        straightened(layer)
    return settings


def folded(layer):
    """W (K, F) and b in float64 with the batch norm multiplied in: z = W x + b.

    γ (W x + b − mean) / √(var + ε) + β  =  (s W) x + (s (b − mean) + β),  s = γ / √(var + ε).
    """
    W, b = layer.W.reshape(layer.K, -1).astype(float), layer.b.astype(float)
    if not layer.batch_norm:
        return W, b
    s = bn.backward_fixed(1.0, layer.gamma.astype(float), layer.running_var, layer.constants.eps)
    return s[:, np.newaxis] * W, s * (b - layer.running_mean) + layer.beta


SCORES = (Score(data_free_similarity, blocks=True, series=True), Score(nisp, blocks=True, series=True),
          Score(synflow, blocks=True, series=True))
