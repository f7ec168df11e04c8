"""`minprune run`: what it prints, writes and refuses."""

import contextlib
import functools
import io
import json

import numpy as np
import pytest

import minprune as mp
from minprune.cli.main import main
from minprune.plots.style import new_figure

QUICK = ["run", "--epochs", "2", "--retrain", "1"]


@pytest.fixture(scope="module")
def few_digits(tmp_path_factory):
    """The path of 200 of the digits: the command is looked at here, not what it learns."""
    path, data = tmp_path_factory.mktemp("data") / "few_digits.npz", mp.datasets.load("digits")
    np.savez(path, x=data.x_train[:200], t=data.t_train[:200])
    return str(path)


@pytest.fixture(scope="module", autouse=True)
def rough_figures():
    """Figures are made, of four filters instead of 64, and written empty: drawing takes longer than all the rest, and
    how a figure looks is looked at where the figures are tested. Files are of few dots."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(new_figure, "__defaults__", (20,))            # dots an inch
        patch.setattr(mp.plots, "save", functools.partial(save_empty, mp.plots.save))
        patch.setattr("minprune.plots.filter_images.MOST_FILTERS", 4)
        yield


def save_empty(save, figure, path):
    figure.clear()
    save(figure, path)


def draw(save, figure, path):
    """Draw all that is in a figure, which finds what cannot be drawn, and write it empty."""
    figure.set_layout_engine("none")
    figure.draw_without_rendering()
    save(figure, path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, few_digits):
    out, printed = tmp_path_factory.mktemp("run"), io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main([*QUICK, "--data", few_digits, "--steps", "2", "--out", str(out)]) == 0
    return out, printed.getvalue()


@pytest.fixture
def blank(monkeypatch):
    """blank("history", …): these figures have no panels; `finished` draws what there is to see."""
    def blank(*names):
        for name in names:
            monkeypatch.setattr(mp.plots, name, lambda *arguments, **settings: new_figure(1, 1))
    return blank


@pytest.fixture
def blank_figures(blank):
    blank("scores", "history", "comparison", "damage", "filters", "removal_curve")


def test_run_prints_the_six_steps(finished):
    _, printed = finished
    headings = [line.split(":")[0] for line in printed.splitlines() if line[:1].isdigit()]
    assert headings == ["1 TRAIN", "2 SCORE", "3 DECIDE", "4 PRUNE", "5 RETRAIN", "6 EVALUATE"]
    assert "(the first of 2 steps to 50%)" in printed and "  90% removed: test accuracy" in printed
    assert "epoch 1/" not in printed                     # no progress lines where nobody watches


def test_run_writes_report_networks_and_figures(finished):
    out, _ = finished
    assert {path.name for path in out.iterdir()} == {
        "report.json", "original.npz", "pruned.npz", "scores.png", "history.png", "comparison.png", "damage.png",
        "filters.png", "removal.png"}
    for figure in out.glob("*.png"):
        assert figure.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_report_says_what_the_written_networks_do(finished, few_digits):
    out, _ = finished
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    data = mp.datasets.load(few_digits, seed=0)
    for which, name in (("before", "original"), ("after", "pruned")):
        net = mp.Network.load(out / f"{name}.npz")
        reported = report["comparison"][which]
        measured = mp.evaluate(net, data.x_test, data.t_test, train=(data.x_train, data.t_train), latency=False)
        assert reported["test_accuracy"] == pytest.approx(measured.test_accuracy)
        assert reported["train_loss"] == pytest.approx(measured.train_loss)
        # the file of a network that was cut also says which neurons its neurons were, which is not counted
        net.origins = {}
        net.save(out.parent / "plain.npz")
        assert reported["bytes"] == measured.bytes == (out.parent / "plain.npz").stat().st_size
        assert reported["neurons"] == measured.neurons
    assert sum(reported["neurons"].values()) == 56 == 112 - report["steps"][-1]["removed"]
    assert {name: sum(stays) for name, stays in report["keep"].items()} == reported["neurons"]
    assert report["curve"]["removed"][0] == 0 and len(report["curve"]["accuracy_after"]) == 10
    assert report["prune_equals_mask_to"] < 1e-12
    assert len(report["training"]["loss"]) == 2 and report["settings"]["model"] == "cnn"


def test_the_same_seed_writes_the_same_numbers(finished, few_digits, blank_figures, tmp_path, call):
    out, _ = finished
    assert call(*QUICK, "--data", few_digits, "--no-curve", "--steps", "2", "--out", str(tmp_path))[0] == 0
    assert (tmp_path / "pruned.npz").read_bytes() == (out / "pruned.npz").read_bytes()
    one, other = (json.loads((path / "report.json").read_text(encoding="utf-8")) for path in (tmp_path, out))
    for part in ("training", "scores", "keep", "prune_equals_mask_to", "steps"):
        assert one[part] == other[part], part


def test_run_on_a_table_of_numbers(tmp_path, call, blank):
    blank("scores", "history", "filters")                # the others show losses here
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    np.savetxt(tmp_path / "table.csv", np.column_stack([x, x @ [1.0, -2.0, 0.5]]), delimiter=",")
    code, printed, _ = call("run", "--data", str(tmp_path / "table.csv"), "--epochs", "2", "--retrain", "1",
                            "--score", "weight_norm", "--scope", "layer", "--dtype", "float32",
                            "--out", str(tmp_path / "out"))
    assert code == 0 and "regression" in printed and "accuracy" not in printed
    assert not (tmp_path / "out" / "removal.png").exists()
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["comparison"]["after"]["neurons"] == {"dense1": 32, "dense2": 16}


def write_clouds(path, count=90):
    """Three clouds in a table of unequal columns, with an index, names of classes and semicolons."""
    rng, names = np.random.default_rng(0), ["ant", "bee", "cat"]
    lines = [f"{n};{1000 * (n % 3) + rng.normal() * 100:.2f};{rng.normal() + n % 3:.4f};{names[n % 3]}"
             for n in range(count)]
    path.write_text("id;weight;length;kind\n" + "\n".join(lines))


def test_run_on_a_table_tells_what_it_concluded_and_keeps_the_scaling(tmp_path, call, blank_figures):
    write_clouds(tmp_path / "t.csv", count=240)
    code, printed, _ = call("run", "--data", str(tmp_path / "t.csv"), "--scale", "--drop", "id", "--no-curve",
                            "--out", str(tmp_path / "out"))
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    data = mp.datasets.load(tmp_path / "t.csv", drop="id", scale=True)
    for note in ("the cells are separated by semicolons", 'left out: column "id"',
                 '3 classes in the last column "kind": ant, bee, cat', "x is standardised by the mean"):
        assert f"           {note}" in printed and any(note in line for line in report["data"]["notes"])
    assert code == 0 and report["data"]["class_names"] == ["ant", "bee", "cat"]
    assert report["data"]["scaling"] == {"mean": data.mean.tolist(), "sd": data.sd.tolist()}
    assert report["settings"]["data"] == f"{tmp_path / 't.csv'} (drop=('id',), scale=True)"
    assert report["comparison"]["before"]["test_accuracy"] > 0.95


def test_a_second_run_into_the_folder_is_told_and_leaves_nothing_of_the_first(tmp_path, call, blank_figures):
    write_clouds(tmp_path / "t.csv")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    arguments = [*QUICK, "--data", str(tmp_path / "t.csv"), "--out", str(tmp_path / "out")]
    assert "earlier run" not in call(*arguments)[1] and (tmp_path / "out" / "removal.png").exists()
    printed = call(*arguments, "--no-curve", "--score", "weight_norm", "--scale")[1]
    assert printed.splitlines()[0] == (f"{tmp_path / 'out'} has the files of an earlier run "
                                       f"(data {tmp_path / 't.csv'}, score taylor, seed 0): "
                                       "they are replaced when this one is done")
    assert not (tmp_path / "out" / "removal.png").exists() and (tmp_path / "out" / "notes.txt").exists()
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["score"] == "weight_norm"


def test_files_that_cannot_all_be_written_leave_no_report(tmp_path, call, blank_figures, monkeypatch):
    def full(figure, path):
        raise OSError("no space left on device")

    write_clouds(tmp_path / "t.csv")
    arguments = [*QUICK, "--data", str(tmp_path / "t.csv"), "--no-curve", "--out", str(tmp_path / "out")]
    assert call(*arguments)[0] == 0 and (tmp_path / "out" / "report.json").exists()
    monkeypatch.setattr(mp.plots, "save", full)
    assert call(*arguments)[0] == 2 and not (tmp_path / "out" / "report.json").exists()


def test_a_folder_with_a_foreign_report_is_told_as_well(tmp_path, call, blank_figures):
    write_clouds(tmp_path / "t.csv")
    (tmp_path / "report.json").write_text("[]")
    printed = call(*QUICK, "--data", str(tmp_path / "t.csv"), "--no-curve", "--out", str(tmp_path))[1]
    assert printed.startswith(f"{tmp_path} has the files of an earlier run: they are replaced")


def test_run_with_infinite_scores_still_writes_json(few_digits, blank, tmp_path, call, monkeypatch):
    blank("history", "comparison", "damage")
    monkeypatch.setattr(mp.plots, "save", functools.partial(draw, mp.plots.save))
    code, printed, errors = call(*QUICK, "--data", few_digits, "--no-curve", "--score", "reciprocal_gradient",
                                 "--out", str(tmp_path))
    warned = errors.count("minprune: warning: reciprocal_gradient keeps the neurons")
    assert code == 0 and errors.count("\n") == warned > 0
    assert "filters.png" in printed and "removal.png" not in printed and (tmp_path / "scores.png").exists()
    json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)


@pytest.mark.parametrize("arguments, message", [
    (["run", "--score", "tailor"], 'unknown score "tailor"; did you mean "taylor"?'),
    (["run", "--model", "cmn"], 'did you mean "cnn"?'),
    (["run", "--scope", "globl"], 'did you mean "global"?'),
    (["run", "--remove", "1"], "--remove: expects a number at least 0 and less than 1, got '1'"),
    (["run", "--remove", "-0.1"], "--remove: expects"),
    (["run", "--remove", "nan"], "--remove: expects"),
    (["run", "--remove", "0.999"], "every layer keeps at least 1"),
    (["run", "--rate", "inf"], "--rate: expects"),
    (["run", "--steps", "0"], "--steps: expects a whole number at least 1, got '0'"),
    (["run", "--epochs", "two"], "--epochs: expects a whole number"),
    (["run", "--seed", "-1"], "--seed: expects"),
    (["run", "--data", "digit"], 'did you mean "digits"?'),
    (["run", "--data", "nowhere/x.csv"], "does not exist"),
    (["run", "--task", "clases"], 'did you mean "classes"?'),
    (["run", "--target", "3"], "target names columns of a table such as a .csv file; digits has none"),
    (["run", "--drop", "id"], "drop names columns of a table"),
    (["run", "--limit", "1e9"], "--limit: expects a whole number"),
    (["run", "--out", "a\0b"], "out expects a path without the character NUL")])
def test_a_bad_call_gets_one_line_before_anything_is_written(refused, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*arguments)
    assert not list(tmp_path.iterdir())


def test_bad_data_gets_one_line_before_anything_is_written(refused, tmp_path):
    (tmp_path / "bad.csv").write_text("1,2,0\n3,nan,1\n5,6,0\n")
    assert "bad.csv" in refused("run", "--data", str(tmp_path / "bad.csv"), "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_cnn_for_a_table_gets_one_line_before_anything_is_written(refused, tmp_path):
    np.savetxt(tmp_path / "t.csv", [[1, 2, 0], [3, 4, 1]] * 10, delimiter=",", fmt="%g")
    arguments = ["run", "--data", str(tmp_path / "t.csv"), "--model", "cnn", "--out", str(tmp_path / "out")]
    assert "a cnn reads images" in refused(*arguments)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder(refused, tmp_path):
    (tmp_path / "out").write_text("precious")
    assert "is a file" in refused(*QUICK, "--out", str(tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "precious"


def test_a_loss_that_explodes_gets_one_line(refused, tmp_path):
    with np.errstate(all="ignore"):
        message = refused("run", "--model", "mlp", "--rate", "1e200", "--epochs", "3", "--out", str(tmp_path))
    assert "lower the learning rate" in message
