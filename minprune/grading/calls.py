"""Calls of a student's function, and what came of them. It knows the arguments, but not the answers."""

import inspect
import sys
from typing import NamedTuple

from .quiet import quietly
from .reports import shorten
from .user_file import describe_error, file_of
from .values import are_identical, decode, encode


class Call(NamedTuple):
    """What one call of a student's function came to.

    returned    what it returned, or None if it raised an exception
    raised      the exception as a text, with the line, or None
    changed     the names of the arguments that it changed
    unwritten   whether it raised NotImplementedError
    """

    returned: object = None
    raised: str | None = None
    changed: tuple = ()
    unwritten: bool = False


def calls_of(function, arguments):
    """Yield the Call of each case, its returned value encoded; none after one that raised NotImplementedError."""
    for plain in arguments:
        call = call_once(function, decode(plain), decode(plain))
        yield list(call)
        if call.unwritten:
            return


def call_once(function, arguments, untouched):
    """The Call of a function; `untouched` is a second copy of its arguments, to see whether it changes them."""
    deepest = sys.getrecursionlimit()
    try:
        with quietly():
            returned = encode(function(*arguments.values()))
            changed = [name for name, value in untouched.items() if not are_identical(value, arguments[name])]
            return Call(returned, None, changed)
    except KeyboardInterrupt:
        raise
    except NotImplementedError as error:
        return Call(raised=repr(error), unwritten=True)
    except BaseException as error:              # a student's function may also call exit()
        return Call(raised=describe_error(error, file_of(function)))
    finally:
        sys.setrecursionlimit(deepest)


def received_call(plain):
    """The Call of a list that another process sent; an exception if it is none that `calls_of` yields."""
    returned, raised, changed, unwritten = plain
    return Call(decode(returned), None if raised is None else shorten(str(raised), 2000),
                [shorten(str(name)) for name in changed], bool(unwritten))


def parameters_of(function):
    """The names of a function's parameters; None if it has no signature, like some that are written in C."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None


def required_of(function):
    """Those of its parameters that have no default; none if it has no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [one.name for one in parameters
            if one.default is one.empty and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
