"""What released tools compute: for each of their scores one function that gives the numbers the tool prints.

One file a tool, `mp.scores.tools.torch_pruning`, which is imported when it is first asked for. The functions are scores
like any other, `mp.score(net, mp.scores.tools.torch_pruning.taylor, x, t)`, with high = keep; the catalogue does not
list them. Each was compared with the tool itself on twenty random networks; the tests hold recorded numbers. These were
layers one after the other: of neurons that blocks couple, formulas of arrays such as W and W_out see the arrays side by
side, where a tool may count them one by one.
"""

from importlib import import_module

from ...engine.checks import check_known

# {the name as `pip` has it: the file}
TOOLS = {"torch-pruning": "torch_pruning", "torch": "torch_prune", "nni": "nni", "fasterai": "fasterai",
         "model-compression-toolkit": "model_compression_toolkit", "torchao": "torchao", "nncf": "nncf",
         "tensorflow-model-optimization": "tf_mot", "captum": "captum", "zennit": "zennit"}


def __getattr__(name):
    if name not in TOOLS.values():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f".{name}", __name__)


def find_tool(name):
    """The Tool of this name, as `pip` has it; ValueError, naming the nearest, if there is none."""
    check_known("tool", name, TOOLS)
    return import_module(f".{TOOLS[name]}", __name__).TOOL
