"""A sheet has the questions and no answer, its key the answers; variants have other numbers."""

from minprune.textbook.quiz.kinds import draw_questions
from minprune.textbook.quiz.paper import PAGE, exam, name_of
from minprune.textbook.quiz.session import answer_text
from minprune.textbook.quiz.text import folded


def test_sheets_come_first_and_then_their_keys():
    pages = exam(11, count=4, seed=5, variants=3).split(PAGE)
    assert [page.split("\n")[0] for page in pages] == [
        *(f"# Quiz on chapter 11 · variant {name}" for name in "ABC"),
        *(f"# Key to variant {name} · chapter 11 · seed 5" for name in "ABC")]
    assert len(set(pages)) == 6
    for place in range(3):
        for at, (_, question) in enumerate(draw_questions(11, 4, 5, place), 1):
            assert folded(f"**{at}.** {question}") in pages[place] and folded(question.way) not in pages[place]
            assert f"**{at}.** {answer_text(question)}\n\n{folded(question.way)}" in pages[place + 3]
        assert pages[place].count("Answer: ___") == 4 and "Name: ___" in pages[place]


def test_a_sheet_of_all_chapters_and_many_variants():
    assert exam(count=1).startswith("# Quiz on all chapters · variant A\n")
    assert [name_of(place) for place in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]
