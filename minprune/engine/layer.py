"""What every layer has: a shape it reads, a shape it makes, a way forward and a way back."""

import numpy as np

from .checks import batch_shape
from .trace import LayerTrace


class Layer:
    """A recipe until a Network builds it, which gives it a name, sizes and arrays.

    `settings()` are the arguments that make the same layer again. Layers never change in a pass: all that
    happens goes into the trace, so that one network can be traced many times at once.
    """

    prefix = "layer"            # "conv" gives conv1, conv2, …
    name = ""
    input_shape = output_shape = None

    @property
    def inside(self):
        """{name: layer} of the layers that it is made of; empty but for Residual."""
        return {}

    def settings(self):
        return {}

    def take_name(self, counts):
        """Take the next name of this kind; `counts` says how many of each have one."""
        counts[self.prefix] = counts.get(self.prefix, 0) + 1
        self.name = f"{self.prefix}{counts[self.prefix]}"

    def build(self, input_shape, rng, dtype):
        """Fix the shapes (without the batch axis) and make the arrays; `rng` None leaves weights zero."""
        self.input_shape = tuple(input_shape)
        self.output_shape = self.shape_from(self.input_shape)

    def shape_from(self, input_shape):
        """The shape made of an input of `input_shape`; raises ValueError if that cannot fit."""
        return input_shape

    def arrays(self):
        """{name: array} of all that is trained or saved; `parameters` are those that are trained."""
        return {}

    def parameters(self):
        return {}

    def forward(self, x, training=False, rng=None):
        """Return a LayerTrace with x and o."""
        raise NotImplementedError

    def backward(self, trace, do, need_dx=True, need_grads=True):
        """Store do (with neurons also dz, and grads if needed) in the trace; return ∂ℓ_n/∂x (None if not needed)."""
        raise NotImplementedError

    def tangent(self, trace, dx):
        """Return how o moves when x moves by dx, to first order: (∂o/∂x) dx, at the point of the trace."""
        raise NotImplementedError

    def energy(self):
        """Σ_x (∂o/∂x)², what one output owes to all inputs together; None if outputs share inputs.

        1 for what only passes on or selects. Layers with neurons are not asked.
        """
        return 1.0

    def multiply_adds(self):
        """The multiply-adds of one sample's forward pass, biases and activations not counted."""
        return 0

    def check_input(self, x):
        """Raise unless x is a batch of this layer's inputs."""
        if np.shape(x)[1:] != self.input_shape or np.ndim(x) == 0:
            raise ValueError(f"{self} expects {batch_shape(self.input_shape)}, got {np.shape(x)}")

    def cannot_fit(self, why):
        return ValueError(f"{self} cannot fit: {why}")

    def __str__(self):
        return f'{type(self).__name__} "{self.name}"' if self.name else type(self).__name__

    def __repr__(self):
        inside = ", ".join(f"{key}={value!r}" for key, value in self.settings().items())
        return f"{type(self).__name__}({inside})"


class Flatten(Layer):
    """(N, H, W, C) → (N, H·W·C): position by position, the channels of one position side by side."""

    prefix = "flatten"

    def shape_from(self, input_shape):
        return (int(np.prod(input_shape)),)

    def forward(self, x, training=False, rng=None):
        self.check_input(x)
        return LayerTrace(x=x, o=x.reshape(len(x), self.output_shape[0]))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return do.reshape(trace.x.shape)

    def tangent(self, trace, dx):
        return dx.reshape(trace.o.shape)
