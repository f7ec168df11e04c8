"""verify: is this formula true? It is tried on hundreds of small random networks."""

import functools

import numpy as np

from ..engine.checks import check_count, check_real
from .claims import CLAIMS
from .claims.claim import Request, is_same
from .counterexamples.search import find_counterexample
from .diagnosis.probe import find_mistake
from .formulas import Formula, Unanswered
from .sampling.random_networks import most_drawn
from .sampling.where import Where
from .verdict import Verdict

MOST_POINTS = 2000              # numbers kept for the picture


def verify(formula, equals=None, where=None, trials=200, seed=0, tolerance=1e-6, *, approximates=None, order=1,
           invariant=None, ranks_like=None, least=0.5):
    """Try a claim about a formula on random networks; return the Verdict, which is true if it held on all of them.

    `formula` is a function whose parameter names say what it needs of the layer that is asked about:

        W  b  W_out                    weights; bias; all weights that read the neurons     (K, F)  (K,)  (K, …)
        o  z  do  dz                   outputs, pre-activations, ∂ℓ/∂o and ∂ℓ/∂z            (N, P, K)
        x  dW                          what each neuron reads; ∂ℓ/∂W of each sample         (N, P, F)  (N, K, F)
        o_do  w_dW  mean_dW  mean_dW2  the sums and means that `score` gives                (N, K), means (K, F)
        f  df  d2f                     the activation, an `Activation`; f′(z) and f″(z)     (N, P, K)
        gamma  beta  mean  var         of batch norm: z = γ â + β, â = (a − mean) / √(var + ε), ε = 1e-5   (K,)
        a_hat                          â                                                    (N, P, K)
        kernel  image                  of Conv2D: W, and the image that it reads            (K, kh, kw, C)  (N, H, W, C)
        stride  padding                a number; the zeros around the image, ((above, below), (left, right))
        y  t  dy                       the network's output, the target, ∂ℓ/∂y              (N, M)
        p                              what the loss makes of y: softmax(y), σ(y), or y     (N, M)
        z_prev  o_prev                 of the layer before                                  (N, P″, K″)
        W_next  b_next                 of the next layer                                    (K′, F′)  (K′,)
        z_next  o_next  dz_next  do_next                                                    (N, P′, K′)

    N samples, P positions (1 for Dense), K neurons, F inputs of each, M outputs. All arrays are read-only copies.
    A score of the catalogue, or of your own, is verified unchanged. If it takes the network (`net` with x, t, loss) or
    traces, it is called as `score` calls it, and its scores of the layer, (K,), are what it claims.

    A formula that asks for the next layer is tried on layers that a Dense layer reads as they are, and one that asks
    for the layer before on layers that read another one as it is. If `where` does not say otherwise, one that asks for
    batch norm is tried on layers that have it, and one that asks for kernel, image, stride or padding on Conv2D layers.
    Without batch norm â = z, γ = 1, β = mean = 0 and var + ε = 1.

    Exactly one claim is made:

        equals="dL/do"           the same numbers, to the relative `tolerance`. Measured by central differences are
                                 dL/do dL/dz dL/dW dL/db dL/dgamma dL/dbeta dL/dx dL/dy dy/do do/dx d2L/do2 d2L/dz2
                                 d2L/dW2, by silencing removal (ℓ_n without the neuron − ℓ_n) and pair removal (ℓ_n
                                 without two neurons − ℓ_n); L is the loss ℓ_n of one sample. Bars, "|dL/do|", take
                                 the absolute value. Or a second formula, which is called and not measured
        approximates="removal"   the error vanishes as ε^(order + 1) where the neuron is scaled down by ε; order 1 or 2
        invariant="batch size"   nothing changes with the "batch size", the "sample order", a "neuron permutation"
                                 (but for being in that order), a "relu rescaling"
        ranks_like="removal"     Spearman's rank correlation with this quantity, one number a neuron, has a median of at
                                 least `least`; a counterexample has two neurons, which the formula ranks wrongly

    Shapes for `equals`: quantities of o and z (N, P, K), or (N, K) for Dense; dL/dW and d2L/dW2 (N, K, F) per sample,
    or (K, F) summed over the batch; dL/db, dL/dgamma and dL/dbeta (N, K) or (K,), also summed; dL/dx (N, P, C) of the
    layer's input, or (N, F) for Dense; dL/dy (N, M); dy/do (N, P, K, M), without P or M where these are 1; do/dx
    (N, K, F), Dense only; removal (N, K), or its mean (K,); pair removal (N, K, K), of one neuron where i = j, or its
    mean (K, K). `where` narrows the claim, see `mp.Where`. The same `seed` gives the same verdict.
    Why a claim fails, its mistake and its counterexample, is looked for when the verdict is printed or asked for it.
    `minprune verify --help` lists the mistakes that get a name; their table is `diagnosis/mistakes.py`.

    Raises TypeError or ValueError for unknown names (naming the nearest), for no claim or several, for a `where` that
    no random network fits, and for a formula that gives other numbers the second time; NotSaid, a ValueError, for an
    activation or a loss of your own that does not say what the claim needs. An error that the formula raises becomes
    part of the verdict, with the shapes of the arrays that it got.
    """
    # what is claimed
    formula = Formula(formula)
    kind, value = the_claim({"equals": equals, "approximates": approximates, "invariant": invariant,
                             "ranks_like": ranks_like})
    count = check_count("trials", trials)
    check_count("seed", seed, least=0)
    check_real("tolerance", tolerance, above=0)

    # of which networks
    settings = where_settings(formula, kind, value)
    smaller = Where(where, **{**settings, **kind.smaller})
    where = Where(where, **settings)
    formula.check_where(where)
    check_output_layer(where, formula, kind, value)

    request = Request(value, tolerance, order, least, where, seed)
    return verdict_of(kind.from_request(formula, request), request, count, smaller)


def the_claim(values):
    """(the kind of claim, the value of its keyword); TypeError unless exactly one keyword has a value."""
    made = [keyword for keyword, value in values.items() if value is not None]
    if len(made) != 1:
        raise TypeError(f"verify expects one claim of {', '.join(CLAIMS)}, got {' and '.join(made) or 'none'}")
    return CLAIMS[made[0]], values[made[0]]


def where_settings(formula, kind, value):
    """What `where` is, if it does not say."""
    return {**formula.where_settings(), **kind.where_settings(value)}


def check_output_layer(where, formula, kind, value):
    """Raise ValueError if the claim is about the output layer and cannot be."""
    if where.layer != "output":
        return
    if formula.needs_what_follows():
        raise ValueError(f'{formula.name} asks for what comes after the layer, and layer="output" has nothing after it')
    if not kind.goes_with_the_output_layer(value):
        raise ValueError('layer="output" goes with the derivatives only: the output layer cannot be removed')


def verdict_of(claim, request, count, smaller):
    """Try the claim on `count` random networks of the Request. `smaller` is the Where of counterexamples."""
    # on every network
    cases = request.draws.cases(count, claim.fits)
    check_repeatable(claim.formula, cases[0])
    trials = [claim.trial(case) for case in cases]

    # all together
    judgement, error = claim.judge(trials), largest_error(trials)
    problems = [trial.problem for trial in trials if trial.problem is not None]
    verdict = Verdict(
        formula=claim.formula.name, claim=str(claim), where=str(request.where), holds=judgement.holds,
        error=error, tolerance=claim.tolerance, trials=len(trials),
        failed=sum(not trial.error <= claim.tolerance for trial in trials),
        problem=problems[0] if problems else None, unanswered=len(problems),
        form=next((trial.form for trial in trials if trial.form), ""),
        found=judgement.numbers, summary=judgement.summary,
        points=points(trials), labels=claim.labels, spread=claim.spread(trials), note=note_on_number(len(cases), count))
    if verdict.holds:
        return verdict

    # why not, if it fails again
    check_repeated(claim, trials)
    if claim.formula.single and error is not None and error < SINGLE_ERROR:
        verdict.note = f"{verdict.note} {SINGLE.format(claim.formula.name)}".strip()
    verdict.reasons = Reasons(claim, smaller, trials, request.seed)
    return verdict


class Reasons:
    """Why a claim fails: the name of the mistake and the smallest counterexample.

    Each is looked for when it is first asked for, which takes longer than the verdict itself: a loop that only asks
    whether formulas hold does not wait for it.
    """

    def __init__(self, claim, smaller, trials, seed):
        self.claim, self.trials = claim, trials
        self.smaller, self.seed = smaller, seed

    @functools.cached_property
    def mistake(self):
        return find_mistake(self.claim, self.trials)

    @functools.cached_property
    def counterexample(self):
        return find_counterexample(self.claim, self.smaller, self.trials, self.seed)


def note_on_number(found, asked):
    """What to say where fewer networks were found than were asked for."""
    if found == asked:
        return ""
    return f"Of {most_drawn(asked)} random networks only {found} are such, of {asked} asked for."


SINGLE = "{} returns fewer digits than float64 has; tolerance=1e-4 leaves room for the rounding of float32."
SINGLE_ERROR = 1e-3             # a larger error is no rounding of float32


UNREPEATED = ("{} gives other numbers for the same arrays the second time: "
              "a formula neither draws numbers nor remembers")


def check_repeatable(formula, case):
    """Raise ValueError if the formula gives other numbers the second time. What it raises is left to the trials."""
    try:
        first, second = formula(case), formula(case)
    except Unanswered:
        return
    if not is_same(first, second):
        raise ValueError(UNREPEATED.format(formula.name))


def check_repeated(claim, trials):
    """Raise ValueError if any network, tried once more, gives anything else: what changed may have been the formula."""
    for trial in trials:
        name = claim.not_repeated(trial)
        if name:
            raise ValueError(UNREPEATED.format(name))


def largest_error(trials):
    """None if a trial gave nothing to compare."""
    error = max(trial.error for trial in trials)
    return float(error) if np.isfinite(error) else None


def points(trials):
    """(claimed, measured): the first MOST_POINTS numbers that were compared."""
    compared = [trial for trial in trials if trial.problem is None]
    return first_numbers(trial.claimed for trial in compared), first_numbers(trial.measured for trial in compared)


def first_numbers(arrays):
    return np.concatenate([np.zeros(0), *(np.ravel(array) for array in arrays)])[:MOST_POINTS]
