"""Magento-shaped input goes through the ETL inside the target, with the same store and lock."""

import json
from pathlib import Path
from typing import Any

import pytest

from store.snapshot import Place, Snapshot

PRODUCT = {
    "id": 1,
    "sku": "CHAIR",
    "name": "Chair",
    "price": 12.5,
    "status": 1,
    "type_id": "simple",
    "created_at": "2025-05-01 08:00:00",
    "updated_at": "2026-01-14 08:00:00",
    "extension_attributes": {"website_ids": [1]},
}
STOCK = {
    "sku": "CHAIR",
    "product_id": 1,
    "stock_id": 1,
    "qty": 7,
    "stock_status": 1,
    "stock_item": {"qty": 9, "is_in_stock": True, "manage_stock": True},
}
ITEM = {
    "item_id": 5,
    "parent_item_id": None,
    "product_id": 1,
    "product_type": "simple",
    "sku": "CHAIR",
    "qty_ordered": 2,
    "base_row_total": 25,
    "row_total": 25,
}
ORDER = {
    "entity_id": 3,
    "increment_id": "000000003",
    "state": "complete",
    "status": "complete",
    "created_at": "2026-01-13 08:00:00",
    "updated_at": "2026-01-14 09:00:00",
    "subtotal": 25,
    "base_subtotal": 25,
    "items": [ITEM],
}


def magento(singer: Any, *, run_id: str = "r1", **product: Any) -> list[dict[str, Any]]:
    """What the tap puts out for a shop of one product and one order."""
    bookmarks = {name: {"complete": True, "run_id": run_id} for name in ("products", "product_ids", "orders")}
    bookmarks["product_stock_statuses"] = {"complete": True, "run_id": run_id}
    return [
        singer.state({"run_id": run_id, "bookmarks": {}}),
        *singer.stream("products", {**PRODUCT, **product}, keys=("id",)),
        singer.state({"run_id": run_id, "bookmarks": {"products": {"half": "way"}}}),
        *singer.stream("product_ids", {"id": 1, "sku": "CHAIR", "status": 1}, keys=("id",)),
        *singer.stream("product_stock_statuses", STOCK, keys=("sku",)),
        *singer.stream("orders", ORDER, keys=("entity_id",)),
        singer.state({"run_id": run_id, "bookmarks": bookmarks}),
    ]


def test_magento_records_become_optiply_objects_and_the_state_comes_last(bench: Any, singer: Any) -> None:
    run = bench.run(magento(singer))
    assert run.code == 0
    (product,) = bench.objects("products")
    assert (product["skuCode"], product["stockLevel"], product["remoteIdMap"]) == ("CHAIR", 7, {"77": "1"})
    (line,) = bench.objects("sellOrderLines")
    assert (line["productId"], line["quantity"], line["subtotalValue"]) == (product["id"], 2, "25.00")
    assert run.states[-1] == magento(singer)[-1]["value"]
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        assert snapshot.state() == run.states[-1]


def test_a_second_run_without_a_change_writes_nothing(bench: Any, singer: Any) -> None:
    bench.run(magento(singer))
    bench.forget_requests()
    run = bench.run(magento(singer, run_id="r2"))
    assert (run.code, bench.writes()) == (0, {})


def test_a_change_is_sent_as_that_change_only(bench: Any, singer: Any) -> None:
    bench.run(magento(singer))
    bench.run(magento(singer, run_id="r2", price=13))
    assert bench.sent("PATCH", "products") == [{"price": 13}]


def test_the_flags_are_those_of_the_setting_etl(bench: Any, singer: Any) -> None:
    bench.run(magento(singer), etl={"use_salable_quantity": False, "not_sync_entities": ["sellOrders"]})
    assert [row["stockLevel"] for row in bench.objects("products")] == [9]
    assert bench.objects("sellOrders") == []


def test_a_bad_flag_stops_the_run_with_a_sentence_and_no_later_state(bench: Any, singer: Any, caplog: Any) -> None:
    run = bench.run(magento(singer)[1:], etl={"order_lines": "guessed"})
    assert (run.code, run.stdout, bench.writes()) == (1, "", {})
    assert "The ETL inside the target cannot run" in caplog.text


def test_no_state_that_speaks_of_buffered_records_leaves_before_they_are_settled(
    bench: Any, singer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from target_optiply.target import TargetOptiply

    monkeypatch.setattr(TargetOptiply, "_MAX_RECORD_AGE_IN_MINUTES", 0)
    bench.sandbox.faults_optiply.add({"path": "/v1/sellOrders", "status": 401})
    run = bench.run(magento(singer)[1:])
    assert (run.code, run.stdout) == (1, "")
    bench.sandbox.faults_optiply.clear()
    assert bench.run(magento(singer)[1:]).states == [magento(singer)[-1]["value"]]


def test_a_dry_run_leaves_the_store_as_it_was(bench: Any, singer: Any) -> None:
    store = bench.folder / "snapshots"
    assert bench.run(magento(singer), dry_run=True).code == 0
    assert not store.exists()
    bench.run(magento(singer))
    before = Place(store).file().read_bytes()
    assert bench.run(magento(singer, run_id="r2", price=13), dry_run=True).code == 0
    (request,) = map(json.loads, Path("target-requests.jsonl").read_text().splitlines())
    assert (request["method"], request["attributes"]) == ("PATCH", {"price": 13})
    assert Place(store).file().read_bytes() == before
    assert bench.sent("PATCH", "products") == []


def test_what_the_etl_keeps_back_is_in_the_report(bench: Any, singer: Any) -> None:
    run = bench.run(magento(singer, price="a lot"))
    assert any("price" in str(reason) for reason in run.report["reasons"])


@pytest.mark.parametrize("name", ["Products", "products"])
def test_optiply_shaped_products_are_no_magento_products(bench: Any, singer: Any, name: str) -> None:
    bench.run(singer.stream(name, {"id": None, **singer.product(1)}, keys=("id",)))
    assert [row["name"] for row in bench.objects("products")] == ["Product 1"]


@pytest.mark.parametrize("odd", ['{"id": 2, "sku": NaN}', '{"id": 2, "sku": "\\ud800"}', '{"id": 2, "x": ' + "[" * 999])
def test_a_line_of_the_shop_that_cannot_be_read_is_judged_by_the_etl(bench: Any, singer: Any, odd: str) -> None:
    """Another product's line, in the middle of the input: the chair and its order go on."""
    odd += "]" * (odd.count("[")) + "}" * (odd.count("{") - odd.count("}"))
    lines = [json.dumps(message) for message in magento(singer)]
    lines.insert(2, '{"type": "RECORD", "stream": "products", "record": %s}' % odd)  # noqa: UP031 - braces
    target = bench.target()
    bench.capsys.readouterr()
    run = bench.outcome(target.run(iter(("\ufeff" + "\n".join(lines) + "\n").encode().splitlines(keepends=True))))
    assert run.code == 0
    assert [row["skuCode"] for row in bench.objects("products")] == ["CHAIR"]
    assert len(bench.objects("sellOrders")) == 1
    assert "a RECORD of stream products that" in json.dumps(run.report)
