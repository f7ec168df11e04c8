"""The report on a claim about a function in a file."""

import json
import pathlib

import pytest

from minprune.grading.formula_file import FormulaReport, receive_report, verify_file
from minprune.grading.user_file import CouldNotRun
from minprune.verification.verify import verify


@pytest.mark.parametrize("function, claim, code, message", [
    ("chain", {"equals": "dL/do"}, 0, "chain equals dL/do: it holds on all of 10 random networks"),
    ("minus", {"equals": "dL/do"}, 1, "The mistake: wrong sign"),
    ("relu", {"equals": "dL/dz", "where": {"activation": ["relu"]}}, 0, "(dense hidden layers; relu)"),
    ("relu", {"equals": "dL/dz", "where": {"activation": ["relu", "tanh"]}}, 1, "it fails on"),
    ("relu", {"equals": "dL/dz", "where": {"activation": ["relu"], "layers": "conv"}}, 0, "it holds"),
    ("minus", {"equals": ":chain"}, 1, "minus equals chain: it fails"),
    ("taylor", {"equals": ":taylor"}, 0, "it holds"),
    ("taylor", {"approximates": "removal", "order": 1}, 0, "to order 1: it holds"),
    ("taylor", {"approximates": "removal", "order": 2}, 1, "to order 2: it fails"),
    ("taylor", {"invariant": "batch size"}, 0, "it holds"),
    ("taylor", {"ranks_like": "|removal|", "least": -1, "where": {"loss": "mse"}}, 0, "it holds"),
    ("taylor", {"ranks_like": "removal", "least": 1, "where": {"neurons": 6}}, 1, "it fails"),
    ("chain", {"equals": "dL/do", "where": {"that": [":small", "no biases"]}}, 0, "(dense hidden layers; small; no"),
])
def test_a_claim_has_the_verdict_and_the_exit_code(report_on, function, claim, code, message):
    report = report_on(function, **claim)
    assert report.exit_code == code and message in report.text
    assert report.verdict["holds"] is (code == 0) and report.raised is None and not report.drawn


def test_it_is_the_verdict_of_verify(report_on):
    def minus(dz_next, W_next):
        return -dz_next @ W_next

    ours, report = verify(minus, "dL/do", trials=10, seed=5), report_on("minus", equals="dL/do", seed=5)
    assert report.text == str(ours) and report.verdict == json.loads(json.dumps(ours.to_dict()))
    assert report == report_on("minus", equals="dL/do", seed=5) != report_on("minus", equals="dL/do", seed=6)


@pytest.mark.parametrize("function, claim, message", [
    ("taylr", {"equals": "dL/do"}, 'unknown function of mine.py: "taylr"; did you mean "taylor"? Known: chain, minus'),
    ("rate", {"equals": "dL/do"}, "rate of mine.py is no function, it is 3"),
    ("chain", {"equals": ":rates"}, 'unknown function of mine.py: "rates"; did you mean "raises"?'),
    ("chain", {"equals": "dL/d"}, 'unknown quantity "dL/d"; did you mean "dL/d'),
    ("asks", {"equals": "dL/do"}, 'unknown parameter of asks: "oo"; did you mean '),
    ("chain", {"equals": "dL/do", "where": {"activation": "rleu"}}, 'unknown activation "rleu"; did you mean "relu"?'),
    ("chain", {"equals": "dL/do", "where": {"that": [":small"], "neurons": 2}}, "accepts none of"),
    ("chain", {}, "verify expects one claim of"),
    ("chain", {"equals": "none.py:f"}, "no such file: none.py"),
])
def test_what_is_refused(report_on, function, claim, message):
    with pytest.raises(ValueError) as raised:
        report_on(function, **claim)
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_files_that_are_not_there(tmp_path, formulas):
    with pytest.raises(FileNotFoundError, match='no such file: .*min.py; did you mean "mine.py"?'):
        verify_file(formulas.parent / "min.py", "f", {"equals": "dL/do"})
    with pytest.raises(FileNotFoundError, match="no such file: .*x.py$"):
        verify_file(tmp_path / "nowhere" / "x.py", "f", {"equals": "dL/do"})
    with pytest.raises(FileNotFoundError, match="expected a file of Python code, .* is a folder"):
        verify_file(tmp_path, "f", {"equals": "dL/do"})


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "1"])
def test_a_malformed_limit(formulas, limit):
    with pytest.raises((ValueError, TypeError), match="limit expects"):
        verify_file(formulas, "chain", {"equals": "dL/do"}, limit)


def test_prints_do_not_give_more_time():
    seconds, messages = [], iter([["printed", "a"], ["printed", "b"], ["late", None]])

    def receive(left):
        seconds.append(left)
        return next(messages)

    with pytest.raises(CouldNotRun, match="^mine.py: not done after 5 seconds; it needs a higher limit or fewer"):
        receive_report(receive, pathlib.Path("mine.py"), 5)
    assert 5 >= seconds[0] > seconds[1] > seconds[2] > 4


def test_a_process_that_ends_has_no_report():
    with pytest.raises(CouldNotRun, match="^mine.py: it ended Python itself$"):
        receive_report(lambda left: ["ended"], pathlib.Path("mine.py"), 5)


def test_a_picture_has_time_of_its_own():
    seconds, messages = [], iter([["tried"], ["checked", "text", {"holds": True}, None, True]])

    def receive(left):
        seconds.append(left)
        return next(messages)

    assert receive_report(receive, None, 5) == FormulaReport("text", {"holds": True}, None, True)
    assert seconds[0] <= 5 < 100 < seconds[1]
