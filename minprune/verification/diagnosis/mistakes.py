"""Named mistakes: corrections that are tried one after the other; the first that makes the claim hold names it.

A correction changes what the formula returned, what it was given, or one operation in it. It counts only if the
claim then holds on every trial (of a claim of order, on as many as that asks for); if none does, nothing is said.
"""

import functools

import numpy as np

from ...engine.activations import sigmoid
from ...engine.dense import Dense
from ...engine.losses import softmax
from .counterfactual import ABS_FIRST, OTHER_AXES, SQUARE_FIRST, WITHOUT_ABS, WITHOUT_SQUARE, Rule
from .probe import Asked, Correction
from .invariance_mistakes import of_invariance, of_means
from ..formulas import OF_THE_NEXT_LAYER, Unanswered
from ..claims.invariance import Invariance
from ..claims.ranking import Ranking
from ..verdict import Mistake

ENOUGH = 6                      # networks on which a correction does not help, before any on which it does


def find_mistake(check, trials):
    """The Mistake whose correction makes the claim hold on all trials, or None."""
    if isinstance(check, Ranking):              # a matter of degree, which no correction makes hold on every network
        return None
    every = [Asked(check, trial) for trial in sorted(trials, key=lambda trial: trial.error <= check.tolerance)]
    spared = int((1 - check.share) * len(every))
    for correction in corrections(check, every):
        if rejections(correction, every, spared) <= spared and correction.confirm(every):
            told = "on all" if not spared else f"on at least {len(every) - spared} of"
            return Mistake(correction.name, f"{correction.told(every)} ({told} {len(every)} networks)")
    return None


def rejections(correction, every, spared):
    """On how many cases the correction does not help; the counting ends where it is too many, or all of the first."""
    count = 0
    for tried, asked in enumerate(every, 1):
        count += not asked.accepts(correction)
        if count > spared or count == tried == ENOUGH:
            return spared + 1
    return count


def corrections(check, every):
    """All that are tried, the plainest first."""
    formula, name = check.formula, check.formula.name
    if isinstance(check, Invariance):
        yield from of_invariance(check.kind, name)
        return
    yield from of_means(name)
    yield Correction("wrong sign", f"−{name} holds", lambda asked: -asked.claimed)
    yield from of_factors(name)
    yield from of_batches(name)
    yield from of_operations(name)
    yield from of_slopes(name)
    yield from of_inputs(formula)
    yield from of_paths(name)
    yield from of_shapes(name)
    yield from of_values(name)
    yield from any_factor(name, every)


# ------------------------------------------------------------------------ of what was returned


FACTORS = {
    "2": lambda asked: 2, "½": lambda asked: 0.5,
    "N": lambda asked: len(asked.case.x), "1/N": lambda asked: 1 / len(asked.case.x),
    "C": lambda asked: outputs(asked), "1/C": lambda asked: 1 / outputs(asked),
    "P": lambda asked: places(asked), "1/P": lambda asked: 1 / places(asked),
    "K": lambda asked: asked.layer.K, "1/K": lambda asked: 1 / asked.layer.K,
    "F": lambda asked: asked.layer.W[0].size, "1/F": lambda asked: 1 / asked.layer.W[0].size,
    "2/C": lambda asked: 2 / outputs(asked), "2/N": lambda asked: 2 / len(asked.case.x),
    "1/(N·C)": lambda asked: 1 / len(asked.case.x) / outputs(asked),
    "2/(N·C)": lambda asked: 2 / len(asked.case.x) / outputs(asked),
}
TOLD = {"N": "N samples", "C": "C outputs", "P": "P positions", "K": "K neurons", "F": "F inputs of a neuron"}


def outputs(asked):
    return asked.case.net.output_shape[0]


def places(asked):
    return int(np.prod(asked.layer.output_shape[:-1]))


def of_factors(name):
    """claimed = factor × measured."""
    for factor, value in FACTORS.items():
        letters = ", ".join(told for letter, told in TOLD.items() if letter in factor)
        for sign, sign_told in ((1, ""), (-1, "−")):
            yield Correction(f"off by the factor {sign_told}{factor}",
                             f"divided by it, {name} holds" + f" ({letters})" * bool(letters),
                             lambda asked, value=value, sign=sign: asked.claimed / (sign * value(asked)))


def any_factor(name, every):
    """A constant that is none of these: the one ratio that the first trials have."""
    try:
        claimed, measured = every[0].claimed, next(form.values for form in every[0].forms
                                                   if form.values.shape == every[0].claimed.shape)
    except (Unanswered, StopIteration):
        return
    largest = np.unravel_index(np.abs(measured).argmax(), measured.shape) if measured.size else ()
    if not measured.size or not measured[largest] or not claimed[largest]:
        return
    ratio = claimed[largest] / measured[largest]
    yield Correction(f"off by the factor {ratio:.4g}", f"divided by it, {name} holds",
                     lambda asked: asked.claimed / ratio)


def of_slopes(name):
    """f′ of the layer itself."""
    yield Correction("f′ missing", f"{name} · f′(z) holds", lambda asked: asked.claimed * slope(asked, "z"))
    yield Correction("f′ at o instead of z", f"with f′(z) for f′(o), {name} holds",
                     lambda asked: asked.claimed / slope(asked, "o") * slope(asked, "z"))
    yield Correction("f′ twice", f"{name} / f′(z) holds", lambda asked: undone(asked.claimed, slope(asked, "z")))


def slope(asked, point):
    """f′ at z or at o, in the shape of what was claimed."""
    found, claimed = asked.layer.f.derivative(asked.array(point)), asked.claimed
    if claimed.shape == found.shape:
        return found
    if found.shape[1] == 1 and claimed.shape == found[:, 0].shape:
        return found[:, 0]
    if found.shape[1] == 1 and claimed.shape[:2] == found[:, 0].shape:
        return found[:, 0].reshape(*claimed.shape[:2], *[1] * (claimed.ndim - 2))
    raise ValueError("no slope of this shape")


def undone(claimed, slopes):
    """claimed / f′, 0 where both are."""
    return np.divide(claimed, slopes, out=np.where(claimed == 0, 0.0, np.nan), where=slopes != 0)


def of_values(name):
    yield Correction("a reciprocal", f"1 / {name} holds", lambda asked: 1 / asked.claimed)
    yield Correction("a reciprocal with the wrong sign", f"−1 / {name} holds", lambda asked: -1 / asked.claimed)
    yield Correction("squared", f"the square root of {name} holds", lambda asked: np.sqrt(asked.claimed))


def of_shapes(name):
    yield Correction("transposed", f"with its last two axes exchanged, {name} holds",
                     lambda asked: np.swapaxes(asked.claimed, -1, -2))


# -------------------------------------------------------------------------- of what was given


# What stands for what: ({given: what is meant}, the mistake, the remedy).
SUBSTITUTES = (
    ({"do": "dz"}, "f′ missing", "with dz for do"),
    ({"do_next": "dz_next"}, "f′ missing", "with dz_next = do_next · f′(z_next) for do_next"),
    ({"dz": "do"}, "f′ twice", "dz has f′(z) already: with do for dz"),
    ({"dz_next": "do_next"}, "f′ twice", "dz_next has f′(z_next) already: with do_next for dz_next"),
    ({"o": "z"}, "f′ at o instead of z", "with z for o"),
    ({"o_next": "z_next"}, "f′ at o instead of z", "with z_next for o_next"),
    ({"z": "o"}, "z where o is meant", "with o for z"),
    ({"z_next": "o_next"}, "z where o is meant", "with o_next for z_next"),
    ({"o": "x"}, "o where x is meant", "with what the neuron reads, x, for what it puts out, o,"),
    ({"x": "o"}, "x where o is meant", "with what the neuron puts out, o, for what it reads, x,"),
    ({"o_next": "o"}, "the next layer's arrays where the layer's own are meant", "with o for o_next"),
    ({"z_next": "z"}, "the next layer's arrays where the layer's own are meant", "with z for z_next"),
    ({"dz_next": "dz"}, "the next layer's arrays where the layer's own are meant", "with dz for dz_next"),
    ({"z": "z_next"}, "the layer's own arrays where the next layer's are meant", "with z_next for z"),
    ({"dz": "dz_next"}, "the layer's own arrays where the next layer's are meant", "with dz_next for dz"),
    ({"dz": "dz_next", "W": "W_next"}, "the layer's own arrays where the next layer's are meant",
     "with dz_next and W_next for dz and W"),
    ({"W": "W_next"}, "the layer's own arrays where the next layer's are meant", "with W_next for W"),
    ({"t": "y", "y": "t"}, "y and t exchanged", "with y and t exchanged"),
    ({"W": "dW"}, "W where dW is meant", "with dW for W"),
)


def of_inputs(formula):
    name = formula.name
    for meant, mistake, remedy in SUBSTITUTES:
        if set(meant) <= set(formula.needs):
            yield Correction(mistake, f"{remedy} {name} holds", functools.partial(substituted, meant=meant))
    for weights in (one for one in ("W", "W_next", "W_out") if one in formula.needs):
        yield Correction("W for Wᵀ", f"with {weights} transposed, {name} holds",
                         lambda asked, weights=weights: asked.with_given(**{weights: asked.given[weights].T}))
    if "y" in formula.needs:
        yield Correction("the loss of another convention", "the cross entropies take logits y: with softmax(y) or "
                         f"σ(y) for y, {name} holds", lambda asked: asked.with_given(y=probabilities(asked)))
        yield Correction("the loss of another convention", "the cross entropy goes with softmax, the binary one with "
                         f"σ: with that for the other, {name} holds", of_the_other_loss)
    yield Correction("bias forgotten", f"with z = W x + b for W x, {name} holds", with_bias)


def substituted(asked, meant):
    return asked.with_given(**{given: asked.array(one) for given, one in meant.items()})


def of_the_other_loss(asked):
    """σ(y) + … for softmax(y) + …, or the reverse: where the logits are put through the function of the other cross
    entropy, and the result enters the formula as a summand, as in its gradient softmax(y) − t."""
    y, own = asked.given["y"], probabilities(asked)
    if own is y:
        raise ValueError("neither of the two")
    return asked.claimed + own - (sigmoid(y) if asked.case.loss.name == "cross_entropy" else softmax(y))


def probabilities(asked):
    """What the loss makes of the logits y."""
    make = {"cross_entropy": softmax, "binary_cross_entropy": sigmoid}.get(asked.case.loss.name)
    return asked.given["y"] if make is None else make(asked.given["y"])


def with_bias(asked):
    """The formula where all that equals z − b, of this layer or the next, is z."""
    pairs = [(asked.array("z"), asked.array("b"))]
    if asked.formula.reads_on() and isinstance(asked.next_layer(), Dense):
        pairs.append((asked.array("z_next"), asked.array("b_next")))

    def seen(result):
        for z, b in pairs:
            if result.size == z.size and result.shape[-1:] == b.shape and result.shape[:1] == z.shape[:1] \
                    and np.allclose(result.reshape(z.shape), z - b, rtol=0, atol=1e-12):
                return z.reshape(result.shape)
        return result
    return asked.by_rule(Rule(seen=seen))


# ------------------------------------------------------------------------------ of operations


def of_operations(name):
    yield Correction("the absolute value is missing", f"|{name}| holds", lambda asked: np.abs(asked.claimed))
    yield Correction("the square is missing", f"the square of {name} holds", lambda asked: asked.claimed ** 2)
    yield Correction("absolute value where the signed value is meant", f"without |·|, {name} holds",
                     lambda asked: asked.by_rule(WITHOUT_ABS))
    yield Correction("absolute value before the sum", f"with |·| after the sum, {name} holds",
                     lambda asked: np.abs(asked.by_rule(WITHOUT_ABS)))
    yield Correction("square before the sum", f"with the square after the sum, {name} holds",
                     lambda asked: asked.by_rule(WITHOUT_SQUARE) ** 2)
    for told, of_each, rule, functions in (("absolute value", "|·|", ABS_FIRST, (np.absolute, np.fabs)),
                                           ("square", "the square", SQUARE_FIRST, (np.square, np.power))):
        remedy = f"with {of_each} before the sum, {name} holds"
        yield Correction(f"{told} after the sum", remedy, if_it_calls(functions, rule, True))
        yield Correction(f"the {told} is missing", remedy, if_it_calls(functions, rule, False))
    for axis, rule in OTHER_AXES.items():
        yield Correction("wrong axis", f"along axis {axis}, {name} holds", lambda asked, rule=rule: asked.by_rule(rule))


def if_it_calls(functions, rule, there):
    """What the rule makes of formulas that call one of these functions, or, if not `there`, of those that do not."""
    def corrected(asked):
        called = []
        noted = {one: lambda *arrays, one=one: called.append(one) or one(*arrays) for one in functions}
        asked.by_rule(Rule(instead=noted))
        if bool(called) != there:
            raise ValueError("this one is not about such formulas")
        return asked.by_rule(rule)
    return corrected


# ------------------------------------------------------------------------ of paths and batches

NEXT_AXES = {"W_next": 0, "b_next": 0, "z_next": 2, "o_next": 2, "dz_next": 2, "do_next": 2}
OUTPUT_AXES = {"y": 1, "t": 1, "dy": 1}


def of_paths(name):
    yield Correction("only one of several paths", f"summed over all neurons of the next layer, {name} holds", all_paths)
    yield Correction("only one of several paths", f"summed over all layers that read this one, {name} holds",
                     all_readers)
    yield Correction("only one of several positions", f"summed over all positions, {name} holds",
                     lambda asked: summed_over(asked, {one: 1 for one in ("o", "z", "do", "dz", "x")}, places(asked)))


def all_paths(asked):
    """Σ over the next layer's neurons k of the formula with k in the first place."""
    layer = asked.next_layer()
    axes = dict(NEXT_AXES)
    if layer.name == asked.case.net.neuron_layers[-1]:
        axes |= OUTPUT_AXES
    if isinstance(layer, Dense):
        axes["W_out"] = 1
    return summed_over(asked, axes, layer.K)


def all_readers(asked):
    """Σ over the layers that read this one, through a block and around it, of the formula with each as the next."""
    if len(asked.case.readers) == 0:
        raise ValueError("no layer reads it")
    return sum(asked.with_given(**{name: OF_THE_NEXT_LAYER[name](asked.case, reader)
                                   for name in asked.given if name in OF_THE_NEXT_LAYER})
               for reader in asked.case.readers)


def summed_over(asked, axes, count):
    total = 0.0
    for place in range(count):
        total = total + asked.with_given(**{name: np.roll(array, -place, axes[name])
                                            for name, array in asked.given.items() if name in axes})
    return total


SAMPLES_FIRST = ("o", "z", "do", "dz", "x", "dW", "o_do", "w_dW", "y", "t", "dy",
                 "z_next", "o_next", "dz_next", "do_next")


def of_batches(name):
    yield Correction("the batch mean where the sample is meant", f"sample by sample, {name} holds",
                     lambda asked: mixed(asked, np.mean))
    yield Correction("the sum over the batch where the sample is meant", f"sample by sample, {name} holds",
                     lambda asked: mixed(asked, np.sum))
    yield Correction("samples of the batch are mixed", f"asked sample by sample, {name} holds", one_by_one)


def one_by_one(asked):
    """What the formula says of each sample alone."""
    each = [asked.with_given(**{name: array[n:n + 1] for name, array in asked.given.items() if name in SAMPLES_FIRST})
            for n in range(len(asked.case.x))]
    return np.concatenate(each) if each[0].shape[:1] == (1,) else np.stack(each)


def mixed(asked, by):
    """The same, if what was claimed is their mean or sum."""
    each = one_by_one(asked)
    if not np.allclose(asked.formula(asked.case, asked.given), by(each, axis=0), rtol=1e-9, atol=1e-12):
        raise ValueError("the batch is not mixed in this way")
    return each
