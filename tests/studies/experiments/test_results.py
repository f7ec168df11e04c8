"""Results: the rows and the table, by hand."""

from minprune.studies.experiments.results import Results


def made_up(**lists):
    """Results of one method a keyword: its accuracies by seed (losses are 1 − accuracy), at half the size."""
    size = {"neurons": {"dense1": 4}, "parameters": 60, "multiply_adds": 50, "seconds": 1.0}
    whole = [{"seed": seed, **size, "parameters": 120, "multiply_adds": 150, "loss": 0.05, "accuracy": 0.95}
             for seed in (0, 1)]
    records = [{"method": name, "fraction": 0.5, "seed": seed, **size, "loss": 1 - value, "accuracy": value,
                "cut_loss": None, "cut_accuracy": None}
               for name, values in lists.items() for seed, value in enumerate(values)]
    settings = {"data": "clouds", "model": "tiny 8", "seeds": [0, 1], "fractions": [0.5]}
    return Results(settings, whole, records, {("b", 0.5): 2.5})


def test_the_table_by_hand():
    assert str(made_up(a=[0.7, 0.7], b=[0.8, 0.9])).splitlines() == [
        "clouds, tiny 8, 2 seeds; test accuracy, mean ± standard deviation",
        "unpruned: 95.00% ± 0.00%",
        "removed  method            accuracy   before retraining  parameters ÷  multiply-adds ÷   time ÷",
        "50%      b           85.00% ± 7.07%                   -          2.00             3.00     2.50",
        "50%      a           70.00% ± 0.00%                   -          2.00             3.00        -"]


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
