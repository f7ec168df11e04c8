"""Starters: what students get, cut out of the solved sources.

A solved source is a whole, working file. What a student shall write stands between two comments:

    def weight_gradient(x, dz):
        \"\"\"∂ℓ/∂w_ij = Σ_n ∂ℓ_n/∂z_ni x_nj.\"\"\"
        # solution begins
        return dz.T @ x
        # solution ends

Inside a function, such a part becomes `raise NotImplementedError("weight_gradient")`; at the left margin (a helper
of the solution) it vanishes.
"""

import ast
import pathlib
import re
import shutil

from ..engine.storage import atomic
from .assignments import find, shipped

BEGINS, ENDS = "# solution begins", "# solution ends"


# -------------------------------------------------------------------------- cutting starters


def cut_starter(source):
    """The text of the starter for the text of a solved source; ValueError if the comments do not match."""
    lines = []
    function = None                 # the name of the function that the line stands in
    indent = None                   # of the comment that began the present solution; None outside of solutions
    for place, line in enumerate(source.splitlines(), 1):
        comment = line.strip()
        if indent is None and (definition := re.match(r"def (\w+)\(", line)):
            function = definition[1]
        check_comment(comment, ENDS if indent is not None else BEGINS, place)
        if comment == BEGINS:
            indent = line[:line.index("#")]
            if indent and function is None:
                raise ValueError(f'line {place}: "{BEGINS}" stands in no function')
        elif comment == ENDS:
            if indent:
                lines.append(f'{indent}raise NotImplementedError("{function}")')
            indent = None
        elif indent is None:
            lines.append(line)
    if indent is not None:
        raise ValueError(f'the last "{BEGINS}" has no "{ENDS}"')
    text = without_wide_gaps("\n".join(lines))
    ast.parse(text)                 # SyntaxError if what is left is no Python
    return text


def check_comment(comment, expected, place):
    """ValueError if a solution begins in another one, or ends where none has begun."""
    if comment in (BEGINS, ENDS) and comment != expected:
        raise ValueError(f'line {place}: expected "{expected}", got "{comment}"')


def without_wide_gaps(text):
    """At most two empty lines in a row, and one line break at the end."""
    return re.sub(r"\n{4,}", "\n\n\n", text.rstrip()) + "\n"


def solved_sources(folder=None):
    """[(solved source, starter), ...]: solutions/NN_name.py and NN_name/starter.py, in order."""
    folder = shipped() if folder is None else folder
    return [(solved, folder / solved.stem / "starter.py") for solved in sorted(folder.glob("solutions/*.py"))]


def make_starters(folder=None):
    """Cut all starters out of their solved sources; return the paths written.

    `folder` holds the assignments and `solutions`; the default is the folder of the shipped ones. Raises ValueError,
    before anything is written, if there is no solved source or its comments do not match.
    """
    texts = {}
    for solved, path in solved_sources(folder):
        try:
            texts[path] = cut_starter(solved.read_text(encoding="utf-8"))
        except (ValueError, SyntaxError) as error:
            raise ValueError(f"{solved}: {error}") from None
    if not texts:
        raise ValueError(f"there is no solved source in {(folder or shipped()) / 'solutions'}")
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        with atomic(path, "t") as file:
            file.write(text)
    return list(texts)


# ------------------------------------------------------------------------ handing starters out


def start(name, folder="."):
    """Copy an assignment's brief and starter into a new folder of its name; return the new folder's path.

    Raises FileExistsError rather than overwrite a student's work.
    """
    assignment = find(name)
    place = pathlib.Path(folder) / assignment.name
    if place.exists():
        raise FileExistsError(f"{place} exists already; nothing was copied")
    place.mkdir()
    for file in ("brief.md", "starter.py"):
        shutil.copyfile(assignment.folder / file, place / file)
    return place
