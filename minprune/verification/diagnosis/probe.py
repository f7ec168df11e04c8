"""What is asked about one case when a mistake is looked for, and the corrections that are tried."""

import functools
from typing import Callable, NamedTuple

import numpy as np

from .counterfactual import altered
from ..formulas import Unanswered, array_of


class Correction(NamedTuple):
    """`apply(asked)` returns the corrected array; KeyError, ValueError or Unanswered where it does not apply.

    `confirm(every)`, asked once it helps on every network, may still refuse it; `remedy` may be such a function too.
    """

    name: str
    remedy: str | Callable
    apply: Callable
    confirm: Callable = lambda every: True

    def told(self, every):
        return self.remedy if isinstance(self.remedy, str) else self.remedy(every)


class Asked:
    """A formula asked about one case: what it was given and returned, and what was measured."""

    def __init__(self, check, trial):
        self.check, self.formula, self.case, self.trial = check, check.formula, trial.case, trial
        self.layer = self.case.net[self.case.layer]

    @functools.cached_property
    def given(self):
        return self.formula.given(self.case)

    @functools.cached_property
    def forms(self):
        return self.check.forms(self.case)

    @property
    def claimed(self):
        if self.trial.claimed is None:
            raise Unanswered(self.trial.problem)
        return self.trial.claimed

    def array(self, name):
        """An array of the case whether the formula asks for it or not."""
        return self.given[name] if name in self.given else array_of(self.case, name)

    def with_given(self, **changed):
        return self.formula.of({**self.given, **changed})

    def by_rule(self, rule):
        return self.formula.of({name: altered(array.copy(), rule) for name, array in self.given.items()})

    def next_layer(self):
        """The layer that reads this one; ValueError for the output layer, which none reads."""
        return self.case.net[self.case.net.reader(self.case.layer)]

    def about(self, case):
        """The same formula asked about another case."""
        return Asked(self.check, self.trial._replace(case=case, claimed=self.formula(case)))

    def accepts(self, correction):
        """Whether the claim holds in this case with the correction."""
        try:
            with np.errstate(all="ignore"):
                return self.check.accepts(self, correction.apply)
        except (Unanswered, KeyError, ValueError, IndexError):
            return False
