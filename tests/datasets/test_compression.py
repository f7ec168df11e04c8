"""Bytes of plain and packed files, and no more of them than the limit."""

import gzip

import pytest

from minprune.datasets.compression import read_plain


@pytest.mark.parametrize("name, content", [("a", b"text"), ("a.GZ", gzip.compress(b"text")),
                                           ("a", gzip.compress(b"text")),
                                           ("a", gzip.compress(b"te") + gzip.compress(b"xt")),
                                           ("a", b"")])
def test_plain_and_packed(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert read_plain(tmp_path / name) == (b"text" if content else b"")


@pytest.mark.parametrize("content", [gzip.compress(b"text" * 99)[:-9], b"\x1f\x8b and no more", b"text"])
def test_damage_is_told_with_the_name(tmp_path, content):
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match="a.gz is not a complete gzip file"):
        read_plain(tmp_path / "a.gz")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_limit_is_one_of_unpacked_bytes(tmp_path, pack):
    (tmp_path / "a").write_bytes(pack(bytes(1000)))
    assert len(read_plain(tmp_path / "a", 1000)) == 1000
    with pytest.raises(ValueError, match="a holds more than the limit of 999 bytes; limit= allows more"):
        read_plain(tmp_path / "a", 999)
