"""The comparison of what a chapter prints with its text: words must be equal, numbers to the digits that are shown."""

import re

NUMBER = re.compile(r"[-+−]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def difference(printed, expected):
    """How the two texts differ, as a sentence, or None."""
    printed, expected = pieces(printed), pieces(expected)
    for piece, other in zip(printed, expected):
        if not same(piece, other):
            return f'printed "{piece}" where the text has "{other}"'
    if len(printed) != len(expected):
        return f"printed {len(printed)} words and numbers where the text has {len(expected)}"
    return None


def pieces(text):
    """The words and the numbers of a text, in order."""
    words = []
    for word in text.split():
        parts = [word] if NUMBER.fullmatch(word) else re.split(f"({NUMBER.pattern})", word)
        words += [part for part in parts if part]
    return words


def same(piece, other):
    """Whether two pieces are equal, or numbers that differ by at most one unit of the last digit, which is rounded."""
    if piece == other:
        return True
    if not (NUMBER.fullmatch(piece) and NUMBER.fullmatch(other)) or decimals(piece) != decimals(other):
        return False
    return abs(value(piece) - value(other)) <= 1.0001 * unit(other)


def value(text):
    return float(text.replace(",", "").replace("−", "-"))


def decimals(text):
    """How many digits stand behind the point."""
    return len(text.split("e")[0].partition(".")[2])


def unit(text):
    """What the last digit counts: 0.01 for 1.25; 0 for a whole number, which is not rounded."""
    exponent = int(text.split("e")[1]) if "e" in text else 0
    return 10.0 ** (exponent - decimals(text)) if decimals(text) or exponent else 0.0
