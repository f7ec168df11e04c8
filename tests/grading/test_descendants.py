"""Processes are found by who started them, and by the mark in their environment. (test_sandbox.py ends some.)"""

import os
import pathlib
import subprocess
import sys

import pytest

from minprune.grading import descendants as module
from minprune.grading.descendants import descendants, kill_descendants, marked

pytestmark = pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="looks into /proc")

MARK = f"descendants-{os.getpid()}"     # other tests may run at the same time
SLEEPS = "import subprocess, sys; print(subprocess.Popen(['sleep', '300']).pid, flush=True); sys.stdin.read()"


@pytest.fixture
def parent():
    """A marked process that has started another one: its Popen, and the other's number."""
    process = subprocess.Popen([sys.executable, "-c", SLEEPS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "MARK": MARK})
    yield process, int(process.stdout.readline())
    process.kill()
    process.communicate()


def test_descendants_are_found_and_killed_and_the_process_itself_is_halted(parent):
    process, other = parent
    assert descendants(process.pid) == {other} and descendants(other) == set()
    assert {process.pid, other} <= descendants(os.getpid())
    assert marked(f"MARK={MARK}") == {process.pid, other} and marked("MARK=") == marked(MARK) == set()
    kill_descendants(process.pid, f"MARK={MARK}")
    assert descendants(process.pid) == set() and marked(f"MARK={MARK}") == {process.pid}
    assert process.poll() is None


def test_what_outlives_its_parent_is_found_by_its_mark(parent):
    process, other = parent
    process.kill()
    process.wait()
    assert marked(f"MARK={MARK}") == {other}
    kill_descendants(process.pid, f"MARK={MARK}")
    assert marked(f"MARK={MARK}") == set()


def test_orphans_are_adopted():
    folder = pathlib.Path(module.__file__).parent           # the file alone: all of minprune takes longer
    code = (f"import os, sys, time; sys.path.append({str(folder)!r})\n"
            "from descendants import adopt_orphans, descendants; adopt_orphans()\n"
            "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(300)\n    os._exit(0)\n"
            "os.wait(); found = descendants(os.getpid()); print(len(found))\nfor pid in found: os.kill(pid, 9)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout == "1\n", done.stderr
