"""A chain: layers one after the other, {name: layer}, of a network or of one path of a block."""


def build(recipes, shape, rng, dtype, counts):
    """Make each layer anew, named by kind and order, for the shape that reaches it; return {name: layer}."""
    chain = {}
    for recipe in recipes:
        layer = type(recipe)(**recipe.settings())
        layer.take_name(counts)
        layer.build(shape, rng, dtype)
        chain[layer.name] = layer
        shape = layer.output_shape
    return chain


def flat(chain):
    """{name: layer} of the layers of a chain and of all inside them, in the order in which they are run."""
    found = {}
    for name, layer in chain.items():
        found |= {**flat(layer.inside), name: layer}
    return found


def run(chain, x, training=False, rng=None):
    """Run x through the chain; return (its output, {name: LayerTrace} of all in `flat(chain)`)."""
    traces = {}
    for name, layer in chain.items():
        trace = layer.forward(x, training, rng)
        traces |= {**trace.inside, name: trace}
        x = trace.o
    return x, traces


def run_from(chain, name, o, traces):
    """The same from layer `name` on, when it puts out o; of `traces`, of a whole pass, comes what does not change."""
    place = next(place for place, layer in enumerate(chain.values()) if name in flat({layer.name: layer}))
    here, *after = list(chain.values())[place:]
    o, first = (o, {}) if here.name == name else here.forward_from(name, o, traces)
    y, rest = run({layer.name: layer for layer in after}, o)
    return y, {**first, **rest}


def run_back(chain, traces, do, need_dx=True, need_grads=True):
    """Take `do`, the gradient of the chain's output, back; return that of its input, or None at the first weights."""
    first = next((name for name, layer in chain.items() if trains(layer)), None)
    for name in reversed(chain):
        wanted = need_dx or name != first
        do = chain[name].backward(traces[name], do, wanted, need_grads)
        if not wanted:
            return None
    return do


def trains(layer):
    """Whether the layer, or one inside it, has parameters."""
    return any(one.parameters() for one in flat({layer.name: layer}).values())


def run_tangent(chain, traces, dx):
    """How the chain's output moves when its input moves by dx, to first order."""
    for name, layer in chain.items():
        dx = layer.tangent(traces[name], dx)
    return dx
