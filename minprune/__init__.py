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
from .augmentation import Chain, Noise, Shift
from .distillation import distillation_loss, teach
from .regularisation import GroupLasso, L1BatchNorm
from .recording import record, stream
from .scores import score
from .decisions import decide
from .pruning import mask, prune
from .compensation import fold_means, merge, reconstruct
from .connections import decide_connections, keep_masked, mask_connections, n_of_m, score_connections
from .sparse import load_sparse, save_sparse
from .quantisation import compare_bits, quantise, quantised_bytes
from .evaluation import Comparison, Evaluation, compare, evaluate
from .budgets import decide_within
from .scans import scan
from .tickets import find_tickets
from .recipes import Cut, Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate, prune_state
from .retraining import Step, prune_iteratively
from .search import search_strategies

LATER = {"plots": "plots", "experiment": "experiments", "Method": "experiments"}


def __getattr__(name):
    """What draws or starts processes is imported when it is first asked for; `import minprune` need not wait for it."""
    if name not in LATER:
        raise AttributeError(f"module 'minprune' has no attribute {name!r}")
    import importlib
    module = importlib.import_module(f".{LATER[name]}", __name__)
    return module if name == LATER[name] else getattr(module, name)
