"""Reads Optiply's answers: ids, rows, its own words, whether a 2xx holds what its API promises. Sends nothing."""

from typing import Any

import requests

from connector.http.answers import Answer, Ending, Failure, json_object, tls_failure
from connector.http.request import Request
from connector.http.table import Body, Fate
from connector.values import fit, id_text
from delivery.destination import Reply
from optiply_api.words import said
from target_optiply.errors import UNREADABLE, in_words

MOST_TEXT = 4000  # bytes that are searched for a marker of the table


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
    if 200 <= status < 300 and _is_promised(request.method, body, is_empty=content.strip() in {b"", b"null"}):
        return Answer(body, 0, response.headers)
    cause = UNREADABLE if 200 <= status < 300 else status
    return tls_failure(response, "api_url") or Failure(
        cause, Body.ANY, content[:MOST_TEXT].decode("utf-8", "replace"), body, response.headers
    )


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
    return fit(id_text, data.get("id")) if isinstance(data, dict) else None
