"""Round trips of every entity: create, nothing to do, one attribute, clear, take out of use."""

from typing import Any

import pytest

RECORDS: dict[str, dict[str, Any]] = {
    "products": {"name": "Chair", "skuCode": "CH", "price": 12.5, "stockLevel": 3, "status": "enabled"},
    "suppliers": {"name": "Wood & Co", "emails": ["a@wood.example"], "deliveryTime": 5, "type": "vendor"},
    "productCompositions": {"composedProductRemoteId": "P1", "partProductRemoteId": "P2", "partQuantity": 2},
    "supplierProducts": {"name": "Chair", "productRemoteId": "P1", "supplierRemoteId": "S1", "price": 4, "lotSize": 2},
    "sellOrders": {
        "placed": "2026-01-15T08:00:00Z",
        "totalValue": 25,
        "completed": "2026-01-16T08:00:00Z",
        "orderLines": [{"productRemoteId": "P1", "quantity": 2, "subtotalValue": 25}],
    },
    "sellOrderLines": {"sellOrderRemoteId": "O1", "productRemoteId": "P2", "quantity": 1, "subtotalValue": 3.25},
    "buyOrders": {
        "placed": "2026-01-10T08:00:00Z",
        "totalValue": 40,
        "supplierRemoteId": "S1",
        "completed": "2026-01-20T08:00:00Z",
        "orderLines": [{"productRemoteId": "P1", "quantity": 10, "subtotalValue": 40}],
    },
    "buyOrderLines": {
        "buyOrderRemoteId": "B1",
        "productRemoteId": "P1",
        "quantity": 4,
        "subtotalValue": 16,
        "expectedDeliveryDate": "2026-02-01T00:00:00Z",
    },
    "receiptLines": {"buyOrderLineRemoteId": "L1", "occurred": "2026-01-12T08:00:00Z", "quantity": 4},
    "promotions": {
        "name": "Spring",
        "startDate": "2026-03-01T00:00:00Z",
        "endDate": "2026-04-01T00:00:00Z",
        "upliftIncrease": 10,
    },
    "promotionProducts": {"promotionRemoteId": "A1", "productRemoteId": "P1", "specificUpliftIncrease": 5},
}
CHANGES: dict[str, tuple[str, Any, Any]] = {  # attribute, new value, as Optiply answers it
    "products": ("price", 13.75, "13.75"),
    "suppliers": ("deliveryTime", 9, 9),
    "productCompositions": ("partQuantity", 3, 3),
    "supplierProducts": ("price", 4.5, "4.50"),
    "sellOrders": ("completed", "2026-01-17T09:00:00Z", "2026-01-17T09:00:00Z"),
    "sellOrderLines": ("quantity", 5, 5),
    "buyOrders": ("totalValue", 41, "41.00"),
    "buyOrderLines": ("quantity", 6, 6),
    "receiptLines": ("quantity", 5, 5),
    "promotions": ("upliftIncrease", 20, 20),
    "promotionProducts": ("specificUpliftIncrease", 7, 7),
}
CLEARED = {
    "products": "price",
    "suppliers": "deliveryTime",
    "supplierProducts": "lotSize",
    "sellOrders": "completed",
    "buyOrders": "completed",
    "buyOrderLines": "expectedDeliveryDate",
    "promotions": "upliftIncrease",
    "promotionProducts": "specificUpliftIncrease",
}
TAKEN_OUT = {
    "products": ("status", "disabled"),
    "suppliers": ("ignored", True),
    "supplierProducts": ("status", "disabled"),
}


def parents(singer: Any) -> list[dict[str, Any]]:
    """What the record under test refers to, in any order but last."""
    messages = singer.stream("products", singer.product(1, remoteId="P1"), singer.product(2, remoteId="P2"))
    messages += singer.stream("suppliers", {"remoteId": "S1", "name": "Parent"})
    messages += singer.stream("sellOrders", singer.order(1, remoteId="O1"))
    messages += singer.stream(
        "buyOrders",
        {"remoteId": "B1", "placed": "2026-01-01T00:00:00Z", "totalValue": 4, "supplierRemoteId": "S1"},
    )
    line = {"buyOrderRemoteId": "B1", "productRemoteId": "P1", "quantity": 4, "subtotalValue": 4}
    messages += singer.stream("buyOrderLines", {"remoteId": "L1", **line})
    promotion = {"name": "Parent", "startDate": "2026-01-01T00:00:00Z", "endDate": "2026-02-01T00:00:00Z"}
    return [*messages, *singer.stream("promotions", {"remoteId": "A1", **promotion})]


def only(bench: Any, resource: str, known: set[int]) -> dict[str, Any]:
    (found,) = [row for row in bench.objects(resource) if row["id"] not in known]
    return dict(found)


@pytest.mark.parametrize("resource", list(RECORDS))
def test_a_record_lives_its_whole_life_in_optiply(bench: Any, singer: Any, resource: str) -> None:
    bench.run(parents(singer))
    known = {row["id"] for row in bench.objects(resource)}
    record = {"remoteId": "X", **RECORDS[resource]}

    run = bench.run(singer.stream(resource, record))
    assert run.count(resource) == {"created": 1}
    created = only(bench, resource, known)

    bench.forget_requests()
    assert bench.run(singer.stream(resource, record)).count(resource) == {"existing": 1}
    assert bench.writes() == {}

    name, value, answered = CHANGES[resource]
    run = bench.run(singer.stream(resource, {**record, name: value, "_changed": [name]}))
    assert run.count(resource) == {"updated": 1}
    assert [list(sent) for sent in bench.sent("PATCH", resource)] == [[name]]
    assert only(bench, resource, known) == {
        **created,
        name: answered,
        "updatedAt": only(bench, resource, known)["updatedAt"],
    }

    if resource in CLEARED:
        name = CLEARED[resource]
        bench.run(singer.stream(resource, {**record, name: None, "_changed": [name]}))
        assert only(bench, resource, known)[name] is None

    run = bench.run(singer.stream(resource, {"remoteId": "X", "deleted_at": "2026-02-01T00:00:00Z"}))
    if resource in TAKEN_OUT:
        name, value = TAKEN_OUT[resource]
        assert only(bench, resource, known)[name] == value
        assert run.count(resource) == {"disabled": 1}
    else:
        assert {row["id"] for row in bench.objects(resource)} == known
        assert run.count(resource) == {"deleted": 1}


def test_an_absent_attribute_is_left_as_a_person_set_it(bench: Any, singer: Any) -> None:
    bench.run(singer.stream("products", singer.product(1, minimumStock=4)))
    record = {name: value for name, value in singer.product(1).items() if name != "price"}
    bench.run(singer.stream("products", record))
    (found,) = bench.objects("products")
    assert (found["price"], found["minimumStock"]) == ("12.50", 4)


def test_a_reference_to_an_unknown_record_waits(bench: Any, singer: Any) -> None:
    run = bench.run(
        [*singer.stream("products", singer.product(1)), *singer.stream("sellOrders", singer.order(5, 1, 99))]
    )
    assert run.count("sellOrders") == {"waiting": 1}
    (reason,) = run.report["reasons"]
    assert reason["reason"] == "productRemoteId is not known to Optiply yet"
    assert reason["examples"] == ["5"]
    assert bench.objects("sellOrders") == []


def test_children_that_come_before_their_parents_wait_for_them_in_the_run(bench: Any, singer: Any) -> None:
    run = bench.run([*singer.stream("sellOrders", singer.order(5, 1)), *singer.stream("products", singer.product(1))])
    assert (run.count("sellOrders"), run.count("products")) == ({"created": 1}, {"created": 1})


def test_streams_that_come_mixed_are_loaded_parents_first(bench: Any, singer: Any) -> None:
    """A group of orders leaves when it is full; the products read before it go first though theirs is not."""
    schemas = [singer.stream("products")[0], singer.stream("sellOrders")[0]]
    records = []
    for number in range(1, 121):
        records += [singer.stream("products", singer.product(number))[1]] if number % 2 else []
        records += [singer.stream("sellOrders", singer.order(number, number if number % 2 else number - 1))[1]]
    run = bench.run([*schemas, *records])
    assert (run.count("products"), run.count("sellOrders")) == ({"created": 60}, {"created": 120})


def test_a_schema_that_changes_in_mid_stream_keeps_the_order_of_records(bench: Any, singer: Any) -> None:
    first = singer.stream("products", singer.product(1, stockLevel=1))
    later = singer.stream("products", *(singer.product(1, stockLevel=level, eanCode="x") for level in range(2, 120)))
    bench.run([*first, *later])
    (found,) = bench.objects("products")
    assert found["stockLevel"] == 119


def test_the_last_of_several_records_of_one_product_wins(bench: Any, singer: Any) -> None:
    bench.run(singer.stream("products", *(singer.product(1, stockLevel=level) for level in range(30))))
    (found,) = bench.objects("products")
    assert found["stockLevel"] == 29


@pytest.mark.parametrize("name", ["supplierProducts", "SupplierProducts", "supplier_products"])
def test_streams_may_be_named_in_each_usual_spelling(bench: Any, singer: Any, name: str) -> None:
    bench.run(parents(singer))
    run = bench.run(singer.stream(name, {"remoteId": "X", **RECORDS["supplierProducts"]}))
    assert len(bench.objects("supplierProducts")) == 1
    assert run.results["summary"] == {name: {"success": 1, "fail": 0, "existing": 0, "updated": 0}}


def test_a_delete_of_a_record_optiply_never_had_is_no_failure(bench: Any, singer: Any) -> None:
    run = bench.run(singer.stream("sellOrders", {"remoteId": "9", "deleted_at": "2026-02-01T00:00:00Z"}))
    assert (run.code, bench.writes(), run.results["summary"]["sellOrders"]["fail"]) == (0, {}, 0)
