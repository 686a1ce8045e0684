"""The tables of the emulated OrderFlow extension, and what its parts say to each other."""

import sqlite3
from dataclasses import dataclass

from sandbox.shop.world import Json

TABLES = """
CREATE TABLE rtd_requests (request_id INTEGER PRIMARY KEY, message_id TEXT, type TEXT, entity TEXT, operation TEXT,
    request_body BLOB, created_at TEXT, processed_at TEXT, body_hash TEXT);
CREATE TABLE rtd_request_lines (line_id INTEGER PRIMARY KEY, request_id INTEGER, sequence_id INTEGER, body TEXT,
    processed_at TEXT, created_at TEXT);
CREATE TABLE rtd_imports (import_id INTEGER PRIMARY KEY, request_id INTEGER, message_id TEXT, successes INTEGER,
    duplicates INTEGER, superseded INTEGER, failures INTEGER, created_at TEXT);
CREATE TABLE rtd_import_lines (line_id INTEGER PRIMARY KEY, import_id INTEGER, sequence_id INTEGER, result TEXT,
    reference TEXT, entity TEXT, message TEXT, created_at TEXT);
CREATE TABLE last_sequences (sku TEXT, source TEXT, sequence_id INTEGER, PRIMARY KEY (sku, source));
"""
RESULTS = ("Success", "Duplicate", "Superseded", "Failure")


@dataclass
class Judged:
    """What is to become of a line: its reference (SKU and source) and, if it is applied, the row to write."""

    line: sqlite3.Row
    reference: tuple[str, str]
    result: str
    told: str
    row: Json | None = None


class CrashError(Exception):
    """The process died where a test wanted it to."""


class RefusedError(Exception):
    """A call that was not queued: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the status of the answer and the reason."""
        super().__init__(reason)
        self.status = status
