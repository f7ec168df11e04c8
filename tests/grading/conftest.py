"""A teacher's assignment with a student's solution, and a file of formulas."""

import pytest

from minprune.grading import marking
from minprune.grading.calls import Call, calls_of, parameters_of
from minprune.grading.cases import draw_cases
from minprune.grading.formula_file import verify_file
from minprune.grading.grading import grade
from minprune.grading.values import decode, encode

TASKS = '''
import numpy as np
from minprune import finite_difference
from minprune.grading.assignments import Task

def squares(rng):
    return {"w": rng.normal(size=rng.integers(1, 5))}

def measured(w):
    return finite_difference(lambda w: (w ** 2).sum(), w)

def parts(rng):
    return {"w": rng.normal(size=3), "scale": 2.0}

TASKS = [Task("gradient", points=2, case=squares, answer=measured,
              mistakes={"the factor 2 of the square is missing": lambda w: w}),
         Task("both", points=3, case=parts, answer=lambda w, scale: {"sum": w.sum() * scale, "high": w > 0})]
'''
SOLUTION = '''
def gradient(w):
    return 2 * w

def both(w, scale):
    return {"sum": w.sum() * scale, "high": gradient(w) > 0}
'''
FORMULAS = '''
import numpy as np

rate = 3
chain = lambda dz_next, W_next: dz_next @ W_next

def minus(dz_next, W_next):
    return -dz_next @ W_next

def relu(do, z):
    return do * (z > 0)

def taylor(o, do):
    return np.abs((o * do).sum(axis=1))

def exact(o, do, W_next):
    return (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2

def raises(o, do):
    inner = o.sum(axis=2)
    return o @ do

def sometimes(do):
    if len(do) == 3:
        raise KeyError("three")
    return do

def shape(do):
    return do.sum(axis=2)

def nothing(do):
    pass

def nan(do):
    return np.log(-do ** 2)

def changes(do, z):
    do *= z > 0
    return do

def leaves(do):
    exit("now")

def loop(do):
    while True:
        pass

def asks(oo):
    return oo

def chatty(do):
    print("given", do.shape)
    return do

def small(net):
    return net["dense1"].K == 1

def no_condition(net):
    return net.nothing
'''


@pytest.fixture
def folder(tmp_path):
    """A teacher's own assignment: the folder `squares` with a tasks.py, worth 5 points."""
    place = tmp_path / "squares"
    place.mkdir()
    (place / "tasks.py").write_text(TASKS)
    return place


@pytest.fixture
def solution():
    """solution() -> a right solution of `squares`; solution(code) -> with another body of `gradient`."""
    return lambda code="return 2 * w": SOLUTION.replace("return 2 * w", code)


@pytest.fixture
def marks_of(folder):
    """marks_of(the file's text, limit=…) -> {task: Mark} for a solution of `squares`."""
    def graded(text, limit=None, seed=0):
        (folder / "mine.py").write_text(text)
        return grade(folder / "mine.py", seed=seed, limit=limit).marks
    return graded


@pytest.fixture(scope="session")
def formulas(tmp_path_factory):
    """The path of a file mine.py with formulas, right and wrong ones."""
    path = tmp_path_factory.mktemp("formulas") / "mine.py"
    path.write_text(FORMULAS)
    return path


@pytest.fixture
def report_on(formulas):
    """report_on("relu", equals=…) -> the FormulaReport on a function of `formulas`, tried in this process."""
    def tried(function, trials=10, picture=None, printed=None, **claim):
        return verify_file(formulas, function, {"trials": trials, **claim}, None, picture, printed)
    return tried


@pytest.fixture(scope="session")
def judge():
    """judge(function, task, seed) -> (right?, feedback) for a function, on cases drawn with this seed."""
    def judged(function, task, seed, cases=None):
        cases = draw_cases(task, seed) if cases is None else cases
        calls = [Call(decode(returned), *rest) for returned, *rest in
                 calls_of(function, [encode(case.arguments) for case in cases])]
        return marking.judge(task, cases, calls, parameters_of(function))
    return judged
