"""The feedback for one student, as a page: the points of each task, what is wrong, and the likely mistake."""

from .html import escape, page, tag, wrapped

LIKELY = "Most likely: "


def feedback_page(row, table):
    """The HTML text for the Row of a student. It says nothing of others."""
    parts = [part for assignment in table.assignments if assignment.name in row.sheets
             for part in sheet_parts(row.sheets[assignment.name], assignment)]
    missing = [one.title for one in table.assignments if one.name not in row.sheets]
    if missing:
        parts += [tag("h2", "Not handed in"), tag("p", "; ".join(missing))]
    return page(f"Feedback for {row.student}", tag("h1", row.student),
                tag("p", f"{row.points} of {table.of} points", "sub"), *parts,
                tag("p", "To try a file again on the same random cases: minprune grade FILE "
                         f"--seed {table.seed}", "sub"))


def sheet_parts(sheet, assignment):
    """The parts of the page about one assignment."""
    yield tag("h2", f"{assignment.title}: {sheet.points} of {sheet.of} points")
    if sheet.problem is not None:
        yield tag("p", "Your file could not be run, so none of its functions could be tried:")
        yield tag("pre", sheet.problem)
        return
    for mark in sheet.marks:
        yield from mark_parts(mark)


def mark_parts(mark):
    """The parts about one task: what is likely wrong first, then the case that shows it."""
    right = mark.points == mark.of
    sign = f'<b class="{"right" if right else "wrong"}">{"✓" if right else "✗"} {mark.points} of {mark.of}</b>'
    lines = mark.remarks.split("\n")
    alone = f" &nbsp;{escape(lines.pop())}" if right and len(lines) == 1 else ""
    yield wrapped("p", f"{sign} &nbsp;<b>{escape(mark.task)}</b>{alone}", "mark")
    for line in lines:
        if line.startswith(LIKELY):
            yield wrapped("p", f"<b>Most likely:</b> {escape(line[len(LIKELY):])}", "likely")
    if lines:
        yield tag("pre", "\n".join(line for line in lines if not line.startswith(LIKELY)))
