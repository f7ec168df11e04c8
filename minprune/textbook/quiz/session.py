"""A session: questions are asked one by one, and a wrong answer gets the way to the right one."""

from .question import describe_form, is_right, read_answer
from .text import folded, listed, number

STOP = ("q", "quit", "exit")


class Session:
    """Asks questions and counts the right answers.

    read()       the next line of the answers, without its end; None if there are no more
    write(text)  prints
    again        whether an answer that cannot be read is asked for again (at a keyboard) or counts as wrong (in a file)
    """

    def __init__(self, questions, read, write, again=False):
        self.questions, self.read, self.write, self.again = questions, read, write, again

    def run(self):
        """Ask all questions; return how many were answered rightly."""
        right = 0
        for place, (kind, question) in enumerate(self.questions, 1):
            self.write(folded(f"{place} of {len(self.questions)} · chapter {kind.chapter}\n\n{question}\n"
                              f"({describe_form(question)})"))
            answered = self.ask(question)
            if answered is None:
                break
            right += answered
            self.write("right\n" if answered else folded(f"wrong: {answer_text(question)}\n{question.way}\n"))
        self.write(f"{right} of {len(self.questions)} right")
        return right

    def ask(self, question):
        """Whether the next answer is right; None if there is none."""
        while True:
            line = self.read()
            if line is None or line.strip().lower() in STOP:
                return None
            try:
                return is_right(question, read_answer(question, line))
            except ValueError as error:
                self.write(str(error))
                if not self.again:
                    return False


def answer_text(question):
    """The right answer as it is printed."""
    words = [one if isinstance(one, str) else number(one) for one in question.answer]
    return listed(words) if question.any_order else ", ".join(words)
