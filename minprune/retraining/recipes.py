"""Recipes: ways in which a network that has just been cut is trained again."""

from dataclasses import dataclass, field

from ..engine.checks import check_known
from ..engine.network import Network
from ..engine.origin import built_alike
from ..engine.size import multiply_adds
from ..pruning.surgery import prune
from ..training.distillation import check_teacher, distillation_loss, teach
from .recipe import Recipe
from .text import architecture


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FineTune(Recipe):
    """Train on from the weights that the cut left, as a rule with a small learning rate.

    With `keep_state` the optimizer continues from cut to cut with its state of the neurons that are left, instead of
    starting anew each time.
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

    `optimizer` is that of the original training with its schedule, `epochs` what was left of that training: after 20
    epochs by Adam(cosine(1e-3, 20)), start=5 and epochs=15 repeat the last three quarters.
    Renda, Frankle & Carbin, ICLR 2020, arXiv:2003.02389.
    """


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Rewind(Recipe):
    """Weight rewinding: the neurons that are left get back their weights in `snapshot`, and train again from there.

    `snapshot` is a copy of the unpruned network taken early in its training (`net.copy()` after epoch `start`). If it
    is taken before training, with start=0, the neurons that are left are a lottery ticket. All arrays are rewound, also
    running statistics; the learning-rate schedule is entered at `start`, as in `RewindRate`.
    Frankle, Dziugaite, Roy & Carbin, 2019, arXiv:1903.01611; Renda, Frankle & Carbin, ICLR 2020, arXiv:2003.02389.
    """

    snapshot: Network = field(kw_only=False)

    def __post_init__(self):
        super().__post_init__()
        check_snapshot(self.snapshot)

    def check(self, net, loss):
        super().check(net, loss)
        if not built_alike(self.snapshot, net):
            raise ValueError("snapshot expects an earlier copy of the unpruned network, "
                             f"{architecture(net)}, got {architecture(self.snapshot)}")

    def prepare(self, net, cut, rng):
        net.fill(prune(self.snapshot, cut.keep).arrays())


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FromScratch(Recipe):
    """The control: a new network of the pruned size, with random weights, which takes nothing from the unpruned one.

    budget="epochs" trains for `epochs` (Scratch-E, if these are the epochs of the unpruned network's training);
    "multiply_adds" trains for as many epochs as cost the same: epochs · multiply-adds(original) / multiply-adds(net),
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
    """The lottery ticket's control: the neurons that are left get new random weights.

    The weights are drawn for the unpruned network and then cut, so that they are as large as its first weights were;
    `FromScratch` draws for the pruned size, whose fewer inputs need larger weights.
    Frankle & Carbin, "The Lottery Ticket Hypothesis", ICLR 2019, arXiv:1803.03635 (there for single weights).
    """

    def prepare(self, net, cut, rng):
        net.fill(prune(fresh(cut.original, rng), cut.keep).arrays())


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Distil(Recipe):
    """Train on from the weights that the cut left, towards the outputs of a teacher: `distillation_loss`.

    If `teacher` is None, it is the unpruned network. With `augment` the teacher answers the plain samples, and the
    network learns to give the same answers to the augmented ones. Losses in the History are those of the
    distillation.
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
        distillation_loss(self.temperature, self.weight, self.own(loss))
        for shape in ("input_shape", "output_shape"):
            expected, got = getattr(net, shape), getattr(net if self.teacher is None else self.teacher, shape)
            if got != expected:
                raise ValueError(f"teacher expects {shape} {expected}, that of the network it is to teach, got {got}")

    def train(self, net, cut, rng):
        teacher = cut.original if self.teacher is None else self.teacher
        base = self.own(cut.loss)
        validation = None
        if self.validation is not None:
            validation = self.validation[0], teach(teacher, *self.validation, base)
        return super().train(net, cut, rng, t=teach(teacher, cut.x, cut.t, base), validation=validation,
                             loss=distillation_loss(self.temperature, self.weight, base))


def fresh(net, rng):
    """A network like `net` with new random weights (and no masks)."""
    return Network(net.input_shape, list(net.layers.values()), seed=rng, dtype=net.dtype)


def check_snapshot(snapshot):
    """Raise TypeError unless the snapshot is a Network (or behaves like one)."""
    if not hasattr(snapshot, "hidden_layers"):
        raise TypeError(f"snapshot expects a Network, a copy from early in the training, got {type(snapshot).__name__}")
