"""A student's file at work: its functions are called with random arguments, and what they return is noted.

It stands in a process of its own (see `serve`) or in this one. It knows the arguments, but not the answers: where the
answer of another task stands in for a function that is wrong, it is asked for, call by call.
"""

import contextlib
import difflib
import functools
import os
import pathlib
import sys

from .calls import calls_of, parameters_of, required_of
from .footprints import UsedFunctions
from .shared_state import SharedNames, forget_modules, state_put_back
from .user_file import CouldNotRun, importing_beside, one_line, run_file
from .values import decode, encode


class Student:
    """A file that has run, and the names of the tasks whose functions it should have; CouldNotRun if it cannot be run.

    answer(name, positional, named) gives what the task `name` should return for encoded arguments, encoded too, or None
    where it gives nothing. `used` says which functions of minprune the code calls.
    """

    def __init__(self, file, tasks, answer, used=None):
        self.file, self.tasks, self.answer = pathlib.Path(file), tuple(tasks), answer
        self.used = UsedFunctions(looking=False) if used is None else used
        self.shared = SharedNames()
        with state_put_back(self.shared), importing_beside(self.file):
            deepest = sys.getrecursionlimit()
            os.chdir(self.file.parent)
            self.names = vars(run_file(self.file))
            self.recursion_limit = max(deepest, sys.getrecursionlimit())

    def call(self, name, arguments, stand_ins):
        """{"calls": [a Call as a list, ...], "parameters": their names or None, "required": those without a default,
        "uses": functions of minprune that it calls}, or {"missing": a sentence} if there is no such function.

        `arguments` are the encoded arguments of all cases. The answers of the tasks `stand_ins` stand in for the
        student's functions of these names.
        """
        if not callable(self.names.get(name)):
            return {"missing": describe_missing(self.names, name, self.tasks)}
        with self.at_work(stand_ins), self.used.noted() as uses:
            function = self.names[name]
            return {"calls": list(calls_of(function, arguments)), "parameters": parameters_of(function),
                    "required": required_of(function), "uses": uses}

    @contextlib.contextmanager
    def at_work(self, stand_ins):
        """The file's functions may be called; what they change outside of their objects is put back afterwards."""
        before = dict(self.names)
        with state_put_back(self.shared), importing_beside(self.file):
            sys.setrecursionlimit(self.recursion_limit)
            os.chdir(self.file.parent)
            self.names.update((name, stand_in(functools.partial(self.answer, name), before.get(name)))
                              for name in stand_ins)
            try:
                yield
            finally:
                self.names.clear()
                self.names.update(before)

    def close(self):
        forget_modules(self.file.parent)


class Written(Student):
    """A function that stands in this process already, at a prompt or in a notebook's cell; `beside` are the names of
    the place where it was written, the names of others among them."""

    def __init__(self, function, beside, tasks, answer):
        self.names = {**beside, function.__name__: function}
        self.beside, self.tasks, self.answer = beside, tuple(tasks), answer
        self.used, self.shared = UsedFunctions(), SharedNames()

    @contextlib.contextmanager
    def at_work(self, stand_ins):
        """The names of the place are the user's own: only those that something stands in for are changed, and put
        back."""
        before = {name: self.beside[name] for name in stand_ins if name in self.beside}
        with state_put_back(self.shared):
            self.beside.update((name, stand_in(functools.partial(self.answer, name), before.get(name)))
                               for name in stand_ins)
            try:
                yield
            finally:
                for name in stand_ins:
                    self.beside.pop(name, None)
                self.beside.update(before)

    def close(self):
        """Its modules are the user's own."""


def stand_in(answer, own):
    """The answer in place of the student's own function; where it gives nothing, the own one is called.

    The student's function may be more general: a softmax along any axis, a layer of one sample.
    """
    def call(*positional, **named):
        returned = answer([encode(value) for value in positional],
                          {name: encode(value) for name, value in named.items()})
        if returned is not None:
            return decode(returned)
        if not callable(own):
            raise TypeError("there is no answer for these arguments")
        return own(*positional, **named)
    return functools.wraps(own)(call) if callable(own) else call


def describe_missing(names, name, tasks):
    """That there is no such function, and the nearest name among the functions that no task asks for."""
    own = [known for known, value in names.items() if callable(value) and known not in tasks]
    nearest = difflib.get_close_matches(name, own, n=1)
    hint = f"; should {nearest[0]} be it?" if nearest else ""
    return f"there is no function {name}{hint}"


def serve(request, send, receive, used=None):
    """The job of the child process: run the file `request["file"]`, and answer each ["call", ticket, …] with
    ["done", the same ticket, what `Student.call` returns]. In between it may send ["ask", name, positional, named],
    which ["answer", value] answers.

    Before, it sends ["loaded"], or ["problem", line] if the file cannot be run.
    """
    def answer(name, positional, named):
        send("ask", name, positional, named)
        return receive()[1]

    os.chdir(pathlib.Path(request["file"]).parent)
    try:
        student = Student(request["file"], request["tasks"], answer, used)
    except CouldNotRun as error:
        return send("problem", one_line(str(error)))
    send("loaded")
    while True:
        _, ticket, *arguments = receive()
        send("done", ticket, student.call(*arguments))
