"""Grading: points for each task of an assignment, measured on fresh random cases."""

from ..engine.checks import check_count, check_real
from .assignments import find
from .cases import draw_exams, draw_seed
from .course.students import student_of
from .course.workers import cores_for, graded
from .grades import Grades
from .prompt import grade_function
from .submissions import paths_of, submissions
from .working import How


def grade(path, seed=None, assignment=None, limit=10.0, cores=None, progress=None):
    """Grade a student's file, or all files of a folder that belong to an assignment; return the Grades.

    `path` may also be a list of files and folders, or a function: see below. Which assignment a file belongs to: the
    one given (a name, a number or a folder), that of the tasks.py beside it, or the one that its line
    ASSIGNMENT = "…" names. Of a notebook, .ipynb, the functions of its cells are graded. Each task is all or nothing:
    its function must be right in all random cases, leave its arguments as they are, and take at most `limit` seconds. A
    function that is wrong is tried again with right ones in place of the others that are wrong or missing: a mistake
    costs points once. `seed=None` draws fresh cases; grades.seed draws them again.

    The code runs in a process of its own, in a copy of the file's folder that is thrown away. It gets arguments and
    returns values: the answers are computed and compared in this process. Without a container around it that guards
    against mistakes and idle tricks, not against malice; the README of the assignments says what remains possible.
    `limit=None` runs the code in this process, without a limit and unguarded.

    Many files are graded on all cores, or on so many as `cores` says; progress(done, of), if it is given, is called
    after each. Of several files, what `verify` says of a claim is added only where a function is wrong.

    A function, `mp.grade(taylor)`, is graded where it stands, at a prompt or in a notebook's cell: its name says which
    task it is. It runs in this process, without a limit; of the others that it calls, those that are wrong are replaced
    by right ones here too.

    Nothing is raised for what is wrong with a student's code: `sheet.problem` says why a file could not be run. Of
    several files, `grades.left_out` says which are not graded, and why; hidden files and folders, whose names begin
    with a dot, are not looked at. A warning is given for `mistakes` of a teacher's own assignment that name nothing.
    Raises FileNotFoundError if there is no such file, ValueError if its assignment is not known, a folder has no file
    of one, or the assignment's own code fails, TypeError or ValueError for a malformed seed or limit.
    """
    seed = draw_seed() if seed is None else check_count("seed", seed, least=0)
    if limit is not None:
        check_real("limit", limit, above=0)
    if callable(path):
        return grade_function(path, seed, assignment)
    paths = paths_of(path)
    chosen, left_out = submissions(paths, None if assignment is None else find(assignment))
    exams = draw_exams({submission.assignment.folder: submission.assignment for submission in chosen}, seed)
    sheets = {}
    for submission, sheet in graded(chosen, exams, how_of(chosen, paths, limit), cores_of(chosen, limit, cores)):
        sheets[submission.file] = sheet
        if progress is not None:
            progress(len(sheets), len(chosen))
    return Grades(seed, tuple(sheets[submission.file] for submission in chosen), tuple(left_out))


def how_of(submissions, paths, limit):
    """The How of several files: none is read by the code of another student."""
    students = {file.resolve(): student_of(file, paths, assignment) for file, assignment in submissions}
    return How(limit, None, students, briefly=len(submissions) > 1)


def cores_of(submissions, limit, cores):
    """On how many cores files are graded; in this process there is but one."""
    return 1 if limit is None else cores_for(len(submissions), None if cores is None else check_count("cores", cores))
