"""What Optiply says for itself in an answer that refuses, as far as people may read it."""

import re
from collections.abc import Mapping
from typing import Any

from connector.words import printable

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
    return _ADDRESS.sub("<address>", printable(found)[:MOST_WORDS])
