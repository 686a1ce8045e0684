"""Settings, states and answers that cannot be used as they are: refused in one sentence, or read all the same."""

import base64
import codecs
import io
import json
import logging
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from singer_sdk.exceptions import ConfigValidationError

from connector.errors import RunError
from connector.http.answers import Answer, Failure, shown
from connector.http.table import Body
from connector.singer.arguments import UnusableFile, read_catalog, read_optional
from connector.singer.state import bookmarks_in
from magento_api.answers import read_answer
from magento_api.auth import lifetime
from sandbox.systems import Sandbox
from tap_magento.config import wrong_values
from tap_magento.shop import Shop
from tap_magento.tap import TapMagento
from tests.connector.doors import certificate, listening
from tests.tap_magento.reading import TOKEN, Reading, Record, read

Reader = Callable[..., Reading]
SHOP = "http://127.0.0.1:9"
ACCESS = {"store_url": SHOP, "access_token": TOKEN}
FOUR_KEYS = dict.fromkeys(("consumer_key", "consumer_secret", "oauth_token", "oauth_token_secret"), "key")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def run(folder: Path, config: Record | bytes, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "config.json").write_bytes(config if isinstance(config, bytes) else json.dumps(config).encode())
    return subprocess.run(
        [sys.executable, "-m", "tap_magento", "--config", str(folder / "config.json"), *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


# Secrets


def test_a_token_with_a_line_break_is_refused_and_shown_nowhere(tmp_path: Path) -> None:
    done = run(tmp_path, {"store_url": SHOP, "access_token": "SECRETSECRET\nTAIL"}, JOB_ID="1")
    assert "access_token holds a line break, U+000A" in last_line(done)
    everything = done.stderr + done.stdout + "".join(path.read_text() for path in tmp_path.glob("hg-tap-*.json"))
    assert "SECRETSECRET" not in everything
    assert "TAIL" not in everything


@pytest.mark.parametrize("name", ["access_token", *FOUR_KEYS, "access_token_secret", "password", "username"])
@pytest.mark.parametrize(("bad", "code"), [("\u200b", "U+200B"), ("\r\n", "U+000D"), ("\x00", "U+0000")])
def test_every_secret_is_judged_before_it_is_sent(name: str, bad: str, code: str) -> None:
    config = {"store_url": SHOP, "use_oauth": True, **FOUR_KEYS, name: f"SECRET{bad}REST"}
    with pytest.raises(ConfigValidationError) as refused:
        TapMagento(config=config)
    (sentence,) = refused.value.errors
    assert sentence.startswith(f"{name} holds ")
    assert code in sentence
    assert "SECRET" not in sentence
    assert "REST" not in sentence


def test_blanks_around_a_token_are_still_no_trouble() -> None:
    assert not wrong_values({"store_url": SHOP, "access_token": "token"})
    tap = TapMagento(config={"store_url": SHOP, "access_token": " token\n"})
    assert tap.config["access_token"] == "token"


def test_letters_of_a_password_are_free_and_those_of_a_token_are_not() -> None:
    assert not wrong_values({"store_url": SHOP, "username": "jürgen", "password": "pässwörd ☃"})
    assert "U+2026" in wrong_values({"store_url": SHOP, "access_token": "abc…"})[0]
    assert "U+20AC" in wrong_values({"store_url": SHOP, "user_agent": "10 €"})[0]


def test_signing_names_the_keys_that_are_missing() -> None:
    (sentence,) = wrong_values({"store_url": SHOP, "use_oauth": True, "consumer_key": "x", "access_token": "y"})
    assert "consumer_secret, oauth_token_secret or access_token_secret" in sentence


@pytest.mark.parametrize("token", ["tok\u200ben", "to\nken", "  ", "t\u00e9"])
def test_a_token_of_the_login_that_no_header_can_carry_is_refused(sandbox: Sandbox, token: str) -> None:
    sandbox.faults_magento.add({"path": "admin/token$", "status": 200, "body": json.dumps(token)})
    reading = read(sandbox.magento_url, access_token=None, username="admin", password="sandbox-password")
    assert isinstance(reading.error, RunError)
    assert token not in str(reading.error)


@pytest.mark.parametrize("claims", [{"exp": "soon"}, {"exp": [1]}, {"exp": 1, "iat": {}}, {"exp": True}, [1]])
def test_a_saved_token_with_odd_claims_has_no_known_life(claims: Any) -> None:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert lifetime(f"a.{middle}.c") == 0.0


# Addresses, times


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:abc", "between 1 and 65535"),
        ("http://127.0.0.1:99999", "between 1 and 65535"),
        ("http://[::1", "not a web address"),
        ("http://shop..example.com", "not a web address"),
        ("http://me:SECRET@127.0.0.1:abc", "must not hold a user name"),
        ("https://shop.example.com/?___store=de", "the address alone"),
        ("https://shop.example.com/rest/a/b/V1", "store_code"),
    ],
)
def test_an_address_that_is_none_is_refused_in_one_sentence(url: str, says: str) -> None:
    (sentence,) = wrong_values({"store_url": url, "access_token": "x"})
    assert sentence.startswith("store_url ")
    assert says in sentence
    assert "SECRET" not in sentence


def test_a_bad_port_ends_the_command_with_one_line(tmp_path: Path) -> None:
    assert "between 1 and 65535" in last_line(run(tmp_path, {"store_url": "http://127.0.0.1:abc", "access_token": "x"}))


@pytest.mark.parametrize("key", ["request_timeout", "retry_seconds", "throttle_seconds"])
@pytest.mark.parametrize("value", [1e10, math.nan, math.inf])
def test_seconds_that_no_computer_can_wait_are_refused(key: str, value: float) -> None:
    (sentence,) = wrong_values({"store_url": SHOP, "access_token": "x", key: value})
    assert sentence == f"{key} must be a number of seconds from 0 to 86400"


def test_an_end_before_the_start_is_refused() -> None:
    (sentence,) = wrong_values({"store_url": SHOP, "start_date": "2026-02-01", "end_date": "2026-01-01"})
    assert "end_date (2026-01-01 00:00:00 UTC) lies before start_date" in sentence


def test_a_scope_in_the_address_is_taken_up(sandbox: Sandbox) -> None:
    reading = read(f"{sandbox.magento_url}/rest/nl/V1", "products")
    assert reading.records["products"]
    asked = [item.path for item in sandbox.requests.entries]
    assert asked
    assert all(path.startswith("/rest/nl/V1/") for path in asked)


def test_two_scopes_are_refused() -> None:
    (sentence,) = wrong_values({"store_url": f"{SHOP}/rest/de/V1", "store_code": "nl"})
    assert "'de'" in sentence
    assert "'nl'" in sentence
    assert not wrong_values({"store_url": f"{SHOP}/rest/de/V1", "store_code": "de"})


def test_a_shop_below_a_folder_like_rest_is_asked_there() -> None:
    tap = TapMagento(config={"store_url": f"{SHOP}/restaurant", "access_token": "x"})
    assert tap.source.client.url("/products") == f"{SHOP}/restaurant/rest/V1/products"


# The way to the shop


@pytest.mark.parametrize("login", [{"access_token": "x"}, {"username": "admin", "password": "secret"}])
def test_a_socks_proxy_without_its_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch, login: Record) -> None:
    monkeypatch.setenv("all_proxy", "socks5://me:SECRET@127.0.0.1:1080")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    reading_of = TapMagento(config={"store_url": SHOP, **login})
    with pytest.raises(RunError, match="PySocks") as refused:
        _ = reading_of.source
    assert "SECRET" not in str(refused.value)


def test_a_way_that_is_none_is_said_once(tmp_path: Path) -> None:
    done = run(tmp_path, {"store_url": SHOP, "access_token": "x"}, http_proxy="ftp://127.0.0.1")
    assert "is not the address of a proxy" in last_line(done)
    assert done.stderr.count("is not the address of a proxy") == 1


def test_a_scope_with_an_invisible_character_is_named() -> None:
    (sentence,) = wrong_values({"store_url": SHOP, "access_token": "x", "store_code": "de\u200b"})
    assert sentence.startswith("store_code holds U+200B")


def test_a_missing_file_of_certificates_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(RunError, match=r"REQUESTS_CA_BUNDLE names /nowhere/ca\.pem, which does not exist"):
        _ = TapMagento(config={"store_url": "https://127.0.0.1:9", "access_token": "x"}).source


@pytest.mark.parametrize("login", [{}, {"access_token": None, "username": "admin", "password": "secret"}])
def test_https_to_a_plain_port_says_so_at_once(sandbox: Sandbox, login: Record) -> None:
    url = sandbox.magento_url.removeprefix("http://")
    reading = read(f"https://{url}", "products", **login)
    assert isinstance(reading.error, RunError)
    assert "speaks no TLS" in str(reading.error)
    assert "write http:// in store_url" in str(reading.error)
    assert "WRONG_VERSION" not in str(reading.error)
    assert not reading.report["retries"]


def test_a_self_signed_certificate_comes_with_the_remedy(tmp_path: Path) -> None:
    with listening(b"", tls=certificate(tmp_path)) as port:
        reading = read(f"https://127.0.0.1:{port}", "products")
    assert "self-signed" in str(reading.error)
    assert "REQUESTS_CA_BUNDLE" in str(reading.error)


def test_plain_http_to_a_tls_port_says_so(sandbox: Sandbox) -> None:
    page = "<center>The plain HTTP request was sent to HTTPS port</center>"
    sandbox.faults_magento.add({"path": "storeConfigs$", "status": 400, "body": page})
    reading = read(sandbox.magento_url, "products")
    assert "speaks TLS only" in str(reading.error)
    assert "write https:// in store_url" in str(reading.error)


def test_a_dead_proxy_is_named_as_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.http.waits.FIRST_SECONDS", 0.01)
    with listening(None) as port:
        pass
    monkeypatch.setenv("http_proxy", f"http://me:SECRET@127.0.0.1:{port}")
    reading = read("http://shop.invalid", "products")
    assert f"the proxy http://127.0.0.1:{port} cannot be reached" in str(reading.error)
    assert "SECRET" not in str(reading.error)


# Encodings


def answer(content: bytes, kind: str = "application/json", status: int = 200) -> Answer | Failure:
    response = requests.Response()
    response.status_code = status
    response._content = content
    response.headers["Content-Type"] = kind
    return read_answer(response)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (codecs.BOM_UTF8 + '{"é": 1}'.encode(), "application/json"),
        ('{"é": 1}'.encode("utf-16"), "application/json"),
        ('{"é": 1}'.encode("utf-16-be"), "application/json"),
        ('{"é": 1}'.encode("utf-32-le"), "application/json"),
        ('{"é": 1}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('{"é": 1}'.encode(), "application/json; charset=iso-8859-1"),
        ('{"é": 1}'.encode(), "application/json; charset=UTF-8"),
        ('{"é": 1}'.encode(), "application/json; charset=nonsense"),
        ('{"é": 1}'.encode(), "text/html"),
    ],
)
def test_an_answer_is_read_whatever_its_encoding(content: bytes, kind: str) -> None:
    found = answer(content, kind)
    assert isinstance(found, Answer)
    assert found.value == {"é": 1}


@pytest.mark.parametrize("content", [b'{"a": "\xff"}', b"[" * 3000 + b"]" * 3000, b'{"a": 1e400}', b"", b"{"])
def test_what_is_no_json_is_a_damaged_answer(content: bytes) -> None:
    found = answer(content)
    assert isinstance(found, Failure)
    assert found.body is Body.BROKEN


def test_a_mark_before_every_answer_loses_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sandbox.shop is not None
    content = requests.Response.content
    monkeypatch.setattr(requests.Response, "content", property(lambda self: codecs.BOM_UTF8 + content.__get__(self)))
    reading = read(sandbox.magento_url, "orders")
    assert reading.ids("orders", "entity_id") == sorted(sandbox.shop.orders)
    assert not reading.report["retries"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>\n  busy\x1b[31m\xe2\x80\xae</html>", "<html> busy [31m </html>"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "16 bytes that are not text"),
        (b"\xff\xfe\xfd\xfc\xfb\xfa 12345", "12 bytes that are not text"),
    ],
)
def test_an_answer_is_shown_as_text_or_not_at_all(content: bytes, says: str) -> None:
    assert shown(content) == says


def test_a_configuration_with_a_mark_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    config = codecs.BOM_UTF8 + json.dumps({"store_url": sandbox.magento_url, "access_token": TOKEN}).encode()
    state = tmp_path / "state.json"
    state.write_bytes(codecs.BOM_UTF8 + b'{"bookmarks": {}}')
    done = run(tmp_path, config, "--state", str(state))
    assert done.returncode == 0, done.stderr


def test_a_configuration_in_utf_16_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, json.dumps({"store_url": SHOP}).encode("utf-16"))
    assert "config.json is written in UTF-16; save it as UTF-8. Correct it or leave out --config." in last_line(done)


def test_an_optional_file_is_told_apart_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes('{"bookmarks": {}}'.encode("utf-16"))
    with path.open(encoding="utf-8") as file, pytest.raises(Exception, match="UTF-16"):
        read_optional(file, "state")
    path.write_bytes(codecs.BOM_UTF8)
    with path.open(encoding="utf-8") as file, pytest.raises(Exception, match="empty"):
        read_optional(file, "state")


# States

BOOKMARKS = {"orders": {"replication_key_value": "2026-01-01 00:00:00", "isolated": [7]}}
PLAIN = {"bookmarks": BOOKMARKS, "run_id": "x"}


@pytest.mark.parametrize(
    "state",
    [
        PLAIN,
        {"type": "STATE", "value": PLAIN},
        {"value": PLAIN},
        {"singer_state": PLAIN},
        {"type": "STATE", "value": {"singer_state": PLAIN}},
    ],
)
def test_a_state_is_understood_in_every_wrapping(state: Record) -> None:
    assert bookmarks_in(state) == BOOKMARKS
    tap = TapMagento(config={"store_url": SHOP, "access_token": "x"}, state=state)
    assert dict(tap.state["bookmarks"]["orders"]) == BOOKMARKS["orders"], "what a stream keeps is passed on"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"bookmarks": {}},
        {"bookmarks": None},
        {"singer_state": None},
        {"value": {}},
        {"run_id": "x"},
        {"type": "STATE"},
    ],
)
def test_an_empty_state_is_one(state: Record) -> None:
    assert bookmarks_in(state) == {}


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"orders": {"replication_key_value": "2026-01-01"}}, "it holds orders, but no 'bookmarks'"),
        ({"completed": {"singer_state": PLAIN}}, "it holds completed, but no 'bookmarks'"),
        ({"type": "RECORD", "stream": "orders", "record": {}}, "it is a RECORD message"),
        ({"value": [1]}, "not an object with 'bookmarks'"),
        ({"value": "x"}, "not an object with 'bookmarks'"),
        ({"bookmarks": ["orders"]}, "one object per stream"),
        ({"bookmarks": {"orders": "2026-01-01"}}, "its bookmark of 'orders' is not an object"),
    ],
)
def test_another_shape_is_refused_by_name(state: Record, says: str) -> None:
    with pytest.raises(RunError, match="--state") as refused:
        bookmarks_in(state)
    assert says in str(refused.value)


def test_a_whole_state_line_given_as_a_file_sets_the_bookmark(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("orders")
    second = reader("orders", state={"type": "STATE", "value": first.state})
    assert not second.records["orders"], "nothing changed, so nothing is read"


def test_a_report_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SYNC_REPORT", str(tmp_path / "file" / "report.json"))
    config = {"store_url": SHOP, "access_token": "x", "max_concurrency": 1, "throttle_seconds": 0, "retry_seconds": 5}
    config |= {"request_timeout": 1, "retry_seconds": 1, "user_agent": "x"}
    Shop(config, "run", list, logging.getLogger("tap-magento")).close()
    assert "correct SYNC_REPORT" in caplog.text


ENTRY: Record = {"tap_stream_id": "orders", "stream": "orders"}


@pytest.mark.parametrize(
    "metadata",
    [
        ["x"],
        [{"metadata": {}}],
        [{"breadcrumb": None, "metadata": {}}],
        [{"breadcrumb": [["properties"], "id"], "metadata": {}}],
        [{"breadcrumb": [], "metadata": [1]}],
        [{"breadcrumb": [], "metadata": None}],
        [{"breadcrumb": [], "metadata": {"selected": "false"}}],
    ],
    ids=repr,
)
def test_a_selection_of_another_shape_is_refused_in_one_sentence(metadata: Any) -> None:
    file = io.StringIO(json.dumps({"streams": [{**ENTRY, "metadata": metadata}]}))
    with pytest.raises(UnusableFile, match="in which 'selected' is true or false"):
        read_catalog(file)


@pytest.mark.parametrize("schema", [None, [], {"properties": []}, {"properties": {"x": None}}], ids=repr)
def test_schemas_and_keys_of_a_catalogue_are_not_looked_at(schema: Any) -> None:
    chosen = [{"breadcrumb": [], "metadata": {"selected": True}}]
    entry = {**ENTRY, "schema": schema, "key_properties": {}, "metadata": chosen}
    catalog = read_catalog(io.StringIO(json.dumps({"streams": [entry]})))
    tap = TapMagento(config=ACCESS, catalog=catalog)
    assert [stream.name for stream in tap.chosen()] == ["orders"]


@pytest.mark.parametrize("value", ["--5", "9" * 5000, "5.0", "٥"])
def test_text_that_is_no_whole_number_is_refused_as_such(value: str) -> None:
    with pytest.raises(ConfigValidationError) as refused:
        TapMagento(config={**ACCESS, "page_size": value})
    assert "page_size" in refused.value.errors[0]


def test_a_mapping_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, {**ACCESS, "stream_maps": {"products": {"x": "foo("}}})
    assert "The setting stream_maps cannot be used: " in last_line(done)


@pytest.mark.parametrize("state", [{"\x1b[31m": 1}, {"bookmarks": {"\0a": []}}, {"type": "\x1b[0m"}])
def test_a_name_in_a_state_is_shown_without_what_cannot_be_printed(state: Any) -> None:
    with pytest.raises(RunError) as refused:
        bookmarks_in(state)
    assert str(refused.value).isprintable()
