"""Settings that become addresses, headers, proxies and timeouts are judged before a library meets them."""

import math
from pathlib import Path

import pytest

from connector.addresses import (
    SettingError,
    ca_bundle,
    environ_proxies,
    header_value,
    seconds,
    shown_proxy,
    visible,
    web_address,
)

PROXIES = [f"{name}_proxy" for name in ("http", "https", "all", "no")]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*PROXIES, *map(str.upper, PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("shop.example.com", "https://shop.example.com"),
        (" http://127.0.0.1:8099/ ", "http://127.0.0.1:8099"),
        ("HTTP://Shop.Example.com/Magento/", "http://shop.example.com/Magento"),
        ("https://shop_1:65535", "https://shop_1:65535"),
        ("http://[::1]:80/a b", "http://[::1]:80/a%20b"),
        ("https://münchen.example/straße%20", "https://xn--mnchen-3ya.example/stra%C3%9Fe%20"),
        ("https://shop.example.com.", "https://shop.example.com."),
        ("http://localhost:", "http://localhost"),
    ],
)
def test_an_address_is_brought_into_one_form(text: str, address: str) -> None:
    assert web_address(text, "store_url").geturl() == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "http://",
        "ftp://shop.example.com",
        "http:/shop.example.com",
        "https//shop.example.com",
        "http://http://shop.example.com",
        "http:\\\\shop.example.com",
        "http://shop example.com",
        "http://shop..example.com",
        "http://-shop.example.com",
        "http://[::1",
        "http://[shop]/",
        "http://" + "a" * 64 + ".com",
        "http://ü..de",
        "http://<host>",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"^store_url .*write it like https://shop\.example\.com$"):
        web_address(text, "store_url")


@pytest.mark.parametrize("port", ["abc", "99999", "-1", "0", "80a", "8 0", "65536", "٣"])
def test_a_port_is_a_number_in_range(port: str) -> None:
    with pytest.raises(SettingError, match="between 1 and 65535"):
        web_address(f"http://127.0.0.1:{port}", "store_url")


@pytest.mark.parametrize("text", ["http://me:secret@127.0.0.1", "me@shop", "http://me:secret@127.0.0.1:abc/x"])
def test_a_user_name_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SettingError, match="must not hold a user name") as refused:
        web_address(text, "store_url")
    assert "secret" not in str(refused.value)


def test_a_password_with_a_slash_is_not_shown_either() -> None:
    with pytest.raises(SettingError) as refused:
        web_address("http://me:se/cret@127.0.0.1", "store_url")
    assert "cret" not in str(refused.value).replace("secret", "")


@pytest.mark.parametrize("text", ["http://shop/?___store=de", "http://shop/#top"])
def test_what_an_address_cannot_take_along_is_refused_not_dropped(text: str) -> None:
    with pytest.raises(SettingError, match="the address alone"):
        web_address(text, "store_url")


@pytest.mark.parametrize(("character", "code"), [("\u200b", "U+200B"), ("\ufeff", "U+FEFF"), ("\n", "U+000A")])
def test_an_address_with_an_invisible_character_names_it(character: str, code: str) -> None:
    with pytest.raises(SettingError, match=code.replace("+", r"\+")):
        web_address(f"http://sh{character}op.example.com", "store_url")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("abc\u200b", r"access_token holds U\+200B \(ZERO WIDTH SPACE\) at its end"),
        ("\ufeffabc", r"U\+FEFF \(ZERO WIDTH NO-BREAK SPACE\) at its start"),
        ("abc\u2026def", r"U\+2026 \(HORIZONTAL ELLIPSIS\) inside it"),
        ("SECRETSECRET\nTAIL", r"a line break, U\+000A \(a control character\) inside it"),
        ("SECRET\r\n\tTAIL", r"a line break, U\+000D"),
        ("SECRET\u2028TAIL", r"a line break, U\+2028"),
        ("SECRET\x00TAIL", r"U\+0000"),
        ("SECRET\x7f", r"U\+007F"),
        ("SECRET\ud800", r"U\+D800"),
        ("SECRETé", r"U\+00E9"),
        ("SECRET\xa0", r"U\+00A0"),
        (["SECRET"], "is not text in double quotes"),
        (None, "is not text in double quotes"),
    ],
)
def test_a_secret_that_no_header_can_carry_is_named_and_never_shown(value: object, says: str) -> None:
    with pytest.raises(SettingError, match=says) as refused:
        header_value(value, "access_token")
    assert "SECRET" not in str(refused.value)
    assert "abc" not in str(refused.value)


def test_other_headers_may_hold_latin_1() -> None:
    assert header_value("Lädchen/1.0 (x)", "user_agent", secret=False) == "Lädchen/1.0 (x)"
    with pytest.raises(SettingError, match=r"U\+20AC"):
        header_value("10 €", "user_agent", secret=False)


def test_a_password_may_hold_any_letter_but_nothing_unseen() -> None:
    assert visible("pässwörd ☃", "password") == "pässwörd ☃"
    with pytest.raises(SettingError, match=r"password holds U\+200E"):
        visible("geheim\u200e", "password")


@pytest.mark.parametrize("value", [1e10, math.nan, math.inf, -1, True, "5", None, 10**400])
def test_seconds_out_of_range_are_refused(value: object) -> None:
    with pytest.raises(SettingError, match="request_timeout must be a number of seconds from 0 to 86400"):
        seconds(value, "request_timeout")


def test_seconds_in_range_are_taken() -> None:
    assert seconds(0, "throttle_seconds") == 0.0
    assert seconds(86_400, "throttle_seconds") == 86_400.0


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("socks5://me:secret@127.0.0.1:1080", "SOCKS proxy, which needs the library PySocks"),
        ("socks4://127.0.0.1:1080", "PySocks"),
        ("socks://127.0.0.1:1080", "socks5h://"),
        ("http://", "is not the address of a proxy"),
        ("http://127.0.0.1:abc", "is not the address of a proxy"),
        ("ftp://127.0.0.1:21", "is not the address of a proxy"),
        ("http://me:secret@127.0.0.1:99999", "is not the address of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str, says: str
) -> None:
    monkeypatch.setenv("all_proxy", proxy)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SettingError, match=says) as refused:
        environ_proxies("http://shop.example.com")
    assert "secret" not in str(refused.value)


def test_only_the_proxy_of_the_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks://127.0.0.1:1080")
    monkeypatch.setenv("http_proxy", "127.0.0.1:3128")
    assert environ_proxies("http://shop.example.com")["http"] == "127.0.0.1:3128"
    monkeypatch.setenv("no_proxy", "shop.example.com")
    assert environ_proxies("https://shop.example.com") == {}


def test_a_proxy_is_shown_without_its_password() -> None:
    assert shown_proxy("http://me:s@cret@host:1") == "http://host:1"
    assert shown_proxy("me:secret@host:1") == "host:1"


def test_a_file_of_certificates_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert ca_bundle("https://shop") is True
    path = tmp_path / "ca.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    assert ca_bundle("http://shop") == str(path), "not needed there"
    with pytest.raises(SettingError, match=r"REQUESTS_CA_BUNDLE names .*ca\.pem, which does not exist"):
        ca_bundle("https://shop")
    path.write_text("nothing")
    with pytest.raises(SettingError, match="holds no certificate"):
        ca_bundle("https://shop")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert ca_bundle("https://shop") == str(tmp_path)
