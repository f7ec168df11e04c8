"""Network: layers one after the other; and the Trace of what happened in a pass."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from . import storage
from .architecture import check_architecture, check_masks
from .channels import channels_read, places_of
from .checks import (as_dtype, batch_shape, check_count, check_dtype, check_known, check_numbers, check_numeric,
                     check_seed, check_shape)
from .coupled import Coupled, CoupledTrace, direct_slopes, series_of
from .coupling import any_leave_together, check_channels, find_units, has_branches, masks_without
from .layer import Layer, LayerTrace, NeuronLayer, flat
from .origin import as_setting, from_setting, origin_of
from .merged import merged
from .registry import as_layer, check_facts, described
from .unit_text import groups_in_words

UNSET = object()                # a seed that draws nothing: all weights stay 0, to be filled


@dataclass
class Trace:
    """The LayerTraces of one pass by layer name, `trace["conv1"].o`, and the network's own ends.

    `x` the network's input, `y` its output, and after a backward pass `dy` = ∂ℓ_n/∂y and `dx` = ∂ℓ_n/∂x
    (None if it was not needed). `training` says which kind of pass it was.
    A recorded trace also has `t`, the targets, and `L`, the loss of each sample. `layers` has all of them, those
    inside a block just before the block.
    """

    x: np.ndarray
    training: bool = False
    y: np.ndarray = None
    dy: np.ndarray = None
    dx: np.ndarray = None
    t: np.ndarray = None
    L: np.ndarray = None
    layers: dict = field(default_factory=dict)
    net: object = field(default=None, repr=False, compare=False)        # whose pass it is
    direct: dict = field(default=None, repr=False, compare=False)

    def __getitem__(self, name):
        """The LayerTrace of a layer, or what coupled layers did, `trace["conv1+conv3"]`."""
        if isinstance(name, str) and name in self.layers:
            return self.layers[name]
        units = {} if self.net is None else self.net.units
        check_known("layer of the trace", name, [*self.layers, *(one for one in units if one not in self.layers)])
        return self.of_unit(units[name])

    def of_unit(self, unit):
        """What the layers of a Unit did, side by side."""
        return CoupledTrace(self.net, unit, self)

    def direct_slopes(self):
        """{layer: ∂ℓ/∂o by way of its readers alone}, see `direct_slopes`; after a backward pass, computed once."""
        if self.direct is None:
            self.direct = {}
            direct_slopes(self.net.layers, self.layers, self.dy, series_of(self.net), self.direct)
        return self.direct

    def grads(self):
        """Return {"conv1.W": Σ_n ∂ℓ_n/∂W, …}: the keys of `net.parameters()`."""
        return {f"{layer}.{name}": grad for layer, trace in self.layers.items()
                for name, grad in trace.grads.items()}

    def __repr__(self):
        return f"Trace of {len(self.x)} samples: {', '.join(self.layers)}"


class Network:
    """y = layerₙ(… layer₂(layer₁(x))).

    `input_shape` is the shape of one sample, (features,) or (height, width, channels). The layers are
    recipes: each is made anew, named by kind and order (conv1, dense2) and built for the shape that reaches
    it; ValueError names the layer that cannot fit. The same seed gives the same weights; a
    float32 network starts from the rounded weights of the float64 one.

    `net["conv1"]` is a layer, `net.layers` all of them by name, `net.hidden_layers` the names of those that
    can be scored and pruned: every Dense and Conv2D but the last, which is the output layer.

    With Residual blocks `net.layers` has the blocks, `net.all_layers` those inside them as well. Neurons that can only
    leave together stand in `net.hidden_layers` as one, scored and pruned together:

        "conv1+conv3"           their outputs are added: neuron i is the i-th of each
        "conv1+conv2"           conv2 is a depthwise convolution of conv1's channels: a channel, and what is made of it
        "conv1+batchnorm1"      a batch norm, or an activation with f(0) ≠ 0, as a layer of its own behind conv1
        "conv1*4"               a convolution with 4 groups reads conv1, or is conv1: neuron i is the i-th of each group

    Such a neuron is silent if its channels are 0 behind all of its layers. `net.groups()` tells them all, also the
    batch norms where several layers with neurons give the name. Those that are added to the network's input or make
    its output cannot be pruned.
    """

    def __init__(self, input_shape, layers, seed=0, dtype="float64"):
        self.input_shape = check_shape(input_shape)
        self.dtype = check_dtype(dtype)
        rng = None if seed is UNSET else check_seed(seed)
        self.layers = build(check_layers(layers), self.input_shape, rng, self.dtype, counts={})
        self.all_layers = flat(self.layers)
        self.output_shape = list(self.layers.values())[-1].output_shape
        self.origins = {}                   # {layer: Origin} of layers that a cut has left
        if not any_leave_together(self.layers):
            self.units                      # known at once; those of blocks take longer and wait until asked for

    @functools.cached_property
    def units(self):
        """{"conv1+conv3": Unit, …}: what is pruned together, see `find_units`."""
        return find_units(self.layers)

    @functools.cached_property
    def has_branches(self):
        """Whether a Concat puts layers side by side, so that a layer reads several of them."""
        return has_branches(self.layers)

    @functools.cached_property
    def channels_read(self):
        """{layer: a channel for each place of the last axis of what it reads: the neurons that are added there}."""
        return channels_read(self.layers, self.input_shape)[0]

    def __getitem__(self, name):
        """A layer, or a view of those that are coupled, `net["conv1+conv3"]`."""
        if isinstance(name, str) and name in self.all_layers:
            return self.all_layers[name]
        check_known("layer", name, [*self.all_layers, *(one for one in self.units if one not in self.all_layers)])
        return Coupled(name, self.units[name], self.all_layers)

    def __contains__(self, name):
        return name in self.all_layers or name in self.units

    def __iter__(self):
        return iter(self.all_layers)

    @property
    def neuron_layers(self):
        """The names of all layers with neurons, the output layer included, in order."""
        return [name for name, layer in self.all_layers.items() if isinstance(layer, NeuronLayer)]

    @property
    def maskable(self):
        """The names of all layers whose outputs a mask can hold at 0."""
        return [name for name, layer in self.all_layers.items() if hasattr(layer, "mask")]

    @property
    def hidden_layers(self):
        """The names of the layers that can be scored and pruned, in order; coupled ones are one, "conv1+conv3"."""
        return list(self.units)

    def is_alone(self, name):
        """Whether hidden layer `name` is one layer by itself."""
        return name in self.all_layers

    @property
    def is_plain(self):
        """Whether each hidden layer is one layer, or several whose outputs are added: nothing else leaves with them."""
        return all(unit.ends == unit.members and unit.in_order for unit in self.units.values())

    @property
    def is_chain(self):
        """Whether there are no blocks: each layer reads the one before it."""
        return not any(layer.paths for layer in self.layers.values())

    def members(self, name):
        """The names of the layers that hidden layer `name` stands for: itself, or those that are coupled.

        Layers without neurons that leave with them are not among these: see `units`.
        """
        check_known("hidden layer", name, self.units)
        return list(self.units[name].members)

    def groups(self):
        """Which neurons leave together and who reads them, as text; and which layers stay, and why."""
        return groups_in_words(self)

    def masks_without(self, name, stays):
        """{layer: its mask} that silences the neurons of hidden layer `name` that are False in `stays`, and those that
        are masked already: channels held at 0 behind each layer that leaves with them."""
        check_known("hidden layer", name, self.units)
        return masks_without(self.all_layers, self.units[name], np.asarray(stays))

    def silence(self, name, stays):
        """Hold the neurons of hidden layer `name` that are False in `stays` at 0, as in `masks_without`."""
        for layer, mask in self.masks_without(name, stays).items():
            self.all_layers[layer].mask = mask

    def readers(self, name):
        """The names of the layers whose weights read hidden layer `name`; several only where blocks are."""
        check_known("hidden layer", name, self.units)
        return list(self.units[name].readers)

    def reader(self, name):
        """The name of the only layer whose weights read layer `name`: the next one with neurons."""
        readers = self.readers(name)
        if len(readers) > 1:
            raise ValueError(f'layer "{name}" is read by {", ".join(readers)}, not by one alone: see `readers`')
        return readers[0]

    def between(self, name, after):
        """The layers strictly between two of them: pooling, Flatten, Dropout."""
        self.check_chain("between")
        names = list(self.layers)
        for layer in (name, after):
            check_known("layer", layer, names)
        return [self.layers[one] for one in names[names.index(name) + 1:names.index(after)]]

    def keeps_channels(self, name):
        """Whether all layers between hidden layer `name` and its readers keep channels apart, and zeros zero."""
        return all(self.all_layers[layer].keeps_channels for layer in self.units[name].between)

    def check_channels(self, name, need):
        """Raise NotSaid, naming the layer and the `need`, unless `keeps_channels(name)`."""
        check_channels(self.all_layers, self.units[name], need)

    def outgoing_weights(self, name):
        """Every weight that reads each neuron of layer `name`: (K, M), row i being those that read i.

        Channels stay the last axis through pooling, and the fastest one through Flatten, so that in
        a reader's W the neuron is the last index (or the last part of it). Raises NotSaid for a layer in between that
        mixes channels, or does not say whether it does.
        """
        check_known("hidden layer", name, self.units)
        self.check_channels(name, "finding the weights that read a neuron")
        read = [self.reading(name, one, self[one].W) for one in self.readers(name)]
        return read[0] if len(read) == 1 else np.concatenate(read, axis=1)

    def origin(self, name):
        """(K,) which neuron of the unpruned network each neuron of layer `name` is, [0, 3, 5], through all cuts.

        Of neurons that leave together, "conv1+conv3", the indices in their first layer. A network that was never cut
        has 0 … K − 1. Kept in the network's file.
        """
        check_known("layer", name, [*self.all_layers, *(one for one in self.units if one not in self.all_layers)])
        if name in self.all_layers:
            return origin_of(self, name).neurons.copy()
        first, rows = next(iter(self.units[name].rows.items()))
        return origin_of(self, first).neurons[rows[:, 0]]

    def origin_name(self, name):
        """What layer `name` was called in the unpruned network: removed blocks move the numbers of later layers."""
        check_known("layer", name, self.all_layers)
        return origin_of(self, name).layer

    def parameters(self):
        """{"conv1.W": array, …}: all that is trained, the layers' own arrays."""
        return {f"{name}.{key}": array for name, layer in self.all_layers.items()
                for key, array in layer.parameters().items()}

    def arrays(self):
        """The parameters and all else that is saved: running statistics, masks."""
        return {f"{name}.{key}": array for name, layer in self.all_layers.items()
                for key, array in layer.arrays().items()}

    def reading(self, name, reader, array):
        """(K, M), a row a neuron: of an array like the reader's W, what the weights that read layer `name` have."""
        unit, groups = self.units[name], self.all_layers[reader].groups
        if not self.has_branches and unit.in_order:
            return np.moveaxis(array.reshape(-1, self[name].K), -1, 0)
        channels = self.channels_read[reader]
        places = places_of(channels, unit.rows)                                         # (K, P)
        if groups > 1:                          # a channel is read by the neurons of its group alone
            columns = array.reshape(groups, -1, len(channels) // groups).swapaxes(1, 2).reshape(len(channels), -1).T
        else:
            columns = array.reshape(-1, len(channels))
        return columns[:, places].transpose(1, 0, 2).reshape(len(places), -1)       # of (weights of a channel, K, P)

    # --- passes

    def forward(self, x, training=False, seed=None):
        """Run the network on x (N, *input_shape); return the Trace.

        With `training` batch norm uses the batch's own statistics and Dropout draws with `seed` (a number or a
        Generator). No pass changes the network; training code calls `update_running` afterwards. Shapes are
        checked, values are not: NaN goes in and comes out (`predict`, `record`, `fit` and the scores refuse it).
        TypeError for what is no array of real numbers.
        """
        x = check_numeric("x", x, self.dtype)
        if x.shape[1:] != self.input_shape or x.ndim == 0:
            raise ValueError(f"Network expects {batch_shape(self.input_shape)}, got {x.shape}")
        rng = None if seed is None else check_seed(seed)
        trace = Trace(x, training, net=self)
        trace.y, trace.layers = run(self.layers, x, training, rng)
        return trace

    def backward(self, trace, dy, need_dx=True, need_grads=True):
        """Fill the trace from the output back, given dy = ∂ℓ_n/∂y; return ∂ℓ_n/∂x, also at `trace.dx`.

        Every `do[n]`, `dz[n]` is of sample n alone (in a training pass with batch norm samples mix); `grads`
        are sums over the batch. `need_dx=False` stops at the first weights and returns None: training does so.
        `need_grads=False` leaves out `grads`, a product with the patches of each layer: scores of o and do need none.
        """
        dy = check_numeric("dy", dy, self.dtype)
        if list(trace.layers) != list(self.all_layers):
            raise ValueError(f"backward expects a trace of this network, of {list(self.all_layers)}, "
                             f"got {list(trace.layers)}")
        if dy.shape != trace.y.shape:
            raise ValueError(f"backward expects dy of the output's shape {trace.y.shape}, got {dy.shape}")
        trace.dy, trace.direct = dy, None
        trace.dx = self.backward_from(trace, dy, list(self.layers), need_dx, need_grads)
        return trace.dx

    def backward_from(self, trace, do, names, need_dx=True, need_grads=True):
        """Take `do`, the gradient of the output of the last of `names`, back through these layers."""
        return run_back({name: self.layers[name] for name in names}, trace.layers, do, need_dx, need_grads)

    def tail(self, name, o, trace=None):
        """Return y when layer `name` puts out `o`: the rest of the network, on any output you like.

        Of a layer inside a block, what goes around it comes from `trace`, a pass of the same samples.
        """
        return self.run_from(name, o, trace)[0]

    def run_from(self, name, o, trace=None):
        """(y, {name: LayerTrace} of what is run) when layer `name` puts out `o`, as in `tail`."""
        check_known("layer", name, self.all_layers)
        layer, o = self.all_layers[name], check_numeric("o", o, self.dtype)
        if o.shape[1:] != layer.output_shape or o.ndim == 0:
            raise ValueError(f"tail of {layer} expects {batch_shape(layer.output_shape)}, got {o.shape}")
        if name not in self.layers and trace is None:
            raise ValueError(f"{layer} is inside a block: its tail needs the trace of a pass, for what goes around it")
        if name not in self.layers and len(trace.x) != len(o):
            raise ValueError(f"tail of {layer} expects the {len(trace.x)} samples of the trace, got {len(o)}")
        return run_from(self.layers, name, o, {} if trace is None else trace.layers)

    def names_after(self, name):
        """The names of all layers after one, in a network without blocks."""
        self.check_chain("names_after")
        names = list(self.layers)
        check_known("layer", name, names)
        return names[names.index(name) + 1:]

    def check_chain(self, need, instead=""):
        """Raise ValueError if there are blocks, for what takes the layers one after the other."""
        if not self.is_chain:
            blocks = [name for name in self.layers if self.layers[name].paths]
            raise ValueError(f"{need} takes a network as layers one after the other, and this one has blocks: "
                             f"{', '.join(blocks)}{instead}")

    def predict(self, x, batch_size=256):
        """Return y (N, *output_shape), batch by batch so that memory stays small."""
        x, size = self.check_input(x), check_count("batch_size", batch_size)
        return np.concatenate([self.output(x[i:i + size]) for i in range(0, len(x), size)])

    def output(self, x):
        """y alone: without a trace each layer's arrays are given up as soon as the next one has read them."""
        for layer in self.layers.values():
            x = checked(layer, x, layer.output(x)) if is_ours(type(layer)) else passed(layer, x).o
        return x

    def check_input(self, x, name="x"):
        """Return x in the network's dtype; raise unless it is finite, not empty and of the right shape."""
        x = check_numbers(name, x)
        if x.shape[1:] != self.input_shape:
            raise ValueError(f"{name}: Network expects {batch_shape(self.input_shape)}, got {x.shape}")
        return as_dtype(name, x, self.dtype)

    def update_running(self, trace):
        """Blend a training pass's batch statistics into the running ones of every batch norm."""
        for name, layer in self.all_layers.items():
            layer.update_running(trace.layers[name])

    # --- copies and files

    def settings(self):
        """The architecture as plain values: what `from_settings` needs to build the same network."""
        plain = {"input_shape": list(self.input_shape), "dtype": self.dtype.name,
                 "layers": [described(layer) for layer in self.layers.values()]}
        return {**plain, "origin": as_setting(self.origins)} if self.origins else plain

    @classmethod
    def from_settings(cls, settings, arrays):
        """Build the network and fill it; raise ValueError unless the arrays are just those that it has."""
        layers = [as_layer(layer) for layer in settings["layers"]]
        net = cls(settings["input_shape"], layers, seed=UNSET, dtype=settings["dtype"])
        net.origins = from_setting(settings.get("origin", {}), net)
        net.fill(arrays)
        return net

    def fill(self, arrays):
        """Copy `arrays`, named as in `arrays()`, into the network. Nothing is changed if one does not fit."""
        if not isinstance(arrays, Mapping):
            raise TypeError(f"fill expects a dict {{name: array}} as arrays() gives it, got {type(arrays).__name__}")
        arrays = {name: np.asarray(array) for name, array in arrays.items()}
        masks = {name: array for name, array in arrays.items() if name.endswith(".mask")}
        for name in masks:
            check_known("layer", name.removesuffix(".mask"), self.maskable)
        wanted = {name: array for name, array in self.arrays().items() if not name.endswith(".mask")}
        if set(wanted) != set(arrays) - set(masks):
            raise ValueError(f"the network's arrays are {sorted(wanted)}, got {sorted(set(arrays) - set(masks))}")
        wanted |= {name: np.ones(self.all_layers[name.removesuffix(".mask")].output_shape[-1], bool) for name in masks}
        for name, array in wanted.items():
            if arrays[name].shape != array.shape:
                raise ValueError(f"array {name} expects shape {array.shape}, got {arrays[name].shape}")
            if not np.can_cast(arrays[name].dtype, array.dtype, "same_kind"):
                raise ValueError(f"array {name} expects {array.dtype}, got {arrays[name].dtype}")
        for name, array in wanted.items():
            array[...] = arrays[name]
        for name in self.maskable:
            self.all_layers[name].mask = wanted.get(f"{name}.mask")

    def copy(self):
        """A network of its own: changing one never changes the other."""
        other = Network.from_settings(self.settings(), self.arrays())
        if "units" in self.__dict__:                        # they are the same, and take longer to find than to copy
            other.units = self.units
        return other

    def merged(self):
        """A network of the same function and the same neurons, in which batch norms and activations that are layers of
        their own right behind a layer with neurons are a part of that layer: "conv1+batchnorm1" is "conv1" there.

        Those behind a sum, a Concat or pooling stay. Its hidden layers are those of this network, in their order.
        """
        return Network.from_settings(*merged(self))

    def save(self, path):
        """Write the network to one .npz file: the architecture as JSON and the arrays, no pickle.

        Written to a temporary name and renamed, so that a file of that name is either the old or the new one.
        """
        storage.save(path, self.settings(), self.arrays())

    @classmethod
    def load(cls, path, activations=(), limit=storage.LIMIT):
        """Read a network that `save` wrote. ValueError if the file is damaged, foreign or of a newer format.

        A file has the names of activations, not what they compute: `activations` lists those of your own. A layer
        class of your own must be registered (`mp.register_layer`) before. A file whose arrays would take more than
        `limit` bytes as float64 is refused before they are read.
        """
        settings, arrays = storage.load(path, limit=limit)
        with storage.telling(path):
            settings = storage.with_activations(settings, activations)
            check_architecture(settings, {name: array.shape for name, array in arrays.items()})
            net = cls.from_settings(settings, arrays)
            check_masks(net)
        return net

    # --- networks that were made elsewhere

    def load_arrays(self, arrays, layout="torch", order=None, ignore=(), limit=storage.LIMIT):
        """Copy in the arrays of a network that was made elsewhere; return the ArrayMap, which prints what went where.

        `arrays` is a dict {name: array}, the path of a .safetensors or .npz file, a model of PyTorch or Keras, the list
        of Keras's `model.get_weights()`, or a fitted scikit-learn estimator. `layout` says who made them: "torch",
        "keras", "sklearn". The architecture is this network's. Layers with weights are matched in their order, batch
        norms in theirs (a projection of a block comes last, as in ResNets). `order` lists the names of the layers
        there, batch norms included, in the order of this network. It is asked for where the order is not known and
        shapes do not tell (a .safetensors file is sorted by name; Keras mixes branches); order="given" takes it as
        it was found. `ignore` lists names, or first parts of names, that are left out.

        What differs is put right: axes of kernels, matrices that are transposed, the inputs of a Dense behind Flatten
        (channels first in PyTorch), masks and weight norm of PyTorch, bfloat16. A bias that is not there is 0; masks of
        this network stay. Not in any file, and to be set by you: activations, padding (`padding=1` of PyTorch is
        padding=1 here; "same" with a stride is another border), and ε of a batch norm (1e-3 in Keras, 1e-5 here).

        Raises ValueError for an array that is missing, left over, of another shape (naming both sides), not finite, or
        for a file that is damaged or declares more than `limit` bytes. Then nothing is changed.
        """
        from .layouts.matching import load_arrays
        return load_arrays(self, arrays, layout, order, ignore, limit)

    def arrays_for(self, layout="torch", names=None):
        """{name: array} of this network as another framework names and lays them out, "torch" or "keras".

        `names` {"conv1": "0", "conv1_bn": "1", …} says what layers, and batch norms inside of layers, are called there;
        those without a name keep ours. PyTorch: `model.load_state_dict({name: torch.tensor(array) …})`. ValueError for
        a network with masks.
        """
        from .layouts.writing import arrays_for
        return arrays_for(self, layout, names)

    def save_safetensors(self, path, names=None):
        """Write the arrays to a .safetensors file in PyTorch's names and layout, see `arrays_for`; atomically."""
        from .safetensors import write_safetensors
        write_safetensors(path, self.arrays_for("torch", names))

    def __repr__(self):
        texts = {name: layer.formula() if layer.paths else repr(layer) for name, layer in self.all_layers.items()}
        layers = "".join(f"\n  {name:<16}{str(self[name].output_shape):<16}{one}" for name, one in texts.items())
        return f"Network{self.input_shape} of {sum(p.size for p in self.parameters().values())} parameters:{layers}"


# ---------------------- layers one after the other, {name: layer}: those of a network, or of a path of a block


def build(recipes, shape, rng, dtype, counts):
    """Make each layer anew, named by kind and order, for the shape that reaches it; return {name: layer}."""
    chain = {}
    for recipe in recipes:
        check_facts(type(recipe))
        layer = recipe.again()
        layer.take_name(counts)
        layer.build(shape, rng, dtype)
        layer.built = True
        chain[layer.name] = layer
        shape = layer.output_shape
    return chain


def passed(layer, x, training=False, rng=None):
    """The layer's LayerTrace of x. Raises, naming the layer, if its forward returns anything else.

    A layer of the user's reads a view of x that cannot be written to: one that works in place would change what the
    layer before it put out, or the user's own samples.
    """
    trace = layer.forward(x if is_ours(type(layer)) else read_only(x), training, rng)
    if not isinstance(trace, LayerTrace):
        raise TypeError(f"{layer}: forward expects to return a LayerTrace, got {type(trace).__name__}")
    checked(layer, x, trace.o)
    return trace


def checked(layer, x, o):
    """What a layer put out for x, an array of the shape of its outputs; else raise, naming the layer."""
    if getattr(o, "shape", None) != (len(x), *layer.output_shape):
        got = getattr(o, "shape", type(o).__name__)
        raise ValueError(f"{layer}: forward expects outputs of shape {batch_shape(layer.output_shape)}, got {got}")
    return o


@functools.lru_cache(maxsize=None)
def is_ours(cls):
    """Whether the layer class is a part of minprune."""
    return cls.__module__.split(".")[0] == __name__.split(".")[0]


def read_only(x):
    """A view of x that cannot be written to."""
    view = x.view()
    view.flags.writeable = False
    return view


def run(chain, x, training=False, rng=None):
    """Run x through the chain; return (its output, {name: LayerTrace} of all in `flat(chain)`)."""
    traces = {}
    for name, layer in chain.items():
        trace = passed(layer, x, training, rng)
        traces |= {**trace.inside, name: trace}
        x = trace.o
    return x, traces


def run_from(chain, name, o, traces):
    """Run the chain from layer `name` on, given its output o. Paths around it are taken from `traces`, a whole pass."""
    place = next(place for place, layer in enumerate(chain.values()) if name in flat({layer.name: layer}))
    here, *after = list(chain.values())[place:]
    o, first = (o, {}) if here.name == name else here.forward_from(name, o, traces)
    y, rest = run({layer.name: layer for layer in after}, o)
    return y, {**first, **rest}


def run_back(chain, traces, do, need_dx=True, need_grads=True):
    """Take `do`, the gradient of the chain's output, back; return that of its input, or None at the first weights."""
    first = None if need_dx else next((name for name, layer in chain.items() if trains(layer)), None)
    for name in reversed(chain):
        layer, needed = chain[name], name != first
        do = layer.backward(traces[name], do, needed, need_grads)
        if not needed:
            return None
        if np.shape(do)[1:] != layer.input_shape:
            raise ValueError(f"{layer}: backward expects to return a gradient of shape "
                             f"{batch_shape(layer.input_shape)}, got {np.shape(do) or do!r}")
    return do


def trains(layer):
    """Whether the layer, or one inside it, has parameters."""
    return isinstance(layer, NeuronLayer) or any(inner.parameters() for inner in flat({layer.name: layer}).values())


def run_tangent(chain, traces, dx):
    """How the chain's output moves when its input moves by dx, to first order."""
    for name, layer in chain.items():
        dx = layer.tangent(traces[name], dx)
    return dx


def check_layers(layers, kinds=Layer):
    """Return `layers` as a list; raise unless each is one."""
    if not hasattr(layers, "__iter__"):
        raise TypeError(f"layers expects a list of layers, got {layers!r}")
    layers = list(layers)
    if not layers:
        raise ValueError("layers is empty: a network has at least one layer")
    for place, layer in enumerate(layers):
        if not isinstance(layer, kinds):
            raise TypeError(f"layers[{place}] expects a layer such as mp.Dense(10), got {layer!r}")
    return layers
