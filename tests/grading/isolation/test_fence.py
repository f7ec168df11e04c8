"""What a process behind the fence can read, write and reach: nothing but what it needs."""

import json
import os
import pathlib
import signal
import socket
import sys

import pytest

from minprune.grading.isolation import fence

PROTECTED = pytest.mark.skipif(fence.version() < 6, reason="this system has no fence for files, TCP and signals")


def behind(folder, hidden, *attempts):
    """What the attempts come to in a process that enters the fence: True, or the name of the exception."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        found = []
        try:
            found.append(fence.enter(str(folder), tuple(map(str, hidden))))
            for attempt in attempts:
                try:
                    attempt()
                    found.append(True)
                except Exception as error:
                    found.append(type(error).__name__)
            os.write(writing, json.dumps(found).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        return json.loads(stream.read())


@PROTECTED
def test_files_tcp_and_signals(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside.txt"
    inside.mkdir()
    outside.write_text("x")
    parent, listening = os.getpid(), socket.create_server(("127.0.0.1", 0))
    version, *found = behind(
        inside, [],
        lambda: (inside / "new.txt").write_text("x"),
        lambda: pathlib.Path(os.devnull).write_text("x"),
        lambda: open(os.__file__).read(),
        lambda: open(fence.__file__).read(),
        lambda: outside.read_text(),
        lambda: outside.write_text("y"),
        lambda: open(f"/proc/{parent}/mem", "rb").read(1),
        lambda: os.kill(parent, signal.SIGCONT),
        lambda: socket.create_connection(listening.getsockname()),
        lambda: (inside / "new.txt").rename(outside))
    listening.close()
    assert version == fence.version() and found == [True] * 4 + ["PermissionError"] * 5 + found[-1:]
    assert found[-1] in ("PermissionError", "OSError") and outside.read_text() == "x"


@PROTECTED
def test_what_is_hidden_among_the_packages_is_not_read(tmp_path, monkeypatch):
    package = tmp_path / "packages" / "package"
    (package / "tasks").mkdir(parents=True)
    for path in (package / "code.py", package / "tasks" / "answers.py", package / "one.py"):
        path.write_text("x")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "packages")])
    fence.readable.cache_clear()
    _, *found = behind(tmp_path / "packages" / "nowhere", [package / "tasks", package / "one.py"],
                       (package / "code.py").read_text, (package / "tasks" / "answers.py").read_text,
                       (package / "one.py").read_text)
    assert found == [True, "PermissionError", "PermissionError"]


def test_a_folder_without_what_is_hidden_in_it(tmp_path):
    for name in ("a/deep/x", "a/b/y", ".git/z", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    place = str(tmp_path)
    assert fence.without(place, []) == [place] and fence.without(place, [place]) == []
    assert sorted(fence.without(place, [f"{place}/a/b"])) == [f"{place}/a/deep", f"{place}/c"]


def test_a_system_without_a_fence(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "win32")
    assert fence.version() == fence.enter(str(tmp_path)) == 0
