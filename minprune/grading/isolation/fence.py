"""The fence: on Linux a process can be held, for good, to the files that it needs, and to signals within itself.

This is Landlock, which needs no rights of its own: see `man landlock`. The numbers are those of <linux/landlock.h>.
Kernels before 5.13 and other systems have none; there `enter` does nothing and returns 0.
"""

import contextlib
import ctypes
import functools
import os
import pathlib
import sys
import sysconfig

CREATE, ADD_RULE, RESTRICT = 444, 445, 446      # system calls, the same on all processors
PATH_BENEATH = 1                                # the kind of rule
VERSION = 1                                     # the flag that asks for the version
NO_NEW_PRIVILEGES = 38                          # of prctl
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL = 1 << 14, 1 << 15
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}      # all that a version knows
TCP, SCOPES = 3, 3                              # bind and connect; abstract sockets and signals
TCP_VERSION, SCOPES_VERSION = 4, 6

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/nix", "/proc", "/sys",
          "~/.cache/matplotlib", "~/.config/matplotlib")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


class Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version():
    """The version of Landlock that this system has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, system_call(CREATE, None, 0, VERSION))


def system_call(number, *arguments):
    return ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)


def enter(folder, hidden=()):
    """Hold this process, and all that it will start, to reading Python, its packages and the system, to reading and
    writing in `folder`, to no TCP, and to signals among themselves. Return the version of Landlock that does so.

    The folders and files `hidden` are not read, also where they stand among the packages.
    """
    known = version()
    if not known:
        return 0
    rights = RIGHTS[max(at for at in RIGHTS if at <= known)]
    ruleset = Ruleset(rights, TCP if known >= TCP_VERSION else 0, SCOPES if known >= SCOPES_VERSION else 0)
    size = 24 if known >= SCOPES_VERSION else 16 if known >= TCP_VERSION else 8
    fence = system_call(CREATE, ctypes.byref(ruleset), size, 0)
    for path in readable(hidden):
        allow(fence, path, (EXECUTE | READ_FILE | READ_DIR) & rights)
    for path in DEVICES:
        allow(fence, path, (READ_FILE | WRITE_FILE) & rights)
    allow(fence, folder, rights)
    ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    failed = system_call(RESTRICT, fence, 0)
    os.close(fence)
    return 0 if failed else known


def allow(fence, path, rights):
    """Add a rule; a path that is not there needs none."""
    with contextlib.suppress(OSError):
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = PathRule(rights if os.path.isdir(path) else rights & OF_FILES, folder)
        system_call(ADD_RULE, fence, PATH_BENEATH, ctypes.byref(rule), 0)
        os.close(folder)


@functools.lru_cache
def readable(hidden=()):
    """The folders and files with Python, its packages and the system, without those that are hidden."""
    ours = pathlib.Path(__file__).parents[2]
    places = {os.path.realpath(os.path.expanduser(place))
              for place in (*sys.path, sys.prefix, sys.base_prefix, *SYSTEM, *sysconfig.get_paths().values(), ours)
              if place}
    inside = [place for place in places if os.path.exists(place) and place != "/"]
    return [path for place in inside for path in without(place, [os.path.realpath(folder) for folder in hidden])]


def without(place, hidden):
    """The place; or what is in it, if one of the hidden folders is. What begins with a dot is left out then."""
    if any(is_within(place, folder) for folder in hidden):
        return []
    if not any(is_within(folder, place) for folder in hidden):
        return [place]
    entries = [entry.path for entry in os.scandir(place) if not entry.name.startswith(".")]
    return [path for entry in entries for path in without(entry, hidden)]


def is_within(path, folder):
    return pathlib.Path(path).is_relative_to(folder)
