"""Settings with which the scores that take many steps, or draw many times, take few: for tests of what holds with any
number of them."""

STEPS = {"conductance": {"steps": 3}, "internal_influence": {"steps": 3}, "integrated_gradients": {"steps": 3},
         "removal_path": {"steps": 3}, "hessian_trace": {"draws": 3}, "shapley": {"permutations": 3}}


def few_steps(name):
    """The settings of the score of this name, {"steps": 3} or {}."""
    return STEPS.get(name, {})
