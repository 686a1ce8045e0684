"""The target run in this process against the Optiply sandbox, with short waits, in a folder of the test's own."""

import io
import json
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.systems import Sandbox
from target_optiply.target import TargetOptiply, with_etl

CREDENTIALS = {
    "username": "sandbox",
    "password": "sandbox-password",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
}
SHORT_WAITS = {"unanswered_wait": 0.3, "retry_wait": 0.01, "retry_time": 5, "request_timeout": 3}


def pytest_configure(config: pytest.Config) -> None:
    # The SDK warns that Python 3.10 is at its end; HotGlue runs it all the same.
    config.addinivalue_line("filterwarnings", "ignore:Python 3.10 reached its end of life")


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

    def count(self, resource: str) -> dict[str, int]:
        """What became of the records of a resource, without the zeros."""
        return {what: number for what, number in self.report["entities"].get(resource, {}).items() if number}


class Bench:
    """Runs the target and looks at what Optiply then has."""

    def __init__(self, sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.capsys = capsys
        self.config = {
            "api_url": sandbox.optiply_url,
            "auth_url": sandbox.auth_url,
            "account_id": 1380,
            "coupling_id": 77,
            **CREDENTIALS,
            **SHORT_WAITS,
        }

    def run(self, messages: Iterable[dict[str, Any]], **settings: Any) -> Run:
        target = self.target(**settings)
        self.capsys.readouterr()
        code = target.run(io.StringIO("".join(json.dumps(message) + "\n" for message in messages)))
        return self.outcome(code)

    def target(self, **settings: Any) -> TargetOptiply:
        return with_etl()(config={**self.config, **settings})

    def outcome(self, code: int) -> Run:
        return Run(
            code,
            self.capsys.readouterr().out,
            _json(self.folder / "target-state.json"),
            _json(self.folder / "step-report.json"),
        )

    def objects(self, resource: str) -> list[dict[str, Any]]:
        return self.sandbox.optiply.objects(resource)

    def writes(self) -> dict[str, int]:
        return self.sandbox.requests.writes()

    def sent(self, method: str, resource: str) -> list[dict[str, Any]]:
        """The attributes of every request of a kind, in the order they were answered."""
        return [entry.sent for entry in self.sandbox.requests.select(method=method, path=f"/{resource}(/|$)")]

    def forget_requests(self) -> None:
        self.sandbox.requests.clear()


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}


def stream(name: str, *records: dict[str, Any], keys: tuple[str, ...] = ("remoteId",)) -> list[dict[str, Any]]:
    """SCHEMA and RECORD messages of one stream."""
    names = {name: {} for record in records for name in record} | {key: {} for key in keys}
    schema = {"type": "SCHEMA", "stream": name, "schema": {"properties": names}, "key_properties": list(keys)}
    return [schema, *({"type": "RECORD", "stream": name, "record": record} for record in records)]


def product(number: int, **attributes: Any) -> dict[str, Any]:
    """A product as the ETL offers it."""
    return {
        "remoteId": str(number),
        "name": f"Product {number}",
        "skuCode": f"SKU-{number}",
        "articleCode": str(number),
        "price": 12.5,
        "stockLevel": 7,
        "unlimitedStock": False,
        "status": "enabled",
        **attributes,
    }


def order(number: int, *products: int, **attributes: Any) -> dict[str, Any]:
    """A sale of one unit of each product."""
    lines = [{"productRemoteId": str(one), "quantity": 1, "subtotalValue": 12.5} for one in products]
    return {
        "remoteId": str(number),
        "placed": f"2026-01-15T08:{number % 60:02}:00Z",
        "completed": "2026-01-15T10:00:00Z",
        "totalValue": 12.5 * len(products),
        "orderLines": lines,
        **attributes,
    }


def state(value: Any) -> dict[str, Any]:
    return {"type": "STATE", "value": value}


class Messages:
    """How tests write Singer messages."""

    stream = staticmethod(stream)
    product = staticmethod(product)
    order = staticmethod(order)
    state = staticmethod(state)


@pytest.fixture
def bench(
    optiply_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    """The target in front of a fresh Optiply sandbox, working in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNC_REPORT", str(tmp_path / "step-report.json"))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)}
    yield Bench(optiply_sandbox, tmp_path, capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def singer() -> Messages:
    """Builders of Singer messages."""
    return Messages()
