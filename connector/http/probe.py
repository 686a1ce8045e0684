"""The questions `doctor` asks over the network: one request each, never repeated, nothing written, no secret kept."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests

from connector.addresses import SettingError, ca_bundle, environ_proxies
from connector.files import without_mark
from connector.http.clock import date_of
from connector.reasons import tls_only, why

TIMEOUT = (10.0, 60.0)


@dataclass(frozen=True)
class Reply:
    """What came: the status (0 without any answer), the JSON value or text, the seconds; without an answer why not."""

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    trouble: str = ""
    remedy: str = ""

    @property
    def good(self) -> bool:
        """Whether it is an answer to the question."""
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """What the server says, in a few words; for a bad status."""
        if self.trouble:
            return self.trouble
        if isinstance(self.value, dict):
            text = self.value.get("message") or self.value.get("error_description") or self.value.get("error") or ""
            return f"{self.status}: {text}" if text else str(self.status)
        return f"{self.status}: {str(self.value or '')[:80]}"

    def listed(self, rows: str = "items", count: str = "total_count") -> tuple[list[dict[str, Any]], int | None]:
        """The rows of a listing that are objects, and how many there are in all; None where that is no number."""
        value = self.value if isinstance(self.value, dict) else {}
        found = value.get(rows)
        total = value.get(count)
        known = total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else [], known

    def skew(self) -> float | None:
        """Seconds by which the server's clock is ahead of ours; None without a Date header."""
        theirs = date_of(self.headers)
        return None if theirs is None else (theirs - datetime.now(timezone.utc)).total_seconds()


def in_words(seconds: float) -> str:
    """A span of time in the largest unit that says it well."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if abs(seconds) >= 2 * size:
            return f"{abs(seconds) / size:.0f} {unit}"
    return f"{abs(seconds):.0f} s"


def resolve(address: str) -> str:
    """The addresses of the host in a URL, as text; empty when its name is unknown."""
    host = urlsplit(address).hostname or ""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return ""
    return ", ".join(sorted(map(str, found)))


def probe(method: str, address: str, *, setting: str, **options: Any) -> Reply:  # noqa: ANN401 - options of requests
    """One request; `setting` names the address in what is said of it, `options` are those of requests."""
    began = time.monotonic()
    proxies: dict[str, str] = {}
    try:
        proxies, verify = environ_proxies(address), ca_bundle(address)
        response = requests.request(
            method, address, timeout=TIMEOUT, allow_redirects=False, proxies=proxies, verify=verify, **options
        )
    except SettingError as error:
        says, _, remedy = str(error).partition(": ")
        return Reply(0, trouble=says, remedy=remedy)
    except (requests.RequestException, UnicodeError) as error:
        reason = why(error, address, setting=setting, proxy=requests.utils.select_proxy(address, proxies))
        return Reply(0, trouble=reason.says, remedy=reason.remedy)
    seconds = time.monotonic() - began
    try:
        value: Any = msgspec.json.decode(without_mark(response.content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = response.text[:200]
    if plain := tls_only(response.status_code, response.content, address, setting=setting):
        return Reply(0, trouble=plain.says, remedy=plain.remedy)
    return Reply(response.status_code, value, response.headers, seconds)
