"""Keeps two runs on different machines from using one store in a database at once, by PostgreSQL's advisory locks.

A run holds its lock on a connection of its own: a machine that dies, or is cut off, loses it. Each connection that
writes shares a second lock, the family's, which a newcomer must find free: while one program of the older run can still
write, no other run begins; and a program that starts to write first sees that the lock is still its own run's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from connector.names import DESTINATION, LOCK_HOLDER_VARIABLE
from store.dial import dial, told
from store.errors import SnapshotLocked
from store.place import Place

_HOLDER = """
    SELECT l.pid, a.client_addr::text, a.backend_start::timestamp(0)::text
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.mode = 'ExclusiveLock' AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) | l.objid::bigint = %s
"""


@contextmanager
def run_alone(place: Place) -> Iterator[None]:
    """Holds the run's lock. Raises SnapshotLocked where another run, or a program that one left behind, is at work."""
    name = place.title()
    with closing(dial(place, DESTINATION)) as connection, told(place, DESTINATION):
        connection.autocommit = True
        if not _asked(connection, "SELECT pg_try_advisory_lock(%s)", lock_number(place, "run")):
            raise SnapshotLocked(f"{name} is locked by another run{_who(connection, place)}; wait until it has ended.")
        if not _asked(connection, "SELECT pg_try_advisory_lock(%s)", lock_number(place, "family")):
            raise SnapshotLocked(
                f"{name} is locked: its last run has ended, but a program it started is still at work; wait until that "
                "has ended."
            )
        _asked(connection, "SELECT pg_advisory_unlock(%s)", lock_number(place, "family"))
        os.environ[LOCK_HOLDER_VARIABLE] = str(connection.info.backend_pid)
        try:
            yield
        finally:
            del os.environ[LOCK_HOLDER_VARIABLE]


def join_the_run(connection: psycopg.Connection[Any], place: Place) -> None:
    """Before a connection writes: it shares the family's lock until it is closed.

    Raises SnapshotLocked where the run that this program belongs to has lost its lock.
    """
    shares = _asked(connection, "SELECT pg_try_advisory_lock_shared(%s)", lock_number(place, "family"))
    ours = os.environ.get(LOCK_HOLDER_VARIABLE)
    holder = None if ours is None else connection.execute(_HOLDER, (lock_number(place, "run"),)).fetchone()
    if not shares or (ours is not None and (holder is None or str(holder[0]) != ours)):
        raise SnapshotLocked(
            f"{place.title()} is not locked for this run (any more): the connection that held the lock is gone, or "
            "another run has begun; run again."
        )


def _who(connection: psycopg.Connection[Any], place: Place) -> str:
    row = connection.execute(_HOLDER, (lock_number(place, "run"),)).fetchone()
    return "" if row is None else f" (from {row[1] or 'the database server itself'}, since {row[2]})"


def _asked(connection: psycopg.Connection[Any], question: str, key: int) -> bool:
    row = connection.execute(question, (key,)).fetchone()
    return bool(row and row[0])


def lock_number(place: Place, of: str) -> int:
    """The number by which the database knows a lock of a tenant's."""
    digest = hashlib.blake2b(f"{of}:{place.schema}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
