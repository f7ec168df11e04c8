"""Records: what was measured of a network, as a line of the log and back, so that a run that was killed can go on."""

from ... import datasets
from ...evaluation.timing import Ratio
from ...retraining.descriptions import describe
from .. import log

USED = ("samples", "epochs", "rate")            # the settings that a measurement depends on, beside data and network


def name_of(net, loss, seed, names, settings):
    """The name in the log of all that the measurement of a network depends on."""
    told = {"net": net, "loss": loss, "seed": seed, "names": list(names),
            "data": datasets.load(settings.data, seed=seed), **{key: getattr(settings, key) for key in USED}}
    return log.name_of(describe("the comparison", told))


def to_record(quality, rows):
    """The record of a network's (loss, accuracy) and of {score: what was measured}."""
    return {"quality": quality, "scores": {name: {**row, "cost": vars(row["cost"])} for name, row in rows.items()}}


def from_record(record):
    """((loss, accuracy), {score: what was measured}) of a record; JSON has infinities and NaN as text."""
    record = numbers(record)
    return record["quality"], {name: {**row, "cost": Ratio(**row["cost"])} for name, row in record["scores"].items()}


def numbers(value):
    """The same with every text a float."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    return float(value) if isinstance(value, str) else value
