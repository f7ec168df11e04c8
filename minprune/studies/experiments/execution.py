"""Execution: jobs done one after the other, or at the same time by an executor."""

import functools
from concurrent.futures import as_completed
from contextlib import closing


def completed(function, jobs, executor):
    """Yield (name, result) of each job as it is done; at the end, raise RuntimeError if some failed.

    `jobs` {name: arguments of the function}, the last argument being the job itself, whose text errors call it by.
    Close the generator (`contextlib.closing`) to cancel what has not begun.
    """
    failures = []
    with closing(finished(function, jobs, executor)) as calls:
        for name, call in calls:
            try:
                result = call()
            except Exception as error:
                failures.append((f"{jobs[name][-1]} failed: {str(error) or type(error).__name__}", error))
                continue
            yield name, result
    if failures:
        more = f"; and {len(failures) - 3} more" if len(failures) > 3 else ""
        raise RuntimeError("; ".join(text for text, _ in failures[:3]) + more) from failures[0][1]


def finished(function, jobs, executor):
    """Yield (name, a function that returns the job's result or raises) of each job as it is done."""
    if executor is None:
        yield from ((name, functools.partial(function, *arguments)) for name, arguments in jobs.items())
        return
    futures = {executor.submit(function, *arguments): name for name, arguments in jobs.items()}
    try:
        yield from ((futures[future], future.result) for future in as_completed(futures))
    finally:
        for future in futures:                  # whoever stops it does not wait for those that have not begun
            future.cancel()
