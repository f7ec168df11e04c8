"""Results: the records of an experiment, as means and deviations over the seeds, and as a table."""

from dataclasses import dataclass

from ..common import json_values, mean_sd, plus_minus


@dataclass(frozen=True)
class Results:
    """What an experiment came to. `print` it for the table; `to_dict()` gives the same for JSON.

    `records` hold one network each: method, fraction, seed, loss and accuracy on the test data (and `cut_` ones, after
    the last cut and before its retraining; None where new weights are drawn), neurons, parameters, multiply_adds,
    seconds. `unpruned` are those of the networks as they were.
    `measured` {(method, fraction): how many times as fast} is the latency of the first seed's networks.
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

        compression = parameters before / after; speedup = multiply-adds before / after; measured, the same of the
        time of a forward pass.
        """
        groups = {}
        for record in self.records:
            groups.setdefault((record["method"], record["fraction"]), []).append(record)
        return [self.row(*group, records) for group, records in groups.items()]

    def row(self, method, fraction, records):
        before = {record["seed"]: record for record in self.unpruned}
        cut = [record[f"cut_{self.kind}"] for record in records]

        def ratio(size):
            return mean_sd([before[record["seed"]][size] / record[size] for record in records])

        return {"method": method, "fraction": fraction, "networks": len(records),
                self.kind: mean_sd([float(record[self.kind]) for record in records]),    # "inf" in a log is text
                "cut": mean_sd([float(value) for value in cut if value is not None]),
                "compression": ratio("parameters"), "speedup": ratio("multiply_adds"),
                "measured": self.measured.get((method, fraction))}

    def to_dict(self):
        measured = [{"method": method, "fraction": fraction, "times": times}
                    for (method, fraction), times in self.measured.items()]
        return json_values({"settings": self.settings, "unpruned": self.unpruned, "records": self.records,
                            "measured": measured, "rows": self.rows()})

    def __str__(self):
        return table(self)


# --------------------------------------------------------------------------------------- texts


def about(results):
    """What the table and the figures are of: data, network, seeds."""
    settings = results.settings
    count = len(settings["seeds"])
    return f"{settings['data']}, {settings['model']}, {count} seed{'' if count == 1 else 's'}"


def table(results):
    """Aligned plain text: at each fraction the methods, best first."""
    kind, rows = results.kind, results.rows()
    form = "{:.2%}" if kind == "accuracy" else "{:.4f}"
    width = max(len("method"), *(len(row["method"]) for row in rows)) + 2
    lines = [f"{about(results)}; test {kind}, mean ± standard deviation",
             f"unpruned: {plus_minus(results.whole, form)}",
             f"{'removed':<9}{'method':<{width}}{kind:>18}{'before retraining':>20}{'parameters ÷':>14}"
             f"{'multiply-adds ÷':>17}{'time ÷':>9}"]
    for fraction in results.settings["fractions"]:
        ranked = sorted((row for row in rows if row["fraction"] == fraction), key=lambda row: row[kind][0],
                        reverse=kind == "accuracy")
        lines += [line(row, kind, form, width) for row in ranked]
    return "\n".join(lines)


def line(row, kind, form, width):
    measured = f"{row['measured']:.2f}" if row["measured"] else "-"
    return (f"{row['fraction']:<9.0%}{row['method']:<{width}}{plus_minus(row[kind], form):>18}"
            f"{plus_minus(row['cut'], form):>20}{row['compression'][0]:>14.2f}{row['speedup'][0]:>17.2f}{measured:>9}")
