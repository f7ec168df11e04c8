"""Grading: assignments, the marking of their tasks, and the sandbox in which a stranger's code runs."""

from .cases import check_assignment
from .checking import check
from .course.grade_class import grade_class
from .grades import Grades
from .grading import grade

__all__ = ["Grades", "check", "check_assignment", "grade", "grade_class"]
