"""A chapter's links, as they are written in a file that lies elsewhere."""

import os
import pathlib
import re
from typing import NamedTuple

from . import chapters

LINK = re.compile(r"(?<=\]\()(?![a-z]+:)(?P<path>[^)\s#]+)")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


class Links(NamedTuple):
    """The links of a chapter for a notebook in the folder `where`.

    among   the folder of all chapters' notebooks, if it is one of them: a link to a chapter then leads to its notebook
    """

    chapter: pathlib.Path
    where: pathlib.Path
    among: pathlib.Path | None = None

    def relinked(self, text):
        """The prose with its relative links leading from `where` to where they led; code is left as it is."""
        parts = CODE.split(text)                                        # prose, code, prose, …
        parts[::2] = [LINK.sub(lambda match: self.target(match["path"]), part) for part in parts[::2]]
        return "".join(parts)

    def target(self, link):
        path = (self.chapter.parent / link).resolve()
        if self.among and chapters.is_shipped(path):
            path = self.among / path.relative_to(chapters.tutorials_folder().resolve()).with_suffix(".ipynb")
        return pathlib.Path(os.path.relpath(path, self.where)).as_posix()

    def source(self):
        """The chapter's own path, from the folder that holds `tutorials` on; of a chapter of one's own its name."""
        folder = chapters.tutorials_folder().resolve()
        path = self.chapter.resolve()
        return path.relative_to(folder.parent).as_posix() if folder in path.parents else path.name
