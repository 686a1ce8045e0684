"""What came back from a server: an answer or a failure, as text and in words."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import msgspec
import requests
import urllib3

from connector.addresses import Way
from connector.files import wide_encoding, without_mark
from connector.http.pool import Json
from connector.http.table import Body, Meaning
from connector.messages import UNREADABLE as NOT_JSON
from connector.reasons import Reason, tls_only, why
from connector.words import printable

SHOWN_OF_AN_ANSWER = 200
NO_ANSWER = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)
"""What `requests` raises where the server gave no whole answer."""
# Ways a request can end without a usable status, where a table tells what was sent from what was not.
CUT = "cut"  # sent, but no answer came: connection cut or timeout
UNSENT = "unsent"  # no connection was made, so nothing can have happened
LASTING = "unreachable"  # asking again changes nothing: a wrong address, proxy or certificate
_EXACT = msgspec.json.Decoder(float_hook=Decimal)  # of any size
DECLARED = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A readable answer: its JSON value, and how many rows were asked for when it came."""

    value: Json
    asked: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Failure:
    """An answer or a broken connection that is no answer to the question.

    `cause`: a status, or a word of the table. `reason` says more than the table can; `is_sent` is False where no
    connection was made, so that nothing can have happened.
    """

    cause: int | str
    body: Body
    text: str
    value: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: Reason | None = None
    is_sent: bool = True


@dataclass(frozen=True)
class Ending:
    """What a request came to that got no good answer, after all its attempts: the last failure, as the table has it."""

    failure: Failure
    meaning: Meaning
    attempts: int

    def explained(self) -> str:
        """What happened, how often, what the server said, and the remedy: the end of a sentence."""
        failure, row = self.failure, self.meaning
        # Of a timeout and a cut the table knows the better remedies: its settings.
        reason = failure.reason if failure.cause not in {"timeout", "cut"} else None
        says, remedy = (reason.says, reason.remedy) if reason else (row.says, row.remedy)
        told = f" ({failure.text})" if failure.text else ""
        attempts = f"{self.attempts} attempt{'s' if self.attempts > 1 else ''}"
        return f"{says} [{failure.cause}, {attempts}]{told}; {remedy}."


def no_answer(error: Exception, url: str, way: Way, setting: str) -> Failure:
    """What one of NO_ANSWER means, for a request to `url`, an address that `setting` holds."""
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return Failure(200, Body.BROKEN, "")
    reason = why(error, url, setting=setting, proxy=requests.utils.select_proxy(url, dict(way.proxies)))
    return Failure(reason.kind, Body.ANY, "", reason=reason, is_sent=_is_sent(error))


def _is_sent(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return False
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    return not isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


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


def shown(content: bytes) -> str:
    """The start of an answer on one line, for a message."""
    start = content[:SHOWN_OF_AN_ANSWER]
    # A character cut in half by the limit is no sign of binary data.
    if b"\0" in start or start.decode("utf-8", "replace")[:-4].count("\ufffd") > 2:
        return f"{len(content)} bytes that are not text"
    return printable(start.decode("utf-8", "replace"))


def json_object(content: bytes) -> dict[str, Any] | None:
    """The object in a body; None where there is none."""
    try:
        body = _EXACT.decode(without_mark(content))
    except NOT_JSON:
        return None
    return body if isinstance(body, dict) else None


def tls_failure(response: requests.Response, setting: str) -> Failure | None:
    """The failure that an answer of a TLS port to plain HTTP is; None for another answer."""
    reason = tls_only(response.status_code, response.content, str(response.url), setting=setting)
    return Failure(LASTING, Body.ANY, "", reason=reason) if reason else None


def without_answer(failure: Failure) -> Failure:
    """A request without an answer as such a table knows it: what lasts, what was not sent, what may have been done."""
    lasting = failure.reason is not None and failure.reason.lasting
    return replace(failure, cause=LASTING if lasting else CUT if failure.is_sent else UNSENT)
