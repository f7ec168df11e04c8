"""Submissions: students' files in a folder, the assignment that each belongs to, and what is left out, with the reason.

A file belongs to the assignment that is given, to the tasks.py beside it, or to the one that its line
ASSIGNMENT = "…" names. A tasks.py counts only at the top of what was named, and a line names only assignments that come
with minprune: what students hand in brings no tasks of its own.
"""

import os
import pathlib
import re
from typing import NamedTuple

from ..engine.checks import check_list, check_path
from .assignments import Assignment, find, named, names
from .notebooks import NotANotebook, cells_of, code_of, is_notebook

ASSIGNMENT_LINE = re.compile(r"""^ASSIGNMENT *(?:: *\w+ *)?= *["']([^"'\n]+)["']""", re.MULTILINE)
ANY_LINE = re.compile(r"""^(\w+ *= *["']([^"'\n]+)["'])""", re.MULTILINE)
OTHER_KINDS = {
    **dict.fromkeys([".zip", ".tar", ".gz", ".tgz", ".rar", ".7z"], "it is an archive; unpack it"),
}


class Submission(NamedTuple):
    """A file and its assignment."""

    file: pathlib.Path
    assignment: Assignment


class LeftOut(NamedTuple):
    """A file that is not graded, and why; `submitted` is whether it should be: it names an assignment, but none that is
    known, or it is of a kind that cannot be graded."""

    file: str
    reason: str
    submitted: bool


def paths_of(path):
    """The paths of files and folders, of one or a list of them."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else check_list("path", path, "of files and folders")
    return [check_path("path", one) for one in paths]


def submissions(paths, assignment=None, trusting=True):
    """([Submission, ...], [LeftOut, ...]) of files and folders; a tasks.py among them counts only if `trusting`.

    Raises FileNotFoundError if a path is not there, ValueError if a folder has no file that could be graded, or if the
    only file cannot be.
    """
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"no such file or folder: {path}" + start_hint(path))
    if len(paths) == 1 and paths[0].is_file():
        check_kind(paths[0])
        return [Submission(paths[0], assignment or assignment_of(paths[0], paths[0], trusting))], []
    rows = {file.resolve(): sorted_in(file, assignment, path, trusting)
            for path in paths for file in (files_of(path) if path.is_dir() else [path])}
    graded = [row for row in rows.values() if isinstance(row, Submission)]
    left_out = [row for row in rows.values() if isinstance(row, LeftOut)]
    if not graded and not any(row.submitted for row in left_out):
        folders = ", ".join(map(str, paths))
        raise ValueError(f'no file in {folders} has a line ASSIGNMENT = "…" or a tasks.py beside it')
    return graded, left_out


def start_hint(path):
    """The hint to --start for the number or name of an assignment that stands in the place of a file."""
    name = str(path)
    known = name in names() or name.isdecimal() and 0 < int(name) <= len(names())
    return f"; to begin assignment {name}, minprune grade --start {name}" if known else ""


def check_kind(file):
    """ValueError for a file of a kind that cannot be graded."""
    problem = problem_of(file)
    if problem is not None:
        raise ValueError(f"cannot grade {file}: {problem}")


def problem_of(file):
    """Why a file is of a kind that cannot be graded, or None."""
    if file.suffix.lower() in OTHER_KINDS:
        return OTHER_KINDS[file.suffix.lower()]
    if is_notebook(file):
        try:
            cells_of(file.read_bytes())
        except NotANotebook as error:
            return str(error)
    return None


def files_of(folder):
    """The files of a folder that may be submissions, in order; hidden ones are not looked at."""
    kinds = {".py", ".ipynb", *OTHER_KINDS}
    return [file for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in kinds and file.is_file() and file.name != "tasks.py"
            and not any(part.startswith(".") for part in file.relative_to(folder).parts)]


def sorted_in(file, assignment, path, trusting=True):
    """The Submission of a file, or the LeftOut that says why it is none; a `path` that is the file itself names it."""
    problem = problem_of(file)
    if problem is not None:
        return LeftOut(str(file), problem, True)
    if assignment is None and path != file and not names_an_assignment(file, path, trusting):
        return LeftOut(str(file), f'it has no line ASSIGNMENT = "…"{similar_line(file)}', bool(similar_line(file)))
    if assignment is not None and path != file and is_helper(file, assignment):
        return LeftOut(str(file), "a file beside it imports it, and it has none of the functions", False)
    try:
        return Submission(file, assignment or assignment_of(file, path, trusting))
    except ValueError as error:
        return LeftOut(str(file), str(error), True)


def names_an_assignment(file, path, trusting=True):
    """Whether a file says which assignment it is, or stands beside a tasks.py that counts."""
    return bool(ASSIGNMENT_LINE.search(text_of(file))) or trusting and has_tasks_beside(file, path)


def similar_line(file):
    """` (a line says …)` if a line looks like one that names an assignment, by another name than ASSIGNMENT."""
    lines = [line for line, value in ANY_LINE.findall(text_of(file)) if value in names()]
    return f" (a line says {lines[0]})" if lines else ""


def is_helper(file, assignment):
    """Whether a file is imported by one beside it, and defines no function of the assignment."""
    text = text_of(file)
    if ASSIGNMENT_LINE.search(text) or any(re.search(rf"\b{task.name}\b", text) for task in assignment.tasks):
        return False
    line = re.compile(rf"^\s*(from|import)\s+{re.escape(file.stem)}\b", re.MULTILINE)
    return any(line.search(text_of(other)) for other in file.parent.glob("*.py") if other != file)


def has_tasks_beside(file, path):
    """Whether a tasks.py stands beside a file, and at the top of the folder `path`, or beside the file `path`."""
    top = path if path.is_dir() else path.parent
    return file.parent == top and (top / "tasks.py").is_file()


def assignment_of(file, path, trusting=True):
    """The Assignment of the tasks.py beside a file, or the one that the file names; ValueError if that is not known."""
    if trusting and has_tasks_beside(file, path):
        return find(file.parent)
    line = ASSIGNMENT_LINE.search(text_of(file))
    if line is None:
        raise ValueError(f'{file} does not say which assignment it is: expected a line ASSIGNMENT = "…", '
                         f"one of {', '.join(names())}")
    return named(line[1])


def text_of(file):
    """The code of a file as a text."""
    content = file.read_bytes()
    return code_of(content) if is_notebook(file) else content.decode("utf-8", errors="replace")
