"""Each stream puts out what the account holds: every row once, in UTC, in the schema's types, without people."""

import json
from typing import Any

import pytest

from sandbox.easyecom.account import Size
from sandbox.systems import Sandbox
from tests.tap_easyecom.reading import KEYS_OF, MAIN, SECOND, account_rows, calls, differences, good, keys_in

READ = [name for name in KEYS_OF if name != "kits"]
SIZE = Size(products=320, combos=30, vendors=40, purchase_orders=60, orders=500)


def assert_all_there(sandbox: Sandbox, reading: Any) -> None:
    """Every row of the account came, once, and says what the account says."""
    for stream in READ:
        rows = account_rows(sandbox, stream)
        assert keys_in(reading, stream) == sorted(rows), stream
        for record in reading.records[stream]:
            key = tuple(record[name] for name in KEYS_OF[stream])
            assert differences(record, rows[key[0] if len(key) == 1 else key]) == [], (stream, key)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"paging": "offset", "order": "descending", "last_page": "absent"},
        {"last_page": "empty", "absolute_urls": True, "limit_error": "http"},
        {"nothing": "list", "bounds": "exclusive"},
        {"nothing": "error", "bounds": "exclusive", "order": "descending"},
    ],
    ids=str,
)
def test_every_row_of_every_location_comes_once(settings: dict[str, Any]) -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        for name, value in settings.items():
            setattr(sandbox.easyecom.settings, name, value)
        sandbox.easyecom.settings.rate_tier = "none"
        reading = good(sandbox, rate_tier="Diamond")
        assert_all_there(sandbox, reading)
        assert not reading.notes


def test_no_credential_and_nobody_is_in_the_records() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        reading = good(sandbox, *KEYS_OF)
        text = json.dumps(reading.records)
        for word in ("customer", "Private Street", "a-credential", "0000000000", "example.com", "sandbox-password"):
            assert word not in text


def test_records_say_through_which_location_they_were_read() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        reading = good(sandbox)
        for stream in ("products", "orders", "purchase_orders", "goods_receipts"):
            assert {record["location_key"] for record in reading.records[stream]} == {MAIN, SECOND}
        first = good(sandbox, "products", "orders", location_key=MAIN)
        assert {record["location_key"] for record in first.records["orders"]} == {MAIN}


def test_kits_come_when_they_are_selected() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        assert not good(sandbox).records["kits"]
        reading = good(sandbox, "kits")
        assert keys_in(reading, "kits") == sorted(sandbox.easyecom.kits.rows)


def test_untidy_values_become_what_the_schema_says() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        store = sandbox.easyecom

        def spoil() -> None:
            product = next(row for row in store.products.rows.values() if len(row.copies) == 1)
            said = {"mrp": "12.50", "cost": "NA", "EANUPC": 8901, "sku": 77, "vendor_code": ["V1", "NA", ""]}
            said |= {"tax_rate": "18%", "updated_at": "0000-00-00 00:00:00", "created_at": "2025-03-04", "size": "-"}
            store.change(product, said=said)

        sandbox.call(spoil)
        (record,) = [one for one in good(sandbox, "products").records["products"] if one["sku"] == "77"]
        wanted = {"mrp": 12.5, "cost": None, "EANUPC": "8901", "vendor_code": ["V1"], "tax_rate": "18%", "size": None}
        wanted |= {"updated_at": None, "created_at": "2025-03-03T18:30:00Z"}
        assert {name: record[name] for name in wanted} == wanted


def test_a_value_of_no_use_is_passed_on_for_the_reader_to_refuse() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        store = sandbox.easyecom
        said = {"mrp": ["12"], "cost": "much", "updated_at": "yesterday", "inventory": {"a": 1}}
        sandbox.call(lambda: store.change(next(iter(store.products.rows.values())), said=said))
        records = good(sandbox, "products").records["products"]
        assert any({name: record[name] for name in said} == said for record in records)


def test_a_row_that_is_no_record_costs_itself_and_keeps_the_stream_open() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        store = sandbox.easyecom
        bad = next(iter(store.vendors.rows.values()))
        sandbox.call(lambda: store.change(bad, said={"vendor_c_id": None}))
        reading = good(sandbox, "vendors")
        assert keys_in(reading, "vendors") == sorted(set(store.vendors.rows) - {bad.vendor_c_id})
        assert not reading.complete("vendors")
        assert len(reading.report["streams"]["vendors"]["isolated"]) == 1


def test_no_more_is_asked_than_the_pages_and_windows_need() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        reading = good(sandbox, "products", "vendors", "locations", "purchase_orders", "goods_receipts")
        store = sandbox.easyecom
        places = sorted(store.locations.rows)
        pages = lambda count, size: max(1, -(-count // size))  # noqa: E731
        fewest = pages(len(store.vendors.rows), 100) + 1  # and the page that was too large
        fewest += sum(pages(sum(at in row.copies for row in store.products.rows.values()), 200) for at in places)
        for table in (store.purchase_orders, store.receipts):
            fewest += sum(pages(sum(row.c_id == at for row in table.rows.values()), 10) for at in places)
        assert reading.report["requests"] == fewest + len(places) + 1  # logins, and the locations
        again = good(sandbox, "products", "vendors", "locations", state=reading.state)
        assert calls(sandbox) == reading.report["requests"] + again.report["requests"]
        assert again.report["streams"]["vendors"]["requests"] == pages(len(store.vendors.rows), 100)
