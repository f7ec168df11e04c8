"""The comparison: every score is measured, and the files are written, on a small run."""

import functools
import json

import numpy as np
import pytest

import minprune as mp
from minprune import plots
from minprune.cli.main import main
from minprune.plots.style import new_figure
from minprune.studies.score_comparison import measurement, score_comparison, table
from minprune.studies.score_comparison.score_comparison import shape_of, small_networks

SLOW = ("shapley", "greedy_removal", "greedy_forward", "chip", "removal_path")
CUTS = [0.1, 0.3, 0.5]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A small comparison, on 4×3 pixels of the digits: the Hessian of the small networks is inverted again and again.
    Cuts are few, and the figures are made of three scores only and written empty, of few dots, since pruning and
    drawing all takes longer than scoring."""
    out, data = tmp_path_factory.mktemp("compare"), mp.datasets.load("digits")
    np.savez(out / "parts.npz", x=data.x_train[:300, 2:6, 2:5], t=data.t_train[:300])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurement, "SECONDS", 0.0)          # a turn each
        for module in (measurement, score_comparison, table):
            patch.setattr(module, "FRACTIONS", CUTS)
        patch.setattr(new_figure, "__defaults__", (20,))            # dots an inch
        patch.setattr(plots, "save", functools.partial(save_empty, plots.save))
        for name, place in (("agreement", 0), ("accuracy_curves", 1)):
            patch.setattr(plots, name, functools.partial(drawn_in_part, getattr(plots, name), place))
        assert main(["compare", "--model", "mlp", "--seeds", "2", "--samples", "40", "--epochs", "1", "--out", str(out),
                     "--data", str(out / "parts.npz"), "--leave-out", *SLOW]) == 0
    return out


def drawn_in_part(draw, place, *arguments):
    """`draw` with only three entries of the dict at `place` of its arguments."""
    few = {name: arguments[place][name] for name in ("taylor", "removal", "random")}
    return draw(*arguments[:place], few, *arguments[place + 1:])


def save_empty(save, figure, path):
    figure.clear()
    save(figure, path)


def test_nine_shares_are_removed():
    assert measurement.FRACTIONS == [n / 10 for n in range(1, 10)] and set(table.SHOWN) <= set(measurement.FRACTIONS)


def test_every_score_is_measured(out):
    report = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    small_only = {"obs", "obs_neurons", "woodfisher"}
    assert report["fractions"] == CUTS
    left_out = {*SLOW, "batch_norm_scale"}             # the last one says nothing of an mlp
    assert set(report["scores"]) == set(mp.scores.CATALOGUE) - left_out - small_only \
        | {"removal, reversed", "GatheredGradient", "Movement"}
    assert set(report["small"]["scores"]) == set(report["scores"]) | small_only     # on a network where they can be
    assert report["small"]["network"] == "12-16-12-10"
    assert all(np.isfinite(report["small"]["scores"][name]["rho"]["overall"][0]) for name in small_only)
    truth, reversed_ = report["scores"]["removal"], report["scores"]["removal, reversed"]
    assert truth["rho"]["overall"] == pytest.approx([1, 0]) and reversed_["rho"]["overall"] == pytest.approx([-1, 0])
    for row in report["scores"].values():
        assert set(row["rho"]) == {"dense1", "dense2", "overall"} and len(row["accuracy"]) == len(row["loss"]) == 3
        assert row["cost_problem"] if row["cost"] is None else row["cost"] >= 0
        assert all(0 <= mean <= 1 for mean, _ in row["accuracy"])


def test_the_table_and_the_figures_are_there(out):
    report = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    lines = (out / "compare.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines[:lines.index("")]) == 1 + len(report["scores"])
    assert lines[1].startswith("removal ") and "1.00 ± 0.00" in lines[1]
    start = lines.index("on small networks, 12-16-12-10:")
    rest = lines[start + 1:]
    assert len(rest[:rest.index("")]) == 1 + len(report["small"]["scores"]) and rest[1].startswith("removal ")
    assert [row["measure"] for row in report["ranking"]] == ["quality", "rho"] * (len(report["ranking"]) // 2)
    ranked = {name for row in report["ranking"] for name in (row["best"], *row["even"], *row["behind"])}
    assert ranked == set(report["scores"]) - {"random", "removal, reversed"}
    assert any(line.startswith("Best at equal cost, over 2 networks") for line in lines) and "CPU time" in lines[-1]
    for name in ("compare_rho.png", "compare_accuracy.png", "compare_cost.png"):
        assert (out / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_same_command_goes_on_where_one_that_was_killed_ended(out, tmp_path, monkeypatch, capsys):
    """Of the first network all is in the log, of the second half a line; the third call finds both."""
    arguments = dict(data=str(out / "parts.npz"), model="mlp", seeds=2, samples=40, epochs=1, out=str(tmp_path),
                     leave_out=tuple(set(mp.scores.CATALOGUE) - {"taylor", "removal", "batch_norm_scale"}))
    trained = []
    train = score_comparison.train
    monkeypatch.setattr(score_comparison, "train", lambda *given: trained.append(given[2]) or train(*given))
    monkeypatch.setattr(score_comparison, "write", lambda out, report: None)
    monkeypatch.setattr(measurement, "SECONDS", 0.0)
    whole = score_comparison.compare_scores(score_comparison.Settings(**arguments))
    assert trained == [0, 1]
    first, second = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "log.jsonl").write_text(f"{first}\n{second[:100]}", encoding="utf-8")
    again = score_comparison.compare_scores(score_comparison.Settings(**arguments))
    assert trained == [0, 1, 1] and "network 1 of 2: test loss" in capsys.readouterr().out
    third = score_comparison.compare_scores(score_comparison.Settings(**arguments))
    assert trained == [0, 1, 1] and capsys.readouterr().out.count("measured before") == 2
    for name in ("taylor", "removal", "removal, reversed"):
        for key in ("rho", "loss", "accuracy", "by_network"):
            assert third["scores"][name][key] == again["scores"][name][key] == whole["scores"][name][key]
    assert third["scores"] == again["scores"]
    score_comparison.compare_scores(score_comparison.Settings(**arguments | {"samples": 41}))
    assert trained == [0, 1, 1, 0, 1]                       # another measurement


def test_what_was_not_measured_is_named(out):
    report = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    assert set(report["left_out"]) == {*SLOW, "batch_norm_scale"}
    text = (out / "compare.txt").read_text(encoding="utf-8")
    assert "not measured: " in text and all(name in text for name in report["left_out"])


def test_small_networks_are_there_only_where_the_hessian_fits():
    narrow, wide = (mp.Network(inputs, [mp.Dense(4), mp.Dense(3)]) for inputs in (20, 200))
    (net, loss), = small_networks([(narrow, "mse")])
    assert [net[name].K for name in net.neuron_layers] == [16, 12, 3] and loss == "mse" and net.input_shape == (20,)
    assert small_networks([(wide, "mse")]) is None


def test_the_shape_of_a_network():
    assert shape_of(mp.Network((2, 3, 1), [mp.Flatten(), mp.Dense(4), mp.Dense(3)])) == "6-4-3"
