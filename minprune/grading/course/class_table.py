"""The table of a class: points by student and task, and who made which mistake."""

import collections
import re
import statistics
from typing import NamedTuple


class Row(NamedTuple):
    """What one student has: {assignment's name: the Sheet that counts}, and how many files were handed in."""

    student: str
    sheets: dict
    files: int

    @property
    def points(self):
        return sum(sheet.points for sheet in self.sheets.values())

    def mark(self, assignment, task):
        """The Mark of a task, or None if nothing was handed in."""
        sheet = self.sheets.get(assignment.name)
        return None if sheet is None else next((mark for mark in sheet.marks if mark.task == task.name), None)

    @property
    def remarks(self):
        """What a teacher should look at: what could not run, what the code opens, and what of minprune it uses."""
        lines = [f"{name}: could not run: {sheet.problem}" for name, sheet in self.sheets.items() if sheet.problem]
        lines += [f"{name}: {note}" for name, sheet in self.sheets.items() for note in sheet.notes]
        lines += [f"{name} {mark.task}: uses {', '.join(mark.uses)}" for name, sheet in self.sheets.items()
                  for mark in sheet.marks if mark.uses]
        several = f"{self.files} files for {len(self.sheets)} assignments: of each the one with the most points counts"
        return lines + [several] * (self.files > len(self.sheets))


class ClassTable(NamedTuple):
    """All Rows, in order of the students' names, the Assignments, the seed, and the files that are left out."""

    rows: tuple
    assignments: tuple
    seed: int
    left_out: tuple = ()

    @property
    def of(self):
        return sum(assignment.points for assignment in self.assignments)

    @property
    def mean(self):
        return statistics.fmean(row.points for row in self.rows)

    @property
    def median(self):
        return statistics.median(row.points for row in self.rows)

    def points_of(self, assignment):
        """The points of all who handed in something for an assignment."""
        return [row.sheets[assignment.name].points for row in self.rows if assignment.name in row.sheets]

    def right_in(self, assignment, task):
        """(how many have the points of a task, of how many)."""
        marks = [mark for row in self.rows if (mark := row.mark(assignment, task)) is not None]
        return sum(mark.points == mark.of for mark in marks), len(marks)

    def mistakes_in(self, assignment, task):
        """[(mistake, how many made it), ...], the commonest first."""
        marks = [mark for row in self.rows if (mark := row.mark(assignment, task)) is not None]
        counts = collections.Counter(mark.mistake for mark in marks if mark.mistake is not None)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def class_table(graded, seed, left_out=()):
    """The ClassTable of [(student, Assignment, Sheet), ...]. Of several files for the same assignment the one with the
    most points counts; of equal ones the last."""
    sheets, files = collections.defaultdict(dict), collections.Counter()
    assignments = {}
    for student, assignment, sheet in graded:
        files[student] += 1
        assignments[assignment.name] = assignment
        before = sheets[student].get(assignment.name)
        if before is None or sheet.points >= before.points:
            sheets[student][assignment.name] = sheet
    rows = [Row(student, dict(sorted(sheets[student].items())), files[student])
            for student in sorted(sheets, key=in_order)]
    return ClassTable(tuple(rows), tuple(assignments[name] for name in sorted(assignments)), seed, tuple(left_out))


def in_order(name):
    """What names are sorted by: numbers in them count as numbers, capitals as small letters."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(part.isdecimal(), int(part) if part.isdecimal() else part) for part in parts if part], name
