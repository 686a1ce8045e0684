"""Every stream's records equal the shop's own, once each, whatever page size and number in flight."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.magento.call import Call
from sandbox.magento.tables import rows_of
from sandbox.systems import Sandbox
from tap_magento.tap import STREAMS
from tests.tap_magento.reading import Reading, Record, names_of_all_streams, read, same_values

# Stream -> the sandbox's own collection and the property both sides are matched by.
COLLECTIONS = {
    "products": ("products", "id"),
    "product_ids": ("products", "id"),
    "product_attributes": ("attributes", "attribute_id"),
    "product_attribute_details": ("attributes", "attribute_id"),
    "categories": ("categories", "id"),
    "sources": ("sources", "source_code"),
    "stocks": ("stocks", "stock_id"),
    "customers": ("customers", "id"),
    "sales_rules": ("salesRules", "rule_id"),
    "coupons": ("coupons", "coupon_id"),
    "orders": ("orders", "entity_id"),
    "order_items": ("orders/items", "item_id"),
    "invoices": ("invoices", "entity_id"),
    "shipments": ("shipments", "entity_id"),
    "credit_memos": ("creditmemos", "entity_id"),
}
INCREMENTAL = {str(vars(stream)["name"]) for stream in STREAMS if stream.changes}
PAIRS = {
    "source_items": ("source-items", ("source_code", "sku")),
    "stock_source_links": ("links", ("stock_id", "source_code")),
}


# Compared in a test of their own, here or in test_stock.py and test_checks.py.
APART = {
    "stores", "websites", "store_groups", "store_views", "store_configs", "product_item_stocks", "salable_quantities",
    "product_stock_statuses", "product_checks",
}  # fmt: skip
COMPARED = {*COLLECTIONS, *PAIRS, *APART}


def own_rows(sandbox: Sandbox, collection: str) -> list[Record]:
    assert sandbox.shop is not None
    return rows_of(sandbox.shop, collection, "default")


def assert_same(records: list[Record], rows: list[Record], *keys: str) -> None:
    def key(row: Record) -> tuple[Any, ...]:
        return tuple(row[name] for name in keys)

    assert sorted(map(key, records)) == sorted(map(key, rows))
    by_key = {key(row): row for row in rows}
    for record in records:
        assert same_values(record, by_key[key(record)]), f"{key(record)} differs"


@pytest.fixture(scope="module")
def everything(steady: Sandbox) -> Reading:
    asked = {"check_product_ids": "2,3", "known_product_id": 1}
    return read(steady.magento_url, *names_of_all_streams(), page_size=50, source_items_page_size=70, **asked)


@pytest.mark.parametrize("stream", [*COLLECTIONS, *PAIRS])
def test_each_stream_equals_the_shop_once_each(steady: Sandbox, everything: Reading, stream: str) -> None:
    collection, key = COLLECTIONS.get(stream) or PAIRS[stream]
    keys = (key,) if isinstance(key, str) else key
    assert everything.records[stream], "nothing was read"
    assert_same(everything.records[stream], own_rows(steady, collection), *keys)


def test_every_declared_stream_puts_out_records_and_ends_complete(everything: Reading) -> None:
    for name in names_of_all_streams():
        assert everything.records[name], f"{name} is empty"
        assert everything.bookmarks[name]["complete"] is True, name
        assert everything.bookmarks[name]["run_id"] == everything.state["run_id"]
    assert everything.report["streams"]["orders"]["error"] is None


def test_the_store_streams_hold_what_the_shop_says(everything: Reading) -> None:
    assert {row["code"] for row in everything.records["stores"]} == {"default", "nl", "b2b_en"}
    assert {row["id"] for row in everything.records["websites"]} == {0, 1, 2}
    assert {row["id"] for row in everything.records["store_views"]} >= {0, 1, 2, 3}
    assert everything.records["store_groups"]
    assert "secure_base_url" in everything.records["store_configs"][0]
    assert "secure_base_url" not in everything.records["stores"][0]


def test_stock_items_are_all_that_have_a_quantity(steady: Sandbox, everything: Reading) -> None:
    assert steady.shop is not None
    rows = [item for item in steady.shop.stock.items.values() if item["qty"] is not None]
    assert_same(everything.records["product_item_stocks"], rows, "item_id")


def test_salable_quantities_hold_every_website_once_per_sku(everything: Reading) -> None:
    pairs = [(row["website_code"], row["sku"]) for row in everything.records["salable_quantities"]]
    assert len(pairs) == len(set(pairs))
    assert {website for website, _ in pairs} == {"base", "b2b"}


def test_a_salable_product_that_cannot_be_listed_pushes_no_other_out_of_its_page(
    sandbox: Sandbox, reader: Callable[..., Reading]
) -> None:
    shop = sandbox.shop
    assert shop is not None
    usual = reader("salable_quantities")
    hidden = shop.product("PART-B")
    assert hidden is not None
    # The listing fails for this product, the export does not.
    poisoned = Call.check_poison

    def only_listed(self: Call, entity: str, *keys: int | str) -> None:
        if self.query.get("fields", "").startswith("items[id,"):
            poisoned(self, entity, *keys)

    shop.poison("products", hidden["id"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Call, "check_poison", only_listed)
        reading = reader("salable_quantities")
    assert reading.records["salable_quantities"] == usual.records["salable_quantities"]


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[Sandbox, Reading]]:
    """A shop small enough for pages of one row, and what is read of it in one go."""
    with Sandbox(products=40, orders=30) as sandbox:
        yield sandbox, read(sandbox.magento_url, *names_of_all_streams(), max_concurrency=1, stock_reading="per_sku")


WAYS = [(size, in_flight, False) for size in (1, 7, 300) for in_flight in (1, 8, 16)]
OLD_SHOP = [(size, 8, True) for size in (1, 7, 300)]


@pytest.mark.parametrize(("size", "in_flight", "clamps"), [*WAYS, *OLD_SHOP])
def test_page_size_and_number_in_flight_change_nothing_of_any_stream(
    small: tuple[Sandbox, Reading], size: int, in_flight: int, clamps: bool
) -> None:
    """With empty pages beyond the last, as shops answer since 2.4, and with the last page for ever, as before."""
    sandbox, usual = small
    assert sandbox.magento is not None
    sandbox.magento.settings.legacy_paging = clamps
    reading = read(
        sandbox.magento_url,
        *names_of_all_streams(),
        page_size=size,
        source_items_page_size=size,
        max_concurrency=in_flight,
        stock_reading="per_sku",
    )
    assert not reading.report["notes"]
    for stream in names_of_all_streams():
        assert reading.records[stream] == usual.records[stream], stream
        assert reading.bookmarks[stream]["complete"] is True, stream


@pytest.mark.parametrize("stream", [*COLLECTIONS, *PAIRS])
def test_what_all_ways_of_reading_put_out_is_the_shop(small: tuple[Sandbox, Reading], stream: str) -> None:
    sandbox, usual = small
    collection, key = COLLECTIONS.get(stream) or PAIRS[stream]
    assert_same(usual.records[stream], own_rows(sandbox, collection), *((key,) if isinstance(key, str) else key))


@pytest.mark.parametrize("in_flight", [1, 8, 16])
@pytest.mark.parametrize("size", [1, 7])
def test_all_records_of_one_second_come_out_once(size: int, in_flight: int) -> None:
    with Sandbox(products=40, orders=30) as sandbox:
        shop = sandbox.shop
        assert shop is not None
        incremental = {name: COLLECTIONS[name] for name in COLLECTIONS if name in INCREMENTAL}
        for collection, _ in incremental.values():
            for row in rows_of(shop, collection, "all"):
                row["updated_at"] = "2026-01-10 10:00:00"
        shop.touch("products", "orders", "invoices", "shipments", "creditmemos", "customers")
        state = {
            "bookmarks": {
                name: {"replication_key": "updated_at", "replication_key_value": "2026-01-10 10:00:00"}
                for name in incremental
            }
        }
        config = {"page_size": size, "max_concurrency": in_flight, "lookback_seconds": 0}
        reading = read(sandbox.magento_url, *incremental, state=state, **config)
        for name, (collection, key) in incremental.items():
            assert reading.ids(name, key) == sorted(row[key] for row in own_rows(sandbox, collection)), name
            assert {row["updated_at"] for row in reading.records[name]} == {"2026-01-10 10:00:00"}


def test_orders_hold_no_customer_data(everything: Reading) -> None:
    for order in everything.records["orders"]:
        assert not [name for name in order if "customer" in name or "address" in name or "email" in name]
        assert not order.keys() & {"payment", "remote_ip", "extension_attributes"}


def test_only_the_selected_properties_are_asked_for(steady: Sandbox, everything: Reading) -> None:
    asked = [entry.query for entry in steady.requests.entries if entry.path.endswith("/V1/products")]
    assert asked
    assert all("fields=" in query or "currentPage" in query for query in asked)
    assert "custom_attributes" not in everything.records["products"][0]


def test_custom_attributes_come_when_a_setting_or_a_mapping_names_them(sandbox: Sandbox) -> None:
    mapping = {"products": {"eanCode": "custom_attributes.ean"}}
    reading = read(sandbox.magento_url, "products", product_attributes="cost", custom_mappings=mapping)
    codes = {
        item["attribute_code"] for row in reading.records["products"] for item in row.get("custom_attributes") or []
    }
    assert codes
    assert codes <= {"cost", "ean"}
