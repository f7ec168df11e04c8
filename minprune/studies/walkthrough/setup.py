"""The setup of a walkthrough: the user's choices, and the data, network, loss and schedule that they stand for."""

from dataclasses import dataclass

import numpy as np

from ... import datasets
from ...datasets.dataset import Dataset
from ...decisions.rules import decide
from ...engine.checks import check_known
from ...engine.network import Network
from ...retraining.schedules import linear
from ...scoring.catalogue import CATALOGUE, takes_blocks
from ...training.loop import fit
from ..common import build, make_optimizer


@dataclass(frozen=True)
class Settings:
    """The choices of a walkthrough.

    data      what `datasets.load` takes: a name, a path, or a Source with options
    model     a name (mp.models.MODELS), by default cnn for images, else mlp
    score     the neurons that score lowest go: `remove` is the share of all that is gone after the last of `steps`
    epochs    of training; retrain: epochs of retraining after each step
    rate      Adam's learning rate at the start, which falls to 0; batch_size, dtype and seed are of the training, too
    curve     adds what would have become of 0, 10, … 90 % removed; out: the folder for the results
    """

    data: str | datasets.Source = "digits"
    model: str | None = None
    score: str = "taylor"
    scope: str = "global"
    remove: float = 0.5
    steps: int = 1
    epochs: int = 20
    retrain: int = 10
    rate: float = 2e-3
    batch_size: int = 32
    dtype: str = "float64"
    seed: int = 0
    curve: bool = True
    out: str = "minprune-run"


@dataclass(frozen=True)
class Setup:
    """What the six steps work on."""

    settings: Settings
    data: Dataset
    net: Network
    loss: str
    schedule: list

    def train(self):
        """Train the network, and measure it on the test data after each epoch; return the History."""
        settings, data = self.settings, self.data
        return fit(self.net, data.x_train, data.t_train, self.loss, make_optimizer(settings.rate, settings.epochs),
                   settings.epochs, settings.batch_size, seed=settings.seed, validation=(data.x_test, data.t_test))

    def retrain(self, net, cut=None):
        """Train what a cut has left; each step shuffles by a seed of its own."""
        settings, data = self.settings, self.data
        number = 0 if cut is None else cut.number
        return fit(net, data.x_train, data.t_train, self.loss, make_optimizer(settings.rate, settings.retrain),
                   settings.retrain, settings.batch_size, seed=settings.seed + 1 + number, progress=False)


def prepare(settings):
    """The Setup; raises what is wrong with the settings."""
    check_known("score", settings.score, CATALOGUE)
    data = datasets.load(settings.data, seed=settings.seed)
    schedule = linear(settings.remove, settings.steps)
    net, loss = build(data, settings.model, settings.seed, settings.dtype)
    if not takes_blocks(CATALOGUE[settings.score]):
        net.check_chain(f'score "{settings.score}"')
    ranked = {name: np.arange(float(net[name].K)) for name in net.hidden_layers}
    decide(ranked, remove=settings.remove, scope=settings.scope)         # raises if that many cannot go
    return Setup(settings, data, net, loss, schedule)
