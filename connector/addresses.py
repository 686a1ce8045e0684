"""What makes a usable web address, header value, proxy, certificate file and number of seconds: said before it is used.

A library that meets a bad one ends with a traceback, some of which print the value: http.client shows a token whole.
"""

from __future__ import annotations

import importlib.util
import math
import os
import re
import ssl
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

LONGEST_SECONDS = 86_400.0
"""Above this, timeouts overflow what the operating system counts in, and nobody waits for more than a day."""
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
_PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}
# Cc control, Cf invisible, Cs half a character, Zl and Zp line and paragraph separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class SettingError(Exception):
    """Why a setting cannot be used: one sentence without a full stop, never with a secret value."""


def web_address(text: str, setting: str, example: str = "https://shop.example.com") -> SplitResult:
    """An http or https address, https where none is named; host in ASCII, path encoded and without a slash at its end.

    Raises SettingError: no host, no port between 1 and 65535, a user name, a query, characters no address has.
    """
    address = text.strip()
    if unseen := _first_unseen(address):
        raise SettingError(f"{setting} holds {named(unseen)}, which no web address has: write it anew, like {example}")
    address = address if "://" in address else f"https://{address}"
    if "@" in re.split(r"[/?#\\]", address.split("://", 1)[1], maxsplit=1)[0]:
        raise SettingError(
            f"{setting} must not hold a user name or password: they would collide with the login of the program"
        )
    shown = f"{setting} '{text.strip()}'" if "@" not in text else setting
    bad = f"{shown} is not a web address"
    remedy = f"write it like {example}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError as error:
        raise SettingError(f"{bad}: {remedy}") from error
    # Something like https:/shop or http://http://shop: the scheme stands where the host belongs.
    stray = "[" in parts.netloc and ":" not in host  # Python 3.10 takes any name in brackets
    if parts.scheme.lower() not in {"http", "https"} or not host or host in {"http", "https"} or stray:
        raise SettingError(f"{bad}: {remedy}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise SettingError(f"{bad}: its port is not a number between 1 and 65535; {remedy}")
    if parts.query or parts.fragment:
        raise SettingError(f"{shown} must be the address alone, without what follows '?' or '#': {remedy}")
    netloc = _ascii_host(host, f"{bad}: {remedy}") + (f":{port}" if port else "")
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=-._~")
    return SplitResult(parts.scheme.lower(), netloc, path, "", "")


def header_value(value: object, setting: str, *, secret: bool = True) -> str:
    """A text that an HTTP header can carry: ASCII for a secret, else Latin-1; nothing invisible in it.

    Raises SettingError: names the character by its code point and where it stands; the value is never shown.
    """
    text = visible(value, setting)
    limit = 128 if secret else 256
    for position, character in enumerate(text):
        if ord(character) >= limit:
            place = _place(position, len(text))
            raise SettingError(
                f"{setting} holds {named(character)} {place}, which no HTTP header can carry: copy it again, whole and "
                "without what stands around it"
            )
    return text


def visible(value: object, setting: str) -> str:
    """A text without control characters, line breaks and characters nobody sees; letters of any language may be there.

    Raises SettingError: names the character by its code point and where it stands; the value is never shown.
    """
    if not isinstance(value, str):
        raise SettingError(f"{setting} is not text in double quotes")
    if unseen := _first_unseen(value):
        what = "a line break, " if unseen in "\r\n\x0b\x0c\x85\u2028\u2029" else ""
        place = _place(value.index(unseen), len(value))
        raise SettingError(f"{setting} holds {what}{named(unseen)} {place}: copy it again without that character")
    return value


def named(character: str) -> str:
    """A character by code point and name, for one that cannot be seen or would spoil the line it is shown in."""
    name = unicodedata.name(character, "a control character" if ord(character) < 160 else "a character without a name")
    return f"U+{ord(character):04X} ({name})"


def seconds(value: object, setting: str, *, lowest: float = 0.0, highest: float = LONGEST_SECONDS) -> float:
    """A number of seconds.

    Raises SettingError for anything else, NaN and what lies outside the limits (both of which are allowed themselves).
    """
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not lowest <= number <= highest:
        raise SettingError(f"{setting} must be a number of seconds from {lowest:g} to {highest:g}")
    return float(number)


def environ_proxies(url: str) -> dict[str, str]:
    """The proxies that the environment names for an address, in the form that `requests` takes.

    Raises SettingError when the one to be used is no address, or needs a library that is not there.
    """
    from requests.utils import get_environ_proxies, select_proxy  # who only checks an address sends nothing

    proxies = {name: value for name, value in get_environ_proxies(url, no_proxy=None).items() if value}
    if proxy := select_proxy(url, proxies):
        _check_proxy(proxy)
    return proxies


@dataclass(frozen=True)
class Way:
    """How the environment says an address is reached: proxies, and which certificates are trusted. Read once."""

    proxies: Mapping[str, str]
    verify: str | bool

    @classmethod
    def to(cls, address: str) -> Way:
        """The way to an address.

        Raises SettingError: the environment names a proxy or a file of certificates that cannot be used.
        """
        return cls(environ_proxies(address), ca_bundle(address))


def shown_proxy(proxy: str) -> str:
    """A proxy's address without its user name and password."""
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rsplit('@', 1)[-1]}"


def ca_bundle(url: str) -> str | bool:
    """The file or folder of trusted certificates that the environment names, or True for the usual ones.

    Raises SettingError when an https address needs it and it is not there or holds no certificate.
    """
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if name := os.environ.get(variable):
            if url.lower().startswith("https:"):
                _check_bundle(Path(name), variable)
            return name
    return True


def _check_proxy(proxy: str) -> None:
    shown = f"The proxy of the environment, {shown_proxy(proxy)},"
    where = "correct http_proxy, https_proxy or all_proxy, or name the host in no_proxy"
    scheme = proxy.split("://")[0].lower() if "://" in proxy else "http"
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable = bool(parts.hostname) and parts.port != 0 and scheme in _PROXY_SCHEMES | {"socks"}
    except ValueError:
        usable = False
    if not usable or _first_unseen(proxy):
        raise SettingError(f"{shown} is not the address of a proxy: {where}")
    if scheme == "socks":
        raise SettingError(f"{shown} begins with socks://, which does not say the version: write socks5h://")
    if scheme.startswith("socks") and importlib.util.find_spec("socks") is None:
        raise SettingError(
            f"{shown} is a SOCKS proxy, which needs the library PySocks: install it (pip install PySocks), or {where}"
        )


def _check_bundle(path: Path, variable: str) -> None:
    remedy = "correct it, or leave it out to trust the usual authorities"
    if not path.exists():
        raise SettingError(f"{variable} names {path}, which does not exist: {remedy}")
    try:
        if path.is_file():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError as error:  # an SSLError is one
        why = "holds no certificate" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
        raise SettingError(f"{variable} names {path}, which {why}: {remedy}") from error


def _ascii_host(host: str, sentence: str) -> str:
    if ":" in host:  # IPv6, of which urlsplit has seen the brackets
        if re.fullmatch(r"[0-9a-fA-F:.]+(%[\w.-]+)?", host, re.ASCII):
            return f"[{host}]"
        raise SettingError(sentence)
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise SettingError(sentence) from error
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise SettingError(sentence)
    return name


def _first_unseen(text: str) -> str | None:
    return next((character for character in text if unicodedata.category(character) in _UNSEEN), None)


def _place(position: int, length: int) -> str:
    return "at its start" if position == 0 else "at its end" if position == length - 1 else "inside it"
