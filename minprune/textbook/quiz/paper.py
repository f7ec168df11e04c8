"""Paper: a sheet of questions for an exam, in several variants, and the key to each."""

from ...engine.checks import check_count
from .kinds import draw_questions
from .question import describe_form
from .session import answer_text
from .text import folded

PAGE = "\n\n---\n\n"
LINE = "Answer: ______________________________"


def exam(chapter=None, count=5, seed=0, variants=1):
    """The text of all sheets, and then of all keys, in Markdown, a rule between the pages.

    The variants A, B, … have the same kinds of questions in the same order, with other numbers.
    """
    drawn = {name_of(place): [question for _, question in draw_questions(chapter, count, seed, place)]
             for place in range(check_count("variants", variants))}
    about = "all chapters" if chapter is None else f"chapter {chapter}"
    pages = [sheet(f"Quiz on {about} · variant {name}", questions) for name, questions in drawn.items()]
    pages += [key(f"Key to variant {name} · {about} · seed {seed}", questions) for name, questions in drawn.items()]
    return PAGE.join(pages)


def name_of(place):
    """A, B, …, Z, AA, AB, …."""
    return (name_of(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def sheet(title, questions):
    """The questions of one variant, with lines to write on."""
    parts = [f"# {title}", "Name: ______________________________"]
    for place, question in enumerate(questions, 1):
        parts += [f"**{place}.** {question}", f"({describe_form(question)})", LINE]
    return folded("\n\n".join(parts))


def key(title, questions):
    """The right answers of one variant, and how to get there."""
    parts = [f"# {title}"]
    for place, question in enumerate(questions, 1):
        parts += [f"**{place}.** {answer_text(question)}", question.way]
    return folded("\n\n".join(parts))
