"""Results: the rows and the table, by hand."""

import csv

import pytest

from minprune.evaluation.timing import Ratio
from minprune.studies.experiments.results import Results


TIME, WAITED = Ratio(2.5, 2.4, 2.75, 50, 60), Ratio(183.0, 2.0, 200.0, 9, 9)


def made_up(time=TIME, **lists):
    """Results of one method a keyword: its accuracies by seed (losses are 1 − accuracy), at half the size."""
    size = {"neurons": {"dense1": 4}, "parameters": 60, "multiply_adds": 50, "seconds": 1.0}
    whole = [{"seed": seed, **size, "parameters": 120, "multiply_adds": 150, "loss": 0.05, "accuracy": 0.95}
             for seed in (0, 1)]
    records = [{"method": name, "fraction": 0.5, "seed": seed, **size, "loss": 1 - value, "accuracy": value,
                "cut_loss": None, "cut_accuracy": None}
               for name, values in lists.items() for seed, value in enumerate(values)]
    settings = {"data": "clouds", "model": "tiny 8", "seeds": [0, 1], "fractions": [0.5]}
    return Results(settings, whole, records, {("b", 0.5): time})


def test_the_table_by_hand():
    assert str(made_up(a=[0.7, 0.7], b=[0.8, 0.9])).splitlines() == [
        "clouds, tiny 8, 2 seeds; test accuracy, mean ± standard deviation",
        "unpruned: 95.00% ± 0.00%",
        "removed  method            accuracy   before retraining  parameters ÷  multiply-adds ÷               time ÷",
        "50%      b           85.00% ± 7.07%                   -          2.00             3.00   2.50 (2.40 … 2.75)",
        "50%      a           70.00% ± 0.00%                   -          2.00             3.00                    -"]


def test_a_time_that_is_not_measurable_is_no_number():
    results = made_up(WAITED, a=[0.7, 0.7], b=[0.8, 0.9])
    *_, row, _, note = str(results).splitlines()
    assert row.endswith("  not measurable") and "183" not in str(results)
    assert note == "Where the time is not measurable: pairs of passes disagree, from 2 to 200."
    assert results.rows()[1]["measured"] is None and results.to_dict()["measured"][0]["problem"]


def test_as_csv_and_latex(tmp_path):
    results = made_up(a=[0.7, 0.7], b=[0.8, 0.9])
    first, second = csv.DictReader(results.to_csv().splitlines())
    assert first["method"] == "a" and float(first["accuracy_mean"]) == pytest.approx(0.7)
    assert first["accuracy_before_retraining_mean"] == "nan" and first["time_ratio"] == ""
    assert float(second["accuracy_sd"]) == pytest.approx(0.0707, abs=1e-4)
    assert (second["parameters_ratio_mean"], second["multiply_adds_ratio_mean"]) == ("2.0", "3.0")
    assert (second["time_ratio"], second["time_ratio_low"], second["time_ratio_high"]) == ("2.5", "2.4", "2.75")
    assert next(csv.DictReader(made_up(WAITED, b=[0.8]).to_csv().splitlines()))["time_ratio"] == ""
    latex = results.to_latex()
    assert r"50\% & b & 85.00\% $\pm$ 7.07\% & - & 2.00 & 3.00 & 2.50 (2.40 \dots{} 2.75) \\" in latex
    path = tmp_path / "table.tex"
    assert results.to_latex(path) == path and path.read_text(encoding="utf-8") == latex
    assert results.to_csv(tmp_path / "table.csv").read_text(encoding="utf-8") == results.to_csv()


def test_at_the_prompt_it_reads_as_it_prints():
    results = made_up(a=[0.7, 0.7], b=[0.8, 0.9])
    assert repr(results) == str(results)
    assert results._repr_html_().count("<tr>") == 3 and "clouds, tiny 8, 2 seeds" in results._repr_html_()


def test_the_lowest_loss_stands_first():
    results = made_up(a=[0.7, 0.7], b=[0.8, 0.9])
    for one in [*results.unpruned, *results.records]:
        one["accuracy"] = None
    assert [line.split()[1] for line in str(results).splitlines()[3:]] == ["b", "a"]
    assert "0.1500 ± 0.0707" in str(results)


def test_infinities_in_a_log_are_numbers_again():
    results = made_up(a=[0.7, 0.8])
    results.records[1]["accuracy"] = "inf"
    assert results.rows()[0]["accuracy"][0] == 0.7
