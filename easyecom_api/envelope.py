"""How EasyEcom words an answer: the code in its body counts more than HTTP's status, and a text stands for no rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.http.answers import SHOWN_OF_AN_ANSWER, Answer, Failure
from connector.http.pool import Json
from connector.http.table import Body
from connector.values import fit, whole_number
from connector.words import printable

NOTHING_FOUND = frozenset({"no data found", "no records found", "no result found", "unable to find vendors"})
"""How it says that a list is empty, some of them as an error."""


def worded(found: Answer | Failure) -> Answer | Failure:
    """What an answer is by its body: with the code there, with its message, and with a list where nothing was found."""
    value = found.value
    if not isinstance(value, dict):
        return found
    code, message = code_of(value), message_of(value)
    failed = code is not None and not 200 <= code < 300
    if _is_nothing(message) if failed else _is_nothing(value.get("data")):
        return Answer({**value, "data": []}, 0, found.headers)
    if isinstance(found, Answer):
        return Failure(code, Body.JSON, message, value, found.headers) if code is not None and failed else found
    return replace(found, cause=code if code is not None and failed else found.cause, text=message or found.text)


def code_of(value: Mapping[str, Any]) -> int | None:
    """The code in a body: `code`, or `status` as some calls name it."""
    codes = (fit(whole_number, value.get(name)) for name in ("code", "status"))
    return next((code for code in codes if code is not None), None)


def message_of(value: Mapping[str, Any]) -> str:
    """What a body says, on one line; a list of messages as one text."""
    message = value.get("message")
    if isinstance(message, list):
        message = "; ".join(str(one.get("Error", one) if isinstance(one, dict) else one) for one in message)
    return printable(message)[:SHOWN_OF_AN_ANSWER] if isinstance(message, str) else ""


def _is_nothing(text: Json) -> bool:
    return isinstance(text, str) and text.strip().rstrip(".").casefold() in NOTHING_FOUND


def link_of(told: object, base: str) -> str | None:
    """Path and query of a `nextUrl`, to be sent back as they came; None where there is none.

    Raises:
        ValueError: it is at another address than `base`, which must not get the token.
    """
    if not isinstance(told, str) or not told:
        return None
    if told.startswith("/") and not told.startswith("//"):
        return told
    if told.startswith(f"{base}/"):
        return told.removeprefix(base)
    raise ValueError(f"the next page would be at another address than {base}")
