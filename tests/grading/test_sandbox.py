"""A user's code in a process of its own: what is told of it, and that nothing of it stays behind."""

import argparse
import io
import os
import pathlib
import queue
import subprocess
import sys
import time

import pytest

from minprune.grading import sandbox as apart, formula_file as checking
from minprune.grading.sandbox import MOST_PRINTED, CouldNotRun, Printed, line_of, one_line, run_file, stop_told, worker


@pytest.fixture
def mine(tmp_path):
    """mine(text) -> the path of a file with it."""
    def written(text):
        path = tmp_path / "mine.py"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return written


def asked(path):
    return {"file": str(path), "function": "f", "claim": {"equals": "dL/do", "trials": 5}, "picture": None}


# --------------------------------------------------------------------------------- the file


def test_a_file_becomes_a_module(mine):
    module = run_file(mine("print('hello')\nrate = 3\ndef f(o): return rate * o\n"))
    assert module.f(2) == 6 and module.__name__ == "submission" and "submission" not in sys.modules


def test_what_a_file_prints_goes_nowhere_or_where_it_is_told(mine, capsys):
    told = []
    run_file(mine("print('hello')"))
    assert capsys.readouterr().out == ""
    run_file(mine("print('hello')"), Printed(lambda *message: told.append(message)))
    assert told == [("printed", "hello"), ("printed", "\n")]


@pytest.mark.parametrize("text, told", [
    ("def f(:\n", "SyntaxError: invalid syntax (line 1)"),
    ("x = 1\n  y = 2\n", "IndentationError: unexpected indent (line 2)"),
    (b"x = '\xff'\n", "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff"),
    (b"x = 1\0\n", "source code string cannot contain null bytes"),
    ("x = 1\n\n1 / 0\n", "ZeroDivisionError: division by zero (line 3: 1 / 0)"),
    ("def f():\n    return g()\nf()\n", "NameError: name 'g' is not defined (line 2: return g())"),
    ("raise SystemExit", "SystemExit (line 1: raise SystemExit)"),
    ("import nothing_like_this", "ModuleNotFoundError: No module named 'nothing_like_this'"),
])
def test_a_file_that_cannot_be_run(mine, text, told):
    with pytest.raises(CouldNotRun) as raised:
        run_file(mine(text))
    assert told in str(raised.value) and "\n" not in str(raised.value) and "submission" not in sys.modules


def test_stopping_a_file_by_hand_stops_everything(mine):
    with pytest.raises(KeyboardInterrupt):
        run_file(mine("raise KeyboardInterrupt"))


def test_the_beginning_of_what_is_printed_is_told():
    told = []
    out = Printed(lambda kind, text: told.append(text))
    print("a" * (MOST_PRINTED - 10), file=out)
    assert "".join(told) == "a" * (MOST_PRINTED - 10) + "\n"
    assert len("".join(told)) == MOST_PRINTED - 9
    print("b" * 50, "c", file=out)
    print("d", file=out)
    assert "".join(told)[MOST_PRINTED - 9:] == "b" * 9 + "\n… (the rest of what it prints is left out)\n"


# ------------------------------------------------------------------------------ the process


def messages(path, seconds):
    """All that the process tells until it is late or has ended."""
    with worker(checking.work, asked(path)) as listen:
        told = [listen(seconds)]
        while told[-1][0] not in ("late", "ended"):
            told.append(listen(seconds))
    return told


def test_messages_come_one_by_one(mine):
    told = messages(mine("print('hello')\ndef f(do): return do\n"), 60)
    assert told[:3] == [["printed", "hello"], ["printed", "\n"], ["tried"]]
    assert told[3][0] == "checked" and told[3][1].startswith("f equals dL/do: it holds on all of 5") and len(told) == 5


def test_the_user_reads_nothing_and_spoils_nothing(mine):
    text = ("import os, sys\nassert os.environ['MPLBACKEND'] == 'Agg'\nos.write(1, b'[1]\\n')\n"
            "sys.__stdout__.write('[2]\\n'); sys.__stdout__.flush()\n"
            "def f(do):\n    assert sys.stdin.read() == ''\n    return do\n")
    assert [one[0] for one in messages(mine(text), 60)] == ["tried", "checked", "ended"]


def test_an_endless_loop_is_late_and_its_line_is_told(mine):
    path = mine("def f(do):\n    g()\n\ndef g():\n    while True:\n        'on and on'\n")
    late = messages(path, 2)[-1]
    assert late in (["late", [5, "while True:"]], ["late", [6, "'on and on'"]])
    assert stop_told(late, 2).startswith("not done after 2 seconds: an endless loop?\n(line ")


def test_what_comes_while_the_line_is_asked_for(monkeypatch):
    """It came too late; but that the process has ended is told."""
    def asked_where(*told):
        process, messages = argparse.Namespace(stdin=io.StringIO()), queue.Queue()
        for one in told:
            messages.put(one)
        found = apart.ask_where(process, messages)
        assert process.stdin.getvalue() == "where?\n"
        return found

    monkeypatch.setattr(apart, "ANSWER", 0.01)
    assert asked_where(["tried"], ["late", [3, "x"]]) == ["late", [3, "x"]]
    assert asked_where(["tried"], ["ended"]) == ["ended"]
    assert asked_where(["tried"]) == asked_where() == ["late", None]


def test_what_stopped_is_told():
    assert stop_told(["ended"], 2) == "it ended Python itself"
    assert stop_told(["late", None], 1) == "not done after 1 second: an endless loop?"
    assert one_line(stop_told(["late", [7, "x = 1"]], 0.5)) == \
        "not done after 0.5 seconds: an endless loop? (line 7: x = 1)"


def test_python_that_is_ended(mine):
    assert messages(mine("import os\ndef f(do): os._exit(0)\n"), 60) == [["ended"]]
    assert messages(mine("import os\nos.abort()\n"), 60) == [["ended"]]


def test_the_innermost_line_in_the_file():
    def outer():
        return inner()

    def inner():
        return sys._getframe()

    frame = outer()
    assert line_of(frame, __file__) == [inner.__code__.co_firstlineno + 1, "return sys._getframe()"]
    assert line_of(frame, "elsewhere.py") is None


def gone(pid, seconds=20):
    """Whether there is no such process, soon."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True             # only its entry is left, until somebody asks how it ended
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


needs_proc = pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="looks into /proc")


@needs_proc
def test_what_the_user_started_is_ended_too(mine, tmp_path):
    path = mine("import os, subprocess, time\nif os.fork() == 0: time.sleep(300)\n"
                "other = subprocess.Popen(['sleep', '300'])\n"
                f"open({str(tmp_path / 'pid')!r}, 'w').write(str(other.pid))\nwhile True: pass\n")
    started = time.monotonic()
    assert messages(path, 1.5)[-1] == ["late", [5, "while True: pass"]]
    assert gone(int((tmp_path / "pid").read_text())) and time.monotonic() - started < 60


@needs_proc
def test_an_endless_loop_does_not_outlive_who_asked_for_it(mine, tmp_path):
    path = mine(f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n")
    code = f"""
import os, pathlib, time
from minprune.grading import formula_file as checking, sandbox as apart
with apart.worker(checking.work, {asked(path)!r}):
    while not pathlib.Path({str(tmp_path / 'pid')!r}).exists() or not open({str(tmp_path / 'pid')!r}).read():
        time.sleep(0.02)
    os._exit(7)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=100).returncode == 7
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_process_that_cannot_start_is_told(monkeypatch, mine):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(RuntimeError, match="cannot start a Python process"):
        with worker(checking.work, asked(mine("def f(do): return do\n"))):
            pass
