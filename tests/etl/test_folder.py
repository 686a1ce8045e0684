"""The ETL on a HotGlue job folder: formats, subtenants, errors and what is left behind when it fails."""

import csv
import errno
import json
import sqlite3
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from etl.etl import EtlError, main, run_folder
from store.snapshot import Snapshot

NOW = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
KEYS = {"products": "id", "product_stock_statuses": "sku", "orders": "entity_id", "product_ids": "id"}
KIT = {"bundle_product_options": [{"required": True, "product_links": [{"sku": "007", "qty": 2}]}]}
SHOP: dict[str, list[dict[str, Any]]] = {
    "products": [
        {"id": 1, "sku": "007", "name": "Alpha, \"A\"", "price": 2.675, "status": 1, "type_id": "simple",
         "created_at": "2026-01-01 10:00:00", "updated_at": "2026-01-01 10:00:00",
         "custom_attributes": [{"attribute_code": "ean", "value": "0123"}]},
        {"id": 5, "sku": "K", "name": "Kit", "price": None, "status": 1, "type_id": "bundle",
         "created_at": "2026-01-01 10:00:00", "updated_at": "2026-01-01 10:00:00", "extension_attributes": KIT},
    ],
    "product_stock_statuses": [
        {"sku": "007", "product_id": 1, "qty": -10, "stock_item": {"qty": 5, "manage_stock": True}},
        {"sku": "D", "product_id": None, "qty": 0, "stock_item": {"qty": None, "manage_stock": False}},
    ],
    "orders": [
        {"entity_id": 7, "state": "complete", "status": "complete", "created_at": "2026-01-01 10:00:00",
         "updated_at": "2026-01-02 10:00:00", "subtotal": 30.5,
         "items": [{"item_id": 1, "product_id": 1, "qty_ordered": 2, "base_row_total": 20}]},
    ],
}  # fmt: skip


def job(folder: Path, config: dict[str, Any] | None = None) -> Path:
    (folder / "sync-output").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config or {}))
    return folder / "sync-output"


def write_singer(path: Path, shop: dict[str, list[dict[str, Any]]], order: list[str] | None = None) -> None:
    lines: list[dict[str, Any]] = []
    for stream in order or list(shop):
        lines.append({"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": [KEYS[stream]]})
        lines += [{"type": "RECORD", "stream": stream, "record": record} for record in shop[stream]]
    marks = {stream: {"complete": True} for stream in shop if stream not in ("products", "orders")}
    lines.append({"type": "STATE", "value": {"run_id": "r1", "bookmarks": marks}})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def write_csv(folder: Path, shop: dict[str, list[dict[str, Any]]], nested: Any = json.dumps) -> None:
    for stream, records in shop.items():
        names = sorted({name for record in records for name in record})
        # Two files of one stream: HotGlue's own reader would see the first alone.
        for number, record in enumerate(records):
            with (folder / f"{stream}-20260115T08000{number}.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(names)
                writer.writerow([cell(record.get(name), nested) for name in names])
    (folder / "._products-20260115T080000.csv").write_bytes(b"\x00\x05")
    (folder / "job_metrics.json").write_text("{}")
    (folder / "sources.csv").write_bytes(b"")


def cell(value: Any, nested: Any) -> Any:
    if value is None:
        return ""
    return nested(value) if isinstance(value, (dict, list)) else value


def write_parquet(folder: Path, shop: dict[str, list[dict[str, Any]]]) -> None:
    for stream, records in shop.items():
        frame = pd.DataFrame(records).map(lambda item: json.dumps(item) if isinstance(item, (dict, list)) else item)
        for name in ("created_at", "updated_at"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name])
        frame.to_parquet(folder / f"{stream}-20260115T080000.parquet")


def output(folder: Path) -> list[dict[str, Any]]:
    messages = [json.loads(line) for line in (folder / "etl-output" / "data.singer").read_text().splitlines()]
    return [message for message in messages if message["type"] != "STATE"]


def records(folder: Path, stream: str) -> dict[str, dict[str, Any]]:
    return {
        message["record"]["remoteId"]: message["record"]
        for message in output(folder)
        if message["type"] == "RECORD" and message["stream"] == stream
    }


def test_singer_csv_and_parquet_give_the_same_output(tmp_path: Path) -> None:
    config = {"custom_mappings": {"eanCode": "custom_attributes.ean"}}
    write_singer(job(tmp_path / "singer", config) / "tap.singer", SHOP)
    write_csv(job(tmp_path / "csv", config), SHOP)
    write_csv(job(tmp_path / "literals", config), SHOP, nested=repr)
    write_parquet(job(tmp_path / "parquet", config), SHOP)
    for name in ("singer", "csv", "literals", "parquet"):
        run_folder(tmp_path / name, {}, NOW)
    assert records(tmp_path / "singer", "products")["1"]["skuCode"] == "007"
    assert records(tmp_path / "singer", "products")["1"]["eanCode"] == "0123"
    assert records(tmp_path / "singer", "sellOrders")["7"]["orderLines"][0]["subtotalValue"] == 20.0
    for name in ("csv", "literals", "parquet"):
        assert output(tmp_path / name) == output(tmp_path / "singer"), name


def test_the_order_of_streams_does_not_matter_and_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    write_singer(job(tmp_path / "one") / "tap.singer", SHOP)
    write_singer(job(tmp_path / "two") / "tap.singer", SHOP, ["orders", "product_stock_statuses", "products"])
    run_folder(tmp_path / "one", {}, NOW)
    run_folder(tmp_path / "two", {}, NOW)
    one, two = (tmp_path / name / "etl-output" / "data.singer" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_row_whose_nested_value_cannot_be_read_costs_that_row(tmp_path: Path) -> None:
    folder = job(tmp_path)
    write_csv(folder, SHOP)
    (folder / "orders-20260115T090000.csv").write_text("entity_id,status,items\n8,complete,[{broken\n")
    report = run_folder(tmp_path, {}, NOW).report
    assert list(records(tmp_path, "sellOrders")) == ["7"]
    assert any("orders-20260115T090000.csv row 1 (orders 8): items cannot be read" in note for note in report["notes"])


def test_a_subtenants_orders_refer_to_the_products_of_its_root_tenant(tmp_path: Path) -> None:
    config = {"not_sync_entities": ["products"]}
    write_singer(job(tmp_path, config) / "tap.singer", {"orders": SHOP["orders"]})
    (tmp_path / "parent-snapshots").mkdir()
    (tmp_path / "parent-snapshots" / "products.snapshot.csv").write_text("remoteId,optiply_id\n1,4711\n")
    run_folder(tmp_path, {}, NOW)
    assert records(tmp_path, "products") == {}
    assert list(records(tmp_path, "sellOrders")) == ["7"]
    with Snapshot.open(tmp_path / "snapshots") as snapshot:
        assert snapshot.ids("products") == {"1": "4711"}


def test_a_subtenant_can_use_the_root_tenants_store_itself(tmp_path: Path) -> None:
    write_singer(job(tmp_path / "root") / "tap.singer", SHOP)
    run_folder(tmp_path / "root", {}, NOW)
    with sqlite3.connect(tmp_path / "root/snapshots/optiply.sqlite") as store:
        store.execute("UPDATE records SET id = '9' || remote_id WHERE stream = 'products'")
    store.close()
    write_singer(job(tmp_path / "sub", {"not_sync_entities": "products"}) / "tap.singer", {"orders": SHOP["orders"]})
    (tmp_path / "root/snapshots").rename(tmp_path / "sub/parent-snapshots")
    run_folder(tmp_path / "sub", {}, NOW)
    assert list(records(tmp_path / "sub", "sellOrders")) == ["7"]


def test_a_run_that_fails_says_why_in_errors_txt_and_keeps_the_older_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_singer(job(tmp_path) / "tap.singer", SHOP)
    monkeypatch.setenv("ROOT_DIR", str(tmp_path))
    monkeypatch.setenv("SYNC_REPORT", str(tmp_path / "step.json"))
    assert main() == 0
    before = (tmp_path / "etl-output" / "data.singer").read_bytes()
    assert json.loads((tmp_path / "step.json").read_text())["entities"]["products"]["read"] == 2
    (tmp_path / "config.json").write_text('{"pullAllOrders": true, "order_statuses": ["complete"]}')
    assert main() == 1
    assert "pullAllOrders and order_statuses contradict each other" in (tmp_path / "errors.txt").read_text()
    assert (tmp_path / "etl-output" / "data.singer").read_bytes() == before
    assert [path.name for path in (tmp_path / "etl-output").iterdir() if path.name.endswith(".partial")] == []


@pytest.mark.parametrize("well", [True, False])
def test_a_disk_that_takes_not_even_the_report_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, well: bool
) -> None:
    write_singer(
        job(tmp_path, {} if well else {"pullAllOrders": True, "order_statuses": ["complete"]}) / "tap.singer", SHOP
    )

    def full(path: Path, *_content: object, **_how: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setenv("ROOT_DIR", str(tmp_path))
    monkeypatch.setattr("etl.etl.replace_file", full)
    assert main() == 1
    first = "No space left on device" if well else "contradict each other"
    assert [record.levelname for record in caplog.records if record.levelname != "WARNING"] == ["ERROR", "ERROR"]
    assert "No space left on device" in caplog.messages[-2]
    assert first in caplog.messages[-1]


def test_a_folder_without_config_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EtlError, match=r"config\.json does not exist; create it"):
        run_folder(tmp_path, {}, NOW)


def test_nothing_of_a_run_that_breaks_off_stays_in_the_store(tmp_path: Path) -> None:
    folder = job(tmp_path)
    write_singer(folder / "tap.singer", SHOP)
    (folder / "orders.csv").write_text('entity_id,status\n1,"a\n')
    (folder / "products.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Exception, match="cannot be read"):
        run_folder(tmp_path, {}, NOW)
    with Snapshot.open(tmp_path / "snapshots") as snapshot:
        assert list(snapshot.rows("SELECT count(*) FROM products")) == [[(0,)]]
    assert not (tmp_path / "etl-output" / "data.singer").exists()
