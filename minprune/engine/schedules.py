"""Learning-rate schedules: functions of the epoch (0 at the start, 1.5 in the middle of the second one).

An optimizer takes a number or any such function as its learning rate. Those made here can be pickled and printed.
"""

import math
from functools import partial

from .checks import check_real
from .optimizers import ConstantRate


def constant(rate):
    """rate(e) = rate."""
    return ConstantRate(check_real("rate", rate, least=0))


def step(rate, every, factor=0.1):
    """rate(e) = rate · factor^⌊e / every⌋: multiplied by `factor` each `every` epochs."""
    rate, every = check_real("rate", rate, least=0), check_real("every", every, above=0)
    return partial(step_at, rate=rate, every=every, factor=check_real("factor", factor, above=0))


def step_at(epoch, rate, every, factor):
    return rate * factor ** math.floor(epoch / every)


def cosine(rate, epochs, final=0.0):
    """rate(e) = final + ½ (rate − final) (1 + cos(π e / epochs)) up to e = epochs, then `final`.

    Loshchilov & Hutter, ICLR 2017, arXiv:1608.03983 (without the restarts).
    """
    rate, epochs = check_real("rate", rate, least=0), check_real("epochs", epochs, above=0)
    return partial(cosine_at, rate=rate, epochs=epochs, final=check_real("final", final, least=0))


def cosine_at(epoch, rate, epochs, final):
    return final + 0.5 * (rate - final) * (1 + math.cos(math.pi * min(epoch / epochs, 1)))
