"""A figure's PNG in a fifth of its bytes: with a palette of 256 colours instead of four bytes a dot."""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256


def smaller(path):
    """The bytes of a PNG file that shows what `path` shows, in at most 256 colours.

    The colours of a figure are few: the ones it was drawn in, and what lies between them along their edges. Each dot
    gets the nearest of the 256 most frequent.
    """
    dots = on_white(path)
    cells, place, count = np.unique(coarse(dots), return_inverse=True, return_counts=True)
    colours = np.stack([np.bincount(place.ravel(), dots[..., channel].ravel()) for channel in range(3)], axis=1)
    colours = np.rint(colours / count[:, np.newaxis])                   # the mean colour of each cell
    palette = colours[np.argsort(-count, kind="stable")[:COLOURS]]
    nearest = ((colours[:, np.newaxis] - palette) ** 2).sum(axis=2).argmin(axis=1)
    return png(nearest[place].reshape(dots.shape[:2]).astype(np.uint8), palette.astype(np.uint8))


def on_white(path):
    """The picture in a file as whole numbers 0 … 255, (height, width, 3), its transparent parts on white."""
    from matplotlib.image import imread                                 # at its first use: it takes a while
    dots = imread(path).astype(float)
    if dots.ndim == 2:
        dots = dots[..., np.newaxis].repeat(3, axis=2)
    opaque = dots[..., 3:] if dots.shape[2] == 4 else 1.0
    return np.rint(255 * (dots[..., :3] * opaque + 1 - opaque)).astype(int)


def coarse(dots):
    """Which of 32 · 32 · 32 cells of colours each dot lies in, one number a dot."""
    return (dots // 8) @ np.array([32 * 32, 32, 1])


def png(places, palette):
    """The bytes of a PNG file: the place in the palette of each dot, (height, width); the palette, (colours, 3)."""
    height, width = places.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), places], axis=1)        # 0: this row is as it is
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)                  # eight bits a dot, with a palette
    return SIGNATURE + b"".join([chunk(b"IHDR", header), chunk(b"PLTE", palette.tobytes()),
                                 chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)), chunk(b"IEND", b"")])


def chunk(kind, content):
    """A piece of a PNG file: its length, its kind, its content, their checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
