"""Lines, panels, axes and legends: what all pictures share."""


from cases import each
from minprune import plots
from minprune.plots.style import legend_below, line_styles, new_figure, panel_figure, set_title


@each("count", [0, 1, 6, 20])
def test_no_two_lines_have_the_same_marker_and_dashes(count):
    styles = line_styles(count)
    assert len(styles) == len({(style["marker"], style["linestyle"]) for style in styles}) == count
    assert all(0 <= float(style["color"]) < 0.6 for style in styles)


def test_panels_fill_the_grid_row_by_row_and_the_rest_stays_empty():
    figure, panels = panel_figure(5, 3, width=6, row_height=2, around=1)
    assert figure.axes == list(panels) and figure.get_size_inches().tolist() == [6, 1 + 2 * 2]
    places = [ax.get_subplotspec() for ax in panels]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]


def test_what_a_figure_is_about_stands_below_its_title():
    figure = new_figure(3, 2)
    set_title(figure, "Title")
    assert figure.get_suptitle() == "Title"
    set_title(figure, "Title", "digits, seed 0")
    assert figure.get_suptitle() == "Title\ndigits, seed 0"


def test_the_legend_names_each_thing_once_bars_first(legend):
    figure, panels = panel_figure(2, 2, width=6, row_height=2, around=1)
    for ax in panels:
        ax.plot([1, 2], label="line")
        ax.bar([1], [2], label="bar")
    legend_below(figure)
    assert legend(figure) == ["bar", "line"]


def test_without_labels_there_is_no_legend():
    figure, _ = panel_figure(1, 1, width=6, row_height=2, around=1)
    legend_below(figure)
    assert not figure.legends


def test_texts_that_overlap_are_noticed(overlaps):
    figure = plots.removal_curve([0, 1], [1, 0])
    for place in (0.5, 0.51):
        figure.text(place, 0.5, "over another")
    assert overlaps(figure) == [("over another", "over another")]
