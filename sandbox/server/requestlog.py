"""What the sandbox was asked: one entry per request, with counts, and never a secret.

Query values and bodies of token requests are not kept. `sent` holds the attributes of a JSON:API write, which tests
need to see that an update carried only what changed.
"""

import re
from collections import Counter
from contextvars import ContextVar
from typing import Any

import msgspec

_SECRETS = re.compile(r"((?:password|client_secret|refresh_token|access_token|username)=)[^&]*", re.IGNORECASE)


class Entry(msgspec.Struct, kw_only=True):
    """One request: `route` is the path with its variable parts named, `status` None when the connection was cut.

    `token` says that it asked for a token.
    """

    api: str
    method: str
    route: str
    path: str
    query: str = ""
    status: int | None = None
    acted: bool = False
    fault: bool = False
    token: bool = False
    sent: Any = None

    @property
    def is_write(self) -> bool:
        """Whether the request changes data: not a GET, and not a request for a token."""
        return self.method not in ("GET", "HEAD") and not self.token

    @property
    def resource(self) -> str:
        """The last fixed part of the route: `products` for `/v1/products/{id}`."""
        fixed = [part for part in self.route.split("/") if part and not part.startswith("{")]
        return fixed[-1] if fixed else ""


_CURRENT: ContextVar[Entry] = ContextVar("entry of the request being answered")


def note_sent(attributes: object) -> None:
    """Put what a request sent into its entry; called by the handler, which knows that it holds no secret."""
    _CURRENT.get().sent = attributes


def begin(entry: Entry) -> None:
    """Make an entry the one that `note_sent` fills, for the rest of the request."""
    _CURRENT.set(entry)


class RequestLog:
    """All requests to all servers in the order in which they were answered."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> Entry:
        """Keep an entry, with secrets in its query replaced."""
        if "=" in entry.query:
            entry.query = _SECRETS.sub(r"\1***", entry.query)
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget everything so far."""
        self.entries = []

    def select(
        self,
        *,
        api: str | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
    ) -> list[Entry]:
        """Return the entries that agree with every given value; `path` is a regular expression found in the path."""
        pattern = re.compile(path) if path is not None else None
        return [
            entry
            for entry in list(self.entries)
            if (api is None or entry.api == api)
            and (method is None or entry.method == method)
            and (status is None or entry.status == status)
            and (pattern is None or pattern.search(entry.path))
        ]

    def counts(self, api: str | None = None) -> dict[str, int]:
        """Count requests by `"<api> <method> <route> <status>"`; a cut connection has the status `cut`."""
        counter = Counter(
            f"{entry.api} {entry.method} {entry.route} {'cut' if entry.status is None else entry.status}"
            for entry in self.select(api=api)
        )
        return dict(sorted(counter.items()))

    def attempted_writes(self, api: str | None = None) -> int:
        """Count the requests to a server, or to all, that would change something, carried out or not."""
        return sum(entry.is_write for entry in self.select(api=api))

    def writes(self, api: str | None = None) -> dict[str, int]:
        """Count the writes that a server, or all, carried out, by `"<method> <resource>"`: `{"POST products": 3}`.

        A write whose answer was lost counts, a refused one does not.
        """
        counter = Counter(
            f"{entry.method} {entry.resource}" for entry in self.select(api=api) if entry.is_write and entry.acted
        )
        return dict(sorted(counter.items()))
