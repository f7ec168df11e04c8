"""The fork server, seen by who grades: a process of Python that waits with NumPy imported, and forks for each file."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
from typing import NamedTuple

from ..descendants import kill_descendants
from ..sandbox import START_SECONDS, Child, new_mark, start_python
from .limits import passed_limit

FORK_SECONDS = 20.0             # that the server may take to fork, once it runs
# Modules that are imported without their packages, whose own modules would import all of minprune.
ALONE = """
import types
for name, folder in {packages!a}.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from {module} import serve_forks
serve_forks({number})
"""


def can_fork():
    """Whether this system has what a fork server needs (Windows has not)."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds") and hasattr(socket, "AF_UNIX")


class ServerGone(RuntimeError):
    """The fork server does not answer."""


class ForkServer:
    """Starts when it is first needed, and again if it has ended; close() ends it and all that it forked."""

    def __init__(self):
        self.process = self.control = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def start(self):
        self.mark = new_mark()
        self.control, theirs = socket.socketpair()
        self.process = start_python(code_of_server(theirs.fileno()), self.mark, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        theirs.close()
        self.control.settimeout(START_SECONDS)

    def ask(self, message, sockets=()):
        """The number that the server answers; ServerGone if it does not."""
        try:
            socket.send_fds(self.control, [json.dumps(message).encode()], sockets)
            answer = self.control.recv(100)
            self.control.settimeout(FORK_SECONDS)
            return int(answer)
        except (OSError, ValueError):
            self.close()
            raise ServerGone("the process that forks for students' files does not answer") from None

    def fork(self, request):
        """A Child that works on a request: {"file", "folder" that it writes to, "tasks", "hidden", "watched"}."""
        for last_try in (False, True):
            if self.process is None:
                self.start()
            ours, theirs = socket.socketpair()
            try:
                pid = self.ask(["fork", request], [theirs.fileno()])
                break
            except ServerGone:                  # a file before this one may have ended it
                ours.close()
                if last_try:
                    raise
            finally:
                theirs.close()
        return Child(Forked(self, pid, ours, ours.makefile("w", encoding="utf-8"),
                            ours.makefile(encoding="utf-8", errors="replace")),
                     lambda: passed_limit(pid, request["folder"]))

    def end(self, pid):
        """Kill a forked process and all that it started."""
        if self.process is None:                # it ended with the server
            return
        with contextlib.suppress(OSError):
            kill_descendants(pid, self.mark, {self.process.pid})
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ServerGone):
            self.ask(["reap", pid])

    def close(self):
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            kill_descendants(self.process.pid, self.mark)
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        self.control.close()
        self.process = self.control = None


def code_of_server(number):
    """The code that the server's Python runs, with the number of its socket."""
    package = __package__.rpartition(".")[0].rpartition(".")[0]
    folders = {package: pathlib.Path(__file__).parents[2], f"{package}.grading": pathlib.Path(__file__).parents[1],
               __package__: pathlib.Path(__file__).parent}
    packages = {name: str(folder) for name, folder in folders.items()}
    return ALONE.format(packages=packages, module=f"{__package__}.serving", number=number)


class Forked(NamedTuple):
    """A forked process, as `Child` knows processes."""

    server: ForkServer
    pid: int
    socket: socket.socket
    stdin: object
    stdout: object

    def end(self):
        self.server.end(self.pid)
        for stream in (self.stdin, self.socket):
            with contextlib.suppress(OSError):
                stream.close()
