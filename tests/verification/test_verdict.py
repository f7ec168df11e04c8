"""A verdict is read, kept as plain values, drawn."""

import json
import sys
from types import SimpleNamespace

import numpy as np

from minprune.verification.verdict import Mistake, Verdict
from minprune.verification.verify import verify


def chain_rule(dz_next, W_next):
    return dz_next @ W_next


def wrong(dz_next, W_next):
    return -dz_next @ W_next


def test_what_holds_reads_as_a_sentence():
    verdict = verify(chain_rule, "dL/do", where="no biases", trials=30)
    error = f"{verdict.error:.1e}"
    assert str(verdict) == ("chain_rule equals dL/do: it holds on all of 30 random networks "
                            f"(dense hidden layers; no biases), sample by sample, to a relative error of {error}.")
    assert verdict.error < 1e-8 and verdict.failed == 0 and verdict.trials == 30 and bool(verdict)


def test_what_fails_reads_as_a_short_paragraph():
    verdict = verify(wrong, "dL/do", trials=30)
    first, *lines = str(verdict).splitlines()
    assert verdict.failed >= 28                 # where no gradient arrives nothing is wrong
    assert first == (f"wrong equals dL/do: it fails on {verdict.failed} of 30 random networks (dense hidden layers), "
                     "sample by sample, by a relative error of up to 2. The mistake: wrong sign: "
                     "−wrong holds (on all 30 networks).")
    assert lines[0].startswith("The smallest counterexample found, dense1 of a network 1 → 1 → 1 on 1 sample, mse")
    assert verdict.mistake == Mistake("wrong sign", "−wrong holds (on all 30 networks)")
    assert abs(verdict.error - 2) < 1e-9 and not verdict


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
    assert figure.axes[0].get_xlabel() == "measured dL/do" and figure.axes[0].get_ylabel() == "claimed"
    assert (line.get_xdata() == line.get_ydata()).all()


def test_a_picture_of_nothing_is_still_a_picture():
    assert verify(lambda do: None, "dL/do", trials=5).plot().axes


def test_a_verdict_imports_no_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("matplotlib", "minprune.plots"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)            # importing it is an error now
    verdict = verify(wrong, "dL/do", trials=5)
    assert "wrong sign" in str(verdict) and verdict._repr_html_() and verdict.to_dict()


def test_problems_are_told_with_how_many_networks_have_them():
    verdict = verify(lambda dz_next, W_next: dz_next @ W_next.T, "dL/do", trials=40)
    assert 0 < verdict.unanswered < verdict.failed < 40
    assert f" On {verdict.unanswered} of them there is nothing to compare: formula raised ValueError" in str(verdict)
    verdict = verify(lambda do: None, "dL/do", trials=10)
    assert "On all of them there is nothing to compare: formula returned None" in str(verdict)
    assert verdict.unanswered == verdict.to_dict()["unanswered"] == 10


def test_a_claim_that_holds_to_the_bit_says_so():
    verdict = verify(lambda W: W, invariant="sample order", trials=10)
    assert str(verdict) == ("formula does not depend on the order of the samples: it holds on all of 10 random "
                            "networks (dense hidden layers), exactly.")


def test_claims_of_order_and_rank_say_on_how_many_networks():
    for claim in ({"approximates": "removal"}, {"ranks_like": "|removal|"}):
        verdict = verify(lambda o, do: np.abs(o * do).sum(axis=1), **claim, trials=20, where={"loss": "mse"})
        assert ": it holds, measured on 20 random networks (dense hidden layers; mse). " in str(verdict)


def test_the_picture_of_a_ranking_is_the_spread_of_its_correlations():
    verdict = verify(lambda W: np.abs(W).sum(axis=1), ranks_like="removal", trials=30)
    ax = verdict.plot().axes[0]
    values, _, asked = verdict.spread
    assert np.median(values) == verdict.found["median"] and asked == 0.5 and len(values) == 30
    assert sum(bar.get_height() for bar in ax.patches) == 30
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0.5, 0.5])
    assert ax.get_xlabel() == "Spearman's rank correlation with removal" and ax.get_ylabel() == "networks"


def test_the_picture_of_an_order_is_the_spread_of_its_slopes():
    verdict = verify(lambda o, do: np.abs(o * do).sum(axis=1), approximates="removal", order=2, trials=30)
    ax = verdict.plot().axes[0]
    finite = np.isfinite(verdict.spread.values)
    assert verdict.spread.least == 3 and abs(np.median(verdict.spread.values[finite]) - 2) < 0.05
    assert sum(bar.get_height() for bar in ax.patches) == finite.sum()


def test_the_picture_shows_most_numbers_and_says_how_many_it_leaves_out():
    verdict = verify(wrong, "dL/do")
    ax = verdict.plot().axes[0]
    claimed, measured = verdict.points
    low, high = ax.get_xlim()
    assert ax.get_ylim() == (low, high)
    outside = ((np.minimum(claimed, measured) < low) | (np.maximum(claimed, measured) > high)).sum()
    assert 0 < outside < 0.05 * claimed.size
    assert f"{claimed.size} numbers of 200 networks, {outside} of them outside" in ax.lines[1].get_label()
    few = verify(wrong, "dL/do", trials=5, where={"neurons": (1, 2), "samples": 1})
    low, high = few.plot().axes[0].get_xlim()
    assert low < np.min(few.points) and np.max(few.points) < high


def test_pictures_of_invariances_say_before_and_after():
    ax = verify(lambda W: np.abs(W).sum(axis=1), invariant="relu rescaling", trials=10).plot().axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("before", "after") and "\n" in ax.get_title()


def test_two_formulas_of_one_name_are_told_apart():
    def taylor(o, do):
        return np.abs((o * do).sum(axis=1))

    first = taylor

    def taylor(o, do):
        return np.abs(o * do).sum(axis=1)

    verdict = verify(taylor, equals=first, where={"layers": "conv"}, trials=20)
    assert verdict.claim == "taylor equals the other taylor" and "of conv1: taylor gives [" in str(verdict)
    assert ", the other taylor gives [" in str(verdict) and verdict.mistake.name == "absolute value before the sum"
    assert verdict.plot().axes[0].get_xlabel() == "the other taylor"


def test_a_verdict_at_a_prompt_is_not_pages_of_numbers():
    assert len(repr(verify(chain_rule, "dL/do", trials=30))) < 1000


# ------------------------------------------------------------- verdicts that no formula was asked for


def made(mistake=None, counterexample=None, **changed):
    return Verdict(**{"formula": "f", "claim": "f equals dL/do", "where": "dense hidden layers", "holds": True,
                      "error": 2.5e-9, "tolerance": 1e-6, "trials": 30, "failed": 0,
                      "reasons": SimpleNamespace(mistake=mistake, counterexample=counterexample), **changed})


def test_a_verdict_as_the_last_line_of_a_cell():
    holds, fails = made(note="It is <odd>."), made(holds=False, failed=4, counterexample="x = 1 < 2")
    assert repr(holds) == str(holds) and repr(fails) == str(fails)
    table = holds._repr_html_()
    assert table.startswith("<table>") and table.endswith("</table>") and f">{holds.evidence()}</td>" in table
    assert "It is &lt;odd&gt;." in table and "mistake" not in table and "problem" not in table
    assert fails._repr_html_().endswith("</table>\n<pre>x = 1 &lt; 2</pre>") and "note" not in fails._repr_html_()


def test_sentences_by_hand():
    networks = "30 random networks (dense hidden layers)"
    assert str(made()) == f"f equals dL/do: it holds on all of {networks}, to a relative error of 2.5e-09."
    for form, told in (("per sample", "sample by sample"), ("sum over the batch", "summed over the batch"),
                       ("mean over the batch", "averaged over the batch")):
        assert str(made(form=form)) == \
            f"f equals dL/do: it holds on all of {networks}, {told}, to a relative error of 2.5e-09."
    assert str(made(error=0.0, form="the other's")) == f"f equals dL/do: it holds on all of {networks}, exactly."
    failed = made(holds=False, failed=4, error=0.123)
    assert str(failed) == f"f equals dL/do: it fails on 4 of {networks}, by a relative error of up to 0.12."
    assert str(made(holds=False, failed=30, error=None, problem="f returned NaN", unanswered=30)) == (
        f"f equals dL/do: it fails on 30 of {networks}. On all of them there is nothing to compare: f returned NaN.")
    assert str(made(holds=False, failed=9, error=None, problem="f returned NaN", unanswered=7, counterexample="x = 1",
                    mistake=Mistake("wrong sign", "−f holds"))) == (
        f"f equals dL/do: it fails on 9 of {networks}. On 7 of them there is nothing to compare: f returned NaN. The "
        "mistake: wrong sign: −f holds.\nx = 1")
    assert str(made(holds=False, summary="The median is 0.1.")) == \
        f"f equals dL/do: it fails, measured on {networks}. The median is 0.1."


def test_a_verdict_is_as_true_as_its_claim():
    assert made() and not made(holds=False)
