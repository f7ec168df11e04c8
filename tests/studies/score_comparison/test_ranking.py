"""Who is best at equal cost, on numbers whose answer is known."""

import numpy as np
import pytest

from minprune.studies.score_comparison.ranking import classes_of_cost, lines_of, ranking


def row(quality, cost, rho=0.0):
    return {"cost": cost, "by_network": {"quality": list(quality), "rho": [rho + q / 10 for q in quality]}}


NOISE = np.array([0.0, 0.02, -0.01, 0.01, -0.02])
ROWS = {"cheap": row(0.5 + NOISE, 0.0), "like cheap": row(0.5 - NOISE, 2.0, rho=1),
        "cheap and bad": row(0.2 + NOISE, 1.0),
        "dear": row(0.9 + NOISE, 26.0), "middle": row(0.7 + NOISE, 2.01), "unknown": row(0.6 + NOISE, None),
        "random": row(0.99 + NOISE, 0.0), "removal, reversed": row(0.98 + NOISE, 3.0)}


def test_classes_by_their_edges_and_without_controls():
    assert classes_of_cost(ROWS) == {
        "up to 2 forward passes": ["cheap", "like cheap", "cheap and bad"], "2 to 5 forward passes": ["middle"],
        "more than 25 forward passes": ["dear"], "a cost that was not measurable": ["unknown"]}


def test_the_best_and_who_is_even_with_it():
    quality, rho, *others = ranking(ROWS)
    assert quality["best"] == "cheap" and quality["mean"] == (pytest.approx(0.5), pytest.approx(NOISE.std(ddof=1)))
    assert quality["even"] == {"like cheap": pytest.approx(1.0)}            # the mean of the differences is 0
    assert list(quality["behind"]) == ["cheap and bad"] and quality["behind"]["cheap and bad"] < 1e-6
    assert (rho["measure"], rho["best"]) == ("rho", "like cheap") and list(rho["behind"]) == ["cheap", "cheap and bad"]
    assert [one["best"] for one in others] == ["middle"] * 2 + ["dear"] * 2 + ["unknown"] * 2
    assert all(one["even"] == one["behind"] == {} for one in others)


def test_in_words():
    text = "\n".join(lines_of(ROWS, "accuracy"))
    assert "Best at equal cost, over 5 networks:" in text
    assert "up to 2 forward passes, mean accuracy after 10 … 90 %: cheap, 50.0% ± 1.6%\n" \
           "  cannot be told apart from it: like cheap\n  behind: cheap and bad" in text
    assert "Holm's correction" in text and "removal, reversed" not in text
    assert "mean loss after 10 … 90 %: cheap, 0.300" in "\n".join(lines_of(
        {"cheap": row([-0.3], 0), "bad": row([-0.5], 0)}, "loss")) and "nothing can be told apart" in "\n".join(
        lines_of({"cheap": row([0.5], 0)}, "accuracy"))


def test_long_lists_are_broken_into_lines():
    many = {f"a_score_with_a_name_{n}": row(0.5 + NOISE * (-1) ** n, 0.0) for n in range(20)}
    lines = lines_of(many, "accuracy")
    assert max(map(len, lines)) <= 118 and sum("a_score_with_a_name_" in line for line in lines) > 3
