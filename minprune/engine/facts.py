"""Facts that a layer, an activation or a loss says about itself. Nobody guesses what is not said."""


class NotSaid(ValueError):
    """Something needs a fact that a layer, an activation or a loss does not say about itself."""


def required(fact, owner, name, need=""):
    """Return the fact; raise NotSaid if it is None, naming its owner, the fact, and who needs it.

    `owner` and `name` are texts: 'activation "mine"', "its second derivative (second=…)".
    """
    if fact is None:
        raise NotSaid(f"{owner} does not say {name}" + (f", which {need} needs" if need else ""))
    return fact
