"""Compression: the bytes of a file, plain or packed by gzip, and no more of them than a limit."""

import contextlib
import gzip
import zlib

from ..engine.archives import LIMIT

MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20                 # bytes that are unpacked at a time


@contextlib.contextmanager
def plain_stream(path):
    """Open a file to read its bytes, unpacked if it is named .gz or begins as gzip does.

    Raises ValueError, naming the file, where gzip is damaged; OSError if the file cannot be read.
    """
    with open(path, "rb") as file:
        packed = path.suffix.lower() == ".gz" or file.read(2) == MAGIC
        file.seek(0)
        if not packed:
            yield file
            return
        try:
            yield gzip.GzipFile(fileobj=file)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is not a complete gzip file: {error}") from None


def read_plain(path, limit=LIMIT):
    """Return all bytes of `plain_stream`; raise ValueError if there are more than `limit`."""
    content = bytearray()
    with plain_stream(path) as stream:
        while chunk := stream.read(CHUNK):
            content += chunk
            if len(content) > limit:
                raise ValueError(f"{path} holds more than the limit of {limit:,} bytes; limit= allows more")
    return bytes(content)
