"""Many small cases of one question in one test, where pytest would take longer for each than the case itself."""

import functools
import inspect
from contextlib import contextmanager

import pytest


@contextmanager
def case(*what):
    """What fails in here is told with the case that it failed in."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        raise AssertionError(f"case {', '.join(map(repr, what))}: {type(error).__name__}: {error}") from error


def each(names, cases):
    """As pytest.mark.parametrize, but one test, which ends at the first case that fails and names it.

    The cases share their fixtures: not for tests that change one.
    """
    names = [name.strip() for name in names.split(",")]
    cases = [one if len(names) > 1 else [one] for one in cases]

    def make(test):
        @functools.wraps(test)
        def run(**fixtures):
            for one in cases:
                with case(*one):
                    test(**fixtures, **dict(zip(names, one, strict=True)))

        signature = inspect.signature(test)
        run.__signature__ = signature.replace(parameters=[
            parameter for name, parameter in signature.parameters.items() if name not in names])
        return run

    return make
