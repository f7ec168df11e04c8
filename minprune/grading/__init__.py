"""Grading: assignments, the marking of their tasks, and the sandbox in which a stranger's code runs."""

from .grades import Grades
from .grading import grade

__all__ = ["Grades", "grade"]
