"""Reading what Windows editors write, and replacing files so that nobody reads half of one."""

import codecs
import os
import stat
from pathlib import Path

import pytest

from connector.files import FileError, json_object, read_object, replace_file, replacing, wide_encoding, without_mark


def test_a_byte_order_mark_before_json_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(codecs.BOM_UTF8 + b'{"a": 1}')
    assert read_object(path) == {"a": 1}
    assert without_mark(codecs.BOM_UTF8 + b"x") == b"x"
    assert without_mark(b"x" + codecs.BOM_UTF8) == b"x" + codecs.BOM_UTF8


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(codec: str) -> None:
    with pytest.raises(FileError, match=r"^config\.json is written in UTF-16; save it as UTF-8$"):
        json_object('{"a": 1}'.encode(codec), "config.json")


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_named(codec: str) -> None:
    assert wide_encoding('{"a": 1}'.encode(codec)) == "UTF-32"


@pytest.mark.parametrize("content", [b"", b"{", b"{}", "é".encode(), b"[1]"])
def test_what_may_be_utf_8_is_not_called_wide(content: bytes) -> None:
    assert wide_encoding(content) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "state.json is empty"),
        (b" \n", "state.json is empty"),
        (b"{broken", r"not valid JSON \(line 1, column 2"),
        (b'{"a": 1}\n{"b": 2}', r"not valid JSON \(line 2, column 1"),
        (b"[1]", "not a JSON object {…} but a list"),
        (b'"a"', "but a single value"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        ('{"a": "é"}'.encode("latin-1"), r"not written in UTF-8 \(line 1\)"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"a": ' + b"1" * 5000 + b"}", "too many digits"),
        (b'{"a": [{"b": 1e400}]}', "a number that is too large"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(FileError, match=says):
        json_object(content, "state.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"missing\.json cannot be read: No such file"):
        read_object(tmp_path / "missing.json")
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        read_object(tmp_path)


def test_a_key_that_is_there_twice_is_refused_where_asked() -> None:
    twice = b'{"x": {"a": 1, "b": 2, "a": 3}}'
    assert json_object(twice, "config.json") == {"x": {"a": 3, "b": 2}}
    with pytest.raises(FileError, match="the key 'a' twice"):
        json_object(twice, "config.json", unique=True)


def test_a_file_is_replaced_with_its_rights_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.json"
    replace_file(path, b"1", mode=0o600, durable=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    replace_file(path, b"22")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "an existing file keeps its rights"
    assert path.read_bytes() == b"22"
    replace_file(path, b"333", mode=0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == ["config.json"]


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"old")

    def write_half() -> None:
        with replacing(path) as file:
            file.write(b"new")
            assert path.read_bytes() == b"old"
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        write_half()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["data"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_new_file_gets_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    replace_file(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_key_that_is_there_twice_is_shown_without_what_cannot_be_printed() -> None:
    with pytest.raises(FileError, match="twice") as refused:
        json_object(b'{"\\u001b[31m": 1, "\\u001b[31m": 2}', "config.json", unique=True)
    assert str(refused.value).isprintable()
