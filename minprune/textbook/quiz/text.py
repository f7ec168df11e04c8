"""Numbers as they are written with a pencil."""

import textwrap

import numpy as np

WIDTH = 100


def as_text(value):
    """A number, text, array or list as it is printed: `[[1, -2], [0.5, 3]]`."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{name}: {as_text(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ", ".join(map(as_text, value)) + "]"
    return number(value)


def number(value):
    """At most four digits after the point, none that are 0: 3, -0.5, 0.3333."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def factor(value):
    """A number as a factor: in parentheses if it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def product(*values):
    """`2·(-1)`."""
    return "·".join([number(values[0]), *map(factor, values[1:])])


def products(*rows):
    """`2·3 + (-1)·2`: the sum of the products of what stands below each other."""
    first, *others = zip(*rows)
    return " + ".join([product(*first), *("·".join(map(factor, column)) for column in others)])


def plus(values):
    """`1 + (-2) + 3`."""
    return " + ".join([number(values[0]), *map(factor, values[1:])])


def folded(text):
    """The text with its lines broken, but for those that are indented."""
    return "\n".join(line if line.startswith("    ") else textwrap.fill(line, WIDTH) for line in text.split("\n"))


def listed(names):
    """`a`, `a and b`, `a, b and c`; `none` if there are none."""
    *first, last = map(str, names or ["none"])
    return f"{', '.join(first)} and {last}" if first else last
