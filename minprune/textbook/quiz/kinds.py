"""All kinds of questions, chapter by chapter, and questions drawn from them."""

import numpy as np

from ...engine.checks import check_count
from . import (articles, claims, deciding, images, importance, judging, neuron, orders, ranks, retraining, steps,
               surgery, tools)

FILES = (neuron, images, steps, importance, articles, claims, orders, ranks, tools, deciding, surgery, retraining,
         judging)
KINDS = tuple(kind for file in FILES for kind in file.KINDS)
CHAPTERS = tuple(dict.fromkeys(kind.chapter for kind in KINDS))


def draw_questions(chapter=None, count=5, seed=0, variant=0):
    """[(Kind, Question), …]: `count` questions to a chapter, or to all of them.

    No kind comes twice before each of them has come once, and without a chapter no chapter either. `seed` and `variant`
    draw the numbers; the kinds and their order are drawn by the seed alone, so that variants are alike in all but their
    numbers. Raises ValueError if there are no questions to a chapter.
    """
    check_count("count", count)
    check_count("seed", seed, least=0)
    check_count("variant", variant, least=0)
    if chapter is not None and chapter not in CHAPTERS:
        raise ValueError(f"there are no questions to chapter {chapter!r}; there are to {', '.join(map(str, CHAPTERS))}")
    rng = np.random.default_rng(seed)
    chosen = []
    while len(chosen) < count:
        chosen += by_chapter(rng) if chapter is None else shuffled(rng, of_chapter(chapter))
    return [(kind, kind.draw(np.random.default_rng([seed, variant, place])))
            for place, kind in enumerate(chosen[:count])]


def of_chapter(chapter):
    return [kind for kind in KINDS if kind.chapter == chapter]


def by_chapter(rng):
    """All kinds, in rounds of one from each chapter."""
    rows = [shuffled(rng, of_chapter(chapter)) for chapter in CHAPTERS]
    return [kind for place in range(max(map(len, rows)))
            for kind in shuffled(rng, [row[place] for row in rows if place < len(row)])]


def shuffled(rng, items):
    return [items[place] for place in rng.permutation(len(items))]
