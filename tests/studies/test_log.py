"""The log: read as far as it goes, and never losing what it has."""

import io

import pytest

from minprune.studies.log import Log, name_of


def test_a_log_that_cannot_be_written_is_reported_and_keeps_what_it_has(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    log.add("a", {"seed": 0})
    full = Log(tmp_path / "log.jsonl")
    full.path = tmp_path / "folder"
    full.path.mkdir()
    with pytest.raises(OSError, match="cannot write to the log .*safe.*folder"):
        full.add("b", {"seed": 1})
    assert list(full.records) == ["a"]
    full.path = log.path                                    # there is room again; half a line may be there
    full.add("c", {"seed": 2})
    assert Log(log.path).records == {"a": {"seed": 0}, "c": {"seed": 2}}


def test_a_log_with_bytes_that_are_no_text_is_read_as_far_as_it_goes(tmp_path):
    (tmp_path / "log.jsonl").write_bytes(b'{"job": "a", "seed": 0}\n\xff\x00\n{"job": "b", "seed": 1}\n')
    assert list(Log(tmp_path / "log.jsonl").records) == ["a", "b"]


def test_a_line_that_was_cut_short_is_left_out_and_the_next_record_begins_a_new_one(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"job": "a", "seed": 0}\n{"job": "b", "se')
    log = Log(tmp_path / "log.jsonl")
    assert log.records == {"a": {"seed": 0}} and log.torn
    log.add("c", {"seed": float("inf")})
    assert not log.torn and Log(log.path).records == {"a": {"seed": 0}, "c": {"seed": "inf"}}


def test_a_line_that_was_cut_short_by_a_full_disk_is_followed_by_a_whole_one(tmp_path, monkeypatch):
    class Full(io.StringIO):
        def __exit__(self, *error):
            (tmp_path / "log.jsonl").write_text(self.getvalue()[:9], encoding="utf-8")
            raise OSError(28, "No space left on device")

    log = Log(tmp_path / "log.jsonl")
    with monkeypatch.context() as patch, pytest.raises(OSError, match=r"cannot write to the log \(No space left"):
        patch.setattr("builtins.open", lambda *arguments, **settings: Full())
        log.add("a", {"seed": 0})
    log.add("b", {"seed": 1})
    assert Log(log.path).records == {"b": {"seed": 1}}


def test_the_name_of_a_job_does_not_hang_on_the_order_of_its_settings():
    assert name_of({"a": 1, "b": [2]}, None) == name_of({"b": [2], "a": 1}, None) != name_of({"a": 1, "b": [2]}, 0)
    assert len(name_of({})) == 16
