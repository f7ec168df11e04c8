"""Is this formula true? Verdicts, smallest counterexamples, named mistakes; grading."""

from .counterexample import Counterexample
from .grading import Grades, grade
from .quantities import QUANTITIES
from .verdict import Mistake, Verdict
from .verify import verify

__all__ = ["Counterexample", "Grades", "Mistake", "QUANTITIES", "Verdict", "grade", "verify"]
