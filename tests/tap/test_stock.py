"""Stock read in bulk is what stockStatuses says, in the same shape; where not, the tap notices and asks singly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.magento_stock import StockView
from sandbox.serve import Sandbox
from sandbox.shop_products import COMPOSITES, Spec
from tap_magento.bulk import BulkStock
from tap_magento.stock import SAMPLE
from tests.tap.reading import Reading, Record, read

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
    status = BulkStock.status

    def and_note(self: BulkStock, *given: object) -> Record | None:
        asked.append("status")
        return status(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(BulkStock, "status", and_note)
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


def test_more_sources_than_a_page_shows_fail_the_stream_instead_of_saying_0(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_magento.bulk.ENOUGH_LINKS", 1)
    reading = reader(STOCK, stock_reading="bulk")
    assert reading.records[STOCK] == []
    assert "complete" not in reading.bookmarks.get(STOCK, {})
    assert "1 of 3 rows on a page; set stock_reading to per_sku" in str(reading.report["streams"][STOCK])
