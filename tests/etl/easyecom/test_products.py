"""Products, parts, suppliers and offers: what Optiply has after a day, and why not."""

import pytest

from tests.etl.easyecom.days import bought, combo, invoice, product, purchase, sold, vendor

VENDORS = {"vendors": [vendor()]}


def test_a_product_has_the_fields_of_the_table(days):
    account = days()
    account.day({**VENDORS, "products": [product(1, mrp="12.345", inventory="7")]})
    assert account.of("products") == {
        "1": {
            "name": "Product 1", "skuCode": "S-1", "articleCode": "1001", "eanCode": "871", "price": 12.35,
            "status": "enabled", "stockLevel": 7, "unlimitedStock": False, "assembled": False,
            "createdAtRemote": "2026-01-01T08:00:00Z",
        }
    }  # fmt: skip
    assert account.of("supplierProducts") == {
        "1_V1": {
            "name": "Product 1", "productRemoteId": "1", "supplierRemoteId": "V1", "skuCode": "S-1", "eanCode": "871",
            "price": 4, "status": "enabled",
        }
    }  # fmt: skip


@pytest.mark.parametrize(("flags", "price"), [({}, 10), ({"product_price": "cost"}, 4)])
def test_the_sales_price_is_mrp_or_cost(days, flags, price):
    account = days(**flags)
    account.day({"products": [product(1)]})
    assert account.of("products", "price") == {"1": price}


@pytest.mark.parametrize("order", [1, -1])
def test_the_copy_of_the_first_location_counts_whatever_the_order(days, order):
    account = days()
    account.day({"products": [product(9, sku="S-1", inventory=30, location_key="south"), product(1)][::order]})
    assert account.of("products", "stockLevel") == {"1": 5}


def test_stock_of_all_locations_is_summed_when_asked_for_and_unknown_where_one_is(days):
    account = days(sum_stock_of_locations=True)
    account.day({"products": [product(1), product(9, sku="S-1", inventory=30, location_key="south")]})
    assert account.of("products", "stockLevel") == {"1": 35}
    account.day({"products": [product(1), product(9, sku="S-1", inventory=None, location_key="south")]})
    assert account.of("products", "stockLevel") == {"1": 35}
    assert "its inventory is unknown, so it stays as it was" in account.reasons("products")


def test_a_sum_of_locations_needs_them_all_where_reading_ended_early(days):
    account = days(sum_stock_of_locations=True, location_key="north,south")
    both = [product(1), product(9, sku="S-1", inventory=30, location_key="south")]
    account.day({"products": [*both, product(2)]})
    account.day({"products": [product(1), product(2, inventory=6)]}, complete=())
    assert account.of("products", "stockLevel") == {"1": 35, "2": 5}
    assert account.reasons("products") == {"its inventory is unknown, so it stays as it was": ["1", "2"]}
    account.day({"products": [*both[:1], both[1] | {"inventory": 31}]}, complete=())
    account.day({"products": [product(2, inventory=7)]})
    assert account.of("products", "stockLevel") == {"1": 36, "2": 7}


def test_what_the_first_location_lists_no_more_stays_as_it_was(days):
    account = days(location_key=["north", "south"])
    south = product(9, sku="S-1", inventory=900, mrp=77, location_key="south")
    account.day({"products": [product(1), south, product(8, sku="S-8", location_key="south")]})
    account.day({"products": [south, product(8, sku="S-8", inventory=4, location_key="south")]})
    assert account.of("products", "stockLevel") == {"1": 5, "8": 4}
    assert account.reasons("products") == {"its first location does not list it now: it stays as it was": ["1"]}


def test_stock_that_was_read_while_a_product_was_inactive_counts_once_it_cannot_be_read(days):
    account = days()
    account.day({"products": [product(1, active=0, inventory=8), product(2, active=0, inventory=None)]})
    account.day({"products": [product(1, inventory=None), product(2, inventory=None)]})
    assert account.of("products", "stockLevel") == {"1": 8}
    assert account.reasons("products") == {
        "its inventory is unknown": ["2"],
        "its inventory is unknown, so it stays as it was": ["1"],
    }


def test_a_sku_that_comes_with_another_cp_id_keeps_its_id(days):
    account = days()
    account.day({"products": [product(1), combo(2, (1, 2))]})
    account.day({"products": [product(77, sku="S-1", inventory=8), combo(2, (77, 2)) | {
        "sub_products": [{"cpId": 77, "sku": "S-1", "product_id": 1001, "quantity": 2}]}]})  # fmt: skip
    assert account.of("products", "stockLevel") == {"1": 8, "2": 5}
    assert set(account.of("productCompositions")) == {"2_1"}
    assert account.reasons("products") == {"its cp_id is another one now: it keeps its id": ["1"]}


def test_a_sku_that_was_renamed_stays_the_product(days):
    account = days()
    account.day({"products": [product(1)]})
    account.day({"products": [product(1, sku="NEW")], "orders": [invoice(5, 1, sold(1, 1, sku="NEW"))]})
    assert account.of("products", "skuCode") == {"1": "NEW"}
    assert account.of("sellOrders", "orderLines")["5"][0]["productRemoteId"] == "1"


def test_a_product_without_sku_or_with_a_foreign_id_is_left_out_and_said_so(days):
    account = days()
    account.day({"products": [product(1)]})
    account.day({"products": [product(1), product(2, sku=None), product(1, sku="OTHER")]})
    assert set(account.of("products")) == {"1"}
    assert account.reasons("products")["it has no SKU"] == ["2"]
    assert "its cp_id is that of another SKU" in account.reasons("products")


def test_a_missing_product_stays_and_an_inactive_one_is_disabled(days):
    account = days()
    account.day({"products": [product(1), product(2)]})
    for _ in range(3):
        account.day({"products": [product(2, active=0)]})
    assert account.of("products", "status") == {"1": "enabled", "2": "disabled"}


@pytest.mark.parametrize(
    "needing",
    [
        {"orders": [invoice(5, 1, sold(1, 3))]},
        {"purchase_orders": [purchase(5, bought(1, 3))], **VENDORS},
        {"products": [product(3, active=0), combo(4, (3, 2))]},
    ],
)
def test_what_is_inactive_and_unknown_is_created_disabled_once_something_needs_it(days, needing):
    account = days()
    account.day({"products": [product(3, active=0)]})
    assert account.of("products") == {}
    assert account.reasons("products") == {"inactive in EasyEcom and unknown to Optiply": ["3"]}
    account.day(needing)
    assert account.of("products", "status")["3"] == "disabled"


def test_what_is_inactive_and_needed_no_more_before_its_stock_is_known_is_not_created(days):
    account = days()
    account.day({"products": [product(3, active=0, inventory=None)], "orders": [invoice(5, 1, sold(1, 3))]})
    cancelled = invoice(5, 1, sold(1, 3), order_status_id=9)
    account.day({"products": [product(3, active=0)], "orders": [cancelled]})
    assert account.of("products") == {}


def test_without_a_name_the_sku_stands_for_it(days):
    account = days()
    account.day({"products": [product(1, product_name=None)]})
    assert account.of("products", "name") == {"1": "S-1"}
    assert "it has no name: its SKU stands for it" in account.reasons("products")


def test_a_variant_parent_is_assembled_unless_parts_are_needed(days):
    parent = product(1, product_type="variant_parent", cp_sub_products_count=3)
    account = days()
    account.day({"products": [parent]})
    assert account.of("products", "assembled") == {"1": True}
    assert account.reasons("products") == {"EasyEcom counts parts of it and names none": ["1"]}
    account.configure(assembled_needs_parts=True)
    account.day({"products": [parent, combo(2, (1, 2))]})
    assert account.of("products", "assembled") == {"1": False, "2": True}


def test_parts_are_added_up_wait_for_unknown_ones_and_go_with_the_list(days):
    account = days()
    account.day({"products": [product(1), combo(2, (1, 2), (1, 3), (9, 1))]})
    assert account.of("productCompositions", "partQuantity") == {"2_1": 5}
    assert account.reasons("productCompositions") == {"products sku:S-9 is not usable yet": ["2_sku:S-9"]}
    account.day({"products": [product(1), product(9), combo(2, (1, 0), (9, 1))]})
    assert account.of("productCompositions", "partQuantity") == {"2_9": 1}
    assert account.reasons("productCompositions")["its quantity is less than 1"] == ["2_1"]
    account.day({"products": [combo(2, (9, 1))]})
    assert account.of("productCompositions", "partQuantity") == {"2_9": 1}


def test_own_fields_can_be_mapped(days):
    account = days(custom_mappings={"eanCode": "custom_fields.Barcode"})
    account.day({"products": [product(1, custom_fields=[{"field_name": "Barcode", "value": "X1"}])]})
    assert account.of("products", "eanCode") == {"1": "X1"}


def test_vendors_and_locations_are_suppliers_and_a_code_like_an_id_is_the_vendors(days):
    account = days()
    vendors = [vendor(), vendor(2, vendor_code=None), vendor(3, vendor_code="901", vendor_name="Taken")]
    places = [{"company_id": 900, "location_name": "Other"}, {"company_id": 901, "location_name": "South"},
              {"company_id": 902, "location_name": "West"}]  # fmt: skip
    account.day({"vendors": vendors, "locations": places, "products": [product(1)]})
    assert account.of("suppliers", "name") == {
        "V1": "Vendor 1", "c:702": "Vendor 2", "901": "Taken", "900": "North", "902": "West"
    }  # fmt: skip
    assert account.reasons("suppliers") == {"its id is the code of a vendor, which stays": ["901"]}


def test_a_location_stays_left_out_where_the_vendors_were_not_read(days):
    account = days()
    account.day({"vendors": [vendor(3, vendor_code="900", vendor_name="Taken")], "products": [product(1)]})
    account.day({"products": [product(1)]})
    assert account.of("suppliers", "name") == {"900": "Taken"}


def test_offers_come_with_each_code_wait_for_unknown_ones_and_are_disabled_when_it_goes(days):
    account = days(map_supplierProductSku=False)
    account.day({"vendors": [vendor(), vendor(2)], "products": [product(1, vendor_code=["V1", "V2", "V9"], cost=None)]})
    assert set(account.of("supplierProducts")) == {"1_V1", "1_V2"}
    assert account.of("supplierProducts")["1_V1"].keys().isdisjoint({"price", "skuCode"})
    assert account.reasons("supplierProducts") == {"suppliers V9 is not usable yet": ["1_V9"]}
    account.day({"products": [product(1, vendor_code=["V1"])]})
    assert account.of("supplierProducts", "status") == {"1_V1": "enabled", "1_V2": "disabled"}
    account.day({"products": [product(1, vendor_code=None)]})
    assert account.of("supplierProducts", "status") == {"1_V1": "enabled", "1_V2": "disabled"}
    account.day({"products": [product(1, vendor_code="V2")]})
    assert account.of("supplierProducts", "status") == {"1_V1": "disabled", "1_V2": "enabled"}
    account.day({"products": [product(1, vendor_code="")]})
    assert account.of("supplierProducts", "status") == {"1_V1": "disabled", "1_V2": "disabled"}
