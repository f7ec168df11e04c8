"""Grades: the points of tasks, files and folders, as a text and as plain data."""

import textwrap
from typing import NamedTuple

from ..engine.checks import check_known
from .reports import WIDTH, wrap_words

LEAST_WIDTH = 60                # of the feedback, however long the names of the tasks are


class Mark(NamedTuple):
    """The points of one task, and why.

    verdict    what `verify` says as a dict, where a task claims something, or None
    mistake    in a few words what is wrong, the same for all who do the same, or None
    uses       the functions of minprune that the code calls: "minprune.scores.taylor"
    """

    task: str
    points: int
    of: int
    feedback: str
    verdict: dict | None = None
    mistake: str | None = None
    uses: tuple = ()

    @property
    def remarks(self):
        """The feedback, and what the code uses of minprune."""
        return "\n".join([self.feedback, *([f"uses {', '.join(self.uses)}"] if self.uses else [])])

    def text(self, width):
        """A row of the sheet, with `width` characters for the task's name; the feedback stands beside it."""
        margin = width + 9
        first, *rest = wrap_words(self.remarks, max(LEAST_WIDTH, WIDTH - margin)).split("\n")
        return "\n".join([f"  {self.points}/{self.of}  {self.task:<{width}}  {first}",
                          *(textwrap.indent(line, " " * margin) for line in rest)])


class Sheet(NamedTuple):
    """One file's marks; `problem` is why it could not be run, or None; `notes` say what its code does besides."""

    file: str
    assignment: str
    marks: tuple
    problem: str | None = None
    notes: tuple = ()

    @property
    def points(self):
        return sum(mark.points for mark in self.marks)

    @property
    def of(self):
        return sum(mark.of for mark in self.marks)

    def __str__(self):
        title = f"{self.file}: {self.points} of {self.of} points ({self.assignment})"
        notes = [f"  note: {note}" for note in self.notes]
        if self.problem is not None:
            return "\n".join([f"{title}\ncould not run: {self.problem}", *notes])
        width = max((len(mark.task) for mark in self.marks), default=0)
        return "\n".join([title, *(mark.text(width) for mark in self.marks), *notes])

    def to_dict(self):
        return {"file": self.file, "assignment": self.assignment, "points": self.points, "of": self.of,
                "problem": self.problem, "notes": list(self.notes),
                "tasks": [{**mark._asdict(), "uses": list(mark.uses)} for mark in self.marks]}

    @classmethod
    def from_dict(cls, plain):
        """The Sheet of what `to_dict` returned."""
        marks = [Mark(**{**row, "uses": tuple(row["uses"])}) for row in plain["tasks"]]
        return cls(plain["file"], plain["assignment"], tuple(marks), plain["problem"], tuple(plain["notes"]))


class Grades(NamedTuple):
    """The sheets of all files, the seed that draws the same cases again, and the files that were left out, with the
    reasons (`LeftOut`)."""

    seed: int
    sheets: tuple
    left_out: tuple = ()

    @property
    def points(self):
        return sum(sheet.points for sheet in self.sheets)

    @property
    def of(self):
        return sum(sheet.of for sheet in self.sheets)

    @property
    def marks(self):
        """{task: Mark} of the only file; ValueError if there are several."""
        if len(self.sheets) != 1:
            raise ValueError(f"there are {len(self.sheets)} files: take the marks of one of the sheets")
        return {mark.task: mark for mark in self.sheets[0].marks}

    def only(self, task):
        """The Grades with the marks of this task alone; ValueError if no file has one."""
        sheets = [sheet._replace(marks=tuple(mark for mark in sheet.marks if mark.task == task))
                  for sheet in self.sheets]
        known = dict.fromkeys(mark.task for sheet in self.sheets for mark in sheet.marks)
        check_known("task", task, known)
        return self._replace(sheets=tuple(sheet for sheet in sheets if sheet.marks))

    @property
    def ran(self):
        """Whether all files could be run, and none was left out that should be graded."""
        return all(sheet.problem is None for sheet in self.sheets) and not self.missing

    @property
    def missing(self):
        """The files that were left out, but say that they are submissions."""
        return [file for file in self.left_out if file.submitted]

    def __str__(self):
        parts = [str(sheet) for sheet in self.sheets]
        if len(self.sheets) != 1 or self.missing:
            parts.append(self.total())
        if self.left_out:
            parts.append("\n".join(["left out:", *(f"  {file}: {reason}" for file, reason, _ in self.left_out)]))
        parts.append(f"(the same cases again: --seed {self.seed})")
        return "\n\n".join(parts)

    def __repr__(self):
        return str(self)                # what a prompt and a notebook's cell show

    def total(self):
        """The points of all files, and how many files are not counted that should be."""
        count = f"{len(self.sheets)} {'file' if len(self.sheets) == 1 else 'files'}"
        missing = f"; not counted: {len(self.missing)} left out, see below" if self.missing else ""
        return f"{self.points} of {self.of} points in {count}{missing}"

    def to_dict(self):
        """Plain lists and dicts, for json."""
        return {"seed": self.seed, "points": self.points, "of": self.of,
                "sheets": [sheet.to_dict() for sheet in self.sheets],
                "left_out": [file._asdict() for file in self.left_out]}
