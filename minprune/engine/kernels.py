"""The tricks of speed: what stands in place of a plain line, and what it gained.

Every trick computes the same numbers as its plain line (winograd's but for the last digits); a network that is too small
to gain takes the plain line. Gains are ratios of medians, plain line to trick, measured in one run on two cores with
OpenBLAS in float32, those of images with one thread. A dash: not measured by itself.

    trick                     the plain line                          gain
    blocks                    one operation on all channels at once   1.2, LeNet-5's first pooling, back
    pieces                    one operation on a whole parameter      1.1, Adam on 400,000 weights
    layer.memory              images in the order of their shape      1.25, LeNet-5's step; more in that file
    winograd                  W · patches                             1.5, LeNet-5's second layer, forward
    conv2d.patch_blocks       W · patches, all of them at once        1.2, LeNet-5's second layer, forward
    conv2d.Room               new memory for each part's lanes        1.1, the same
    Dense.product             x · Wᵀ                                  1.2, 784 inputs, 300 neurons, 128 samples
    losses.TOGETHER           the loss, then its derivative           1.04, a step of the digits' MLP
    conv2d.add_back           one product for each kernel place       1.5, LeNet-5's second layer, back
    layer.total               da.sum(axis=(0, 1, …))                  1.3, of (128, 24, 24, 20)
    reuse_freed_memory        nothing                                 -
    MaxPool2D: rows first     one maximum over all kh · kw places     -, kh + kw operations in place of kh · kw
    optimizers.Joined         one update a parameter                  1.6, Adam on the weights of the digits' MLP
    Adam.turn, in place       m̂ / (√v̂ + ε), with new arrays           -

Tried on LeNet-5 and left out, the time as a ratio to what is here: bias and relu inside the loop over blocks, 1.4 for
the first layer; the kernel's rows in one product, added up afterwards, 1.1; max pooling that notes in its forward pass
who is larger, 0.9, but 1.3 where no backward pass follows; columns before rows in memory, 0.98, but 1.8 for scores,
whose positions are then copied; halves of the channels in two Python threads, 1.05 to 1.6, since a thread that sleeps
wakes late, and 1.0 to 1.3 with one that never sleeps; memory in pages of 2 MiB, 1.0; Winograd's way for its first
layer, of one channel, whose products are thin already, 1.2, and for ∂ℓ/∂W, 0.9 of the step, but gradients that are
exactly 0 become 1e-8, from which Adam makes steps; halves of the batch, each through the whole step in a Python thread
of its own, 0.6 where OpenBLAS has one thread, but 1.2 where it has two, as by default.
"""

import numpy as np

WHOLE = (slice(None),)          # all samples at once: the plain line
MOST = (1 << 25) - (1 << 13)    # a little less than 32 MiB, the largest block that glibc can be taught to keep


def blocks(array, size):
    """Yield slices of the first axis of about `size` bytes each.

    Several light operations on one block find it in the processor's cache, where the same operations on the whole
    array would fetch it from memory each time.
    """
    count = max(1, size * len(array) // max(array.nbytes, 1))
    for start in range(0, len(array), count):
        yield slice(start, start + count)


def equal_part(whole, most):
    """The size of equal parts of a whole that are no larger than `most`."""
    return -(-whole // max(-(-whole // most), 1))


def pieces(arrays, size):
    """Yield the same stretch of `size` numbers of every array, flattened, as views to write into.

    An update reads and writes several arrays of the parameters' size; a piece of each stays in the cache from one
    operation to the next.
    """
    rows = [array.reshape(-1) for array in arrays]
    for start in range(0, rows[0].size, size):
        yield [row[start:start + size] for row in rows]


def reuse_freed_memory():
    """Have freed arrays of up to 32 MiB kept for the next ones, where the C library is glibc; elsewhere do nothing.

    At first glibc takes larger arrays from the operating system and returns them when they are freed, and the system
    then clears every page of the next one. Once a block of some size has been freed, blocks up to that size are kept.
    So one is freed here, which was never written to.
    """
    np.empty(MOST, np.uint8)
