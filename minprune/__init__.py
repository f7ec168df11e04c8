"""minprune: neuron pruning by importance scores, in NumPy, small enough to read."""

__version__ = "0.1.0"

from .engine.activations import ACTIVATIONS
from .engine.conv2d import Conv2D
from .engine.dense import Dense
from .engine.dropout import Dropout
from .engine.finite_differences import finite_difference
from .engine.gradient_check import check_gradients
from .engine.layer import Flatten
from .engine.losses import LOSSES, one_hot
from .engine.network import Network
from .engine.optimizers import SGD, Adam
from .engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from .engine.residual import Residual
from .engine import schedules
from . import datasets, models, scores
from .training import History, fit
from .recording import record, stream
from .scores import score
from .decisions import decide
from .pruning import mask, prune
from .evaluation import Comparison, Evaluation, compare, evaluate

# What most programs do without is imported when it is first asked for: `import minprune` takes little more than NumPy.
LATER = {
    "augmentation": ("Chain", "Noise", "Shift"),
    "distillation": ("distillation_loss", "teach"),
    "regularisation": ("GroupLasso", "L1BatchNorm"),
    "compensation": ("fold_means", "merge", "reconstruct"),
    "connections": ("decide_connections", "keep_masked", "mask_connections", "n_of_m", "score_connections"),
    "sparse": ("load_sparse", "save_sparse"),
    "quantisation": ("compare_bits", "quantise", "quantised_bytes"),
    "budgets": ("decide_within",),
    "scans": ("scan",),
    "tickets": ("find_tickets",),
    "recipes": ("Cut", "Distil", "FineTune", "FromScratch", "Reinitialise", "Rewind", "RewindRate", "prune_state"),
    "checkpoints": (),
    "retraining": ("Step", "prune_iteratively"),
    "search": ("search_strategies",),
    "experiments": ("Method", "experiment"),
    "plots": (),
    "verification": ("Verdict", "grade", "verify"),
}
MODULE_OF = {name: module for module, names in LATER.items() for name in (module, *names)}


def __getattr__(name):
    """A module of LATER, or what it has."""
    if name not in MODULE_OF:
        raise AttributeError(f"module 'minprune' has no attribute {name!r}")
    import importlib
    module = importlib.import_module(f".{MODULE_OF[name]}", __name__)
    return module if name == MODULE_OF[name] else getattr(module, name)


def __dir__():
    return sorted({*globals(), *MODULE_OF})
