"""Residual: a block of layers around which its input goes as well."""

from .conv2d import Conv2D
from .dense import Dense
from .layer import NO_KINKS, Layer, LayerTrace, flat
from .network import build, check_layers, run, run_back, run_from, run_tangent
from .registry import as_layer, described, register_layer


@register_layer
class Residual(Layer):
    """o = x + body(x), the body being `layers` one after the other; o = projection(x) + body(x) where shapes differ.

    `projection` is a layer; if None, and if the body changes the shape, it is one without activation: a
    Conv2D of 1×1 with the stride that the body's output asks for, for vectors a Dense. There is no activation after
    the sum: it belongs to the layers that read it.

    The layers inside are the network's layers as all others, `net["conv2"]`, `trace["conv2"]`, named in the order of
    the body, the projection last. `net["residual1"]` is the block, and `trace["residual1"].o` the sum.
    Neuron i of every layer whose output is added is channel i of the sum: they are one neuron, "conv1+conv3", for
    scores and pruning (see `Network.hidden_layers`). A block may hold blocks.

    ValueError if no projection fits. He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition",
    CVPR 2016, arXiv:1512.03385, equations 1 and 2 (the projection: their option B); there a relu follows the sum, which
    their "Identity Mappings in Deep Residual Networks", ECCV 2016, arXiv:1603.05027, leaves out.
    """

    prefix = "residual"

    def __init__(self, layers, projection=None):
        if not isinstance(projection, (Layer, dict, type(None))):
            raise TypeError(f"projection expects a layer such as mp.Conv2D(8, 1), got {projection!r}")
        self.body = [layer if isinstance(layer, Layer) else as_layer(layer)
                     for layer in check_layers(layers, (Layer, dict))]
        self.projection = as_layer(projection) if isinstance(projection, dict) else projection
        self.paths, self.counts = (), {}

    def settings(self):
        """Plain values, layer in layer; a block that is built tells its projection, so that pruning never drops it."""
        return {"layers": [described(layer) for layer in self.body],
                "projection": None if self.projection is None else described(self.projection)}

    def again(self):
        """The same block as a new one, its layers made again as well."""
        return Residual([layer.again() for layer in self.body], self.projection and self.projection.again())

    def take_name(self, counts):
        super().take_name(counts)
        self.counts = counts

    def build(self, input_shape, rng, dtype):
        """Build the body, then the projection: the two paths whose outputs are added."""
        self.input_shape = tuple(input_shape)
        body = build(self.body, self.input_shape, rng, dtype, self.counts)
        self.body = list(body.values())
        self.output_shape = self.body[-1].output_shape
        if self.projection is None and self.output_shape != self.input_shape:
            self.projection = self.fitting_projection()
        around = build([] if self.projection is None else [self.projection], self.input_shape, rng, dtype, self.counts)
        for layer in around.values():
            if layer.output_shape != self.output_shape:
                raise self.cannot_fit(f"the body makes {self.output_shape} of {self.input_shape}, "
                                      f"the projection {layer.output_shape}")
        self.paths = body, around

    def fitting_projection(self):
        """The simplest layer that makes an input the shape of the body's output."""
        given, made = self.input_shape, self.output_shape
        if len(given) == len(made) == 1:
            return Dense(made[0])
        if len(given) == len(made) == 3:
            for stride in range(1, max(given) + 1):
                if all((size - 1) // stride + 1 == wanted for size, wanted in zip(given[:2], made)):
                    return Conv2D(made[2], 1, stride=stride)
        raise self.cannot_fit(f"the body makes {made} of {given}, and no 1×1 projection does")

    @property
    def inside(self):
        return {name: layer for path in self.paths for name, layer in path.items()}

    def nested(self, settings):
        """The settings of the layers inside, in the order of `inside`; None for a projection that is not there."""
        return [*settings["layers"], settings["projection"]]

    # --- the sum over both paths; a path without layers is the input itself

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        through, around = (run(path, x, training, rng) for path in self.paths)
        return LayerTrace(x, through[0] + around[0], inside={**through[1], **around[1]})

    def forward_from(self, name, o, traces):
        """(the sum, the traces) when layer `name` inside puts out o; the other path is as in `traces`."""
        total, seen = 0, {}
        for path in self.paths:
            if name in flat(path):
                part, seen = run_from(path, name, o, traces)
            else:
                part = traces[list(path)[-1]].o if path else traces[self.name].x
            total = total + part
        return total, {**seen, self.name: LayerTrace(traces[self.name].x, total, inside=seen)}

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = Σ_paths ∂ℓ/∂o · ∂path/∂x: both paths get all of ∂ℓ/∂o."""
        trace.do = do
        through, around = (run_back(path, trace.inside, do, need_dx, need_grads) for path in self.paths)
        return through + around if need_dx else None

    def parted(self, do):
        """What each path gets of ∂ℓ/∂o: all of it."""
        return [do] * len(self.paths)

    def tangent(self, trace, dx):
        """do = Σ_paths (∂path/∂x) dx."""
        through, around = (run_tangent(path, trace.inside, dx) for path in self.paths)
        return through + around

    def kinks(self, trace):
        """Those of the layers inside are theirs; the sum has none."""
        return NO_KINKS

    def multiply_adds(self):
        """Those of the layers inside. The additions are not counted."""
        return sum(layer.multiply_adds() for layer in self.inside.values())

    def formula(self):
        """In words: "x + conv3(conv2(x))"."""
        terms = ["x", "x"]
        for place, path in enumerate(reversed(self.paths)):
            for name in path:
                terms[place] = f"{name}({terms[place]})"
        return " + ".join(terms)

    def __repr__(self):
        projection = "" if self.projection is None else f", projection={self.projection!r}"
        return f"Residual([{', '.join(map(repr, self.body))}]{projection})"
