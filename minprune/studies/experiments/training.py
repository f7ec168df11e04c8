"""Training: how the unpruned networks of an experiment are made, each from the data and the weights of its seed."""

from collections.abc import Callable
from dataclasses import dataclass

from ... import datasets
from ...engine.checks import check_count, check_finite, check_known, check_list, check_real
from ...engine.losses import prepare_samples
from ...engine.models import MODELS
from ...engine.origin import built_alike
from ...retraining.recipes import FineTune
from ..common import build, default_loss, default_model, make_optimizer


@dataclass(frozen=True)
class Training:
    """The data (a name, a path or a Dataset), the model (a name, a function or None), and what `fit` takes."""

    data: object
    model: str | Callable | None
    epochs: int
    rate: float
    batch_size: int
    dtype: str

    trained = False                 # whether `build` returns networks that have been trained

    def load(self, seed):
        """The Dataset, split by the seed unless it is one already."""
        return self.data if hasattr(self.data, "x_train") else datasets.load(self.data, seed=seed)

    def build(self, seed):
        """The (network, loss) of a seed, not trained yet."""
        return build(self.load(seed), self.model, seed, self.dtype)

    def settings(self, seed):
        """{name: value} of all that the unpruned network of a seed depends on."""
        return {**vars(self), "data": self.load(seed), "seed": seed}

    def optimizer(self, epochs):
        return make_optimizer(self.rate, epochs)

    def fine_tuning(self, epochs):
        """FineTune for so many epochs, trained as the unpruned networks are."""
        return FineTune(epochs=epochs, optimizer=self.optimizer(epochs), batch_size=self.batch_size)

    def model_name(self, seed):
        model = self.model or default_model(self.load(seed))
        return model if isinstance(model, str) else getattr(model, "__name__", type(model).__name__)


@dataclass(frozen=True)
class Trained(Training):
    """Networks that somebody has trained, on the training data of this Dataset: seed number s stands for networks[s].

    The other settings are those of the retraining, and of the control that is trained from scratch.
    """

    networks: tuple = ()

    trained = True

    def build(self, seed):
        return self.networks[seed].copy(), default_loss(self.data)

    def settings(self, seed):
        settings = {**super().settings(seed), "network": self.networks[seed]}
        del settings["networks"]                # those of the other seeds do not matter
        return settings

    def model_name(self, seed):
        return "trained by you,"


def check_training(data, model, epochs, rate, batch_size, dtype, networks=None):
    """The Training; raises for what does not fit (the data and the dtype are checked where they are used)."""
    if model is not None and not callable(model):
        check_known("model", model, MODELS)
    settings = [check_count("epochs", epochs), check_real("rate", rate, above=0), check_count("batch_size", batch_size)]
    if networks is None:
        return Training(data, model, *settings, dtype)
    if model is not None:
        raise ValueError("model and networks were both given: networks that are trained already have theirs")
    networks = check_networks(networks, data)
    return Trained(data, None, *settings, networks[0].dtype.name, networks)


def check_networks(networks, data):
    """The networks as a tuple; raises unless they fit the Dataset that they were trained on, and are all alike."""
    networks = tuple(check_list("networks", networks, "of trained networks"))
    if not networks:
        raise ValueError("networks expects at least one network, got none")
    if not hasattr(data, "x_train"):
        raise TypeError("networks that are trained already need data=… as the Dataset that they were trained on: "
                        f"another split would test them on samples that they have learned; got data={data!r}")
    for net in networks:
        check_finite(net)
        prepare_samples(net, data.x_train, data.t_train, default_loss(data))
        if not built_alike(net, networks[0]):
            raise ValueError(f"networks expects networks of one architecture, got {networks[0]!r} and {net!r}")
    return networks
