"""Filters, sorting and paging of the Optiply sandbox."""

from typing import Any

import pytest

PLACED = "2026-01-02T03:04:05Z"


def found(client: Any, type_: str = "products", **query: str) -> list[str]:
    """The names (or ids) that a list request answers with, in its order."""
    answer = client.get(type_, **query)
    assert answer.status_code == 200, answer.text
    return [row["attributes"].get("name") or row["id"] for row in answer.json()["data"]]


@pytest.fixture
def lamps(optiply_client: Any) -> Any:
    """A client of an account with four products, created a minute apart."""
    for name, sku, price, stock, status in (
        ("Red lamp", "L-1", 10, 5, "enabled"),
        ("blue Lamp", "L-2", 9.5, -2, "disabled"),
        ("Candle", "C|1", None, 0, "enabled"),
        ("100% wool", None, "100", 7, "enabled"),
    ):
        optiply_client.create("products", name=name, skuCode=sku, price=price, stockLevel=stock, status=status)
        optiply_client.sandbox.clock.advance(seconds=60)
    return optiply_client


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"filter[skuCode]": "L-1"}, ["Red lamp"]),
        ({"filter[skuCode][EQ]": "C|1"}, ["Candle"]),
        ({"filter[skuCode]": "l-1"}, []),
        ({"filter[skuCode]": "null"}, ["100% wool"]),
        ({"filter[skuCode][NEQ]": "null"}, ["Red lamp", "blue Lamp", "Candle"]),
        ({"filter[skuCode][neq]": "L-1"}, ["blue Lamp", "Candle"]),
        ({"filter[name][LIKE]": "LAMP"}, ["Red lamp", "blue Lamp"]),
        ({"filter[name][like]": "%lamp"}, ["Red lamp", "blue Lamp"]),
        ({"filter[name][like]": "red%"}, ["Red lamp"]),
        ({"filter[name][like]": "lamp%"}, []),
        ({"filter[price]": "10.0"}, ["Red lamp"]),
        ({"filter[price][LT]": "10"}, ["blue Lamp"]),
        ({"filter[price][ge]": "10"}, ["Red lamp", "100% wool"]),
        ({"filter[stockLevel][LE]": "0"}, ["blue Lamp", "Candle"]),
        ({"filter[stockLevel][GT]": "4", "filter[price][GT]": "50"}, ["100% wool"]),
        ({"filter[status]": "ENABLED"}, ["Red lamp", "Candle", "100% wool"]),
        ({"filter[unlimitedStock]": "true"}, []),
        ({"filter[accountId]": "1380", "filter[skuCode]": "L-1"}, ["Red lamp"]),
        ({"filter[accountId]": "1"}, []),
        ({"filter[id]": "28000002"}, ["blue Lamp"]),
        ({"filter[id]": "1"}, []),
        ({"filter[id][GT]": "28000002"}, ["Candle", "100% wool"]),
    ],
)
def test_a_filter_finds_what_its_operator_says(lamps, query, names):
    assert found(lamps, sort="id", **query) == names


@pytest.mark.parametrize("operator", ["GT", "GE"])
def test_what_was_created_since_a_moment_is_found(lamps, operator):
    created = [row["createdAt"] for row in lamps.sandbox.optiply.objects("products")]
    names = found(lamps, sort="id", **{f"filter[createdAt][{operator}]": created[2]})
    assert names == (["Candle", "100% wool"] if operator == "GE" else ["100% wool"])


@pytest.mark.parametrize("moment", [PLACED, "2026-01-02T04:04:05+01:00", "2026-01-02T03:04:05.000Z"])
def test_a_moment_is_compared_as_a_moment_however_it_is_written(optiply_client, moment):
    id_ = optiply_client.create("sellOrders", placed=PLACED, totalValue=10, orderLines=[])["id"]
    query = {"filter[placed]": moment, "filter[totalValue]": "10"}
    assert found(optiply_client, "sellOrders", **query) == [id_]


def test_a_pair_is_found_among_the_pairs_that_share_one_half(optiply_client):
    a, b, c = (optiply_client.product() for _ in range(3))
    for part in (b, c):
        optiply_client.create("productCompositions", composedProductId=a, partProductId=part, partQuantity=1)
    query = {"filter[composedProductId]": a, "filter[partProductId]": c}
    (row,) = optiply_client.get("productCompositions", **query).json()["data"]
    assert row["attributes"]["partProductId"] == int(c)
    optiply_client.delete("productCompositions", row["id"])
    assert optiply_client.get("productCompositions", **query).json()["data"] == []


def test_an_index_follows_changes_and_deletions(lamps):
    (row,) = lamps.get("products", **{"filter[skuCode]": "L-1"}).json()["data"]
    lamps.patch("products", row["id"], skuCode="L-9")
    assert found(lamps, **{"filter[skuCode]": "L-1"}) == []
    assert found(lamps, **{"filter[skuCode]": "L-9"}) == ["Red lamp"]
    lamps.delete("products", row["id"])
    assert found(lamps, **{"filter[skuCode]": "L-9"}) == []


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("id", ["Red lamp", "blue Lamp", "Candle", "100% wool"]),
        ("-id", ["100% wool", "Candle", "blue Lamp", "Red lamp"]),
        ("-createdAt", ["100% wool", "Candle", "blue Lamp", "Red lamp"]),
        ("status,-price", ["blue Lamp", "100% wool", "Red lamp", "Candle"]),
    ],
)
def test_a_list_is_sorted_by_the_attributes_named(lamps, sort, names):
    assert found(lamps, sort=sort) == names


def test_an_unsorted_list_changes_its_order_when_something_is_written(lamps):
    lamps.patch("products", "28000001", stockLevel=1)
    assert found(lamps) == ["blue Lamp", "Candle", "100% wool", "Red lamp"]
    assert found(lamps, sort="id")[0] == "Red lamp"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"page[limit]": "500"}, "limit value 500 is larger than the maximum allowed of 100"),
        ({"page[offset]": "30", "page[limit]": "50"}, "offset 30 is not a multiple of limit 50"),
        ({"page[offset]": "30"}, "offset 30 is not a multiple of limit 50"),
        ({"page[limit]": "0"}, "limit"),
        ({"page[limit]": "many"}, "limit"),
        ({"page[number]": "2"}, "page[number]"),
        ({"filter[remoteId]": "1"}, "attribute remoteId not found"),
        ({"filter[remoteIdMap]": "1"}, "remoteIdMap"),
        ({"filter[skuCode][IS]": "1"}, "IS"),
        ({"filter[stockLevel]": "many"}, "many"),
        ({"filter[createdAt][GT]": "yesterday"}, "yesterday"),
        ({"filter[unlimitedStock]": "maybe"}, "maybe"),
        ({"filter": "1"}, "filter"),
        ({"sort": "colour"}, "attribute colour not found"),
    ],
)
def test_a_list_request_that_makes_no_sense_is_a_400_with_the_reason(optiply_client, query, text):
    answer = optiply_client.get("products", **query)
    assert answer.status_code == 400
    assert text in answer.json()["errors"][0]["meta"]["message"]


def test_the_pages_of_a_list_hold_every_object_once_and_end_without_a_next_link(optiply_client):
    ids = [optiply_client.product() for _ in range(7)]
    answer = optiply_client.get("products", sort="id", **{"page[limit]": "3", "filter[stockLevel][GE]": "0"}).json()
    assert answer["meta"] == {"totalResourceCount": 7}
    assert "prev" not in answer["links"]
    seen = [row["id"] for row in answer["data"]]
    while "next" in answer["links"]:
        answer = optiply_client.session.get(answer["links"]["next"], timeout=10).json()
        seen += [row["id"] for row in answer["data"]]
    assert seen == ids
    assert set(answer["links"]) == {"first", "prev", "last"}
    assert optiply_client.session.get(answer["links"]["last"], timeout=10).json()["data"] == answer["data"]


def test_the_default_page_holds_fifty_and_past_the_end_there_is_nothing(optiply_client):
    for _ in range(51):
        optiply_client.product()
    assert len(optiply_client.get("products").json()["data"]) == 50
    past = optiply_client.get("products", **{"page[offset]": "100", "page[limit]": "50"})
    assert past.status_code == 200
    assert past.json()["data"] == []
    assert "next" not in past.json()["links"]
