"""Ranks and correlations by hand; the comparison's files on a small run."""

import functools
import json

import numpy as np
import pytest

import minprune as mp
from minprune.plots import pictures as plots
from minprune.cli.main import main
from minprune.studies.comparing import agreement, mean_sd, ranks, small_networks, spearman, table


def test_ranks_share_ties():
    assert ranks(np.array([10.0, 30.0, 20.0])).tolist() == [1, 3, 2]
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0, 5.0])).tolist() == [3, 1, 3, 5, 3]
    assert ranks(np.array([np.inf, 0.0, -np.inf])).tolist() == [3, 2, 1]


def test_spearman_by_hand():
    assert spearman([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert spearman([1, 2, 3], [30, 20, 10]) == pytest.approx(-1)
    # without ties ρ = 1 − 6 Σ d² / (n (n² − 1)); d = (1, −1, 0, 0)
    assert spearman([1, 2, 3, 4], [2, 1, 3, 4]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert spearman([1, 2, 3], np.exp([1, 2, 3])) == pytest.approx(1)
    assert np.isnan(spearman([1, 1, 1], [1, 2, 3]))


def test_agreement_is_by_layer_and_of_all_neurons_together():
    truth = {"a": np.array([0.0, 1.0, 2.0]), "b": np.array([3.0, 4.0])}
    found = agreement({"a": np.array([5.0, 6.0, 7.0]), "b": np.array([1.0, 0.0])}, truth)
    assert found["a"] == pytest.approx(1) and found["b"] == pytest.approx(-1)
    assert found["overall"] == pytest.approx(spearman([5, 6, 7, 1, 0], [0, 1, 2, 3, 4]))


def test_mean_and_deviation():
    assert mean_sd([1.0, 3.0]) == pytest.approx((2, 2 ** 0.5)) and np.isnan(mean_sd([4.0])[1])
    assert mean_sd([float("nan"), 1.0])[0] == 1.0 and np.isnan(mean_sd([float("nan")])[0])


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A small comparison; its figures show three scores only, since drawing all takes longer than measuring them."""
    out = tmp_path_factory.mktemp("compare")
    with pytest.MonkeyPatch.context() as patch:
        for name, place in (("agreement", 0), ("accuracy_curves", 1)):
            patch.setattr(plots, name, functools.partial(drawn_in_part, getattr(plots, name), place))
        assert main(["compare", "--model", "mlp", "--seeds", "2", "--samples", "40", "--epochs", "1", "--out", str(out),
                     "--leave-out", "shapley", "greedy_removal", "chip"]) == 0
    return out


def drawn_in_part(draw, place, *arguments):
    """`draw` with only three entries of the dict at `place` of its arguments."""
    few = {name: arguments[place][name] for name in ("taylor", "removal", "random")}
    return draw(*arguments[:place], few, *arguments[place + 1:])


def test_every_score_is_measured(out):
    report = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    small_only = {"obs", "obs_neurons"}
    assert set(report["scores"]) == set(mp.scores.CATALOGUE) - {"shapley", "greedy_removal", "chip"} - small_only \
        | {"removal, reversed", "GatheredGradient", "Movement"}
    assert set(report["small"]["scores"]) == set(report["scores"]) | small_only     # on a network where they can be
    assert report["small"]["network"] == "64-16-12-10"
    assert all(np.isfinite(report["small"]["scores"][name]["rho"]["overall"][0]) for name in small_only)
    truth, reversed_ = report["scores"]["removal"], report["scores"]["removal, reversed"]
    assert truth["rho"]["overall"] == pytest.approx([1, 0]) and reversed_["rho"]["overall"] == pytest.approx([-1, 0])
    for row in report["scores"].values():
        assert set(row["rho"]) == {"dense1", "dense2", "overall"} and len(row["accuracy"]) == 9
        assert row["cost"] >= 0 and all(0 <= mean <= 1 for mean, _ in row["accuracy"])


def test_the_table_and_the_figures_are_there(out):
    report = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    lines = (out / "compare.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines[:lines.index("")]) == 1 + len(report["scores"])
    assert lines[1].startswith("removal ") and "1.00 ± 0.00" in lines[1]
    start = lines.index("on small networks, 64-16-12-10:")
    rest = lines[start + 1:]
    assert len(rest[:rest.index("")]) == 1 + len(report["small"]["scores"]) and rest[1].startswith("removal ")
    for name in ("compare_rho.png", "compare_accuracy.png"):
        assert (out / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_small_networks_are_there_only_where_the_hessian_fits():
    narrow, wide = (mp.Network(inputs, [mp.Dense(4), mp.Dense(3)]) for inputs in (20, 200))
    (net, loss), = small_networks([(narrow, "mse")])
    assert [net[name].K for name in net.neuron_layers] == [16, 12, 3] and loss == "mse" and net.input_shape == (20,)
    assert small_networks([(wide, "mse")]) is None


def test_the_table_is_sorted_and_has_a_dash_where_all_neurons_tie():
    row = {"rho": {"a": (0.5, 0.1), "overall": (0.5, 0.1)}, "cost": 1.0, "loss": [(1, 0)] * 9, "accuracy": None}
    tied = {**row, "rho": {"a": ("nan", 0), "overall": (float("nan"), 0.0)}}
    tied["rho"]["a"] = (float("nan"), 0.0)
    lines = table({"scores": {"tied": tied, "good": row}}).splitlines()
    assert lines[1].startswith("good") and lines[2].split()[:3] == ["tied", "-", "-"]
    assert "loss, −10%" in lines[0]
