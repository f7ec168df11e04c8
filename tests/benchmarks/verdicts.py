"""How long a verdict takes, beside the measuring alone that it must do.

    python tests/benchmarks/verdicts.py [trials]

Claims of all four kinds, true and false. What must be done: of `equals` the central differences (or one forward pass
for each silenced neuron) of all networks; of `approximates` the silenced neurons at both ε; of `ranks_like` the
silenced neurons; of `invariant` a recorded pass before the change and one after it. All the rest is the verdict's own:
drawing the networks, calling the formula, comparing, and where it fails measuring again, trying the corrections and
looking for the smallest counterexample. Verdict and measuring are timed in turns in one run, by the time of a core.
Last come networks that
few of the drawn ones are like. The aim is that no verdict takes more than two seconds of one core.
"""

import sys
import time

import numpy as np

from stopwatch import seconds

import minprune as mp
from minprune.verification.claims import CLAIMS as KINDS
from minprune.verification.claims.approximation import LOUDNESS, scaled_readers
from minprune.verification.formulas import Formula
from minprune.verification.quantities import STEP, find_quantity
from minprune.verification.sampling.random_networks import Case, draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import where_settings


def chain_rule(dz_next, W_next):
    return dz_next @ W_next


def transposed(dz_next, W_next):
    return dz_next @ W_next.T


def weight_gradient(dz, x):
    return np.einsum("npi,npj->ij", dz, x)


def without_slope(do, x):
    return np.einsum("npi,npj->ij", do, x)


def of_outputs(o):
    return o


def exact_removal(o, do, W_next):
    return (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2


def taylor(o, do):
    return np.abs((o * do).sum(axis=1))


def half_of_taylor(o, do):
    return np.abs((o * do).sum(axis=1)) / 2


def magnitude(W):
    return np.abs(W).sum(axis=1)


def sums(do):
    return np.abs(do).sum(axis=(0, 1))


def by_index(W):
    return np.cumsum(np.abs(W).sum(axis=1))


def gradient(do):
    return do


def twice(do):
    return 2 * do


def has_a_large_weight(net):
    return net[net.neuron_layers[0]].W.flat[0] > 2


def has_three_positive_neurons(net):
    return net["dense1"].K == 3 and (net["dense1"].W > 0).all()


LAST_MSE, CONV = {"layer": "last hidden", "loss": "mse"}, {"layers": "conv"}
CLAIMS = (
    (chain_rule, {"equals": "dL/do"}), (transposed, {"equals": "dL/do"}), (of_outputs, {"equals": "dL/do"}),
    (weight_gradient, {"equals": "dL/dW"}), (without_slope, {"equals": "dL/dW"}),
    (weight_gradient, {"equals": "dL/dW", "where": CONV}), (of_outputs, {"equals": "dL/do", "where": CONV}),
    (exact_removal, {"equals": "removal", "where": LAST_MSE}), (taylor, {"equals": "|removal|"}),
    (taylor, {"approximates": "removal"}), (taylor, {"approximates": "removal", "order": 2}),
    (half_of_taylor, {"approximates": "removal"}), (magnitude, {"approximates": "removal"}),
    (taylor, {"ranks_like": "|removal|"}), (magnitude, {"ranks_like": "removal"}),
    (taylor, {"invariant": "batch size"}), (sums, {"invariant": "batch size"}),
    (magnitude, {"invariant": "relu rescaling"}), (by_index, {"invariant": "neuron permutation"}),
    (magnitude, {"approximates": "removal", "where": CONV}),
    (taylor, {"approximates": "removal", "order": 2, "where": CONV}),
    (gradient, {"equals": "dL/do", "where": {"that": has_a_large_weight}}),
    (twice, {"equals": "dL/do", "where": {**CONV, "that": has_a_large_weight}}),
    (gradient, {"equals": "dL/do", "where": {"that": has_three_positive_neurons}}),
)


def measuring(formula, claim, trials):
    """What must be done for this claim, as a function to time; the networks are drawn before."""
    formula = Formula(formula)
    kind, = set(claim) & {"equals", "approximates", "ranks_like", "invariant"}
    where = Where(claim.get("where"), **where_settings(formula, KINDS[kind], claim[kind]))
    quantity = find_quantity(claim[kind]) if kind != "invariant" else None
    cases = draw_cases(where, trials, 0, formula.fits)

    def measure(case):
        if kind == "invariant":
            return [Case(case.net, case.layer, case.x, case.t, case.loss).trace for _ in range(2)]
        if kind != "approximates":
            return quantity.measure(Case(case.net, case.layer, case.x, case.t, case.loss), STEP)
        for i in range(case.net[case.layer].K):
            for epsilon in LOUDNESS:
                with scaled_readers(case, i, epsilon) as scaled:
                    quantity.measure(scaled, STEP)

    return lambda: [measure(case) for case in cases]


def names_in(where):
    return " ".join(getattr(one, "__name__", str(one)) for one in where.values())


def told(claim):
    return ", ".join(f"{key}={value}" if key != "where" else names_in(value)
                     for key, value in claim.items())


def main(trials="200"):
    trials = int(trials)
    print(f"{'formula':<17}{'claim':<50}{'':<7}{'verdict':>10}{'measuring':>12}{'ratio':>7}")
    for formula, claim in CLAIMS:
        verdict, alone = seconds([lambda: mp.verify(formula, **claim, trials=trials),
                                  measuring(formula, claim, trials)], 3, time.process_time)
        holds = "holds" if mp.verify(formula, **claim, trials=trials) else "fails"
        print(f"{formula.__name__:<17}{told(claim):<50}{holds:<7}{verdict:>8.2f} s{alone:>10.3f} s"
              f"{verdict / alone:>7.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
