"""Notebooks: the code of a .ipynb file, cell by cell.

A notebook is JSON (nbformat 4; 3 has its cells in worksheets). Lines that are for IPython alone are left out: `%magic`,
`!command` and `help?`; a cell that begins with `%%` and another language is left out as a whole.
"""

import ast
import json
import pathlib
import re

TIMED = ("%%time", "%%timeit", "%%capture", "%%prun")       # what follows them is Python
FOR_IPYTHON = re.compile(r"^(\s*)([%!].*|\w[\w.]*\?{1,2}|\?{1,2}\w[\w.]*)\s*$")
FROM_MAGIC = re.compile(r"^(\s*\w+ *= *)[%!].*$")           # files = !ls
ASSIGNED = (ast.Assign, ast.AnnAssign)
KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, *ASSIGNED)


class NotANotebook(ValueError):
    """The file cannot be read as a notebook."""


def is_notebook(file):
    return pathlib.Path(file).suffix.lower() == ".ipynb"


def cells_of(content):
    """[(number, text), ...] of the code cells of a notebook, given as bytes; NotANotebook if they are none."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        texts = ["".join(cell.get("source", cell.get("input", ""))) for cell in cells
                 if cell.get("cell_type") == "code"]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise NotANotebook("it cannot be read as a notebook") from None
    return [(number, as_python(text)) for number, text in enumerate(texts, 1)]


def as_python(text):
    """A cell without what is for IPython alone; the other lines keep their numbers."""
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("%%") and not first.startswith(TIMED):
        return ""
    return "\n".join(line_as_python(line) for line in text.split("\n"))


def line_as_python(line):
    if FOR_IPYTHON.match(line):
        return re.match(r"\s*", line)[0] + "pass"
    return FROM_MAGIC.sub(r"\1None", line)


def code_of(content):
    """All of a notebook's code as one text, "" if it is no notebook."""
    try:
        return "\n\n".join(text for _, text in cells_of(content))
    except NotANotebook:
        return ""


# ------------------------------------------------------------------------- what of it is run


def kept_statements(cells, file):
    """[(name, statement), ...]: the statements of a notebook's cells that are run when it is graded, each a module of
    its own to be compiled, with the name of its cell.

    They are the imports, the definitions, and the assignments of names that these need. What else a notebook does, it
    does to try out and to show: prints, pictures, training. A cell that is no Python has none.
    """
    statements = [(name_of_cell(file, number), statement) for number, text in cells
                  for statement in parsed(text) if isinstance(statement, KEPT)]
    needed = names_read(statement for _, statement in statements if not isinstance(statement, ASSIGNED))
    kept = []
    for name, statement in reversed(statements):
        if not isinstance(statement, ASSIGNED) or names_bound(statement) & needed:
            needed |= names_read([statement])
            kept.append((name, ast.Module([statement], [])))
    return kept[::-1]


def name_of_cell(file, number):
    """The name under which a cell is compiled: that of its file, and its number."""
    return f"{file}, cell {number}"


def parsed(text):
    """The statements of a cell; none if it is no Python."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def names_read(statements):
    return {node.id for statement in statements for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def names_bound(statement):
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
