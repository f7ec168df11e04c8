"""Tables as CSV, LaTeX and HTML: what each format reads as its own sign is written so that it is not."""

import csv
import io

import pytest

from minprune.engine.tables import as_csv, as_html, as_latex, returned_or_written

HEAD = ["", "before", "after"]
ROWS = [["a, \"b\" & <c>", 1.5, None], ["93.61 % ± 0.5", "−1_000", "2 × as fast"]]


def test_csv_reads_back():
    assert list(csv.reader(io.StringIO(as_csv(HEAD, ROWS)))) == [
        HEAD, ["a, \"b\" & <c>", "1.5", ""], ["93.61 % ± 0.5", "−1_000", "2 × as fast"]]


def test_latex_has_a_line_a_row_and_no_sign_of_its_own_in_the_text():
    lines = as_latex(HEAD, ROWS).splitlines()
    assert lines[0] == r"\begin{tabular}{lrr}" and lines[-1] == r"\end{tabular}"
    assert lines[2] == r" & before & after \\"
    assert lines[4] == r'a, "b" \& <c> & 1.5 &  \\'
    assert lines[5] == r"93.61 \% $\pm$ 0.5 & $-$1\_000 & 2 $\times$ as fast \\"
    assert as_latex(HEAD, ROWS).isascii()


def test_html_is_a_plain_table():
    text = as_html(HEAD, ROWS, "a < b")
    assert text.startswith("<table>\n<caption>a &lt; b</caption>") and text.endswith("</table>")
    assert text.count("<tr>") == 3 and text.count("<td") == 6 and text.count("<th") == 3
    assert "a, &quot;b&quot; &amp; &lt;c&gt;" in text and "None" not in text
    assert "caption" not in as_html(HEAD, ROWS)


def test_a_text_is_returned_or_written(tmp_path):
    assert returned_or_written("±", None) == "±"
    path = tmp_path / "table.csv"
    assert returned_or_written("±", path) == path and path.read_text(encoding="utf-8") == "±"
    with pytest.raises(OSError, match="there is no folder"):
        returned_or_written("±", tmp_path / "no" / "table.csv")
