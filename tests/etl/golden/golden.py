"""The golden cases: small shops day by day and what Optiply must have. They are tests and, rendered, docs/rules.md.

A case holds `rule`, `why`, `config` and `days`; a day holds what Magento says (`magento`, by stream; fields that do not
matter are filled in), `later` (days since the day before, 1 if left out), the tables that were not read to their end
(`incomplete`), what a person writes in Optiply before the run (`edited`), which records Optiply does not accept
(`not_accepted`, as "stream id"), what Optiply has in the evening (`optiply`: all remote ids of a stream, with the
fields that matter) and texts that the report must contain (`reported`).
"""

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from etl.core.flow import FlowResult, run
from etl.core.mapping import FieldMap, parse_field_map
from etl.core.singer import SingerInput
from etl.flows import load_config
from etl.magento.flow import MAGENTO
from store.snapshot import Outcome, Snapshot

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TITLES = {
    "products": "Products",
    "stock": "Stock",
    "orders": "Sell orders",
    "kits_and_deletions": "Kits and deletions",
}
CHAPTERS = {
    "Products": "A product is one in Magento and one in Optiply, recognised by Magento's id. Products are read when "
    "they change, and all of them in the nightly run.",
    "Stock": "Stock comes from the stock statuses, or, with inventory management (`use_inventory_source_items`), from "
    "the quantities per source. It is read in full in every run. What is not known is never 0.",
    "Sell orders": "An order is created once and never changed. What its lines say in sum is what Magento's counting "
    "rows said: no unit and no cent is counted twice or lost.",
    "Kits and deletions": "A bundle that leaves its buyer no choice is a fixed kit: in Optiply a composed product. "
    "A product that is gone from Magento is disabled, never deleted, and only when its absence is proven.",
}
INTRODUCTION = (
    "How to read an example: one row is one run of the job, as a rule one a day. The middle column holds what the tap "
    "read in Magento for that run, the right one what Optiply has when the run is over: behind the id of a record the "
    "fields that matter for the rule. `none` means that Optiply has no record of that kind. *reported* is what the "
    "report of the run says about it.",
    "",
    "The words of the middle column: **products** are those that changed since the last run, **all ids** is the "
    "complete list of products (`product_ids`), **asked by id** the answer about missing products (`product_checks`), "
    "**stock statuses** the stock of each SKU (`product_stock_statuses`), **stock items** whether Magento manages the "
    "stock of a product (`product_item_stocks`), **sources** the warehouses, **stock per source** their quantities "
    "(`source_items`), **orders** those that changed since the last run.",
    "",
    "What an example does not say is ordinary: a product is simple and enabled, an order complete, a table read to its "
    "end, and Optiply accepts what it is offered. A row of an order gives units ordered (`qty_ordered`) and money "
    "(`base_row_total`), a line in Optiply the units (`quantity`) and money (`subtotalValue`) of one product.",
    "",
    "The page is written by `make docs` from `tests/etl/golden/`, and each example is run as a test. Where each field "
    "comes from is in `configs/field_maps/magento.csv`.",
)
WORDS = {
    "products": "products",
    "product_ids": "all ids",
    "product_checks": "asked by id",
    "product_stock_statuses": "stock statuses",
    "product_item_stocks": "stock items",
    "source_items": "stock per source",
    "sources": "sources",
    "orders": "orders",
}
LONG = 100
KEYS = {
    "products": "id",
    "product_ids": "id",
    "product_checks": "id",
    "product_stock_statuses": "sku",
    "product_item_stocks": "item_id",
    "source_items": "sku",
    "sources": "source_code",
    "orders": "entity_id",
}
FULL_TABLES = (
    "product_ids", "product_checks", "product_stock_statuses", "product_item_stocks", "source_items", "sources"
)  # fmt: skip
START = datetime(2026, 1, 10, 6, tzinfo=timezone.utc)


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Title of the chapter and case, in the order of the document."""
    for name, title in TITLES.items():
        for case in json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")):
            yield title, case


def field_map(custom: Any = None) -> FieldMap:
    path = ROOT / "configs" / "field_maps" / "magento.csv"
    return parse_field_map(path.read_text(encoding="utf-8"), path.name, MAGENTO.fields, custom)


def record(stream: str, given: dict[str, Any]) -> dict[str, Any]:
    """The record with the fields that do not matter for the case."""
    if stream == "products":
        number = given["id"]
        filled = {
            "sku": f"SKU-{number}",
            "name": f"Product {number}",
            "price": 10,
            "status": 1,
            "type_id": "simple",
            "created_at": "2026-01-01 00:00:00",
            "updated_at": "2026-01-09 00:00:00",
            **{name: value for name, value in given.items() if name != "kit"},
        }
        if "kit" in given:
            filled["extension_attributes"] = {"bundle_product_options": _options(given["kit"])}
        return filled
    if stream == "product_stock_statuses":
        return {"stock_item": {"qty": given["qty"], "manage_stock": True}, **given}
    if stream == "orders":
        return {
            "status": "complete",
            "state": "complete",
            "created_at": "2026-01-08 12:00:00",
            "updated_at": "2026-01-09 12:00:00",
            "subtotal": 100,
            **given,
        }
    return given


def _options(kit: list[list[Any]]) -> list[dict[str, Any]]:
    """A fixed kit of SKU and units; an empty one stands for a bundle with a choice."""
    links = [[{"sku": sku, "qty": units, "can_change_quantity": 0}] for sku, units in kit]
    choice = [[{"sku": "SKU-1", "qty": 1}, {"sku": "SKU-2", "qty": 1}]]
    return [{"required": True, "product_links": link} for link in links or choice]


def singer(magento: dict[str, list[dict[str, Any]]], incomplete: list[str], run_id: str) -> bytes:
    """One day's records as Singer JSONL; tables that are named count as complete unless they are listed."""
    messages: list[dict[str, Any]] = []
    for stream, records in magento.items():
        messages.append({"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": [KEYS[stream]]})
        messages += [{"type": "RECORD", "stream": stream, "record": record(stream, given)} for given in records]
    marks = {
        stream: {"complete": True, "run_id": run_id}
        for stream in magento
        if stream in FULL_TABLES and stream not in incomplete
    }
    messages.append({"type": "STATE", "value": {"run_id": run_id, "bookmarks": marks}})
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


class Days:
    """A shop's days with an Optiply that accepts everything it is offered."""

    def __init__(self, folder: Path, flags: dict[str, Any]) -> None:
        self.folder = folder
        self.config, _ = load_config(flags)
        self.field_map = field_map(self.config.own_sources)
        self.now = START
        self.runs = 0
        self.optiply: dict[str, dict[str, dict[str, Any]]] = {}
        self.offered: list[dict[str, Any]] = []
        self.refusing: list[str] = []

    def day(self, magento: dict[str, Any], incomplete: list[str], later: int = 1) -> FlowResult:
        self.runs += 1
        self.now += timedelta(days=later if self.runs > 1 else 0)
        return self.take(singer(magento, incomplete, f"run {self.runs}"))

    def told(self, day: dict[str, Any]) -> FlowResult:
        """One day of a case."""
        for stream, records in day.get("edited", {}).items():
            for remote_id, fields in records.items():
                self.optiply[stream][remote_id].update(fields)
        self.refusing = day.get("not_accepted", [])
        return self.day(day["magento"], day.get("incomplete", []), day.get("later", 1))

    def take(self, lines: bytes, accept: bool = True) -> FlowResult:
        written: list[bytes] = []
        with Snapshot.open(self.folder) as snapshot:
            result = run(
                MAGENTO,
                SingerInput(io.BytesIO(lines), "the input", MAGENTO.streams),
                self.config,
                self.field_map,
                snapshot,
                self.now,
                written.extend,
            )
            messages = [json.loads(line) for line in written]
            self.offered = [message for message in messages if message["type"] == "RECORD"]
            if accept and self.offered:
                with snapshot.transaction():
                    snapshot.apply([self._accept(message["stream"], message["record"]) for message in self.offered])
        return result

    def _accept(self, stream: str, offered: dict[str, Any]) -> Outcome:
        remote_id, optiply_id = offered["remoteId"], offered.get("id")
        records = self.optiply.setdefault(stream, {})
        at = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        if f"{stream} {remote_id}" in self.refusing:
            action = "create" if optiply_id is None else "update"
            return Outcome(stream, remote_id, "answered", action, "failed", optiply_id, "the case says so", at=at)
        if "deleted_at" in offered:
            del records[remote_id]
            return Outcome(stream, remote_id, "answered", "delete", "accepted", optiply_id, at=at)
        names = [name for name in offered if name not in ("remoteId", "id", "_changed")]
        if optiply_id is not None:
            names = offered.get("_changed", names)
        sent = {name: offered[name] for name in names}
        action = "create" if optiply_id is None else "update"
        assert (remote_id in records) == (action == "update"), f"{stream} {remote_id} would be there twice"
        records.setdefault(remote_id, {}).update(sent)
        own_id = optiply_id or f"o{remote_id}"
        return Outcome(stream, remote_id, "answered", action, "accepted", own_id, None, sent, at=at)


def render() -> str:
    """docs/rules.md: every case as a short story of what Magento says and what Optiply has in the evening."""
    lines = [*INTRODUCTION]
    chapter = ""
    for title, case in cases():
        if title != chapter:
            lines += ["", f"## {title}", "", CHAPTERS[title]]
            chapter = title
        lines += ["", f"### {case['rule']}", ""]
        if "why" in case:
            lines += [case["why"], ""]
        if "config" in case:
            lines += [f"In config.json: `{json.dumps(case['config'], ensure_ascii=False)}`", ""]
        lines += ["| day | Magento says | Optiply has in the evening |", "|---|---|---|"]
        day = 1
        for number, told in enumerate(case["days"]):
            day += told.get("later", 1) if number else 0
            lines.append(f"| {day} | {_magento(told)} | {_optiply(told)} |")
    return "\n".join(lines) + "\n"


def _magento(day: dict[str, Any]) -> str:
    parts = []
    for stream, records in day.get("edited", {}).items():
        told = "<br>".join(f"{remote_id}: {_fields(fields)}" for remote_id, fields in records.items())
        parts.append(f"*a person writes in Optiply, {stream}*<br>{told}")
    for stream, records in day["magento"].items():
        half = ", not read to its end" if stream in day.get("incomplete", []) else ""
        told = "<br>".join(_fields(given) for given in records) or "no rows"
        parts.append(f"**{WORDS[stream]}**{half}<br>{told}")
    return "<br>".join(parts) or "nothing new"


def _optiply(day: dict[str, Any]) -> str:
    parts = [f"*Optiply does not accept {record}*" for record in day.get("not_accepted", [])]
    for stream, records in day["optiply"].items():
        told = "<br>".join(f"{remote_id}: {_fields(fields)}".rstrip(": ") for remote_id, fields in records.items())
        parts.append(f"**{stream}**<br>{told or 'none'}")
    parts += [f"*reported: {text}*" for text in day.get("reported", [])]
    return "<br>".join(parts) or "the same"


def _fields(given: dict[str, Any]) -> str:
    return ", ".join(_field(name, value) for name, value in given.items())


def _field(name: str, value: Any) -> str:
    if name == "kit":
        parts = " and ".join(f"{units} × {sku}" for sku, units in value)
        return f"a kit of {parts}" if parts else "with a choice"
    if name == "items" and value:
        return f"rows:<br>{'<br>'.join(map(_row, value))}"
    if name == "orderLines":
        told = (f"product {one['productRemoteId']}: {_units(one['quantity'])}, {one['subtotalValue']}" for one in value)
        return "lines:<br>" + "<br>".join(f"– {line}" for line in told)
    return f"{name} {_value(value)}"


def _row(row: dict[str, Any]) -> str:
    """A row of an order: which it is, what was sold, the units and the money."""
    named = ("item_id", "parent_item_id", "product_id", "qty_ordered", "base_row_total")
    child = f" (belongs to row {row['parent_item_id']})" if "parent_item_id" in row else ""
    more = _fields({name: value for name, value in row.items() if name not in named})
    told = f"– row {row['item_id']}{child}: product {row['product_id']}, {_units(row['qty_ordered'])}"
    return ", ".join(part for part in (told, str(row["base_row_total"]), more) if part)


def _units(number: float) -> str:
    return f"{number} unit{'' if number == 1 else 's'}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(f"[{_fields(item)}]" if isinstance(item, dict) else _value(item) for item in value) or "none"
    if isinstance(value, dict):
        return f"({_fields(value)})"
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "yes", False: "no"}[value]
    text = str(value).replace("|", "\\|")
    return text if len(text) <= LONG else f"{text[:3]}… ({len(text)} characters)"
