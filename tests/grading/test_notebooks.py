"""Functions are taken from a notebook's cells."""

import json

import pytest

from minprune.grading.grading import grade
from minprune.grading.notebooks import NotANotebook, as_python, cells_of, code_of, kept_statements


def notebook(*cells, **more):
    """The bytes of a notebook with these code cells."""
    cells = [{"cell_type": "markdown", "source": "# text"}, *({"cell_type": "code", "source": cell} for cell in cells)]
    return json.dumps({"nbformat": 4, "cells": cells, **more}).encode()


def test_cells_are_read_whatever_the_version_and_the_kind_of_text():
    assert cells_of(notebook("a = 1\nb", ["c\n", "d"])) == [(1, "a = 1\nb"), (2, "c\nd")]
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]}
    assert cells_of(json.dumps(old).encode()) == [(1, "x = 1")] and code_of(notebook("a", "b")) == "a\n\nb"
    for content in (b"{}", b"PK", b'{"cells": 3}', b'{"cells": [3]}', b'{"worksheets": []}', b"\xff", b"[" * 5000):
        with pytest.raises(NotANotebook):
            cells_of(content)
        assert code_of(content) == ""


def test_lines_for_ipython_are_left_out_and_the_others_keep_their_numbers():
    text = "%matplotlib inline\nif x:\n    !ls\nnames = !ls\nnp.abs?\n?np.abs\ny = x % 2\nz = 'a!b'"
    assert as_python(text) == "pass\nif x:\n    pass\nnames = None\npass\npass\ny = x % 2\nz = 'a!b'"
    assert as_python("%%bash\nls") == "" and as_python("%%time\nx = 1") == "pass\nx = 1"


def test_only_what_functions_need_is_run():
    cells = [(1, "import time\nrate = 2\nscale = rate + 1\nnet = train()\nprint(net)"),
             (2, "def f(x):\n    return scale * x"), (3, "no Python"), (4, "class A: pass\nf(3)\nresult = f(4)")]
    kept = kept_statements(cells, "mine.ipynb")
    assert [(name, statement.body[0].lineno) for name, statement in kept] == [
        ("mine.ipynb, cell 1", 1), ("mine.ipynb, cell 1", 2), ("mine.ipynb, cell 1", 3),
        ("mine.ipynb, cell 2", 1), ("mine.ipynb, cell 4", 1)]


@pytest.mark.usefixtures("shared_server")
@pytest.mark.parametrize("limit", [None, 20])
def test_a_notebook_is_graded(folder, limit):
    (folder / "mine.ipynb").write_bytes(notebook(
        "%matplotlib inline\nfrom data import rate", "rate = rate\n1 / 0", "def gradient(w):\n    return rate * w",
        "def both(w, scale):\n    x = 3\n    return w @ w[:2]", "gradient(3)\nimport time\nx = time.sleep(60)"))
    (folder / "data.py").write_text("rate = 2\n")
    marks = grade(folder / "mine.ipynb", seed=0, limit=limit).marks
    assert marks["gradient"].points == 2 and marks["both"].points == 0
    assert "(line 3 of cell 4: return w @ w[:2])" in marks["both"].feedback


@pytest.mark.usefixtures("shared_server")
def test_the_line_that_loops_in_a_cell_is_named(folder, time_for):
    (folder / "mine.ipynb").write_bytes(notebook("import time", "def gradient(w):\n    time.sleep(600)"))
    time_for("gradient", 0.5)
    mark = grade(folder / "mine.ipynb", limit=100).marks["gradient"]
    assert mark.feedback.endswith("(line 2 of cell 2: time.sleep(600))") and mark.mistake == "not done in time"
