"""Makes stores of older layouts, as earlier versions of the program left them."""

import sqlite3
from pathlib import Path

_RECORDS = (
    "stream TEXT NOT NULL, remote_id TEXT NOT NULL, wanted TEXT, acknowledged TEXT, id TEXT, announced_at TEXT, "
    "announced TEXT, status TEXT, reason TEXT, answered_at TEXT, sent_at TEXT, hash TEXT, held TEXT, held_since TEXT"
)
_TABLES = """
CREATE TABLE meta ("key" TEXT NOT NULL PRIMARY KEY, value TEXT);
CREATE TABLE records ({records}, PRIMARY KEY (stream, remote_id)) WITHOUT ROWID;
CREATE INDEX records_announced ON records (stream, remote_id) WHERE announced IS NOT NULL;
CREATE INDEX records_held ON records (stream, remote_id) WHERE held IS NOT NULL;
CREATE TABLE products (product_id TEXT NOT NULL PRIMARY KEY, sku TEXT, sku_key TEXT, type_id TEXT, status TEXT,
    attributes TEXT, kit TEXT, updated_at TEXT, absent_run TEXT, gone INTEGER DEFAULT '0' NOT NULL, refused TEXT,
    changed_in INTEGER) WITHOUT ROWID;
CREATE TABLE stock (sku_key TEXT NOT NULL PRIMARY KEY, product_id TEXT, quantity FLOAT, manage_stock INTEGER,
    origin TEXT, run_id TEXT, absent_run TEXT, changed_in INTEGER) WITHOUT ROWID;
CREATE TABLE waiting_orders (remote_id TEXT NOT NULL PRIMARY KEY, facts TEXT NOT NULL);
INSERT INTO meta VALUES ('schema_version', '{version}');
"""


def store_of_layout(directory: Path, version: int) -> sqlite3.Connection:
    """An open, empty store of layout 1 or 2; the caller fills, commits and closes it."""
    records = _RECORDS if version == 1 else f"{_RECORDS}, refused_picture TEXT"
    connection = sqlite3.connect(directory / "optiply.sqlite")
    connection.executescript(_TABLES.format(records=records, version=version))
    return connection
