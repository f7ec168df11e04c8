"""Methods: the ways to prune that an experiment compares, and the controls that it adds."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from ...engine.checks import check_known, check_list
from ...retraining.schedules import one_shot
from ...retraining.recipes import FromScratch
from ...scoring.catalogue import find_score
from ...training.loop import check_callables


@dataclass(frozen=True)
class Method:
    """One way to prune: which neurons go (score, scope), in which steps, and how the others train (or compensate).

    A `score` is a name, or a formula of yours, as `mp.score` takes it. `schedule(fraction)` returns what is gone after
    each step, as `prune_iteratively` takes it; the last step is the fraction itself. It is `one_shot`, or for example
    `functools.partial(mp.retraining.cubic, steps=5)`. `retrain` None stands for the retraining that the experiment
    gives to all methods.

    `before(net, data, fraction)` returns a copy of the unpruned network that has been trained for its pruning, by soft
    pruning, dense-sparse-dense or growing regularisation; that one is then scored and cut. An experiment does not know
    its epochs, and counts them nowhere. They are on top of the others, so as a rule such a method retrains for as many
    epochs fewer:

        def softly(net, data, fraction):
            mp.fit(net, data.x_train, data.t_train, epochs=10, callback=mp.SoftPruning(schedule=[fraction]))
            return net

        Method("soft", "weight_norm", before=softly, compensate=mp.fold_means, retrain=mp.FineTune(epochs=0))

    Rules that find the number of neurons themselves (`decide` with effective or cumulative, `decide_tolerating`) are no
    schedule of a method: at each fraction all methods are compared at equal size. They come in as a `function`.

    A `function` of yours comes in place of score, scope and schedule: function(net, data, fraction) returns who stays,
    {layer: (K,) bool}, at once. It may look at data.x_train and data.t_train; what it learns from the test data would
    be no result. It is called with a copy of the network.
    """

    name: str
    score: str | Callable = "taylor"
    scope: str = "layer"
    schedule: Callable = one_shot
    retrain: Callable | None = None
    compensate: Callable | None = None
    function: Callable | None = None
    before: Callable | None = None

    def retraining(self, common):
        """Its own retraining, or the one that is common to all methods."""
        return common if self.retrain is None else self.retrain


def check_methods(methods):
    """The methods as `Method`s; a name or a formula of yours becomes that score, layer by layer, in one shot."""
    items = check_list("methods", methods, 'of names or Methods such as ["taylor"]')
    methods = [item if isinstance(item, Method) else by_score(item) for item in items]
    for method in methods:
        find_score(method.score)
        check_known("scope", method.scope, ["global", "layer"])
        check_callables(schedule=method.schedule, retrain=method.retrain, compensate=method.compensate,
                        function=method.function, before=method.before)
    names = [method.name for method in methods]
    if len(set(names)) < len(names):
        raise ValueError(f"methods expects each name once, got {names}")
    return methods


def by_score(score):
    """The Method of a score, called by its name."""
    if not isinstance(score, str) and not (callable(score) and hasattr(score, "__name__")):
        raise TypeError(f"methods expects names of scores, functions or Methods, got {score!r}")
    find_score(score)
    return Method(score if isinstance(score, str) else score.__name__, score)


# ------------------------------------------------------------------------------------ controls


def with_controls(methods, training, retrain, fraction):
    """The methods and both controls; a method that has the name of a control takes its place."""
    names = [method.name for method in methods]
    controls = random_and_scratch(methods, training, retrain, fraction)
    return methods + [control for control in controls if control.name not in names]


def random_and_scratch(methods, training, retrain, fraction):
    """The two controls: random scores in as many steps as the method that takes most, and networks from scratch, which
    are trained as long as training and the longest retraining take together.

    The steps of a schedule are counted for one fraction.
    """
    random = Method("random", "random")
    candidates = [random, *methods]
    steps = {method.name: 1 if method.function else len(method.schedule(fraction)) for method in candidates}
    longest = max(candidates, key=lambda method: steps[method.name])
    retraining = max(steps[method.name] * getattr(method.retraining(retrain), "epochs", 0) for method in candidates)
    epochs = training.epochs + retraining
    scratch = FromScratch(epochs=epochs, optimizer=training.optimizer(epochs), batch_size=training.batch_size)
    return [dataclasses.replace(random, schedule=longest.schedule), Method("from scratch", "random", retrain=scratch)]
