"""A student's file at work, wherever it runs: in this process, in one that a fork server forks, or in a new one."""

import contextlib
import functools
import secrets
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .assignments import shipped
from .footprints import UsedFunctions
from .isolation.limits import passed_limit
from .sandbox import START_SECONDS, child_process, describe_stop
from .stand_ins import answer_of
from .student import Student, serve
from .submissions import text_of
from .user_file import CouldNotRun, copied, one_line

MOST_NOTES = 20
KINDS = {"late": "not done in time", "ended": "Python itself ends", "over": "a limit is passed"}


class Stopped(RuntimeError):
    """The student's code ended its process, or had to be stopped; `kind` says which, in a few words."""

    def __init__(self, message, limit):
        super().__init__(describe_stop(message, limit))
        self.kind = KINDS.get(message[0], KINDS["ended"])


class How(NamedTuple):
    """How a file is graded.

    limit      seconds for each task; None: in this process, without a limit
    server     the ForkServer from which the file's process comes, or None for a process that is started
    students   {full path of each file that is handed in: its student}: those of others are not copied with it
    briefly    whether a verdict is looked for only where a function is wrong, and once for each mistake
    """

    limit: float | None
    server: object = None
    students: Mapping = MappingProxyType({})
    briefly: bool = False

    def others_than(self, file):
        """The full paths of what other students than that of this file hand in."""
        own = self.students.get(file)
        return {path for path, student in self.students.items() if student != own}


@contextlib.contextmanager
def working(file, exam, how):
    """Yield what can call the functions of a file, in a copy of its folder: a Here or a Sandboxed. CouldNotRun says why
    the file cannot be run."""
    with copied(file.resolve(), how.others_than(file.resolve())) as copy:
        if how.limit is None:
            looking = UsedFunctions(looking="minprune" in text_of(copy))
            with contextlib.closing(Here(copy, exam, functools.partial(Student, used=looking))) as here:
                yield here
        else:
            with contextlib.closing(Sandboxed(copy, exam, how, file)) as sandboxed:
                sandboxed.start()
                yield sandboxed


class Here:
    """The file runs in this process."""

    is_here, notes = True, ()

    def __init__(self, file, exam, student):
        self.answers, self.asked = answers_of(exam), set()
        self.student = student(file, self.answers, self.answer)

    def answer(self, name, positional, named):
        self.asked.add(name)
        with self.student.used.not_noted():
            return self.answers[name](positional, named)

    def call(self, name, arguments, stand_ins, asked):
        """What `Student.call` returns; the stand-ins that were called are added to the set `asked`."""
        self.asked = asked
        return self.student.call(name, arguments, list(stand_ins))

    def close(self):
        self.student.close()


class Sandboxed:
    """The file runs in a child process, and in a new one after that had to be stopped.

    The child gets the names of the tasks and arguments, and no more.
    """

    is_here = False

    def __init__(self, file, exam, how, original):
        self.answers, folder = answers_of(exam), exam.assignment.folder
        hidden = list(map(str, (shipped().resolve(), folder / "tasks.py", folder.parent / "solutions")))
        self.request = {"file": str(file), "folder": str(file.parent), "tasks": list(self.answers), "hidden": hidden,
                        "watched": [*hidden, str(original.resolve().parent)]}
        self.limit, self.server, self.notes = how.limit, how.server, []
        self.child = self.stack = None

    def start(self):
        """Run the file; CouldNotRun says why it cannot be run."""
        self.stack = contextlib.ExitStack()
        self.child = self.stack.enter_context(self.new_child())
        try:
            kind, *parts = self.receive(time.monotonic() + self.limit)
        except Stopped as reason:
            raise CouldNotRun(one_line(str(reason))) from None
        if kind == "problem" and parts:
            raise CouldNotRun(one_line(str(parts[0])[:1000]))
        if kind != "loaded":
            raise CouldNotRun("its process sent what is no answer")

    @contextlib.contextmanager
    def new_child(self):
        """A child process that runs the file, from the fork server if there is one."""
        if self.server is None:
            with child_process(serve, self.request) as child:
                child.watch = lambda: passed_limit(child.process.process.pid, self.request["folder"])
                yield child
            return
        child = self.server.fork(self.request)
        try:
            if child.receive(START_SECONDS) != ["started"]:           # not the student's time
                raise Stopped(["ended"], self.limit)
            yield child
        finally:
            child.end()

    def receive(self, end):
        """The next message that is no note; Stopped if none comes until `end`, however many others do."""
        while True:
            left = end - time.monotonic()
            message = self.child.receive(left) if left > 0 else ["late", None]
            if message[0] in KINDS:
                self.close()
                raise Stopped(message, self.limit)
            if message[0] != "note":
                return message
            note = str(message[-1])[:300]
            if len(self.notes) < MOST_NOTES and note not in self.notes:
                self.notes.append(note)

    def call(self, name, arguments, stand_ins, asked):
        """What `Student.call` returns; the stand-ins that were called are added to the set `asked`. Stopped if it is
        not done in time, or ends Python."""
        if self.child is None:
            try:
                self.start()
            except CouldNotRun:
                raise Stopped(["ended"], self.limit) from None
        ticket = secrets.token_hex(8)           # a message without it answers another question, or none
        self.child.send("call", ticket, name, arguments, list(stand_ins))
        end = time.monotonic() + self.limit
        while True:
            kind, *parts = self.receive(end)
            if kind == "done" and len(parts) == 2:
                if parts[0] == ticket:
                    return parts[1]
            elif kind == "ask" and len(parts) == 3 and parts[0] in list(stand_ins):
                asked.add(parts[0])
                self.child.send("answer", self.answers[parts[0]](*parts[1:]))

    def close(self):
        if self.stack is not None:
            self.stack.close()
        self.child = self.stack = None


def answers_of(exam):
    """{task: the function that answers for it where a student's own is wrong}."""
    return exam.kept_as("answers", lambda: {task.name: answer_of(task, exam.cases[task.name])
                                            for task in exam.assignment.tasks})
