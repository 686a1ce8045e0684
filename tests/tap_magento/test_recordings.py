"""What a real Magento 2.4.7 answered, served to the tap: every recorded row comes out, and fits its stream's schema.

The recordings are not part of this repository: name their folder in MAGENTO_RECORDINGS to run these tests.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft7Validator

from connector.http.answers import Answer, Failure
from connector.http.table import Fate, judge
from magento_api.answers import missing_right, read_answer
from magento_api.errors import TABLE
from magento_api.login import refusal
from sandbox.systems import Sandbox
from tap_magento.listing import Listed
from tap_magento.status_rows import phantom
from tap_magento.tap import STREAMS, TapMagento
from tests.tap_magento.reading import Reading, Record, read, same_values

FOLDER = os.environ.get("MAGENTO_RECORDINGS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="MAGENTO_RECORDINGS names no folder of recorded answers")

PAGE = TapMagento(config={"store_url": "http://127.0.0.1", "access_token": "none"}).source.page
BY_NAME = {str(vars(stream)["name"]): stream for stream in STREAMS}
# Stream -> the recorded answers it reads; with a star all files of a folder, each of them one record.
RECORDED = {
    "stores": ["small/storeConfigs.json"],
    "store_configs": ["small/storeConfigs.json"],
    "websites": ["small/websites.json"],
    "store_groups": ["small/storeGroups.json"],
    "store_views": ["small/storeViews.json"],
    "products": [f"products/page_{number}.json" for number in ("001", "022", "058", "059")]
    + [f"scope/products_odd_{scope}.json" for scope in ("all", "nl")]
    + [f"product_by_sku/{sku}.json" for sku in ("24-MB03", "MH01", "BUN-DYN", "GRP-1", "VIRT-1", "240-LV04", "DIS-1")],
    "product_ids": ["products/page_059.json"],
    "product_attributes": ["attributes/page_001.json"],
    "product_attribute_details": ["attributes/page_001.json"],
    "categories": ["categories_list/page_002.json"],
    "sources": ["sources/page_001.json", "sources/page_002.json"],
    "stocks": ["stocks/page_001.json", "stocks/page_002.json"],
    "stock_source_links": ["stock_source_links/page_001.json", "stock_source_links/page_002.json"],
    "source_items": ["source_items/page_001.json", "source_items/page_004.json"],
    "product_item_stocks": ["lowStock/page_006.json"],
    "customers": ["customers/page_004.json"],
    "sales_rules": ["salesRules/page_001.json", "salesRules/page_002.json"],
    "coupons": ["coupons/page_001.json", "coupons/page_002.json"],
    "orders": ["orders/page_021.json", "orders_by_type/*.json"],
    "order_items": ["order_items/page_003.json", "order_items/updated_since.json"],
    "invoices": ["invoices/page_001.json", "invoices/page_002.json"],
    "shipments": ["shipments/page_001.json", "shipments/page_002.json"],
    "credit_memos": ["creditmemos/page_001.json", "creditmemos/page_002.json"],
}
# Streams put together from several answers, which are checked one by one below.
PUT_TOGETHER = {"product_stock_statuses", "salable_quantities", "product_checks"}


def recorded(name: str) -> Any:
    return json.loads((Path(FOLDER or "") / name).read_text(encoding="utf-8"))


def rows_in(name: str) -> list[Record]:
    if "*" in name:
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(FOLDER or "").glob(name))]
    value = recorded(name)
    if isinstance(value, list):
        return value
    return list(value["items"]) if "total_count" in value else [value]


def stock_statuses() -> list[Record]:
    text = (Path(FOLDER or "") / "stock_statuses.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def shop() -> Iterator[Sandbox]:
    with Sandbox(products=40, orders=30) as running:
        yield running


def read_recorded(shop: Sandbox, stream: str, rows: list[Record]) -> Reading:
    """Reads a stream from a shop whose list holds exactly these rows."""
    path = BY_NAME[stream].path
    bare = path.startswith("/store/")
    body = rows if bare else {"items": rows, "search_criteria": {}, "total_count": len(rows)}
    shop.faults_magento.clear()
    shop.faults_magento.add({"path": f"/V1{path}$", "status": 200, "body": json.dumps(body)})
    return read(shop.magento_url, stream, page_size=1000)


def test_every_stream_is_recorded() -> None:
    assert set(RECORDED) | PUT_TOGETHER == set(BY_NAME)


@pytest.mark.parametrize("stream", RECORDED)
def test_every_recorded_row_comes_out_once_and_fits_the_schema(shop: Sandbox, stream: str) -> None:
    keys = BY_NAME[stream].keys
    rows = {tuple(row[key] for key in keys): row for name in RECORDED[stream] for row in rows_in(name)}
    reading = read_recorded(shop, stream, [rows[key] for key in sorted(rows)])
    assert reading.error is None
    assert reading.report["streams"][stream]["error"] is None
    records = {tuple(record[key] for key in keys): record for record in reading.records[stream]}
    assert records.keys() == rows.keys(), "each row by its key, once"
    assert len(reading.records[stream]) == len(rows)
    (schema,) = [m["schema"] for m in reading.messages if m["type"] == "SCHEMA" and m["stream"] == stream]
    for key, record in records.items():
        assert same_values(record, rows[key])
        faults = [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(record)]
        assert not faults, key


def test_no_recorded_order_lets_a_customer_through(shop: Sandbox) -> None:
    rows = {row["entity_id"]: row for name in RECORDED["orders"] for row in rows_in(name)}
    text = read_recorded(shop, "orders", [rows[key] for key in sorted(rows)]).output.decode()
    words = {str(row.get(name)) for row in rows.values() for name in ("customer_email", "remote_ip") if row.get(name)}
    words |= {row["billing_address"]["telephone"] for row in rows.values() if row.get("billing_address")}
    assert words
    assert not [word for word in words if f'"{word}"' in text]


def test_recorded_stock_statuses_fit_the_schema_and_phantoms_are_known() -> None:
    schema = json.loads((Path(__file__).parents[2] / "tap_magento/schemas/product_stock_statuses.json").read_text())
    bodies = [(row["sku"], answer["body"]) for row in stock_statuses() for answer in (row["stockStatuses"],)
              if answer["status"] == 200]  # fmt: skip
    assert len(bodies) > 100
    names = ",".join(schema["properties"]["stock_item"]["properties"])
    for sku, body in bodies:
        record = {"sku": sku, **body}
        assert not [error.message for error in Draft7Validator(schema).iter_errors(record)], sku
        assert (body["product_id"] is None) == (body["stock_item"].get("item_id") is None), sku
        if body["product_id"] is None:
            ours = phantom(Listed(1, sku, 2, "simple"), names)
            assert ours["stock_item"] == {k: v for k, v in body["stock_item"].items() if k in names.split(",")}
            assert ours["product_id"] is body["product_id"]
            assert ours["stock_id"] is body["stock_id"]


def test_the_recorded_export_says_what_the_recorded_stock_statuses_say() -> None:
    single = {row["sku"]: row["stockStatuses"]["body"] for row in stock_statuses()
              if row["stockStatuses"]["status"] == 200}  # fmt: skip
    names = ("export_base_skus", "export_base_300_page_001", "export_base_300_page_002", "export_base_300_page_005")
    compared = 0
    for name in names:
        page = PAGE(recorded(f"bulk_salable/{name}.json"), 300, "export")
        for row in page.rows:
            status = single.get(row["sku"])
            if status and status["product_id"] is not None and status["stock_item"]["manage_stock"]:
                assert int(row["qty"]) == status["qty"], row["sku"]
                assert row["is_salable"] == bool(status["stock_status"]), row["sku"]
                compared += 1
    assert compared


@pytest.mark.parametrize("name", ["products", "orders", "invoices", "source_items", "lowStock"])
def test_a_recorded_page_beyond_the_last_is_an_empty_page_with_the_true_count(name: str) -> None:
    (path,) = [path for path in sorted((Path(FOLDER or "") / name).glob("*.json")) if "beyond" in path.name] or [
        Path(FOLDER or "") / "lowStock/page_007.json"
    ]
    page = PAGE(json.loads(path.read_text()), 100, name)
    assert page.rows == []
    assert page.total > 10


# Start of a recorded error's name -> what the tap does about it.
ACTIONS = {
    "bad_token": Fate.ACCESS,
    "no_acl": Fate.ACCESS,
    "maintenance": Fate.AGAIN,
    "corrupt_order": Fate.ISOLATE,
    "stockStatuses_404": Fate.ISOLATE,
    "stockStatuses_trailing_space_500": Fate.ISOLATE,
    "slash_unencoded": Fate.ISOLATE,
    "product_404": Fate.ISOLATE,
    "route_404": Fate.ISOLATE,
    "store_code_unknown": Fate.FATAL,
    "page_size_abc": Fate.FATAL,
    "missing_searchCriteria": Fate.FATAL,
    "lowStock_no_qty": Fate.FATAL,
    "bad_sort_dir": Fate.FATAL,
}


def response(error: Record) -> requests.Response:
    answer = requests.Response()
    answer.status_code = error["status"]
    answer.headers.update(error["headers"])
    answer._content = error["body"].encode()
    return answer


@pytest.mark.parametrize("kind", ACTIONS)
def test_a_recorded_error_is_taken_for_what_it_is(kind: str) -> None:
    found = [error for error in recorded("errors.json") if error["name"].startswith(kind) and error["status"] != 200]
    assert found
    for error in found:
        outcome = read_answer(response(error))
        assert isinstance(outcome, Failure)
        row = judge(TABLE, "GET", outcome.cause, outcome.body)
        assert row.fate is ACTIONS[kind], error["name"]
        if row.fate is Fate.ACCESS:
            assert missing_right(outcome.value, outcome.text).startswith("Magento_"), "the right is named"
        if kind == "maintenance":
            assert "maintenance" in row.says


def test_a_recorded_error_of_any_name_is_never_taken_for_an_answer() -> None:
    for error in recorded("errors.json"):
        outcome = read_answer(response(error))
        assert isinstance(outcome, Answer) == (error["status"] == 200), error["name"]
        if isinstance(outcome, Failure):
            assert outcome.text, error["name"]
            assert "does not know" not in judge(TABLE, "GET", outcome.cause, outcome.body).says


def test_the_recorded_refusal_of_a_login_is_final() -> None:
    (error,) = [error for error in recorded("errors.json") if error["name"] == "admin_token_wrong_password"]
    outcome = read_answer(response(error))
    assert isinstance(outcome, Failure)
    assert "locks the account" in str(refusal(outcome))


def test_an_empty_projected_page_is_recorded_as_null_and_read_as_no_rows() -> None:
    found = [error for error in recorded("errors.json") if error["name"].startswith("beyond_last_page_with_fields")]
    assert len(found) > 5
    for error in found:
        value = json.loads(error["body"])
        assert value["items"] is None
        assert PAGE(value, 100, error["name"]).rows == []


def test_the_recorded_answer_for_a_deleted_product_and_a_known_one_is_read_as_such(shop: Sandbox) -> None:
    shop.faults_magento.clear()
    body = json.dumps(recorded("products/suspects_with_a_known_id.json"))
    shop.faults_magento.add({"path": "/V1/products$", "status": 200, "body": body})
    reading = read(shop.magento_url, "product_checks", check_product_ids=[999999], known_product_id=1)
    assert reading.records["product_checks"] == [{"id": 999999, "found": False}]


def test_an_unknown_website_of_the_export_is_no_missing_module() -> None:
    """The recorded 404 names the reason; the tap asks only for websites that a stock is sold by."""
    body = recorded("bulk_salable/export_unknown_website.json")
    assert "message" in body
    assert "route" not in body["message"]
