"""Lines are wrapped between words, and verdicts become JSON."""

import json

import numpy as np

from minprune.grading.reports import as_json, plain_verdict, shorten, wrap, wrap_words


def test_an_indented_line_goes_on_under_it():
    lines = wrap("short\n  a = " + "[1, 2], " * 20).splitlines()
    assert lines[0] == "short" and lines[2].startswith("    2], [1") and max(map(len, lines)) <= 100


def test_rows_of_numbers_stay_whole():
    row = "[" + "1.25, " * 30 + "2]"
    assert wrap_words(f"many words\n{row}", 9) == f"many\nwords\n{row}"


def test_long_texts_are_cut():
    assert shorten("abc", 3) == "abc" and shorten("abcd" * 1000, 3) == "abc… (4,000 characters)"


def test_json_keeps_the_letters_of_formulas():
    assert as_json({"claim": "∂ℓ/∂o"}) == '{\n "claim": "∂ℓ/∂o"\n}'


def test_what_json_does_not_know_is_none():
    class Found:
        def to_dict(self):
            return {"slope": np.inf, "shape": (1, 2), "error": float("nan")}

    assert plain_verdict(Found()) == {"slope": None, "shape": [1, 2], "error": None}
    json.dumps(plain_verdict(Found()), allow_nan=False)


def test_an_infinite_slope_is_none_in_json(report_on):
    report = report_on("exact", approximates="removal", order=2, where={"loss": "mse", "layer": "last hidden"})
    assert report.verdict["found"]["slope"] is None and report.exit_code == 0
    json.dumps(report.verdict, allow_nan=False)
