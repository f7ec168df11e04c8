"""The method does on real digits what the project says it does."""

import json

import pytest

import minprune as mp
from minprune.studies.walkthrough import Settings, run


@pytest.fixture(scope="module", autouse=True)
def no_figures():
    """Nothing is drawn: the tests of the command look at the figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minprune.studies.walkthrough.report.draw", lambda report, net, outcome: {})
        yield


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """`minprune run` with its defaults, but for the curve of all fractions, the figures, and the time it takes: less
    than half of the epochs, at twice the rate, are enough."""
    quick = {"epochs": 8, "retrain": 5, "rate": 2 * Settings.rate}
    assert Settings.epochs > 2 * quick["epochs"] and Settings.retrain == 2 * quick["retrain"]
    return run(Settings(**quick, curve=False, out=tmp_path_factory.mktemp("run")))


def test_the_default_cnn_reads_97_percent_of_the_test_digits(report):
    assert report["settings"]["model"] == "cnn"
    assert report["comparison"]["before"]["test_accuracy"] >= 0.97


def test_half_of_its_neurons_can_go_at_the_cost_of_one_point(report):
    before, after = report["comparison"]["before"], report["comparison"]["after"]
    assert sum(after["neurons"].values()) * 2 == sum(before["neurons"].values())
    assert after["test_accuracy"] >= before["test_accuracy"] - 0.01
    assert after["multiply_adds"] < 0.6 * before["multiply_adds"]


def test_the_scores_in_the_report_are_those_of_the_network_before(report):
    net = mp.Network.load(f"{report['settings']['out']}/original.npz")
    data = mp.datasets.load("digits")
    again = mp.score(net, "taylor", data.x_train, data.t_train)
    assert all((report["scores"][name] == values).all() for name, values in again.items())


def test_a_score_that_knows_no_blocks_is_refused_before_the_training(tmp_path, monkeypatch):
    """All of the catalogue know them; one that is added may not."""
    monkeypatch.setattr("minprune.studies.walkthrough.setup.takes_blocks", lambda score: False)
    with pytest.raises(ValueError, match='score "obd" takes a network as layers one after the other'):
        run(Settings(model="resnet", score="obd", out=tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_without_retraining_the_report_is_written_as_well(tmp_path):
    """The history of no epochs is empty, and a history all the same."""
    report = run(Settings(model="mlp", epochs=1, retrain=0, curve=False, out=tmp_path))
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["steps"][0]["history"] == mp.History().to_dict() and report["comparison"]["after"]["test_loss"] > 0
