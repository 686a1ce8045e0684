"""Says where a store lives: a file in a folder, or a schema of a PostgreSQL database. Opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from connector.names import DESTINATION
from store.errors import SnapshotError

SETTING, VARIABLE = "snapshot_url", "SNAPSHOT_URL"
"""The setting, and the environment variable after it, that name a database."""
SCHEMES = ("postgresql", "postgres")
CLEARLY = (
    "cannot be read; write # ? [ ] / @ % of a password as %23 %3F %5B %5D %2F %40 %25 (or put it into PGPASSWORD), and "
    "see that the other parameters are PostgreSQL's own"
)
"""What is said of an address that is not clear."""
_NAME = re.compile("[a-z][a-z0-9_]{0,39}", re.ASCII)  # PostgreSQL takes 63, and the name of a destination is added


@dataclass(frozen=True)
class Place:
    """A snapshot folder, and where its stores are kept.

    `directory` holds the lock, and the stores where `url` is None; else these are schemas of the database at `url`
    (libpq's form), whose names begin with `schema`.
    """

    directory: Path
    url: str | None = None
    schema: str = ""

    @classmethod
    def of(cls, directory: Path, url: object = None) -> Place:
        """The place that settings name. Raises SnapshotError for an address that cannot be one.

        `url`: postgresql://user@host/database?schema=name; each tenant has a schema of its own.
        """
        if not url:
            return cls(directory)
        scheme, found, _rest = str(url).partition("://")
        if scheme not in SCHEMES:
            raise SnapshotError(f"snapshot_url begins with {scheme if found else 'nothing'}://; write postgresql://.")
        if find_spec("psycopg") is None:
            raise SnapshotError("snapshot_url needs the extra 'fleet' (pip install '.[fleet]').")
        address, schema = _schema_aside(str(url))
        if not is_clear(address):
            raise SnapshotError(f"snapshot_url {CLEARLY}.")
        if not _NAME.fullmatch(schema):
            raise SnapshotError(
                "snapshot_url names no schema of its own for this tenant; end it with ?schema=NAME (small letters, "
                "digits and _, at most 40 of them, a letter first)."
            )
        return cls(directory, address, schema)

    @property
    def environment(self) -> dict[str, str]:
        """What tells a program where the stores are."""
        if self.url is None:
            return {"SNAPSHOT_DIR": str(self.directory)}
        parts = urlsplit(self.url)
        query = written([*parameters_of(parts.query), ("schema", self.schema)])
        return {"SNAPSHOT_DIR": str(self.directory), VARIABLE: urlunsplit(parts._replace(query=query))}

    def schema_of(self, destination: str) -> str:
        """The schema that holds the store of a destination."""
        return self.schema if destination == DESTINATION else f"{self.schema}:{destination}"

    def file(self, destination: str = DESTINATION) -> Path:
        """The file that holds the store of a destination, where files do."""
        return self.directory / f"{destination}.sqlite"

    def title(self, destination: str = DESTINATION) -> Path | str:
        """How messages call the store of a destination; without a password."""
        if self.url is None:
            return self.file(destination)
        parts = urlsplit(self.url)
        host = parts.hostname or "this machine"
        return f"{host}{parts.path} schema {self.schema_of(destination)}"


def is_clear(url: str) -> bool:
    """Whether libpq reads an address, and finds the password in it that we find; only such an address may be used.

    Half of another password would end up in the name of the database, and so in messages and logs.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return "@" not in urlsplit(url).path and conninfo_to_dict(url).get("password") == password_of(url)
    except (ValueError, ProgrammingError):
        return False


def password_of(url: str) -> str | None:
    """The password that an address names, as it is; None where it names none."""
    parts = urlsplit(url)
    in_query = [value for name, value in parameters_of(parts.query) if name == "password"]
    return in_query[-1] if in_query else None if parts.password is None else unquote(parts.password)


def _schema_aside(url: str) -> tuple[str, str]:
    """The address as libpq knows it, and the schema that ours names besides; one that cannot be taken apart stays."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, ""
    query = dict(parameters_of(parts.query))
    schema = query.pop("schema", "")
    return urlunsplit(parts._replace(query=written(query.items()))), schema


def parameters_of(query: str) -> list[tuple[str, str]]:
    """The parameters of an address, as libpq reads them: a + is a +."""
    return parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)


def written(parameters: Iterable[tuple[str, str]]) -> str:
    """Parameters as libpq reads them: a blank is %20."""
    return urlencode(list(parameters), quote_via=quote)


Where = Path | Place
"""Of a function that takes a folder, or a place."""


def place_of(where: Where) -> Place:
    """The place of a snapshot folder whose stores are files in it; a place is itself."""
    return where if isinstance(where, Place) else Place(where)
