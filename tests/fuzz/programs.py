"""Whole programs against their sandboxes, where one answer comes spoilt: what they put out, and how they end."""

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from hypothesis import strategies as st

from connector.errors import ProgramError
from connector.http.pace import Pace
from connector.http.transport import Transport
from sandbox.systems import Sandbox
from tap_easyecom.tap import TapEasyecom
from tap_magento.tap import TapMagento
from tap_optiply.tap import TapOptiply
from tap_picqer.tap import TapPicqer
from target_optiply.target import TargetOptiply
from tests.fuzz.odd import CHANGES, Change
from tests.tap_easyecom.reading import CONFIG as EASYECOM
from tests.tap_optiply.reading import LOGIN, fill

Ids = dict[str, list[Any]]


@dataclass
class Spoiler:
    """Spoils the answer number `nth` (from 0) by the changes, and gives it `status` where there is one."""

    nth: int
    changes: Sequence[Change]
    status: int | None = None
    path: str = ""
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: requests.PreparedRequest, answer: requests.Response) -> requests.Response:
        content = answer.content
        with self.lock:
            mine, self.seen = self.seen == self.nth, self.seen + 1
        if mine:
            self.path = str(request.path_url)
            for change in self.changes:
                content = change(content)
            answer._content = content
            answer.status_code = self.status or answer.status_code
        return answer


class NoWaiting(threading.Event):
    """Says stop as any event does, and never waits."""

    def wait(self, _timeout: float | None = None) -> bool:
        return self.is_set()


SPOILERS = st.builds(
    Spoiler,
    st.integers(0, 12),
    st.lists(CHANGES, min_size=1, max_size=3),
    # Without 429: after that a program rests for as long as it is told.
    st.sampled_from((None, None, 200, 301, 400, 404, 500)),
)


@contextmanager
def spoilt(spoiler: Spoiler | None) -> Iterator[None]:
    """In the block, answers go through the spoiler, and nobody waits between two attempts."""
    send = Transport.send

    def sent(transport: Transport, request: requests.PreparedRequest) -> requests.Response:
        answer = send(transport, request)
        return answer if spoiler is None else spoiler(request, answer)

    with patch.object(Transport, "send", sent), patch.object(Pace, "pause", lambda *_given: None):
        yield


@dataclass(frozen=True)
class Program:
    """A tap with the configuration for its sandbox, and the streams that are read: none of them needs another."""

    tap: Callable[..., Any]
    config: Callable[[Sandbox], dict[str, Any]]
    streams: Mapping[str, str]  # name -> part of its path


PROGRAMS = {
    "magento": Program(
        TapMagento,
        lambda sandbox: {"store_url": sandbox.magento_url, "access_token": "sandbox-integration-token"},
        {
            "products": "/V1/products",
            "orders": "/V1/orders",
            "source_items": "/source-items",
            "stores": "/storeConfigs",
        },
    ),
    "picqer": Program(
        TapPicqer,
        lambda sandbox: {"picqer_url": sandbox.picqer_url, "api_key": "sandbox-picqer-key"},
        {"warehouses": "/warehouses", "suppliers": "/suppliers", "products": "/products", "receipts": "/receipts"},
    ),
    "easyecom": Program(
        TapEasyecom,
        lambda sandbox: {**EASYECOM, "easyecom_url": sandbox.easyecom_url},
        {"products": "/Products/", "vendors": "/getVendors"},
    ),
    "optiply": Program(
        TapOptiply,
        lambda sandbox: {**LOGIN, "api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url},
        {"suppliers": "/suppliers", "products": "/products", "sellOrders": "/sellOrders"},
    ),
}


@contextmanager
def account_of(name: str) -> Iterator[Sandbox]:
    """A small account of a system; EasyEcom's without its limits."""
    more = {} if name in ("magento", "optiply") else {name: True}
    with Sandbox(magento=name == "magento", products=20, orders=15, **more) as sandbox:
        if name == "picqer":
            sandbox.picqer.settings.rate_limit = 10**9
        if name == "easyecom":
            sandbox.easyecom.settings.rate_tier, sandbox.easyecom.settings.token_cooldown = "none", 0
        if name == "optiply":
            fill(sandbox)
        yield sandbox


def read(sandbox: Sandbox, name: str, spoiler: Spoiler | None, folder: Path) -> tuple[Ids, ProgramError | None]:
    """The keys of the records of each stream, and why the run as a whole failed, if it did."""
    program = PROGRAMS[name]
    config = {**program.config(sandbox), "retry_seconds": 5, "snapshot_dir": str(folder)}
    catalog = program.tap(config=config).catalog_dict
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] in program.streams
    tap = program.tap(config=config, catalog=catalog)
    tap.source.pool.stopping = NoWaiting()
    if name == "easyecom":
        tap.source.access.login.pool.stopping = tap.source.pool.stopping
    out, trouble = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), None
    with redirect_stdout(out), spoilt(spoiler):
        try:
            tap.read()
        except ProgramError as error:
            trouble = error
        finally:
            tap.source.close()
    found: Ids = {stream: [] for stream in program.streams}
    keys: dict[str, Any] = {}
    for line in out.buffer.getvalue().splitlines():  # type: ignore[attr-defined]
        message = json.loads(line, parse_constant=_no_number)
        if message["type"] == "SCHEMA":
            keys[message["stream"]] = message["key_properties"]
        elif message["type"] == "RECORD":
            key = [message["record"].get(name) for name in keys[message["stream"]]]
            assert None not in key, f"a record of {message['stream']} without its key"
            found[message["stream"]].append(key)
    for error in (trouble, *tap.failures.values()):
        assert error is None or "Traceback" not in str(error)
    return found, trouble


def _no_number(word: str) -> None:
    raise AssertionError(f"the output holds {word}")


def tried(sandbox: Sandbox, name: str, spoiler: Spoiler | None, folder: Path, whole: Ids | None = None) -> Ids:
    """The same keys; where a run as a whole went on, streams whose answers nobody spoilt must have those of `whole`."""
    found, trouble = read(sandbox, name, spoiler, folder)
    if whole is not None and spoiler is not None and trouble is None:
        for stream, part in PROGRAMS[name].streams.items():
            assert part in spoiler.path or found[stream] == whole[stream], f"{stream} after {spoiler.path} was spoilt"
    return found


def write(sandbox: Sandbox, spoiler: Spoiler | None, folder: Path) -> int:
    """Sends three products to Optiply; the exit code. Raises whatever a target must not raise."""
    config = {
        "api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url, "account_id": 1380, "coupling_id": 77,
        "username": "sandbox", "password": "sandbox-password", "client_id": "sandbox-client",
        "client_secret": "sandbox-secret", "unanswered_wait": 0.1, "retry_wait": 0.01, "retry_time": 2,
        "request_timeout": 3, "snapshot_dir": str(folder), "results_path": str(folder / "results.json"),
    }  # fmt: skip
    properties = {name: {} for name in ("remoteId", "name", "skuCode", "price")}
    schema = {
        "type": "SCHEMA",
        "stream": "products",
        "schema": {"properties": properties},
        "key_properties": ["remoteId"],
    }
    records = [
        {"remoteId": str(n), "name": f"Product {n}", "skuCode": f"SKU-{n}", "price": 9.95, "status": "enabled",
         "stockLevel": n, "unlimitedStock": False, "articleCode": str(n)}
        for n in (1, 2, 3)
    ]  # fmt: skip
    messages = [schema, *({"type": "RECORD", "stream": "products", "record": record} for record in records)]
    with redirect_stdout(io.StringIO()), spoilt(spoiler):
        return TargetOptiply(config=config).run(io.StringIO("".join(json.dumps(one) + "\n" for one in messages)))
