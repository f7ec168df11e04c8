"""How far true formulas stay from being refuted.

    python tests/benchmarks/verdict_margins.py [seeds] [trials] [part of a name]

All true formulas of the bank, and second derivatives of curved neurons besides, on so many seeds. Of a claim that one
thing equals another, the largest error is set against the tolerance, 1e-6: at most a tenth of it is left after the
second measurement. "once" is, for second derivatives, the largest error of the first measurement alone. Of an
approximation it is the lowest share of networks that show the order, of a ranking the lowest median correlation.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import minprune as mp                                                          # noqa: E402
from minprune.verification.claims import equality                              # noqa: E402
from verification.claims.test_equality import hessian_of_softplus, hessian_of_tanh          # noqa: E402
from verification.true_formulas import TRUE                                    # noqa: E402

TANH = {"layer": "last hidden", "activation": "tanh", "loss": "mse"}
SOFTPLUS = {"layer": "last hidden", "activation": "softplus", "loss": "cross_entropy"}
CURVED = {f"second derivative, {name}{told}": (formula, {"equals": "d2L/dW2", "where": {**where, **more}})
          for name, formula, where in (("tanh", hessian_of_tanh, TANH), ("softplus", hessian_of_softplus, SOFTPLUS))
          for told, more in (("", {}), (", 16 samples", {"samples": 16}))}
TENTH = 1e-7


def measured_once(formula, claim, seed, trials):
    """The largest error without a second measurement."""
    doubt, equality.DOUBT = equality.DOUBT, np.inf
    try:
        return mp.verify(formula, **claim, seed=seed, trials=trials, tolerance=1.0).error
    finally:
        equality.DOUBT = doubt


def margin(formula, claim, seeds, trials):
    """(what is measured, its worst value, that of one measurement or None, refuted seeds)."""
    verdicts = [mp.verify(formula, **claim, seed=seed, trials=trials) for seed in range(seeds)]
    refuted = [seed for seed, verdict in enumerate(verdicts) if not verdict]
    if "approximates" in claim:
        return "share", min(verdict.found["share"] for verdict in verdicts), None, refuted
    if "ranks_like" in claim:
        return "median", min(verdict.found["median"] for verdict in verdicts), None, refuted
    curved = str(claim.get("equals")).startswith("d2L")
    once = max(measured_once(formula, claim, seed, trials) for seed in range(seeds)) if curved else None
    return "error", max(verdict.error for verdict in verdicts), once, refuted


def main(seeds="200", trials="200", part=""):
    print(f"{'formula':<44}{'':<8}{'worst':>10}{'once':>10}  refuted on seeds")
    worst = 0.0
    chosen = {name: entry for name, entry in {**TRUE, **CURVED}.items() if part in name}
    for name, (formula, claim) in chosen.items():
        what, value, once, refuted = margin(formula, claim, int(seeds), int(trials))
        worst = max(worst, value) if what == "error" else worst
        told = f"{value:>10.1e}" if what == "error" else f"{value:>10.2f}"
        print(f"{name:<44}{what:<8}{told}{'' if once is None else f'{once:.1e}':>10}  {refuted or ''}", flush=True)
    print(f"the largest error is {worst:.1e}, {'within' if worst <= TENTH else 'NOT within'} a tenth of the tolerance")


if __name__ == "__main__":
    main(*sys.argv[1:])
