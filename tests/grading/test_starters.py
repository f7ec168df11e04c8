"""Starters are cut out of solved sources, and handed out."""

import pytest

from minprune.grading.starters import cut_starter, make_starters, start


def test_a_solution_is_cut_out():
    source = '''import numpy as np


# solution begins
def helper():
    return 1
# solution ends


def one(x):
    """What it is."""
    y = x
    # solution begins
    y = y + helper()
    return y
    # solution ends


def two():
    if True:
        # solution begins
        return 2
        # solution ends
'''
    assert cut_starter(source) == '''import numpy as np


def one(x):
    """What it is."""
    y = x
    raise NotImplementedError("one")


def two():
    if True:
        raise NotImplementedError("two")
'''


@pytest.mark.parametrize("source, message", [
    ("def f():\n    # solution begins\n    return 1\n", 'has no "# solution ends"'),
    ("def f():\n    # solution ends\n", "line 2: expected \"# solution begins\", got"),
    ("def f():\n    # solution begins\n    # solution begins\n", "line 3: expected \"# solution ends\", got"),
    ("if True:\n    # solution begins\n    # solution ends\n", "line 2: .* stands in no function"),
])
def test_comments_that_do_not_match(source, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        cut_starter(source)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_right.py").write_text("def f():\n    # solution begins\n    # solution ends\n")
    (tmp_path / "solutions" / "02_wrong.py").write_text(source)
    with pytest.raises(ValueError, match=f"02_wrong.py: .*{message}"):
        make_starters(tmp_path)
    assert not (tmp_path / "01_right").exists()


def test_starters_are_written_beside_their_tasks(tmp_path):
    with pytest.raises(ValueError, match="no solved source"):
        make_starters(tmp_path)
    (tmp_path / "solutions").mkdir()
    solved = "def f():\n    # solution begins\n    return 1\n    # solution ends\n"
    (tmp_path / "solutions" / "01_one.py").write_text(solved)
    assert make_starters(tmp_path) == [tmp_path / "01_one" / "starter.py"]
    assert (tmp_path / "01_one" / "starter.py").read_text() == 'def f():\n    raise NotImplementedError("f")\n'


def test_a_student_starts_in_a_new_folder(tmp_path):
    place = start(1, tmp_path)
    assert place == tmp_path / "01_the_neuron"
    assert sorted(path.name for path in place.iterdir()) == ["brief.md", "starter.py"]
    with pytest.raises(FileExistsError, match="exists already; nothing was copied"):
        start("01_the_neuron", tmp_path)
    with pytest.raises(ValueError, match="unknown assignment"):
        start(77, tmp_path)
