"""Stand-ins: the answer of a task in place of a student's function that is wrong. It is computed away from the
student's code."""

import copy

from .quiet import quietly
from .values import count_numbers, decode, encode, is_numeric, largest_whole_number

MOST_TIMES = 4                  # how many times as large as those of the cases arguments may be
NUMBERS = 2000                  # that arguments may have in any case
WHOLE = 100                     # and how large a whole number among them, such as one of steps, may be


def answer_of(task, cases=()):
    """answer(positional, named) -> what the task should return for encoded arguments, encoded too, or None.

    None is given for arguments that the answer cannot take, and for much larger ones than those of the cases: the time
    that an answer takes is that of the grader.
    """
    numbers = MOST_TIMES * max((count_numbers(case.arguments) for case in cases), default=0)
    whole = MOST_TIMES * max((largest_whole_number(case.arguments) for case in cases), default=0)

    def answer(positional, named):
        try:
            given = [decode(value) for value in positional], {name: decode(value) for name, value in named.items()}
            if not is_small([*given[0], *given[1].values()], max(numbers, NUMBERS), max(whole, WHOLE)):
                return None
            with quietly():
                returned = task.answer(*copy.deepcopy(given[0]), **copy.deepcopy(given[1]))
            return encode(returned) if is_numeric(returned) else None
        except Exception:                       # the arguments are the student's, and may be anything
            return None
    return answer


def is_small(values, numbers, whole):
    """Whether values hold at most so many numbers, and no larger whole ones."""
    return count_numbers(values) <= numbers and largest_whole_number(values) <= whole
