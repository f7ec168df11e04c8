"""The search for the smallest counterexample: fewest layers, then neurons, then samples, then round small numbers."""

import collections
import itertools

import numpy as np

from ..sampling.kinks import is_clear
from ..sampling.random_networks import Case
from ..sampling.where import CONDITIONS
from .counterexample import Counterexample
from .drafts import combinations_of, drafts_of, draws, share_needed
from .kinds import hopeless_kinds, is_larger_than_needed, kinds_of_case, kinds_of_structure, least_sizes
from .round_numbers import Page, case_of_its_own, round_targets
from .roughness import has_round_results, roughness
from .small_networks import neuron_layers, structures

QUICK = 1 / 6                   # the share of the usual draws that is tried at first
WIDER = 4                       # how many times as many there are where a function says which networks there are
EASIEST = 6                     # combinations that are tried at first,
EACH = 20                       # and structures of each depth
OTHERS = 6                      # trials that fail in another way, before a structure is given up
EASY = 3                        # combinations of which all cases near the plain one are tried
ROUNDER = 8                     # how much rougher a case may be for results that are round


class Budget:
    """The work that a search may still do. It is counted and not timed: the same seed gives the same result.

    trials   of cases
    rows     of numbers that are looked at, and left out for the most part where few networks are what `where` says
    pages    for structures
    """

    def __init__(self, trials, rows=1500, pages=150):
        self.trials, self.rows, self.pages = trials, rows, pages

    @property
    def is_spent(self):
        return min(self.trials, self.rows, self.pages) <= 0


def find_counterexample(claim, where, trials, seed):
    """The smallest Counterexample to a claim that failed on some of `trials`; None if it fails clearly on none.

    `where` is the Where of the networks that are searched.
    """
    failing = [trial for trial in trials if trial.error > claim.tolerance]
    if not failing:
        return None
    failing = [trial for trial in failing if trial.problem is None] or failing      # problems if there is nothing else
    search, (*better, enough) = Search(claim, where, trials, failing, seed), claim.ways_to_show(failing)
    for shows in better:
        trial = search.smallest(shows)
        if trial is not None:
            return counterexample_of(trial, claim)
    trial = search.smallest(enough) or smallest_drawn(claim, failing, enough)
    return None if trial is None else counterexample_of(trial, claim)


def counterexample_of(trial, claim):
    case = trial.case
    claimed, measured = (None if array is None else array + 0.0 for array in (trial.claimed, trial.measured))
    return Counterexample(case.net, case.layer, case.x, case.t, case.loss, claimed, measured, claim.measured,
                          trial.problem, claim, trial)


def roundest(trials):
    """The first of the trials; if its results could be round and are not, the first with round results, if one is near.

    The trials come in the order of their roughness. None if there are none.
    """
    first = next(trials, None)
    if first is None or roughness(first.case)[0] or has_round_results(first):
        return first
    *kinds, numbers = roughness(first.case)
    most = (*kinds, numbers + ROUNDER)
    near = itertools.takewhile(lambda trial: roughness(trial.case) <= most, trials)
    return next(filter(has_round_results, near), first)


def smallest_drawn(claim, failing, shows):
    """The trial of the smallest of the random cases that `shows` the failure, or None."""
    by_size = sorted((trial.case for trial in failing), key=lambda case: case.sizes())
    trials = (claim.trial(case) for case in by_size)
    return next((trial for trial in trials
                 if (trial.problem is None) == (failing[0].problem is None) and shows(trial)), None)


# ----------------------------------------------------------------------------------------- small cases


class Search:
    """The search for a small case on which a claim fails, by what random trials say of where it fails.

    Kinds of cases that never failed in many trials are left out. What holds on all cases that the search has the budget
    for fails on larger networks only.
    """

    def __init__(self, claim, where, trials, failing, seed):
        self.claim, self.where, self.failing = claim, where, failing
        self.hopeless = hopeless_kinds(where, trials, failing)
        self.combinations = combinations_of(where, trials, failing)
        self.least = least_sizes(failing)
        self.times = 1 if all(condition in CONDITIONS.values() for condition in where.that) else WIDER
        self.thorough = share_needed(trials, failing)
        self.unseen, self.seen = iter(structures(where)), []
        self.rng, self.targets = np.random.default_rng(seed), {}

    def places(self):
        """Yield (place, structure) of all structures; each is made once, and only when it is reached."""
        for place in itertools.count():
            if place == len(self.seen):
                self.seen += itertools.islice(self.unseen, 1)
            if place == len(self.seen):
                return                              # there are no more
            yield place, self.seen[place]

    def smallest(self, shows):
        """The trial of the smallest and roundest case that `shows` the failure, or None.

        A few draws of each structure find one that will do, and many draws a smaller one, if there is any. Last the
        roundest numbers are looked for.
        """
        place, structure, trial = self.first(self.with_fewest_samples(), QUICK, shows, Budget(trials=300))
        if trial is None:
            place, structure, trial = self.first(self.places(), QUICK, shows, Budget(trials=250))
        before = itertools.islice(self.places(), place)
        _, smaller, other = self.first(before, self.thorough, shows, Budget(trials=300))
        structure, trial = (structure, trial) if other is None else (smaller, other)
        if trial is None:
            return None
        return self.roundest_of(structure, 1, shows, Budget(trials=150), near=True) or trial

    def with_fewest_samples(self):
        """(place, structure) of those that have as few samples as there can be where the claim fails.

        Only the smallest of each depth, so that all depths have their turn.
        """
        possible = [N for N in self.where.samples if ("samples", N) not in self.hopeless]
        seen = collections.Counter()
        for place, structure in self.places():
            depth = len(neuron_layers(structure.layers))
            if structure.samples == min(possible, default=None) and seen[depth] < EACH \
                    and not self.is_hopeless(structure):
                seen[depth] += 1
                yield place, structure

    def first(self, places, share, shows, budget):
        """(place, structure, trial) of the first of (place, structure) that `shows` the failure; None for all three."""
        for place, structure in places:
            trial = self.roundest_of(structure, share, shows, budget)
            if trial is not None:
                return place, structure, trial
            if budget.is_spent:
                break
        return None, None, None

    def roundest_of(self, structure, share, shows, budget, near=False):
        """The trial of the roundest case of a structure that `shows` the failure, or None; about its first layer if it
        can be. `share` of the usual draws; `near`: also the plainest ones with one number changed."""
        if self.is_hopeless(structure):
            return None
        budget.pages -= 1
        page = Page(structure)
        possible = [each for each in self.combinations if structure.outputs >= each.loss.least_outputs]
        possible = possible[:EASIEST] if share == QUICK else possible
        fitting = {layer: Fitting(page, layer, self.claim, self.hopeless, self.where.asks_for_pooling_or_blocks())
                   for layer in self.where.possible_layers(page.net)}
        layers = [layer for layer, fits in fitting.items() if any(map(fits, possible))]
        drafts = self.drafts(page, possible, share, near) if layers else []
        for layer in layers:
            cases = cases_about(layer, page, drafts, fitting[layer], self.where.that, budget)
            trial = roundest(self.failing_trials(cases, shows))
            if trial is not None:
                return trial
        return None

    def failing_trials(self, cases, shows):
        """Yield the trials that show the failure.

        It ends where the first ones fail in another way than the random ones: by a problem, such as a shape, that all
        networks of this structure have.
        """
        others = 0
        for case in cases:
            trial = self.claim.trial(case)
            if (trial.problem is None) == (self.failing[0].problem is None):
                others = -np.inf
                if shows(trial):
                    yield trial._replace(case=case_of_its_own(case))
            others += 1
            if others == OTHERS:
                return

    def is_hopeless(self, structure):
        """Whether all its cases are of a kind that never failed, or larger than a few where few are enough to fail."""
        *hidden, output = neuron_layers(structure.layers)
        sizes = {("neurons", layer.K) for layer in ([output] if self.where.layer == "output" else hidden)}
        kinds = kinds_of_structure(structure)
        return sizes <= self.hopeless or not self.hopeless.isdisjoint(kinds) \
            or is_larger_than_needed(kinds | sizes, self.least)

    def drafts(self, page, combinations, share, near):
        """The Drafts of all these Combinations, the roundest first."""
        drafts = []
        for place, combination in enumerate(combinations):
            kind = combination.loss, page.net.output_shape
            if kind not in self.targets:
                self.targets[kind] = round_targets(combination.loss, self.rng, page.net.output_shape)
            drafts += drafts_of(page, self.where, combination, self.targets[kind], draws(place, share * self.times),
                                self.rng, near and place < EASY)
        return sorted(drafts, key=lambda draft: draft.order)


class Fitting:
    """Whether the cases about a layer of a page fit the claim and are worth a trial: fitting(combination) -> bool."""

    def __init__(self, page, layer, claim, hopeless, any_next):
        self.page, self.layer, self.claim, self.hopeless, self.any_next = page, layer, claim, hopeless, any_next
        self.known = {}

    def __call__(self, combination):
        if combination not in self.known:
            case = self.case(self.page.plain(), None, combination)
            self.known[combination] = self.hopeless.isdisjoint(kinds_of_case(case)) and self.claim.fits(case)
        return self.known[combination]

    def case(self, row, t, combination):
        """The case that is written on the page."""
        self.page.write(row, combination.hidden, combination.output)
        return Case(self.page.net, self.layer, self.page.x, t, combination.loss, self.any_next)


def cases_about(layer, page, drafts, fits, conditions, budget):
    """The cases of these drafts about a layer that the claim is about and that keep clear of kinks."""
    done = set()
    for draft in drafts:
        if budget.is_spent:
            return
        same = draft.combination, draft.row.tobytes(), draft.t.tobytes()
        if draft.layer not in (None, layer) or same in done or not fits(draft.combination):
            continue
        # written on the page, and looked at
        done.add(same)
        budget.rows -= 1
        case = fits.case(draft.row, draft.t, draft.combination)
        if all(condition.holds(page.net) for condition in conditions) and is_clear(page.net, page.x).all():
            budget.trials -= 1
            yield case
