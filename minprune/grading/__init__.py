"""Grading: assignments, tasks, marking, and the sandbox in which a stranger's code runs."""

from .grading import Grades, grade

__all__ = ["Grades", "grade"]
