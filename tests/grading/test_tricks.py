"""Ways to points without a solution: none gives them, or none without a word on the sheet.

All are harmless: they look, they forge, they end what is theirs.
"""

import pathlib

import pytest

from minprune.grading.assignments import shipped
from minprune.grading.grading import grade
from minprune.grading.isolation.fence import version

TASKS = '''
from minprune import finite_difference
from minprune.grading.assignments import Task
from minprune.scores.first_order import taylor

def squares(rng):
    return {"w": rng.normal(size=rng.integers(1, 5))}

def measured(w):
    return finite_difference(lambda w: (w ** 2).sum(), w)

def recorded(rng):
    return {"o": rng.normal(size=(2, 3, 4)), "do": rng.normal(size=(2, 3, 4))}

TASKS = [Task("gradient", points=2, case=squares, answer=measured, trials=8),
         Task("half", points=1, case=squares, answer=lambda w: measured(w) / 2, trials=8),
         Task("taylor", points=3, case=recorded, answer=taylor, trials=8)]
'''
BESIDE = "def half(w): return 0\ndef taylor(o, do): return 0\n"
LOOKING = '''
import gc, sys
def gradient(w):
    frame, found = sys._getframe(), [gc.get_objects()]
    while frame is not None:
        found.append(list(frame.f_locals.values()) + list(frame.f_globals.values()))
        frame = frame.f_back
    for place in found:
        for thing in place:
            name = getattr(thing, "__name__", "")
            if name in ("measured", "finite_difference", "taylor") and thing is not taylor:
                return thing(w)
            if type(thing).__name__ in ("Exam", "Case", "Task") or isinstance(thing, dict) and "expected" in thing:
                return thing["expected"]
    return 0
'''
FORGING = '''
import json, os, sys
def gradient(w):
    right = {"calls": [[0.0, None, [], False]] * 8, "parameters": ["w"], "required": ["w"], "uses": [], "right": True}
    for number in range(3, 100):
        for message in (["done", right], ["done", True], ["points", 2], ["judged", [True, "right"]]):
            try:
                os.write(number, (json.dumps(message) + "\\n").encode())
            except OSError:
                break
    return 0
'''
SAVING = '''
import builtins
builtins.wanted, builtins.seen = [], {}
def gradient(w):
    for known in builtins.wanted:
        builtins.seen[known.tobytes()] = half(known)
    return 0
def half(w):
    builtins.wanted.append(w)
    gradient(w) if w.tobytes() in builtins.seen else 0
    return builtins.seen.get(w.tobytes(), 0)
'''
# {name of the file: (its text, points that it gets, what its sheet says, or None)}
TRICKS = {
    "patches": ("import numpy as np\nfor name in ('isclose', 'allclose', 'array_equal', 'equal'):\n"
                "    setattr(np, name, lambda *given, **named: True)\n"
                "np.ndarray.all if True else 0\ndef gradient(w): return 0 * w\n", 0, "expected"),
    "frames": (LOOKING, 0, None),
    "reads_tasks": ("import sys, types\ndef gradient(w):\n    names = {}\n    exec(open('<tasks>').read(), names)\n"
              "    return names['measured'](w)\n", 0, "it opens <tasks>"),
    "solutions": ("def gradient(w):\n    return open('<solution>').read()\n", 0, "it opens <solution>"),
    "forged": (FORGING, 0, None),
    "imported": ("from minprune.scores.first_order import taylor as ours\ndef taylor(o, do): return ours(o, do)\n"
                 "def gradient(w): return 0\n", 3, "uses minprune.scores.first_order.taylor"),
    "hidden_import": ("def taylor(o, do):\n    name = 'min' + 'prune'\n    return getattr(__import__(name + '.scores'"
                      "'.first_order', fromlist=['x']), 'tay' + 'lor')(o, do)\n", 3, "first_order.taylor"),
    "source": ("import os, numpy\ndef taylor(o, do):\n    names = {}\n    place = '<package>'\n    text = open(place + "
               "'/scores/first_order.py').read()\n    text = text[text.index('def taylor('):]\n    "
               "names.update(np=numpy, output_slopes=lambda o, do: (o * do).sum(axis=1))\n    "
               "exec(text[:text.index('\\n\\n\\n')], names)\n    return names['taylor'](o, do)\n", 3, "it reads <package>"),
    "others": ("import glob, importlib.util, os\ndef gradient(w):\n    spec = importlib.util.spec_from_file_location('x', "
               "'<other>')\n    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n"
               "    return module.gradient(w)\n", 0, "it opens <other>"),
    "neighbour": ("from solved import gradient\n", 0, "No module named 'solved'"),
    "equal": ("class Equal(float):\n    __array_priority__ = 1e9\n    shape = property(lambda self: (1,))\n"
              "    __eq__ = __le__ = __ge__ = lambda self, other: True\n    __sub__ = __rsub__ = lambda self, other: 0.0\n"
              "    __hash__ = None\ndef gradient(w): return Equal()\n", 0, "expected"),
    "circle": ("def gradient(w): return 2 * half(w)\ndef half(w): return gradient(w) / 2\n", 2, None),
    "saved": (SAVING, 0, None),
    "program": ("import subprocess, sys\ndef gradient(w):\n    return float(subprocess.run(['cat', '<tasks>'], "
                "capture_output=True).stdout or 0)\n", 0, "it starts a program"),
    "memory": ("import os\ndef gradient(w):\n    with open(f'/proc/{os.getppid()}/mem', 'rb') as memory: "
               "return memory.read(1)\n", 0, None),
    "ends": ("import os, signal\ndef gradient(w):\n    for pid in {os.getppid()}:\n        os.kill(pid, signal.SIGKILL)\n"
             "    return 0\n", 0, None),
}
PROTECTED = pytest.mark.skipif(version() < 6, reason="this system has no fence for signals and files")


def filled(text, words):
    """The text with paths in place of <tasks> and the like."""
    for name, path in words.items():
        text = text.replace(f"<{name}>", path)
    return text


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    """{trick: Sheet}, all graded in one run, with a file that is right at the end."""
    folder = tmp_path_factory.mktemp("class")
    place = folder / "assignment"
    place.mkdir()
    (place / "tasks.py").write_text(TASKS)
    handed_in = folder / "files"
    handed_in.mkdir()
    words = {"tasks": str(place / "tasks.py"), "solution": str(shipped() / "solutions" / "01_the_neuron.py"),
             "other": str(handed_in / "solved.py"), "package": str(pathlib.Path(__file__).parents[2] / "minprune")}
    for name, (text, *_) in TRICKS.items():
        text = filled(text, words)
        missing = [line + "\n" for line in BESIDE.splitlines() if f"{line.split('(')[0]}(" not in text]
        (handed_in / f"{name}.py").write_text(text + "".join(missing))
    (handed_in / "solved.py").write_text("def gradient(w): return 2 * w\ndef half(w): return w\n" + BESIDE.split("\n")[1])
    graded = grade(handed_in, seed=0, assignment=place, limit=100, cores=1)
    return {pathlib.Path(sheet.file).stem: sheet for sheet in graded.sheets}, words


@PROTECTED
@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_gets_no_points_in_silence(sheets, name):
    graded, words = sheets
    _, points, said = TRICKS[name]
    assert graded[name].points == points, graded[name]
    assert said is None or filled(said, words) in str(graded[name]).replace("\n" + " " * 19, " "), graded[name]


@PROTECTED
def test_what_others_try_costs_nobody_else(sheets):
    assert sheets[0]["solved"].points == 3
