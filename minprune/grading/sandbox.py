"""A user's code in a process of its own, with a time limit: what goes wrong there is told here.

That guards against mistakes (endless loops, exit(), a crash), not against malice: run what strangers wrote
inside a container.
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
import types

from .marking import told_error

START = 120.0                   # seconds that Python itself may take to start and import NumPy, on a busy machine
ANSWER = 2.0                    # seconds to say which line is running; code that cannot be interrupted never does
MOST_PRINTED = 2000             # characters


class CouldNotRun(RuntimeError):
    """A file as a whole cannot be run."""


# --------------------------------------------------------------------------------- the file


def run_file(file, out=None):
    """A user's file as a module; what it prints goes to the stream `out`, or nowhere. CouldNotRun tells why it is no
    module."""
    module = types.ModuleType("submission")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module       # dataclasses look for the module that they stand in
    try:
        with contextlib.redirect_stdout(io.StringIO() if out is None else out):
            code = compile(file.read_bytes(), str(file), "exec")
            exec(code, vars(module))
    except KeyboardInterrupt:
        raise
    except SyntaxError as error:
        line = f" (line {error.lineno})" * bool(error.lineno)
        raise CouldNotRun(f"{type(error).__name__}: {error.msg}{line}") from None
    except BaseException as error:              # whatever stands at the left margin of a user's file, exit() too
        raise CouldNotRun(one_line(told_error(error, code_of(file)))) from None
    finally:
        del sys.modules[module.__name__]
    return module


def code_of(file):
    """Something whose code is in this file, for `told_error`."""
    return eval(compile("lambda: None", str(file), "eval"))


def one_line(text):
    return " ".join(text.split("\n"))


class Printed(io.TextIOBase):
    """A stdout that tells what is written to it: the beginning, for a formula may be called a thousand times."""

    def __init__(self, tell):
        self.tell, self.left = tell, MOST_PRINTED

    def write(self, text):
        if self.left > 0:
            more = "\n… (the rest of what it prints is left out)\n" * (len(text) >= self.left)
            self.tell("printed", text[:self.left] + more)
            self.left -= len(text)
        return len(text)


# ------------------------------------------------------------------------- the process, seen from outside


@contextlib.contextmanager
def worker(work, asked):
    """Run work(asked, tell) in a process of its own; yield listen(seconds) -> the next message that it told, a list.

    `work` is a function of a module, `asked` plain values for it, with the user's file as asked["file"]. If nothing
    comes in time the message is ["late", [number, text] of the line of that file that is running, or None]; if nothing
    will come any more, ["ended"]. In the end the process and all that it started are killed.
    """
    code = (f"import sys; sys.path[:] = {sys.path!a}; from {work.__module__} import {work.__name__}; "
            f"from {__name__} import serve; serve({work.__name__}, {asked!a})")
    process = subprocess.Popen([sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, encoding="utf-8",
                               start_new_session=os.name == "posix",
                               env={**os.environ, "MPLBACKEND": "Agg"})         # a file that draws opens no window
    messages = queue.Queue()

    def read():
        for line in process.stdout:
            messages.put(json.loads(line))
        messages.put(["ended"])

    def listen(seconds):
        try:
            return messages.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return ask_where(process, messages)

    reader = threading.Thread(target=read, daemon=True)
    try:
        reader.start()
        if listen(START) != ["started"]:
            raise RuntimeError("cannot start a Python process for the user's code")
        yield listen
    finally:
        kill(process)
        reader.join()
        process.stdout.close()


def ask_where(process, messages):
    """["late", the line that is running], or ["ended"]: any line that is sent to the process asks for it."""
    with contextlib.suppress(OSError):
        process.stdin.write("where?\n")
        process.stdin.flush()
    with contextlib.suppress(queue.Empty):
        while True:
            message = messages.get(timeout=ANSWER)
            if message[0] in ("late", "ended"):
                return message
    return ["late", None]


def kill(process):
    """End the process, and where the system knows groups of processes, all that it started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    with contextlib.suppress(OSError):
        process.stdin.close()


def stop_told(message, limit):
    """Why nothing more came from the process."""
    if message == ["ended"]:
        return "it ended Python itself"
    late = f"not done after {limit:g} second{'s' * (limit != 1)}"
    return f"{late}: an endless loop?" + ("\n(line {}: {})".format(*message[1]) if message[1] else "")


# -------------------------------------------------------------------------- the process, seen from inside


def serve(work, asked):
    """What the process does: tell("…", …) sends a line of JSON.

    The user's code gets an empty stdin and a stdout that goes nowhere, so that its prints do not mix with these. When
    the other side is gone, so is the process.
    """
    asks, out = os.dup(0), os.fdopen(os.dup(1), "w", encoding="utf-8")
    for stream, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, mode), stream)
    one_at_a_time, main = threading.Lock(), threading.get_ident()

    def tell(*message):
        with one_at_a_time:
            print(json.dumps(message), file=out, flush=True)

    def answer():
        while os.read(asks, 100):
            tell("late", line_of(sys._current_frames()[main], asked["file"]))
        os._exit(1)

    threading.Thread(target=answer, daemon=True).start()
    tell("started")
    work(asked, tell)


def line_of(frame, file):
    """[number, text] of the line of the file that this frame, or one that called it, is in; None if there is none."""
    while frame is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    return None if frame is None else [frame.f_lineno, linecache.getline(file, frame.f_lineno).strip()]
