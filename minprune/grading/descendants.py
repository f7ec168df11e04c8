"""Descendants: all processes that a process has started, found and killed.

On Linux they are found in /proc, by two signs: who started whom (the sandbox adopts the children of processes that
have ended), and a variable of the environment that a process hands on to those it starts. So a process is found that
has opened a session of its own, and one that outlives the sandbox. Only one that does both and also clears its
environment escapes.

On other systems nothing is found here: there the sandbox kills its process group (macOS), or its process alone
(Windows), and what has left the group lives on.
"""

import contextlib
import ctypes
import os
import pathlib
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36     # from <sys/prctl.h>
ROUNDS = 50                     # of killing, while what is killed starts new processes


def adopt_orphans():
    """Make this process, not the system's first one, the parent of descendants whose own parents end (on Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_descendants(pid, mark, spared=()):
    """Kill all descendants of a process, and all processes with the mark "NAME=value" in their environment but those
    with the numbers `spared`.

    The process itself is only halted: while it is there, its descendants can be told from others.
    """
    if not pathlib.Path("/proc/self/stat").exists():
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    for number in range(ROUNDS):
        time.sleep(number / 1000)               # what was killed may need a moment to be gone
        alive = (descendants(pid) | marked(mark)) - {pid, *spared}
        for each in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
        if not alive:
            return


def descendants(pid):
    """The numbers of all living processes that a process has started, and that these have started."""
    children = {}
    for number, content in read_of_all("stat"):
        state, parent = content.rpartition(b")")[2].split()[:2]
        if state not in b"ZX":                  # dead ones have no descendants: others have adopted them
            children.setdefault(int(parent), set()).add(number)
    found, new = set(), {pid}
    while new:
        new = set().union(*(children.get(each, ()) for each in new)) - found
        found |= new
    return found


def marked(mark):
    """The numbers of all living processes of this user with this "NAME=value" in their environment."""
    return {number for number, content in read_of_all("environ") if mark.encode() in content.split(b"\0")}


def read_of_all(name):
    """Yield (number, content) of /proc/NUMBER/name of all processes whose file can be read."""
    for number in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{number}/{name}", "rb") as file:
            yield int(number), file.read()
