"""Execution: the same results one after the other and by an executor; failures named when the others are done."""

import concurrent.futures
from contextlib import closing

import pytest

from minprune.studies.experiments.execution import completed


def half(job):
    if job % 2:
        raise ArithmeticError(f"{job} is odd" if job < 5 else "")
    return job // 2


@pytest.fixture(params=["alone", "threads"])
def executor(request):
    if request.param == "alone":
        yield None
    else:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            yield pool


def test_each_result_comes_with_the_name_of_its_job(executor):
    assert dict(completed(half, {"a": (4,), "b": (8,)}, executor)) == {"a": 2, "b": 4}


def test_a_failure_is_raised_when_the_others_are_done(executor):
    results = []
    with pytest.raises(RuntimeError, match="^3 failed: 3 is odd$") as raised:
        for result in completed(half, {"a": (3,), "b": (8,)}, executor):
            results.append(result)
    assert results == [("b", 4)] and isinstance(raised.value.__cause__, ArithmeticError)


def test_of_many_failures_three_are_named():
    with pytest.raises(RuntimeError, match="^1 failed: 1 is odd; 5 failed: ArithmeticError; 7 .*; and 2 more$"):
        list(completed(half, {job: (job,) for job in (1, 5, 7, 9, 11)}, None))


def test_what_has_not_begun_is_cancelled_when_the_generator_is_closed():
    futures = []

    class Waiting(concurrent.futures.Executor):
        """Does the first job at once, and the others never."""

        def submit(self, function, *arguments):
            futures.append(concurrent.futures.Future())
            if len(futures) == 1:
                futures[0].set_result(function(*arguments))
            return futures[-1]

    with closing(completed(half, {"a": (4,), "b": (8,), "c": (2,)}, Waiting())) as results:
        assert next(results) == ("a", 2)
    assert [future.cancelled() for future in futures] == [False, True, True]
