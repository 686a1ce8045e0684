"""Connects to the PostgreSQL database of a place, and says in one sentence what is wrong where that fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from store.errors import SnapshotError
from store.place import Place, parameters_of, written

CONNECT_SECONDS = 10
# A server waits for two hours by its own habit, and the locks of a machine that vanished with it.
NOTICED = (
    "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 30000"
)
"""Of each connection that is made: half a minute after its machine has vanished the server closes it."""
# The same on this side, where a machine waits for a quarter of an hour. A minute, since the time in which a server that
# is at work takes nothing more in counts as well.
_NOTICING = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 60_000}
_SENTENCES = (
    ("password authentication failed", "does not take this user and password; correct snapshot_url"),
    ("permission denied", "may not be used by this user; grant the right that is named"),
    ("No space left", "cannot be written because the disk is full; free some space and run again"),
    ("0x00", "cannot keep a text with the character NUL; correct that record at its source"),
)


def dial(place: Place, destination: str) -> psycopg.Connection[Any]:
    """The driver's own connection, with the schema of the destination in its path. Raises SnapshotError."""
    with told(place, destination):
        connection = psycopg.connect(patient(cast(str, place.url)), connect_timeout=CONNECT_SECONDS, autocommit=True)
        connection.execute(NOTICED)
        schema = sql.Identifier(place.schema_of(destination))
        connection.execute(sql.SQL("SET search_path TO {}").format(schema))
        connection.autocommit = False
        return connection


def patient(url: str) -> str:
    """The address of a connection that fails a minute after the database's machine has vanished.

    What an address says of that itself counts.
    """
    named = {name for name, _value in parameters_of(urlsplit(url).query)}
    missing = written((name, str(value)) for name, value in _NOTICING.items() if name not in named)
    return f"{url}{'&' if '?' in url else '?'}{missing}" if missing else url


def is_there(connection: psycopg.Connection[Any], schema: str) -> bool:
    """Whether the database has this schema."""
    connection.autocommit = True
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
    connection.autocommit = False
    return found is not None


@contextmanager
def told(place: Place, destination: str) -> Iterator[None]:
    """Turns an error of the driver into a SnapshotError with the remedy; no word of it tells the password."""
    try:
        yield
    except psycopg.Error as error:
        raise sentence_for(place.title(destination), error) from error


def sentence_for(title: object, error: BaseException | None) -> SnapshotError:
    """The SnapshotError that fits what PostgreSQL said."""
    fault = " ".join(str(error).split())
    for marker, sentence in _SENTENCES:
        if marker in fault:
            return SnapshotError(f"{title} {sentence}. PostgreSQL says: {fault}")
    return SnapshotError(f"{title} cannot be used; see that the database runs, and run again. PostgreSQL says: {fault}")
