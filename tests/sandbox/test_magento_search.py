"""The Magento sandbox filters, sorts, pages and projects as Magento 2.4.7 was measured to do."""

from collections import Counter

import pytest


def ids(rows, name="id"):
    return [row[name] for row in rows]


def every(magento, path, criteria, key, size, **more):
    """Read all pages until a short one, as a trusting client does."""
    rows, page = [], 1
    while True:
        items = magento.json(path, criteria(size=size, page=page, **more))["items"]
        rows += [key(item) for item in items]
        if len(items) < size:
            return rows
        page += 1


def test_filters_in_one_group_are_alternatives_and_groups_add_up(magento, criteria):
    either = magento.json("orders", criteria([("entity_id", "eq", "5"), ("entity_id", "eq", "7")]))
    both = magento.json("orders", criteria([("entity_id", "eq", "5")], [("entity_id", "eq", "7")]))
    assert ids(either["items"], "entity_id") == [5, 7]
    assert either["total_count"] == 2
    assert both["items"] == []
    assert both["total_count"] == 0


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("eq", "5", [5]),
        ("neq", "5", [1, 2, 3, 4, 6, 7, 8]),
        ("gt", "5", [6, 7, 8]),
        ("gteq", "5", [5, 6, 7, 8]),
        ("lt", "3", [1, 2]),
        ("lteq", "3", [1, 2, 3]),
        ("from", "6", [6, 7, 8]),
        ("to", "2", [1, 2]),
        ("in", "2,4,999", [2, 4]),
        ("nin", "2,4", [1, 3, 5, 6, 7, 8]),
        ("null", "1", []),
        ("notnull", "1", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("moreq", "3", [3]),
        ("foo", "1", [1]),
    ],
)
def test_each_condition_chooses_ids_and_an_unknown_one_means_equal(magento, condition, value, expected):
    small = ("entity_id", "lteq", "8")
    assert ids(magento.items("orders", small, ("entity_id", condition, value)), "entity_id") == expected


def test_text_is_compared_without_letter_case_and_trailing_spaces(magento):
    for text in ("SHIRT", "shirt", "Shirt  "):
        assert ids(magento.items("products", ("sku", "eq", text)), "sku") == ["SHIRT"]
    assert magento.items("products", ("sku", "eq", " SHIRT")) == []


def test_like_knows_percent_and_underscore(magento):
    rows = magento.items("products", ("sku", "like", "ODD%"), sort="entity_id ASC")
    assert len(rows) == 12
    assert {row["sku"] for row in magento.items("products", ("sku", "like", "00_"))} == {"007"}
    assert "SHIRT" not in {row["sku"] for row in magento.items("products", ("sku", "nlike", "SHIRT"))}


def test_a_comma_in_a_sku_breaks_an_in_list_but_not_an_or_group(magento, criteria):
    listed = magento.items("products", ("sku", "in", "ODD,COMMA,SHIRT"))
    either = magento.json("products", criteria([("sku", "eq", "ODD,COMMA"), ("sku", "eq", "SHIRT")]))
    assert {row["sku"] for row in listed} == {"SHIRT"}
    assert {row["sku"] for row in either["items"]} == {"ODD,COMMA", "SHIRT"}


def test_products_are_filtered_by_website_attribute_and_admin_status(magento):
    assert "B2BONLY-1" in {row["sku"] for row in magento.items("products", ("website_id", "eq", "2"))}
    assert "B2BONLY-1" not in {row["sku"] for row in magento.items("products", ("website_id", "eq", "1"))}
    assert "NOWEB-1" not in {row["sku"] for row in magento.items("products", ("store", "eq", "1"))}
    assert ids(magento.items("products", ("cost", "eq", "7.350000")), "sku") == ["COST-1"]
    disabled = {row["sku"] for row in magento.items("products", ("status", "eq", "2"))}
    assert {"DISABLED-1", "DISABLED-2", "SHIRT-BLUE-M"} <= disabled


def test_dates_are_read_naive_or_iso_and_an_offset_is_ignored(magento):
    order = magento.json("orders/9")
    second = order["updated_at"]
    iso = second.replace(" ", "T")
    for text in (second, iso, iso + "Z", second + "+00:00", second + "+01:00"):
        found = magento.items("orders", ("updated_at", "eq", text))
        assert 9 in ids(found, "entity_id"), text
    later = ids(magento.items("orders", ("updated_at", "gt", second)), "entity_id")
    assert 9 not in later


def test_source_items_are_filtered_by_an_id_they_do_not_show(magento):
    rows = magento.items("inventory/source-items", ("source_item_id", "gt", "3"), ("source_item_id", "lteq", "6"))
    assert len(rows) == 3
    assert set(rows[0]) == {"sku", "source_code", "quantity", "status"}
    warehouses = magento.items("inventory/source-items", ("source_code", "in", "ams,rtm"))
    assert {row["source_code"] for row in warehouses} == {"ams", "rtm"}
    negative = magento.items("inventory/source-items", ("quantity", "lt", "0"))
    assert {row["sku"] for row in negative} == {"NEGATIVE-1", "BACKORDER-1"}


def test_an_unknown_field_is_a_400_of_products_and_a_masked_500_of_orders(magento, criteria):
    expected = {"products": 400, "customers/search": 400, "orders": 500, "inventory/source-items": 500}
    for path, status in expected.items():
        answer = magento.ask(path, criteria([("nonsense", "eq", "x")]))
        assert answer.status_code == status, path
    products = magento.ask("products", criteria([("id", "gt", "1")]))
    assert products.json() == {
        "message": 'The "%1" attribute name is invalid. Reset the name and try again.',
        "parameters": ["id"],
    }
    assert "Report ID: webapi-" in magento.ask("orders", criteria([("id", "eq", "1")])).json()["message"]


def test_an_unknown_sort_is_ignored_by_products_and_a_500_of_orders(magento, criteria):
    assert magento.json("products", criteria(sort="id ASC", size=500))["total_count"] == len(magento.shop.products)
    assert magento.ask("orders", criteria(sort="nonsense ASC")).status_code == 500


def test_a_sort_without_direction_comes_downwards_and_a_wrong_one_is_refused(magento, criteria):
    answer = magento.json("orders", criteria(sort="entity_id", size=2))
    assert ids(answer["items"], "entity_id") == [120, 119]
    assert answer["search_criteria"]["sort_orders"] == [{"field": "entity_id", "direction": None}]
    wrong = magento.ask("orders", criteria(sort="entity_id UP"))
    assert wrong.status_code == 400
    assert wrong.json()["parameters"] == ["ASC", "DESC"]


def test_a_page_beyond_the_last_is_empty_with_the_right_count(magento, criteria):
    answer = magento.json("orders", criteria(size=100, page=99))
    assert answer == {
        "items": [],
        "search_criteria": {"filter_groups": [], "page_size": 100, "current_page": 99},
        "total_count": 120,
    }
    assert magento.json("orders", criteria(size=100, page=99, fields="items[sku],total_count")) == {
        "items": None,
        "total_count": 120,
    }


def test_page_size_zero_or_absent_is_everything_and_minus_one_is_one(magento, criteria):
    assert len(magento.json("orders", "searchCriteria=")["items"]) == 120
    assert len(magento.json("orders", criteria(size=0))["items"]) == 120
    assert len(magento.json("orders", criteria(size=-1))["items"]) == 1
    first = ids(magento.json("orders", criteria(size=3, page=1))["items"], "entity_id")
    for page in (0, -1):
        assert ids(magento.json("orders", criteria(size=3, page=page))["items"], "entity_id") == first


def test_the_criteria_are_echoed_as_sent_and_missing_ones_refused(magento, criteria):
    echoed = magento.json("orders", criteria([("entity_id", "gt", "9999")], size=3))["search_criteria"]
    assert echoed == {
        "filter_groups": [{"filters": [{"field": "entity_id", "value": "9999", "condition_type": "gt"}]}],
        "page_size": 3,
    }
    missing = magento.ask("orders")
    assert missing.status_code == 400
    assert missing.json()["parameters"] == {"fieldName": "searchCriteria"}
    assert "type is invalid" in magento.ask("orders", "searchCriteria[pageSize]=abc").json()["message"]


def test_snake_and_camel_case_keys_mean_the_same(magento):
    found = []
    for groups, condition, size in (
        ("filterGroups", "conditionType", "pageSize"),
        ("filter_groups", "condition_type", "page_size"),
    ):
        head = f"searchCriteria[{groups}][0][filters][0]"
        query = f"{head}[field]=entity_id&{head}[{condition}]=lt&{head}[value]=9&searchCriteria[{size}]=3"
        found.append(ids(magento.json("orders", query)["items"], "entity_id"))
    assert found == [[1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize(
    ("path", "sort", "key"),
    [
        ("products", None, "id"),
        ("products", "updated_at ASC", "id"),
        ("products", "id ASC", "id"),
        ("orders", "state DESC", "entity_id"),
        ("orders", "status ASC", "entity_id"),
    ],
)
def test_paging_by_a_sort_that_leaves_ties_loses_rows_though_the_count_is_right(magento, criteria, path, sort, key):
    rows = every(magento, path, criteria, lambda item: item[key], 10, sort=sort)
    total = magento.json(path, criteria(size=1))["total_count"]
    assert len(rows) == total
    assert len(set(rows)) < total


@pytest.mark.parametrize(
    ("path", "sort", "key"),
    [
        ("products", "entity_id ASC", "id"),
        ("products", "updated_at ASC, entity_id ASC", "id"),
        ("products", "sku DESC", "sku"),
        ("orders", None, "entity_id"),
        ("orders", "updated_at ASC", "entity_id"),
        ("orders/items", "item_id ASC", "item_id"),
    ],
)
def test_paging_by_a_unique_sort_brings_every_row_once(magento, criteria, path, sort, key):
    rows = every(magento, path, criteria, lambda item: item[key], 10, sort=sort)
    assert len(rows) == magento.json(path, criteria(size=1))["total_count"]
    assert max(Counter(rows).values()) == 1


def test_source_items_by_sku_and_source_come_complete(magento, criteria):
    def key(item):
        return item["sku"], item["source_code"]

    rows = every(magento, "inventory/source-items", criteria, key, 25, sort="sku ASC, source_code ASC")
    assert len(rows) == len(set(rows)) == len(magento.shop.stock.source_items)


def test_key_ranges_count_what_is_left(magento, criteria):
    first = magento.json("products", criteria([("entity_id", "gt", "0")], sort="entity_id ASC", size=10))
    last = first["items"][-1]["id"]
    second = magento.json("products", criteria([("entity_id", "gt", str(last))], sort="entity_id ASC", size=10))
    assert first["total_count"] == len(magento.shop.products)
    assert second["total_count"] == first["total_count"] - 10
    assert min(ids(second["items"])) > last


def test_a_projection_keeps_what_it_names(magento, criteria):
    fields = "items[id,sku,nothing,extension_attributes[website_ids],custom_attributes[cost,ean]],total_count"
    answer = magento.json("products", criteria([("sku", "eq", "COST-1")], fields=fields))
    assert answer == {
        "items": [
            {
                "id": answer["items"][0]["id"],
                "sku": "COST-1",
                "extension_attributes": {"website_ids": [1, 2]},
                "custom_attributes": [{"attribute_code": "cost", "value": "7.350000"}],
            }
        ],
        "total_count": 1,
    }


def test_a_projected_empty_list_is_null_but_empty_custom_attributes_stay_a_list(magento, criteria):
    fields = "items[product_links[sku],custom_attributes[nothing],tier_prices]"
    answer = magento.json("products", criteria([("sku", "eq", "PART-A")], fields=fields))
    assert answer == {"items": [{"product_links": None, "custom_attributes": [], "tier_prices": []}]}


@pytest.mark.parametrize("fields", ["items[id", "items]id[", "items[id]]", "items.id", "items[,id]", "a b"])
def test_a_projection_that_cannot_be_read_gives_an_empty_list(magento, criteria, fields):
    answer = magento.ask("orders", criteria(size=1, fields=fields.replace(" ", "%20")))
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_projection_works_on_bare_lists_and_single_records(magento):
    assert magento.json("store/websites", "fields=id,code")[0] == {"id": 0, "code": "admin"}
    assert magento.json("orders/3", "fields=entity_id,items[sku]")["entity_id"] == 3


def test_the_same_rows_come_in_every_scope_with_the_values_of_the_scope(magento, criteria):
    values = {}
    for scope in ("", "default", "all", "nl", "b2b_en"):
        answer = magento.json("products", criteria(sort="entity_id ASC", size=0), scope)
        values[scope] = next((p["name"], p["status"]) for p in answer["items"] if p["sku"] == "SCOPED-1")
        assert answer["total_count"] == len(magento.shop.products)
    assert values == {
        "": ("Scoped", 2),
        "default": ("Scoped", 2),
        "all": ("Scoped", 1),
        "nl": ("Beperkt", 2),
        "b2b_en": ("Scoped", 1),
    }
