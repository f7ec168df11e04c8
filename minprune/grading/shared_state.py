"""Shared state: what code can change for all of Python, put back after the code has run."""

import contextlib
import os
import sys
import types
from builtins import all, dict, map, zip        # as they are now: the code that is tried may change those built in
from itertools import chain
from operator import is_

import numpy as np

SHARED = ("minprune", "numpy", "builtins", "copy", "json", "math", "random")       # packages that code may patch


class SharedNames:
    """The names in the shared modules, and what they stood for when they were noted.

    A file's functions are called many times, and the modules have thousands of names: so each name is noted once, and
    the comparison afterwards is a loop in C.
    """

    def __init__(self):
        self.seen = set()           # the names of all modules that were looked at
        self.modules = []           # the names of each shared module, {name: value}
        self.before = []            # copies of them, in the same order
        self.all_names, self.all_values = [], []        # of all modules, one after the other

    def note(self):
        """Note the modules that were imported since the last time, and the names that modules got since then."""
        new = sys.modules.keys() - self.seen
        self.seen |= new
        found = [sys.modules[name] for name in new if name.split(".")[0] in SHARED]
        self.modules += [vars(module) for module in found if isinstance(module, types.ModuleType)]
        if list(map(len, self.modules)) != list(map(len, self.before)):
            self.before = [dict(names) for names in self.modules]
            self.all_names, self.all_values = list(names_of(self.before)), list(values_of(self.before))

    def put_back(self):
        """Put back the names that were changed or deleted. A name that is new stays."""
        if self.are_unchanged():
            return
        for names, before in zip(self.modules, self.before):
            names.update((name, value) for name, value in before.items() if names.get(name, names) is not value)

    def are_unchanged(self):
        """Whether all modules have the names that were noted, and no others, with the same values."""
        return all(map(is_, self.all_values, values_of(self.modules))) and self.all_names == [*names_of(self.modules)]


def names_of(modules):
    """The names of all modules, one after the other."""
    return chain.from_iterable(modules)


def values_of(modules):
    """What these names stand for, in the same order."""
    return chain.from_iterable(map(dict.values, modules))


@contextlib.contextmanager
def state_put_back(shared=None):
    """Put back what code changes for all of Python: the recursion limit, how NumPy treats and prints numbers, the
    current folder, and the names in shared modules.

    `shared` are the SharedNames that one file's calls have in common. What is changed inside of objects (an attribute
    of a class, an entry of a dict) stays.
    """
    shared = SharedNames() if shared is None else shared
    shared.note()
    limit, folder = sys.getrecursionlimit(), os.getcwd()
    errors, printing = np.geterr(), np.get_printoptions()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        shared.put_back()
        np.seterr(**errors)
        np.set_printoptions(**printing)
        os.chdir(folder)


def forget_modules(folder):
    """Forget the modules that were imported from a folder: another file's neighbours may have the same names."""
    beginning = os.path.join(folder, "")
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.startswith(beginning):
            del sys.modules[name]
