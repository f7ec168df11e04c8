"""Starters: what students get, cut out of the solved sources.

A solved source is a whole, working file. What a student shall write stands between two comments:

    def weight_gradient(x, dz):
        \"\"\"∂ℓ/∂w_ij = Σ_n ∂ℓ_n/∂z_ni x_nj.\"\"\"
        # solution begins
        return dz.T @ x
        # solution ends

Inside a function they become `raise NotImplementedError("weight_gradient")`; at the left margin (a helper of the
solution's own) they vanish.
"""

import ast
import re

from ..engine.storage import atomic
from .assignments import shipped

BEGINS, ENDS = "# solution begins", "# solution ends"


def starter(source):
    """The text of the starter for the text of a solved source; ValueError where the fences do not match."""
    lines, begun, function = [], None, None
    for place, line in enumerate(source.splitlines(), 1):
        if (found := re.match(r"def (\w+)\(", line)) and begun is None:
            function = found[1]
        mark = line.strip()
        if mark == (BEGINS if begun is not None else ENDS):
            raise ValueError(f'line {place}: expected "{ENDS if begun is not None else BEGINS}", got "{mark}"')
        if mark == BEGINS:
            begun = line[:line.index("#")]
            if begun and function is None:
                raise ValueError(f'line {place}: "{BEGINS}" stands in no function')
        elif mark == ENDS:
            lines += [f'{begun}raise NotImplementedError("{function}")'] * bool(begun)
            begun = None
        elif begun is None:
            lines.append(line)
    if begun is not None:
        raise ValueError(f'the last "{BEGINS}" has no "{ENDS}"')
    text = re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines).rstrip()) + "\n"
    ast.parse(text)
    return text


def pairs(folder=None):
    """[(solved source, starter), ...]: solutions/NN_name.py beside NN_name/starter.py, in order."""
    folder = shipped() if folder is None else folder
    return [(solved, folder / solved.stem / "starter.py") for solved in sorted(folder.glob("solutions/*.py"))]


def make_starters(folder=None):
    """Cut every starter out of its solved source; return the paths written. `folder` holds the assignments and
    `solutions`; the default is where the shipped ones are. Raises ValueError, before anything is written, if there is
    no solved source or its fences do not match."""
    texts = {}
    for solved, path in pairs(folder):
        try:
            texts[path] = starter(solved.read_text(encoding="utf-8"))
        except (ValueError, SyntaxError) as error:
            raise ValueError(f"{solved}: {error}") from None
    if not texts:
        raise ValueError(f"there is no solved source in {(folder or shipped()) / 'solutions'}")
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        with atomic(path, "t") as file:
            file.write(text)
    return list(texts)
