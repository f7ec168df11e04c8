"""Small networks to start from, one of each kind."""

from .checks import check_count, check_shape
from .conv2d import Conv2D
from .dense import Dense
from .network import Network
from .pooling import Flatten, GlobalAvgPool2D, MaxPool2D
from .residual import Residual


def mlp(input_shape, outputs, seed=0, dtype="float64"):
    """64 and 32 relu neurons, then the outputs; an image is flattened first."""
    outputs, input_shape = check_count("outputs", outputs), check_shape(input_shape)
    flatten = [Flatten()] if len(input_shape) > 1 else []
    return Network(input_shape, [*flatten, Dense(64, "relu"), Dense(32, "relu"), Dense(outputs)], seed, dtype)


def cnn(input_shape, outputs, seed=0, dtype="float64"):
    """16 and 32 relu channels of 3×3, each followed by max pooling of 2×2; 64 relu neurons; the outputs."""
    outputs, input_shape = check_count("outputs", outputs), check_shape(input_shape)
    check_image("cnn", input_shape)
    return Network(input_shape, [
        Conv2D(16, 3, "relu", padding="same"), MaxPool2D(2),
        Conv2D(32, 3, "relu", padding="same"), MaxPool2D(2),
        Flatten(), Dense(64, "relu"), Dense(outputs)], seed, dtype)


def resnet(input_shape, outputs, seed=0, dtype="float64"):
    """A residual network: 16 channels of 3×3, a block of 16 and one of 32 at half the size, the mean of each channel.

    Each block is two Conv2D of 3×3 with batch norm, a relu after the first: o = x + body(x); the second has a
    projection, since its shapes differ. After He et al., CVPR 2016, arXiv:1512.03385, with no relu after the sum (see
    `Residual`).
    """
    outputs, input_shape = check_count("outputs", outputs), check_shape(input_shape)
    check_image("resnet", input_shape)

    def block(channels, stride=1):
        return Residual([Conv2D(channels, 3, "relu", stride, "same", batch_norm=True),
                         Conv2D(channels, 3, padding="same", batch_norm=True)])

    return Network(input_shape, [
        Conv2D(16, 3, "relu", padding="same", batch_norm=True), block(16), block(32, stride=2),
        Conv2D(32, 1, "relu", batch_norm=True), GlobalAvgPool2D(), Dense(outputs)], seed, dtype)


def lenet_300_100(input_shape, outputs, seed=0, dtype="float64"):
    """300 and 100 relu neurons, then the outputs. After LeCun, Bottou, Bengio & Haffner, Proc. IEEE 1998, in the form
    that the pruning literature uses."""
    outputs, input_shape = check_count("outputs", outputs), check_shape(input_shape)
    flatten = [Flatten()] if len(input_shape) > 1 else []
    return Network(input_shape, [*flatten, Dense(300, "relu"), Dense(100, "relu"), Dense(outputs)], seed, dtype)


def lenet5(input_shape, outputs, seed=0, dtype="float64"):
    """20 and 50 relu channels of 5×5, each followed by max pooling of 2×2; 500 relu neurons; the outputs: the LeNet-5
    of the pruning literature (after LeCun et al., 1998, whose own was smaller, with other activations and pooling)."""
    outputs, input_shape = check_count("outputs", outputs), check_shape(input_shape)
    check_image("lenet5", input_shape)
    return Network(input_shape, [
        Conv2D(20, 5, "relu"), MaxPool2D(2), Conv2D(50, 5, "relu"), MaxPool2D(2),
        Flatten(), Dense(500, "relu"), Dense(outputs)], seed, dtype)


def check_image(model, input_shape):
    if len(input_shape) != 3:
        raise ValueError(f"a {model} reads images (H, W, C), got samples of shape {input_shape}; use an mlp")


MODELS = {"mlp": mlp, "cnn": cnn, "resnet": resnet, "lenet-300-100": lenet_300_100, "lenet5": lenet5}
