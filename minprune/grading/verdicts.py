"""Verdicts: what `verify` says of what a task claims, for a student's function that may run in another process.

The networks are drawn and measured here; the student's process gets arrays and returns arrays.
"""

import functools
import inspect
import time

from ..verification.verify import verify
from .calls import parameters_of, received_call
from .quiet import quietly
from .reports import plain_verdict
from .values import encode


class Raised(Exception):
    """The student's function raised an exception, in its process."""


def verdict_on(work, task, seed, required, stand_ins, limit=None):
    """[whether it holds, text, dict] of the verdict on a student's function; None if `verify` cannot say.

    `required` are its parameters without a default, in order: what `verify` gives it. All calls together have `limit`
    seconds.
    """
    return verdict_of(task, required, remote_function(work, task.name, required, stand_ins, limit), seed)


def verdict_on_mistake(task, mistake, seed):
    """The verdict on what the task says a mistake returns."""
    wrong = task.mistakes[mistake]
    return verdict_of(task, parameters_of(task.answer), lambda **given: wrong(**given), seed)


def verdict_of(task, parameters, function, seed):
    """[whether it holds, text, dict] of the verdict on a function with these parameters, under the task's name."""
    try:
        function.__name__ = task.name
        function.__signature__ = inspect.Signature([inspect.Parameter(one, inspect.Parameter.POSITIONAL_OR_KEYWORD)
                                                    for one in parameters])
        with quietly():
            verdict = verify(function, **named(task.claim), seed=seed)
            if verdict.problem is not None:     # an exception, say: the feedback tells that better
                return None
            verdict.explain()
    except Exception:                           # parameters of other names, other numbers the second time
        return None
    return [bool(verdict.holds), str(verdict), plain_verdict(verdict)]


def named(claim):
    """The claim with "the solution" as the name of the function that it compares with."""
    equals = claim.get("equals")
    if not callable(equals):
        return claim

    @functools.wraps(equals)
    def solution(*positional, **given):
        return equals(*positional, **given)

    solution.__name__ = "the solution"
    return {**claim, "equals": solution}


def remote_function(work, name, required, stand_ins, limit=None):
    """A function that calls the student's function of this name."""
    started = time.monotonic()

    def call(**given):
        if limit is not None and time.monotonic() - started > limit:
            raise Raised("the time is up")
        done = work.call(name, [encode({parameter: given[parameter] for parameter in required})], stand_ins, set())
        returned = received_call(done["calls"][0])
        if returned.raised is not None:
            raise Raised(returned.raised)
        return returned.returned

    return call
