"""What code uses of minprune is noted, while it is looked at."""

import sys

from minprune.engine.finite_differences import finite_difference
from minprune.grading import footprints
from minprune.grading.footprints import UsedFunctions, public_name, reader_of, str_of, watch_footprints
from minprune.scores.first_order import taylor

import numpy as np


def test_functions_that_are_called_by_others_are_noted():
    used = UsedFunctions()
    with used.noted() as names:
        list(map(taylor, [np.ones((1, 1, 1))], [np.ones((1, 1, 1))]))
        finite_difference(lambda w: w.sum(), np.ones(1))
        with used.not_noted():
            public_name("minprune.x.y")
    assert names == ["minprune.scores.first_order.taylor", "minprune.engine.finite_differences.finite_difference"]
    with used.noted() as names:
        pass
    assert names == [] and sys.getprofile() is None


def test_a_profiler_that_is_at_work_is_left_alone():
    def profiler(*event):
        """Somebody else's."""

    sys.setprofile(profiler)
    try:
        with UsedFunctions().noted() as names, UsedFunctions().not_noted():
            assert sys.getprofile() is profiler and names == []
    finally:
        sys.setprofile(None)


def test_the_shortest_name_of_a_function():
    assert public_name("minprune.engine.finite_differences.finite_difference") == "minprune.finite_difference"
    for name in ("minprune.scores.first_order.taylor", "nothing.like.this", "x", "antigravity.a.b"):
        assert public_name(name) == name
    assert "antigravity" not in sys.modules


def test_what_is_opened_started_and_switched_is_noted(monkeypatch, tmp_path):
    hooks, notes = [], []
    monkeypatch.setattr(footprints.sys, "addaudithook", hooks.append)
    used = UsedFunctions(looking=False)
    watch_footprints(used, [tmp_path / "tasks.py", tmp_path / "class"], notes.append)
    (hook,) = hooks
    for path in ("tasks.py", "tasks.pyc", "class/an.py", "classes/an.py", "class/an.py"):
        hook("open", (str(tmp_path / path), "r", 0))
    hook("open", (3, "r", 0))
    hook("open", (footprints.__file__.encode(), "r", 0))
    hook("subprocess.Popen", ("cat", [], None, None))
    hook("sys.setprofile", ())
    hook("socket.connect", ())
    assert notes == [f"it opens {tmp_path / 'tasks.py'}", f"it opens {tmp_path / 'class/an.py'}",
                     f"it reads {footprints.__file__}", "it starts a program: cat", "it calls sys.setprofile"]
    for number in range(50):
        hook("os.system", (number,))
    assert len(notes) == footprints.MOST and used.names == []


def test_who_reads_a_file():
    assert reader_of(sys._getframe()) == "code" and reader_of(None) == "us"
    assert str_of(3) == "" and str_of(b"/a/../b") == "/b"
