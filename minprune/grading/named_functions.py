"""Named functions: FILE.py:FUNCTION in a claim becomes the function itself."""

import functools
import sys

from ..engine.checks import check_known
from .user_file import CouldNotRun, describe_error, existing_file, one_line, run_file


class NamedFunctions:
    """The functions that a claim names.

    Each file runs once. `raised` is {function's name: the first exception that it raised, described in one line}.
    """

    def __init__(self, file):
        self.file = file            # the file that ":FUNCTION" is about
        self.modules = {}           # {path: module}
        self.raised = {}

    def resolve(self, value):
        """The value with functions in place of their names, also inside of dicts and lists."""
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return self.find(value) if isinstance(value, str) and ":" in value else value

    def find(self, text):
        """The function of "FILE.py:FUNCTION", or the FUNCTION of `self.file` for ":FUNCTION"."""
        path, _, name = text.rpartition(":")
        path = existing_file(path) if path else self.file
        if path not in self.modules:
            self.modules[path] = run_named_file(path)
        return watched(find_function(self.modules[path], path, name), name, path, self.raised)


def run_named_file(path):
    """The module of a file; what it prints goes to the present stdout. CouldNotRun names the file."""
    try:
        return run_file(path, sys.stdout)
    except CouldNotRun as error:
        raise CouldNotRun(f"{path.name}: {error}") from None


def find_function(module, path, name):
    """The function (or anything that can be called) of this name; ValueError names the nearest one of the file."""
    value = vars(module).get(name)
    if callable(value):
        return value
    if value is not None:
        raise ValueError(f"{name} of {path.name} is no function, it is {value!r:.60}")
    own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    if not own:
        raise ValueError(f'{path.name} has no function "{name}", and no other')
    check_known(f"function of {path.name}:", name, own)


def watched(function, name, path, raised):
    """The function under its name in the file; raised[name] describes its first exception, with the line.

    exit() becomes an ordinary exception, so that it is reported with the shapes of the arguments like all others.
    """
    @functools.wraps(function)
    def call(*positional, **named):
        try:
            return function(*positional, **named)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raised.setdefault(name, f"{name} raised {one_line(describe_error(error, path))}")
            if isinstance(error, Exception):
                raise
            raise RuntimeError(f"{type(error).__name__}: {error}") from error

    call.__name__ = name
    return call
