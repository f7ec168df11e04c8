"""Attribution: how much of one number that the network puts out goes through each neuron.

The number F_n is, with of="output", Σ_k t_nk y_nk: the output of the target class, where t is one-hot; with
of="loss" (the path integrals only), the sample's loss. A neuron's share a_ni is signed and summed over its
positions; the scores are mean_n |a_ni|, or with absolute=False mean_n a_ni, in which shares add up.

Mind what F_n is where targets are not one-hot. With a single output and t = 0 it is 0: such samples give no
neuron anything, and with targets that are numbers it is t · y. There of="loss" asks the better question.
"""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_known, check_numbers, check_real
from ..engine.losses import find_loss
from ..engine.layer import NeuronLayer
from ..recording import stream
from .score import Score
from .second_order import with_weights

NUMBERS = ("output", "loss")


# --------------------------------------------------------------------------- along a path


def conductance(net, x, t, loss, batch_size=256, steps=32, baseline=0.0, of="output", absolute=True):
    """The part of F(x) − F(x̄) that flows through the neuron while the input grows from the baseline x̄ to x.

    Formula:  I_i = mean_n |Σ_p ∫₀¹ ∂F_n/∂o_npi · do_npi/dα dα|  along the inputs x̄ + α (x_n − x̄)
    Point:    o, after the activation and before any pooling, at the midpoints of `steps` equal pieces of the
              path; x̄ is `baseline`, a number or an input; F is the target class's output, or the loss
              (of="loss")
    Order:    product, mean over the steps, sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     per step one forward pass, one backward pass, and one directional derivative (a forward pass)
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False and many steps, to mean_n
              [F(x_n) − F(x̄)] in every layer
    Source:   Dhamdhere, Sundararajan & Yan, "How Important Is a Neuron?", ICLR 2019, arXiv:1805.12233;
              Shrikumar, Su & Kundaje, 2018, arXiv:1807.09946, show that the sum over inputs in its definition
              is the derivative along the path, and call it neuron integrated gradients
    Differs:  Captum's LayerConductance takes do/dα as the difference between two steps, the gradient at the
              first of the two, 51 Gauss-Legendre points, and returns a share a position and sample; here
              do/dα is exact. `captum` of mp.scores.tools has Captum's numbers

    High = keep. Unlike a slope it does not vanish where an output is saturated. A neuron that is the same for
    x and the baseline can still have a share, from what it did on the way; a constant neuron has none, though
    its removal may cost much (give it to the bias).
    """
    def share(layer, trace, moved):
        return trace.do * moved
    batches = stream(net, x, t, loss, batch_size, backward=False)
    return along_path(net, batches, loss, Path(steps, baseline, of), absolute, share)


def internal_influence(net, x, t, loss, batch_size=256, steps=32, baseline=0.0, of="output", absolute=True):
    """The mean slope of F with respect to the neuron's output while the input grows from the baseline to x.

    Formula:  I_i = mean_n |Σ_p ∫₀¹ ∂F_n/∂o_npi dα|  along the inputs x̄ + α (x_n − x̄)
    Point:    o, after the activation and before any pooling, at the midpoints of `steps` equal pieces of the
              path; x̄ is `baseline`; F is the target class's output, or the loss (of="loss")
    Order:    mean over the steps, sum over positions, absolute value (not if absolute=False), mean over
              samples
    Cost:     one forward and one backward pass a step
    Claims:   mean over samples
    Source:   Leino, Sen, Datta, Fredrikson & Li, "Influence-Directed Explanations for Deep Convolutional
              Networks", 2018, arXiv:1802.03788, with the path as the distribution of interest
    Differs:  the paper leaves the distribution open (a single point, a class, a path); Captum's
              InternalInfluence takes this path with 50 Gauss-Legendre points and returns a share a position
              and sample

    High = keep. A slope, not a change: it does not know how far the output is from 0 (`gradient` is the same
    for the loss at the end of the path). Shares do not add up to anything.
    """
    def share(layer, trace, moved):
        return trace.do
    batches = stream(net, x, t, loss, batch_size, backward=False)
    return along_path(net, batches, loss, Path(steps, baseline, of), absolute, share)


def integrated_gradients(net, x, t, loss, batch_size=256, steps=32, of="output", absolute=True):
    """The neuron's part of what its layer does to F, while the layer's outputs grow from 0 to what they are.

    Formula:  I_i = mean_n |Σ_p o_npi ∫₀¹ ∂F_n/∂o_npi (α o_n) dα|
    Point:    o, after the activation and before any pooling, the layer's outputs all scaled by α, at the
              midpoints of `steps` equal pieces of 0 … 1; F is the target class's output, or the loss
              (of="loss")
    Order:    mean over the steps, product, sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     per layer and step one forward and one backward pass of what lies above the layer
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False and many steps, to mean_n
              [F_n − F_n(the whole layer silent)] in every layer
    Source:   Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017,
              arXiv:1703.01365, with the layer's outputs in place of the input and baseline 0
    Differs:  Captum's LayerIntegratedGradients goes from the layer's outputs at an input baseline, not from
              0, with 50 Gauss-Legendre points, and returns a share a position and sample

    High = keep. `taylor` without its approximation, but for the layer as a whole: the other neurons shrink
    with this one, so a share is not what removal of this one alone would do.
    """
    steps = check_count("steps", steps)
    loss, totals, count = start(net, loss, of)
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        for name in totals:
            o = trace[name].o
            slopes = sum(slope_at(net, name, alpha * o, trace.t, loss, of) for alpha in midpoints(steps))
            totals[name] += summed(net, name, o * slopes / steps, absolute)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def slope_at(net, name, o, t, loss, of):
    """∂F_n/∂o_n where layer `name` puts out o."""
    after, traces = net.names_after(name), {}
    for one in after:
        traces[one] = net[one].forward(o)
        o = traces[one].o
    do = slope_of_number(o, t, loss, of)
    for one in reversed(after):
        do = net[one].backward(traces[one], do, need_grads=False)
    return do


@dataclass
class Path:
    """The inputs x̄ + α (x_n − x̄) for α = 0 … 1, and the number F_n whose slope is taken on the way.

    `steps` equal pieces, whose midpoints are taken; the `baseline` x̄; F_n is the "output" or the "loss" (`of`).
    """

    steps: int
    baseline: object
    of: str

    def traces(self, net, end, loss):
        """Yield a trace, with gradients, of each point of the path to the inputs of the trace `end`."""
        for alpha in midpoints(self.steps):
            trace = net.forward(self.baseline + alpha * (end.x - self.baseline))
            net.backward(trace, slope_of_number(trace.y, end.t, loss, self.of), need_dx=False, need_grads=False)
            yield trace


def along_path(net, batches, loss, path, absolute, share):
    """mean_n |Σ_p ∫ share dα|; share(layer, trace, do/dα) is what each output gets at a point of the path."""
    path.steps, path.baseline = check_count("steps", path.steps), check_baseline(net, path.baseline)
    loss, totals, count = start(net, loss, path.of)
    for end in batches:
        shares = {name: 0.0 for name in totals}
        for trace in path.traces(net, end, loss):
            moved = end.x - path.baseline
            for name, layer in net.layers.items():
                moved = layer.tangent(trace[name], moved)
                if name in shares:
                    shares[name] = shares[name] + share(layer, trace[name], moved) / path.steps
        for name in totals:
            totals[name] += summed(net, name, shares[name], absolute)
        count += len(end.x)
    return {name: total / count for name, total in totals.items()}


def midpoints(steps):
    """The middles of `steps` equal pieces of 0 … 1."""
    return [(step + 0.5) / steps for step in range(steps)]


def start(net, loss, of):
    check_known("of", of, NUMBERS)
    return find_loss(loss), {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0


def check_baseline(net, baseline):
    """Return the baseline as an array; raise unless it is a number or of one sample's shape."""
    baseline = check_numbers("baseline", baseline)
    if baseline.shape not in ((), net.input_shape):
        raise ValueError(f"baseline expects a number or shape {net.input_shape}, got {baseline.shape}")
    return baseline.astype(net.dtype)


def slope_of_number(y, t, loss, of):
    """∂F_n/∂y_n."""
    return loss.derivative(y, t) if of == "loss" else t


def summed(net, name, shares, absolute):
    """Σ_n |Σ_p share_npi|, (K,)."""
    shares = shares.reshape(len(shares), -1, net[name].K).sum(axis=1, dtype=float)
    return (np.abs(shares) if absolute else shares).sum(axis=0)


# --------------------------------------------------------------------- backwards, layer by layer


def deeplift(net, x, t, loss, batch_size=256, baseline=0.0, absolute=True):
    """The neuron's part of F(x) − F(x̄) by DeepLIFT's rescale rule: slopes between two points, not at one.

    Formula:  I_i = mean_n |Σ_p m_npi (o_npi − ō_pi)|, the multipliers m going backwards as gradients do, with
              (o − ō) / (z − z̄) in place of f′(z); ō and z̄ are those of the baseline
    Point:    o, after the activation and before any pooling; F = Σ_k t_nk y_nk, the target class's output
    Order:    product, sum over positions, absolute value (not if absolute=False), mean over samples
    Cost:     one forward and one backward pass, and one forward pass of the baseline
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False, to mean_n [F(x_n) −
              F(x̄)] in every layer
    Source:   Shrikumar, Greenside & Kundaje, "Learning Important Features Through Propagating Activation
              Differences", ICML 2017, arXiv:1704.02685, the rescale rule
    Differs:  where |z − z̄| < 1e-7 the slope f′(z) is taken, in Captum below 1e-10. A window of max pooling
              gives max(o, ō) − ō to where x is largest and o − max(o, ō) to where x̄ is, as in Captum; not
              the paper's rule RevealCancel

    High = keep. Not blind to saturation, exact in one pass, but it depends on the baseline (`baseline`, a
    number or an input), and a neuron that is the same for x and the baseline gets 0, whatever its removal
    would do.
    """
    loss, totals, count = start(net, loss, "output")
    reference = net.forward(check_baseline(net, baseline) + np.zeros((1, *net.input_shape), net.dtype))
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        m = trace.t
        for name in reversed(net.layers):
            if name in totals:
                totals[name] += summed(net, name, m * (trace[name].o - reference[name].o), absolute)
            m = multipliers(net[name], trace[name], reference[name], m)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def multipliers(layer, trace, reference, m):
    """The multipliers of what the layer reads, from those of what it puts out."""
    if isinstance(layer, NeuronLayer):
        slopes = ratio(trace.o - reference.o, trace.z - reference.z, layer.slope(trace.z))
        return layer.product_back(layer.scaled(m * slopes, trace))
    if layer.fact("linear"):                                            # Flatten, averages, Dropout
        return layer.backward(trace, m)
    if layer.fact("passes_on"):                                         # max pooling
        x0, o0 = np.broadcast_to(reference.x, trace.x.shape), np.broadcast_to(reference.o, trace.o.shape)
        larger = np.maximum(trace.o, o0)
        given = to_largest(layer, trace.x, m * (larger - o0)) + to_largest(layer, x0, m * (trace.o - larger))
        return ratio(given, trace.x - x0, np.zeros_like(trace.x))
    raise layer.not_said("how multipliers go back: it is neither linear nor passes its inputs on")


def ratio(change, by, instead):
    """change / by, and `instead` where `by` is as good as 0."""
    large = np.abs(by) >= 1e-7
    return np.where(large, change / np.where(large, by, 1), instead)


def to_largest(pool, x, given):
    """Hand what each output is given to the input that it passes on at x."""
    return pool.backward(pool.forward(x), given)


def lrp_epsilon(net, x, t, loss, batch_size=256, epsilon=1e-6, absolute=True):
    """The neuron's relevance by layer-wise relevance propagation, ε-rule: shares by what each one gave.

    Formula:  I_i = mean_n |Σ_p R_npi|,  R_i = Σ_k o_i w_ki / (z_k + ε sign z_k) · R_k,  R of the outputs: t_k
              y_k
    Point:    o, after the activation and before any pooling; z with its bias, batch norm taken into w and
              bias
    Order:    from the outputs backwards; sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; shares add up, with absolute=False, to mean_n F_n = mean_n Σ_k t_nk y_nk
              in every layer, if ε is small and no layer has a bias (which keeps its own part)
    Source:   Bach, Binder, Montavon, Klauschen, Müller & Samek, "On Pixel-Wise Explanations for Non-Linear
              Classifier Decisions by Layer-Wise Relevance Propagation", PLOS ONE 10(7), 2015, e0130140. As a
              pruning score: Yeom et al., "Pruning by explaining", Pattern Recognition 115, 2021,
              arXiv:1912.08881
    Differs:  Captum's EpsilonRule gives ε the sign of z, as here; an older one (pytorch/captum@09d4c4f) did not, so
              that a negative z came closer to 0.
              What Yeom et al.'s code calls "epsilon" is `lrp_zplus`. Max pooling gives all to the largest, an
              average is a layer of equal weights

    High = keep. For relu networks it is |Σ_p o · ∂F/∂o| (as ε → 0): `taylor` of the output instead of the
    loss. Where a z is nearly 0 relevances are large and cancel.
    """
    epsilon = check_real("epsilon", epsilon, least=0)

    def rule(layer, trace, R):
        z = trace.z if isinstance(layer, NeuronLayer) else trace.o
        away_from_0 = z + np.where(z < 0, -epsilon, epsilon).astype(z.dtype)
        return trace.x * weighed_back(layer, trace, safe_ratio(R, away_from_0))
    return relevance(net, x, t, loss, batch_size, absolute, rule)


def weighed_back(layer, trace, dz):
    """Σ_k dz_k w_kj, batch norm included: what a linear layer hands back."""
    if isinstance(layer, NeuronLayer):
        return layer.product_back(layer.scaled(dz, trace))
    return layer.backward(trace, dz)


def lrp_zplus(net, x, t, loss, batch_size=256, absolute=True):
    """The neuron's relevance by layer-wise relevance propagation, z⁺-rule: only what spoke for counts.

    Formula:  I_i = mean_n |Σ_p R_npi|,  R_i = Σ_k (o_i w_ki)⁺ / Σ_j (o_j w_kj)⁺ · R_k,  R of the outputs: t_k
              y_k
    Point:    o, after the activation and before any pooling; batch norm taken into w; no biases
    Order:    from the outputs backwards; sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     one forward and about four backward passes
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False, to mean_n F_n = mean_n
              Σ_k t_nk y_nk in every layer, where each k with relevance has some (o_j w_kj)⁺ > 0 (what has
              none loses its relevance)
    Source:   Bach et al., PLOS ONE 10(7), 2015, e0130140, the αβ-rule with α = 1, β = 0. As a pruning score:
              Yeom et al., arXiv:1912.08881
    Differs:  Yeom et al.'s code (github.com/seulkiyeom/LRP_pruning, modules/lrp.py) clamps w only, which is this
              rule for inputs ≥ 0, offers it as "z" or "epsilon", divides by z⁺ + 1e-9, and takes |R| before the
              sum over positions. Captum's Alpha1_Beta0_Rule clamps w too and by default keeps biases in the
              denominator. Here (o w)⁺ = o⁺w⁺ + o⁻w⁻, for any activation

    High = keep. All relevances have the sign of F: nothing cancels, and neurons that speak against the class
    get 0, though removing them changes the loss.
    """
    def rule(layer, trace, R):
        up, down = np.maximum(trace.x, 0), np.minimum(trace.x, 0)
        if not isinstance(layer, NeuronLayer):                          # an average
            layer.check_nonnegative("relevance by the z⁺-rule")
            return up * layer.backward(trace, safe_ratio(R, layer.forward(up).o))
        plus, minus = (one_sign(layer, trace, part) for part in (np.maximum, np.minimum))
        share = safe_ratio(R, plus.product(up) + minus.product(down))
        return up * plus.product_back(share) + down * minus.product_back(share)
    return relevance(net, x, t, loss, batch_size, absolute, rule)


def one_sign(layer, trace, part):
    """The layer with part(w, 0) in place of each weight w, batch norm's factor included."""
    factor = layer.scaled(np.ones(layer.K, layer.W.dtype), trace)
    return with_weights(layer, part(layer.W * factor.reshape(-1, *[1] * (layer.W.ndim - 1)), 0))


def relevance(net, x, t, loss, batch_size, absolute, rule):
    """mean_n |Σ_p R_npi|, R being taken backwards through each layer by `rule`."""
    loss, totals, count = start(net, loss, "output")
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        R = trace.t * trace.y
        for name, layer in reversed(net.layers.items()):
            if name in totals:
                totals[name] += summed(net, name, R, absolute)
            R = relevance_back(layer, trace[name], R, rule)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def relevance_back(layer, trace, R, rule):
    """The relevance of what the layer reads. What is passed on takes its relevance along; weights share it by rule."""
    if isinstance(layer, NeuronLayer):
        return rule(layer, trace, R)
    if layer.fact("passes_on"):
        return layer.backward(trace, R)
    if layer.fact("linear"):
        return rule(layer, trace, R)
    raise layer.not_said("how relevance goes back: it is neither linear nor passes its inputs on")


def safe_ratio(R, z):
    """R / z, and 0 where z is 0."""
    return np.divide(R, z, out=np.zeros_like(z), where=z != 0)


SCORES = (Score(integrated_gradients, mean_over_samples=True), Score(conductance, mean_over_samples=True),
          Score(internal_influence, mean_over_samples=True), Score(deeplift, mean_over_samples=True),
          Score(lrp_epsilon, mean_over_samples=True), Score(lrp_zplus, mean_over_samples=True))
