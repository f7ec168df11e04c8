"""Records: each graded file's sheet as a file, so that a run that was stopped goes on where it was."""

import hashlib
import json
import pathlib

from ... import __version__
from ...engine.storage import atomic
from ..grades import Sheet
from ..reports import as_json
from ..user_file import files_under


class Records:
    """The folder of the records of one run: FOLDER/marks, and what the run is asked for in FOLDER/course.json."""

    def __init__(self, folder, seed, limit):
        self.folder, self.seed, self.limit = pathlib.Path(folder), seed, limit
        self.beside = {}                        # {a folder: the digest of its helpers}, computed once

    def find(self, submission, student, handed_in):
        """The Sheet of a submission that was graded before, if nothing has changed since; or None."""
        path = self.path_of(submission, student)
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            return Sheet.from_dict(record["sheet"]) if record["of"] == self.key_of(submission, handed_in) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, submission, student, handed_in, sheet):
        """Write the Sheet of a submission."""
        path = self.path_of(submission, student)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path, "t") as file:
            file.write(as_json({"of": self.key_of(submission, handed_in), "student": student,
                                "sheet": sheet.to_dict()}))

    def path_of(self, submission, student):
        """Where it is kept: a student may hand in several files for the same assignment."""
        name = f"{submission.file.stem}-{digest(str(submission.file.resolve()))[:8]}.json"
        return self.folder / "marks" / plain_name(student) / name

    def key_of(self, submission, handed_in):
        """What the marks depend on: another file, other helpers, tasks, cases or another limit give other marks."""
        file, assignment = submission
        return {"file": digest(file.read_bytes()), "helpers": self.helpers_of(file.parent, handed_in),
                "tasks": digest((assignment.folder / "tasks.py").read_bytes()), "seed": self.seed,
                "limit": self.limit, "minprune": __version__}

    def helpers_of(self, folder, handed_in):
        """The digest of names, sizes and times of the files in a folder that nobody hands in by themselves."""
        if folder not in self.beside:
            files = [path for path in files_under(folder) if path.resolve() not in handed_in]
            rows = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
            self.beside[folder] = digest(json.dumps(rows))
        return self.beside[folder]


def seed_of(folder):
    """The seed of the run that was begun in a folder; None if there was none."""
    try:
        return int(json.loads((pathlib.Path(folder) / "course.json").read_text(encoding="utf-8"))["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin(folder, seed):
    """Make the folder, and note the seed in it before anything is graded."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    with atomic(pathlib.Path(folder) / "course.json", "t") as file:
        file.write(as_json({"seed": seed}))


def digest(content):
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def plain_name(name):
    """A name that any file system takes; if that changes it, with a digest, so that two stay two."""
    plain = "".join(sign if sign.isalnum() or sign in " ._-+@()" else "_" for sign in name).strip(" .")[:80]
    return plain if plain == name and plain else f"{plain}-{digest(name)[:6]}"
