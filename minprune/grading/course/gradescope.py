"""Gradescope: the file results.json that its autograders write, with a test for each task.

The format is that of https://gradescope-autograders.readthedocs.io/en/latest/specs/ (Output format).
"""


def results_json(grades):
    """What results.json holds, for the Grades of what one student handed in, as plain dicts and lists.

    All tests are visible to the student, with the feedback as their output. What the code uses of minprune, and what it
    opens, stands in `extra_data` and in the output of the whole.
    """
    tests = [test_of(sheet, number, mark) for sheet in grades.sheets for number, mark in enumerate(sheet.marks, 1)]
    problems = [f"{sheet.assignment} could not run: {sheet.problem}" for sheet in grades.sheets if sheet.problem]
    problems += [f"{file.file} is not graded: {file.reason}" for file in grades.missing]
    notes = [f"{sheet.assignment}: {note}" for sheet in grades.sheets for note in sheet.notes]
    return {"score": grades.points, "output": "\n".join([*problems, f"The same cases again: --seed {grades.seed}"]),
            "output_format": "text", "visibility": "visible", "stdout_visibility": "hidden",
            "extra_data": {"seed": grades.seed, "notes": notes}, "tests": tests}


def no_results(problem):
    """What results.json holds if nothing could be graded."""
    return {"score": 0, "output": f"Nothing could be graded: {problem}", "output_format": "text",
            "visibility": "visible", "stdout_visibility": "hidden", "tests": []}


def test_of(sheet, number, mark):
    """A test: one task."""
    return {"name": f"{mark.task} ({sheet.assignment})", "number": f"{leading_number(sheet.assignment)}{number}",
            "score": mark.points, "max_score": mark.of, "status": "passed" if mark.points == mark.of else "failed",
            "output": mark.remarks, "output_format": "text", "visibility": "visible",
            "extra_data": {"mistake": mark.mistake, "uses": list(mark.uses)}}


def leading_number(name):
    """`4.` for 04_three_scores; empty for a name without a number."""
    digits = name.split("_")[0]
    return f"{int(digits)}." if digits.isdecimal() else ""
