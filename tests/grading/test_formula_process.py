"""The user's file runs beside its neighbours, its functions are found, and its errors are not those of the
arguments."""

import re
import sys

import numpy as np
import pytest

from minprune.grading.formula_file import verify_file
from minprune.grading.formula_process import MOST_PRINTED, NamedFunctions, PrintSender
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


def test_the_beginning_of_what_is_printed_is_sent():
    sent = []
    out = PrintSender(lambda kind, text: sent.append(text))
    print("a" * (MOST_PRINTED - 10), file=out)
    assert "".join(sent) == "a" * (MOST_PRINTED - 10) + "\n"
    assert len("".join(sent)) == MOST_PRINTED - 9
    print("b" * 50, "c", file=out)
    print("d", file=out)
    assert "".join(sent)[MOST_PRINTED - 9:] == "b" * 9 + "\n… (the rest of what it prints is left out)\n"


@pytest.mark.parametrize("function, code, message, raised", [
    ("raises", 2, r"raises raised ValueError: matmul: Input operand 1 .*\(given o (N1K), do (N1K)\)",
     "(line 21: return o @ do)"),
    ("raises", 2, r"raises raised ValueError", "raises raised ValueError: matmul: "),
    ("sometimes", 2, r"sometimes raised KeyError: 'three' \(given do \(3, 1, \d\)\)",
     "sometimes raised KeyError: 'three' (line 25: raise KeyError(\"three\"))"),
    ("leaves", 2, r"SystemExit: now \(given do (N1K)\)", "leaves raised SystemExit: now (line 42: exit(\"now\"))"),
    ("shape", 1, r"returned the shape \(\d, \d\), expected \(N, P, K\) = (N1K) .*\(given do (N1K)\)", None),
    ("nothing", 1, r"nothing returned None, not an array of numbers \(given do (N1K)\)", None),
    ("nan", 1, r"nan returned NaN \(given do (N1K)\)", None),
    ("changes", 1, r"changes tries to change its inputs, which are read-only \(given do (N1K), z (N1K)\)", None),
])
def test_what_a_function_did_is_reported_with_the_shapes_of_its_arguments(report_on, function, code, message, raised):
    report = report_on(function, equals="dL/do", trials=20 if function == "sometimes" else 5)
    assert report.exit_code == code and not report.verdict["holds"]
    assert re.search(message.replace("(N1K)", r"\(\d, \d, \d\)"), report.text)
    assert (report.raised is None) == (raised is None) and (raised or "") in (report.raised or "")
    assert "\n" not in (report.raised or "")


def test_the_second_formula_may_raise_too(report_on):
    report = report_on("chain", equals=":raises")
    assert report.exit_code == 2 and report.raised.startswith("raises raised ValueError")


def test_a_file_without_functions(tmp_path):
    (tmp_path / "empty.py").write_text("import numpy as np\nfrom math import sqrt\nrate = 3\n")
    with pytest.raises(ValueError, match='empty.py has no function "f", and no other'):
        verify_file(tmp_path / "empty.py", "f", {"equals": "dL/do"}, None)


def test_a_function_runs_its_file_once(tmp_path):
    (tmp_path / "counts.py").write_text("print('run')\ndef one(do): return do\ndef other(do): return do\n")
    message = []
    verify_file(tmp_path / "counts.py", "one", {"equals": ":other", "trials": 3}, None, printed=message.append)
    assert "".join(message) == "run\n"


def test_names_become_functions_wherever_they_stand(formulas):
    functions = NamedFunctions(formulas)
    claim = functions.resolve({"equals": ":taylor", "where": {"that": [":small", "no biases"]}, "trials": 3})
    assert claim["equals"](np.ones((1, 2, 3)), np.ones((1, 2, 3))).tolist() == [[2, 2, 2]]
    small, words = claim["where"]["that"]
    assert (small.__name__, words, claim["trials"]) == ("small", "no biases", 3)
    assert functions.find(":chain").__name__ == "chain"             # also of a lambda
    assert functions.find(f"{formulas}:minus").__name__ == "minus" and list(functions.modules) == [formulas]


def test_the_first_exception_is_remembered(formulas):
    functions = NamedFunctions(formulas)
    leaves = functions.find(":leaves")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="^SystemExit: now$"):
            leaves(None)
    assert functions.raised == {"leaves": 'leaves raised SystemExit: now (line 42: exit("now"))'}
