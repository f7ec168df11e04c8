"""Questions are drawn: all chapters, no kind twice before its turn, the same seed the same questions."""

import pytest

from minprune.textbook.quiz.kinds import CHAPTERS, KINDS, draw_questions


def test_each_chapter_has_at_least_three_kinds_with_different_names():
    assert CHAPTERS == tuple(range(1, 14))
    assert all(sum(kind.chapter == chapter for kind in KINDS) >= 3 for chapter in CHAPTERS)
    assert len({kind.name for kind in KINDS}) == len({kind.summary for kind in KINDS}) == len(KINDS)


def test_no_kind_and_no_chapter_comes_twice_before_its_turn():
    names = [kind.name for kind, _ in draw_questions(7, count=8, seed=3)]
    assert len(set(names[:4])) == len(set(names[4:])) == 4
    assert sorted(kind.chapter for kind, _ in draw_questions(count=13, seed=1)) == list(CHAPTERS)
    assert len({kind.name for kind, _ in draw_questions(count=len(KINDS), seed=2)}) == len(KINDS)


def test_seeds_and_variants_draw_the_numbers_and_variants_keep_the_kinds():
    first, again, other = ([str(question) for _, question in draw_questions(4, seed=seed)] for seed in (0, 0, 1))
    assert first == again != other
    one, two = (draw_questions(4, 5, 0, variant) for variant in (0, 1))
    assert [kind.name for kind, _ in one] == [kind.name for kind, _ in two]
    assert all(str(question) != str(changed) for (_, question), (_, changed) in zip(one, two))


def test_there_are_no_questions_to_other_chapters():
    with pytest.raises(ValueError, match="there are no questions to chapter 99; there are to 1, 2, "):
        draw_questions(99)
