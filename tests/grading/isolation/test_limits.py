"""What a process takes is measured, and a sentence says what is too much."""

import os
import subprocess
import sys

import pytest

from minprune.grading.isolation import limits

NOBODY = 2 ** 22 + 1            # the number of no process: what this process has and started is not known


def test_what_is_taken_and_written_is_limited(tmp_path, monkeypatch):
    assert limits.passed_limit(NOBODY, tmp_path) is None
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"x" * 5000)
    assert 5000 <= limits.written_in(tmp_path) <= 20000 and limits.written_in(tmp_path / "none") == 0
    monkeypatch.setattr(limits, "MOST_WRITTEN", 1000)
    assert limits.passed_limit(NOBODY, tmp_path).startswith("it wrote more than")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")
def test_processes_and_memory_are_counted(tmp_path, monkeypatch):
    assert limits.memory_of(os.getpid()) > 10_000_000 and limits.memory_of(NOBODY) == 0
    child = subprocess.Popen(["sleep", "60"])
    try:
        with monkeypatch.context() as patch:        # this process may have other children: those of earlier tests
            patch.setattr(limits, "MOST_PROCESSES", 0)
            assert limits.passed_limit(os.getpid(), tmp_path) == "it started more than 0 processes"
    finally:
        child.kill()
        child.wait()
    monkeypatch.setattr(limits, "MOST_MEMORY", 1 << 20)
    assert limits.passed_limit(os.getpid(), tmp_path).startswith("it took more than")


@pytest.mark.skipif(sys.platform != "linux", reason="sets limits of a process")
def test_limits_are_set_in_a_process():
    if (pid := os.fork()) == 0:
        import resource
        try:
            limits.set_limits()
            most = resource.getrlimit(resource.RLIMIT_FSIZE)[0], resource.getrlimit(resource.RLIMIT_AS)[0]
            os._exit(0 if most[0] == limits.MOST_IN_A_FILE and most[1] >= limits.MOST_MEMORY else 1)
        finally:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
