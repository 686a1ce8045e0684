"""Connections to the fleet's database, its tables, and one sentence on what is wrong with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit, urlunsplit

import psycopg
from procrastinate import App, SyncPsycopgConnector
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo, ConninfoOption
from psycopg.rows import DictRow, dict_row

from fleet.errors import FleetError
from store.dial import NOTICED, patient
from store.place import CLEARLY, SCHEMES, is_clear, parameters_of, password_of, written

URL_VARIABLE, PASSWORD_VARIABLE = "OPTIPLY_FLEET_URL", "PGPASSWORD"
CONNECT_SECONDS = 10
_LAST = "_post_"  # of the name of a change that is made when no worker of the older version is left
Connection: TypeAlias = psycopg.Connection[DictRow]


def fleet_address(given: str | None = None) -> str:
    """The address by which the database is reached: a connection whose database has vanished fails soon."""
    return patient(named_address(given))


def named_address(given: str | None = None) -> str:
    """The database's address: the one given, else the environment's. Raises FleetError where it cannot be one."""
    url = given or os.environ.get(URL_VARIABLE, "")
    if not url:
        raise FleetError(f"Which database? Set {URL_VARIABLE} to its address: postgresql://user@host/database.")
    if url.partition("://")[0] not in SCHEMES:
        raise FleetError("The address of the fleet's database must begin with postgresql://.")
    if not is_clear(url):
        raise FleetError(f"The address of the fleet's database {CLEARLY}.")
    return url


def title(url: str) -> str:
    """How messages call the database; without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'this machine'}{parts.path}"


def without_password(url: str) -> tuple[str, str | None]:
    """The address without its password, and that password as it is; None where it names none."""
    parts = urlsplit(url)
    pairs = parameters_of(parts.query)
    others = [pair for pair in pairs if pair[0] != "password"]
    user, at, host = parts.netloc.rpartition("@")
    query = written(others) if len(others) < len(pairs) else parts.query
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query)), password_of(url)


@contextmanager
def password_aside(url: str) -> Iterator[str]:
    """The address without its password, which connections that the block makes find in the environment."""
    bare, password = without_password(url)
    before = os.environ.get(PASSWORD_VARIABLE)
    if password is not None:
        os.environ[PASSWORD_VARIABLE] = password
    try:
        yield bare
    finally:
        if before is not None:
            os.environ[PASSWORD_VARIABLE] = before
        elif password is not None:
            del os.environ[PASSWORD_VARIABLE]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection whose block is one transaction. Raises FleetError where the database cannot be used."""
    with told(url), psycopg.connect(url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
        noticed(connection)
        yield connection


def noticed(connection: Connection) -> None:
    """Lets the server notice soon that this machine is gone; a pool calls it for each new connection."""
    connection.execute(NOTICED)
    connection.commit()


async def noticed_async(connection: psycopg.AsyncConnection[Any]) -> None:
    """The same for the engine's connections."""
    await connection.execute(NOTICED)
    await connection.commit()


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turns what the database says into a FleetError with the remedy."""
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise FleetError(f"{title(url)} holds no fleet yet; run `optiply-fleet init` first.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise FleetError(_refused(url, error)) from error
    except psycopg.OperationalError as error:
        words = " ".join(str(error).split())
        remedy = "correct user or password (PGPASSWORD, .pgpass)" if "authentication" in words else "see that it runs"
        raise FleetError(f"The fleet's database at {title(url)} cannot be used; {remedy}. It says: {words}") from error


def _refused(url: str, error: psycopg.Error) -> str:
    """Since PostgreSQL 15 only the owner of a database makes tables in its schema public, unless that is granted."""
    database, user = (conninfo_to_dict(url).get(part) or part.upper() for part in ("dbname", "user"))
    return (
        f"The fleet's database at {title(url)} does not let this user do that. Its owner may GRANT CREATE ON DATABASE "
        f'"{database}" TO "{user}" and, in that database, GRANT CREATE ON SCHEMA public TO "{user}"; tables that are '
        f"there already belong to the user who made them. It says: {' '.join(str(error).split())}"
    )


def migrate(url: str, *, finish: bool = False) -> bool:
    """Makes the tables of the fleet and of its engine, or brings them up to date; whether there were none.

    The engine's changes are such that workers of its older version go on, but for those that `finish` makes as well.
    """
    with connected(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('optiply-fleet init'))")
        connection.execute(cast(Any, files("fleet").joinpath("schema.sql").read_text(encoding="utf-8")))
        engine = App(connector=SyncPsycopgConnector()).schema_manager
        new = not one(connection, "SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS there")["there"]
        made = {row["name"] for row in connection.execute("SELECT name FROM fleet.engine_change")}
        if new:
            connection.execute(cast(Any, engine.get_schema()))
        for change in sorted(Path(engine.get_migrations_path()).glob("*.sql")):
            if change.name in made or (_LAST in change.name and not (new or finish)):
                continue
            if not new:
                connection.execute(cast(Any, change.read_text(encoding="utf-8")))
            connection.execute("INSERT INTO fleet.engine_change VALUES (%s)", (change.name,))
        return new


def is_at(connection: Connection, url: str) -> bool:
    """Whether an address means the database of a connection: by host, port and name, as they are written.

    It may name several hosts; the connection has one of them.
    """
    usual = _said(Conninfo.get_defaults())
    ours, theirs = _said(connection.pgconn.info), {**usual, **_said(Conninfo.parse(url.encode()))}
    hosts, ports = (theirs.get(part, "").split(",") for part in ("host", "port"))
    known = zip(hosts, ports if len(ports) > 1 else ports * len(hosts), strict=False)
    return (ours.get("host", ""), ours["port"]) in known and ours["dbname"] == theirs.get("dbname")


def _said(options: list[ConninfoOption]) -> dict[str, str]:
    """Parameters of a connection that have a value; an address of digits counts as the host's name."""
    found = {option.keyword.decode(): option.val.decode() for option in options if option.val}
    return {"host": found["hostaddr"], **found} if "hostaddr" in found else found


def moment(connection: Connection) -> datetime:
    """The time by the database's clock: what one machine notes, others compare."""
    found = one(connection, "SELECT clock_timestamp() AS now")["now"]
    assert isinstance(found, datetime)
    return found.astimezone(timezone.utc)


def one(connection: Connection, query: str, *parameters: object) -> DictRow:
    """The single row that a query finds."""
    row = connection.execute(cast(Any, query), parameters).fetchone()
    assert row is not None
    return row
