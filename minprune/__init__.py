"""minprune: neuron pruning by importance scores, in NumPy, small enough to read."""

__version__ = "0.1.0"

from .engine.activation_layer import ActivationLayer
from .engine.activations import ACTIVATIONS, Activation
from .engine.batch_norm_layer import BatchNorm
from .engine.concat import Concat
from .engine.conv2d import Conv2D
from .engine.dense import Dense
from .engine.dropout import Dropout
from .engine.finite_differences import finite_difference
from .engine.gradient_check import check_gradients
from .engine.facts import NotSaid
from .engine.layer import NO_KINKS, Layer, LayerTrace, NeuronLayer
from .engine.losses import LOSSES, Loss, one_hot
from .engine.network import Network
from .engine.optimizers import SGD, Adam
from .engine.pooling import AvgPool2D, Flatten, GlobalAvgPool2D, MaxPool2D
from .engine.registry import KINDS, register_layer
from .engine.residual import Residual
from .engine import models, schedules
from . import scores
from .training import History, TrainingState, fit
from .recording import record, stream
from .scoring import score
from .decisions import decide
from .pruning import mask, prune

# What most programs do without is imported when it is first asked for: `import minprune` takes little more than NumPy.
# {name: the module that has it}; a name without a dot is a room, `mp.plots`.
LATER = {name: module for module, names in {
    "datasets": ("datasets",),
    "evaluation": ("evaluation", "Comparison", "Damage", "Evaluation", "Explanation", "compare", "damage", "evaluate",
                   "explain"),
    "training.augmentation": ("Chain", "Noise", "Shift"),
    "training.distillation": ("distillation_loss", "teach"),
    "training.regularisation": ("GroupLasso", "L1BatchNorm"),
    "pruning.compensation": ("fold_means", "merge", "reconstruct"),
    "pruning.blocks": ("mask_blocks", "remove_blocks"),
    "pruning.recalibration": ("recalibrate",),
    "retraining": ("retraining", "Cut", "Distil", "FineTune", "FromScratch", "GrowingL2", "GrowingSelection",
                   "Reinitialise", "Rewind", "RewindRate", "SoftPruning", "Step", "dense_sparse_dense",
                   "prune_iteratively", "prune_state", "regrow"),
    "strategies": ("strategies", "decide_tolerating", "decide_within", "scan", "search_strategies"),
    "connections": ("connections", "compare_bits", "decide_connections", "find_tickets", "keep_masked", "load_sparse",
                    "mask_connections", "n_of_m", "quantise", "quantised_bytes", "save_sparse", "score_connections"),
    "plots": ("plots",),
    "verification": ("verification", "Verdict", "Where", "verify"),
    "grading": ("grading", "grade"),
    "studies.experiments": ("Method", "experiment"),
}.items() for name in names}


def __getattr__(name):
    """What LATER has, imported now; or a registered layer class."""
    if name in KINDS and name not in LATER:
        return KINDS[name]
    if name not in LATER:
        raise AttributeError(f"module 'minprune' has no attribute {name!r}")
    import importlib
    module = importlib.import_module(f".{LATER[name]}", __name__)
    globals()[name] = module if name == LATER[name] else getattr(module, name)      # looked up once
    return globals()[name]


def __dir__():
    return sorted({*globals(), *LATER, *KINDS})
