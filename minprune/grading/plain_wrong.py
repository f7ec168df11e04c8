"""Plain wrong solutions: what anybody may try who has understood nothing, or little.

None may get the points, on any seed. They return zeros, an argument as it came, the answer to another case, the answer
with the other sign, twice or half of it. The `mistakes` of a task are tried with them.
"""

import contextlib
import copy

import numpy as np

from .assignments import find
from .calls import Call
from .cases import draw_cases
from .course.workers import cores_for
from .marking import is_right
from .quiet import quietly
from .sandbox import child_process

PATIENCE = 600.0                # seconds for the cases of one seed


def wrong_on_all(assignment, seeds, cores=None, progress=None):
    """{(task's name, what is wrong): on how many seeds it gets the points}, of those that get them on any."""
    counts = {}
    for done, found in enumerate(passing_on(assignment, seeds, cores_for(seeds, cores)), 1):
        for one in found:
            counts[tuple(one)] = counts.get(tuple(one), 0) + 1
        if progress is not None:
            progress(done, seeds)
    return counts


def passing_on(assignment, seeds, cores):
    """Yield what passes on each seed. Of several cores each has a process of its own: of two, one takes the even seeds
    and one the odd ones."""
    if cores == 1:
        yield from (passing(assignment, seed) for seed in range(seeds))
        return
    with contextlib.ExitStack() as stack:
        requests = [{"file": "", "folder": str(assignment.folder), "seeds": [first, seeds, cores]}
                    for first in range(cores)]
        children = [stack.enter_context(child_process(try_seeds, request)) for request in requests]
        for seed in range(seeds):
            kind, *parts = children[seed % cores].receive(PATIENCE)
            if kind != "passing":
                raise RuntimeError(f"the process that tries seed {seed} has ended, or takes more than {PATIENCE:g} s")
            yield parts[0]


def try_seeds(request, send, receive=None):
    """The job of such a process."""
    assignment = find(request["folder"])
    for seed in range(*request["seeds"]):
        send("passing", passing(assignment, seed))


def passing(assignment, seed):
    """[(task's name, what is wrong), ...] of the wrong solutions that the cases of a seed let pass."""
    return [(task.name, name) for task in assignment.tasks
            for name, values in wrong_values(task, draw_cases(task, seed))
            if values is not None and gets_the_points(task, values)]


def wrong_values(task, cases):
    """Yield (what is wrong, [(Case, returned value), ...]) of wrong solutions, with None in place of the list if one
    raises an exception."""
    expected = [case.expected for case in cases]
    answers = [("zeros", [mapped(np.zeros_like, value) for value in expected]),
               ("the answer to the case before", expected[-1:] + expected[:-1]),
               ("the sign turned around", [mapped(np.negative, value) for value in expected]),
               ("twice the answer", [mapped(lambda part: 2 * part, value) for value in expected]),
               ("half the answer", [mapped(lambda part: part / 2, value) for value in expected]),
               ("the first argument", [next(iter(case.arguments.values())) for case in cases])]
    answers += [(f'"{name}"', returned_in(wrong, cases)) for name, wrong in task.mistakes.items()]
    for name, values in answers:
        yield name, None if values is None or any(value is None for value in values) else list(zip(cases, values))


def returned_in(function, cases):
    """What a function returns in each case; None if it raises an exception."""
    try:
        with quietly():
            return [function(**copy.deepcopy(case.arguments)) for case in cases]
    except Exception:
        return None


def mapped(change, value):
    """The value with each of its numbers changed; booleans are turned around, or all false."""
    if isinstance(value, dict):
        return {key: mapped(change, item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(mapped(change, item) for item in value)
    array = np.asarray(value)
    return change(array) if array.dtype != bool else array & False if change is np.zeros_like else ~array


def gets_the_points(task, rows):
    """Whether values are right in all cases."""
    try:
        with quietly():
            return is_right(task, [case for case, _ in rows], [Call(value) for _, value in rows])
    except Exception:
        return False
