"""HTML: a page that needs nothing but itself, neither scripts nor files, and pieces of it. All texts are escaped."""

from html import escape

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff; margin: 2rem auto; max-width: 80rem;
       padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p.sub { color: #666; margin: 0 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .5rem; text-align: right; border-bottom: 1px solid #eee; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
thead th { border-bottom: 2px solid #999; vertical-align: bottom; font-weight: 600; }
th.task { font-weight: 400; } th.task span { writing-mode: vertical-rl; transform: rotate(180deg); }
td.full { background: #dff3e3; } td.none { background: #fbe3e1; } td.absent { color: #aaa; }
td.total, th.total { font-weight: 600; border-left: 1px solid #ccc; }
.wide { overflow-x: auto; }
.bars td { border: 0; padding: .1rem .5rem; } .bars td.text { white-space: normal; text-align: left; max-width: 44rem; }
.bar { display: inline-block; height: .8em; background: #4a78b5; vertical-align: baseline; }
pre { background: #f6f6f4; border-left: 3px solid #ccc; padding: .5rem .8rem; margin: .3rem 0; white-space: pre-wrap;
      font-size: 13px; overflow-wrap: anywhere; }
p.mark { margin: 1rem 0 .2rem; } p.mark b.right { color: #17702f; } p.mark b.wrong { color: #a8261b; }
p.likely { background: #fff6dc; border-left: 3px solid #e0b030; padding: .35rem .8rem; margin: .3rem 0; }
@media print { body { margin: 0; max-width: none; } }
"""


def page(title, *parts):
    """The text of a whole page."""
    return "\n".join(["<!DOCTYPE html>", '<html lang="en">', '<head><meta charset="utf-8">',
                      '<meta name="viewport" content="width=device-width, initial-scale=1">',
                      f"<title>{escape(title)}</title>", f"<style>{STYLE}</style></head>", "<body>", *parts,
                      "</body></html>", ""])


def tag(name, text, kind=""):
    """An element around a text, which is escaped."""
    return wrapped(name, escape(str(text)), kind)


def wrapped(name, inner, kind=""):
    """An element around what is HTML already."""
    return f'<{name}{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{inner}</{name}>'


def row(cells):
    """A row of a table, of cells that are HTML already."""
    return wrapped("tr", "".join(cells))


def bar(count, most, width=260):
    """A bar as long as the count is, beside one of `width` pixels for the most."""
    return f'<span class="bar" style="width:{round(width * count / max(most, 1))}px"></span>'


def bars(rows, most):
    """A table with a bar for each (text, count), the longest for `most`."""
    lines = [row([tag("td", text, "text"), tag("td", count), wrapped("td", bar(count, most), "text")])
             for text, count in rows]
    return wrapped("table", "\n".join(lines), "bars")
