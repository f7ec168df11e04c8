"""Checks of an experiment's arguments: what would fail is refused before anything is trained."""

import numpy as np

from ...engine.checks import check_count, check_list, check_real
from ...pruning.surgery import check_keep
from ...retraining.iteration import check_reachable
from ...retraining.recipe import check_retraining
from ...retraining.recipes import Rewind
from ...retraining.schedules import check_schedule

SEEDS = 5                       # networks that are trained by default


def check_fractions(fractions):
    """Different fractions in [0, 1), at least one."""
    fractions = check_list("fractions", fractions, "such as [0.3, 0.5]")
    fractions = [check_real("fractions", fraction, least=0, below=1) for fraction in fractions]
    if not fractions or len(set(fractions)) < len(fractions):
        raise ValueError(f"fractions expects different numbers, at least one, got {fractions}")
    return fractions


def check_seeds(seeds, networks=None):
    """The seeds 0, 1, … if a number is given (by default 5), else a list of different ones; one for each network that
    is trained already."""
    if networks is not None:
        if seeds is not None:
            raise ValueError("seeds and networks were both given: there is one seed for each network")
        return list(range(len(networks)))
    seeds = SEEDS if seeds is None else seeds
    if not np.iterable(seeds):
        return list(range(check_count("seeds", seeds)))
    seeds = [check_count("seeds", seed, least=0) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds expects different whole numbers, at least one, got {seeds}")
    return seeds


def check_fit(training, methods, retrain, fractions, seeds):
    """Raise what would fail, as far as the first seed's network can show without being trained."""
    net, loss = training.build(seeds[0])
    for method in methods:
        recipe = method.retraining(retrain)
        check_retraining(recipe, net, loss)
        if isinstance(recipe, Rewind) and len(seeds) > 1:
            raise ValueError(f"{method.name}: Rewind holds one network's snapshot, and there are {len(seeds)} networks")
        for fraction in fractions:
            check_steps(method, fraction, net)


def check_steps(method, fraction, net):
    """Raise unless the method's schedule ends at the fraction, and so many neurons can go; a function of the user's
    shows that only when it is called."""
    if method.function is not None:
        return
    schedule = method.schedule(fraction)
    if isinstance(schedule, (list, tuple)) and any(callable(rule) for rule in schedule):
        raise ValueError(f"{method.name}: schedule({fraction}) holds a rule that finds its own number of neurons, but "
                         "at each fraction all methods are compared at equal size; give it as Method(function=…)")
    *_, last = check_schedule(schedule, net.hidden_layers)
    if isinstance(last, float) and last != fraction:
        raise ValueError(f"{method.name}: schedule({fraction}) expects to end at {fraction}, got {last}")
    check_reachable(last, {"scope": method.scope}, check_keep(net, {}))
