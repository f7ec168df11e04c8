"""Recipes: how a network that has just been cut learns again."""

import copy
import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..training.distillation import check_teacher, distillation_loss, teach
from ..engine.checks import check_count, check_known, check_real
from ..engine.losses import Loss, find_loss, prepare_pair
from ..engine.network import Network
from ..engine.optimizers import Adam
from ..engine.size import multiply_adds
from ..pruning.surgery import prune
from ..training.loop import check_callables, check_optimizer, fit


@dataclass(frozen=True, eq=False, repr=False)
class Cut:
    """What a recipe is told of the network that it is given, besides the network itself.

    `original` is the unpruned network and `keep` who of its neurons are left, {layer: (K,) bool}; x, t the training
    data and `loss` what they were trained by. `number` counts the cuts from 0. `state` is a dict that is empty at
    first: an optimizer state that is left in it is cut with the network (`prune_state`), and is there at the next cut.
    """

    original: Network
    keep: dict
    x: np.ndarray
    t: np.ndarray
    loss: str | Loss = "cross_entropy"
    number: int = 0
    state: dict = field(default_factory=dict)

    def __repr__(self):
        return told(self)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Recipe:
    """Settings of a retraining, called as `recipe(net, cut)`: trains `net` in place and returns the History.

    All but `start` are those of `fit`; it is the epoch at which the optimizer's learning-rate schedule is entered:
    rate(start + e). `loss` None is the one of the cut. `validation` and `patience` stop early; hold these samples out
    of the training data, as test data that stopped a training cannot judge it. Each cut draws from a stream of its own,
    made of the seed and the number of the cut, which is not that of a network or a `fit` of the same seed.
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

    def __post_init__(self):
        check_count("epochs", self.epochs, least=0)
        check_count("batch_size", self.batch_size)
        check_count("seed", self.seed, least=0)
        check_real("start", self.start, least=0)
        check_callables(augment=self.augment)
        if self.optimizer is not None:
            check_optimizer(self.optimizer)
        if self.loss is not None:
            find_loss(self.loss)
        if self.patience is not None:
            check_count("patience", self.patience)
            if self.validation is None:
                raise ValueError("patience needs validation data: give validation=(x, t)")

    def check(self, net, loss):
        """Raise what is wrong with these settings for the unpruned network, before anything is cut."""
        if self.validation is not None:
            prepare_pair(net, "validation", self.validation, self.loss or loss)

    def __call__(self, net, cut):
        self.check(cut.original, cut.loss)
        rng = np.random.default_rng([self.seed, cut.number, 1])     # [seed, 0] is seed: what networks are drawn by
        self.prepare(net, cut, rng)
        return self.train(net, cut, rng)

    def prepare(self, net, cut, rng):
        """Give `net` the weights that the training starts from."""

    def train(self, net, cut, rng, **changed):
        """`fit` with these settings."""
        settings = dict(loss=self.loss or cut.loss, optimizer=self.entered(), epochs=self.epochs,
                        batch_size=self.batch_size, augment=self.augment, validation=self.validation,
                        patience=self.patience, progress=False)
        return fit(net, **{"x": cut.x, "t": cut.t, "seed": rng, **settings, **changed})

    def entered(self):
        """The optimizer with its learning-rate schedule entered at `start`."""
        optimizer = Adam() if self.optimizer is None else self.optimizer
        if self.start == 0:
            return optimizer
        later = copy.copy(optimizer)
        later.rate = Later(optimizer.rate, self.start)
        return later

    def __repr__(self):
        return told(self)


@dataclass(frozen=True)
class Later:
    """rate′(e) = rate(start + e)."""

    rate: Callable
    start: float

    def __call__(self, epoch):
        return self.rate(self.start + epoch)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FineTune(Recipe):
    """Train on from the weights that the cut left, as a rule with a small learning rate.

    `keep_state` goes on with the optimizer's state of the neurons that are left, from cut to cut, instead of starting
    it anew each time.
    """

    keep_state: bool = False

    def train(self, net, cut, rng):
        if not self.keep_state:
            return super().train(net, cut, rng)
        if not cut.state:
            cut.state.update(self.entered().start(net.parameters()))
        return super().train(net, cut, rng, state=cut.state)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RewindRate(Recipe):
    """Learning-rate rewinding: the weights stay as the cut left them, the learning rate goes back to epoch `start`.

    `optimizer` is that of the original training with its schedule, `epochs` what was left of it: of 20 epochs, trained
    by Adam(cosine(1e-3, 20)), start=5 and epochs=15 repeat the last three quarters.
    Renda, Frankle & Carbin, ICLR 2020, arXiv:2003.02389.
    """


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Rewind(Recipe):
    """Weight rewinding: who is left goes back to the weights it had in `snapshot`, and trains again from there.

    `snapshot` is a copy of the unpruned network taken early in its training (`net.copy()` after epoch `start`);
    taken before training, and with start=0, the survivors are the neurons' lottery ticket. All arrays are rewound,
    running statistics as well; the learning-rate schedule is entered at `start`, as in `RewindRate`.
    Frankle, Dziugaite, Roy & Carbin, 2019, arXiv:1903.01611; Renda, Frankle & Carbin, ICLR 2020, arXiv:2003.02389.
    """

    snapshot: Network = field(kw_only=False)

    def __post_init__(self):
        super().__post_init__()
        check_snapshot(self.snapshot)

    def check(self, net, loss):
        super().check(net, loss)
        if self.snapshot.settings() != net.settings():
            raise ValueError("snapshot expects an earlier copy of the unpruned network, "
                             f"{shape_of(net)}, got {shape_of(self.snapshot)}")

    def prepare(self, net, cut, rng):
        net.fill(prune(self.snapshot, cut.keep).arrays())


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FromScratch(Recipe):
    """The control: a new network of the pruned size, with random weights, that never saw the unpruned one.

    budget="epochs" trains `epochs` (Scratch-E, if these are the epochs of the unpruned network's training);
    "multiply_adds" trains as many more as cost the same: epochs · multiply-adds(original) / multiply-adds(net),
    rounded (Scratch-B). A schedule of learning rates is not stretched with them.
    Liu, Sun, Zhou, Huang & Darrell, "Rethinking the Value of Network Pruning", ICLR 2019, arXiv:1810.05270.
    """

    budget: str = "epochs"

    def __post_init__(self):
        super().__post_init__()
        check_known("budget", self.budget, ["epochs", "multiply_adds"])

    def prepare(self, net, cut, rng):
        net.fill(fresh(net, rng).arrays())

    def train(self, net, cut, rng):
        cheaper = 1 if self.budget == "epochs" else multiply_adds(cut.original) / multiply_adds(net)
        return super().train(net, cut, rng, epochs=round(self.epochs * cheaper))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reinitialise(Recipe):
    """The lottery ticket's control: who is left keeps its place, and gets new random weights.

    Drawn for the unpruned network and then cut, so that they are as large as the first ones were; `FromScratch` draws
    for the pruned size, whose fewer inputs ask for larger weights.
    Frankle & Carbin, "The Lottery Ticket Hypothesis", ICLR 2019, arXiv:1803.03635 (there for single weights).
    """

    def prepare(self, net, cut, rng):
        net.fill(prune(fresh(cut.original, rng), cut.keep).arrays())


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Distil(Recipe):
    """Train on from the weights that the cut left, towards what a teacher answers: `distillation_loss`.

    `teacher` None is the unpruned network. With `augment` it answers the plain samples, and the network learns to
    answer the augmented ones alike. Losses in the History are those of the distillation.
    Hinton, Vinyals & Dean, 2015, arXiv:1503.02531.
    """

    teacher: Network | None = None
    temperature: float = 4.0
    weight: float = 0.9

    def __post_init__(self):
        super().__post_init__()
        distillation_loss(self.temperature, self.weight, "mse" if self.loss is None else self.loss)
        if self.teacher is not None:
            check_teacher(self.teacher)

    def check(self, net, loss):
        super().check(net, loss)
        distillation_loss(self.temperature, self.weight, self.loss or loss)
        for what in ("input_shape", "output_shape"):
            own, other = getattr(net, what), getattr(self.teacher or net, what)
            if own != other:
                raise ValueError(f"teacher expects {what} {own}, that of the network it is to teach, got {other}")

    def train(self, net, cut, rng):
        teacher, base = self.teacher or cut.original, self.loss or cut.loss
        validation = self.validation and (self.validation[0], teach(teacher, *self.validation, base))
        return super().train(net, cut, rng, t=teach(teacher, cut.x, cut.t, base), validation=validation,
                             loss=distillation_loss(self.temperature, self.weight, base))


# ------------------------------------------------------------------------------- what they are made of


def fresh(net, rng):
    """A network like `net` with new random weights (and no masks)."""
    return Network(net.input_shape, list(net.layers.values()), seed=rng, dtype=net.dtype)


def prune_state(state, net, keep):
    """Return an optimizer's state without the neurons that go, for the parameters of `prune(net, keep)`.

    Each {parameter name: array} in it (momentum's v, Adam's m and v) is cut exactly as `prune` cuts the parameters;
    all else (the number of steps) is copied. A pruned network that trains on with it takes the steps that the masked
    one takes. `net` and `state` are not changed. Raises as `prune`, and ValueError for a state of another network.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"state expects a dict as an optimizer's start makes it, got {type(state).__name__}")
    return {key: prune_arrays(value, net, keep) if isinstance(value, Mapping) else copy.deepcopy(value)
            for key, value in state.items()}


def prune_arrays(arrays, net, keep):
    """Arrays named and shaped as parameters of `net`, cut as these are: a network is filled with them, and pruned."""
    holder = net.copy()
    try:
        holder.fill({**net.arrays(), **arrays})
    except ValueError as error:
        raise ValueError(f"the state is of another network: {error}") from None
    cut = prune(holder, keep).parameters()
    return {name: cut[name] for name in arrays}


# ------------------------------------------------------------------------------- checking and telling


def check_retraining(retrain, net, loss):
    """Raise unless `retrain` can be called as retrain(net, cut), and a recipe's settings fit the unpruned network."""
    check_callables(retrain=retrain)
    if isinstance(retrain, type):
        raise TypeError(f"retrain expects a recipe such as FineTune(epochs=5), got the class {retrain.__name__}")
    if isinstance(retrain, Recipe):
        retrain.check(net, loss)


def check_snapshot(snapshot):
    if not hasattr(snapshot, "hidden_layers"):
        raise TypeError(f"snapshot expects a Network, a copy from early in the training, got {type(snapshot).__name__}")


def shape_of(net):
    neurons = " - ".join(f"{name} {net[name].K}" for name in net.neuron_layers)
    return f"{net.input_shape} → {neurons} in {net.dtype}"


def told(value):
    """A repr that says all settings, of nested ones, too; arrays and networks by their shapes."""
    if dataclasses.is_dataclass(value) or type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__"):
        return f"{type(value).__name__}({', '.join(f'{key}={told(one)}' for key, one in vars(value).items())})"
    if isinstance(value, Loss):
        return f"loss {value.name}"
    if isinstance(value, tuple):
        return f"({', '.join(map(told, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {told(one)}' for key, one in value.items())}}}"
    if hasattr(value, "hidden_layers"):
        return f"Network({shape_of(value)})"
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype} {value.shape}"
    if isinstance(value, functools.partial):
        return f"{value.func.__name__}({', '.join(f'{key}={told(one)}' for key, one in value.keywords.items())})"
    return told_function(value) if hasattr(value, "__code__") else repr(value)


def told_function(function):
    """Its name, and what it closes over: the learning rate of an optimizer may be such a function."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    outer, _, name = function.__qualname__.rpartition(".<locals>.")
    inside = ", ".join(f"{key}={told(cell.cell_contents)}" for key, cell in cells.items())
    return (outer if outer and name == "<lambda>" else name) + f"({inside})" * bool(cells)
