"""What came back from the shop: an answer or a failure, in words, and how long to wait before asking again."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import msgspec
import requests
import urllib3

from connector.files import wide_encoding, without_mark
from connector.http.pool import Json
from connector.reasons import Reason, tls_only, why
from tap_magento.errors import Body, Trouble

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
SHOWN_OF_AN_ANSWER = 200
NO_ANSWER = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
"""What `requests` raises where the shop gave no whole answer."""
DECLARED = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
KINDS = {"host": "address", "refused": "address"}
"""Kinds of a failed connection that one row of the table of errors stands for; the others are named as they are."""


@dataclass(frozen=True)
class Answer:
    """A readable answer: its JSON value, and how many rows were asked for when it came."""

    value: Json
    asked: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Failure:
    """An answer or a broken connection that is no answer to the question; `reason` says more than the table can."""

    cause: int | str
    body: Body
    text: str
    value: Json = None
    headers: Mapping[str, str] | None = None
    reason: Reason | None = None


def no_answer(error: Exception, url: str, proxies: Mapping[str, str]) -> Failure:
    """What one of NO_ANSWER means, for a request to `url`."""
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return Failure(200, Body.BROKEN, "")
    reason = why(error, url, setting="store_url", proxy=requests.utils.select_proxy(url, dict(proxies)))
    return Failure(KINDS.get(reason.kind, reason.kind), Body.ANY, "", reason=reason)


def explained(row: Trouble, failure: Failure, attempts: int) -> str:
    """What happened, how often, what the shop said, and the remedy: the end of a sentence."""
    # Of a timeout and a cut the table knows the better remedies: its settings.
    reason = failure.reason if failure.cause not in {"timeout", "cut"} else None
    says, remedy = (reason.says, reason.remedy) if reason else (row.says, row.remedy)
    told = f" ({failure.text})" if failure.text else ""
    return f"{says} [{failure.cause}, {attempts} attempt{'s' if attempts > 1 else ''}]{told}; {remedy}."


def pause(failure: Failure, attempt: int) -> float:
    """Seconds before the next attempt: what Retry-After asks for, or a growing wait."""
    asked = retry_after(failure.headers)
    return waiting(attempt) if asked is None else asked


def read_answer(response: requests.Response) -> Answer | Failure:
    """The JSON of a 2xx answer, or what else came."""
    status, content = response.status_code, as_utf8(response)
    is_json = "json" in response.headers.get("Content-Type", "").lower()
    value: Json = None
    if is_json or 200 <= status < 300:
        try:
            value = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if 200 <= status < 300:
                looks_json = is_json or content.lstrip()[:1] in {b"", b"{", b"["}
                return Failure(
                    status, Body.BROKEN if looks_json else Body.OTHER, shown(content), headers=response.headers
                )
            is_json = False
    if 200 <= status < 300:
        if isinstance(value, dict) and set(value) <= {"message", "parameters", "trace"} and "message" in value:
            return Failure(500, Body.JSON, message_in(value, content), value, response.headers)
        return Answer(value, 0, response.headers)
    if status == 400 and page_limit(value) is not None:
        return Failure(status, Body.LIMIT, "", value, response.headers)
    if reason := tls_only(status, content, response.url or "", setting="store_url"):
        return Failure(reason.kind, Body.ANY, "", headers=response.headers, reason=reason)
    text = message_in(value, content)
    if 300 <= status < 400:
        text = f"to {printable(response.headers.get('Location', 'an unnamed place'))}"
    return Failure(status, Body.JSON if is_json else Body.OTHER, text, value, response.headers)


def as_utf8(response: requests.Response) -> bytes:
    """The body without a byte order mark, and in UTF-8 where mark, zero bytes or the header name another encoding."""
    content: bytes = response.content
    encodings = ["utf-8"]
    if wide := wide_encoding(content):
        # A mark names the order of the bytes; without one, the first character is below U+0100.
        little = content.startswith(b"\xff\xfe") or not content.startswith((b"\0", b"\xfe\xff"))
        encodings = [f"{wide}-{'LE' if little else 'BE'}"]
    elif (declared := DECLARED.search(response.headers.get("Content-Type", ""))) and declared[1].lower() != "utf-8":
        encodings.append(declared[1])
    if encodings == ["utf-8"]:
        return without_mark(content)
    for encoding in encodings:
        with contextlib.suppress(LookupError, UnicodeError):
            return content.decode(encoding).removeprefix("\ufeff").encode()
    return content


def message_in(value: Json, content: bytes) -> str:
    """What an answer says about itself: Magento's `message`, or its start."""
    message = value.get("message", "") if isinstance(value, dict) else None
    return printable(message)[:SHOWN_OF_AN_ANSWER] if isinstance(message, str) else shown(content)


def shown(content: bytes) -> str:
    """The start of an answer on one line, for a message."""
    start = content[:SHOWN_OF_AN_ANSWER]
    # A character cut in half by the limit is no sign of binary data.
    if b"\0" in start or start.decode("utf-8", "replace")[:-4].count("\ufffd") > 2:
        return f"{len(content)} bytes that are not text"
    return printable(start.decode("utf-8", "replace"))


def printable(text: str) -> str:
    """A text on one line, without control characters and what else a terminal would obey."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def page_limit(value: Json) -> int | None:
    """The largest page size the shop allows, from the `parameters.max` of its 400 answer."""
    parameters = value.get("parameters") if isinstance(value, dict) else None
    # With a `type`, the limit is one of another list than the page.
    limit = parameters.get("max") if isinstance(parameters, dict) and "type" not in parameters else None
    return int(limit) if isinstance(limit, (int, str)) and re.fullmatch(r"[1-9]\d{0,8}", str(limit), re.ASCII) else None


def missing_right(value: Json, text: str) -> str:
    """The right Magento asked for, from `parameters.resources` of its 401 answer."""
    parameters = value.get("parameters") if isinstance(value, dict) else None
    resource = parameters.get("resources") if isinstance(parameters, dict) else None
    return printable(str(resource)) if resource else f"(not named; the shop says: {text})"


def waiting(attempt: int) -> float:
    """Seconds before the next attempt: 1 s doubled each time, at most a minute, with jitter downwards."""
    return float(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(attempt - 1, 10)) * random.uniform(0.5, 1.0))


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds from a Retry-After header (a number, or a date measured against the server's own Date)."""
    text = headers.get("Retry-After") if headers else None
    if not text or not headers:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
