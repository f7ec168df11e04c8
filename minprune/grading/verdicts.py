"""Verdicts: what `verify` says of a student's function, where a task claims something of it."""

import contextlib
import io

from ..verification.verify import verify


def claimed_verdict(function, task, seed, right):
    """The Verdict on the task's claim.

    None if the task claims nothing, if the function could not run, or if the verdict contradicts the random cases.
    ValueError or TypeError if the task claims what cannot be claimed, not even of its own answer.
    """
    if task.claim is None:
        return None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            verdict = verify(function, **task.claim, seed=seed)
    except KeyboardInterrupt:
        raise
    except BaseException:                       # the student's error; the feedback stands without a verdict
        verify(task.answer, **{**task.claim, "trials": 1}, seed=seed)
        return None
    return verdict if verdict.holds == right and verdict.problem is None else None
