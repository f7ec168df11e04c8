"""The log of a study: a line for each network that is finished, so that a run that was killed can go on."""

import hashlib
import json
import pathlib

from .common import json_values


def name_of(*descriptions):
    """A hash of descriptions (plain values): equal for the same job in another call, and only then."""
    return hashlib.sha256(json.dumps(descriptions, sort_keys=True).encode()).hexdigest()[:16]


class Log:
    """A file with one JSON object a line. `records` {job: record} is what it holds; a line cut short is left out.

    `torn` says whether the file ends in the middle of a line, so that the next record must begin a new one.
    """

    def __init__(self, path):
        self.path, self.records = pathlib.Path(path), {}
        lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n") if self.path.exists() else [""]
        for line in lines:
            try:
                record = json.loads(line)
                self.records[record.pop("job")] = record
            except (ValueError, KeyError, AttributeError, TypeError):
                continue                        # what was being written when the run was killed
        self.torn = lines[-1] != ""

    def add(self, job, record):
        """Write the record of a job to the file; OSError says that what was there is safe."""
        record = json_values(record)
        line = json.dumps({"job": job, **record}, allow_nan=False) + "\n"
        begin = "\n" if self.torn else ""
        self.torn = True                        # until the line is there
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(begin + line)
        except OSError as error:
            message = f"cannot write to the log ({error.strerror or error}); what it holds is safe"
            raise OSError(error.errno, message, str(self.path)) from error
        self.torn = False
        self.records[job] = record
