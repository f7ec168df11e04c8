"""The command `minprune grade`: points for a student's functions. (Its options and its output are in `grading`.)"""

from ..grading.command import GRADE, GRADE_SUMMARY, add_grade_arguments, grade_command
from .arguments import add_command, number


def add(commands):
    add_grade_arguments(add_command(commands, "grade", GRADE_SUMMARY, GRADE, run), number)


def run(arguments):
    return grade_command(arguments)
