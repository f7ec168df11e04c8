"""Slopes: what is done wrong with the derivatives f′ and f″ of the activation."""

import numpy as np

from ..formulas import Unanswered
from .layer_mistakes import scale
from .probe import DoesNotApply

# ------------------------------------------------------------------------ the slope as a factor


def times_slope(probe):
    """claimed · f′(z)"""
    return probe.claimed * slope(probe, "z")


def slope_at_z_for_o(probe):
    """claimed / f′(o) · f′(z)"""
    return probe.claimed / slope(probe, "o") * slope(probe, "z")


def without_slope(probe):
    """claimed / f′(z), and 0 where both are 0."""
    return quotient(probe.claimed, slope(probe, "z"))


def quotient(array, divisor):
    """array / divisor, and 0 where both are 0."""
    return np.divide(array, divisor, out=np.where(array == 0, 0.0, np.nan), where=divisor != 0)


def slope(probe, point):
    """f′ of the layer at z or at o, in a shape that goes with what the formula returned."""
    return like_claimed(probe, probe.layer.f.derivative(probe.array(point)))


def like_claimed(probe, values):
    """An array (N, P, K) in a shape that goes with what the formula returned."""
    claimed = probe.claimed
    if claimed.shape == values.shape:
        return values
    if values.shape[1] == 1 and claimed.shape[:2] == values[:, 0].shape:
        return values[:, 0].reshape(*claimed.shape[:2], *[1] * (claimed.ndim - 2))
    raise DoesNotApply("no slope of this shape")


# ----------------------------------------------------------------- is it really missing, really twice?


def has_no_slope(name=None):
    """Whether a formula lacks f′: it gives neurons whose f′ is 0 what it would give them if they were active.

    A formula may have f′ and be wrong for another reason. Of relu, where f′² = f′, one f′ more changes nothing but the
    wrong numbers. `name` is the array that f′ is to be multiplied to, or None for what the formula returns.
    """
    def confirm(probes):
        seen = [flat_entries(probe) if name is None or name not in probe.arrays else flat_neurons(probe, name)
                for probe in probes]
        alike = [bool(here.any()) and np.array_equal(here, active) for here, active in seen if here is not None]
        return 2 * sum(alike) >= len(alike)
    return confirm


def flat_neurons(probe, name):
    """What the formula returns for the gradients of those neurons alone whose f′ is 0: as they are, and if active."""
    point, layer = ("z", probe.layer) if name == "do" else ("z_next", probe.next_layer())
    of_flat = np.where(layer.f.derivative(probe.array(point)) == 0, probe.arrays[name], 0)
    if not of_flat.any():
        return None, None
    return returned_or_nothing(probe, {name: of_flat}), returned_or_nothing(probe, {name: of_flat, **active(probe)})


def flat_entries(probe):
    """The same of a formula without do: its entries of neurons with slope 0 and ∂ℓ/∂o not 0."""
    try:
        flat = (slope(probe, "z") == 0) & (like_claimed(probe, probe.array("do")) != 0)
        flat = np.broadcast_to(flat, probe.claimed.shape)
    except (Unanswered, DoesNotApply):
        return None, None
    if not flat.any():
        return None, None
    return (returned_or_nothing(probe, changed, flat) for changed in ({}, active(probe)))


def active(probe):
    """{parameter: array} as if all neurons were active: |z| for z and o, 1 for f′."""
    changed = {name: np.abs(probe.array(z)) for z, names in (("z", ("z", "o")), ("z_next", ("z_next", "o_next")))
               for name in names if name in probe.arrays}
    return {**changed, "df": np.ones_like(probe.arrays["df"])} if "df" in probe.arrays else changed


def returned_or_nothing(probe, changed, places=...):
    """What the formula returns with these arrays changed; nothing if it raises."""
    try:
        return probe.with_arrays(**changed)[places]
    except Unanswered:
        return np.zeros(0)


# Quantities that have the layer's own slope as a factor. Of the others one f′ is one too many.
WITH_SLOPE = ("dL/dz", "dL/dW", "dL/db", "dL/dx", "do/dx", "dL/dgamma", "dL/dbeta", "d2L/dW2", "d2L/dz2")


def has_slope(probes):
    """Whether what is measured has the layer's own f′ as a factor."""
    return probes[0].claim.measured.strip("|") in WITH_SLOPE


def has_no_slope_of_its_own(probes):
    return not has_slope(probes)


# --------------------------------------------------------------------------------- f″ left out


def with_curvature(probe):
    """claimed + the term with f″, which the Gauss–Newton approximation leaves out.

    d2L/dz2: ∂ℓ/∂o f″(z)                d2L/dW2: Σ_p ∂ℓ/∂o f″(z) (∂z/∂w)²
    d2L/do2: Σ_k ∂ℓ/∂o_k f″(z_k) (∂z_k/∂o)², over the neurons k of the next layer
    """
    term = MISSING_TERMS.get(probe.claim.measured)
    if term is None:
        raise DoesNotApply("it is no second derivative")
    missing = term(probe)
    for form in (missing, missing.sum(axis=0), missing[:, 0]):
        if form.shape == probe.claimed.shape:
            return probe.claimed + form
    raise DoesNotApply("no form of this shape")


def term_of_z(probe):
    return probe.array("do") * curvature(probe.layer, probe.array("z"))


def term_of_W(probe):
    scaled = probe.array("x") ** 2
    return np.einsum("npk,k,npf->nkf", term_of_z(probe), scale(probe.layer) ** 2, scaled)


def term_of_o(probe):
    layer = probe.next_layer()
    ahead = probe.array("do_next") * curvature(layer, probe.array("z_next"))
    return (ahead * scale(layer) ** 2) @ probe.array("W_next") ** 2


MISSING_TERMS = {"d2L/dz2": term_of_z, "d2L/dW2": term_of_W, "d2L/do2": term_of_o}


def curvature(layer, z):
    """f″(z); DoesNotApply if the activation does not say it."""
    if layer.f.second is None:
        raise DoesNotApply("the activation does not say its f″")
    return layer.f.second(z)
