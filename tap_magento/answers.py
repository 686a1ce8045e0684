"""What came back from the shop: an answer or a failure, in words, and how long to wait before asking again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import msgspec
import requests

from tap_magento.errors import Body, Trouble
from tap_magento.pool import Json

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
SHOWN_OF_AN_ANSWER = 200
NO_ANSWER = (
    requests.exceptions.Timeout,
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
"""What `requests` raises where the shop gave no whole answer."""


@dataclass(frozen=True)
class Answer:
    """A readable answer: its JSON value, and how many rows were asked for when it came."""

    value: Json
    asked: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Failure:
    """An answer or a broken connection that is no answer to the question."""

    cause: int | str
    body: Body
    text: str
    value: Json = None
    headers: Mapping[str, str] | None = None


def no_answer(error: Exception) -> Failure:
    """What one of NO_ANSWER means."""
    kind = type(error).__name__
    if isinstance(error, requests.exceptions.SSLError):
        return Failure("certificate", Body.ANY, str(error))
    if isinstance(error, requests.exceptions.Timeout):
        return Failure("timeout", Body.ANY, kind)
    unreachable = "NewConnectionError" in str(error) or "NameResolution" in str(error)
    return Failure("address" if unreachable else "cut", Body.ANY, kind)


def explained(row: Trouble, failure: Failure, attempts: int) -> str:
    """What happened, how often, what the shop said, and the remedy: the end of a sentence."""
    told = f" ({failure.text})" if failure.text else ""
    return f"{row.says} [{failure.cause}, {attempts} attempt{'s' if attempts > 1 else ''}]{told}; {row.remedy}."


def pause(failure: Failure, attempt: int) -> float:
    """Seconds before the next attempt: what Retry-After asks for, or a growing wait."""
    asked = retry_after(failure.headers)
    return waiting(attempt) if asked is None else asked


def read_answer(response: requests.Response) -> Answer | Failure:
    """The JSON of a 2xx answer, or what else came."""
    status, content = response.status_code, response.content
    is_json = "json" in response.headers.get("Content-Type", "").lower()
    value: Json = None
    if is_json or 200 <= status < 300:
        try:
            value = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if 200 <= status < 300:
                looks_json = is_json or content.lstrip()[:1] in {b"{", b"["}
                return Failure(
                    status, Body.BROKEN if looks_json else Body.OTHER, shown(content), headers=response.headers
                )
            is_json = False
    if 200 <= status < 300:
        if isinstance(value, dict) and set(value) <= {"message", "parameters", "trace"} and "message" in value:
            return Failure(500, Body.JSON, str(value["message"])[:SHOWN_OF_AN_ANSWER], value, response.headers)
        return Answer(value, 0, response.headers)
    if status == 400 and page_limit(value) is not None:
        return Failure(status, Body.LIMIT, "", value, response.headers)
    text = str(value.get("message", ""))[:SHOWN_OF_AN_ANSWER] if isinstance(value, dict) else shown(content)
    if 300 <= status < 400:
        text = f"to {response.headers.get('Location', 'an unnamed place')}"
    return Failure(status, Body.JSON if is_json else Body.OTHER, text, value, response.headers)


def shown(content: bytes) -> str:
    """The start of an answer on one line, for a message."""
    return " ".join(content[:SHOWN_OF_AN_ANSWER].decode("utf-8", "replace").split())


def page_limit(value: Json) -> int | None:
    """The largest page size the shop allows, from the `parameters.max` of its 400 answer."""
    parameters = value.get("parameters") if isinstance(value, dict) else None
    # With a `type`, the limit is one of another list than the page.
    limit = parameters.get("max") if isinstance(parameters, dict) and "type" not in parameters else None
    return int(limit) if isinstance(limit, (int, str)) and str(limit).isdigit() and int(limit) > 0 else None


def missing_right(value: Json, text: str) -> str:
    """The right Magento asked for, from `parameters.resources` of its 401 answer."""
    parameters = value.get("parameters") if isinstance(value, dict) else None
    resource = parameters.get("resources") if isinstance(parameters, dict) else None
    return str(resource) if resource else f"(not named; the shop says: {text})"


def waiting(attempt: int) -> float:
    """Seconds before the next attempt: 1 s doubled each time, at most a minute, with jitter downwards."""
    return float(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(attempt - 1, 10)) * random.uniform(0.5, 1.0))


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds from a Retry-After header (a number, or a date measured against the server's own Date)."""
    text = headers.get("Retry-After") if headers else None
    if not text or not headers:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0.0, (until - now).total_seconds())
