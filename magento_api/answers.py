"""Reads the shop's answers: JSON, Magento's own message, the page limit and the right that it names."""

import re

import msgspec
import requests

from connector.http.answers import SHOWN_OF_AN_ANSWER, Answer, Failure, as_utf8, shown
from connector.http.nearly import nearly_json
from connector.http.pool import Json
from connector.http.table import Body
from connector.reasons import tls_only
from connector.words import printable

SETTING = "store_url"


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
                # A bare list cannot be asked for in parts, as a search can, until the bad row stands alone.
                rows = nearly_json(content) if content.lstrip()[:1] == b"[" else None
                if isinstance(rows, list) and any(row is not None for row in rows):
                    return Answer(rows, 0, response.headers)
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
    if reason := tls_only(status, content, response.url or "", setting=SETTING):
        return Failure(reason.kind, Body.ANY, "", headers=response.headers, reason=reason)
    text = message_in(value, content)
    if 300 <= status < 400:
        text = f"to {printable(response.headers.get('Location', 'an unnamed place'))}"
    return Failure(status, Body.JSON if is_json else Body.OTHER, text, value, response.headers)


def message_in(value: Json, content: bytes) -> str:
    """What an answer says about itself: Magento's `message`, or its start."""
    message = value.get("message", "") if isinstance(value, dict) else None
    return printable(message)[:SHOWN_OF_AN_ANSWER] if isinstance(message, str) else shown(content)


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
