"""Trial: what came of a claim on one network."""

from typing import NamedTuple

import numpy as np


class Trial(NamedTuple):
    """`problem` says why claimed and measured cannot be compared, if so; then the error is infinite. `slopes`, of claims
    about an order, has one number a neuron, inf where there is no error."""

    case: object
    claimed: np.ndarray | None
    measured: np.ndarray | None
    error: float
    form: str = ""
    problem: str | None = None
    slopes: np.ndarray | None = None
