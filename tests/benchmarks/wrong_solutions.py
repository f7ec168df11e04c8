"""On how many of 200 seeds does each wrong solution of the assignments lose its points, and each right one keep them?

    python tests/benchmarks/wrong_solutions.py [SEEDS]

Prints the wrong solutions that a seed lets pass, the right ones that a seed refuses (the solved sources, as they are
and computed in float32), and the totals. It exits with 1 if there are any.
"""

import collections
import multiprocessing
import re
import sys

import numpy as np

from minprune.grading import assignments
from minprune.grading.calls import Call, calls_of
from minprune.grading.cases import draw_cases
from minprune.grading.marking import is_right
from minprune.grading.stand_ins import answer_of
from minprune.grading.starters import solved_sources
from minprune.grading.student import stand_in
from minprune.grading.user_file import run_file
from minprune.grading.values import decode

SEEDS = 200


def names_of(source, name):
    """{name: value} of what a source text defines."""
    module = {}
    exec(compile(source, name, "exec"), module)
    return module


def in_float32(module):
    """The module's functions with all of their arguments rounded to float32 first."""
    def rounded(value):
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        return value.astype(np.float32) if isinstance(value, np.ndarray) and value.dtype == float else value

    return {name: (lambda *given, function=function: function(*map(rounded, given)))
            for name, function in module.items() if callable(function)}


def solutions(assignment):
    """[(label, task's name, module, whether it is right), ...] of an assignment."""
    solved = next(path for path, _ in solved_sources() if path.stem == assignment.name)
    text = solved.read_text(encoding="utf-8")
    wrong = run_file(assignments.shipped() / "solutions" / "wrong" / solved.name).WRONG
    rows = []
    for task in assignment.tasks:
        module = names_of(text, assignment.name)
        rows += [("the solved source", task.name, module, True),
                 ("the solved source in float32", task.name, in_float32(module), True)]
    for lost, right, code, _ in wrong:
        module = names_of(text.replace(right, code), assignment.name)
        module.update({task.name: stand_in(answer_of(task), module[task.name])
                       for task in assignment.tasks if task.name != lost})
        rows.append((re.sub(r"\s+", " ", code)[:60], lost, module, False))
    return rows


def failures(assignment, seed):
    """Labels of the solutions that the cases of this seed judge wrongly."""
    cases = {task.name: draw_cases(task, seed) for task in assignment.tasks}
    tasks = {task.name: task for task in assignment.tasks}
    for label, name, module, right in solutions(assignment):
        calls = [Call(decode(returned), *rest) for returned, *rest in
                 calls_of(module[name], [case.encoded for case in cases[name]])]
        if is_right(tasks[name], cases[name], calls) != right:
            yield f"{assignment.name} {name}: {label} is {'refused' if right else 'accepted'}"


def all_failures(seed):
    return [failure for name in assignments.names() for failure in failures(assignments.find(name), seed)]


def main(seeds=SEEDS):
    with multiprocessing.Pool() as pool:
        counts = collections.Counter(failure for found in pool.imap_unordered(all_failures, range(seeds))
                                     for failure in found)
    rows = [row for name in assignments.names() for row in solutions(assignments.find(name))]
    wrong = sum(not right for *_, right in rows)
    for failure, count in sorted(counts.items()):
        print(f"{failure} on {count} of {seeds} seeds")
    print(f"{wrong} wrong and {len(rows) - wrong} right solutions on {seeds} seeds: "
          f"{sum(counts.values())} judged wrongly")
    return int(bool(counts))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
