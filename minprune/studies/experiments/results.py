"""Results: the records of an experiment, as means and deviations over the seeds, and as a table."""

from dataclasses import dataclass

from ...engine.tables import as_csv, as_html, as_latex, returned_or_written
from ..common import json_values, mean_sd, plus_minus

HEAD = ["removed", "method", "kind", "before retraining", "parameters ÷", "multiply-adds ÷", "time ÷"]
WIDTHS = (18, 20, 14, 17, 21)   # of the columns after removed and method


@dataclass(frozen=True, repr=False)
class Results:
    """What an experiment came to. `print` it for the table; `to_dict()` gives the same for JSON.

    `records` hold one network each: method, fraction, seed, loss and accuracy on the test data (and `cut_` ones, after
    the last cut and before its retraining; None where new weights are drawn), neurons, parameters, multiply_adds,
    seconds. `unpruned` are those of the networks as they were.
    `measured` {(method, fraction): how many times as fast, a Ratio} is the latency of the first seed's networks.
    """

    settings: dict
    unpruned: list
    records: list
    measured: dict

    @property
    def kind(self):
        """What is compared: accuracy, or the loss where the targets are no classes."""
        return "loss" if self.unpruned[0]["accuracy"] is None else "accuracy"

    @property
    def whole(self):
        """(mean, standard deviation) of the unpruned networks' accuracy or loss."""
        return mean_sd([record[self.kind] for record in self.unpruned])

    def rows(self):
        """One dict for each method and fraction, in order; numbers are (mean, standard deviation) over the seeds.

        compression = parameters before / after; speedup = multiply-adds before / after, what it should be; measured,
        the same of the time of a forward pass, what it is: the median ratio, None where it is not measurable.
        """
        groups = {}
        for record in self.records:
            groups.setdefault((record["method"], record["fraction"]), []).append(record)
        return [self.row(*group, records) for group, records in groups.items()]

    def row(self, method, fraction, records):
        before = {record["seed"]: record for record in self.unpruned}
        cut = [record[f"cut_{self.kind}"] for record in records]
        measured = self.measured.get((method, fraction))

        def ratio(size):
            return mean_sd([before[record["seed"]][size] / record[size] for record in records])

        return {"method": method, "fraction": fraction, "networks": len(records),
                self.kind: mean_sd([float(record[self.kind]) for record in records]),    # "inf" in a log is text
                "cut": mean_sd([float(value) for value in cut if value is not None]),
                "compression": ratio("parameters"), "speedup": ratio("multiply_adds"),
                "measured": None if measured is None or measured.problem else measured.median}

    def to_dict(self):
        measured = [{"method": method, "fraction": fraction, "times": ratio.median, **ratio.to_dict()}
                    for (method, fraction), ratio in self.measured.items()]
        return json_values({"settings": self.settings, "unpruned": self.unpruned, "records": self.records,
                            "measured": measured, "rows": self.rows()})

    def to_csv(self, path=None):
        """Return the rows as CSV, plain numbers with a column each for mean and deviation; with a path write it there,
        and return the path."""
        return returned_or_written(as_csv(*numbers_of(self)), path)

    def to_latex(self, path=None):
        """Return the table as a LaTeX `tabular`; with a path write it there, and return the path."""
        return returned_or_written(as_latex(head_of(self), rows_of(self)), path)

    def __str__(self):
        return table(self)

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(head_of(self), rows_of(self), " ".join([about(self), unpruned_text(self), *notes(self)]))


# --------------------------------------------------------------------------------------- numbers


def numbers_of(results):
    """(the head, the rows) of plain numbers, in the order of the records."""
    spread = [results.kind, "cut", "compression", "speedup"]
    names = [results.kind, f"{results.kind}_before_retraining", "parameters_ratio", "multiply_adds_ratio"]
    head = ["method", "fraction", "networks", *(f"{name}{what}" for name in names for what in ("_mean", "_sd")),
            "time_ratio", "time_ratio_low", "time_ratio_high", "time_ratio_problem"]
    rows = []
    for row in results.rows():
        ratio = results.measured.get((row["method"], row["fraction"]))
        times = [None] * 4 if ratio is None else [row["measured"], ratio.low, ratio.high, ratio.problem]
        rows.append([row["method"], row["fraction"], row["networks"],
                     *(number for name in spread for number in row[name]), *times])
    return head, rows


# --------------------------------------------------------------------------------------- texts


def about(results):
    """What the table and the figures are of: data, network, seeds."""
    settings = results.settings
    count = len(settings["seeds"])
    return f"{settings['data']}, {settings['model']}, {count} seed{'' if count == 1 else 's'}"


def unpruned_text(results):
    return f"unpruned: {plus_minus(results.whole, form_of(results))}"


def form_of(results):
    return "{:.2%}" if results.kind == "accuracy" else "{:.4f}"


def table(results):
    """Aligned plain text: at each fraction the methods, best first."""
    head, rows = head_of(results), rows_of(results)
    width = max(len(row[1]) for row in (head, *rows)) + 2
    lines = [f"{about(results)}; test {results.kind}, mean ± standard deviation", unpruned_text(results)]
    for fraction, method, *cells in (head, *rows):
        lines.append(f"{fraction:<9}{method:<{width}}"
                     + "".join(f"{cell:>{wide}}" for cell, wide in zip(cells, WIDTHS)))
    return "\n".join([*lines, *notes(results)])


def head_of(results):
    return [results.kind if name == "kind" else name for name in HEAD]


def rows_of(results):
    """The rows of the table as text: at each fraction the methods, best first."""
    kind, form, rows = results.kind, form_of(results), results.rows()
    ranked = []
    for fraction in results.settings["fractions"]:
        ranked += sorted((row for row in rows if row["fraction"] == fraction), key=lambda row: row[kind][0],
                         reverse=kind == "accuracy")
    return [[f"{row['fraction']:.0%}", row["method"], plus_minus(row[kind], form), plus_minus(row["cut"], form),
             f"{row['compression'][0]:.2f}", f"{row['speedup'][0]:.2f}",
             str(results.measured.get((row["method"], row["fraction"]), "-"))] for row in ranked]


def notes(results):
    """A line below the table where a time is not measurable: why."""
    problems = [ratio.problem for ratio in results.measured.values() if ratio.problem]
    return [f"Where the time is not measurable: {problems[0]}."] if problems else []
