"""Two networks side by side: both numbers and what changed."""

import csv

import numpy as np

import minprune as mp
from cases import each
from minprune.evaluation import latency
from minprune.evaluation.comparison import Comparison, change
from minprune.evaluation.latency import times_as_fast
from minprune.evaluation.timing import Ratio


def small_net(seed=0):
    return mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                  mp.Dense(5, "tanh"), mp.Dense(3)], seed=seed)


def samples(count=40, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6, 6, 2)), rng.integers(0, 3, count)


def test_comparison_tells_both_and_the_change():
    net, (x, t) = small_net(), samples()
    pruned = mp.prune(net, {"conv1": np.array([True, False, True]), "dense1": np.array([1, 0, 0, 1, 0], bool)})
    comparison = mp.compare(net, pruned, x, t, train=(x, t))
    rows = {line[:22].strip(): line[22:].split() for line in str(comparison).splitlines()[1:]}
    assert rows["neurons in conv1"] == ["3", "2", "-33.3", "%"]
    assert rows["neurons in dense1"] == ["5", "2", "-60.0", "%"]
    assert rows["hidden neurons"] == ["8", "4", "-50.0", "%"]
    assert rows["multiply-adds"] == ["939", f"{16 * 2 * 18 + 2 * 8 + 3 * 2}", "-36.3", "%"]
    assert rows["test loss"][0] == f"{comparison.before.test_loss:.4f}"
    time = rows["latency, 40 samples"]
    assert time[1] == time[3] == "ms" and " ".join(time[4:]) == times_as_fast(comparison.speedup)


@each("label, before, after, told", [
    ("test accuracy", 0.9, 0.85, "-5.00 points"), ("train accuracy", 0.5, 0.75, "+25.00 points"),
    ("gap, train − test", 0.01, 0.02, "+1.00 points"), ("test loss", 1.0, 1.5, "+0.5000"),
    ("gap, test − train", 0.5, 0.25, "-0.2500"), ("parameters", 200, 50, "-75.0 %"),
    ("latency, 128 samples", 0.4, 0.1, "3.90 × as fast (3.70 … 4.20)")])
def test_change(label, before, after, told):
    assert change(label, before, after, STEADY) == told


STEADY, WIDE = Ratio(3.9, 3.7, 4.2, 50, 60), Ratio(119.0, 2.0, 150.0, 50, 60)


def compared(speedup, monkeypatch, threads=1):
    """A comparison with a speed-up made up."""
    monkeypatch.setattr(latency, "blas_threads", lambda: threads)
    return Comparison(*[mp.evaluate(small_net(), *samples(), latency=False)] * 2, None) if speedup is None else \
        Comparison(*[mp.evaluate(small_net(), *samples())] * 2, speedup)


def test_the_speed_up_has_its_interval(monkeypatch):
    assert str(compared(STEADY, monkeypatch)).splitlines()[-1].endswith("ms  3.90 × as fast (3.70 … 4.20)")
    assert "as fast" not in str(compared(None, monkeypatch))


def test_what_is_not_measurable_is_told(monkeypatch):
    *_, row, note = str(compared(WIDE, monkeypatch)).splitlines()
    assert row.endswith("not measurable") and "119" not in row
    assert note == "The time is not measurable here: pairs of passes disagree, from 2 to 150."
    *_, note, threads = str(compared(WIDE, monkeypatch, threads=4)).splitlines()
    assert threads.startswith("NumPy may use 4 BLAS threads here")


def test_as_csv_and_latex(tmp_path, monkeypatch):
    comparison = compared(STEADY, monkeypatch)
    rows = list(csv.reader(comparison.to_csv().splitlines()))
    assert rows[0] == ["measure", "before", "after"]
    numbers = {label: (old, new) for label, old, new in rows[1:]}
    assert float(numbers["test loss"][0]) == comparison.before.test_loss
    assert numbers["multiply-adds"] == ("939", "939") and numbers["times as fast, low"] == ("", "3.7")
    assert comparison.to_csv(tmp_path / "a.csv") == tmp_path / "a.csv"
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == comparison.to_csv()
    latex = comparison.to_latex()
    assert latex.startswith(r"\begin{tabular}{lrrr}") and r"3.90 $\times$ as fast (3.70 \dots{} 4.20) \\" in latex
    assert comparison.to_latex(tmp_path / "a.tex") == tmp_path / "a.tex" and (tmp_path / "a.tex").read_text() == latex


def test_what_was_lost_stands_below_and_in_the_files():
    net, (x, t) = small_net(), samples()
    pruned = mp.prune(net, {"dense1": np.array([1, 0, 0, 1, 0], bool)})
    comparison = mp.compare(net, pruned, x, t, latency=False)
    text = str(comparison)
    assert text.endswith("what was lost:\n" + "\n".join(f"  {line}" for line in str(comparison.damage).splitlines()))
    assert comparison.to_dict()["damage"] == comparison.damage.to_dict()
    rows = {label: (old, new) for label, old, new in csv.reader(comparison.to_csv().splitlines())}
    assert float(rows["same answer"][1]) == comparison.damage.agreement and rows["same answer"][0] == ""
    assert int(rows["samples lost"][1]) == len(comparison.damage.lost)
    assert [float(value) for value in rows["calibration error"]] == list(comparison.damage.calibration)
    assert float(rows["accuracy of class 1"][1]) == comparison.damage.classes[1]["after"]
    plain = mp.compare(net, pruned, x, t, latency=False, damage=False)
    assert plain.damage is None and plain.to_dict()["damage"] is None and "lost" not in str(plain)


def test_at_the_prompt_it_reads_as_it_prints(monkeypatch):
    comparison = compared(WIDE, monkeypatch)
    assert repr(comparison) == str(comparison)
    assert "<caption>The time is not measurable here" in comparison._repr_html_()
    assert "<td" in comparison._repr_html_() and "not measurable</td>" in comparison._repr_html_()


def test_layers_that_only_one_network_has():
    x, t = np.ones((4, 2)), np.array([0, 1, 0, 1])
    one = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(2)])
    two = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(4, "relu"), mp.Dense(2)])
    for pair, told in (((one, two), ["-", "4"]), ((two, one), ["4", "-"])):
        lines = str(mp.compare(*pair, x, t, latency=False)).splitlines()
        rows = {line[:22].strip(): line[22:].split() for line in lines}
        assert rows["neurons in dense2"] == told


def test_names_of_many_coupled_layers_stay_in_line():
    def block():
        return mp.Residual([mp.Dense(2), mp.Dense(3)])

    net = mp.Network(3, [mp.Dense(3), block(), block(), mp.Dense(2)], seed=0)
    lines = str(mp.compare(net, net, np.eye(3), np.array([0, 1, 0]), latency=False, damage=False)).splitlines()
    place = lines[0].index("before") + len("before")
    rows = [line for line in lines if line.startswith(("neurons in", "parameters"))]
    assert rows[0].startswith("neurons in dense1+dense3+dense5 ") and len(rows) == 4
    assert all(line[place - 1].isdigit() and line[place] == " " for line in rows)
