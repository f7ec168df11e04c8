"""A user's code in a child process: which messages come from there, and that nothing of it stays behind."""

import argparse
import contextlib
import io
import os
import pathlib
import queue
import sys
import time

import pytest

from minprune.grading import sandbox
from minprune.grading.formula_process import try_formula
from minprune.grading.sandbox import child_process, describe_stop, line_of


@pytest.fixture
def write(tmp_path):
    """write(text) -> the path of a file with it."""
    def written(text):
        path = tmp_path / "mine.py"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return written


def request(path):
    """What `try_formula` is asked to do with a file."""
    return {"file": str(path), "function": "f", "claim": {"equals": "dL/do", "trials": 5}, "picture": None}


def messages(path, seconds):
    """All messages of the child until it is late or has ended."""
    with child_process(try_formula, request(path)) as child:
        received = [child.receive(seconds)]
        while received[-1][0] not in ("late", "ended"):
            received.append(child.receive(seconds))
    return received


def test_messages_come_one_by_one_and_the_user_reads_nothing_and_spoils_nothing(write):
    text = ("import os, sys\nassert os.environ['MPLBACKEND'] == 'Agg'\nos.write(1, b'[1]\\n')\n"
            "sys.__stdout__.write('[2]\\n'); sys.__stdout__.flush()\nprint('hello')\n"
            "def f(do):\n    assert sys.stdin.read() == ''\n    return do\n")
    received = messages(write(text), 100)
    assert received[:3] == [["printed", "hello"], ["printed", "\n"], ["tried"]]
    assert received[3][0] == "checked" and received[4:] == [["ended"]]
    assert received[3][1].startswith("f equals dL/do: it holds on all of 5")


def test_what_comes_while_the_line_is_asked_for(monkeypatch):
    """It came too late, and is dropped; that the child has ended is not."""
    def answer_after(*sent):
        process, messages = argparse.Namespace(stdin=io.StringIO()), queue.Queue()
        for message in sent:
            messages.put(message)
        answer = sandbox.ask_for_line(process, messages)
        assert process.stdin.getvalue() == '["where?"]\n'
        return answer

    monkeypatch.setattr(sandbox, "LINE_SECONDS", 0.01)
    assert answer_after(["tried"], ["late", [3, "x"]]) == ["late", [3, "x"]]
    assert answer_after(["tried"], ["ended"]) == ["ended"]
    assert answer_after(["tried"]) == answer_after() == ["late", None]


def test_why_nothing_more_comes_is_described():
    assert describe_stop(["ended"], 2) == "it ended Python itself"
    assert describe_stop(["late", None], 1) == "not done after 1 second: an endless loop?"
    assert describe_stop(["late", [7, "x = 1"]], 0.5) == \
        "not done after 0.5 seconds: an endless loop?\n(line 7: x = 1)"


def test_the_innermost_line_in_the_file():
    def outer():
        return inner()

    def inner():
        return sys._getframe()

    frame = outer()
    assert line_of(frame, __file__) == [inner.__code__.co_firstlineno + 1, "return sys._getframe()"]
    assert line_of(frame, "elsewhere.py") is None


def gone(pid, seconds=100):
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


DAEMON = """
import os, subprocess, sys, time
CODE = "import os, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
def leave(name, environ=os.environ):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, "-c", CODE.format(name)], environ)
        os._exit(0)
    while not (os.path.exists(name) and open(name).read()):
        time.sleep(0.01)
"""


@needs_proc
def test_what_the_user_started_is_ended_too(write, tmp_path, once_written):
    """A child; and what has opened a session of its own, whose parents have ended, so that it is nobody's child any
    more; and it may have cleared its environment."""
    child_of_its, daemon, bare = (tmp_path / name for name in ("child", "daemon", "bare"))
    path = write(f"{DAEMON}\nif os.fork() == 0: time.sleep(1000)\nother = subprocess.Popen(['sleep', '1000'])\n"
                 f"leave({str(daemon)!r})\nleave({str(bare)!r}, {{}})\n"
                 f"open({str(child_of_its)!r}, 'w').write(str(other.pid))\nwhile True: pass\n")
    with child_process(try_formula, request(path)) as child:
        pids = [int(once_written(name)) for name in (child_of_its, daemon, bare)]
        assert child.receive(0.1)[0] == "late"
    assert all(map(gone, pids))


@needs_proc
def test_what_outlives_the_process_is_ended_too(write, tmp_path, once_written):
    """It is known by its environment."""
    path = write(f"{DAEMON}\nleave({str(tmp_path / 'daemon')!r})\nos.abort()\n")
    with child_process(try_formula, request(path)) as child:
        pid = int(once_written(tmp_path / "daemon"))
        assert child.receive(100) == ["ended"]
    assert gone(pid)


@needs_proc
def test_an_endless_loop_does_not_outlive_its_parent(write, tmp_path, once_written):
    path = write(f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n")
    parent = os.fork()
    if parent == 0:
        with contextlib.suppress(BaseException), child_process(try_formula, request(path)):
            once_written(tmp_path / "pid")
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(parent, 0)[1]) == 7
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_process_that_cannot_start(monkeypatch, write):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(RuntimeError, match="cannot start a Python process"):
        with child_process(try_formula, request(write("def f(do): return do\n"))):
            pass
