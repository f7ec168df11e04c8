"""A class of 200 generated students: is every mark right, and what does a file cost?

    python tests/benchmarks/course.py [STUDENTS [FILES OF EACH]]

The students are right in many styles, wrong in the known ways, broken or hostile (harmlessly). Prints the
marks that are not as they should be, the time of a core for each file beside that of a bare Python start, and whether a
run that is killed in the middle goes on. It exits with 1 if a mark is wrong.
"""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from minprune.grading import assignments
from minprune.grading.course.grade_class import grade_class
from minprune.grading.starters import solved_sources
from minprune.grading.user_file import run_file

STUDENTS = 200
LIMIT = 3.0                     # seconds for a task: of those that loop for ever, all are used
LEAST = 0.25                    # seconds of a core that a file may cost, on a machine where a bare start takes …
BARE = 0.03                     # … so long


class HandedIn(NamedTuple):
    """{name of a file: its text}, the kind of student, and the tasks that have no points (None: all of them)."""

    files: dict
    kind: str
    lost: frozenset | None


# --------------------------------------------------------------------------------- right, in styles


def as_notebook(text):
    """The source as a notebook: a cell for each definition, cells that try things out, text between them."""
    blocks = re.split(r"\n\n\n(?=def |class |ASSIGNMENT)", text)
    code = ["%matplotlib inline\n!ls", *blocks, "import time\nbig = [time.sleep(60)]\nprint(big)", "1 / 0",
            "this is no Python", "%%bash\necho hello"]
    cells = [{"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [],
              "source": cell.splitlines(keepends=True)} for cell in code]
    cells.insert(1, {"cell_type": "markdown", "metadata": {}, "source": ["# My solution"]})
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def wrapped_in(code):
    """A style: after the source, every function of the assignment is replaced by what `code` makes of it."""
    return lambda text, tasks: {
        "mine.py": f"{text}\n\n{code}\n" + "".join(f"{task} = wrap({task})\n" for task in tasks)}


DECORATED = """
import functools, time
def wrap(function):
    @functools.wraps(function)
    def timed(*given, **named):
        started = time.perf_counter()
        print("called with", [getattr(value, "shape", value) for value in given], "at", started)
        return function(*given, **named)
    return timed
"""
CALLABLE = """
class wrap:
    def __init__(self, function):
        self.function, self.__name__ = function, function.__name__
    def __call__(self, *given, **named):
        return self.function(*given, **named)
"""
COPIED = """
import copy
wrap = lambda function: lambda *given: function(*copy.deepcopy(given))
"""
LISTS = """
import numpy as np
def wrap(function):
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in value]
        as_it_is = np.asarray(value).dtype == bool or np.ndim(value) == 0 or 0 in np.shape(value)
        return value if as_it_is else value.tolist()
    return lambda *given: plain(function(*given))
"""


def split_in_two(text, tasks):
    """The functions stand in a file beside it."""
    return {"mine.py": f'ASSIGNMENT = "{assignment_of(text)}"\nfrom parts import *\n', "parts.py": unnamed(text)}


def unnamed(text):
    return re.sub(r"^ASSIGNMENT = .*$", "", text, flags=re.MULTILINE)


def assignment_of(text):
    return re.search(r'^ASSIGNMENT = "(.*)"$', text, re.MULTILINE)[1]


def turned_around(text, tasks):
    """The functions stand in the opposite order."""
    head, *functions = re.split(r"\n\n\n(?=def )", text)
    return {"mine.py": "\n\n\n".join([head, *reversed(functions)]) + "\n"}


STYLES = {
    "as it is": lambda text, tasks: {"mine.py": text},
    "a notebook": lambda text, tasks: {"mine.ipynb": as_notebook(text)},
    "from Windows": lambda text, tasks: {"Mine.PY": "\ufeff" + text.replace("\n", "\r\n")},
    "with tabs": lambda text, tasks: {"mine.py": re.sub(r"^(?:    )+", lambda at: "\t" * (len(at[0]) // 4), text,
                                                        flags=re.MULTILINE)},
    "in two files": split_in_two,
    "turned around": turned_around,
    "decorated": wrapped_in(DECORATED),
    "callable objects": wrapped_in(CALLABLE),
    "lambdas": wrapped_in(COPIED),
    "lists": lambda text, tasks: wrapped_in(LISTS)(split_in_two(text, tasks)["mine.py"], tasks) | {
        "parts.py": unnamed(text)},
    "with a main": lambda text, tasks: {
        "mine.py": text + '\n\nif __name__ == "__main__":\n    raise SystemExit("test")\n'},
}

# -------------------------------------------------------------------------------- broken and hostile

# {kind: code after the source, in which TASK stands for the first task; it costs that task}
BROKEN = {
    "not written": "def TASK(*given): raise NotImplementedError('TASK')",
    "nothing returned": "def TASK(*given): pass",
    "an exception": "def TASK(*given): return given[0] / undefined",
    "an endless loop": "def TASK(*given):\n    while True: pass",
    "an end of Python": "import os\ndef TASK(*given): os._exit(3)",
    "a deep recursion": "def TASK(*given): return TASK(*given)",
    "NaN": "def TASK(*given): return float('nan')",
    "too much memory": "import numpy as np\ndef TASK(*given): return [np.ones(10 ** 9) for _ in range(100)]",
    "too much output": "def TASK(*given):\n    for _ in range(20000): print('x' * 1000)\n    return 0",
    "too large a file": "def TASK(*given):\n    with open('big', 'wb') as file:\n"
                        "        for _ in range(4000): file.write(b'x' * 10 ** 6)\n    return 0",
    "a crash": "import os, signal\ndef TASK(*given): os.kill(os.getpid(), signal.SIGSEGV)",
}
# {kind: code before the source}; all points are lost
UNREADABLE = {"no Python": "def f(:", "an error": "1 / 0", "an exit": "exit()",
              "an unknown import": "import nothing_at_all", "a loop at once": "while True: pass"}
# {kind: code after the source}: the first task is not solved, and tricks shall give its points
HOSTILE = {
    "patched NumPy": "import numpy as np\nfor name in ('isclose', 'allclose', 'array_equal', 'all'):\n"
                     "    setattr(np, name, lambda *given, **named: True)\ndef TASK(*given): return 0",
    "frames": "import sys\ndef TASK(*given):\n    frame = sys._getframe()\n    while frame is not None:\n"
              "        for value in list(frame.f_locals.values()):\n"
              "            if hasattr(value, 'expected'): return value.expected\n"
              "        frame = frame.f_back\n    return 0",
    "the solution": "def TASK(*given):\n    names = {}\n    exec(open('SOLUTION').read(), names)\n"
                    "    return names['TASK'](*given)",
    "the tasks": "def TASK(*given):\n    names = {}\n    exec(open('TASKS').read(), names)\n"
                 "    return next(task for task in names['TASKS'] if task.name == 'TASK').answer(*given)",
    "forged replies": "import json, os\ndef TASK(*given):\n    for number in range(3, 60):\n        try:\n            "
                      "os.write(number, (json.dumps(['done', {'calls': [[0, None, [], False]] * 99, 'right': True}]) + "
                      "'\\n').encode())\n        except OSError: pass\n    return 0",
    "nonsense": "import os\ndef TASK(*given):\n    for number in range(3, 60):\n        try:\n            "
                "os.write(number, b'[[[\\xff\\n')\n        except OSError: pass\n    return 0",
    "a killed parent": "import os, signal\ndef TASK(*given):\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 0",
    "many processes": "import os, time\ndef TASK(*given):\n    for _ in range(60):\n"
                      "        if os.fork() == 0: time.sleep(30)\n    time.sleep(30)",
    "a flood": "import json, os, socket\nFLOOD = b''.join(json.dumps([kind, 1, 2, 3]).encode() + b'\\n' for kind in "
               "('note', 'done', 'ask', 'x')) * 100\ndef TASK(*given):\n    while True:\n"
               "        for number in range(3, 20):\n            try: os.write(number, FLOOD)\n            except OSError: pass",
    "its own answer": "class Equal(float):\n    __eq__ = __le__ = lambda self, other: True\n    __hash__ = None\n"
                      "def TASK(*given): return Equal()",
    "a shared file": "import pathlib, tempfile\ndef TASK(*given):\n"
                     "    pathlib.Path('/tmp/minprune-shared').write_text('x')\n    return 0",
}


def filled(code, name, tasks):
    """The code with the task's name and paths in place of the words in capitals."""
    shipped = assignments.shipped()
    words = {"SOLUTION": shipped / "solutions" / f"{name}.py", "TASKS": shipped / name / "tasks.py", "TASK": tasks[0]}
    return re.sub(r"'(SOLUTION|TASKS)'(?!\])|\bTASK\b",
                  lambda at: repr(str(words[at[1]])) if at[1] else words["TASK"], code)


# --------------------------------------------------------------------------------------- the class


def handed_in(name, number, chance):
    """What student `number` hands in for an assignment: every kind comes in turn."""
    solved = next(path for path, _ in solved_sources() if path.stem == name)
    text, tasks = solved.read_text(encoding="utf-8"), [task.name for task in assignments.find(name).tasks]
    group, turn = number % 4, number // 4
    if group == 0:
        style = list(STYLES)[turn % len(STYLES)]
        return HandedIn(STYLES[style](text, tasks), f"right: {style}", frozenset())
    if group == 1:
        return wrong(solved, text, chance)
    if group == 2 and turn % 3 == 0:
        kind = list(UNREADABLE)[turn // 3 % len(UNREADABLE)]
        return HandedIn({"mine.py": f"{UNREADABLE[kind]}\n{text}"}, f"broken: {kind}", None)
    codes = BROKEN if group == 2 else HOSTILE
    kind = list(codes)[turn % len(codes)]
    return HandedIn({"mine.py": f"{text}\n\n{filled(codes[kind], name, tasks)}\n"}, kind, frozenset(tasks[:1]))


def wrong(solved, text, chance):
    """A solution with one of the known mistakes. (Two may make up for each other.)"""
    known = run_file(assignments.shipped() / "solutions" / "wrong" / solved.name).WRONG
    task, right, code, _ = chance.choice([row for row in known if text.count(row[1]) == 1])
    return HandedIn({"mine.py": text.replace(right, code)}, f"wrong: {task}", frozenset([task]))


def write_class(folder, count=STUDENTS, each=1, names=None):
    """Write the files of so many students, `each` files of each; return {(student, assignment): HandedIn}."""
    chance, names = random.Random(0), assignments.names() if names is None else names
    expected = {}
    for number in range(count):
        for one in range(each):
            name = names[(number // 4 + one) % len(names)]
            student, work = f"student {number:03}", handed_in(name, number, chance)
            place = folder / student / name
            place.mkdir(parents=True)
            for file, text in work.files.items():
                (place / file).write_bytes(text.encode())
            expected[student, name] = work
    return expected


def wrong_marks(table, expected):
    """Lines about marks that are not as they should be."""
    sheets = {(row.student, name): sheet for row in table.rows for name, sheet in row.sheets.items()}
    for key, work in expected.items():
        sheet = sheets.get(key)
        if sheet is None:
            yield f"{key} ({work.kind}): not graded"
            continue
        lost = frozenset(mark.task for mark in sheet.marks if mark.points < mark.of)
        if lost != (frozenset(mark.task for mark in sheet.marks) if work.lost is None else work.lost):
            yield f"{key} ({work.kind}): lost {sorted(lost)}, and should lose {work.lost}\n{sheet}"


# -------------------------------------------------------------------------------------------- times


def cpu_seconds():
    """Of this process and of all its children that have ended."""
    return sum(os.times()[:4])


def bare_start(rounds=10):
    """Seconds of a core that Python takes to start and end."""
    started = cpu_seconds()
    for _ in range(rounds):
        subprocess.run([sys.executable, "-I", "-c", "pass"], check=True)
    return (cpu_seconds() - started) / rounds


def killed_in_the_middle(folder, out, count):
    """Grade in a process of its own that is killed after a third of the files; return how many it had done."""
    code = ("import pathlib, sys; from minprune.grading.course.grade_class import grade_class; "
            f"grade_class([pathlib.Path({str(folder)!r})], {str(out)!r}, seed=0, limit={LIMIT})")
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    while process.poll() is None and len(list(out.glob("marks/*/*.json"))) < count // 3:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return len(list(out.glob("marks/*/*.json")))


def main(count=STUDENTS, each=1):
    with tempfile.TemporaryDirectory() as place:
        folder, out = pathlib.Path(place, "class"), pathlib.Path(place, "out")
        expected = write_class(folder, count, each)
        before = killed_in_the_middle(folder, out, len(expected))
        print(f"killed after {before} of {len(expected)} files; it goes on", flush=True)
        done = []
        bare, started, began = bare_start(), cpu_seconds(), time.perf_counter()
        table = grade_class([folder], out, seed=0, limit=LIMIT, progress=lambda *counts: done.append(counts))
        taken, bare = cpu_seconds() - started, (bare + bare_start()) / 2
        problems = list(wrong_marks(table, expected))
        print("\n".join(problems))
        print(f"{len(done)} files graded in {time.perf_counter() - began:.0f} s, {len(expected)} in all; "
              f"{len(problems)} marked wrongly")
        print(f"{taken / len(done):.3f} s of a core for each, {taken / len(done) / bare:.1f} bare starts of Python "
              f"({bare:.3f} s); at most {LEAST / BARE:.1f} were wanted")
        return int(bool(problems) or len(done) != len(expected) - before)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
