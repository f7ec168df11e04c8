"""The sandbox: a user's code in a child process with a time limit, and messages from there.

A sandbox guards against mistakes (endless loops, exit(), a crash), not against malice: run what strangers wrote
inside a container.

A message is a list that begins with its kind. The job that runs in the child sends messages of its own kinds; three
more are known here:

    ["started"]                    Python has started in the child
    ["late", [number, text]]       the time is up; the line of the user's file that is running, or None
    ["ended"]                      the child has ended, and nothing more will come
"""

import contextlib
import io
import json
import linecache
import os
import queue
import signal
import subprocess
import sys
import threading

START_SECONDS = 120.0           # that Python itself may take to start and import NumPy, on a busy machine
LINE_SECONDS = 2.0              # to say which line is running; code that cannot be interrupted never does
MOST_PRINTED = 2000             # characters


# ------------------------------------------------------------------ the child, seen by its parent


@contextlib.contextmanager
def child_process(job, request):
    """Run job(request, send) in a child process; yield receive(seconds) -> the next message, a list.

    `job` is a function of a module, `request` a dict of plain values for it, with the user's file as request["file"].
    If no message comes in time, receive asks which line is running and returns "late"; if none will come any more, it
    returns "ended". At the end of the `with` block the child and all processes that it started are killed.
    """
    process = start(job, request)
    messages = queue.Queue()

    def read():
        for line in process.stdout:
            messages.put(json.loads(line))
        messages.put(["ended"])

    def receive(seconds):
        try:
            return messages.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return ask_for_line(process, messages)

    reader = threading.Thread(target=read, daemon=True)
    try:
        reader.start()
        if receive(START_SECONDS) != ["started"]:
            raise RuntimeError("cannot start a Python process for the user's code")
        yield receive
    finally:
        kill(process)
        reader.join()
        process.stdout.close()


def start(job, request):
    """The Popen of a Python process that runs the job, in a session of its own where the system has sessions.

    The child looks for modules where its parent does (`sys.path`), and nowhere else (`-I`): not in the current folder.
    """
    code = (f"import sys; sys.path[:] = {sys.path!a}; from {job.__module__} import {job.__name__}; "
            f"from {__name__} import run_job; run_job({job.__name__}, {request!a})")
    return subprocess.Popen([sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, encoding="utf-8",
                            start_new_session=os.name == "posix",
                            env={**os.environ, "MPLBACKEND": "Agg"})            # a file that draws opens no window


def ask_for_line(process, messages):
    """["late", the line that is running], or ["ended"]: the child answers whatever line is sent to it."""
    with contextlib.suppress(OSError):
        process.stdin.write("where?\n")
        process.stdin.flush()
    with contextlib.suppress(queue.Empty):
        while True:                             # other messages came too late, and are dropped
            message = messages.get(timeout=LINE_SECONDS)
            if message[0] in ("late", "ended"):
                return message
    return ["late", None]


def kill(process):
    """End the process, and where the system has process groups, all processes that it started."""
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
    """What the child does: run job(request, send), where send("…", …) sends a message as a line of JSON.

    The user's code gets an empty stdin and a stdout that goes nowhere, so that its prints do not mix with messages.
    When the parent is gone, the child ends.
    """
    # Keep the pipes to the parent under other numbers, and put nothing in their place.
    questions = os.dup(0)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for stream, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, mode), stream)
    lock = threading.Lock()
    main_thread = threading.get_ident()

    def send(*message):
        with lock:
            print(json.dumps(message), file=answers, flush=True)

    def answer_questions():
        while os.read(questions, 100):
            send("late", line_of(sys._current_frames()[main_thread], request["file"]))
        os._exit(1)

    # Another thread answers the parent while the job keeps this one busy.
    threading.Thread(target=answer_questions, daemon=True).start()
    send("started")
    job(request, send)


def line_of(frame, file):
    """[number, text] of the line of the file that runs in this frame, or in the nearest that called it; or None."""
    while frame is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    return None if frame is None else [frame.f_lineno, linecache.getline(file, frame.f_lineno).strip()]


class PrintSender(io.TextIOBase):
    """A stdout that sends what is written to it as messages ["printed", text].

    Only the beginning is sent, for a formula may be called a thousand times.
    """

    def __init__(self, send):
        self.send = send
        self.left = MOST_PRINTED                # characters that may still be sent

    def write(self, text):
        if self.left > 0:
            cut = "\n… (the rest of what it prints is left out)\n" if len(text) >= self.left else ""
            self.send("printed", text[:self.left] + cut)
            self.left -= len(text)
        return len(text)
