"""Grading: assignments, the marking of their tasks, and the sandbox in which a stranger's code runs."""

from .cases import check_assignment
from .grades import Grades
from .grading import grade

__all__ = ["Grades", "check_assignment", "grade"]
