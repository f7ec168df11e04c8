"""Points by student and task, and how many made which mistake."""


def test_students_stand_in_order_with_the_better_of_their_files(table):
    assert [(row.student, row.points, row.files) for row in table.rows] == [
        ("=cy", 0, 1), ("an", 10, 1), ("bo 9", 5, 1), ("bo 10", 7, 2)]
    assert (table.of, table.mean, table.median, table.seed) == (10, 5.5, 6, 7)


def test_mistakes_are_counted(table):
    (assignment,), = [table.assignments]
    activity, taylor = assignment.tasks[1:3]
    assert table.right_in(assignment, taylor) == (1, 4) and table.right_in(assignment, activity) == (2, 4)
    assert table.mistakes_in(assignment, taylor) == [("it is squared", 3)]
    assert table.points_of(assignment) == [0, 10, 5, 7]


def test_what_a_teacher_should_look_at(table):
    by_student = {row.student: row.remarks for row in table.rows}
    assert by_student["an"] == [] and "could not run: <script>" in by_student["=cy"][0]
    assert by_student["bo 10"][1:] == [
        "04_three_scores removal: uses minprune.score",
        "2 files for 1 assignments: of each the one with the most points counts"]
