"""The points of a class as a table for spreadsheets, .csv."""

import csv
import io

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")      # a cell that begins so is a formula to a spreadsheet


def points_csv(table):
    """The text of the table: a row for each student, a column for each task; empty where nothing was handed in."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = [(assignment, task) for assignment in table.assignments for task in assignment.tasks]
    writer.writerow(["student", *(f"{assignment.name} {task.name}" for assignment, task in columns),
                     *(assignment.name for assignment in table.assignments), "points", "of"])
    for row in table.rows:
        marks = [row.mark(*column) for column in columns]
        totals = [row.sheets[one.name].points if one.name in row.sheets else "" for one in table.assignments]
        writer.writerow([as_text(row.student), *("" if mark is None else mark.points for mark in marks), *totals,
                         row.points, table.of])
    return stream.getvalue()


def as_text(cell):
    """A text that no spreadsheet takes for a formula: students choose the names of their files."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell
