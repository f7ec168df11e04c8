"""Workers: files are graded on several cores, each by a process of its own with a fork server of its own."""

import contextlib
import os
import pathlib
import queue
import threading

from ..assignments import find
from ..cases import draw_exam
from ..grades import Mark, Sheet
from ..sandbox import child_process
from ..sheets import a_server, grade_file
from ..working import How

FEW = 4                         # files for each core, below which it does not pay to start workers


def cores_for(count, cores=None):
    """On how many cores so many files are graded: on all that there are, if there is enough for them to do."""
    if cores is not None:
        return max(1, min(cores, count))
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(there, count // FEW))


def graded(submissions, exams, how, cores):
    """Yield (Submission, Sheet) of each submission, as they come. `exams` is {folder of an assignment: its Exam}.

    A worker that ends, because the system has no memory left, say, costs the file that it was at work on; another takes
    its place.
    """
    if cores == 1:
        with a_server(how.limit) as server:
            for submission in submissions:
                exam = exams[submission.assignment.folder]
                yield submission, grade_file(submission.file, exam, how._replace(server=server))
        return
    seeds = {str(folder): exam.seed for folder, exam in exams.items()}
    settings = [how.limit, {str(path): student for path, student in how.students.items()}, how.briefly]
    team = Team(settings, submissions, seeds)
    try:
        team.start(cores)
        for _ in submissions:
            yield team.next_result()
    finally:
        team.stop()


class Team:
    """Threads that each keep a worker busy, until no submission is left."""

    def __init__(self, settings, submissions, seeds):
        self.settings, self.seeds = settings, seeds
        self.todo, self.done = iter(submissions), queue.Queue()
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.threads = []

    def start(self, cores):
        self.threads = [threading.Thread(target=self.keep_busy, daemon=True) for _ in range(cores)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def next_result(self):
        """(Submission, Sheet) of the next file that is done."""
        result = self.done.get()
        if isinstance(result, Exception):
            raise result
        return result

    def keep_busy(self):
        """Give one file after the other to a worker, and to a new one if it ends."""
        try:
            while not self.stopped.is_set():
                with child_process(work, {"file": ""}) as worker:
                    worker.send("settings", *self.settings)
                    if self.give_files(worker):
                        worker.send("end")
                        self.receive(worker)
                        return
        except Exception as error:              # no process can be started: who waits for the results shall know
            self.done.put(error)

    def give_files(self, worker):
        """Give files to a worker; return True when none is left, False if the worker has ended."""
        while not self.stopped.is_set():
            with self.lock:
                submission = next(self.todo, None)
            if submission is None:
                break
            folder = str(submission.assignment.folder)
            worker.send("grade", str(submission.file), folder, self.seeds[folder])
            kind, *parts = self.receive(worker)
            if self.stopped.is_set():
                break
            self.done.put((submission, Sheet.from_dict(parts[0]) if kind == "graded" else lost(submission)))
            if kind != "graded":
                return False
        return True

    def receive(self, worker):
        """The worker's message; it looks after the limits itself, so there is none here."""
        while not self.stopped.is_set():
            with contextlib.suppress(queue.Empty):
                return worker.messages.get(timeout=0.5)
        return ["ended"]


def lost(submission):
    """The Sheet of a file whose grader has ended."""
    assignment = submission.assignment
    marks = [Mark(task.name, 0, task.points, "could not run", None, "could not run") for task in assignment.tasks]
    return Sheet(str(submission.file), assignment.name, tuple(marks), "the process that graded it has ended")


def work(request, send, receive):
    """The job of a worker: answer each ["grade", file, assignment, seed] with ["graded", the Sheet as a dict].

    The first message has the settings: the limit, the student of each file, and whether verdicts are brief.
    """
    _, limit, students, briefly = receive()
    exams = {}
    with a_server(limit) as server:
        how = How(limit, server, {pathlib.Path(path): student for path, student in students.items()}, briefly)
        while (message := receive()) != ["end"]:
            _, file, folder, seed = message
            if folder not in exams:
                exams[folder] = draw_exam(find(folder), seed)
            send("graded", grade_file(pathlib.Path(file), exams[folder], how).to_dict())
