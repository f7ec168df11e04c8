"""A teacher's assignment with a student's solution, and a file of formulas."""

import contextlib
import functools
import time

import pytest

from minprune.grading import assignments, marking, sandbox, working
from minprune.grading.calls import Call, calls_of, parameters_of
from minprune.grading.cases import draw_cases, draw_exam
from minprune.grading.course import workers
from minprune.grading.formula_file import verify_file
from minprune.grading.sheets import a_server, grade_file
from minprune.grading.values import decode
from minprune.grading.working import How

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

TASKS = [Task("gradient", points=2, trials=8, case=squares, answer=measured,
              mistakes={"the factor 2 of the square is missing": lambda w: w}),
         Task("both", points=3, trials=8, case=parts,
              answer=lambda w, scale: {"sum": w.sum() * scale, "high": w > 0})]
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


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine a process may need long to say which line is running."""
    monkeypatch.setattr(sandbox, "LINE_SECONDS", 100.0)


@pytest.fixture
def time_for(monkeypatch):
    """time_for(task, seconds): from now on this task has so much time in the sandbox, and all others have a lot."""
    def limited(task, seconds):
        call = working.Sandboxed.call

        def call_in_time(self, name, *given):
            self.limit = seconds if name == task else 100.0
            return call(self, name, *given)

        monkeypatch.setattr(working.Sandboxed, "call", call_in_time)
    return limited


@pytest.fixture(scope="session")
def once_written():
    """once_written(path) -> the text of a file that another process writes, as soon as it is there."""
    def read(path, seconds=100):
        end = time.monotonic() + seconds
        while not (path.exists() and path.read_text()):
            assert time.monotonic() < end, f"{path} was not written"
            time.sleep(0.01)
        return path.read_text()
    return read


@pytest.fixture(scope="session")
def fork_server():
    """What `grade` starts for the files of one call, here started once for all tests that use it: the ForkServer, or
    None where there is none."""
    with a_server(limit=1) as server:
        yield server


@pytest.fixture
def shared_server(monkeypatch, fork_server):
    """What grades several files starts no fork server of its own."""
    monkeypatch.setattr(workers, "a_server", lambda limit: contextlib.nullcontext(limit and fork_server))


@pytest.fixture(scope="session")
def squares_exam(tmp_path_factory):
    """squares_exam(seed) -> the Exam of `squares`, drawn once."""
    place = tmp_path_factory.mktemp("teacher") / "squares"
    place.mkdir()
    (place / "tasks.py").write_text(TASKS)
    return functools.cache(lambda seed: draw_exam(assignments.find(place), seed))


@pytest.fixture
def sheet_of(tmp_path, squares_exam, fork_server):
    """sheet_of(the file's text, limit=…) -> the Sheet of a file of `squares`; without a limit in this process."""
    def graded(text, limit=None, seed=0):
        (tmp_path / "mine.py").write_text(text)
        return grade_file(tmp_path / "mine.py", squares_exam(seed), How(limit, None if limit is None else fork_server))
    return graded


@pytest.fixture
def marks_of(sheet_of):
    """marks_of(the file's text, limit=…) -> {task: Mark} for a file of `squares`."""
    def marks(*given, **more):
        return {mark.task: mark for mark in sheet_of(*given, **more).marks}
    return marks


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
    def judged(function, task, seed):
        cases = draw_cases(task, seed)
        calls = [Call(decode(returned), *rest) for returned, *rest in
                 calls_of(function, [case.encoded for case in cases])]
        return marking.judge(task, cases, calls, parameters_of(function))
    return judged
