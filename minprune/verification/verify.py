"""verify: is this formula true? Tried on hundreds of small random networks."""

import numpy as np

from ..engine.checks import check_count, check_known, check_real
from .claims.approximation import Approximation
from .counterexamples.counterexample import find_counterexample
from .claims.equality import SMALL, Equality, largest, quantity_of
from .formulas import Formula, Unanswered
from .claims.invariance import HOMOGENEOUS, Invariance
from .diagnosis.mistakes import find_mistake
from .sampling.random_networks import Where, draw_cases
from .quantities import QUANTITIES
from .claims.ranking import Ranking
from .verdict import Verdict

MOST_POINTS = 2000              # numbers kept for the picture
SMALLER = {"ranks_like": {"neurons": (2, 3), "samples": (1, 2)}}     # of counterexamples, where nothing else is said
CLAIMS = ("equals", "approximates", "invariant", "ranks_like")


def verify(formula, equals=None, where=None, trials=200, seed=0, tolerance=1e-6, *, approximates=None, order=1,
           invariant=None, ranks_like=None, least=0.5):
    """Try a claim about a formula on random networks; return the Verdict, which is true if it held on all of them.

    `formula` is a function whose parameter names say what it needs, as for `score`: W b gamma W_out (K, …), o z do dz
    (N, P, K), x (N, P, F), dW (N, K, F); and y t dy (N, M), the next layer's W_next (K′, F′), b_next (K′,) and
    z_next o_next dz_next do_next (N, P′, K′), for which it is tried on layers whose next layer is Dense. N samples,
    P positions (1 for Dense), K neurons, F inputs of each, M outputs. All arrays are read-only copies.
    Exactly one claim is made:

        equals="dL/do"           the same numbers, to the relative `tolerance`. Measured by central differences are
                                 dL/do dL/dz dL/dW dL/db dL/dx dy/do do/dx d2L/do2 d2L/dW2, by silencing each neuron
                                 removal (ℓ_n without it − ℓ_n); L is the loss ℓ_n of one sample. Bars, "|dL/do|",
                                 take the absolute value. Or a second formula, which is called and not measured
        approximates="removal"   the error vanishes as ε^(order + 1) where the neuron is scaled down by ε; order 1 or 2
        invariant="batch size"   nothing changes with the "batch size", the "sample order", a "neuron permutation"
                                 (but for being in that order), a "relu rescaling"
        ranks_like="removal"     Spearman's rank correlation with this quantity, one number a neuron, has a median of at
                                 least `least`; a counterexample has two neurons, which the formula ranks wrongly

    Shapes for `equals`: quantities of o and z (N, P, K), or (N, K) for Dense; dL/dW (N, K, F) per sample, or (K, F)
    summed over the batch; dL/db (N, K) or (K,), also summed; dL/dx (N, P, C) of the layer's input, or (N, F) for
    Dense; dy/do (N, P, K, M), without P or M where these are 1; do/dx (N, K, F), Dense only; removal (N, K), or its
    mean (K,). `where` narrows the claim, see `Where`. The same `seed` gives the same verdict.

    Raises TypeError or ValueError for unknown names (naming the nearest), no claim or several, a `where` that no random
    network fits, and a formula that gives other numbers the second time. What the formula raises is told in the
    verdict, with the shapes that it was given.
    """
    formula, kind = Formula(formula), the_claim(equals, approximates, invariant, ranks_like)
    count, settings = check_count("trials", trials), defaults(formula, kind, invariant)
    check_count("seed", seed, least=0)
    check_real("tolerance", tolerance, above=0)
    smaller = Where(where, **{**settings, **SMALLER.get(kind, {})})
    where = Where(where, **settings)
    if where.layer == "output" and formula.reads_on():
        raise ValueError(f'{formula.name} asks for what comes after the layer, and layer="output" has nothing after it')
    if where.layer == "output" and (kind != "equals" or equals in ("removal", "|removal|")):
        raise ValueError('layer="output" goes with the derivatives only: the output layer cannot be removed')
    if kind == "equals":
        quantity = quantity_of(equals, formula, draw_cases(where, 30, seed, formula.fits) if callable(equals) else ())
        if quantity.name == formula.name:
            quantity = quantity._replace(name=f"the other {formula.name}")
        check = Equality(formula, quantity, tolerance)
    elif kind == "invariant":
        cases = draw_cases(where, 30, seed, formula.fits)
        check = Invariance(formula, invariant, tolerance, SMALL * largest([formula], cases))
    elif kind == "ranks_like":
        check = Ranking(formula, ranks_like, check_least(least))
    else:
        check_known("quantity to approximate:", approximates, ["removal"])
        check = Approximation(formula, check_order(order), draw_cases(where, 30, seed, formula.fits))
    return judged(check, where, count, seed, smaller)


def check_order(order):
    if isinstance(order, bool) or order not in (1, 2):
        raise ValueError(f"order expects 1 or 2, got {order!r}")
    return int(order)


def check_least(least):
    if not -1 <= check_real("least", least, least=-1) <= 1:
        raise ValueError(f"least expects a correlation, at most 1, got {least!r}")
    return least


def the_claim(*claims):
    given = [name for name, claim in zip(CLAIMS, claims) if claim is not None]
    if len(given) != 1:
        raise TypeError(f"verify expects one claim of {', '.join(CLAIMS)}, got {' and '.join(given) or 'none'}")
    return given[0]


def defaults(formula, kind, invariant):
    """What `where` is, where it does not say."""
    settings = {"batch_norm": True} if "gamma" in formula.needs else {}
    if kind == "ranks_like":
        settings |= {"neurons": (6, 7, 8), "samples": (12,)}        # to rank is to rank several, by their means
    if invariant in ("batch size", "sample order"):
        settings |= {"samples": (2, 3, 4)}
    if invariant == "relu rescaling":
        settings |= {"activation": HOMOGENEOUS[:2]}
    return settings


def judged(check, where, count, seed, smaller):
    """Try the check on random networks; if it fails, name the mistake and look for the smallest counterexample."""
    cases = draw_cases(where, count, seed, check.fits)
    check_repeatable(check.formula, cases[0])
    trials = [check.trial(case) for case in cases]
    holds, summary, found = check.judge(trials)
    failed = sum(not trial.error <= check.tolerance for trial in trials)
    verdict = Verdict(check.formula.name, str(check), str(where), holds, largest_error(trials), check.tolerance,
                      len(trials), failed, form=next((trial.form for trial in trials if trial.form), ""),
                      unanswered=sum(trial.problem is not None for trial in trials),
                      problem=next((trial.problem for trial in trials if trial.problem), None),
                      found=found, points=points(trials), summary=summary, labels=labels_of(check),
                      spread=None if isinstance(check, (Equality, Invariance)) else check.spread(trials))
    if not holds:
        verdict.note = SINGLE.format(check.formula.name) if check.formula.single and is_rounding(verdict.error) else ""
        verdict.mistake = find_mistake(check, trials)
        verdict.counterexample = find_counterexample(check, smaller, trials, seed)
    return verdict


SINGLE = "{} returns fewer digits than float64 has; tolerance=1e-4 leaves room for the rounding of float32."


def is_rounding(error):
    return error is not None and error < 1e-3


def check_repeatable(formula, case):
    """Raise ValueError if the formula gives other numbers the second time; what it raises is told by the trials."""
    try:
        once, again = formula(case), formula(case)
    except Unanswered:
        return
    if once.shape != again.shape or not np.allclose(once, again, rtol=1e-9, atol=0):
        raise ValueError(f"{formula.name} gives other numbers for the same arrays the second time: "
                         "a formula neither draws numbers nor remembers")


def labels_of(check):
    """What `points` are called."""
    if isinstance(check, Invariance):
        return "after", "before"
    measured = check.measured.strip("|") in QUANTITIES
    return ("claimed", f"measured {check.measured}") if measured else (check.formula.name, check.measured)


def largest_error(trials):
    """None where a trial gave nothing to compare."""
    error = max(trial.error for trial in trials)
    return float(error) if np.isfinite(error) else None


def points(trials):
    """(claimed, measured) of all numbers, or of the first ones."""
    compared = [trial for trial in trials if trial.problem is None]
    return tuple(np.concatenate([np.zeros(0), *(np.ravel(one) for one in arrays)])[:MOST_POINTS]
                 for arrays in ([trial.claimed for trial in compared], [trial.measured for trial in compared]))
