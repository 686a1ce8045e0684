"""Products, what suppliers offer, compositions and suppliers: what Optiply has after a day, and why not."""

from datetime import datetime, timezone

import pytest

from etl.core.flags import ConfigError
from etl.picqer.rules.suppliers import latest_sunday_noon
from tests.etl.picqer.days import COMPLETE, line, product, purchase, sale, sold, supplier, warehouse

HALLS = [warehouse(11), warehouse(12), warehouse(14, active=False)]


def row(hall: int, free: object) -> dict[str, object]:
    return {"idwarehouse": hall, "freestock": free}


def test_a_product_has_every_field_of_the_table(days):
    account = days()
    account.day({"products": [product(1, idsupplier=None, productcode="007", barcode="", price=None)]})
    assert account.of("products") == {
        "1": {
            "name": "Product 1",
            "skuCode": "007",
            "articleCode": "007",
            "eanCode": None,
            "price": None,
            "status": "enabled",
            "stockLevel": 5,
            "unlimitedStock": False,
            "assembled": False,
            "createdAtRemote": "2026-01-01T08:00:00Z",
        }
    }


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_product_without_a_name_has_the_empty_one(days, name):
    account = days()
    account.day({"products": [product(1, name=name)], "suppliers": [supplier()]})
    assert account.of("products", "name") == {"1": ""}
    assert account.of("supplierProducts", "name") == {"1-7": ""}


@pytest.mark.parametrize(
    ("values", "unlimited", "assembled"),
    [
        ({"type": "unlimited_stock"}, True, False),
        ({"unlimitedstock": True}, True, False),
        ({"type": "virtual_composition"}, False, True),
        ({"type": "composition_with_stock", "assembled": False}, False, True),
        ({"assembled": True}, False, True),
        ({"type": None, "unlimitedstock": True, "assembled": True}, True, True),
        ({"type": "virtual_composition", "unlimitedstock": True}, False, True),
        ({"type": "composition_with_stock", "unlimitedstock": True}, False, True),
        ({"type": "unlimited_stock", "assembled": True}, True, False),
    ],
)
def test_flags_come_from_the_type_else_from_the_old_flags(days, values, unlimited, assembled):
    account = days()
    account.day({"products": [product(1, **values)]})
    assert account.of("products", "unlimitedStock", "assembled") == {
        "1": {"unlimitedStock": unlimited, "assembled": assembled}
    }


def test_stock_is_summed_over_the_warehouses_that_count(days):
    stock = [row(11, 5), row(12, -9), row(14, 100)]
    account = days()
    account.day(
        {
            "warehouses": HALLS,
            "products": [product(1, stock=stock), product(2, stock=[]), product(3, stock=[row(14, 3)])],
        }
    )
    assert account.of("products", "stockLevel") == {"1": -4, "2": 0, "3": 0}


def test_stock_is_that_of_the_warehouses_in_the_settings(days):
    account = days(warehouses="12", main_warehouse=12)
    account.day({"warehouses": HALLS, "products": [product(1, stock=[row(11, 5), row(12, 2)])]})
    assert account.of("products", "stockLevel") == {"1": 2}


@pytest.mark.parametrize("stock", [None, [row(11, "many")], [row(11, None)], [{"freestock": 3}]])
def test_what_is_not_known_is_never_0(days, stock):
    account = days()
    account.day({"products": [product(1), product(2, stock=stock)]})
    assert account.of("products", "stockLevel") == {"1": 5}
    assert account.reasons("products")["its free stock is unknown"] == ["2"]
    account.day({"products": [product(1, stock=stock, price=11)]})
    assert account.of("products", "stockLevel", "price") == {"1": {"stockLevel": 5, "price": 11}}


def test_an_inactive_product_is_not_created_and_a_known_one_is_disabled(days):
    account = days()
    account.day({"products": [product(1), product(2, active=False)], "suppliers": [supplier()]})
    assert set(account.of("products")) == {"1"}
    assert set(account.of("supplierProducts")) == {"1-7"}
    account.day({"products": [product(1, active=False), product(2, active=False)]})
    assert account.of("products", "status") == {"1": "disabled"}
    assert account.of("supplierProducts", "status") == {"1-7": "disabled"}


def test_an_inactive_product_is_created_disabled_once_something_needs_it(days):
    account = days()
    account.day({"products": [product(1, active=False), product(2, active=False), product(3, active=False)]})
    account.day({"orders": [sale(5, sold(51, 1))]})
    assert account.of("products", "status") == {"1": "disabled"}
    account.day(
        {
            "suppliers": [supplier()],
            "purchase_orders": [purchase(6, line(61, 2))],
            "products": [product(4, type="virtual_composition")],
            "product_parts": [{"idproduct": 4, "parts": [{"idproduct": 3, "amount": 2}]}],
        }
    )
    assert account.of("products", "status") == {"1": "disabled", "2": "disabled", "3": "disabled", "4": "enabled"}
    assert set(account.of("productCompositions")) == {"4-3"}


def test_a_product_without_a_code_costs_itself(days):
    account = days()
    account.day({"products": [product(1, productcode=" "), product(2)]})
    assert set(account.of("products")) == {"2"}
    assert account.reasons("products")["has no value"] == ["1"]


def test_a_product_that_lost_its_code_stays_as_it_was_and_comes_once_something_needs_it(days):
    account = days()
    account.day({"products": [product(1, active=False), product(2)]})
    account.day({"products": [product(1, productcode=" "), product(2, productcode=None, price=99)]})
    assert account.of("products", "price") == {"2": 10}
    account.day({"orders": [sale(5, sold(51, 1))]})
    assert account.of("products", "status")["1"] == "disabled"
    assert set(account.of("sellOrders")) == {"5"}


def test_a_deleted_product_is_disabled_when_two_listings_lack_it(days):
    account = days()
    both = [{"idproduct": 1}, {"idproduct": 2}]
    account.day({"products": [product(1), product(2)], "product_ids": both})
    account.day({"products": [product(2)], "product_ids": both[1:]})
    assert account.of("products", "status") == {"1": "enabled", "2": "enabled"}
    account.day({"products": [product(2)], "product_ids": both[1:]}, complete=())
    assert account.of("products", "status")["1"] == "enabled"
    account.day({"products": [product(2)], "product_ids": both[1:]})
    assert account.of("products", "status") == {"1": "disabled", "2": "enabled"}
    account.day({"products": [product(1), product(2)], "product_ids": both})
    assert account.of("products", "status")["1"] == "enabled"


def test_a_listing_of_nothing_disables_nothing_and_so_does_a_setting(days):
    account = days()
    account.day({"products": [product(1)], "product_ids": [{"idproduct": 1}]})
    for _ in range(3):
        account.day({"product_ids": []})
    account.configure(sync_product_deletions=False)
    for _ in range(3):
        account.day({"product_ids": [{"idproduct": 9}]})
    assert account.of("products", "status") == {"1": "enabled"}


def test_a_field_of_the_accounts_own_can_be_mapped(days):
    account = days(custom_mappings={"eanCode": "productfields.EAN", "price": {"picqer_field": "fixedstockprice"}})
    fields = [{"idproductfield": 3, "title": "EAN", "value": "871"}]
    account.day({"products": [product(1, productfields=fields)]})
    assert account.of("products", "eanCode", "price") == {"1": {"eanCode": "871", "price": 4}}


def test_what_a_supplier_offers(days):
    account = days()
    account.day(
        {
            "suppliers": [supplier()],
            "products": [
                product(1, productcode_supplier="S-1", minimum_purchase_quantity=24, purchase_in_quantities_of=12),
                product(2, productcode_supplier="  ", minimum_purchase_quantity=0, fixedstockprice=None),
                product(3, fixedstockprice=0),
                product(4, idsupplier=None),
            ],
        }
    )
    assert account.of("supplierProducts")["1-7"] == {
        "name": "Product 1", "productRemoteId": "1", "supplierRemoteId": "7", "skuCode": "S-1", "articleCode": "S-1",
        "eanCode": "871", "price": 4, "status": "enabled", "minimumPurchaseQuantity": 24, "lotSize": 12,
        "preferred": True,
    }  # fmt: skip
    assert account.of("supplierProducts", "skuCode") == {"1-7": "S-1", "2-7": "P-2", "3-7": "P-3"}
    assert account.of("supplierProducts", "lotSize")["2-7"] is None
    assert "price" not in account.optiply["supplierProducts"]["2-7"], "without a stock price there is none to send"
    assert account.of("supplierProducts", "price")["3-7"] == 0


def test_another_supplier_is_a_new_pair_and_the_old_one_is_disabled(days):
    account = days()
    account.day({"suppliers": [supplier(7), supplier(8)], "products": [product(1), product(2)]})
    account.day({"products": [product(1, idsupplier=8), product(2, idsupplier=None)]})
    assert account.of("supplierProducts", "status", "preferred") == {
        "1-7": {"status": "disabled", "preferred": False},
        "1-8": {"status": "enabled", "preferred": True},
        "2-7": {"status": "disabled", "preferred": False},
    }
    account.day({"products": [product(1, idsupplier=["x"])]})
    assert account.of("supplierProducts", "status")["1-8"] == "enabled", "an unreadable supplier is no other supplier"
    account.day({"products": [product(1)]})
    assert account.of("supplierProducts", "status", "preferred")["1-7"] == {"status": "enabled", "preferred": True}


def test_the_offer_of_a_former_supplier_that_optiply_never_took_is_not_created(days):
    account = days(multisupplier=True)
    both = [supplier(7), supplier(8)]
    needing = [sale(5, sold(51, 1))]
    account.day({"products": [product(1, active=False, stock=None)], "suppliers": both, "orders": needing})
    account.day({"products": [product(1, active=False, stock=None)]})
    assert account.of("supplierProducts") == {}
    account.day({"products": [product(1, active=False, idsupplier=8)]})
    assert account.of("products", "status") == {"1": "disabled"}
    assert set(account.of("supplierProducts")) == {"1-8"}


def test_with_several_suppliers_the_preferred_one_is_left_to_optiply(days):
    account = days(multisupplier=True)
    account.day({"suppliers": [supplier(7), supplier(8)], "products": [product(1)]})
    account.day({"products": [product(1, idsupplier=8)]})
    assert all("preferred" not in pair for pair in account.optiply["supplierProducts"].values())


def test_an_offer_waits_for_its_supplier(days):
    account = days()
    account.day({"products": [product(1)]})
    assert account.of("supplierProducts") == {}
    assert account.reasons("supplierProducts")["suppliers 7 is not usable yet"] == ["1-7"]
    account.day({"suppliers": [supplier()]})
    assert set(account.of("supplierProducts")) == {"1-7"}


def test_compositions_follow_their_parts(days):
    account = days()
    kit, two = product(9, type="virtual_composition"), [product(1), product(2)]
    parts = [{"idproduct": 1, "amount": 2}, {"idproduct": 2, "amount": 1}, {"idproduct": 1, "amount": 3}]
    account.day({"products": [kit, *two], "product_parts": [{"idproduct": 9, "parts": parts}]})
    assert account.of("productCompositions", "partQuantity") == {"9-1": 5, "9-2": 1}
    account.day({"products": [kit, *two], "product_parts": []})
    assert set(account.of("productCompositions")) == {"9-1", "9-2"}, "what was not read is not gone"
    account.day({"product_parts": [{"idproduct": 9, "parts": parts[:1]}]})
    assert account.of("productCompositions", "partQuantity") == {"9-1": 2}
    account.day({"products": [product(9)]})
    assert account.of("productCompositions") == {}


def test_parts_without_the_row_of_their_product_make_it_a_composition_where_both_types_count(days):
    account = days()
    account.day({"products": [product(9), product(1)]})
    parts = [{"idproduct": 9, "parts": [{"idproduct": 1, "amount": 2}]}]
    account.day({"product_parts": parts})
    assert set(account.of("productCompositions")) == {"9-1"}
    account.day({"products": [product(9)]})
    assert account.of("productCompositions") == {}


def test_parts_without_the_row_of_their_product_wait_for_it_where_one_type_counts(days):
    account = days(composition_types="composition_with_stock")
    account.day({"products": [product(9), product(1)]})
    parts = [{"idproduct": 9, "parts": [{"idproduct": 1, "amount": 2}]}]
    account.day({"product_parts": parts})
    assert account.of("productCompositions") == {}
    account.day({"products": [product(9, type="composition_with_stock")], "product_parts": parts})
    assert set(account.of("productCompositions")) == {"9-1"}


def test_an_unreadable_part_costs_itself_and_takes_nothing_away(days):
    account = days()
    made = {"products": [product(9, type="virtual_composition"), product(1)]}
    account.day({**made, "product_parts": [{"idproduct": 9, "parts": [{"idproduct": 1, "amount": 2}]}]})
    account.day({"product_parts": [{"idproduct": 9, "parts": [{"idproduct": [1], "amount": 2}]}]})
    assert set(account.of("productCompositions")) == {"9-1"}
    account.day({"product_parts": [{"idproduct": 9, "parts": [{"idproduct": 1, "amount": "?"}]}]})
    assert account.of("productCompositions", "partQuantity") == {"9-1": 2}


@pytest.mark.parametrize(
    ("flags", "found"),
    [({"sync_compositions": False}, set()), ({"composition_types": "composition_with_stock"}, {"8-1"})],
)
def test_compositions_can_be_limited(days, flags, found):
    account = days(**flags)
    kits = [product(8, type="composition_with_stock"), product(9, type="virtual_composition"), product(1)]
    parts = [{"idproduct": kit, "parts": [{"idproduct": 1, "amount": 2}]} for kit in (8, 9)]
    account.day({"products": kits, "product_parts": parts})
    assert set(account.of("productCompositions")) == found


def test_suppliers_are_ignored_when_inactive_and_two_of_one_name_stay_two(days):
    account = days()
    account.day({"suppliers": [supplier(7, name=""), supplier(8, name="A", active=False), supplier(9, name="A")]})
    assert account.of("suppliers", "name", "ignored") == {
        "7": {"name": "7", "ignored": False},
        "8": {"name": "A", "ignored": True},
        "9": {"name": "A", "ignored": False},
    }


def test_whether_a_supplier_is_ignored_can_be_left_to_optiply(days):
    account = days(supplier_ignored_from_picqer=False)
    account.day({"suppliers": [supplier(active=False)]})
    assert account.optiply["suppliers"] == {"7": {"name": "Supplier 7"}}


def test_a_supplier_that_comes_back_is_ignored_no_more_and_a_persons_choice_stays(days):
    account = days(supplier_ignored_from_picqer=False)
    both, listed = [supplier(7), supplier(8)], [{"idsupplier": 7}, {"idsupplier": 8}]
    account.day({"suppliers": both, "supplier_ids": listed})
    for _ in range(2):
        account.day({"suppliers": both[:1], "supplier_ids": listed[:1]})
    assert account.of("suppliers", "ignored") == {"7": None, "8": True}
    account.refusing = {"suppliers 8"}
    account.day({"suppliers": both, "supplier_ids": listed})
    account.refusing = set()
    account.day({"suppliers": both, "supplier_ids": listed})
    assert account.of("suppliers", "ignored") == {"7": None, "8": False}
    account.optiply["suppliers"]["8"]["ignored"] = True  # by a person
    for _ in range(2):
        account.day({"suppliers": [supplier(7), supplier(8, active=False)], "supplier_ids": listed})
        assert account.offered == []
    account.day({"suppliers": [supplier(7), supplier(8, name="")], "supplier_ids": listed}, later=8)
    assert account.of("suppliers", "name", "ignored")["8"] == {"name": "8", "ignored": True}


def test_what_picqer_said_of_a_supplier_is_not_taken_back_when_optiply_decides_from_now_on(days):
    account = days()
    listed = [{"idsupplier": 7}, {"idsupplier": 8}]
    two = {"suppliers": [supplier(7), supplier(8, active=False)], "supplier_ids": listed}
    account.day(two)
    account.configure(supplier_ignored_from_picqer=False)
    for _ in range(2):
        account.day(two)
        assert account.of("suppliers", "ignored") == {"7": False, "8": True}


def test_a_name_changes_on_sunday_afternoon_and_a_missed_one_is_caught_up(days):
    account = days()  # on a Monday at 6
    account.day({"suppliers": [supplier(name="Old")]})
    account.day({"suppliers": [supplier(name="New"), supplier(8, name="Fresh")]}, later=6.2)  # Sunday, 10:48 UTC
    assert account.of("suppliers", "name") == {"7": "Old", "8": "Fresh"}
    assert account.reasons("suppliers")["its new name is taken over on Sunday afternoon"] == ["7"]
    account.day({"suppliers": [supplier(name="New")]}, later=0.02)  # 11:17 UTC is 12:17 there
    assert account.of("suppliers", "name")["7"] == "New"
    account.day({"suppliers": [supplier(name="Newer")]}, later=0.1)
    assert account.of("suppliers", "name")["7"] == "New", "once a week"
    account.day({"suppliers": [supplier(name="Newer")]}, later=8)  # the Sunday between had no run
    assert account.of("suppliers", "name")["7"] == "Newer"


def test_a_long_name_that_did_not_change_is_not_told_as_a_new_one(days):
    account = days()
    account.day({"suppliers": [supplier(name="N" * 300)]})
    account.day({"suppliers": [supplier(name="N" * 300)]})
    assert "its new name is taken over on Sunday afternoon" not in account.reasons("suppliers")
    account.day({"suppliers": [supplier(name="M" * 300)]})
    assert account.reasons("suppliers")["its new name is taken over on Sunday afternoon"] == ["7"]


@pytest.mark.parametrize(
    ("at", "noon"),
    [
        ((2026, 1, 18, 11, 0), (2026, 1, 18, 11, 0)),
        ((2026, 1, 18, 10, 59), (2026, 1, 11, 11, 0)),
        ((2026, 1, 24, 23, 0), (2026, 1, 18, 11, 0)),
        ((2026, 3, 29, 10, 0), (2026, 3, 29, 10, 0)),  # the clocks went forward that night
        ((2026, 10, 25, 10, 59), (2026, 10, 18, 10, 0)),  # and back that one
    ],
)
def test_noon_is_that_of_the_account(at, noon):
    found = latest_sunday_noon(datetime(*at, tzinfo=timezone.utc), "Europe/Amsterdam")
    assert found == datetime(*noon, tzinfo=timezone.utc)


def test_a_removed_supplier_is_ignored_when_two_readings_lack_it(days):
    account = days()
    two = [supplier(7), supplier(8)]
    listed = [{"idsupplier": 7}, {"idsupplier": 8}]
    account.day({"suppliers": two, "supplier_ids": listed})
    for _ in range(2):
        assert account.of("suppliers", "ignored")["8"] is False
        account.day({"suppliers": two[:1], "supplier_ids": listed[:1]})
    assert account.of("suppliers", "ignored") == {"7": False, "8": True}
    account.day({"suppliers": [], "supplier_ids": []})
    assert account.of("suppliers", "ignored")["7"] is False


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"warehouses": [11, 99], "main_warehouse": 11}, "warehouse 99 is unknown to Picqer"),
        ({"warehouses": [14]}, "warehouse 14 is inactive in Picqer"),
        ({"main_warehouse": "15"}, "warehouse 15 is unknown to Picqer"),
    ],
)
def test_a_warehouse_that_is_not_there_stops_the_run(days, flags, says):
    with pytest.raises(ConfigError, match=says):
        days(**flags).day({"warehouses": HALLS, "products": [product(1)]})


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"warehouses": [11, 12]}, "set main_warehouse"),
        ({"warehouses": [11], "main_warehouse": 12}, "is none of the warehouses"),
        ({"warehouses": ["[1]"]}, "is not an id"),
        ({"time_zone": "Europe/Nowhere"}, "is not the name of a zone"),
    ],
)
def test_warehouses_that_contradict_each_other_are_refused(days, flags, says):
    with pytest.raises(ConfigError, match=says):
        days(**flags)


def test_another_main_warehouse_is_refused(days):
    account = days(warehouses=[11])
    account.day({"warehouses": HALLS})
    account.configure(warehouses=[12])
    with pytest.raises(ConfigError, match="begin a new folder"):
        account.day({"warehouses": HALLS})


def test_without_the_list_of_warehouses_they_are_those_that_were_active_when_it_was_read(days):
    account = days()
    stock = [row(11, 5), row(14, 100)]
    account.day({"warehouses": HALLS})
    account.day({"products": [product(1, stock=stock)]}, complete=set(COMPLETE) - {"warehouses"})
    assert account.of("products", "stockLevel") == {"1": 5}


def test_names_wait_for_a_reading_of_all_suppliers(days):
    account = days()
    account.day({"suppliers": [supplier(name="Old")]})
    account.day({"suppliers": [supplier(name="New")]}, later=7, complete=())
    assert account.of("suppliers", "name") == {"7": "Old"}
    account.day({"suppliers": [supplier(name="New")]})
    assert account.of("suppliers", "name") == {"7": "New"}


def test_the_parts_of_an_inactive_composition_come_with_it(days):
    account = days()
    kit, part = product(9, type="virtual_composition", active=False), product(1, active=False)
    parts = [{"idproduct": 9, "parts": [{"idproduct": 1, "amount": 2}]}]
    account.day({"products": [kit, part], "product_parts": parts, "orders": [sale(5, sold(51, 9))]})
    assert account.of("products", "status") == {"9": "disabled", "1": "disabled"}
    assert set(account.of("productCompositions")) == {"9-1"}


def test_what_is_released_without_a_known_stock_waits_for_it(days):
    account = days()
    account.day({"products": [product(1, active=False, stock=None)]})
    account.day({"orders": [sale(5, sold(51, 1))]})
    assert account.of("products") == {}
    account.day({"products": [product(1, active=False)]})
    assert account.of("products", "stockLevel") == {"1": 5}
