"""A student's file at work: its functions are called with random arguments, and what they return is noted.

It stands in a process of its own (see `serve`) or in this one. It knows the arguments, but not the answers.
"""

import contextlib
import copy
import difflib
import functools
import inspect
import os
import pathlib
import sys

from ..verification.verify import verify
from .assignments import find
from .cases import quietly
from .marking import Call
from .reports import plain_verdict
from .user_file import (CouldNotRun, describe_error, file_of, forget_modules, importing_beside, one_line, run_file,
                        state_put_back)
from .values import are_identical, decode, encode


class Student:
    """A file that has run, and the assignment whose functions it should have; CouldNotRun if it cannot be run."""

    def __init__(self, file, assignment):
        self.file = pathlib.Path(file)
        self.tasks = {task.name: task for task in assignment.tasks}
        with state_put_back(), importing_beside(self.file):
            deepest = sys.getrecursionlimit()
            os.chdir(self.file.parent)
            self.module = run_file(self.file)
            self.recursion_limit = max(deepest, sys.getrecursionlimit())

    def call(self, name, arguments, stand_ins):
        """{"calls": [a Call as a list, ...], "parameters": their names or None} of a function, or {"missing": a
        sentence}.

        `arguments` are the encoded arguments of all cases. The answers of the tasks `stand_ins` stand in for the
        student's functions of these names.
        """
        if not callable(vars(self.module).get(name)):
            return {"missing": describe_missing(self.module, name, self.tasks)}
        with self.at_work(stand_ins):
            function = vars(self.module)[name]
            return {"calls": list(calls_of(function, arguments)), "parameters": parameters_of(function)}

    def verdict(self, name, seed, stand_ins):
        """What `verify` says of what the task claims, as [holds, text, dict]; None if it cannot say."""
        try:
            with self.at_work(stand_ins), quietly():
                verdict = verify(vars(self.module)[name], **self.tasks[name].claim, seed=seed).explain()
        except KeyboardInterrupt:
            raise
        except BaseException:                   # the student's error; the feedback stands without a verdict
            return None
        return None if verdict.problem else [bool(verdict.holds), str(verdict), plain_verdict(verdict)]

    @contextlib.contextmanager
    def at_work(self, stand_ins):
        """The file's functions may be called; what they change outside of their objects is put back afterwards."""
        names = vars(self.module)
        before = dict(names)
        with state_put_back(), importing_beside(self.file):
            sys.setrecursionlimit(self.recursion_limit)
            os.chdir(self.file.parent)
            names.update((name, stand_in(self.tasks[name].answer, before.get(name))) for name in stand_ins)
            try:
                yield
            finally:
                names.clear()
                names.update(before)

    def close(self):
        forget_modules(self.file.parent)


def stand_in(answer, own):
    """The answer in place of the student's own function; where it cannot take the arguments, the own one is called.

    The student's function may be more general: a softmax along any axis, a layer of one sample.
    """
    @functools.wraps(answer)
    def call(*positional, **named):
        try:
            return answer(*copy.deepcopy(positional), **copy.deepcopy(named))
        except Exception:
            if not callable(own):
                raise
            return own(*positional, **named)
    return call


def calls_of(function, arguments):
    """Yield the Call of each case, its returned value encoded; none after one that raised NotImplementedError."""
    for plain in arguments:
        call = call_once(function, decode(plain), decode(plain))
        yield list(call)
        if call.unwritten:
            return


def call_once(function, arguments, untouched):
    """The Call of a function; `untouched` is a second copy of its arguments, to see whether it changes them."""
    deepest = sys.getrecursionlimit()
    try:
        with quietly():
            returned = encode(function(*arguments.values()))
            changed = [name for name, value in untouched.items() if not are_identical(value, arguments[name])]
            return Call(returned, None, changed)
    except KeyboardInterrupt:
        raise
    except NotImplementedError as error:
        return Call(raised=repr(error), unwritten=True)
    except BaseException as error:              # a student's function may also call exit()
        return Call(raised=describe_error(error, file_of(function)))
    finally:
        sys.setrecursionlimit(deepest)


def parameters_of(function):
    """The names of a function's parameters; None if it has no signature, like some that are written in C."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None


def describe_missing(module, name, tasks):
    """That there is no such function, and the nearest name among the functions that no task asks for."""
    own = [known for known, value in vars(module).items() if callable(value) and known not in tasks]
    nearest = difflib.get_close_matches(name, own, n=1)
    hint = f"; should {nearest[0]} be it?" if nearest else ""
    return f"there is no function {name}{hint}"


def serve(request, send, receive):
    """The job of the child process: run the file `request["file"]`, and answer ["call" or "verdict", …] with
    ["done", what the Student's method returns].

    Before, it sends ["loaded"], or ["problem", line] if the file cannot be run.
    """
    assignment = find(request["folder"])
    os.chdir(pathlib.Path(request["file"]).parent)
    try:
        student = Student(request["file"], assignment)
    except CouldNotRun as error:
        return send("problem", one_line(str(error)))
    send("loaded")
    while True:
        method, *arguments = receive()
        send("done", getattr(student, method)(*arguments))
