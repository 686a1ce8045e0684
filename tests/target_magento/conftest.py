"""Fixtures of the tests that write stock: a fresh Magento shop, a hand that sells in it, and its stock."""

import io
import json
import logging
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.systems import Sandbox
from target_magento.intents import ChangeLedger, Intent
from target_magento.stock import ShopStock
from target_magento.target import TargetMagento

TOKEN = "sandbox-integration-token"
LOGGER = logging.getLogger("test")


class Keeper:
    """Does in the shop what people do there, and says what stands in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    @property
    def config(self) -> dict[str, Any]:
        return {"store_url": self.sandbox.magento_url, "access_token": TOKEN, "retry_seconds": 1}

    def __call__(self, verb: str, *arguments: Any, **more: Any) -> Any:
        return self.sandbox.call(lambda: getattr(self.sandbox.selling, verb)(*arguments, **more))

    def at(self, verb: str, *arguments: Any, method: str, path: str, nth: int = 1, **more: Any) -> None:
        """Does it just before the nth request to a path is answered."""
        selling = self.sandbox.selling
        self.sandbox.apis["magento"].moments.on(
            lambda: getattr(selling, verb)(*arguments, **more), method=method, path=path, nth=nth
        )

    def standing(self, sku: str, source: str = "ams") -> tuple[Decimal, bool] | None:
        row = self.sandbox.shop.stock.source_items.get((source, sku.lower()))
        return None if row is None else (Decimal(str(row["quantity"])), bool(row["status"]))

    def asked(self, path: str = "", method: str | None = None) -> int:
        """How many requests with this in their path the shop was sent."""
        entries = self.sandbox.requests.entries
        return sum(1 for one in entries if path in one.path and method in (None, one.method) and one.api == "magento")

    def writes(self) -> int:
        return sum(1 for one in self.sandbox.requests.entries if one.api == "magento" and one.is_write)


@dataclass
class Run:
    """What a run of the target left."""

    code: int
    stdout: str
    results: dict[str, Any]
    report: dict[str, Any]

    @property
    def states(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def count(self, stream: str) -> dict[str, int]:
        """What became of the records of a stream, without the zeros."""
        return {what: number for what, number in self.report["entities"].get(stream, {}).items() if number}

    def reasons(self) -> str:
        return json.dumps(self.report)


class Bench:
    """Runs the target in this process against the sandbox, in a folder of the test's own."""

    def __init__(self, shop: Keeper, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop, self.folder, self.capsys = shop, folder, capsys
        self.config = {
            "store_url": shop.sandbox.magento_url,
            "access_token": TOKEN,
            "retry_wait": 0.01,
            "retry_time": 0.6,
            "request_timeout": 3,
        }

    def run(self, *messages: dict[str, Any], **settings: Any) -> Run:
        target = TargetMagento(config={**self.config, **settings})
        self.capsys.readouterr()
        code = target.run(io.StringIO("".join(json.dumps(message) + "\n" for message in messages)))
        return Run(
            code,
            self.capsys.readouterr().out,
            _json(self.folder / "target-state.json"),
            _json(self.folder / "step-report.json"),
        )

    def change(self, *rows: tuple[str, str, Any], source: str = "ams", **settings: Any) -> Run:
        """Applies changes, given as (reference, SKU, delta)."""
        names = ("reference", "sku", "delta")
        records = [{**dict(zip(names, row, strict=True)), "source_code": source} for row in rows]
        return self.run(*stream("stock_changes", *records, keys=("reference",)), **settings)

    def put(self, *rows: tuple[str, Any], source: str = "ams", **settings: Any) -> Run:
        """Sets figures, given as (SKU, quantity)."""
        records = [{"sku": sku, "source_code": source, "quantity": quantity} for sku, quantity in rows]
        return self.run(*stream("source_items", *records, keys=("source_code", "sku")), **settings)

    def ledger(self, *states: str) -> list[Intent]:
        return ChangeLedger(self.folder / "snapshots").listed(*states)


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}


def stream(name: str, *records: dict[str, Any], keys: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """SCHEMA and RECORD messages of one stream."""
    names = {name: {} for record in records for name in record} | {key: {} for key in keys}
    schema = {"type": "SCHEMA", "stream": name, "schema": {"properties": names}, "key_properties": list(keys)}
    return [schema, *({"type": "RECORD", "stream": name, "record": record} for record in records)]


@pytest.fixture
def bench(
    shop: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    """The target in front of a fresh shop, working in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNC_REPORT", str(tmp_path / "step-report.json"))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)}
    yield Bench(shop, tmp_path, capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def shop(sandbox: Sandbox) -> Keeper:
    return Keeper(sandbox)


@pytest.fixture
def stock(shop: Keeper) -> Iterator[ShopStock]:
    opened = ShopStock.of(shop.config, LOGGER)
    yield opened
    opened.close()
