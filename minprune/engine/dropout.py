"""Dropout: in training each input is silenced at random; otherwise nothing happens."""

from .checks import check_real
from .layer import Layer, LayerTrace
from .registry import register_layer


@register_layer
class Dropout(Layer):
    """o = x · m / (1 − rate) in training, m being 0 with probability `rate`; o = x otherwise.

    Dividing in training keeps E[o] = x, so that nothing has to be scaled afterwards. Srivastava et al.,
    JMLR 15, 2014 (there the weights are scaled at test time instead).
    """

    prefix = "dropout"
    linear = passes_on = nonnegative = keeps_channels = True        # as it is when scored and pruned, outside training

    def __init__(self, rate):
        self.rate = check_real("Dropout rate", rate, least=0, below=1)

    def settings(self):
        return {"rate": self.rate}

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        if not training or self.rate == 0:
            return LayerTrace(x=x, o=x, saved={"scale": None})
        if rng is None:
            raise ValueError(f"{self} draws at random in training: give forward a seed")
        scale = (rng.random(x.shape) >= self.rate).astype(x.dtype) / x.dtype.type(1 - self.rate)
        return LayerTrace(x=x, o=x * scale, saved={"scale": scale})

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """∂ℓ/∂x = ∂ℓ/∂o · m / (1 − rate)."""
        trace.do = do
        return self.tangent(trace, do)

    def tangent(self, trace, dx):
        scale = trace.saved["scale"]
        return dx if scale is None else dx * scale

    def squared_share(self):
        """1: outside training each output is its input."""
        return 1.0
