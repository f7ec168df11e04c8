"""The report on all files, as a text."""

from minprune.grading.grades import Grades, Mark, Sheet
from minprune.grading.grading import grade


def test_the_report(folder, solution):
    (folder / "mine.py").write_text(solution("return w[:, None]"))
    lines = str(grade(folder, seed=7, limit=None)).split("\n")
    assert lines[:5] == [f"{folder / 'mine.py'}: 3 of 5 points (squares)",
                         "  0/2  gradient  wrong in 8 of 8 random cases; the smallest of them:",
                         "                 given w (1,)",
                         "                 expected shape (1,), got (1, 1)",
                         lines[4]]
    assert lines[-3:] == ["  3/3  both      right in 8 of 8 random cases", "", "(the same cases again: --seed 7)"]
    (folder / "mine.py").write_text("1 / 0")
    assert "random cases" not in str(grade(folder, seed=7, limit=None))


def test_words_of_the_report_are_wrapped_and_numbers_are_not():
    row = "expected " + str([[1.25, 2.5]] * 16)
    words = "it raised ValueError: " + "many words " * 20
    sheet = Sheet("mine.py", "squares", (Mark("gradient", 0, 2, f"{words}\n{row}"),))
    lines = str(sheet).split("\n")
    assert len(row) > 110 and lines[-1] == " " * 17 + row and all(len(line) <= 100 for line in lines[:-1])
    assert " ".join(" ".join(lines[1:-1]).split()) == f"0/2 gradient {words}".rstrip()


def test_grades_are_sums_of_marks():
    marks = (Mark("a", 2, 2, "right", uses=("minprune.score",)),
             Mark("b", 0, 3, "wrong", {"holds": False}, "other numbers"))
    grades = Grades(7, (Sheet("an.py", "squares", marks),
                        Sheet("bo.py", "unknown", (), "no such assignment", ("it opens tasks.py",))))
    assert (grades.points, grades.of, grades.ran) == (2, 5, False)
    assert grades.to_dict() == {
        "seed": 7, "points": 2, "of": 5, "left_out": [],
        "sheets": [{"file": "an.py", "assignment": "squares", "points": 2, "of": 5, "problem": None, "notes": [],
                    "tasks": [
                        {"task": "a", "points": 2, "of": 2, "feedback": "right", "verdict": None, "mistake": None,
                         "uses": ["minprune.score"]},
                        {"task": "b", "points": 0, "of": 3, "feedback": "wrong", "verdict": {"holds": False},
                         "mistake": "other numbers", "uses": []}]},
                   {"file": "bo.py", "assignment": "unknown", "points": 0, "of": 0, "problem": "no such assignment",
                    "notes": ["it opens tasks.py"], "tasks": []}]}
    assert [Sheet.from_dict(plain) for plain in grades.to_dict()["sheets"]] == list(grades.sheets)
    lines = str(grades).split("\n")
    assert "  2/2  a  right" in lines and "          uses minprune.score" in lines
    assert "could not run: no such assignment" in lines and "  note: it opens tasks.py" in lines
    assert repr(grades) == str(grades)
