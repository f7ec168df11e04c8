"""Is this formula true? Verdicts, smallest counterexamples, named mistakes."""

from .counterexamples.counterexample import Counterexample
from .quantities import QUANTITIES
from .sampling.where import Where
from .verdict import Mistake, Verdict
from .verify import verify

__all__ = ["Counterexample", "Mistake", "QUANTITIES", "Verdict", "Where", "verify"]
