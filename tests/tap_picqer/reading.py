"""A tap that reads the sandbox's account in this process, in the sandbox's time, and what it must put out."""

import io
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import msgspec

from connector.errors import ProgramError
from connector.http.pace import Pace
from sandbox.picqer import documents
from sandbox.server.clock import Clock
from sandbox.systems import Sandbox
from tap_picqer.tap import STREAMS, TapPicqer
from tests.catalogues import selecting

Record = dict[str, Any]
KEY = "sandbox-picqer-key"
SCOPED = "sandbox-fulfilment-key"
ZONE = ZoneInfo("Europe/Amsterdam")


@dataclass
class Reading:
    """What one run of the tap put out, and how it went."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Record] = field(default_factory=list)
    report: Record = field(default_factory=dict)
    error: ProgramError | None = None
    failures: dict[str, ProgramError] = field(default_factory=dict)

    @property
    def state(self) -> Record:
        """The last STATE."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"][-1]

    def ids(self, stream: str, key: str) -> list[Any]:
        """One property of every record of a stream, in order."""
        return [record[key] for record in self.records[stream]]

    def complete(self, stream: str) -> bool:
        """Whether the stream has this run's mark of completeness."""
        mark = self.state["bookmarks"].get(stream, {})
        return mark.get("complete") is True and mark.get("run_id") == self.state["run_id"]

    @property
    def notes(self) -> str:
        """What a person is told."""
        return "\n".join(self.report["notes"])


class NoWaiting(threading.Event):
    """Says stop as any event does; waiting for it moves the sandbox's clock on instead."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.waited = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.waited += timeout or 0
        self.clock.advance(seconds=timeout or 0)
        return self.is_set()


@contextmanager
def sandbox_time(clock: Clock) -> Iterator[list[float]]:
    """In the block a pace lives by the sandbox's clock, which its pauses move on; they are listed."""
    pauses: list[float] = []

    def pause(_pace: Pace, seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds=seconds)

    def now(_pace: Pace) -> float:
        return clock.moved.total_seconds() + time.monotonic()

    with patch.object(Pace, "pause", pause), patch.object(Pace, "now", now):
        yield pauses


def catalog_of(names: tuple[str, ...]) -> Record:
    """A catalogue that selects exactly these streams."""
    return selecting(names, TapPicqer, {"picqer_url": "http://127.0.0.1", "api_key": KEY})


def read(sandbox: Sandbox, *streams: str, state: Record | None = None, **config: Any) -> Reading:
    """Runs the tap over an account, by default with its own selection. A failed run's error is kept, not raised."""
    settings = {"picqer_url": sandbox.picqer_url, "api_key": KEY, "retry_seconds": 600, **config}
    tap = TapPicqer(config=settings, state=state, catalog=catalog_of(streams) if streams else None)
    tap.source.pool.stopping = NoWaiting(sandbox.clock)
    reading = Reading()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out), sandbox_time(sandbox.clock):
        try:
            tap.read()
        except ProgramError as error:
            reading.error = error
        finally:
            tap.source.close()
    lines = out.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    reading.messages = [json.loads(line) for line in lines]
    for message in reading.messages:
        if message["type"] == "RECORD":
            reading.records[message["stream"]].append(message["record"])
    reading.report = tap.source.report.to_dict()
    reading.failures = tap.failures
    return reading


def names_of_all_streams() -> tuple[str, ...]:
    """Every stream the tap declares."""
    return tuple(str(vars(stream)["name"]) for stream in STREAMS)


def utc(local: str | None) -> str | None:
    """A local time of the account as the records say it, where no clock is put back or forward."""
    if local is None:
        return None
    moment = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


SHAPES = {
    "warehouses": ("warehouses", "idwarehouse"),
    "suppliers": ("suppliers", "idsupplier"),
    "products": ("products", "idproduct"),
    "purchase_orders": ("purchaseorders", "idpurchaseorder"),
    "receipts": ("receipts", "idreceipt"),
    "orders": ("orders", "idorder"),
}
"""Stream → table of the sandbox and its id."""


def account_rows(sandbox: Sandbox, stream: str) -> dict[int, Record]:
    """What the account holds for a stream, as its API tells it, by id."""
    store = sandbox.picqer
    tell = {
        "warehouses": lambda row: row,
        "suppliers": documents.supplier_json,
        "products": lambda row: documents.product_json(store, row),
        "purchase_orders": documents.purchase_order_json,
        "receipts": lambda row: documents.receipt_json(store, row),
        "orders": lambda row: documents.order_json(store, row),
    }[stream]
    table = store.tables[SHAPES[stream][0]]
    return sandbox.call(lambda: {number: msgspec.to_builtins(tell(row)) for number, row in table.rows.items()})


def differences(record: Any, row: Any, place: str = "") -> list[str]:
    """Where a record says something else than the account's row; what it leaves out is no difference."""
    if isinstance(record, dict) and isinstance(row, dict):
        return [bad for name, value in record.items() for bad in differences(value, row[name], f"{place}.{name}")]
    if isinstance(record, list) and isinstance(row, list) and len(record) == len(row):
        pairs = enumerate(zip(record, row, strict=True))
        return [bad for n, pair in pairs for bad in differences(*pair, f"{place}.{n}")]
    if record == row or (record is None and row == []):
        return []
    if isinstance(record, str) and isinstance(row, str) and record.endswith("Z") and record == utc(row):
        return []
    return [f"{place}: {record!r} is {row!r} in the account"]
