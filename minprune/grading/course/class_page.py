"""The page of a class: who has how many points, how they are spread, and which mistakes are common."""

from urllib.parse import quote

from .html import bars, escape, page, row, tag, wrapped
from .records import plain_name

STEPS = 10                      # bars of the distribution
MOST_MISTAKES = 8               # that are listed for a task


def class_page(table):
    """The HTML text."""
    count = len(table.rows)
    title = f"{count} {'student' if count == 1 else 'students'}, {table.of} points"
    facts = (f"mean {table.mean:.1f}, median {table.median:g} of {table.of} points; the same cases again: "
             f"--seed {table.seed}. How similar two submissions are is not looked at: other tools do that.")
    return page(title, tag("h1", title), tag("p", facts, "sub"),
                tag("h2", "Distribution of the points"), bars(distribution(table), count),
                tag("h2", "Points"), points_table(table),
                tag("h2", "The commonest mistakes"), *mistakes(table),
                *remarks(table), *left_out(table))


# -------------------------------------------------------------------------------------- points


def distribution(table):
    """[("0 – 7", how many have so many points), ...], from none to all points."""
    edges = sorted({round(table.of * step / STEPS) for step in range(1, STEPS + 1)})
    lows = [0, *(edge + 1 for edge in edges[:-1])]
    points = [one.points for one in table.rows]
    return [(f"{low} – {high}" if low < high else str(low), sum(low <= value <= high for value in points))
            for low, high in zip(lows, edges)]


def points_table(table):
    """A row for each student, a column for each task."""
    body = [row([wrapped("td", link(one.student)), *cells(table, one), tag("td", one.points, "total")])
            for one in table.rows]
    return wrapped("div", wrapped("table", "\n".join(["<thead>", *heads(table), "</thead>", "<tbody>", *body,
                                                      "</tbody>", "<tfoot>", shares(table), "</tfoot>"])), "wide")


def heads(table):
    """Two rows: the assignments, and the tasks with their points."""
    spans = [f'<th colspan="{len(one.tasks) + 1}" class="total">{escape(one.name)}</th>' for one in table.assignments]
    tasks = [cell for one in table.assignments for cell in [
        *(wrapped("th", f"<span>{escape(task.name)}</span><br>{task.points}", "task") for task in one.tasks),
        wrapped("th", f"Σ<br>{one.points}", "total")]]
    return [row(["<th></th>", *spans, "<th></th>"]), row(["<th>student</th>", *tasks,
                                                          wrapped("th", f"Σ<br>{table.of}", "total")])]


def cells(table, one):
    """The cells of one student: each task's points, and after those of an assignment their sum."""
    for assignment in table.assignments:
        for task in assignment.tasks:
            mark = one.mark(assignment, task)
            if mark is None:
                yield tag("td", "–", "absent")
            else:
                yield tag("td", mark.points, "full" if mark.points == mark.of else "none")
        sheet = one.sheets.get(assignment.name)
        yield tag("td", "–" if sheet is None else sheet.points, "total")


def shares(table):
    """The last row: which share of those who handed in something has the points of a task."""
    found = []
    for assignment in table.assignments:
        for task in assignment.tasks:
            right, count = table.right_in(assignment, task)
            found.append(tag("td", f"{right / count:.0%}" if count else "–"))
        points = table.points_of(assignment)
        found.append(tag("td", f"{sum(points) / len(points):.1f}" if points else "–", "total"))
    return row([tag("td", "share right; mean points"), *found, tag("td", f"{table.mean:.1f}", "total")])


def link(student):
    return f'<a href="feedback/{quote(plain_name(student))}.html">{escape(student)}</a>'


# ------------------------------------------------------------------------------------ mistakes


def mistakes(table):
    """For each task: how many are right, and who made which mistake how often."""
    for assignment in table.assignments:
        yield tag("h3", f"{assignment.name}: {assignment.title}")
        for task in assignment.tasks:
            right, count = table.right_in(assignment, task)
            found = table.mistakes_in(assignment, task)
            yield wrapped("p", f"<b>{escape(task.name)}</b>: {right} of {count} right", "mark")
            yield bars(found[:MOST_MISTAKES], count)
            rest = sum(number for _, number in found[MOST_MISTAKES:])
            if rest:
                yield tag("p", f"and {rest} with other mistakes", "sub")


# --------------------------------------------------------------------------- what to look at


def remarks(table):
    """What a teacher should look at, student by student."""
    rows = [(one.student, line) for one in table.rows for line in one.remarks]
    if not rows:
        return []
    lines = [row([wrapped("td", link(student)), tag("td", line, "text")]) for student, line in rows]
    return [tag("h2", "To be looked at"), tag("p", "What could not run, opens files that are none of its own, or uses "
                                              "minprune's own functions where a function is to be written.", "sub"),
            wrapped("table", "\n".join(lines), "bars")]


def left_out(table):
    """The files that should be graded and are not, with the reasons."""
    missing = [file for file in table.left_out if file.submitted]
    if not missing:
        return []
    lines = [row([tag("td", file.file, "text"), tag("td", file.reason, "text")]) for file in missing]
    return [tag("h2", "Not graded"), wrapped("table", "\n".join(lines), "bars")]
