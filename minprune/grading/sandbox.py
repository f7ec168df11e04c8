"""The sandbox: a user's code in a child process with a time limit, and messages from there.

A sandbox guards against mistakes (endless loops, exit(), a crash), not against malice: run what strangers wrote
inside a container.

A message is a list that begins with its kind, sent as a line of JSON. The job that runs in the child sends messages of
its own kinds; three more are known here:

    ["started"]                    Python has started in the child
    ["late", [number, text]]       the time is up; the line of the user's file that is running, or None
    ["ended"]                      the child has ended, and nothing more will come
"""

import contextlib
import json
import linecache
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

from .descendants import adopt_orphans, kill_descendants

START_SECONDS = 120.0           # that Python itself may take to start and import NumPy, on a busy machine
LINE_SECONDS = 2.0              # to say which line is running; code that cannot be interrupted never does


# ------------------------------------------------------------------ the child, seen by its parent


class Child:
    """A child process that runs a job, and the messages from it and to it."""

    def __init__(self, job, request):
        self.mark = f"MINPRUNE_SANDBOX={os.getpid()}-{time.monotonic_ns()}"
        self.process = start(job, request, self.mark)
        self.messages = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.messages.put(json.loads(line))
        self.messages.put(["ended"])

    def receive(self, seconds):
        """The next message. If none comes in time, "late" with the line that is running; if none will come any more,
        "ended"."""
        try:
            return self.messages.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return ask_for_line(self.process, self.messages)

    def send(self, *message):
        """Send a message that the job's receive() returns; nothing happens if the child has ended."""
        write_line(self.process, message)

    def end(self):
        """Kill the child and all processes that it started."""
        kill(self.process, self.mark)
        self.reader.join(START_SECONDS)
        self.process.stdout.close()


@contextlib.contextmanager
def child_process(job, request):
    """Run job(request, send, receive) in a child process; yield the Child.

    `job` is a function of a module, `request` a dict of plain values for it, with the user's file as request["file"].
    At the end of the `with` block the child and all processes that it started are killed (see `descendants`).
    """
    child = Child(job, request)
    try:
        if child.receive(START_SECONDS) != ["started"]:
            raise RuntimeError("cannot start a Python process for the user's code")
        yield child
    finally:
        child.end()


def start(job, request, mark):
    """The Popen of a Python process that runs the job, in a session of its own where the system has sessions.

    The child looks for modules where its parent does (`sys.path`), but not in the current folder (`-I`), unless
    minprune itself stands there.
    """
    here, ours = os.getcwd(), str(pathlib.Path(__file__).parents[2])
    path = [place for place in map(os.path.abspath, sys.path) if place != here or place == ours]
    code = (f"import sys; sys.path[:] = {path!a}; from {job.__module__} import {job.__name__}; "
            f"from {__name__} import run_job; run_job({job.__name__}, {request!a})")
    name, _, value = mark.partition("=")
    return subprocess.Popen([sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, encoding="utf-8",
                            start_new_session=os.name == "posix",
                            env={**os.environ, "MPLBACKEND": "Agg", name: value})   # a file that draws opens no window


def write_line(process, message):
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()


def ask_for_line(process, messages):
    """["late", the line that is running], or ["ended"]: the child answers the message ["where?"] at any time."""
    write_line(process, ["where?"])
    with contextlib.suppress(queue.Empty):
        while True:                             # other messages came too late, and are dropped
            message = messages.get(timeout=LINE_SECONDS)
            if message[0] in ("late", "ended"):
                return message
    return ["late", None]


def kill(process, mark):
    """End the process and all that it started, also what has left its process group; see `descendants`."""
    with contextlib.suppress(OSError):
        kill_descendants(process.pid, mark)
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    with contextlib.suppress(OSError):
        process.stdin.close()


def describe_stop(message, limit):
    """Why a child sends nothing more, for a message "late" or "ended"."""
    if message == ["ended"]:
        return "it ended Python itself"
    seconds = "second" if limit == 1 else "seconds"
    line = "\n(line {}: {})".format(*message[1]) if message[1] else ""
    return f"not done after {limit:g} {seconds}: an endless loop?{line}"


# ------------------------------------------------------------------ the child, seen from inside


def run_job(job, request):
    """What the child does: run job(request, send, receive), where send("…", …) sends a message as a line of JSON, and
    receive() waits for the next one.

    The user's code gets an empty stdin and a stdout that goes nowhere, so that its prints do not mix with messages.
    When the parent is gone, the child ends.
    """
    adopt_orphans()

    # Keep the pipes to the parent under other numbers, and put nothing in their place.
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for stream, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, mode), stream)
    lock = threading.Lock()
    main_thread = threading.get_ident()
    inbox = queue.Queue()

    def send(*message):
        with lock:
            print(json.dumps(message), file=answers, flush=True)

    def read_questions():
        for message in map(json.loads, questions):
            if message == ["where?"]:
                send("late", line_of(sys._current_frames()[main_thread], request["file"]))
            else:
                inbox.put(message)
        os._exit(1)

    # Another thread answers the parent while the job keeps this one busy.
    threading.Thread(target=read_questions, daemon=True).start()
    send("started")
    job(request, send, inbox.get)


def line_of(frame, file):
    """[number, text] of the line of the file that runs in this frame, or in the nearest that called it; or None."""
    while frame is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    return None if frame is None else [frame.f_lineno, linecache.getline(file, frame.f_lineno).strip()]
