"""The fleet's tenants: adding and removing them, pausing, their settings, and what each is due."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from connector.settings import did_you_mean
from fleet.database import Connection, is_at, moment, one
from fleet.due import spread
from fleet.errors import FleetError
from fleet.folders import gather, lay_out
from fleet.stores import are_free, brings_stores, check_stores, has_left_stores, schema_of
from fleet.vault import Files, Vault
from job.folder import FolderError, JobFolder, read_json_object, write_json
from job.schedule.agenda import agenda
from job.schedule.timetable import LONGEST_TICK, tick_minutes
from job.settings.check import check_settings
from job.systems import system_of
from store.place import SETTING, Place

_KEYS = "hashtext('optiply-fleet keys')"
"""The lock that `add` shares until its tenant can be seen, and that `rotate` waits for."""


def store_url(url: str, name: str) -> str:
    """Where a tenant's stores are in the database at `url`, as the setting snapshot_url says it."""
    return f"{url}{'&' if '?' in url else '?'}schema={schema_of(name)}"


def names(connection: Connection) -> list[str]:
    """All tenants, by name."""
    return [row["name"] for row in connection.execute("SELECT name FROM fleet.tenant ORDER BY name")]


def tenant(connection: Connection, name: str) -> DictRow:
    """A tenant's row, without its files. Raises FleetError where there is none, with the nearest name."""
    query = "SELECT name, system, added_at, paused_at, due_at, agenda FROM fleet.tenant WHERE name = %s"
    row = connection.execute(query, (name,)).fetchone()
    if row is None:
        hint = did_you_mean(name, names(connection)) or "`optiply-fleet status` lists those that there are."
        raise FleetError(f"There is no tenant {name!r}; {hint}")
    return row


def files_to_run(connection: Connection, name: str) -> bytes | None:
    """A tenant's sealed files; None where there is no such tenant, or it is paused."""
    query = "SELECT files FROM fleet.tenant WHERE name = %s AND paused_at IS NULL"
    row = connection.execute(query, (name,)).fetchone()
    return None if row is None else bytes(row["files"])


def add(connection: Connection, vault: Vault, name: str, folder: JobFolder, *, stores: bool = False) -> datetime:
    """Takes a folder's configuration in; returns when its first run is due (UTC), spread over its own interval.

    `stores`: those that an earlier tenant of that name has left are its own, and go on. Raises FleetError where there
    are some otherwise, or the folder has some of its own besides; where it goes by those of another tenant; or where
    there is a tenant of that name. FolderError where the configuration is not right.
    """
    check_settings(folder)
    connection.execute(f"SELECT pg_advisory_xact_lock_shared({_KEYS})")
    check_keys(connection, vault)
    left = has_left_stores(connection, name)
    if left and brings_stores(folder):
        raise FleetError(
            f"The database holds stores of {name}, which an earlier tenant has left, or an `add` that was stopped; the "
            f"folder has some of its own. `optiply-fleet remove {name} --stores` drops those in the database; add it "
            "again then, or under another --name."
        )
    if left and not stores:
        raise FleetError(
            f"An earlier tenant {name!r} has left its stores, or an `add` that was stopped: they say what its account "
            "in Optiply has. With --stores this one goes on with them; for another account choose another --name."
        )
    check_stores(connection, name, folder, stores=stores)
    due = moment(connection) + spread(name, tick_minutes(agenda(folder).rules))
    query = "INSERT INTO fleet.tenant (name, system, files, due_at) VALUES (%s, %s, %s, %s)"
    try:
        with connection.transaction():
            connection.execute(query, (name, system_of(folder).name, _sealed(connection, vault, name, folder), due))
    except psycopg.errors.UniqueViolation:
        raise FleetError(
            f"There is a tenant {name!r} already; name this one otherwise with --name, or remove the other first."
        ) from None
    return due


def _sealed(connection: Connection, vault: Vault, name: str, folder: JobFolder) -> bytes:
    """The folder's files, encrypted; without snapshot_url where that says what each run is told anyway.

    A noted address would win over the fleet's own when that has changed: another host, another user, a restored dump.
    """
    with laid_out(gather(folder)) as copy:
        config = read_json_object(copy.config)
        place = Place.of(copy.snapshots, config.pop(SETTING, None))
        if place.url is not None and place.schema == schema_of(name) and is_at(connection, place.url):
            write_json(copy.config, config, mode=0o600)
        return vault.seal(gather(copy))


def remove(connection: Connection, name: str) -> None:
    """Forgets a tenant's configuration and runs; its stores stay. Raises FleetError while a run of it is under way."""
    tenant(connection, name)
    connection.execute("SELECT 1 FROM fleet.tenant WHERE name = %s FOR UPDATE", (name,))
    connection.execute("DELETE FROM procrastinate_jobs WHERE lock = %s AND status = 'todo'", (name,))
    query = "SELECT count(*) AS n FROM procrastinate_jobs WHERE lock = %s AND status = 'doing'"
    # A run may go on that the queue knows nothing of: its worker was cut off or killed, or cron has started it.
    if one(connection, query, name)["n"] or not are_free(connection, name):
        raise FleetError(f"A run of {name} is under way; pause it, wait for the end of that run, and try again.")
    connection.execute("DELETE FROM fleet.tenant WHERE name = %s", (name,))


def pause(connection: Connection, name: str) -> None:
    """Nothing is started for it from now on; what is under way goes on to its end."""
    tenant(connection, name)
    connection.execute("UPDATE fleet.tenant SET paused_at = coalesce(paused_at, now()) WHERE name = %s", (name,))


def resume(connection: Connection, name: str) -> None:
    """It runs by its schedule again, now where something was missed; what a person asked for before comes first."""
    tenant(connection, name)
    query = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE lock = %s AND status = 'todo'"
    connection.execute(query, (name,))
    connection.execute("UPDATE fleet.tenant SET paused_at = NULL WHERE name = %s", (name,))


def files_of(connection: Connection, vault: Vault, name: str) -> dict[str, bytes]:
    """A tenant's configuration files. Raises FleetError where there is no such tenant, or no key fits."""
    tenant(connection, name)
    return vault.open(bytes(one(connection, "SELECT files FROM fleet.tenant WHERE name = %s", name)["files"]), name)


def set_values(connection: Connection, vault: Vault, name: str, values: Mapping[str, Any]) -> None:
    """Changes settings of config.json, those that begin with `target.` of target-config.json; null takes one out.

    The whole configuration is checked first. After another schedule the tenant is due within the hour, and that run
    finds out what it has to do by it. Raises FolderError with a sentence for each mistake.
    """
    tenant(connection, name)
    connection.execute("SELECT 1 FROM fleet.tenant WHERE name = %s FOR UPDATE", (name,))
    with laid_out(files_of(connection, vault, name)) as folder:
        for key, value in values.items():
            path = folder.target_config if key.startswith("target.") else folder.config
            others = {known: other for known, other in read_json_object(path).items() if known != _bare(key)}
            write_json(path, others if value is None else {**others, _bare(key): value}, mode=0o600)
        try:
            check_settings(folder)
        except FolderError as error:
            raise FolderError(str(error).replace(str(folder.root), name)) from None
        if SETTING in values:
            check_stores(connection, name, folder, stores=False)
        sealed = _sealed(connection, vault, name, folder)
        query = "UPDATE fleet.tenant SET files = %s, system = %s WHERE name = %s"
        connection.execute(query, (sealed, system_of(folder).name, name))
    if "schedule" in values:
        soon = moment(connection) + spread(name, LONGEST_TICK)
        connection.execute("UPDATE fleet.tenant SET due_at = least(due_at, %s) WHERE name = %s", (soon, name))


def _bare(key: str) -> str:
    return key.removeprefix("target.")


@contextmanager
def laid_out(files: Files) -> Iterator[JobFolder]:
    """A folder with these files, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="optiply-fleet-") as directory:
        yield lay_out(files, Path(directory))


def check_keys(connection: Connection, vault: Vault) -> None:
    """Raises FleetError where the vault cannot open what is there already: a wrong key, noticed before it is used."""
    row = connection.execute("SELECT name, files FROM fleet.tenant ORDER BY added_at DESC LIMIT 1").fetchone()
    if row is not None:
        vault.open(bytes(row["files"]), row["name"])


def rotate(connection: Connection, vault: Vault) -> int:
    """Encrypts every tenant's files with the first key; returns how many tenants there are.

    It waits for those that are being added: what an `add` has sealed with an older key is seen once that has ended.
    """
    connection.execute(f"SELECT pg_advisory_xact_lock({_KEYS})")
    rows = connection.execute("SELECT name, files FROM fleet.tenant FOR UPDATE").fetchall()
    for row in rows:
        sealed = vault.seal_anew(bytes(row["files"]), row["name"])
        connection.execute("UPDATE fleet.tenant SET files = %s WHERE name = %s", (sealed, row["name"]))
    return len(rows)


def set_due(connection: Connection, name: str, due: datetime, next_times: Mapping[str, str] | None) -> None:
    """Notes when a tenant is due; `next_times` (work → ISO) where a run has told them."""
    query = "UPDATE fleet.tenant SET due_at = %s, agenda = coalesce(%s, agenda) WHERE name = %s"
    connection.execute(query, (due, None if next_times is None else Jsonb(dict(next_times)), name))


def value_of(text: str) -> Any:  # noqa: ANN401 - whatever a setting may be
    """A value as it is typed: JSON where it is that, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
