"""Days of an account: its records as the tap puts them out, the flow run on them, and an Optiply that takes them."""

import io
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from etl.core.flow import Flow, FlowResult, run
from etl.core.mapping import parse_field_map
from etl.core.singer import SingerInput
from etl.picqer.flow import PICQER
from store.snapshot import Outcome, Snapshot

ROOT = Path(__file__).resolve().parents[3]
KEYS = {
    "warehouses": "idwarehouse",
    "suppliers": "idsupplier",
    "products": "idproduct",
    "product_parts": "idproduct",
    "purchase_orders": "idpurchaseorder",
    "receipts": "idreceipt",
    "orders": "idorder",
    "product_ids": "idproduct",
    "supplier_ids": "idsupplier",
}
COMPLETE = ("warehouses", "suppliers", "products", "product_ids", "supplier_ids")
MONDAY = datetime(2026, 1, 12, 6, tzinfo=timezone.utc)
Streams = Mapping[str, Iterable[Mapping[str, Any]]]


def product(number: int, **values: Any) -> dict[str, Any]:
    """An ordinary product: active, with 5 in warehouse 11, of supplier 7."""
    return {
        "idproduct": number,
        "productcode": f"P-{number}",
        "name": f"Product {number}",
        "price": 10,
        "fixedstockprice": 4,
        "barcode": f"87{number}",
        "type": "normal",
        "unlimitedstock": False,
        "assembled": False,
        "active": True,
        "idsupplier": 7,
        "productcode_supplier": "",
        "minimum_purchase_quantity": None,
        "purchase_in_quantities_of": 0,
        "created": "2026-01-01T08:00:00Z",
        "updated": "2026-01-02T08:00:00Z",
        "stock": [{"idwarehouse": 11, "freestock": 5}],
    } | values


def supplier(number: int = 7, **values: Any) -> dict[str, Any]:
    return {"idsupplier": number, "name": f"Supplier {number}", "active": True} | values


def warehouse(number: int, **values: Any) -> dict[str, Any]:
    return {"idwarehouse": number, "name": f"Hall {number}", "active": True} | values


def line(number: int, of: int, amount: Any = 2, price: Any = 3, **values: Any) -> dict[str, Any]:
    """A line of a purchase order."""
    return {"idpurchaseorder_product": number, "idproduct": of, "amount": amount, "price": price} | values


def purchase(number: int, *lines: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "idpurchaseorder": number,
        "idsupplier": 7,
        "idwarehouse": 11,
        "status": "purchased",
        "created": "2026-01-05T09:00:00Z",
        "updated": "2026-01-06T09:00:00Z",
        "products": list(lines),
    } | values


def sold(number: int, of: int, amount: Any = 1, price: Any = 10, **values: Any) -> dict[str, Any]:
    """A line of a sales order."""
    return {"idorder_product": number, "idproduct": of, "amount": amount, "price": price} | values


def sale(number: int, *lines: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "idorder": number,
        "status": "processing",
        "warehouses": [11],
        "created": "2026-01-07T09:00:00Z",
        "updated": "2026-01-08T09:00:00Z",
        "products": list(lines),
    } | values


def receipt(number: int, *lines: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "idreceipt": number,
        "idwarehouse": 11,
        "version": 2,
        "status": "processing",
        "completed_at": None,
        "created": "2026-01-09T09:00:00Z",
        "updated": "2026-01-09T10:00:00Z",
        "products": list(lines),
    } | values


def booked(number: int, on: int | None, amount: Any = 1, **values: Any) -> dict[str, Any]:
    """A line of a receipt."""
    made = {"created_at": "2026-01-09T09:30:00Z", "reverted_at": None}
    return {"idreceipt_product": number, "idpurchaseorder_product": on, "amount": amount} | made | values


def singer(streams: Streams, complete: Iterable[str], run_id: str) -> bytes:
    """One day's records as Singer JSONL; the listings count as read to their end unless they are left out."""
    messages: list[dict[str, Any]] = []
    for stream, records in streams.items():
        messages.append({"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": [KEYS.get(stream, "id")]})
        messages += [{"type": "RECORD", "stream": stream, "record": record} for record in records]
    marks = {stream: {"complete": True, "run_id": run_id} for stream in complete if stream in streams}
    messages.append({"type": "STATE", "value": {"run_id": run_id, "bookmarks": marks}})
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


class PicqerDays:
    """A folder with an Optiply that accepts everything it is offered. `flow`: whose records they are."""

    flow: Flow[Any, Any] = PICQER

    def __init__(self, folder: Path, **flags: Any) -> None:
        self.folder = folder
        self.now = MONDAY
        self.runs = 0
        self.optiply: dict[str, dict[str, dict[str, Any]]] = {}
        self.offered: list[dict[str, Any]] = []
        self.refusing: set[str] = set()
        self.configure(**flags)

    def configure(self, **flags: Any) -> None:
        self.config, _ = self.flow.load_config(flags)
        path = ROOT / "configs" / "field_maps" / f"{self.flow.name}.csv"
        self.rules = parse_field_map(path.read_text("utf-8"), path.name, self.flow.fields, self.config.own_sources)

    def day(self, streams: Streams, *, later: float = 1, complete: Iterable[str] = COMPLETE) -> FlowResult:
        """A run, `later` days after the one before it."""
        self.runs += 1
        self.now += timedelta(days=later if self.runs > 1 else 0)
        return self.take(singer(streams, complete, f"run {self.runs}"))

    def take(self, lines: bytes) -> FlowResult:
        written: list[bytes] = []
        with Snapshot.open(self.folder) as snapshot:
            source = SingerInput(io.BytesIO(lines), "the input", self.flow.streams)
            self.result = run(self.flow, source, self.config, self.rules, snapshot, self.now, written.extend)
            self.offered = [one for one in map(json.loads, written) if one["type"] == "RECORD"]
            if self.offered:
                with snapshot.transaction():
                    snapshot.apply([self._accept(one["stream"], one["record"]) for one in self.offered])
        return self.result

    def of(self, stream: str, *names: str) -> Any:
        """What Optiply has of a stream: the named fields by remote id; of one field its value alone."""
        held = self.optiply.get(stream, {})
        if len(names) == 1:
            return {key: record.get(names[0]) for key, record in held.items()}
        return {key: {name: record.get(name) for name in names or record} for key, record in held.items()}

    def reasons(self, stream: str) -> dict[str, list[str]]:
        """Why records of a stream were kept back: reason → examples."""
        found = (each for each in self.result.report["reasons"] if each["stream"] == stream)
        return {each["reason"]: each["examples"] for each in found}

    def _accept(self, stream: str, offered: dict[str, Any]) -> Outcome:
        remote_id, known = offered["remoteId"], offered.get("id")
        records = self.optiply.setdefault(stream, {})
        at = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        action = "create" if known is None else "update"
        if f"{stream} {remote_id}" in self.refusing:
            return Outcome(stream, remote_id, "answered", action, "failed", known, "the test says so", at=at)
        if "deleted_at" in offered:
            del records[remote_id]
            return Outcome(stream, remote_id, "answered", "delete", "accepted", known, at=at)
        names = [name for name in offered if name not in ("remoteId", "id", "_changed")]
        if known is not None:
            names = offered.get("_changed", names)
        for name in names:
            other = {"supplierRemoteId": "suppliers", "buyOrderRemoteId": "buyOrders"}.get(name)
            other = other or ("products" if name.endswith("ductRemoteId") else None)
            other = other or ("buyOrderLines" if name == "buyOrderLineRemoteId" else None)
            assert other is None or offered[name] in self.optiply[other], f"{stream} {remote_id} came before its {name}"
        sent = {name: offered[name] for name in names}
        records.setdefault(remote_id, {}).update(sent)
        return Outcome(stream, remote_id, "answered", action, "accepted", known or f"o{remote_id}", None, sent, at=at)


def read_account(url: str) -> dict[str, list[dict[str, Any]]]:
    """Everything that the sandbox's account holds, asked for over HTTP, in the shapes of the tap."""

    def ask(path: str, **query: Any) -> Any:
        answer = requests.get(f"{url}/api/v1/{path}", params=query, auth=("sandbox-picqer-key", ""), timeout=20)
        return answer.json() if answer.status_code == 200 else []

    def whole(path: str, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while page := ask(path, offset=len(rows), **query):
            rows += page
        return [_in_utc(row) for row in rows]

    products = whole("products") + whole("products", inactive="")
    suppliers = whole("suppliers") + whole("suppliers", inactive="")
    return {
        "warehouses": whole("warehouses"),
        "suppliers": suppliers,
        "products": products,
        "product_parts": [
            {"idproduct": row["idproduct"], "parts": ask(f"products/{row['idproduct']}/parts")}
            for row in products
            if row["type"] in ("virtual_composition", "composition_with_stock")
        ],
        "purchase_orders": whole("purchaseorders"),
        "receipts": whole("receipts"),
        "orders": whole("orders"),
        "product_ids": [{"idproduct": row["idproduct"]} for row in products],
        "supplier_ids": [{"idsupplier": row["idsupplier"]} for row in suppliers],
    }


def _in_utc(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_utc(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_in_utc(item) for item in value]
    if isinstance(value, str) and len(value) == 19 and value[4:5] == "-" and value[13:14] == ":":
        local = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
        return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
