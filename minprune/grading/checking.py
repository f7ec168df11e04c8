"""An assignment tried before it is handed out: what a teacher should know of it."""

import itertools
import statistics
import time
from typing import NamedTuple

import numpy as np

from .cases import draw_exam, mistakes_of
from .comparison import difference
from .plain_wrong import returned_in, wrong_on_all
from .sheets import a_server, grade_file
from .working import How

SEEDS = 200
SLOW = 2.0                      # seconds for all cases of a task, above which a student waits


class Check(NamedTuple):
    """What was found: a sentence for each fault, and lines about what is as it should be."""

    faults: tuple
    facts: tuple

    def __str__(self):
        head = [f"{len(self.faults)} {'thing' if len(self.faults) == 1 else 'things'} to be looked at:"]
        return "\n".join([*self.facts, *(["", *head, *(f"  {fault}" for fault in self.faults)] if self.faults else [])])


def check(assignment, seeds=SEEDS, limit=10.0, cores=None, progress=None):
    """Try an Assignment; return the Check."""
    started = time.perf_counter()
    exam = draw_exam(assignment, 0)
    faults, facts = [], [f"{assignment.name}: {len(assignment.tasks)} tasks, {assignment.points} points"]
    for look in (solutions_get, mistakes_differ, cases_vary, times):
        found = look(exam, limit)
        faults += found.faults
        facts += found.facts
    passing = wrong_on_all(assignment, seeds, cores, progress)
    facts.append(f"plain wrong solutions and mistakes tried on {seeds} seeds; "
                 f"{time.perf_counter() - started:.1f} s in all")
    faults += [f"{task}: {wrong} gets the points on {count} of {seeds} seeds"
               for (task, wrong), count in passing.items()]
    return Check(tuple(faults), tuple(facts))


# --------------------------------------------------------------------- the solution and the starter


def solutions_get(exam, limit):
    """The solution gets all points, the starter none."""
    assignment, faults, facts = exam.assignment, [], []
    places = [("solution", path, assignment.points) for path in solutions_of(assignment)]
    places += [("starter", assignment.folder / "starter.py", 0)]
    if len(places) == 1:
        faults.append(f"no solution in {assignment.folder.parent / 'solutions' / assignment.name}.py or "
                      f"{assignment.folder / 'solution.py'}: whether the tasks can be solved was not tried")
    with a_server(limit) as server:
        for kind, path, points in places:
            if not path.is_file():
                faults.append(f"there is no {path}")
                continue
            sheet = grade_file(path, exam, How(limit, server))
            facts.append(f"{kind}: {sheet.points} of {sheet.of} points")
            if sheet.points != points:
                faults.append(f"the {kind} gets {sheet.points} of {sheet.of} points, and should get {points}: "
                              f"{sheet.problem or wrong_tasks(sheet, points)}")
    return Check(tuple(faults), tuple(facts))


def solutions_of(assignment):
    """The paths where a solved source may stand, if it does."""
    places = (assignment.folder.parent / "solutions" / f"{assignment.name}.py", assignment.folder / "solution.py")
    return [path for path in places if path.is_file()]


def wrong_tasks(sheet, points):
    """The tasks that have not what they should: all points, or none."""
    return ", ".join(mark.task for mark in sheet.marks if bool(mark.points) != bool(points))


# -------------------------------------------------------------------------------- named mistakes


def mistakes_differ(exam, limit=None):
    """Each entry of `mistakes` runs, and differs from the answer and from the others."""
    faults, count = mistakes_of(exam), 0
    for task in exam.assignment.tasks:
        cases = exam.cases[task.name]
        returned = {name: returned_in(wrong, cases) for name, wrong in task.mistakes.items()}
        count += len(returned)
        for (name, values), (other, others) in itertools.combinations(returned.items(), 2):
            if values is not None and others is not None and are_equal(values, others, task.tolerance):
                faults.append(f'{task.name}: the mistakes "{name}" and "{other}" return the same in all cases: '
                              "the second is never named")
    return Check(tuple(faults), (f"mistakes: {count} named",))


def are_equal(values, others, tolerance):
    try:
        return all(difference(value, other, tolerance) is None for value, other in zip(values, others))
    except Exception:
        return False


# ------------------------------------------------------------------------------- cases that vary


def cases_vary(exam, limit=None):
    """Sizes and numbers differ from case to case, and no axis passes for another."""
    faults = [f"{task.name}: {fault}" for task in exam.assignment.tasks
              for fault in [*sizes_that_stay(exam.cases[task.name]), *swaps_that_pass(task, exam.cases[task.name])]]
    return Check(tuple(faults), ())


def sizes_that_stay(cases):
    """Sentences about arguments that are the same size, or the same number, in all cases."""
    for name, first in cases[0].arguments.items():
        values = [case.arguments[name] for case in cases]
        if isinstance(first, np.ndarray) and len({value.ndim for value in values}) == 1:
            for axis in range(first.ndim):
                if len({value.shape[axis] for value in values}) == 1:
                    yield f"axis {axis} of {name} has the size {first.shape[axis]} in all cases"
        elif isinstance(first, (int, float, str)) and len(set(values)) == 1:
            yield f"{name} is {first!r} in all cases"


def swaps_that_pass(task, cases):
    """Sentences about two axes of an argument that can be swapped without a difference to the answer."""
    for name in cases[0].arguments:
        axes = min(getattr(case.arguments[name], "ndim", 0) for case in cases)
        for one, other in itertools.combinations(range(axes), 2):
            if swap_passes(task, cases, name, one, other):
                yield (f"the axes {one} and {other} of {name} can be swapped, and the answer is the same: who confuses "
                       "them loses nothing")


def swap_passes(task, cases, name, one, other):
    """Whether the answer is the same for an argument with swapped axes, which is another one then."""
    swapped = [{**case.arguments, name: np.swapaxes(case.arguments[name], one, other).copy()} for case in cases]
    if all(np.array_equal(given[name], case.arguments[name]) for given, case in zip(swapped, cases)):
        return False
    returned = returned_in(task.answer, [case._replace(arguments=given) for case, given in zip(cases, swapped)])
    return returned is not None and are_equal([case.expected for case in cases], returned, task.tolerance)


# ------------------------------------------------------------------------------------------ time


def times(exam, limit=None):
    """How long the answers of each task take."""
    faults, facts = [], []
    for task in exam.assignment.tasks:
        taken = []
        for case in exam.cases[task.name]:
            started = time.perf_counter()
            returned_in(task.answer, [case])
            taken.append(time.perf_counter() - started)
        facts.append(f"{task.name}: {len(taken)} cases, {statistics.median(taken) * 1000:.2g} ms each, "
                     f"{sum(taken):.2g} s in all")
        if sum(taken) > SLOW:
            faults.append(f"{task.name}: the answers take {sum(taken):.1f} s; smaller or fewer cases spare waiting")
    return Check(tuple(faults), tuple(facts))
