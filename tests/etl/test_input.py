"""Incomplete and broken input is reported and harmless."""

import importlib.util
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connector.errors import InputError
from etl.core.singer import SingerInput
from etl.magento.shapes import STREAMS
from etl.mapper import main

_spec = importlib.util.spec_from_file_location("golden", Path(__file__).parent / "golden" / "golden.py")
assert _spec is not None
assert _spec.loader is not None
golden = importlib.util.module_from_spec(_spec)
sys.modules["golden"] = golden
_spec.loader.exec_module(golden)

VIRTUAL = {"type_id": "virtual"}
FIRST = {
    "products": [{"id": 1}, {"id": 2}, {"id": 3, **VIRTUAL}],
    "product_ids": [{"id": 1}, {"id": 2}, {"id": 3}],
    "product_stock_statuses": [
        {"sku": "SKU-1", "product_id": 1, "qty": 5},
        {"sku": "SKU-2", "product_id": 2, "qty": 7},
    ],
}
INVENTORY = {
    "products": FIRST["products"],
    "product_ids": FIRST["product_ids"],
    "sources": [{"source_code": "a", "enabled": True}, {"source_code": "b", "enabled": True}],
    "source_items": [
        {"sku": "SKU-1", "source_code": "a", "quantity": 2, "status": 1},
        {"sku": "SKU-1", "source_code": "b", "quantity": 3, "status": 1},
        {"sku": "SKU-2", "source_code": "a", "quantity": 7, "status": 1},
    ],
}


@pytest.mark.parametrize(("shop", "flags"), [(FIRST, {}), (INVENTORY, {"use_inventory_source_items": True})])
def test_input_cut_at_any_line_leaves_stock_and_products_as_they_were(
    shop: dict[str, Any], flags: dict[str, Any], tmp_path: Path
) -> None:
    days = golden.Days(tmp_path, flags)
    days.day(shop, [])
    before = json.dumps(days.optiply, sort_keys=True)
    tables = {name: rows for name, rows in shop.items() if name != "products"}
    whole = golden.singer(tables, [], "run 2").splitlines(True)
    for run in range(2):
        for end in range(len(whole)):
            lines = b"".join(whole[:end]) + whole[end][: len(whole[end]) // 2]
            cut = lines.replace(b'"run 2"', f'"cut {run} {end}"'.encode())
            if not end:
                with pytest.raises(InputError, match="holds no readable Singer message"):
                    days.take(cut)
                continue
            days.take(cut)
            assert days.offered == [], f"cut in line {end + 1}"
    assert json.dumps(days.optiply, sort_keys=True) == before


def test_an_unreadable_line_in_the_middle_voids_the_completeness_of_the_tables() -> None:
    lines = golden.singer(FIRST, [], "run 1").splitlines(True)
    source = SingerInput(io.BytesIO(b"".join([*lines[:6], b"{torn\n", *lines[6:]])), "tap.singer", STREAMS)
    records = [record for batch in source.batches() for record in batch.records]
    assert len(records) == 8
    assert source.complete == {}
    assert source.problems[0].text.startswith("tap.singer line 7 is not valid JSON")


def test_a_record_before_its_schema_is_reported_with_file_line_and_key() -> None:
    lines = golden.singer({"products": [{"id": 4}]}, [], "run 1").splitlines(True)
    source = SingerInput(io.BytesIO(b"".join([lines[1], lines[0], lines[1]])), "tap.singer", STREAMS)
    assert [len(batch.records) for batch in source.batches()] == [1]
    assert source.problems[0].record == "4"
    assert source.problems[0].text == (
        "tap.singer line 1 is a record of products before its SCHEMA; write the SCHEMA message first."
    )


def test_one_record_of_the_wrong_shape_costs_that_record() -> None:
    messages = golden.singer({"orders": [{"entity_id": 1, "items": "none"}, {"entity_id": 2, "items": []}]}, [], "r")
    source = SingerInput(io.BytesIO(messages), "tap.singer", STREAMS)
    assert [record.entity_id for batch in source.batches() for record in batch.records] == [2]
    assert "line 2 holds a record of orders that cannot be read" in source.problems[0].text
    assert source.problems[0].record == "1"


@pytest.mark.parametrize("block_bytes", [10, 400, 8_000_000])
def test_the_size_of_the_blocks_does_not_matter(block_bytes: int) -> None:
    lines = golden.singer(FIRST, [], "run 1")
    source = SingerInput(io.BytesIO(lines), "tap.singer", STREAMS, block_bytes)
    found: dict[str, int] = {}
    for batch in source.batches():
        found[batch.stream] = found.get(batch.stream, 0) + len(batch.records)
    assert found == {"products": 3, "product_ids": 3, "product_stock_statuses": 2}
    assert source.complete == {"product_ids": "run 1", "product_stock_statuses": "run 1"}


def test_a_product_read_twice_is_taken_as_it_was_updated_last(tmp_path: Path) -> None:
    old = {"id": 3, "name": "Old", **VIRTUAL}
    new = {"id": 3, "name": "New", "updated_at": "2026-01-09 12:00:00", **VIRTUAL}
    for number, products in enumerate(([old, new], [new, old])):
        days = golden.Days(tmp_path / str(number), {})
        source = golden.singer({"products": products}, [], "run 1").splitlines(True)
        # Also when the two come in different batches.
        other = golden.singer({"sources": []}, [], "x").splitlines(True)[0]
        days.take(b"".join([*source[:2], other, *source[2:]]))
        assert days.optiply["products"]["3"]["name"] == "New"


def test_the_filter_turns_magento_lines_into_optiply_lines_and_holds_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPSHOT_DIR", str(tmp_path / "snapshots"))
    monkeypatch.setenv("SYNC_REPORT", str(tmp_path / "report.json"))
    config = tmp_path / "config.json"
    config.write_text('{"sync_compositions": false}')
    result = CliRunner().invoke(main, ["--config", str(config)], input=golden.singer(FIRST, [], "run 1"))
    assert result.exit_code == 0, result.output
    messages = [json.loads(line) for line in result.stdout.splitlines()]
    kinds = [(message["type"], message.get("stream")) for message in messages]
    assert kinds == [("SCHEMA", "products"), *[("RECORD", "products")] * 3, ("SCHEMA", "sellOrders"), ("STATE", None)]
    assert json.loads((tmp_path / "report.json").read_text())["entities"]["products"]["offered"] == 3


def test_the_filter_ends_with_one_and_writes_nothing_when_it_cannot_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "none.json")], input=b"")
    assert result.exit_code == 1
    assert result.stdout == ""


@pytest.mark.skipif("MAGENTO_RECORDINGS" not in os.environ, reason="needs the recorded answers of a real shop")
def test_the_lines_of_recorded_orders_add_up_to_magentos_counting_rows(tmp_path: Path) -> None:
    folder = Path(os.environ["MAGENTO_RECORDINGS"])
    orders = [json.loads(path.read_text()) for path in sorted((folder / "orders_by_type").glob("*.json"))]
    products = [json.loads(path.read_text()) for path in sorted((folder / "product_by_sku").glob("*-*.json"))]
    days = golden.Days(tmp_path, {"pullAllOrders": True, "order_wait_days": 0})
    ids = {item["product_id"]: item for order in orders for item in order["items"]}
    rows = [{"id": number, "sku": f"S{number}", "type_id": "virtual"} for number in ids]
    days.day({"products": rows, "orders": orders}, [])
    sent = days.optiply["sellOrders"]
    assert products
    assert len(sent) == len(orders)
    for order in orders:
        counting = [item["base_row_total"] for item in order["items"] if not item.get("parent_item_id")]
        lines = sent[str(order["entity_id"])]["orderLines"]
        assert round(sum(line["subtotalValue"] for line in lines), 2) == round(sum(counting), 2)
