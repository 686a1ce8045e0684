"""Stock read in bulk is what stockStatuses says, in the same shape; where not, the tap notices and asks singly."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connector.http.answers import Answer
from connector.http.client import HttpClient
from connector.http.request import Request
from sandbox.magento.stock import StockView
from sandbox.shop.products import COMPOSITES, Spec
from sandbox.systems import Sandbox
from tap_magento.bulk import STOCK_ITEMS, BulkStock
from tap_magento.stock import SAMPLE
from tests.tap_magento.reading import Reading, Record, read

Reader = Callable[..., Reading]
STOCK = "product_stock_statuses"


def by_sku(reading: Reading) -> dict[str, Record]:
    return {row["sku"]: row for row in reading.records[STOCK]}


@pytest.fixture(scope="module", params=[None, "all", "default", "nl", "b2b_en"])
def both_ways(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Sandbox, dict[str, Record], dict[str, Record], Reading]]:
    with Sandbox(products=120, orders=60) as sandbox:
        scope = {"store_code": request.param} if request.param else {}
        single = read(sandbox.magento_url, STOCK, stock_reading="per_sku", **scope)
        bulk = read(sandbox.magento_url, STOCK, stock_reading="bulk", **scope)
        yield sandbox, by_sku(single), by_sku(bulk), bulk


def test_both_ways_put_out_the_same_skus_in_the_same_shape(
    both_ways: tuple[Sandbox, dict[str, Record], dict[str, Record], Reading],
) -> None:
    _, single, bulk, reading = both_ways
    assert list(single) == list(bulk)
    assert reading.report["requests"] < len(bulk), "stock was read in bulk"
    for sku, row in bulk.items():
        if row["product_id"] is not None and single[sku]["product_id"] is not None:
            assert row.keys() == single[sku].keys()
            assert row["stock_item"].keys() == single[sku]["stock_item"].keys(), sku


def test_both_ways_say_the_same_quantity_of_every_managed_product(
    both_ways: tuple[Sandbox, dict[str, Record], dict[str, Record], Reading],
) -> None:
    sandbox, single, bulk, _ = both_ways
    shop = sandbox.shop
    assert shop is not None
    compared = 0
    for sku, row in single.items():
        product = shop.product(sku)
        assert product is not None
        if row["product_id"] is None or not row["stock_item"]["manage_stock"] or product["status"] == 2:
            continue
        assert bulk[sku]["qty"] == row["qty"], sku
        assert bulk[sku]["stock_item"] == row["stock_item"], sku
        if product["type_id"] not in COMPOSITES:
            assert bulk[sku]["stock_status"] == row["stock_status"], sku
        compared += 1
    assert compared > 50


def test_a_phantom_stays_a_phantom(both_ways: tuple[Sandbox, dict[str, Record], dict[str, Record], Reading]) -> None:
    _, single, bulk, _ = both_ways
    phantoms = [sku for sku, row in single.items() if row["product_id"] is None]
    assert phantoms, "the shop has disabled and unindexed products"
    assert all(bulk[sku]["product_id"] is None for sku in phantoms)


def test_auto_reads_in_bulk_after_a_sample_proved_equal(sandbox: Sandbox, reader: Reader) -> None:
    reading = reader(STOCK)
    assert not reading.report["notes"]
    singles = sum("/stockStatuses/" in entry.path for entry in sandbox.requests.entries)
    assert 0 < singles < len(reading.records[STOCK])
    assert reading.bookmarks[STOCK]["complete"] is True


def test_auto_falls_back_when_a_sku_differs_twice(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = reader(STOCK, stock_reading="per_sku")
    exported = StockView.exported

    def wrong(self: StockView, product: Record, stock_id: int) -> Record | None:
        row = exported(self, product, stock_id)
        return {**row, "qty": row["qty"] + 5} if row else None

    monkeypatch.setattr(StockView, "exported", wrong)
    reading = reader(STOCK)
    assert [note for note in reading.report["notes"] if "differs from stockStatuses" in note]
    assert reading.records[STOCK] == usual.records[STOCK]


def test_a_difference_that_is_gone_when_asked_again_does_not_count(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = StockView.exported
    calls: list[int] = []

    def wrong_at_first(self: StockView, product: Record, stock_id: int) -> Record | None:
        row = exported(self, product, stock_id)
        calls.append(1)
        return {**row, "qty": row["qty"] + 5} if row and len(calls) <= SAMPLE else row

    monkeypatch.setattr(StockView, "exported", wrong_at_first)
    reading = reader(STOCK)
    assert not reading.report["notes"]
    assert len(reading.records[STOCK]) == len(sandbox.shop.products if sandbox.shop else ())


def test_without_the_export_auto_and_bulk_ask_singly(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"path": "export-stock-salable-qty", "status": 404})
    usual = reader(STOCK, stock_reading="per_sku")
    for wish in ("auto", "bulk"):
        reading = reader(STOCK, stock_reading=wish)
        assert reading.records[STOCK] == usual.records[STOCK]
        assert [note for note in reading.report["notes"] if "SKU by SKU" in note]


def test_a_scope_whose_stock_has_no_website_is_read_singly(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"path": "/inventory/stocks$", "status": 200, "body": '{"items":[],"total_count":0}'})
    reading = reader(STOCK, stock_reading="bulk")
    singles = sum("/stockStatuses/" in entry.path for entry in sandbox.requests.entries)
    assert singles == len(reading.records[STOCK])


def test_a_product_not_indexed_yet_is_asked_singly_and_stays_a_phantom(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    shop.add_product(
        Spec("FRESH-1", default=4.0, sources={"ams": 9.0}, indexed=False), "2026-01-14 10:00:00", "2026-01-14 10:00:00"
    )
    rows = by_sku(reader(STOCK, stock_reading="bulk"))
    assert rows["FRESH-1"]["product_id"] is None


def test_a_bad_product_in_the_export_costs_itself_alone(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    bad = sorted(shop.products)[9]
    shop.poison("products", bad)
    reading = reader(STOCK, "product_ids", stock_reading="bulk")
    skus = {row["sku"] for number, row in shop.products.items() if number != bad}
    assert {row["sku"] for row in reading.records[STOCK]} == skus


def test_a_shop_that_limits_pages_is_still_read_in_bulk(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = reader(STOCK, stock_reading="bulk")
    assert sandbox.magento is not None
    sandbox.faults_magento.add(
        {"path": "export-stock", "nth": 1, "status": 400, "body": '{"message":"too many","parameters":{"max":7}}'}
    )
    reading = reader(STOCK, stock_reading="bulk")
    assert reading.records[STOCK] == usual.records[STOCK]


def test_source_items_are_asked_for_only_where_the_export_leaves_a_question(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    status = BulkStock._status

    def and_note(self: BulkStock, *given: object) -> Record | None:
        asked.append("status")
        return status(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(BulkStock, "_status", and_note)
    reading = reader(STOCK, stock_reading="bulk")
    assert len(asked) == len(reading.records[STOCK]), "each product is judged once"


def test_the_listing_is_read_once_for_ids_and_stock(sandbox: Sandbox, reader: Reader) -> None:
    reader("product_ids", STOCK, stock_reading="bulk")
    asked = [entry.path for entry in sandbox.requests.entries if entry.path.endswith("/V1/products")]
    assert asked == ["/rest/V1/products", "/rest/all/V1/products"], "the listing, and the disabled ones that sell"


def test_a_product_disabled_in_one_store_view_only_keeps_its_quantity(
    both_ways: tuple[Sandbox, dict[str, Record], dict[str, Record], Reading],
) -> None:
    _, single, bulk, _ = both_ways
    assert single["SCOPED-1"]["product_id"] is not None
    assert bulk["SCOPED-1"]["qty"] == single["SCOPED-1"]["qty"] != 0


def test_of_the_disabled_only_those_of_one_store_view_are_asked_singly(sandbox: Sandbox, reader: Reader) -> None:
    ids = reader("product_ids").records["product_ids"]
    disabled = {str(row["sku"]) for row in ids if row["status"] == 2}
    seen = len(sandbox.requests.entries)
    reader(STOCK, stock_reading="bulk")
    paths = [entry.path for entry in sandbox.requests.entries[seen:] if "/stockStatuses/" in entry.path]
    assert len(disabled) > 1
    assert {path.rsplit("/", 1)[1] for path in paths} & disabled == {"SCOPED-1"}


def test_a_line_at_start_says_which_stock_it_is(
    sandbox: Sandbox, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    reader(STOCK, store_code="b2b_en")
    assert [text for text in caplog.messages if "id 1" in text and "'b2b'" in text and "store_code 'b2b_en'" in text]
    caplog.clear()
    reader(STOCK)
    assert [text for text in caplog.messages if "'Warehouses' (id 2)" in text and "'base'" in text]


def test_more_sources_than_a_page_shows_have_skus_asked_singly_instead_of_saying_0(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = quantities(reader(STOCK, stock_reading="per_sku"))
    monkeypatch.setattr("tap_magento.stock_sources.ENOUGH_LINKS", 1)
    reading = reader(STOCK, stock_reading="bulk")
    assert quantities(reading) == usual
    assert reading.bookmarks[STOCK]["complete"] is True
    assert [note for note in reading.report["notes"] if "1 of 3 rows on a page" in note]


def quantities(reading: Reading) -> Record:
    """What is said of each SKU's stock, where it is managed and something is said."""
    rows = {sku: row for sku, row in by_sku(reading).items() if row["product_id"] is not None}
    return {sku: row["qty"] for sku, row in rows.items() if row["stock_item"]["manage_stock"]}


def test_a_source_item_that_cannot_be_read_never_becomes_0(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    usual = quantities(reader(STOCK, stock_reading="per_sku"))
    sold = next(sku for sku, quantity in usual.items() if quantity > 0)
    for item in shop.stock.source_items.values():
        if item["sku"] == sold:
            shop.poison("source-items", item["source_item_id"])
    # No product is indexed yet, which only the source items tell from one that has nothing.
    sandbox.faults_magento.add(
        {"path": "export-stock", "status": 200, "body": '{"items":[],"total_count":0}'}
    )
    reading = reader(STOCK, stock_reading="bulk")
    usual.pop("SCOPED-1")  # Of the disabled, those that the export does not sell say nothing.
    assert quantities(reading) == usual
    assert [note for note in reading.report["notes"] if "cannot be read" in note and "asked singly" in note]


def test_an_export_without_rows_beside_a_count_is_no_zero(sandbox: Sandbox, reader: Reader) -> None:
    usual = quantities(reader(STOCK, stock_reading="per_sku"))
    usual.pop("SCOPED-1")  # Of the disabled, those that the export does not sell say nothing.
    sandbox.faults_magento.add({"path": "export-stock", "status": 200, "body": '{"items":[],"total_count":12}'})
    assert quantities(reader(STOCK, stock_reading="bulk")) == usual


@pytest.mark.parametrize("row", ['{"sku":"X","qty":[1],"is_salable":true}', '"A"', '{"qty":3}', "[]"])
def test_a_row_of_the_export_that_is_none_has_its_product_asked_singly(
    sandbox: Sandbox, reader: Reader, row: str
) -> None:
    usual = quantities(reader(STOCK, stock_reading="per_sku"))
    body = f'{{"items":[{row}],"total_count":1}}'
    sandbox.faults_magento.add({"path": "export-stock", "status": 200, "body": body})
    for wish in ("bulk", "auto"):
        reading = reader(STOCK, stock_reading=wish)
        assert quantities(reading) == usual
        assert reading.error is None


@pytest.mark.parametrize("field", ["product_id", "item_id", "qty", "whole row"])
def test_a_stock_item_that_is_none_has_its_sku_asked_singly(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    usual = quantities(reader(STOCK, stock_reading="per_sku"))
    get = HttpClient.get

    def spoilt(self: HttpClient, address: Request, **more: Any) -> Answer:
        answer = get(self, address, **more)
        rows = (answer.value["items"] or []) if address.path == STOCK_ITEMS else []
        if len(rows) > 3:
            rows[3] = [7] if field == "whole row" else {**rows[3], field: [7]}
        return answer

    monkeypatch.setattr(HttpClient, "get", spoilt)
    for wish in ("auto", "bulk"):
        reading = reader(STOCK, stock_reading=wish)
        assert quantities(reading) == usual


@pytest.mark.parametrize("body", ["[]", "{}", "7", '"text"', "false", "null"])
def test_a_stock_status_of_another_shape_costs_its_sku_alone(sandbox: Sandbox, reader: Reader, body: str) -> None:
    assert sandbox.shop is not None
    sku = next(row["sku"] for row in sandbox.shop.products.values() if row["sku"].isalnum())
    sandbox.faults_magento.add({"path": f"/stockStatuses/{sku}$", "status": 200, "body": body})
    reading = reader(STOCK, stock_reading="per_sku")
    assert len(reading.records[STOCK]) == len(sandbox.shop.products) - 1
    assert reading.bookmarks[STOCK]["isolated"] == [sku]


def test_the_report_says_which_way_stock_was_read_and_why(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None

    def how(**config: str) -> str:
        return str(reader(STOCK, **config).report["streams"][STOCK]["how"])

    assert how(stock_reading="per_sku") == "SKU by SKU: stock_reading says so"
    assert how().startswith("in bulk: a sample read singly was equal")
    sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::stock_source_link"}
    reading = reader(STOCK)
    assert quantities(reading) == quantities(reader(STOCK, stock_reading="per_sku"))
    assert [note for note in reading.report["notes"] if "Magento_InventoryApi::stock_source_link is missing" in note]
    assert "asked singly" in reading.report["streams"][STOCK]["how"]
    sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::stock"}
    reading = reader(STOCK)
    assert "Magento_InventoryApi::stock is missing" in reading.report["streams"][STOCK]["how"]
    assert [note for note in reading.report["notes"] if "Magento_InventoryApi::stock is missing" in note]
