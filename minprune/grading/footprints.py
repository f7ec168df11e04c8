"""Footprints: what a student's code uses besides its own: functions of minprune, files of assignments, programs.

They are noted where the code runs. Code that looks for the notes can spoil them: they show who forgets, or does not
know, that an answer is to be written by oneself, not who hides it. What cannot be read cannot be used; see
`isolation.fence`.
"""

import contextlib
import os
import pathlib
import sys
import threading

OURS = str(pathlib.Path(__file__).parents[1]) + os.sep          # the package minprune
PYTHON = (os.path.dirname(os.__file__) + os.sep, "<frozen ")    # its own modules
MOST = 20                                                       # notes of each kind
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
SWITCHES = ("sys.setprofile", "sys.settrace", "sys.addaudithook")


class UsedFunctions:
    """The functions of minprune that code calls by itself, while it is looked at."""

    def __init__(self, looking=True):
        self.looking = looking          # whether minprune can have been imported at all: to look takes time
        self.names = []

    @contextlib.contextmanager
    def noted(self):
        """Yield a list of the functions that are called in the `with` block, as it grows."""
        self.names, before = [], sys.getprofile()
        if self.looking and before is None:     # a profiler that is at work already is left alone
            self.look()
        try:
            yield self.names
        finally:
            if sys.getprofile() == self.see:
                sys.setprofile(before)

    @contextlib.contextmanager
    def not_noted(self):
        """What others do for the code, in the same process, is not the code's."""
        looking = sys.getprofile() == self.see
        if looking:
            sys.setprofile(None)
        try:
            yield
        finally:
            if looking:
                self.look()

    def look(self):
        self.looking = True
        sys.setprofile(self.see)

    def see(self, frame, event, argument):
        """Python calls this for each call of a function: note one of minprune that code of others calls."""
        if event != "call" or not frame.f_code.co_filename.startswith(OURS):
            return
        caller = frame.f_back
        if caller is None or caller.f_code.co_filename.startswith((OURS, "<frozen")) or frame.f_code.co_name[0] == "<":
            return
        name = f"{frame.f_globals.get('__name__')}.{getattr(frame.f_code, 'co_qualname', frame.f_code.co_name)}"
        if name not in self.names and len(self.names) < MOST and not name.startswith("minprune.grading."):
            self.names.append(name)


def public_name(name):
    """The shortest name under which a function of minprune can be had: "minprune.finite_difference"."""
    *module, short = name.split(".")
    for length in range(1, len(module)):
        package = ".".join(module[:length])
        function = vars(sys.modules.get(package, sys)).get(short)       # nothing is imported for a name that was sent
        if getattr(function, "__module__", None) == ".".join(module):
            return f"{package}.{short}"
    return name


def watch_footprints(used, watched, note):
    """From now on, for good, note(sentence) is called when this process opens one of the files, or a file in one of the
    folders, `watched`, reads minprune's source, starts a program, or does away with what looks at it. Once minprune is
    imported, `used` looks.

    Python tells its audit hooks; there is no function that takes one away again.
    """
    watched = tuple(os.path.join(os.path.abspath(path), "") for path in watched)
    said = set()
    main = threading.get_ident()

    def say(sentence):
        if sentence not in said and len(said) < MOST:
            said.add(sentence)
            note(sentence)

    def look_at_reader(path):
        reader = reader_of(sys._getframe(2))
        if reader == "code":
            say(f"it reads {path}")
        elif reader == "import" and not used.looking and threading.get_ident() == main:
            used.look()

    def hook(event, arguments):
        if event == "open":
            path = str_of(arguments[0])
            if f"{path}{os.sep}".startswith(watched):
                say(f"it opens {path}")
            elif path.startswith(OURS):
                look_at_reader(path)
        elif event in PROGRAMS:
            say(f"it starts a program: {str(arguments[0])[:100]}")
        elif event in SWITCHES and not is_ours(sys._getframe(1)):
            say(f"it calls {event}")

    sys.addaudithook(hook)


def reader_of(frame):
    """Who opens a file: "import", "us", or "code" of others; what belongs to Python itself does it for its caller."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return "import"
        if name.startswith(OURS):
            return "us"
        if not name.startswith(PYTHON):
            return "code"
        frame = frame.f_back
    return "us"


def str_of(path):
    """The full path of what is opened; "" for a number."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    return os.path.abspath(path) if isinstance(path, str) else ""


def is_ours(frame):
    return frame.f_code.co_filename == __file__
