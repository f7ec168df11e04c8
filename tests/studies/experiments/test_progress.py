"""Progress: how much there is to do, and how long the rest will take."""

from minprune.studies.experiments.progress import Progress


def test_a_line_for_each_network_says_how_many_are_done_and_what_is_left(capsys):
    now = [100.0]
    progress = Progress({"a": 10, "b": 30, "c": 0, "d": 10}, clock=lambda: now[0])
    for name, seconds in (("c", 1), ("a", 9), ("b", 110), ("d", 5)):
        now[0] += seconds
        progress.done(name, f"network {name}")
    assert capsys.readouterr().out.splitlines() == [
        "[1 of 4] network c", "[2 of 4] network a, about 40 s left",            # 10 s for 10 epochs, 40 are left
        "[3 of 4] network b, about 30 s left", "[4 of 4] network d"]


def test_long_times_are_minutes(capsys):
    now = [0.0]
    progress = Progress({"a": 1, "b": 3}, clock=lambda: now[0])
    now[0] = 60
    progress.done("a", "a")
    assert capsys.readouterr().out == "[1 of 2] a, about 3 min left\n"
