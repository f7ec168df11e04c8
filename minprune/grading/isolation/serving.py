"""The fork server's own process: Python with NumPy and nothing else, which forks a process for each student's file.

So NumPy is imported once and not for each file. What a forked process does to it is its own. Here stands no task, no
answer and no reference: minprune itself is not loaded, only the few modules that call a student's functions.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import tempfile

from ..descendants import adopt_orphans
from ..footprints import UsedFunctions, watch_footprints
from ..sandbox import converse
from ..student import serve
from .fence import enter, readable
from .limits import set_limits

MOST = 1 << 20                  # bytes of a request


def serve_forks(number):
    """Answer the requests that come through the socket of this number, until its other end is closed.

    ["fork", {…}] comes with a socket: a process is forked that works on the request and sends its messages through that
    socket; the answer is its number. ["reap", number] is answered when the process is gone.
    """
    control = socket.socket(fileno=number)
    forget_ourselves()
    gc.collect()
    gc.freeze()                                 # what is here now is never looked through again, so it stays shared
    answer = None
    while True:
        line, sockets, _, _ = socket.recv_fds(control, MOST, 1)
        if not line:
            leave(answer)
        kind, what = json.loads(line)
        if kind == "fork":
            readable(tuple(what["hidden"]))     # looked up once for all that are forked
            answer = os.fork() or become_student(control, what, sockets[0])
            os.close(sockets[0])
        else:
            answer = reap(what)
        control.sendall(f"{answer}\n".encode())


def leave(last):
    """End this process, and the last one that was forked, if it is still there."""
    with contextlib.suppress(OSError, TypeError):
        os.killpg(last, signal.SIGKILL)
    os._exit(0)


def reap(pid):
    """Wait for the end of a process that was killed; its number is nobody else's until then."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return pid


def become_student(control, request, number):
    """In the forked process: run the student's file, talk through the socket of this number, and never return."""
    control.close()
    os.setsid()
    adopt_orphans()
    stream = socket.socket(fileno=number)
    prepare(request)

    def work(request, send, receive):
        used = UsedFunctions(looking=False)
        watch_footprints(used, request["watched"], lambda sentence: send("note", sentence))
        serve(request, send, receive, used)

    try:
        converse(work, request, stream.makefile(encoding="utf-8"), stream.makefile("w", encoding="utf-8"))
    finally:
        os._exit(0)


def prepare(request):
    """Its folder is where it writes temporary files too; all limits hold from here on."""
    os.environ["TMPDIR"] = tempfile.tempdir = request["folder"]
    os.chdir(request["folder"])
    set_limits()
    enter(request["folder"], tuple(request["hidden"]))


def forget_ourselves():
    """A file that imports minprune gets all of it, from its files, and is seen to open them."""
    for name in [name for name in sys.modules if name.split(".")[0] == "minprune"]:
        del sys.modules[name]
