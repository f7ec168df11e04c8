"""The engine: networks with handwritten backprop whose every neuron can be looked at.

Every file of this folder is imported here, so that each layer class registers itself (`register_layer`): a new file
with a new layer needs no other line, and is found as mp.NAME.
"""

from importlib import import_module
from pkgutil import iter_modules

for file in iter_modules(__path__):
    import_module(f".{file.name}", __name__)
kernels.reuse_freed_memory()                    # noqa: F821  a module that was imported is a name of its package
