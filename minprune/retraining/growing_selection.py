"""Growing regularisation that chooses: all are pulled towards zero first, and those that give way most go."""

import numpy as np

from ..decisions.rules import decide
from ..engine.checks import check_count, check_prunable, check_real
from ..pruning.surgery import check_keep
from ..scoring.scoring import score
from .growing import pull


class GrowingSelection:
    """R_t = ½ λ_t Σ (own parameters of a neuron)², of all hidden neurons until they are ranked; an `on_step` of `fit`.

        until λ_t reaches `choose`, for all neurons       λ_t = rise · ⌊t / every⌋        in step t = 1, 2, …
        then, for those that go                           λ_t = min(choose + step · ⌊(t − T) / every⌋, most)
        and for those that stay                           λ_t = 0

        growing = mp.GrowingSelection(net, remove=0.5)
        mp.fit(net, x, t, epochs=10, on_step=growing)
        small = mp.prune(net, growing.keep)

    T is the step in which λ would reach `choose`. There the neurons are ranked by what is left of their incoming
    weights, Σ_j |w_ij|, and from there on it is `GrowingL2`. Why what is left says more than what was there: where the
    loss is ½ Σ h_i (w_i − w_i*)², λ holds a weight at

        w_i = h_i / (h_i + λ) · w_i*

    so of equally large weights the one with the smaller curvature h_i gives way more, and the ranking learns of the
    Hessian without computing it: from |w_i*| at λ = 0 it turns into |h_i w_i*| as λ grows. With batch norm the length
    of w_i does not matter to the network, nothing opposes the pull, and the ranking learns nothing of this kind. On the
    digits it gains nothing: half of each layer of `mp.models.mlp`, five networks, ten epochs by Adam(1e-3): 93.6 to
    96.9 % right after the cut, where `GrowingL2` with the ranking of the trained network has 94.4 to 98.1 %.

    remove, scope, min_keep, protect   those of `decide`, for the ranking
    rise       how much λ grows each time until the ranking; choose: where they are ranked
    step, every, most   as in `GrowingL2`, for those that go

    keep       {hidden layer: (K,) bool}, None before step T
    Source: Wang, Qin, Zhang & Fu, "Neural Pruning via Growing Regularization", ICLR 2021, arXiv:2012.09243: GReg-2 (the
    abstract and the authors' code read, MingSun-Tse/Regularization-Pruning, `_ada_reg` of reg_pruner.py). Differs:
    there λ w is added to the gradient of a filter's weights alone, the fractions are given layer by layer, and those
    that stay have a constant λ afterwards (−10⁻⁴ in the settings of public copies, where all have a weight decay of
    10⁻⁴); a layer is done once those that stay are 1000 times as large as those that go, or λ has reached its end.
    Raises as `score` and `decide`, and ValueError where no neuron goes or `most` is below `choose`.
    """

    def __init__(self, net, remove=0.5, scope="layer", *, min_keep=1, protect=(), rise=1.0, choose=10.0, step=1.0,
                 every=10, most=1000.0):
        check_prunable(net)
        self.rise, self.choose = check_real("rise", rise, above=0), check_real("choose", choose, above=0)
        self.step, self.every = check_real("step", step, above=0), check_count("every", every)
        self.most, self.steps, self.keep = check_real("most", most, least=self.choose), 0, None
        self.decision = dict(remove=remove, scope=scope, min_keep=min_keep, protect=list(protect))
        tried = decide({name: np.arange(float(net[name].K)) for name in net.hidden_layers}, **self.decision)
        if all(stays.all() for stays in tried.values()):
            raise ValueError(f"remove expects some neurons that go, got {remove!r}")

    @property
    def chosen_at(self):
        """T, the step of the ranking."""
        return self.every * int(np.ceil(self.choose / self.rise))

    @property
    def strength(self):
        """λ_t of the last step, of those that go (before the ranking, of all)."""
        if self.steps < self.chosen_at:
            return self.rise * (self.steps // self.every)
        return min(self.choose + self.step * ((self.steps - self.chosen_at) // self.every), self.most)

    def __call__(self, net, rate):
        """The ranking in step T, and each time the proximal step; changes `net`."""
        self.steps += 1
        if self.steps == self.chosen_at:
            self.keep = check_keep(net, decide(score(net, "weight_norm_l1"), **self.decision))
        pull(net, everyone(net) if self.keep is None else self.keep, rate * self.strength)

    def __repr__(self):
        return (f"GrowingSelection({self.decision!r}, rise={self.rise!r}, choose={self.choose!r}, step={self.step!r}, "
                f"every={self.every!r}, most={self.most!r})")


def everyone(net):
    """{hidden layer: (K,) False}: all of them are pulled."""
    return {name: np.zeros(net[name].K, bool) for name in net.hidden_layers}
