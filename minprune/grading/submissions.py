"""Submissions: students' files in a folder, and the assignment that each belongs to."""

import re

from .assignments import find, names

ASSIGNMENT_LINE = re.compile(r"""^ASSIGNMENT *= *["']([^"']+)["']""", re.MULTILINE)


def submissions(folder, assignment=None):
    """(the files of a folder that belong to an assignment, the names of the others).

    All files do if an assignment is given. Raises FileNotFoundError if there is no such folder, ValueError if no file
    belongs to an assignment.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no such file or folder: {folder}")
    all_files = [file for file in sorted(folder.rglob("*.py"))
                 if file.name != "tasks.py" and not is_hidden(file.relative_to(folder))]
    files = [file for file in all_files if assignment or names_an_assignment(file)]
    if not files:
        raise ValueError(f'no file in {folder} has a line ASSIGNMENT = "…" or a tasks.py beside it')
    return files, tuple(str(file) for file in all_files if file not in files)


def is_hidden(path):
    return any(part.startswith(".") for part in path.parts)


def names_an_assignment(file):
    """Whether a file says which assignment it is, or stands beside a tasks.py."""
    return bool(ASSIGNMENT_LINE.search(text_of(file))) or has_tasks_beside(file)


def has_tasks_beside(file):
    return (file.parent / "tasks.py").is_file()


def assignment_of(file):
    """The Assignment of the tasks.py beside a file, or the one that the file names; ValueError if that is not known."""
    if has_tasks_beside(file):
        return find(file.parent)
    line = ASSIGNMENT_LINE.search(text_of(file))
    if line is None:
        raise ValueError(f'{file} does not say which assignment it is: expected a line ASSIGNMENT = "…", '
                         f"one of {', '.join(names())}")
    return find(line[1])


def text_of(file):
    return file.read_bytes().decode("utf-8", errors="replace")
