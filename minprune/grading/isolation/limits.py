"""Limits: what a student's process may take of the machine, besides time."""

import contextlib
import os
import pathlib

from ..descendants import descendants

MOST_MEMORY = 2 << 30           # bytes of a process, and of all that it starts together
MOST_IN_A_FILE = 100 << 20      # bytes that are written to one file
MOST_WRITTEN = 200 << 20        # bytes in all files of its folder, what was copied there included
MOST_PROCESSES = 50             # that it starts, alive at the same time
MOST_OPEN = 256                 # files, at the same time


def set_limits():
    """Limit the memory, the size of files and their number in this process; where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    sizes = {"RLIMIT_AS": MOST_MEMORY + taken_already(), "RLIMIT_FSIZE": MOST_IN_A_FILE, "RLIMIT_NOFILE": MOST_OPEN,
             "RLIMIT_CORE": 0}
    for name, most in sizes.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (most, most))


def taken_already():
    """Bytes of addresses that this process has now: Python and NumPy, mostly not in memory at all."""
    with contextlib.suppress(OSError):
        return int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 1 << 30


def passed_limit(pid, folder):
    """A sentence if a process and those that it started have taken too much; None if not. (Processes: on Linux.)"""
    started = descendants(pid) if os.path.isdir("/proc/self") else set()
    if len(started) > MOST_PROCESSES:
        return f"it started more than {MOST_PROCESSES} processes"
    if sum(map(memory_of, {pid, *started})) > MOST_MEMORY:
        return f"it took more than {MOST_MEMORY >> 30} GiB of memory"
    if written_in(folder) > MOST_WRITTEN:
        return f"it wrote more than {MOST_WRITTEN >> 20} MiB to files"
    return None


def memory_of(pid):
    """Bytes of memory that a process holds by itself; 0 if it has ended."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        resident, shared = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1:3]
        return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    return 0


def written_in(folder):
    """Bytes on the disk of the files in a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                status = os.lstat(os.path.join(place, name))
                total += getattr(status, "st_blocks", status.st_size // 512) * 512
    return total
