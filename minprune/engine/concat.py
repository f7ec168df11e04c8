"""Concat: branches that read the same input, their outputs side by side."""

import itertools

import numpy as np

from .layer import NO_KINKS, Layer, LayerTrace, flat
from .network import build, check_layers, run, run_back, run_from, run_tangent
from .registry import as_layer, described, register_layer

MOST = 1 << 20                  # channels side by side: each is followed by itself to find who reads whom


@register_layer
class Concat(Layer):
    """o = [branch_1(x), branch_2(x), …], side by side along the last axis: channels of images, features of vectors.

    Each branch is a list of layers; an empty list passes x on, as in a DenseNet, `Concat([[], [Conv2D(8, 3, …)]])`.
    The layers inside are the network's layers as all others, named branch after branch. A neuron of a branch is read by
    who reads its place in o. ValueError where the branches' images differ in height or width. Szegedy et al., "Going
    Deeper with Convolutions", CVPR 2015, arXiv:1409.4842; Huang et al., "Densely Connected Convolutional Networks",
    CVPR 2017, arXiv:1608.06993 (the ideas; neither was needed for a formula).
    """

    prefix = "concat"

    def __init__(self, branches):
        if not isinstance(branches, (list, tuple)) or len(branches) < 2:
            raise ValueError(f"Concat expects a list of two branches or more, each a list of layers, got {branches!r}")
        self.branches = [checked_branch(place, branch) for place, branch in enumerate(branches)]
        self.paths, self.counts = (), {}

    def settings(self):
        return {"branches": [[described(layer) for layer in branch] for branch in self.branches]}

    def again(self):
        """The same as a new one, its layers made again as well."""
        return Concat([[layer.again() for layer in branch] for branch in self.branches])

    def take_name(self, counts):
        super().take_name(counts)
        self.counts = counts

    def build(self, input_shape, rng, dtype):
        """Build branch after branch, for the same input."""
        self.input_shape = tuple(input_shape)
        self.paths = tuple(build(branch, self.input_shape, rng, dtype, self.counts) for branch in self.branches)
        self.branches = [list(path.values()) for path in self.paths]
        self.output_shape = self.shape_of([output_shape(branch, self.input_shape) for branch in self.branches])

    def shape_of(self, shapes):
        """The shape of outputs of these shapes side by side."""
        if sum(shape[-1] for shape in shapes) > MOST:
            raise self.cannot_fit(f"its {len(shapes)} branches make {sum(shape[-1] for shape in shapes):,} channels, "
                                  f"more than {MOST:,}")
        if len({shape[:-1] for shape in shapes}) > 1:
            raise self.cannot_fit(f"its branches make {', '.join(map(str, shapes))}, which differ in more than their "
                                  "last number")
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    @property
    def inside(self):
        return {name: layer for path in self.paths for name, layer in path.items()}

    def nested(self, settings):
        """The settings of the layers inside, in the order of `inside`."""
        return list(itertools.chain(*settings["branches"]))

    # --- a path without layers is the input itself

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        outputs, traces = zip(*(run(path, x, training, rng) for path in self.paths))
        return LayerTrace(x, np.concatenate(outputs, axis=-1), inside={name: trace for inside in traces
                                                                       for name, trace in inside.items()})

    def forward_from(self, name, o, traces):
        """(o of all, the traces) when layer `name` inside puts out o; the other branches are as in `traces`."""
        outputs, seen = [], {}
        for path in self.paths:
            if name in flat(path):
                part, seen = run_from(path, name, o, traces)
            else:
                part = traces[list(path)[-1]].o if path else traces[self.name].x
            outputs.append(part)
        whole = np.concatenate(outputs, axis=-1)
        return whole, {**seen, self.name: LayerTrace(traces[self.name].x, whole, inside=seen)}

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = Σ_branches ∂ℓ/∂o_branch · ∂o_branch/∂x: each branch gets its own part of ∂ℓ/∂o."""
        trace.do = do
        dx = [run_back(path, trace.inside, part, need_dx, need_grads)
              for path, part in zip(self.paths, self.parted(do))]
        return sum(dx[1:], start=dx[0]) if need_dx else None

    def parted(self, do):
        """What each path gets of ∂ℓ/∂o: its own channels."""
        ends = np.cumsum([output_shape(branch, self.input_shape)[-1] for branch in self.branches])[:-1]
        return [np.ascontiguousarray(part) for part in np.split(do, ends, axis=-1)]

    def tangent(self, trace, dx):
        return np.concatenate([run_tangent(path, trace.inside, dx) for path in self.paths], axis=-1)

    def kinks(self, trace):
        """Those of the layers inside are theirs."""
        return NO_KINKS

    def multiply_adds(self):
        return sum(layer.multiply_adds() for layer in self.inside.values())

    def formula(self):
        """In words: "[x, conv2(conv1(x))]"."""
        terms = []
        for path in self.paths:
            term = "x"
            for name in path:
                term = f"{name}({term})"
            terms.append(term)
        return f"[{', '.join(terms)}]"

    def __repr__(self):
        return f"Concat({self.branches!r})"


def checked_branch(place, branch):
    """The branch as a list of layers; raise unless it is one, or an empty list."""
    if isinstance(branch, (list, tuple)) and not branch:
        return []
    if isinstance(branch, Layer):
        raise TypeError(f"Concat expects a list of layers for each branch, got {branch!r} for branch {place}")
    return [layer if isinstance(layer, Layer) else as_layer(layer) for layer in check_layers(branch, (Layer, dict))]


def output_shape(branch, input_shape):
    return branch[-1].output_shape if branch else input_shape
