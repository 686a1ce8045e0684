"""Connections of the page to the fleet's database: a few, kept open, and none of them can change anything."""

from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from fleet.database import Connection, noticed

CONNECTIONS = 4
QUESTION_SECONDS = 15
"""How long the database may take over one question."""
WAIT_SECONDS = 5
"""How long a question waits for a connection."""


def reading_pool(url: str) -> ConnectionPool[Connection]:
    """The pool, not open yet; it gets by without the database until that is there."""
    return ConnectionPool(
        url, kwargs={"row_factory": dict_row, "connect_timeout": WAIT_SECONDS}, min_size=0, max_size=CONNECTIONS,
        timeout=WAIT_SECONDS, open=False, configure=_only_read, check=ConnectionPool.check_connection,
    )  # fmt: skip


def _only_read(connection: Connection) -> None:
    noticed(connection)
    connection.execute(f"SET statement_timeout = '{QUESTION_SECONDS}s'")
    connection.commit()
    connection.read_only = True
