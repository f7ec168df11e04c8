"""What was lost, as bars and lines that stand where the numbers say."""

import pytest

from minprune import plots

FOUND = {"agreement": 0.9, "samples": 50, "lost": (1, 2, 3), "won": (4,), "changed": (),
         "classes": {0: {"before": 1.0, "after": 0.5, "samples": 20}, 1: {"before": 0.75, "after": 1.0, "samples": 30}},
         "reliability": ([(0.5, 0.25, 20), (0.9, 1.0, 30)], [(0.6, 0.5, 50)]), "calibration": (0.16, 0.1),
         "robustness": {"none": (0.9, 0.8), "noise 1 s.d.": (0.5, 0.25)}}


def test_all_panels(bars, legend, overlaps):
    figure = plots.damage(FOUND, "digits, half gone")
    panels = {ax.get_title(): ax for ax in figure.axes}
    assert list(panels) == ["Accuracy by class", "Changed answers: 10.0% of 50 samples",
                            "Calibration error 16.0% → 10.0%", "Accuracy on disturbed samples"]
    by_class, answers, calibration, disturbed = panels.values()
    assert bars(by_class) == {-0.2: (1.0, True), 0.2: (0.5, False), 0.8: (0.75, True), 1.2: (1.0, False)}
    assert [bar.get_width() for bar in answers.containers[0]] == [3, 1, 0]
    lines = [line.get_xydata().tolist() for line in calibration.lines]
    assert lines == [[[0, 0], [1, 1]], [[0.5, 0.25], [0.9, 1.0]], [[0.6, 0.5]]]
    sizes = [points.get_sizes().tolist() for points in calibration.collections]
    assert sizes == [[12 + 120 * 0.4, 12 + 120 * 0.6], [132]]
    assert bars(disturbed) == {-0.2: (0.9, True), 0.2: (0.8, False), 0.8: (0.5, True), 1.2: (0.25, False)}
    assert legend(figure) == ["before", "after", "perfect calibration"]
    assert figure.get_suptitle() == "What was lost?\ndigits, half gone" and not overlaps(figure)


def test_what_there_is_nothing_of_is_left_out():
    numbers = {**FOUND, "agreement": None, "robustness": {"none": (1.5, 2.0), "noise 1 s.d.": (2.0, 4.0)}}
    (ax,) = plots.damage(numbers).axes
    assert ax.get_title() == "Loss on disturbed samples" and ax.get_ylim()[1] > 4
    titles = [ax.get_title() for ax in plots.damage({**FOUND, "classes": None, "reliability": None}).axes]
    assert titles == ["Changed answers: 10.0% of 50 samples", "Accuracy on disturbed samples"]


def test_of_many_classes_those_that_changed_most():
    many = {label: {"before": 1.0, "after": 1 - label / 100, "samples": 5} for label in range(40)}
    ax = plots.damage({**FOUND, "classes": many}).axes[0]
    assert ax.get_title() == "Accuracy by class, the 30 of 40 that changed most"
    assert [label.get_text() for label in ax.get_xticklabels()] == [str(label) for label in range(10, 40)]


def test_refuses():
    for found, error, message in [(3, TypeError, "found expects what mp.damage returns, got int"),
                                  ({"agreement": 1}, ValueError, 'with "classes", got agreement')]:
        with pytest.raises(error, match=message):
            plots.damage(found)
