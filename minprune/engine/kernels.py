"""Working through a batch a few samples at a time, in memory that is used again."""

import numpy as np

MOST = (1 << 25) - (1 << 13)    # a little less than 32 MiB, the largest block from which glibc learns


def blocks(array, size):
    """Yield slices of the first axis of about `size` bytes each.

    Several light operations on one block find it in the processor's cache, where the same operations on all samples
    at once would fetch them from memory each time.
    """
    count = max(1, size * len(array) // max(array.nbytes, 1))
    for start in range(0, len(array), count):
        yield slice(start, start + count)


def use_memory_again():
    """Have freed arrays of up to 32 MiB kept for the next ones, where the C library is glibc; elsewhere do nothing.

    At first glibc takes larger arrays from the operating system and returns them when they are freed, and the
    system then clears every page of the next one: that alone doubled the time of a LeNet-5. Once a block of some size
    has been freed, blocks up to that size are kept. So one is freed here, which was never written to.
    """
    np.empty(MOST, np.uint8)
