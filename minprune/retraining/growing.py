"""Growing regularisation: those that are to go are pulled towards zero, harder and harder, before they are cut."""

from ..engine.checks import check_count, check_real
from ..pruning.surgery import check_keep


class GrowingL2:
    """R_t = ½ λ_t Σ (own parameters of the neurons that `keep` leaves out)²; an `on_step` of `fit`.

        λ_t = min(step · ⌊t / every⌋, most)         in step t of the training, t = 1, 2, …

        growing = mp.GrowingL2(net, keep)
        mp.fit(net, x, t, epochs=10, on_step=growing)
        small = mp.prune(net, keep)

    A cut in one go takes neurons away at their full size. Pulled down over many steps, they hand over what they do to
    the others, which are trained all the while, and when they are cut there is little left to lose: on the digits, half
    of each layer of `mp.models.mlp`, five networks, ten epochs by Adam(1e-3), 94.4 to 98.1 % right after the cut (a cut
    without it leaves 48 to 68 %, and ten epochs of retraining make that 93.9 to 97.8 %). How large λ has to be depends
    on the optimizer: against Adam, which moves each weight by about the rate, they come to rest near 1/λ. Each step is
    proximal, w ← w / (1 + rate · λ_t), for incoming weights, bias, γ and β; so it is stable however large λ grows. Once
    λ_t is `most`, it stays there. What a training is resumed with goes on where it was: the object counts its steps.

    keep    {hidden layer: (K,) bool}, as `decide` returns it; decided once, from the scores of the trained network
    step    how much λ grows each time; every: after how many steps; most: its largest value
    Source: Wang, Qin, Zhang & Fu, "Neural Pruning via Growing Regularization", ICLR 2021, arXiv:2012.09243: GReg-1 (the
    abstract and the authors' code read). Differs: there λ w is added to the gradient of a filter's weights alone, and
    the ranking is by ℓ1 norm. GReg-2, which lets λ grow for all and ranks by what is left, is `GrowingSelection`.
    Raises as `check_keep` of pruning, and ValueError where no neuron goes.
    """

    def __init__(self, net, keep, step=1.0, every=10, most=1000.0):
        self.keep = check_keep(net, keep)
        if all(stays.all() for stays in self.keep.values()):
            raise ValueError("keep expects some neurons that go (False), or there is nothing to regularise")
        self.step, self.every = check_real("step", step, above=0), check_count("every", every)
        self.most, self.steps = check_real("most", most, above=0), 0

    @property
    def strength(self):
        """λ_t of the last step."""
        return min(self.step * (self.steps // self.every), self.most)

    def __call__(self, net, rate):
        """The proximal step; changes `net`."""
        self.steps += 1
        pull(net, self.keep, rate * self.strength)

    def __repr__(self):
        return f"GrowingL2(step={self.step!r}, every={self.every!r}, most={self.most!r})"


def pull(net, keep, amount):
    """w ← w / (1 + amount) for all own parameters of the neurons that are False in `keep`."""
    for name, stays in keep.items():
        unit = net.units[name]
        for layer in (*unit.members, *unit.series):
            for w in net.all_layers[layer].parameters().values():
                w[unit.rows[layer][~stays].ravel()] *= w.dtype.type(1 / (1 + amount))
