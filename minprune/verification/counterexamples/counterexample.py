"""The smallest counterexample: fewest layers, then neurons, then samples, then round small numbers."""

import collections
from dataclasses import dataclass

import numpy as np

from ...engine.losses import find_loss
from ...engine.network import Network
from ...engine.layer import NeuronLayer
from ...engine.residual import Residual
from ..claims.approximation import Approximation
from ..claims.equality import Equality
from ..sampling.random_networks import Case, clear
from ..numbers import numbers
from ..sampling.topology import POOLINGS
from ..quantities import QUANTITIES
from ..claims.ranking import Ranking
from .small_networks import neuron_layers, structures

CLEAR = 1e-2                    # the relative error that a counterexample has at least, if any has it
DRAWS = 12                      # round numbers tried for each structure, pair of activations, and loss
MOST_BUILT, MOST_TRIED = 3000, 1000     # networks in one search: what fails on none of these needs larger ones
ENOUGH = 8                      # trials of one kind that must all hold before that kind is not searched
WEIGHTS = (1, 1, 2, -1, 0.5, -2, 3)
BIASES = (0, 0, 0, 1, -1, 0.5)
INPUTS = (1, 1, 2, -1, 0.5, 3)
TARGETS = (0, 1, 2, -1)
SIMPLE = {0.0: 0, 1.0: 0, 2.0: 1, -1.0: 1, 0.5: 2, -2.0: 2, 3.0: 2, -0.5: 3}
ACTIVATIONS_BY_HAND = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "softplus")
LOSSES_BY_HAND = ("mse", "binary_cross_entropy", "cross_entropy")
TOLD = tuple(POOLINGS.values())
LOSSES_TOLD = {"mse": "mse, ℓ = ½ Σ (y − t)²",
               "binary_cross_entropy": "binary_cross_entropy, ℓ = Σ [log(1 + e^y) − t y]",
               "cross_entropy": "cross_entropy, ℓ = − Σ t log softmax(y)"}


@dataclass
class Counterexample:
    """A real network and samples on which the claim fails; all that is needed to redo it on paper.

    `story` has the last lines, what was claimed and what was measured.
    """

    net: Network
    layer: str
    x: np.ndarray
    t: np.ndarray
    loss: str
    claimed: np.ndarray | None
    measured: np.ndarray | None
    quantity: str
    problem: str | None = None
    story: tuple = ()

    def __str__(self):
        shape = self.net.input_shape
        sizes = " → ".join(str(size) for size in (shape[0] if len(shape) == 1 else shape,
                                                  *(self.net[name].K for name in self.net.neuron_layers)))
        N = len(self.x)
        lines = [f"The smallest counterexample found, {self.layer} of a network {sizes} on "
                 f"{N} sample{'s' * (N > 1)}, {LOSSES_TOLD.get(self.loss, self.loss)}:"]
        lines += [f"  {name}: W = {numbers(layer.W)}, b = {numbers(layer.b)}, {layer.f.name}" + self.norm(layer)
                  for name, layer in ((name, self.net[name]) for name in self.net.neuron_layers)]
        lines += [f"  {name} = {layer.formula()}" if layer.inside else f"  {name}: {layer!r}"
                  for name, layer in self.net.layers.items() if layer.inside or isinstance(layer, TOLD)]
        lines += [f"  x = {numbers(self.x)}, t = {numbers(self.t)}", *self.passed()]
        return "\n".join([*lines, *(self.story if self.problem is None else [f"  {self.problem}"])])

    def norm(self, layer):
        if not layer.batch_norm:
            return ""
        told = {"γ": layer.gamma, "β": layer.beta, "mean": layer.running_mean, "variance": layer.running_var}
        return ", " + ", ".join(f"{name} = {numbers(array)}" for name, array in told.items())

    def passed(self):
        """The z and o of each layer on the way, and the losses, of removal also those without each neuron."""
        trace, loss = self.net.forward(self.x), find_loss(self.loss)
        lines = [f"  {name}: z = {numbers(trace[name].z)}, o = {numbers(trace[name].o)}"
                 for name in self.net.neuron_layers]
        lines.append(f"  ℓ = {numbers(loss(trace.y, self.t))}")
        o = trace[self.layer].o
        for i in range(o.shape[-1]) if self.quantity.strip("|") == "removal" else []:
            y = self.net.tail(self.layer, np.where(np.arange(o.shape[-1]) == i, 0, o), trace)
            lines[-1] += f", without neuron {i} of {self.layer} {numbers(loss(y, self.t))}"
        return lines

    def to_dict(self):
        def plain(array):
            return None if array is None else (np.asarray(array) + 0.0).tolist()       # −0.0 + 0.0 is 0.0

        return {"settings": self.net.settings(),
                "arrays": {name: plain(one) for name, one in self.net.arrays().items()},
                "layer": self.layer, "loss": self.loss, "quantity": self.quantity, "problem": self.problem,
                **{name: plain(getattr(self, name)) for name in ("x", "t", "claimed", "measured")}}


def find_counterexample(check, where, trials, seed):
    """The smallest Counterexample to a check that failed on some of `trials`; None if none fails clearly."""
    failing = [trial for trial in trials if trial.error > check.tolerance]
    if not failing:
        return None
    failing = [trial for trial in failing if trial.problem is None] or failing      # problems if there is nothing else
    *better, enough = ways_to_show(check, failing)
    for shows in (*better, enough):
        found = smallest(check, where, trials, failing, shows, seed) or (
            as_it_was_drawn(check, failing, shows) if shows is enough else None)
        if found is not None:
            return told(found, check)
    return None


def ways_to_show(check, failing):
    """What a counterexample must be like, the best first."""
    if isinstance(check, Ranking):
        return check.shows, lambda trial: check.shows(trial) or check.shows_nothing(trial)
    clear = clearly(check, failing)
    return (check.shows, clear) if isinstance(check, Approximation) else (clear,)


def smallest(check, where, trials, failing, shows, seed):
    """The trial of the smallest and roundest case that `shows` it, or None."""
    tried = 0
    for cases in small_cases(check, where, trials, failing, np.random.default_rng(seed)):
        found = simplest(cases, lambda case: failed(check, failing, shows, case))
        tried += len(cases)
        if found is not None or tried > MOST_TRIED:
            return found
    return None


def as_it_was_drawn(check, failing, shows):
    """The smallest of the random ones."""
    found = (failed(check, failing, shows, trial.case) for trial in sorted(failing, key=lambda one: one.case.sizes()))
    return next((trial for trial in found if trial is not None), None)


def failed(check, failing, shows, case):
    """The trial of a case, if it shows the failure as others do, by numbers or by a problem."""
    trial = check.trial(case)
    return trial if (trial.problem is None) == (failing[0].problem is None) and shows(trial) else None


def clearly(check, failing):
    """Whether a trial fails by more than a little, if any does; what is measured with another step says the same."""
    margin = CLEAR if any(trial.error > 2 * CLEAR for trial in failing) and check.tolerance < CLEAR \
        else 1.5 * check.tolerance
    return lambda trial: trial.error > margin and check.again(trial.case).error > margin


def told(trial, check):
    case = trial.case
    claimed, measured = (None if array is None else array + 0.0 for array in (trial.claimed, trial.measured))
    return Counterexample(case.net, case.layer, case.x, case.t, case.loss.name, claimed, measured,
                          check.measured, trial.problem, () if trial.problem else tuple(story(trial, check)))


def story(trial, check):
    """What was claimed and what was measured, line by line."""
    if not isinstance(check, Equality):
        return check.story(trial)
    layer, claimed, measured = trial.case.layer, numbers(trial.claimed), numbers(trial.measured)
    if check.measured.strip("|") in QUANTITIES:
        return [f"  {check.measured} of {layer}: claimed {claimed}, measured {measured}"]
    return [f"  of {layer}: {check.formula.name} gives {claimed}, {check.measured} gives {measured}"]


def simplest(cases, fails):
    """The failing trial of the roundest numbers, or None."""
    for case in sorted(cases, key=roughness):
        trial = fails(case)
        if trial is not None:
            return trial
    return None


def roughness(case):
    """How hard it is to redo a case on paper: its activations and loss, and each number that is neither 0 nor 1."""
    arrays = [*case.net.arrays().values(), case.x, case.t]
    return (sum(ACTIVATIONS_BY_HAND.index(one) ** 2 for one in case.activations()) * 2
            + (LOSSES_BY_HAND.index(case.loss.name) * 3 if case.loss.name in LOSSES_BY_HAND else 9)
            + sum(SIMPLE.get(float(value), 4) for array in arrays for value in np.ravel(array)))


def small_cases(check, where, trials, failing, rng):
    """Yield lists of cases, the smallest structure first; what never failed in many trials is left out."""
    hopeless = hopeless_kinds(trials, failing)
    combinations = sorted({(trial.case.activations()[0], trial.case.activations()[-1], trial.case.loss)
                           for trial in failing}, key=by_hand)
    built = 0
    for input_shape, layers, N in structures(where):
        if built > MOST_BUILT:
            return
        if not hopeless.isdisjoint({("samples", N), ("inputs", int(np.prod(input_shape))), ("outputs", layers[-1].K),
                                    ("depth", len(neuron_layers(layers)))}):
            continue
        cases, refused = [], 0
        for draw, (hidden, output, loss) in rounds(combinations):
            if layers[-1].K not in where.output_sizes(loss):
                continue
            if refused == DRAWS:
                break                               # nothing of this structure is what the claim is about
            built += 1
            case = small_case(where, build(input_shape, layers, hidden, output), N, loss, rng, plain=draw == 0)
            fits = hopeless.isdisjoint(kinds(case)) and where.accepts(case.net) and check.fits(case)
            refused += not fits
            if fits and clear(case.net, case.x).all():
                cases.append(case)
        if cases:
            yield cases


def small_case(where, net, N, loss, rng, plain):
    """The network with round numbers, and N samples of them; `plain`: ones wherever it can be."""
    fill(net, rng, plain)
    where.shape(net)
    x = rounded(rng, INPUTS[:1 if plain else None], (N, *net.input_shape))
    return Case(net, where.layer_of(net), x, targets(net, loss, N, rng, plain), loss, where.tells_what_follows())


def rounds(combinations):
    """(draw, combination): the few simplest ones by hand are drawn more often than the others."""
    for place, combination in enumerate(combinations):
        for draw in range(DRAWS if place < 3 else DRAWS // 3):
            yield draw, combination


def kinds(case):
    """What a case is an example of: (property, value)."""
    return {("depth", len(case.net.neuron_layers)), ("samples", len(case.x)), ("neurons", case.net[case.layer].K),
            ("outputs", case.net.output_shape[0]), ("inputs", int(np.prod(case.net.input_shape)))}


def hopeless_kinds(trials, failing):
    """The kinds of which many were tried and none failed."""
    tried = collections.Counter(kind for trial in trials for kind in kinds(trial.case))
    failed = {kind for trial in failing for kind in kinds(trial.case)}
    return {kind for kind, count in tried.items() if count >= ENOUGH and kind not in failed}


def by_hand(combination):
    hidden, output, loss = combination
    return (ACTIVATIONS_BY_HAND.index(hidden), ACTIVATIONS_BY_HAND.index(output),
            LOSSES_BY_HAND.index(loss.name) if loss.name in LOSSES_BY_HAND else len(LOSSES_BY_HAND))


def build(input_shape, layers, hidden, output):
    """A network of these layers with these activations."""
    *first, last = layers
    return Network(input_shape, [*(activated(layer, hidden) for layer in first), activated(last, output)], seed=0)


def activated(layer, name):
    """The layer with this activation, a block with those inside it."""
    if isinstance(layer, Residual):
        return Residual([activated(one, name) for one in layer.body],
                        None if layer.projection is None else activated(layer.projection, name))
    return type(layer)(**{**layer.settings(), **({"activation": name} if isinstance(layer, NeuronLayer) else {})})


def fill(net, rng, plain):
    """Round numbers; `plain`: ones, and no biases."""
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = rounded(rng, WEIGHTS[:1 if plain else None], layer.W.shape)
        layer.b[...] = rounded(rng, BIASES[:1 if plain else None], layer.b.shape)
        if layer.batch_norm:
            layer.gamma[...] = rounded(rng, (1, 2, 0.5), layer.K)


def targets(net, loss, N, rng, plain):
    shape = (N, *net.output_shape)
    if loss.name == "cross_entropy":
        return np.eye(shape[1])[rng.integers(0, shape[1], N)]
    return rounded(rng, TARGETS[:1 if plain else 2 if loss.name == "binary_cross_entropy" else None], shape)


def rounded(rng, values, shape):
    return np.asarray(values, float)[rng.integers(len(values), size=shape)]
