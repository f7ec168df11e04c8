"""Training: how the unpruned networks of an experiment are made, each from the data and the weights of its seed."""

from collections.abc import Callable
from dataclasses import dataclass

from ... import datasets
from ...engine.checks import check_count, check_known, check_real
from ...engine.models import MODELS
from ...retraining.recipes import FineTune
from ..common import build, default_model, make_optimizer


@dataclass(frozen=True)
class Training:
    """The data (a name, a path or a Dataset), the model (a name, a function or None), and what `fit` takes."""

    data: object
    model: str | Callable | None
    epochs: int
    rate: float
    batch_size: int
    dtype: str

    def load(self, seed):
        """The Dataset, split by the seed unless it is one already."""
        return self.data if hasattr(self.data, "x_train") else datasets.load(self.data, seed=seed)

    def build(self, seed):
        """The (network, loss) of a seed, not trained yet."""
        return build(self.load(seed), self.model, seed, self.dtype)

    def optimizer(self, epochs):
        return make_optimizer(self.rate, epochs)

    def fine_tuning(self, epochs):
        """FineTune for so many epochs, trained as the unpruned networks are."""
        return FineTune(epochs=epochs, optimizer=self.optimizer(epochs), batch_size=self.batch_size)

    def model_name(self, seed):
        model = self.model or default_model(self.load(seed))
        return model if isinstance(model, str) else getattr(model, "__name__", type(model).__name__)


def check_training(data, model, epochs, rate, batch_size, dtype):
    """The Training; raises for what does not fit (the data and the dtype are checked where they are used)."""
    if model is not None and not callable(model):
        check_known("model", model, MODELS)
    return Training(data, model, check_count("epochs", epochs), check_real("rate", rate, above=0),
                    check_count("batch_size", batch_size), dtype)
