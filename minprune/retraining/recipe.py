"""A recipe: settings of a retraining, and the Cut that it is called with."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..engine.checks import check_count, check_flag, check_real
from ..engine.losses import Loss, find_loss, prepare_pair
from ..engine.network import Network
from ..engine.optimizers import Adam, find_optimizer
from ..pruning.recalibration import take_statistics
from ..training.loop import check_callables, check_patience, fit
from ..training.sample_weights import check_class_weight, weights_of
from .text import as_text


@dataclass(frozen=True, eq=False, repr=False)
class Cut:
    """What a recipe knows of the network that it trains, besides the network itself.

    `original` is the unpruned network, and `keep` {layer: (K,) bool} which of its neurons are left; x, t are the
    training data and `loss` the loss of the run. `number` counts the cuts from 0. `state` is a dict that is empty at
    first: an optimizer state that a recipe leaves in it is cut with the network (`prune_state`), and is there at the
    next cut.
    """

    original: Network
    keep: dict
    x: np.ndarray
    t: np.ndarray
    loss: str | Loss = "cross_entropy"
    number: int = 0
    state: dict = field(default_factory=dict)

    def __repr__(self):
        return as_text(self)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Recipe:
    """Settings of a retraining, called as `recipe(net, cut)`: trains `net` in place and returns the History.

    All settings but `start` and `recalibrate` are those of `fit`; `start` is the epoch at which the optimizer's
    learning-rate schedule is entered: rate(start + e). With `recalibrate` the statistics of batch norm are taken anew
    from the training data before the first epoch (`mp.recalibrate`); with epochs=0 nothing else is done. If `loss` is
    None, the loss of the cut is taken. `validation` and `patience` stop early; hold these samples out of the training
    data, as test data that stopped a training cannot judge it. Each cut draws from a random stream of its own, made of
    the seed and the number of the cut, which differs from the stream of a network or a `fit` of the same seed.
    """

    epochs: int = 5
    optimizer: object = None
    batch_size: int = 32
    seed: int = 0
    augment: Callable | None = None
    validation: tuple | None = None
    patience: int | None = None
    loss: str | Loss | None = None
    start: float = 0.0
    class_weight: object = None
    recalibrate: bool = False

    def __post_init__(self):
        check_count("epochs", self.epochs, least=0)
        check_count("batch_size", self.batch_size)
        check_count("seed", self.seed, least=0)
        check_real("start", self.start, least=0)
        check_callables(augment=self.augment)
        check_flag("recalibrate", self.recalibrate)
        if self.optimizer is not None:
            find_optimizer(self.optimizer)
        if self.loss is not None:
            find_loss(self.loss)
        check_patience(self.patience, self.validation)
        if self.class_weight is not None:
            check_class_weight(self.class_weight)

    def check(self, net, loss):
        """Raise if these settings do not fit the unpruned network, before anything is cut."""
        if self.validation is not None:
            prepare_pair(net, "validation", self.validation, self.own(loss))

    def __call__(self, net, cut):
        self.check(cut.original, cut.loss)
        # [seed, 0] would be the stream of seed itself, by which networks are drawn.
        rng = np.random.default_rng([self.seed, cut.number, 1])
        self.prepare(net, cut, rng)
        if self.recalibrate:
            take_statistics(net, cut.x)
        return self.train(net, cut, rng)

    def prepare(self, net, cut, rng):
        """Give `net` the weights that the training starts from."""

    def train(self, net, cut, rng, **changed):
        """Call `fit` with these settings; those in `changed` come in place of them."""
        settings = dict(loss=self.own(cut.loss), optimizer=self.entered(), epochs=self.epochs,
                        batch_size=self.batch_size, augment=self.augment, validation=self.validation,
                        patience=self.patience, sample_weight=self.weights(net, cut), progress=False)
        return fit(net, **{"x": cut.x, "t": cut.t, "seed": rng, **settings, **changed})

    def own(self, loss):
        """The recipe's own loss; that of the run if it has none."""
        return loss if self.loss is None else self.loss

    def weights(self, net, cut):
        """(N,) what each sample counts, by its class; None where all count the same."""
        if self.class_weight is None:
            return None
        t = find_loss(self.own(cut.loss)).prepare(cut.t, net.output_shape)
        return weights_of(t, self.class_weight, None)

    def entered(self):
        """The optimizer with its learning-rate schedule entered at `start`."""
        optimizer = Adam() if self.optimizer is None else find_optimizer(self.optimizer)
        if self.start == 0:
            return optimizer
        later = copy.copy(optimizer)
        later.rate = Later(optimizer.rate, self.start)
        return later

    def __repr__(self):
        return as_text(self)


@dataclass(frozen=True)
class Later:
    """rate′(e) = rate(start + e)."""

    rate: Callable
    start: float

    def __call__(self, epoch):
        return self.rate(self.start + epoch)


def check_retraining(retrain, net, loss):
    """Raise unless `retrain` can be called as retrain(net, cut), and a recipe's settings fit the unpruned network."""
    check_callables(retrain=retrain)
    if isinstance(retrain, type):
        raise TypeError(f"retrain expects a recipe such as FineTune(epochs=5), got the class {retrain.__name__}")
    if isinstance(retrain, Recipe):
        retrain.check(net, loss)
