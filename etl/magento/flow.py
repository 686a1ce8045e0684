"""The flow as a library: read the input, keep the facts, work out what Optiply should have, offer what differs.

Pure but for the store and the writer it is given: the time, the configuration and the input are arguments.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pandas as pd

from connector.canonical import canonical
from etl.core.diff import CREATED_ONCE
from etl.core.files import Input
from etl.core.mapping import CUSTOM, FieldMap, custom_codes
from etl.core.offers import read_offers, record_lines
from etl.core.report import Report
from etl.core.schemas import schema_messages
from etl.magento.flags import ENTITIES, ConfigError, FlowConfig
from etl.magento.product_store import read_bundles
from etl.magento.reading import Reader
from etl.magento.steps.compositions import want_compositions
from etl.magento.steps.deletions import find_deletions
from etl.magento.steps.orders import OpenOrders, want_orders
from etl.magento.steps.products import count_missing_stock, want_products
from etl.magento.steps.stock import keep_stock
from etl.magento.tables import facts as fact_tables
from store.bulk import collector_at_rest
from store.frames import settled_ids
from store.snapshot import Snapshot

Write = Callable[[Iterable[bytes]], None]


@dataclass(frozen=True)
class Result:
    """What a run came to: the report without step and seconds, and how many records were offered."""

    report: dict[str, Any]
    offered: int


def run(
    source: Input, config: FlowConfig, field_map: FieldMap, snapshot: Snapshot, now: datetime, write: Write
) -> Result:
    """Reads `source` to its end and writes what Optiply is to be offered, as Singer lines in load order.

    Facts and wanted pictures are in one transaction, committed when this returns: only then may what was written be
    published. `now` (aware) is used for waiting times alone. Raises what `source` raises; nothing is kept then.
    """
    report = Report(ENTITIES)
    at = now.astimezone(timezone.utc)
    snapshot.keep(fact_tables)
    with snapshot.transaction(), collector_at_rest():
        facts = _read(source, config, field_map, snapshot, report)
        # A row's SKU is that of a product which is there, so what is gone is found first.
        find_deletions(snapshot, facts, source, config, report)
        seen = keep_stock(snapshot, facts, source, config, report)
        count_missing_stock(snapshot, seen, report)
        del seen
        bundles = read_bundles(snapshot)
        orders = OpenOrders.gather(snapshot, facts.orders, field_map, config, report)
        del facts  # the orders are in `orders` now, all else is in the store
        kits = set(bundles.loc[(bundles["kit"] != "[]") & ~bundles["gone"], "product_id"]) if config.composes else set()
        lines = orders.lines(kits, config)
        asked = pd.Index(pd.concat([lines["product_id"].dropna(), bundles["product_id"]]).unique(), dtype=object)
        ordered = lines["product_id"] if config.syncs("sellOrders") else lines["product_id"].iloc[:0]
        states = want_products(snapshot, field_map, config, report, ordered, asked, at)
        if config.composes:
            states = want_compositions(snapshot, bundles, states, field_map, report, at)
        want_orders(snapshot, orders, lines, states, field_map, config, report, at)
        if source.state is not None:
            snapshot.set_state(source.state)
        offered = _offer(snapshot, config, field_map, report, write)
        if source.state is not None:
            write([canonical({"type": "STATE", "value": source.state}).encode() + b"\n"])
    return Result(report.as_dict(), offered)


def _read(source: Input, config: FlowConfig, field_map: FieldMap, snapshot: Snapshot, report: Report) -> Any:  # noqa: ANN401
    reader = Reader(snapshot, config, field_map, report, settled_ids(snapshot, "sellOrders"))
    for batch in source.batches():
        reader.take(batch.stream, batch.records)
    reader.finish(source)
    _check_codes(field_map, reader.facts.attribute_codes)
    return reader.facts


def _check_codes(field_map: FieldMap, codes: set[str]) -> None:
    """Custom attributes are checked by name where the shop's attributes were read. Raises ConfigError."""
    for code in custom_codes(field_map["products"]) if codes else []:
        if code not in codes:
            near = difflib.get_close_matches(code, sorted(codes), n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "see the shop's attributes in product_attributes."
            raise ConfigError(f"{CUSTOM}{code} is mapped, but the shop has no attribute {code!r}; {hint}")


def _offer(snapshot: Snapshot, config: FlowConfig, field_map: FieldMap, report: Report, write: Write) -> int:
    streams = [stream for stream in ENTITIES if config.syncs(stream)]
    if not config.composes:
        streams = [stream for stream in streams if stream != "productCompositions"]
    schemas = schema_messages(field_map, streams)
    total = 0
    for stream in streams:
        write([schemas[stream]])
        never = ("stockLevel",) if stream == "products" and not config.map_stockLevel else ()
        force = stream == "products" and config.force_patch_products
        for offers in read_offers(snapshot, stream, never, force, once=stream in CREATED_ONCE):
            write(record_lines(stream, offers))
            total += len(offers)
            report.count(stream, "offered", len(offers))
    return total
