"""Tests on two cores come out as on one."""

import os
import pathlib
import re
import subprocess
import sys
import types

import cores
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

CONFTEST = """
import itertools, os, pathlib, pytest
from cores import pytest_addoption, pytest_collection, pytest_runtestloop

@pytest.fixture(scope="session")
def process():
    place = next(place for place in itertools.count() if not pathlib.Path(f"{os.getpid()}-{place}.made").exists())
    path = pathlib.Path(f"{os.getpid()}-{place}.made")
    path.touch()
    return path.name
"""
SOME = """
import warnings, pytest

@pytest.mark.parametrize("i", range(5))
def test_third(i):
    print("number", i)
    assert i != 3

def test_skipped():
    pytest.skip("today")

@pytest.mark.xfail
def test_expected():
    assert 0

def test_warns():
    warnings.warn("careful")
"""
OTHER = "def test_without_fixture(nobody): pass\ndef test_alone(tmp_path): assert tmp_path.exists()\n"


def run(folder, *options, MANY=cores.MANY, **files):
    """(exit code, what pytest printed) of tests in a folder of their own."""
    source = pathlib.Path(__file__).with_name("cores.py").read_text(encoding="utf-8")
    source = source.replace(f"MANY = {cores.MANY}", f"MANY = {MANY}")
    (folder / "cores.py").write_text(source, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST)
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options], cwd=folder,
                          capture_output=True, text=True)
    return done.returncode, done.stdout


def counts(printed):
    """{"passed": 7, …} of the last line."""
    return {kind: int(count) for count, kind in re.findall(r"(\d+) (\w+)", printed.strip().splitlines()[-1])}


def test_all_is_told_as_on_one_core(tmp_path):
    one, two = (run(tmp_path, "--cores", cores, f"--junitxml={cores}.xml", some=SOME, other=OTHER) for cores in "12")
    assert one[0] == two[0] == 1 and counts(one[1]) == counts(two[1])
    assert counts(two[1])["failed"] == 1 and counts(two[1])["passed"] == 6
    for told in ("FAILED test_some.py::test_third[3]", "ERROR test_other.py::test_without_fixture", "number 3",
                 "UserWarning: careful", "fixture 'nobody' not found"):
        assert told in one[1] and told in two[1]
    in_files = [sorted(re.findall(r'<(?:testcase.*? name="[^"]*"|skipped|failure|error)', text.read_text()))
                for text in (tmp_path / "1.xml", tmp_path / "2.xml")]
    assert in_files[0] == in_files[1] and len(in_files[0]) == 10 + 4


WHO = "def test_who(process): open(f'{__name__}.who', 'w').write(process)\n"
WAIT = """
import glob, time
def wait_for(pattern, count):
    end = time.monotonic() + 20
    while len(glob.glob(pattern)) < count and time.monotonic() < end:
        time.sleep(0.01)
"""
SLOW = WHO + WAIT + "def test_slow(): wait_for('[ab].who', 2)\ndef test_more(): pass\n"


def test_both_take_part_and_each_keeps_the_fixtures_of_a_session(tmp_path):
    assert run(tmp_path, "--cores", "2", slow=SLOW, a=WHO, b=WHO)[0] == 0
    slow, a, b = ((tmp_path / f"test_{name}.who").read_text() for name in ("slow", "a", "b"))
    assert slow != a == b and len(list(tmp_path.glob("*.made"))) == 2


def test_many_tests_take_two_cores_unasked(tmp_path):
    """`MANY` is 10 here."""
    many = WAIT + "import pytest\n@pytest.mark.parametrize('i', range(5))\n" \
                  f"def test_many(i, process): wait_for('*.made', {min(2, os.cpu_count())})\n"
    assert run(tmp_path, a=many, b=many, MANY=10)[0] == 0
    assert len(list(tmp_path.glob("*.made"))) == min(2, os.cpu_count())


def test_the_first_failure_stops_it(tmp_path):
    code, printed = run(tmp_path, "--cores", "2", "-x", some=SOME)
    assert code == 1 and "stopping after 1 failures" in printed and counts(printed) == {"failed": 1, "passed": 3}


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_dies_is_no_success(code, tmp_path):
    dies = f"import os\ndef test_before(): pass\ndef test_dies(): os._exit({code})\ndef test_after(): pass\n"
    found, printed = run(tmp_path, "--cores", "2", dies=dies, other="def test_alone(): pass\n")
    assert found == 1 and counts(printed) == {"passed": 2}
    assert "2 tests were not run, such as test_dies.py::test_after" in printed
    assert re.search(rf"exit codes \[(0, )?{code}(, 0)?\]", printed)


@pytest.mark.parametrize("count", [cores.MANY - 1, cores.MANY])
def test_few_tests_stay_on_one_core(count, monkeypatch):
    """And a session with --pdb, whatever is asked for."""
    def processes(asked=None, **options):
        config = types.SimpleNamespace(option=types.SimpleNamespace(collectonly=False),
                                       getoption={"--cores": asked, **options}.get)
        return cores.cores(config, [None] * count)

    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert processes() == (1 if count < cores.MANY else 2)
    assert processes(1) == 1 and processes(3) == 3 and processes(3, usepdb=True) == 1
