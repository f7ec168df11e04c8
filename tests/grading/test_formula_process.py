"""The user's file runs beside its neighbours, and its errors are not those of the arguments."""

import sys

import pytest

from minprune.grading.formula_file import verify_file
from minprune.grading.user_file import CouldNotRun


def test_a_condition_that_raises_is_the_files_problem(report_on):
    with pytest.raises(CouldNotRun, match=r"mine.py: AttributeError: .*\(line 59: return net.nothing\)"):
        report_on("chain", equals="dL/do", where={"that": [":no_condition"]})


def test_a_second_file_and_what_it_imports(tmp_path, report_on, formulas, monkeypatch):
    """Files beside the user's are found, but a numpy.py among them does not hide NumPy."""
    (tmp_path / "numpy.py").write_text("1 / 0")
    (tmp_path / "helping.py").write_text("import numpy as np\ndef twice(o): return np.add(o, o)\n")
    (tmp_path / "own.py").write_text("from helping import twice\n"
                                     "def doubled(dz_next, W_next): return -twice(dz_next @ W_next) / 2\n")
    before = list(sys.path)
    report = verify_file(tmp_path / "own.py", "doubled", {"equals": f"{formulas}:minus", "trials": 5}, None)
    assert report.exit_code == 0 and report.text.startswith("doubled equals minus: it holds") and sys.path == before
    sys.modules.pop("helping")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text("def f(:")
    with pytest.raises(CouldNotRun, match=r"^bad.py: SyntaxError: invalid syntax \(line 1\)$"):
        report_on("chain", equals="bad.py:f")
