"""Singer JSONL as the tap writes it: SCHEMA, RECORD and STATE lines of a reading."""

import json
from datetime import datetime
from random import Random
from typing import Any

from tests.oracle.flow import Reading

KEYS = {
    "stores": ["id"],
    "products": ["id"],
    "product_ids": ["id"],
    "product_checks": ["id"],
    "product_stock_statuses": ["sku"],
    "product_item_stocks": ["item_id"],
    "source_items": ["source_code", "sku"],
    "sources": ["source_code"],
    "orders": ["entity_id"],
}
INCREMENTAL = ("products", "orders")


def state_of(reading: Reading, run_id: str) -> dict[str, Any]:
    """The tap's last STATE: bookmarks of the incremental streams, completeness marks of the others."""
    bookmarks: dict[str, Any] = {
        stream: {
            "replication_key": "updated_at",
            "replication_key_value": reading.now.strftime("%Y-%m-%d %H:%M:%S"),
        }
        for stream in INCREMENTAL
        if stream in reading.rows
    }
    for stream in reading.complete & set(reading.rows):
        bookmarks[stream] = {"complete": True, "run_id": run_id}
    return {"run_id": run_id, "bookmarks": bookmarks}


def messages(reading: Reading, run_id: str, shuffle: Random | None = None) -> list[dict[str, Any]]:
    """SCHEMA, RECORD and STATE messages; `shuffle` mixes the streams record by record."""
    streams = list(reading.rows)
    schemas = [
        {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": KEYS[stream]}
        for stream in streams
    ]
    records = [
        {"type": "RECORD", "stream": stream, "record": row} for stream in streams for row in reading.rows[stream]
    ]
    if shuffle is not None:
        shuffle.shuffle(records)
    return [*schemas, *records, {"type": "STATE", "value": state_of(reading, run_id)}]


def reading_from(text: str, now: datetime) -> Reading:
    """What a recording of the tap says: rows per stream, and what its last STATE marks as complete."""
    rows: dict[str, list[dict[str, Any]]] = {}
    marks: dict[str, Any] = {}
    for line in text.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            rows.setdefault(message["stream"], []).append(message["record"])
        elif message["type"] == "STATE":
            marks = message["value"]["bookmarks"]
    return Reading(rows, frozenset(stream for stream, mark in marks.items() if mark.get("complete")), now)


def lines(reading: Reading, run_id: str, shuffle: Random | None = None) -> str:
    """The same as text, one message per line."""
    return "".join(json.dumps(message) + "\n" for message in messages(reading, run_id, shuffle))
