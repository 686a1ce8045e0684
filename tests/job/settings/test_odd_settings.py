"""Values that no header, address or file can carry: one sentence that names the setting, and no secret anywhere."""

import codecs
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.http.probe import probe
from job.cli import main
from job.folder import FolderError
from job.settings.check import check_settings
from tests.job.settings.test_settings import CONFIG, TARGET, complaint, folder

TOKENS = {
    "invisible": ("tok\u200ben-of-mine", "U+200B (ZERO WIDTH SPACE) inside it"),
    "line break": ("tok\nen-of-mine", "a line break, U+000A"),
    "ellipsis": ("token-of-min\u2026", "U+2026 (HORIZONTAL ELLIPSIS) at its end"),
    "control": ("tok\x00en-of-mine", "U+0000"),
}


@pytest.mark.parametrize(("token", "words"), TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("command", ["run", "doctor", "plan", "schedule", "status"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(
    tmp_path: Path, command: str, token: str, words: str
) -> None:
    """Cases of a token that was copied with an invisible character, or with a line break: its value is nowhere."""
    job = folder(tmp_path, {**CONFIG, "access_token": token}, TARGET)
    result = CliRunner().invoke(main, [command, str(job.root)])
    told = result.output + result.stderr
    if command in {"run", "doctor", "plan"}:
        assert result.exit_code == 1
        assert "access_token holds" in told
        assert words in told
    assert isinstance(result.exception, (SystemExit, type(None)))
    assert "Traceback" not in told
    assert "en-of-min" not in told
    assert not [path for path in job.root.rglob("*") if path.is_file() and path.parent != job.root]


@pytest.mark.parametrize("key", ["access_token", "client_secret", "password", "username"])
def test_what_is_sent_to_optiply_is_judged_too(tmp_path: Path, key: str) -> None:
    found = complaint(tmp_path, CONFIG, {**TARGET, key: "mine\n1234"})
    assert f"{key} holds a line break" in found
    assert "1234" not in found


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:abc", "its port is not a number between 1 and 65535"),
        ("http://127.0.0.1:99999", "its port is not a number between 1 and 65535"),
        ("https://me:secret-word@shop.example", "must not hold a user name or password"),
        ("me:secret-word@shop.example", "is not a web address"),
        ("https://shop.example/rest/async/V1", "leave out /rest and what follows"),
        ("https://", "is not a web address"),
    ],
)
def test_an_address_that_is_none_is_one_sentence(tmp_path: Path, address: str, words: str) -> None:
    found = complaint(tmp_path, {**CONFIG, "store_url": address}, TARGET)
    assert words in found
    assert "secret-word" not in found
    if "/rest/" not in address:
        assert words in complaint(tmp_path, CONFIG, {**TARGET, "api_url": address})


@pytest.mark.parametrize("key", ["request_timeout", "retry_seconds"])
def test_a_number_of_seconds_that_overflows_is_out_of_bounds(tmp_path: Path, key: str) -> None:
    assert "at most 86400" in complaint(tmp_path, {**CONFIG, key: 1e10}, TARGET)


def test_a_byte_order_mark_before_a_config_is_skipped(tmp_path: Path) -> None:
    job = folder(tmp_path, CONFIG, TARGET)
    for path in (job.config, job.target_config):
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    check_settings(job)


def test_a_config_in_another_unicode_form_is_named(tmp_path: Path) -> None:
    job = folder(tmp_path, CONFIG, TARGET)
    job.config.write_bytes(job.config.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(FolderError, match="written in UTF-16; save it as UTF-8"):
        check_settings(job)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"page_size": NaN}', '{"page_size": ' + "9" * 5000 + "}"])
def test_odd_json_in_a_config_is_one_sentence(tmp_path: Path, content: str) -> None:
    job = folder(tmp_path, CONFIG, TARGET)
    job.config.write_text(content, encoding="utf-8")
    with pytest.raises(FolderError, match=r"config\.json"):
        check_settings(job)


def test_a_socks_proxy_without_its_library_is_one_sentence_in_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://user:secret-word@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = probe("GET", "http://shop.example.test/", setting="store_url")
    assert answer.status == 0
    assert "SOCKS proxy, which needs the library PySocks" in answer.trouble
    assert "pip install PySocks" in answer.remedy
    assert "secret-word" not in answer.trouble + answer.remedy
