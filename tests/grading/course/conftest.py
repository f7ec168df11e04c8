"""Sheets of three students, and their table."""

from html.parser import HTMLParser

import pytest

from minprune.grading.assignments import find
from minprune.grading.course.class_table import class_table
from minprune.grading.grades import Mark, Sheet
from minprune.grading.submissions import LeftOut

EMPTY = {"meta", "br", "link", "img"}


class Reader(HTMLParser):
    """The tags that are open, the rows of the first table with a head, and all tags that were seen."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.links = [], set(), []
        self.rows, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.open += [tag] * (tag not in EMPTY)
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


EVIL = "<script>alert('x')</script> & \"=1+1\""


@pytest.fixture
def table():
    """Of assignment 4: an has all points, bo makes a mistake and calls minprune, =cy's files cannot be run."""
    assignment = find(4)

    def sheet(name, wrong=(), **more):
        marks = [Mark(task.name, 0 if task.name in wrong else task.points, task.points,
                      f"wrong\nMost likely: it is squared\n{EVIL}" if task.name in wrong else "right in 20 of 20",
                      None, "it is squared" if task.name in wrong else None,
                      ("minprune.score",) if wrong and task.name == "removal" else ()) for task in assignment.tasks]
        return Sheet(f"{name}.py", assignment.name, tuple(marks), **more)

    everything = [task.name for task in assignment.tasks]
    rows = [("bo 10", sheet("bo", ["taylor"], notes=(f"it opens {EVIL}",))), ("bo 10", sheet("b", everything)),
            ("an", sheet("an")), ("bo 9", sheet("x", ["activity", "taylor"])),
            ("=cy", sheet("cy", everything, problem=EVIL))]
    return class_table([(student, assignment, one) for student, one in rows], 7, [LeftOut("d.zip", "an archive", True)])


@pytest.fixture
def reader():
    """reader(HTML) -> the Reader that has read it."""
    return Reader
