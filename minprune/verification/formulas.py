"""Formulas: what somebody's formula needs, the arrays that it gets, and what is wrong with what it returns."""

import numpy as np

from ..engine.checks import check_known
from ..scoring.arrays import WITH_NETWORK, WITH_TRACES, needs, takes_network, takes_traces
from ..scoring.catalogue import takes_blocks
from ..scoring.passes import Samples, compute
from .arrays import (AFTER_THE_LAYER, KNOWN, NO_ARRAYS, NORMED, OF_THE_CONVOLUTION, OF_THE_NEXT_LAYER,
                     OF_THE_PREVIOUS_LAYER, array_of, is_convolution, previous_of)

BATCH_SIZE = 256                # of scores that take the network or traces: more samples than a case has


class Unanswered(Exception):
    """A formula raised an error, or returned what cannot be compared. The message says which, and for which arrays."""


class Formula:
    """A function whose parameter names say which arrays it needs. Called with a case it returns its array.

    A function of the network, or of recorded traces, is a score: it is called as `score` calls it, and its array is
    that of the case's layer, (K,).

    Raises TypeError if `function` is no function; ValueError for a parameter of an unknown name (with the nearest), and
    for parameters that do not go together. `single` becomes True when the function returns fewer digits than float64
    has.
    """

    def __init__(self, function):
        if not callable(function):
            raise TypeError(f"formula expects a function, got {type(function).__name__}")
        self.function, self.single = function, False
        self.name = getattr(function, "__name__", type(function).__name__)
        if self.name == "<lambda>":
            self.name = "formula"
        self.needs = needs(function)
        self.is_score = takes_traces(self.needs) or takes_network(self.needs)
        self.check_needs()
        self.needs_others = self.asks_for(NO_ARRAYS)
        self.needs_arrays = [] if self.is_score else [name for name in self.needs if name not in NO_ARRAYS]

    def check_needs(self):
        """Raise ValueError unless parameters of these names can be filled, and together."""
        if not self.needs:
            raise ValueError(f"{self.name} names no parameter that says what it needs, such as o or dz_next")
        together = WITH_TRACES if takes_traces(self.needs) else WITH_NETWORK if self.is_score else KNOWN
        for name in self.needs:
            check_known(f"parameter of {self.name}:", name, dict.fromkeys([*KNOWN, *WITH_NETWORK, *WITH_TRACES]))
            if name not in together:
                raise ValueError(f"{self.name} asks for {' and '.join(self.needs)}, which do not go together: it gets "
                                 f"arrays, or {', '.join(WITH_NETWORK)}, or {', '.join(WITH_TRACES)}")

    def asks_for(self, names):
        """Those of the names that are parameters of it, as a list."""
        return [name for name in self.needs if name in names]

    # --- the networks on which it can be tried

    def needs_what_follows(self):
        """Whether it needs an array of what comes after the layer."""
        return bool(self.asks_for(AFTER_THE_LAYER))

    def where_settings(self):
        """What `where` is, if it does not say: networks that have what the formula asks for."""
        batch_norm = {"batch_norm": True} if self.asks_for(NORMED) else {}
        return batch_norm | ({"layers": "conv"} if self.asks_for(OF_THE_CONVOLUTION) else {})

    def check_where(self, where):
        """Raise ValueError if no network of this Where has what the formula asks for."""
        of_images, of_previous = self.asks_for(OF_THE_CONVOLUTION), self.asks_for(OF_THE_PREVIOUS_LAYER)
        if of_images and where.kind != "conv":
            raise ValueError(f'{self.name} asks for {of_images[0]}, which only Conv2D layers have: '
                             'where={"layers": "conv"}')
        least = 2 if where.layer == "output" else 3
        if of_previous and max(where.depths) < least:
            raise ValueError(f"{self.name} asks for {of_previous[0]}, of a layer before the one that is asked about: "
                             f"where depth expects {least} or more, got {max(where.depths)}")
        if self.is_score and where.layer == "output":
            raise ValueError(f'{self.name} is a score of hidden layers, and layer="output" is none')

    def fits(self, case, coupled=False):
        """Whether the case has all that the formula needs.

        A layer whose outputs are added to those of other layers fits only if `coupled` allows it.
        """
        if self.is_score:
            return case.layer in case.net.hidden_layers and self.knows(case.net)
        if case.coupled and (not coupled or "W_out" in self.needs):
            return False
        return not (self.asks_for(OF_THE_CONVOLUTION) and not is_convolution(case)
                    or self.asks_for(OF_THE_PREVIOUS_LAYER) and not previous_of(case)
                    or self.asks_for(OF_THE_NEXT_LAYER) and not case.has_next())

    def knows(self, net):
        """Whether a score knows networks of this kind."""
        return net.is_chain or takes_blocks(self.function)

    # --- calling it

    def arrays(self, case):
        """{parameter: array} of all arrays that the formula needs."""
        return {name: array_of(case, name, first_reader=True) for name in self.needs_arrays}

    def others(self, case):
        """{parameter: value} of what it needs besides: the activation, a number; of a score the case itself."""
        return {"case": case} if self.is_score else {name: array_of(case, name) for name in self.needs_others}

    def __call__(self, case):
        return self.of(self.arrays(case), self.others(case))

    def of(self, arrays, others=None):
        """The formula's result for these arrays, as float64. Unanswered if there is none that can be compared."""
        others = others or {}
        try:
            result = np.asarray(self.returned(arrays, others))
        except Exception as error:
            raise Unanswered(self.describe(error, given(arrays, others))) from error
        if result.dtype.kind not in "buif":
            returned = "None" if result.ndim == 0 and result.item() is None else f"an array of {result.dtype}"
            raise Unanswered(f"{self.name} returned {returned}, not an array of numbers ({given(arrays, others)})")
        if not np.isfinite(result).all():
            returned = "NaN" if np.isnan(result).any() else "infinity"
            raise Unanswered(f"{self.name} returned {returned} ({given(arrays, others)})")
        self.single |= result.dtype in (np.float32, np.float16)
        return result.astype(float)

    @np.errstate(all="ignore")
    def returned(self, arrays, others):
        """What the function returns, without NumPy's warnings."""
        if self.is_score:
            return score_of(self.function, others["case"])
        return self.function(**{name: protected(array) for name, array in arrays.items()}, **others)

    def describe(self, error, given):
        """What an error of the function means."""
        if "read-only" in str(error) or "WRITEABLE" in str(error):
            return (f"{self.name} tries to change its inputs, which are read-only ({given}); "
                    "work on a copy, as in `o = o.copy()`")
        return f"{self.name} raised {type(error).__name__}: {error} ({given})"


def score_of(function, case):
    """(K,): a score of the case's layer, computed on a copy of its network."""
    samples = Samples(case.x.copy(), case.t.copy(), case.loss, BATCH_SIZE)
    return compute(case.net.copy(), [function], samples)[0][case.layer]


def protected(array):
    """A copy that cannot be written to: no formula can make this view of it writable again."""
    copy = array.copy()
    copy.setflags(write=False)
    return copy.view()


def given(arrays, others):
    """What a formula got, as text: "given o (4, 1, 2), f tanh"; of a score, samples and targets."""
    if "case" in others:
        arrays, others = {"x": others["case"].x, "t": others["case"].t}, {}
    texts = [f"{name} {array.shape}" for name, array in arrays.items()]
    return "given " + ", ".join(texts + [f"{name} {getattr(value, 'name', value)}" for name, value in others.items()])


def matching(formula, result, forms, case):
    """The Form that has the shape of the result; Unanswered if none has."""
    for form in forms:
        if form.values.shape == result.shape:
            return form
    expected = " or ".join(f"{form.letters} = {form.values.shape}" for form in forms)
    raise Unanswered(f"{formula.name} returned the shape {result.shape}, expected {expected} "
                     f"({given(formula.arrays(case), formula.others(case))})")
