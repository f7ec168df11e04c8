"""Run the tests on several cores: a part of pytest for this project, where nothing but pytest may be installed.

The process that collected the tests forks; each child takes one file after the other and sends what happens back, and
the parent tells it as if it had run the tests itself.
"""

import gc
import json
import multiprocessing.connection
import os
import traceback
import warnings

import pytest

MANY = 1000                     # tests from which on a second core is worth its start
LONGEST = ("test_bank", "test_chapters", "test_assignments", "test_gradient_check", "test_verify", "test_run",
           "test_counterexample", "test_search", "test_catalogue", "test_mistakes", "test_batch_mistakes",
           "test_sandbox", "test_formula_command", "test_task_grading", "test_cases", "test_order_mistakes",
           "test_surgery", "test_walkthrough", "test_score_comparison")     # 40 to 4 seconds each, in this order


def pytest_addoption(parser):
    parser.addoption("--cores", type=int, default=None, metavar="N",
                     help=f"processes that share the tests; default: 2 for {MANY} tests or more, where there are two "
                          "cores; 1 otherwise, and always with --pdb")


def cores(config, items):
    asked = config.getoption("--cores")
    if config.option.collectonly or config.getoption("usepdb", False) or not hasattr(os, "fork"):
        return 1
    return asked if asked is not None else min(2, os.cpu_count() or 1) if len(items) >= MANY else 1


@pytest.hookimpl(hookwrapper=True)
def pytest_collection():
    """Collect without looking for garbage: all that is made here stays, and is looked at once, not again and again."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Run the tests and return True; None leaves it to pytest, which does it in this process."""
    count = cores(session.config, session.items)
    if count < 2 or session.testsfailed:
        return None
    run_apart(session, by_file(session.items), count)
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)
    return True


def by_file(items):
    """The tests of each file, so that its fixtures are made once: the longest first, then those of many tests.

    What is left when one core has no more to do is then a small file.
    """
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    places = {name: place for place, name in enumerate(LONGEST)}
    return sorted(files.values(), key=lambda tests: (places.get(tests[0].path.stem, len(places)), -len(tests)))


def run_apart(session, files, count):
    """Let children run the files, and tell what they say as it comes."""
    context = multiprocessing.get_context("fork")
    taken, children, codes = context.Value("i", 0), {}, []
    left = {item.nodeid for file in files for item in file}
    for _ in range(min(count, len(files))):
        here, there = context.Pipe(duplex=False)
        child = context.Process(target=run_child, args=(session, files, taken, there))
        child.start()
        there.close()
        children[here] = child
    try:
        while children and not session.shouldfail and not session.shouldstop:
            for here in multiprocessing.connection.wait(list(children)):
                try:
                    said = json.loads(here.recv_bytes())
                except EOFError:
                    child = children.pop(here)
                    child.join()
                    codes.append(child.exitcode)
                    continue
                for kind, *data in said:
                    tell(session.config, kind, *data)
                    left.discard(data[0] if kind == "finished" else None)
    finally:
        for child in children.values():
            child.terminate()
    if left and not session.shouldfail and not session.shouldstop:
        session.shouldfail = f"{len(left)} tests were not run, such as {min(left)}: the processes that run them " \
                             f"ended with exit codes {codes}"


def take(files, taken):
    """The next file's tests, or none."""
    with taken.get_lock():
        place, taken.value = taken.value, taken.value + 1
    return files[place] if place < len(files) else []


# ---------------------------------------------------------------------------- in a child


def run_child(session, files, taken, there):
    """Run files that nobody has taken yet, one after the other."""
    plugins = session.config.pluginmanager
    plugins.unregister(name="terminalreporter")
    sender = Sender(session.config, there)
    plugins.register(sender)
    capture = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()             # what is printed would be mixed with the parent's
    capture.start_global_capturing()
    try:
        here = take(files, taken)
        while here:
            item, *here = here
            here = here or take(files, taken)   # before the last test of a file, so that fixtures are kept for the next
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=here[0] if here else None)
        sender.send()
    except BaseException:
        capture.stop_global_capturing()
        traceback.print_exc()
        os._exit(1)
    os._exit(0)                                 # what pytest does at its end is the parent's


class Sender:
    """A plugin that sends what is said of the tests, in JSON: one message a test, for each costs the parent a wait."""

    def __init__(self, config, there):
        self.config, self.there, self.said = config, there, []
        asked = config.option.durations, config.getoption("xmlpath", None), set("AP") & set(config.option.reportchars)
        self.every_phase = any(asked)       # a test's setup and end are told only to who asks, if nothing went wrong

    def say(self, kind, *data):
        self.said.append([kind, *data])

    def send(self):
        """Send what was said since the last time: when a test starts, for its warnings come after its end."""
        self.there.send_bytes(json.dumps(self.said).encode())
        self.said = []

    def pytest_runtest_logstart(self, nodeid, location):
        self.send()
        self.say("started", nodeid, location)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed or self.every_phase:
            self.say("report", self.config.hook.pytest_report_to_serializable(config=self.config, report=report))

    def pytest_runtest_logfinish(self, nodeid, location):
        self.say("finished", nodeid, location)

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        told = warning_message
        self.say("warning", str(told.message), told.category.__name__, told.filename, told.lineno, when, nodeid,
                 location)


# ---------------------------------------------------------------------------- in the parent


def tell(config, kind, *data):
    """Say what a child sent."""
    if kind == "started":
        config.hook.pytest_runtest_logstart(nodeid=data[0], location=tuple(data[1]))
    elif kind == "finished":
        config.hook.pytest_runtest_logfinish(nodeid=data[0], location=tuple(data[1]))
    elif kind == "report":
        report = config.hook.pytest_report_from_serializable(config=config, data=data[0])
        if isinstance(report.longrepr, list):           # of a skipped test: JSON has no tuples
            report.longrepr = tuple(report.longrepr)
        config.hook.pytest_runtest_logreport(report=report)
    else:
        text, category, filename, line, when, nodeid, location = data
        category = type(category, (Warning,), {})
        config.hook.pytest_warning_recorded.call_historic(kwargs=dict(
            warning_message=warnings.WarningMessage(category(text), category, filename, line), when=when,
            nodeid=nodeid, location=location and tuple(location)))
