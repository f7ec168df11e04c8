"""Reports: lines wrapped and cut for people, and JSON for programs."""

import json
import textwrap

WIDTH = 100                     # characters of a line that a command prints
MOST = 300                      # characters of a text that comes from a user's code


def wrap(text, width=WIDTH):
    """Break long lines between words; the further parts of an indented line stand under it."""
    return "\n".join(wrap_line(line, width) for line in text.split("\n"))


def wrap_words(text, width):
    """Break long lines between words, but keep rows of numbers whole."""
    return "\n".join(line if line.endswith(("]", "}")) else wrap_line(line, width) for line in text.split("\n"))


def wrap_line(line, width):
    indent = "    " if line.startswith(" ") else ""
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def shorten(text, most=MOST):
    """The text, or the beginning and the length of a longer one."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def as_json(values):
    """The JSON text of plain dicts and lists."""
    return json.dumps(values, indent=1, ensure_ascii=False)


def plain_verdict(verdict):
    """verdict.to_dict() with what JSON knows: lists in place of tuples, None in place of an infinite slope."""
    return json.loads(json.dumps(verdict.to_dict()), parse_constant=lambda name: None)
