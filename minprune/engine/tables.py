"""Tables: rows of text as CSV for other programs, as LaTeX for a paper, and as HTML for a notebook."""

import csv
import html
import io

from .storage import atomic

# What LaTeX reads as a command, or has no letter for.
LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
         "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "×": r"$\times$", "÷": r"$\div$",
         "±": r"$\pm$", "−": "$-$", "…": r"\dots{}", "ρ": r"$\rho$", "∞": r"$\infty$", "–": "--"}


def as_csv(head, rows):
    """A line for the head and one for each row; None is an empty field."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def as_latex(head, rows):
    """A `tabular`, its first column on the left and the others on the right; it needs no package."""
    lines = [" & ".join(map(latex_text, row)) + r" \\" for row in (head, *rows)]
    columns = "l" + "r" * (len(head) - 1)
    return "\n".join([rf"\begin{{tabular}}{{{columns}}}", r"\hline", lines[0], r"\hline", *lines[1:], r"\hline",
                      r"\end{tabular}", ""])


def latex_text(value):
    """The text as LaTeX prints it."""
    return "".join(LATEX.get(letter, letter) for letter in text_of(value))


def as_html(head, rows, caption=""):
    """A plain <table>, without scripts and styles but for the side on which the numbers stand."""
    lines = [f"<caption>{html.escape(caption)}</caption>"] if caption else []
    lines.append(html_row(head, "th"))
    return "\n".join(["<table>", *lines, *(html_row(row, "td") for row in rows), "</table>"])


def html_row(row, tag):
    """The first cell on the left, the others on the right."""
    first, *others = (html.escape(text_of(value)) for value in row)
    cells = [f'<{tag} style="text-align: left">{first}</{tag}>']
    cells += [f'<{tag} style="text-align: right">{cell}</{tag}>' for cell in others]
    return f"<tr>{''.join(cells)}</tr>"


def text_of(value):
    return "" if value is None else str(value)


def returned_or_written(text, path):
    """Return the text; with a path write it there instead (whole or not at all), and return the path."""
    if path is None:
        return text
    with atomic(path, "t") as file:
        file.write(text)
    return path
