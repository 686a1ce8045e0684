"""A tenant's stores, each in a schema of the fleet's database: whose they are, which are left, and dropping them."""

import json
from pathlib import Path

from psycopg import sql

from fleet.database import Connection, is_at, one
from fleet.errors import FleetError
from fleet.vault import Vault
from job.folder import JobFolder, read_json_object
from store.advisory import lock_number
from store.move import stored_in
from store.place import SETTING, Place

PREFIX = "t_"


def schema_of(name: str) -> str:
    """The schema of the database that holds a tenant's stores."""
    return f"{PREFIX}{name}"


def schemas_of(connection: Connection, name: str) -> list[str]:
    """The schemas that hold a tenant's stores."""
    query = "SELECT nspname FROM pg_namespace WHERE nspname = %s OR starts_with(nspname, %s) ORDER BY nspname"
    return [row["nspname"] for row in connection.execute(query, (schema_of(name), f"{schema_of(name)}:"))]


def brings_stores(folder: JobFolder) -> bool:
    """Whether a folder has stores in files, which move into the database with it."""
    return folder.store.url is None and folder.snapshots.is_dir() and bool(stored_in(folder.store))


def check_stores(connection: Connection, name: str, folder: JobFolder, *, stores: bool) -> None:
    """A folder that was in the fleet, or a copy of one, names the stores of that tenant: no two may share them.

    Raises FleetError for that, and for stores beyond the fleet's database: neither its backup nor `remove` knows them.
    `stores`: those of a tenant that is no more are meant.
    """
    place = Place.of(folder.snapshots, read_json_object(folder.config).get(SETTING))
    if place.url is not None and not is_at(connection, place.url):
        raise FleetError(
            f"config.json of {name} names stores in another database than the fleet's (snapshot_url, {place.title()}). "
            "Move them into files first (`optiply-sync snapshot move FOLDER`), and `add` takes them along; or take "
            f"snapshot_url out, and {name} has its own. Where both are one database, the fleet's address must name it "
            "alike."
        )
    schema = place.schema
    other = schema.removeprefix(PREFIX)
    if not schema.startswith(PREFIX) or other == name:
        return
    said = f"config.json of {name} names the stores of tenant {other!r} (snapshot_url, schema {schema}): "
    if _is_tenant(connection, other):
        raise FleetError(f"{said}two tenants cannot share them. Take snapshot_url out, and {name} has its own.")
    if not stores:
        raise FleetError(
            f"{said}they say what its account in Optiply has. `add --stores` goes on with them; for another account "
            f"take snapshot_url out, and {name} has its own."
        )


def has_left_stores(connection: Connection, name: str) -> bool:
    """Whether there are stores of a tenant that is no more, or has never come to be: its `add` was stopped half-way."""
    return not _is_tenant(connection, name) and bool(schemas_of(connection, name))


def drop_left_stores(connection: Connection, vault: Vault, name: str) -> None:
    """Forgets the stores of a tenant that is not there.

    Raises FleetError where another tenant goes on with them, and while a program has them: `add`, or a run.
    """
    for row in connection.execute("SELECT name, files FROM fleet.tenant"):
        url = json.loads(vault.open(bytes(row["files"]), row["name"])["config.json"]).get(SETTING)
        if Place.of(Path(), url).schema == schema_of(name):
            raise FleetError(f"The stores of {name} are those of tenant {row['name']} by now; remove that one first.")
    if not are_free(connection, name):
        raise FleetError(f"A program is at work on the stores of {name}; wait for its end, and try again.")
    drop_stores(connection, name)


def are_free(connection: Connection, name: str) -> bool:
    """Whether no program is at work on a tenant's stores; none begins until the transaction of the caller ends."""
    place = Place(Path(), schema=schema_of(name))
    query = "SELECT pg_try_advisory_xact_lock(%s) AND pg_try_advisory_xact_lock(%s) AS ours"
    return bool(one(connection, query, lock_number(place, "run"), lock_number(place, "family"))["ours"])


def drop_stores(connection: Connection, name: str) -> None:
    """Forgets what a tenant's accounts hold: a later one of that name begins by looking what there is."""
    for schema in schemas_of(connection, name):
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


def _is_tenant(connection: Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM fleet.tenant WHERE name = %s", (name,)).fetchone() is not None
