"""The sandbox: a user's code in a child process with limits, and messages from there.

A sandbox guards against mistakes (endless loops, exit(), a crash), not against malice: run what strangers wrote
inside a container.

A message is a list that begins with its kind, sent as a line of JSON. The job that runs in the child sends messages of
its own kinds; some more are known here:

    ["started"]                    Python has started in the child
    ["late", [number, text]]       the time is up; the line of the user's file that is running, or None
    ["over", sentence]             another limit is passed, or what came is no message
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
WATCH_SECONDS = 0.25            # between two looks at what a child takes of the machine
MOST_CHARACTERS = 64_000_000    # of a message
SETTINGS = {"MPLBACKEND": "Agg",         # a file that draws opens no window
            "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}        # on small arrays threads only wait
MOST_WAITING = 100              # messages that wait to be received: a child that sends more has to wait itself


# ------------------------------------------------------------------ the child, seen by its parent


class Child:
    """A child process that runs a job, and the messages from it and to it.

    `process` has a `stdin`, a `stdout` (streams of text) and end(), which ends it and all that it started. watch()
    returns a sentence when a limit is passed; it is called while the parent waits.
    """

    def __init__(self, process, watch=lambda: None):
        self.process, self.watch, self.left = process, watch, False
        self.messages = queue.Queue(MOST_WAITING)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError, ValueError):      # the stream was closed
            while (line := self.process.stdout.readline(MOST_CHARACTERS)) and not self.left:
                self.messages.put(message_of(line))
        self.messages.put(["ended"])

    def receive(self, seconds):
        """The next message. If none comes in time, "late" with the line that is running; if a limit is passed, "over";
        if none will come any more, "ended"."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            try:
                return self.messages.get(timeout=min(left, WATCH_SECONDS))
            except queue.Empty:
                if (passed := self.watch()) is not None:
                    return ["over", passed]
                if left <= WATCH_SECONDS:
                    return ask_for_line(self.process, self.messages)

    def send(self, *message):
        """Send a message that the job's receive() returns; nothing happens if the child has ended."""
        write_line(self.process, message)

    def end(self):
        """Kill the child and all processes that it started."""
        self.left = True                        # no message is listened to any more
        self.process.end()
        end = time.monotonic() + START_SECONDS
        while self.reader.is_alive() and time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                while True:                     # the reader may wait for room
                    self.messages.get_nowait()
            self.reader.join(0.001)
        self.process.stdout.close()


def message_of(line):
    """The message of a line; "over" if it is none."""
    if not line.endswith("\n"):
        return ["over", "it sent more than can be read"]
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    known = isinstance(message, list) and message and isinstance(message[0], str)
    return message if known else ["over", "it sent what is no message"]


@contextlib.contextmanager
def child_process(job, request):
    """Run job(request, send, receive) in a child process; yield the Child.

    `job` is a function of a module, `request` a dict of plain values for it, with the user's file as request["file"].
    At the end of the `with` block the child and all processes that it started are killed (see `descendants`).
    """
    child = Child(PythonProcess(job, request))
    try:
        if child.receive(START_SECONDS) != ["started"]:
            raise RuntimeError("cannot start a Python process for the user's code")
        yield child
    finally:
        child.end()


class PythonProcess:
    """A new process of Python that runs a job, in a session of its own where the system has sessions."""

    def __init__(self, job, request):
        call = f"from {__name__} import run_job; run_job({job.__name__}, {request!a})"
        self.mark = new_mark()
        self.process = start_python(f"from {job.__module__} import {job.__name__}; {call}", self.mark,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def end(self):
        """Kill it and all that it started, also what has left its process group; see `descendants`."""
        with contextlib.suppress(OSError):
            kill_descendants(self.process.pid, self.mark)
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.stdin.close()


def new_mark():
    """A variable of the environment, "NAME=value", by which the descendants of a process are known."""
    return f"MINPRUNE_SANDBOX={os.getpid()}-{time.monotonic_ns()}"


def start_python(code, mark, **streams):
    """The Popen of a Python process that runs the code.

    It looks for modules where its parent does (`sys.path`), but not in the current folder (`-I`), unless minprune
    itself stands there.
    """
    here, ours = os.getcwd(), str(pathlib.Path(__file__).parents[2])
    path = [place for place in map(os.path.abspath, sys.path) if place != here or place == ours]
    name, _, value = mark.partition("=")
    environment = {**os.environ, **SETTINGS, name: value}
    return subprocess.Popen([sys.executable, "-I", "-c", f"import sys; sys.path[:] = {path!a}; {code}"],
                            stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace",
                            start_new_session=os.name == "posix", env=environment, **streams)


def write_line(process, message):
    with contextlib.suppress(OSError, ValueError):
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


def describe_stop(message, limit):
    """Why a child sends nothing more, for a message "late", "over" or "ended"."""
    kind, *parts = message
    if kind == "over":
        return parts[0]
    if kind != "late":
        return "it ended Python itself"
    seconds = "second" if limit == 1 else "seconds"
    return f"not done after {limit:g} {seconds}: an endless loop?{describe_line(*parts)}"


def describe_line(place=None, *others):
    """`(line 7: x = 1)` on a line of its own, if a number and a text came."""
    if not (isinstance(place, list) and len(place) == 2 and isinstance(place[0], (int, str))):
        return ""
    return f"\n(line {place[0]}: {str(place[1])[:300]})"


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
    converse(job, request, questions, answers)


def converse(job, request, questions, answers):
    """Run the job, with messages from one stream and to another; a thread of its own answers while the job is busy."""
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

    threading.Thread(target=read_questions, daemon=True).start()
    send("started")
    job(request, send, inbox.get)


def line_of(frame, file):
    """[number, text] of the line of the file that runs in this frame, or in the nearest that called it; or None."""
    while frame is not None and not frame.f_code.co_filename.startswith(file):
        frame = frame.f_back
    if frame is None:
        return None
    name = frame.f_code.co_filename
    cell = name[len(file):].lstrip(",")         # of a notebook, whose cells are compiled as "FILE, cell 3"
    number = f"{frame.f_lineno} of{cell}" if cell else frame.f_lineno
    return [number, linecache.getline(name, frame.f_lineno).strip()]
