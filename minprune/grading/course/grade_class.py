"""A class: all that it handed in is graded, and what there is to say of it is written into a folder."""

from ...engine.checks import check_count, check_path, check_real
from ...engine.storage import atomic
from ..assignments import find
from ..cases import draw_exams, draw_seed
from ..submissions import paths_of, submissions
from ..working import How
from .class_page import class_page
from .class_table import class_table
from .feedback import feedback_page
from .points_csv import points_csv
from .records import Records, begin, plain_name, seed_of
from .students import student_of
from .workers import cores_for, graded


def grade_class(paths, out, seed=None, assignment=None, limit=10.0, cores=None, progress=None):
    """Grade the submissions of a class, and write what comes of it into the folder `out`; return the ClassTable.

        index.html               the class: points by student and task, their distribution, the commonest mistakes
        points.csv               the points, for a spreadsheet
        feedback/STUDENT.html    for each student
        marks/STUDENT/….json     each file's marks: a run that is stopped goes on from there

    A file that was graded before with the same seed and the same tasks is not graded again. `seed=None` takes the seed
    of the run before, or a new one. Which student a file belongs to, its place says: see `students`. A tasks.py among
    the files counts for nothing: an assignment of one's own is given by `assignment`.
    """
    out = check_path("out", out)
    check_real("limit", limit, above=0)
    paths = paths_of(paths)
    found = None if assignment is None else find(assignment)
    chosen, left_out = submissions(paths, found, trusting=False)
    before = seed_of(out)
    seed = check_count("seed", seed, least=0) if seed is not None else draw_seed() if before is None else before
    begin(out, seed)
    students = {file: student_of(file, paths, of) for file, of in chosen}
    sheets = sheets_of(chosen, students, Records(out, seed, limit), cores, progress)
    table = class_table([(students[one.file], one.assignment, sheets[one.file]) for one in chosen], seed, left_out)
    write_all(table, out)
    return table


def sheets_of(chosen, students, records, cores, progress):
    """{file: its Sheet}, from the records where they have it; each new one is kept there at once."""
    handed_in = {file.resolve(): student for file, student in students.items()}
    sheets = {one.file: records.find(one, students[one.file], handed_in) for one in chosen}
    todo = [one for one in chosen if sheets[one.file] is None]
    done = len(chosen) - len(todo)
    exams = draw_exams({one.assignment.folder: one.assignment for one in todo}, records.seed)
    how = How(records.limit, None, handed_in, briefly=True)
    for one, sheet in graded(todo, exams, how, cores_for(len(todo), cores)) if todo else ():
        records.keep(one, students[one.file], handed_in, sheet)
        sheets[one.file] = sheet
        done += 1
        if progress is not None:
            progress(done, len(chosen))
    return sheets


def write_all(table, out):
    """Write the pages and the table; each is replaced as a whole."""
    (out / "feedback").mkdir(exist_ok=True)
    pages = {"index.html": class_page(table), "points.csv": points_csv(table)}
    pages |= {f"feedback/{plain_name(row.student)}.html": feedback_page(row, table) for row in table.rows}
    for name, text in pages.items():
        with atomic(out / name, "t") as file:
            file.write(text)
