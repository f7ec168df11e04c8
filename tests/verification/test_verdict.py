"""A verdict is read, kept as plain values, drawn."""

import json
import subprocess
import sys

import numpy as np

from minprune.verification import Mistake, verify


def chain_rule(dz_next, W_next):
    return dz_next @ W_next


def wrong(dz_next, W_next):
    return -dz_next @ W_next


def test_what_holds_reads_as_a_sentence():
    verdict = verify(chain_rule, "dL/do", where="no biases", trials=30)
    error = f"{verdict.error:.1e}"
    assert str(verdict) == ("chain_rule equals dL/do: it holds on all of 30 random networks "
                            f"(dense hidden layers; no biases), to a relative error of {error} (per sample).")
    assert verdict.error < 1e-8 and verdict.failed == 0 and verdict.trials == 30 and bool(verdict)


def test_what_fails_reads_as_a_short_paragraph():
    verdict = verify(wrong, "dL/do", trials=30)
    first, *lines = str(verdict).splitlines()
    assert first == ("wrong equals dL/do: it fails on 30 of 30 random networks (dense hidden layers), "
                     "by a relative error of up to 2 (per sample). The mistake: wrong sign: "
                     "−wrong holds (on all 30 networks).")
    assert lines[0].startswith("The smallest counterexample found: a network 1 → 1 → 1, mse, 1 sample")
    assert verdict.mistake == Mistake("wrong sign", "−wrong holds (on all 30 networks)")
    assert verdict.failed == 30 and abs(verdict.error - 2) < 1e-9 and not verdict


def test_plain_values_for_json():
    told = json.loads(json.dumps(verify(wrong, "dL/do", trials=10).to_dict()))
    assert told["holds"] is False and told["claim"] == "wrong equals dL/do" and told["formula"] == "wrong"
    assert told["mistake"] == {"name": "wrong sign", "remedy": "−wrong holds (on all 10 networks)"}
    assert told["counterexample"]["layer"] == "dense1" and told["trials"] == told["failed"] == 10
    told = json.loads(json.dumps(verify(lambda do: None, "dL/do", trials=10).to_dict()))
    assert told["error"] is None and "returned None" in told["problem"]
    verdict = verify(lambda o, do: -(o * do).sum(axis=1), approximates="removal", trials=10)
    told = json.loads(json.dumps(verdict.to_dict()))
    assert told["found"]["order"] == 1 and told["counterexample"] is None


def test_the_picture_has_every_number_that_was_compared():
    verdict = verify(wrong, "dL/do", trials=10)
    figure = verdict.plot()
    line, marks = figure.axes[0].lines
    np.testing.assert_array_equal(marks.get_xdata(), verdict.points[1])
    np.testing.assert_array_equal(marks.get_ydata(), verdict.points[0])
    np.testing.assert_allclose(verdict.points[0], -verdict.points[1], rtol=1e-6, atol=1e-9)
    assert figure.axes[0].get_title() == "wrong equals dL/do: fails"
    assert figure.axes[0].get_xlabel() == "measured" and figure.axes[0].get_ylabel() == "claimed"
    assert (line.get_xdata() == line.get_ydata()).all()


def test_a_picture_of_nothing_is_still_a_picture():
    assert verify(lambda do: None, "dL/do", trials=5).plot().axes


def test_a_verdict_imports_no_matplotlib():
    code = ("import sys; from minprune.verification import verify; str(verify(lambda do: -do, 'dL/do', trials=5));"
            "print('matplotlib' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
