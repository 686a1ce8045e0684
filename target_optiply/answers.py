"""Reads Optiply's answers: ids, rows, its own words, whether a 2xx holds what its API promises. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import requests

from connector.files import without_mark
from connector.http.answers import Answer, Ending, Failure
from connector.http.request import Request
from connector.http.table import Body, Fate
from connector.messages import UNREADABLE as NOT_JSON
from connector.reasons import tls_only
from connector.values import Unfit, id_text
from delivery.destination import Reply
from target_optiply.errors import CUT, LASTING, UNREADABLE, UNSENT, in_words

_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # exact, and of any size
MOST_TEXT = 4000  # bytes that are searched for a marker of the table
MOST_WORDS = 300  # characters of Optiply's own words in a reason
_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")


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


def reply_of(outcome: Answer | Ending) -> Reply:
    """What a writer is told of a request."""
    if isinstance(outcome, Ending):
        failure, words = outcome.failure, said(outcome.failure.value)
        told = f": {words}" if isinstance(failure.cause, int) else ""
        return Reply(outcome.meaning.fate, message=words, says=f"{in_words(failure.cause)}{told}")
    data = (outcome.value or {}).get("data")
    return Reply(Fate.DONE, id=_id_in(data), rows=tuple(data) if isinstance(data, list) else ())


def read_answer(request: Request, response: requests.Response) -> Answer | Failure:
    """What the API promises for the method, or what else came."""
    status, content = response.status_code, response.content
    body = json_object(content)
    if 200 <= status < 300 and _is_promised(request.method, body, is_empty=not content.strip()):
        return Answer(body, 0, response.headers)
    cause = UNREADABLE if 200 <= status < 300 else status
    return tls_failure(response, "api_url") or Failure(
        cause, Body.ANY, content[:MOST_TEXT].decode("utf-8", "replace"), body, response.headers
    )


def tls_failure(response: requests.Response, setting: str) -> Failure | None:
    """The failure that an answer of a TLS port to plain HTTP is; None for another answer."""
    reason = tls_only(response.status_code, response.content, str(response.url), setting=setting)
    return Failure(LASTING, Body.ANY, "", reason=reason) if reason else None


def without_answer(failure: Failure) -> Failure:
    """A request without an answer as the table knows it: what lasts, what was not sent, what may have been done."""
    lasting = failure.reason is not None and failure.reason.lasting
    return replace(failure, cause=LASTING if lasting else CUT if failure.is_sent else UNSENT)


def json_object(content: bytes) -> dict[str, Any] | None:
    """The object in a body; None where there is none."""
    try:
        body = _DECODER.decode(without_mark(content))
    except NOT_JSON:
        return None
    return body if isinstance(body, dict) else None


def _is_promised(method: str, body: dict[str, Any] | None, *, is_empty: bool) -> bool:
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
