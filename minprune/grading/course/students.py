"""Students: whose file is it? Its place says so."""

import re

MOODLE = re.compile(r"^(.*?)_\d+_assignsubmission_.*$")         # Surname Name_12345_assignsubmission_file


def student_of(file, roots, assignment):
    """The name of the student who handed in a file, which stands in one of the folders `roots`, or is one of them.

    It is the first folder on the way from there to the file; or, of a file that stands there itself, its name without
    that of the assignment: "an" of an/03/mine.py, an.py, an_01_the_neuron.py and 01_the_neuron-an.py.
    """
    for root in roots:
        if root.is_dir() and file.is_relative_to(root):
            first, *rest = file.relative_to(root).parts
            return name_of_folder(first) if rest else name_of_file(file.stem, assignment.name)
    return name_of_file(file.stem, assignment.name)


def name_of_folder(folder):
    """A folder's name, without what Moodle adds to it."""
    moodle = MOODLE.match(folder)
    return moodle[1] if moodle else folder


def name_of_file(stem, assignment):
    """A file's name without that of the assignment; all of it if nothing else is left."""
    rest = re.sub(rf"(^|[-_ .]+){re.escape(assignment)}([-_ .]+|$)", "", stem)
    return rest or stem
