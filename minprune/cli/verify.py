"""The command `minprune verify`: is this formula true? (Its options and its output are in `grading`.)"""

from ..grading.formula_command import VERIFY, VERIFY_SUMMARY, add_verify_arguments, verify_command
from ..verification.diagnosis.names import mistakes_as_text
from .arguments import add_command, number


def add(commands):
    text = f"{VERIFY}\n\n{mistakes_as_text()}"
    add_verify_arguments(add_command(commands, "verify", VERIFY_SUMMARY, text, run), number)


def run(arguments):
    return verify_command(arguments)
