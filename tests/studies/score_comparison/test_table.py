"""The table of a comparison, by hand."""

from minprune.studies.score_comparison.table import table


ROW = {"rho": {"a": (0.5, 0.1), "overall": (0.5, 0.1)}, "cost": 1.0, "cost_interval": (0.9, 1.2),
       "loss": [(1, 0)] * 9, "accuracy": None, "by_network": {"quality": [-1.0, -1.0], "rho": [0.4, 0.6]},
       "seconds": 2.0}
NOTHING = (float("nan"), float("nan"))


def test_the_table_is_sorted_and_has_a_dash_where_there_is_no_number():
    empty = {**ROW, "rho": {"a": NOTHING, "overall": NOTHING}}
    lines = table({"scores": {"empty": empty, "good": ROW}}).splitlines()
    assert lines[1].startswith("good") and lines[2].split()[:3] == ["empty", "-", "-"]
    assert "loss, −10%" in lines[0]


def test_a_line_by_hand():
    accuracy = [(0.9 - 0.1 * place, 0.0) for place in range(9)]
    lines = table({"scores": {"good": {**ROW, "accuracy": accuracy}}}).splitlines()
    assert lines[0].split() == ["score", "ρ", "a", "ρ", "overall", "forward", "passes",
                                "accuracy,", "−10%", "accuracy,", "−30%", "accuracy,", "−50%"]
    assert " ".join(lines[1].split()) == \
        "good 0.50 ± 0.10 0.50 ± 0.10 1.0 (0.9 … 1.2) 90.0% ± 0.0% 70.0% ± 0.0% 50.0% ± 0.0%"


def test_small_networks_have_a_table_of_their_own():
    lines = table({"scores": {"good": ROW}, "small": {"network": "6-4-3", "scores": {"good": ROW}}}).splitlines()
    start = lines.index("on small networks, 6-4-3:")
    assert lines[start + 1:start + 3] == lines[:2]


def test_a_cost_that_is_not_measurable_is_no_number():
    lines = table({"scores": {"good": {**ROW, "cost": None, "cost_interval": None}}}).splitlines()
    assert "not measurable" in lines[1]


def test_what_it_cost_stands_at_the_end():
    rows = {"dear": {**ROW, "seconds": 6.0}, "good": ROW}
    assert table({"scores": rows}).splitlines()[-1] == \
        "Scoring and cutting took 8 s of CPU time, of which dear 75%, good 25%."
    assert table({"scores": {"good": {**ROW, "seconds": 0.0}}}).endswith("took 0 s of CPU time.")
