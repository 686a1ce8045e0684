"""Reads Optiply's answers: ids, rows, its own words, whether a 2xx holds what its API promises. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from connector.files import without_mark
from connector.messages import UNREADABLE
from connector.values import Unfit, id_text
from target_optiply.errors import CUT, UNSENT, Verdict

_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # exact, and of any size
MOST_WORDS = 300  # characters of Optiply's own words in a reason
_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")


@dataclass(frozen=True)
class Reply:
    """What came of one request after all its repeats; `status` may also be a word of errors.py."""

    verdict: Verdict
    status: int | str
    id: str | None = None
    message: str = ""
    latency: float = 0.0
    rows: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Answer:
    """One answer, or how a request ended without one."""

    status: int | str
    body: dict[str, Any] | None = None
    text: str = ""
    retry_after: float | None = None
    latency: float = 0.0
    why: str = ""  # no answer came, in words


def said(body: Mapping[str, Any] | None) -> str:
    """The API's own words, without e-mail addresses: meta.message, detail, message or title of the first error."""
    body = body or {}
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    meta = first.get("meta")
    # Not error_description: it repeats the token.
    words = (
        meta.get("message") if isinstance(meta, dict) else None,
        *(first.get(key) for key in ("detail", "message", "title")),
        *(body.get(key) for key in ("message", "error")),
    )
    found = next((word for word in words if isinstance(word, str) and word.strip()), "no reason given")
    return _ADDRESS.sub("<address>", " ".join(found.split())[:MOST_WORDS])


def reply_of(verdict: Verdict, answer: Answer) -> Reply:
    """What a writer is told of the last answer."""
    data = (answer.body or {}).get("data")
    rows = tuple(data) if isinstance(data, list) and verdict is Verdict.DONE else ()
    message = "" if verdict is Verdict.DONE else said(answer.body)
    return Reply(verdict, answer.status, _id_in(data), message, answer.latency, rows)


def json_object(content: bytes) -> dict[str, Any] | None:
    """The object in a body; None where there is none."""
    try:
        body = _DECODER.decode(without_mark(content))
    except UNREADABLE:
        return None
    return body if isinstance(body, dict) else None


def is_promised(method: str, body: dict[str, Any] | None, *, is_empty: bool) -> bool:
    """Whether a 2xx answer carries what the API promises for the method.

    A change and a removal need no words: with an empty body, or any object that names no error, they are done.
    """
    if method in ("PATCH", "DELETE"):
        return is_empty or (body is not None and not body.get("errors"))
    data = (body or {}).get("data")
    if method == "GET":
        return isinstance(data, list) and all(_id_in(row) is not None for row in data)
    return _id_in(data) is not None


def _id_in(data: object) -> str | None:
    """The id of an object of the API; None where there is none that can be one."""
    try:
        return id_text(data.get("id")) if isinstance(data, dict) else None
    except Unfit:
        return None


def how_it_failed(error: requests.RequestException) -> str:
    """UNSENT when no connection was made, so that nothing can have happened; CUT otherwise."""
    if isinstance(error, requests.ConnectTimeout):
        return UNSENT
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    return UNSENT if isinstance(reason, (NewConnectionError, ConnectTimeoutError)) else CUT
