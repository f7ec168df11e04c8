"""The fork server: processes for students' files that know neither tasks nor answers, and that cannot spoil it."""

import os
import signal

import pytest

from minprune.grading.grading import grade
from minprune.grading.isolation import fork_server, serving
from minprune.grading.isolation.fork_server import can_fork
from minprune.grading import sheets

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system cannot fork")
LOOKS = """
import gc, os, sys
OURS = sorted(name for name in sys.modules if name.startswith("minprune"))
KINDS = {type(thing).__name__ for thing in gc.get_objects()}
def gradient(w):
    assert not OURS and not KINDS & {"Exam", "Case", "Task", "Assignment"}, (OURS, KINDS)
    return 2 * w
def both(w, scale):
    open(os.path.join(os.environ["TMPDIR"], "new.txt"), "w").close()
    return {"sum": w.sum() * scale, "high": w > 0}
"""


@pytest.fixture
def server(fork_server):
    return fork_server


def request(folder, text):
    (folder / "mine.py").write_text(text)
    return {"file": str(folder / "mine.py"), "folder": str(folder), "tasks": ["f"], "hidden": [], "watched": []}


@pytest.mark.usefixtures("shared_server")
def test_a_students_process_holds_no_task_and_no_answer(folder):
    (folder / "mine.py").write_text(LOOKS)
    assert grade(folder / "mine.py", seed=0).points == 5


def test_each_file_has_a_process_of_its_own_and_numpy_is_there_already(server, tmp_path):
    text = ("import sys\nassert 'numpy' in sys.modules and not hasattr(sys, 'spoilt')\n"
            "sys.spoilt = sys.modules['json'] = 1\n")
    for _ in range(2):
        child = server.fork(request(tmp_path, text))
        assert [child.receive(100) for _ in range(2)] == [["started"], ["loaded"]]
        child.send("call", "7", "f", [], [])
        assert child.receive(100) == ["done", "7", {"missing": "there is no function f"}]
        child.end()
        with pytest.raises(ProcessLookupError):
            os.kill(child.process.pid, 0)


def test_a_server_that_has_ended_is_started_again(server, tmp_path):
    server.fork(request(tmp_path, "")).end()
    os.kill(server.process.pid, signal.SIGKILL)
    child = server.fork(request(tmp_path, "x = 1"))
    assert child.receive(100) == ["started"]
    child.end()


def test_what_is_no_message_stops_the_child(server, tmp_path):
    text = "import os\nfor number in range(3, 20):\n    try: os.write(number, b'[1]\\n')\n    except OSError: pass\n"
    child = server.fork(request(tmp_path, text))
    assert [child.receive(100) for _ in range(2)] == [["started"], ["over", "it sent what is no message"]]
    child.end()


def test_without_a_fork_server_a_process_is_started(folder, solution, monkeypatch):
    monkeypatch.setattr(sheets, "can_fork", lambda: False)
    (folder / "mine.py").write_text(solution("return w"))
    assert [mark.points for mark in grade(folder / "mine.py", seed=0).marks.values()] == [0, 3]


def test_the_server_forgets_what_it_does_not_need(monkeypatch):
    modules = {"minprune": 1, "minprune.grading": 2, "minprunes": 3, "numpy": 4}
    monkeypatch.setattr(serving.sys, "modules", modules)
    serving.forget_ourselves()
    assert modules == {"minprunes": 3, "numpy": 4} and "serve_forks(3)" in fork_server.code_of_server(3)
