"""Paired tests: can two things that were measured on the same networks be told apart?"""

import math

import numpy as np

from ..engine.checks import check_count


def paired_p(differences):
    """The two-sided p of Student's paired t test: how likely a mean difference at least so far from 0 is by chance.

        t = mean(d) / (s / √n),   s² = Σ (d − mean(d))² / (n − 1),   n − 1 degrees of freedom

    It takes the differences as normally distributed around the same mean. 1 where all are 0, or with fewer than two.
    """
    d = np.asarray(differences, float)
    if len(d) < 2 or not d.any():
        return 1.0
    s = d.std(ddof=1)
    return 0.0 if s == 0 else student_p(d.mean() / (s / math.sqrt(len(d))), len(d) - 1)


def student_p(t, freedom):
    """P(|T| ≥ |t|) of Student's distribution with a whole number of degrees of freedom, by its finite series.

    With θ = arctan(|t| / √ν), c = cos θ and s = sin θ, P(|T| < |t|) is
        s · (1 + 1/2 c² + (1·3)/(2·4) c⁴ + …)                  for even ν, ν/2 terms
        2/π · (θ + s · (c + 2/3 c³ + (2·4)/(3·5) c⁵ + …))       for odd ν, (ν − 1)/2 terms
    """
    freedom = check_count("freedom", freedom)
    theta = math.atan(abs(t) / math.sqrt(freedom))
    odd, c = freedom % 2, math.cos(theta)
    term, total = (c if odd else 1.0), 0.0
    for place in range(freedom // 2):
        total += term
        term *= (2 * place + 1 + odd) / (2 * place + 2 + odd) * c * c
    within = math.sin(theta) * total
    return max(0.0, 1 - (2 / math.pi * (theta + within) if odd else within))


def holm(p_values):
    """The same p values corrected for how many there are, by Holm's method, in their order.

    The k-th lowest of m is multiplied by m − k + 1, and none is lower than a lower one: whatever is then at most α is
    found with a chance of at most α that any of the findings is false.
    """
    order, corrected, highest = np.argsort(p_values, kind="stable"), np.ones(len(p_values)), 0.0
    for k, place in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - k) * p_values[place]))
        corrected[place] = highest
    return corrected
