"""A tap that reads the sandbox's account in this process, in the sandbox's time, and what it must put out."""

import io
import json
from contextlib import redirect_stdout
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from connector.errors import ProgramError
from sandbox.easyecom import documents, documents_trade
from sandbox.easyecom.account import KEYS
from sandbox.systems import Sandbox
from tap_easyecom.tap import STREAMS, TapEasyecom
from tests.catalogues import selecting
from tests.tap_picqer.reading import NoWaiting, Reading, sandbox_time

Record = dict[str, Any]
MAIN, SECOND, SHOP = KEYS.values()
LOGIN = {"email": "sandbox@example.com", "password": "sandbox-password", "x_api_key": "sandbox-easyecom-key"}
CONFIG = {"easyecom_url": "http://127.0.0.1", **LOGIN, "location_key": [MAIN, SECOND, SHOP]}
INDIA = timedelta(hours=5, minutes=30)
KEYS_OF = {str(vars(stream)["name"]): vars(stream)["keys"] for stream in STREAMS}


def catalog_of(names: tuple[str, ...]) -> Record:
    """A catalogue that selects exactly these streams."""
    return selecting(names, TapEasyecom, CONFIG)


def read(sandbox: Sandbox, *streams: str, state: Record | None = None, **config: Any) -> Reading:
    """Runs the tap over an account, by default with its own selection. A failed run's error is kept, not raised."""
    settings = {**CONFIG, "easyecom_url": sandbox.easyecom_url, "retry_seconds": 600, **config}
    tap = TapEasyecom(config=settings, state=state, catalog=catalog_of(streams) if streams else None)
    stopping = NoWaiting(sandbox.clock)
    tap.source.pool.stopping = tap.source.access.login.pool.stopping = stopping
    reading = Reading()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out), sandbox_time(sandbox.clock):
        try:
            tap.read()
        except ProgramError as error:
            reading.error = error
        finally:
            tap.source.close()
    reading.messages = [json.loads(line) for line in out.buffer.getvalue().splitlines()]  # type: ignore[attr-defined]
    for message in reading.messages:
        if message["type"] == "RECORD":
            reading.records[message["stream"]].append(message["record"])
    reading.report = tap.source.report.to_dict()
    reading.failures = tap.failures
    return reading


def good(sandbox: Sandbox, *streams: str, state: Record | None = None, **config: Any) -> Reading:
    """A run that must end well."""
    reading = read(sandbox, *streams, state=state, **config)
    assert reading.error is None, reading.error
    assert not reading.failures, reading.failures
    return reading


def keys_in(reading: Reading, stream: str) -> list[Any]:
    """What identifies each record of a stream, sorted; a key that comes twice is there twice."""
    names = KEYS_OF[stream]
    found = [tuple(record[name] for name in names) for record in reading.records[stream]]
    return sorted(one[0] if len(names) == 1 else one for one in found)


def account_rows(sandbox: Sandbox, stream: str) -> dict[Any, Record]:
    """What the account holds for a stream, as its API tells it, by key."""
    store = sandbox.easyecom

    def told() -> dict[Any, Record]:
        tables = store.tables
        rows: dict[Any, Record] = {}
        if stream == "products":
            for row in tables["products"].rows.values():
                for c_id, copy in row.copies.items():
                    rows[copy.cp_id] = documents.product_json(store, row, c_id, custom_fields=True)
        elif stream == "vendors":
            rows = {n: documents.vendor_json(row) for n, row in tables["vendors"].rows.items()}
        elif stream == "locations":
            rows = {n: documents.location_json(row) for n, row in tables["locations"].rows.items()}
        elif stream == "purchase_orders":
            rows = {n: documents_trade.purchase_order_json(store, row) for n, row in tables[stream].rows.items()}
        elif stream == "goods_receipts":
            rows = {n: documents_trade.receipt_json(store, row) for n, row in tables["receipts"].rows.items()}
        else:
            for row in tables["orders"].rows.values():
                rows[row.order_id, row.invoice_id or ""] = documents_trade.order_json(store, row)
        return rows

    found: dict[Any, Record] = sandbox.call(told)
    return found


def utc(local: str) -> str:
    """A local time of the account as the records say it."""
    moment = datetime.fromisoformat(local) - INDIA
    return moment.replace(tzinfo=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def same(record: Any, row: Any) -> bool:
    """Whether a value of a record says what the account does, by the rules of untidy types."""
    nothing = {"", "-", "NA", "0000-00-00 00:00:00", "0000-00-00"}
    if isinstance(row, str) and row.strip() in nothing:
        return record is None or record == ""
    if isinstance(record, str) and record.endswith("Z") and isinstance(row, str):
        return record == utc(row)
    if isinstance(record, (int, float)) and isinstance(row, str):
        return record == float(row)
    if isinstance(record, str) and isinstance(row, (int, float)):
        return float(record) == row
    return bool(record == row) or (record == "" and row is None)


def differences(record: Any, row: Any, place: str = "") -> list[str]:
    """Where a record says something else than the account's row; what it leaves out is no difference."""
    if isinstance(record, dict) and isinstance(row, dict):
        known = {name: row.get(name) for name in record if name != "location_key"}
        return [bad for name in known for bad in differences(record[name], known[name], f"{place}.{name}")]
    if isinstance(record, list) and isinstance(row, list):
        row = [one for one in row if one not in (None, "", "NA", "-")]
        if len(record) == len(row):
            pairs = enumerate(zip(record, row, strict=True))
            return [bad for n, pair in pairs for bad in differences(*pair, f"{place}.{n}")]
    return [] if same(record, row) else [f"{place}: {record!r} is {row!r} in the account"]


def calls(sandbox: Sandbox, path: str | None = None) -> int:
    """Requests that the account got, logins included; of one path where one is given."""
    sent = sandbox.requests.select(api="easyecom")
    return sum(path is None or entry.path.endswith(path) for entry in sent)


def kept_in(folder: Path) -> Record:
    """What the programs keep between runs."""
    found: Record = json.loads((folder / "easyecom-access.json").read_text())
    return found
