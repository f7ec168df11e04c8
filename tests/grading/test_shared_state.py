"""What code changes for all of Python is put back, and what it imports from its folder is forgotten."""

import argparse
import builtins
import json
import os
import sys
import types

import numpy as np
import pytest

from minprune.grading import shared_state
from minprune.grading.shared_state import SharedNames, forget_modules, state_put_back
from minprune.grading.user_file import importing_beside, run_file


def test_what_is_shared_is_put_back(tmp_path):
    before = (np.geterr(), sys.getrecursionlimit(), os.getcwd(), np.get_printoptions(), np.isclose)
    with pytest.raises(KeyError), state_put_back():
        np.seterr(all="raise")
        sys.setrecursionlimit(500)
        os.chdir(tmp_path)
        np.set_printoptions(precision=1)
        np.isclose = None
        raise KeyError
    assert (np.geterr(), sys.getrecursionlimit(), os.getcwd(), np.get_printoptions(), np.isclose) == before


def test_names_are_put_back_whatever_stands_in_for_them(monkeypatch):
    """Also one that says that it equals all others, one that was deleted, and what the comparison itself is made of."""
    class Equal:
        def __eq__(self, other):
            return True

    for module, name, other in [(json, "dumps", Equal()), (np, "pi", np.float64(np.pi)), (builtins, "map", None),
                                (builtins, "all", lambda values: True), (builtins, "isinstance", None)]:
        before = getattr(module, name)
        with monkeypatch.context() as patch, state_put_back():
            patch.setattr(module, name, other)
        assert getattr(module, name) is before
        with state_put_back():
            delattr(module, name)
        assert getattr(module, name) is before


def test_one_files_calls_have_the_names_in_common(monkeypatch):
    """Modules and names that came between two calls are put back after the second one; new names stay."""
    first, second = types.ModuleType("first"), types.ModuleType("second")
    first.one = 1
    monkeypatch.setattr(shared_state, "SHARED", ("numbers_of_this_test",))
    monkeypatch.setitem(sys.modules, "numbers_of_this_test.first", first)
    shared = SharedNames()
    with state_put_back(shared):
        first.one, first.two = 3, 2
    assert (first.one, first.two) == (1, 2)
    with state_put_back(shared):
        del first.two                           # the last name of all: no other one moves into its place
    assert first.two == 2
    second.one = 1
    monkeypatch.setitem(sys.modules, "numbers_of_this_test.second", second)
    monkeypatch.setitem(sys.modules, "numbers_of_this_test.odd", 3)
    with state_put_back(shared):
        first.one = first.two = second.one = 4
    assert (first.one, first.two, second.one) == (1, 2, 1)


def test_modules_of_a_folder_are_forgotten(tmp_path, monkeypatch):
    (tmp_path / "helping_out.py").write_text("x = 1")
    path = tmp_path / "mine.py"
    path.write_text("import helping_out")
    with importing_beside(path):
        run_file(path)
    assert "helping_out" in sys.modules and str(tmp_path) not in sys.path
    beside = tmp_path.with_name(tmp_path.name + "0")                # no folder of it, though its name begins so
    monkeypatch.setitem(sys.modules, "of_another", argparse.Namespace(__file__=str(beside / "of_another.py")))
    monkeypatch.setitem(sys.modules, "odd", argparse.Namespace(__file__=3))
    forget_modules(tmp_path)
    assert "of_another" in sys.modules and "odd" in sys.modules
    assert "helping_out" not in sys.modules
