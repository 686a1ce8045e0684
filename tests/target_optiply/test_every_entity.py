"""Exactly once for each of Optiply's resources, all in one load: lost answers, dead runs, lost and old snapshots."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from store.snapshot import Outcome, Snapshot
from vocabulary.entity import Entity, entity_named, remote_name
from vocabulary.optiply import ENTITIES

RESOURCES = [entity.name for entity in ENTITIES]
LOST = {
    "the answer is lost after the server acted": {"cut": "after"},
    "the connection is cut before the server acts": {"cut": "before"},
    "half an answer arrives": {"cut": "during"},
    "the answer comes after the timeout": {"delay": 0.7},
    "the server acts and answers 500": {"status": 500, "acts": True},
    "the server answers 503 without acting": {"status": 503},
    "a gateway times out after the server acted": {"status": 504, "acts": True},
    "a firewall's page stands in for the answer": {"status": 200, "body": "html", "acts": True},
    "the server acts only after the connection is gone": {"act_after_cut": 0.1},
}


def records(singer: Any, number: int) -> dict[str, dict[str, Any]]:
    """One record of each resource; the numbers tell the natural keys apart."""
    name, day = str(number), f"2026-01-{number:02}T08:00:00Z"
    line = {"productRemoteId": name, "quantity": number, "subtotalValue": 3 * number}
    values = {
        "products": singer.product(number),
        "suppliers": {"name": f"Supplier {number}", "deliveryTime": number},
        "productCompositions": {"composedProductRemoteId": name, "partProductRemoteId": "20", "partQuantity": 2},
        "supplierProducts": {"name": "Offer", "productRemoteId": name, "supplierRemoteId": name, "lotSize": 2},
        "sellOrders": {"placed": day, "totalValue": number, "orderLines": [line]},
        "sellOrderLines": {**line, "sellOrderRemoteId": name, "productRemoteId": "20"},
        "buyOrders": {"placed": day, "totalValue": number, "supplierRemoteId": name},
        "buyOrderLines": {**line, "buyOrderRemoteId": name},
        "receiptLines": {"buyOrderLineRemoteId": name, "occurred": day, "quantity": number},
        "promotions": {"name": f"Promotion {number}", "startDate": day, "endDate": "2026-03-01T00:00:00Z"},
        "promotionProducts": {"promotionRemoteId": name, "productRemoteId": name},
    }
    return {resource: {"remoteId": name, **record} for resource, record in values.items()}


def everything(singer: Any, *numbers: int) -> list[dict[str, Any]]:
    """All resources in load order, each with one record per number; products also with two more, 20 and 30."""
    messages = []
    for resource in RESOURCES:
        more = [singer.product(20), singer.product(30)] if resource == "products" else []
        messages += singer.stream(resource, *more, *(records(singer, number)[resource] for number in numbers))
    return messages


def counts(number: int) -> dict[str, int]:
    """What Optiply holds after a load of that many records each; a sale has one line inside and one of its own."""
    return {**dict.fromkeys(RESOURCES, number), "products": number + 2, "sellOrderLines": 2 * number}


def failures(run: Any) -> dict[str, int]:
    return {name: one["fail"] for name, one in run.results["summary"].items() if one["fail"]}


def settings(coupling: int | None) -> dict[str, Any]:
    return {"coupling_id": coupling, "request_timeout": 0.4, "unanswered_wait": 0.6}


@pytest.mark.parametrize("way", list(LOST))
def test_each_object_of_each_resource_is_there_once_when(bench: Any, singer: Any, way: str) -> None:
    for resource in RESOURCES:
        bench.sandbox.faults_optiply.add({"method": "POST", "path": f"/{resource}$", "nth": 1, **LOST[way]})
    run = bench.run(everything(singer, 1, 2), **settings(None))
    assert (run.code, failures(run)) == (0, {})
    assert bench.sandbox.optiply.counts() == counts(2)
    assert sum(rule["fired"] for rule in bench.sandbox.faults_optiply.describe()) == len(RESOURCES)
    bench.sandbox.faults_optiply.clear()
    bench.forget_requests()
    assert failures(bench.run(everything(singer, 1, 2), **settings(None))) == {}
    assert bench.writes() == {}


@pytest.mark.parametrize("coupling", [77, None])
def test_a_lost_snapshot_folder_doubles_nothing(bench: Any, singer: Any, coupling: int | None) -> None:
    bench.run(everything(singer, 1, 2), **settings(coupling))
    shutil.rmtree("snapshots")
    run = bench.run(everything(singer, 1, 2), **settings(coupling))
    assert failures(run) == {}
    assert bench.sandbox.optiply.counts() == counts(2)


@pytest.mark.parametrize("adopt", ["auto", "always"])
def test_an_older_snapshot_folder_doubles_nothing(bench: Any, singer: Any, adopt: str) -> None:
    bench.run(everything(singer, 1))
    shutil.copytree("snapshots", "older")
    bench.run(everything(singer, 1, 2))
    run = bench.run(everything(singer, 1, 2), snapshot_dir="older", adopt=adopt)
    assert failures(run) == {}
    assert bench.sandbox.optiply.counts() == counts(2)


def test_always_finds_what_was_there_long_before_and_auto_does_not_look(bench: Any, singer: Any) -> None:
    """Product 2 was made by another snapshot long before this one's last answer."""
    bench.run(singer.stream("products", singer.product(2)), snapshot_dir="elsewhere")
    bench.sandbox.clock.advance(1)
    bench.run(singer.stream("products", singer.product(1)), adopt="never")
    shutil.copytree("snapshots", "copy")
    always = bench.run(singer.stream("products", singer.product(2)), adopt="always")
    auto = bench.run(singer.stream("products", singer.product(2)), adopt="auto", snapshot_dir="copy")
    assert (always.count("products"), auto.count("products")) == ({"adopted": 1}, {"created": 1})


@pytest.mark.parametrize("adopt", ["auto", "never"])
def test_creates_of_a_killed_run_are_found_or_made_by_the_next(bench: Any, singer: Any, adopt: str) -> None:
    """Of each resource record 2 was created and its answer not noted, record 3 was announced and never sent."""
    bench.run(everything(singer, 1))
    shutil.copytree("snapshots", "elsewhere")
    bench.run(everything(singer, 1, 2), snapshot_dir="elsewhere")
    assert bench.sandbox.optiply.counts() == counts(2)
    at = bench.sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    with Path("snapshots/outcomes-20260115T080000-1.jsonl").open("w") as file:
        for number in (2, 3):
            for resource, record in records(singer, number).items():
                sent = {name: value for name, value in record.items() if name != "remoteId"}
                line = Outcome(resource, str(number), "announced", "create", sent=sent, at=at).to_json()
                file.write(line + "\n")
    run = bench.run(everything(singer, 1), adopt=adopt)
    assert bench.sandbox.optiply.counts() == counts(3)
    assert failures(run) == {}
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        assert [snapshot.unanswered(resource) for resource in RESOURCES] == [[]] * len(RESOURCES)
        assert all({"1", "2", "3"} <= set(snapshot.ids(resource)) for resource in RESOURCES)


# A record by its attributes, references by remote id; and another value for each part of its natural key.
NATURAL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "products": ({"name": "Twin", "stockLevel": 1, "skuCode": "TWIN"}, {"skuCode": "OTHER"}),
    "suppliers": ({"name": "Twin"}, {"name": "Other"}),
    "productCompositions": (
        {"composedProductId": "30", "partProductId": "1", "partQuantity": 3},
        {"composedProductId": "2", "partProductId": "2"},
    ),
    "supplierProducts": (
        {"name": "Twin", "supplierId": "1", "productId": "30"},
        {"supplierId": "2", "productId": "20"},
    ),
    "sellOrders": (
        {"placed": "2026-02-01T08:00:00Z", "totalValue": 5, "orderLines": []},
        {"placed": "2026-02-01T08:00:01Z", "totalValue": 5.01},
    ),
    "sellOrderLines": (
        {"sellOrderId": "1", "productId": "30", "quantity": 5, "subtotalValue": 7},
        {"sellOrderId": "2", "productId": "20", "quantity": 6, "subtotalValue": 7.01},
    ),
    "buyOrders": (
        {"supplierId": "1", "placed": "2026-02-01T08:00:00Z", "totalValue": 5},
        {"supplierId": "2", "placed": "2026-02-01T08:00:01Z", "totalValue": 5.01},
    ),
    "buyOrderLines": (
        {"buyOrderId": "1", "productId": "30", "quantity": 5, "subtotalValue": 7},
        {"buyOrderId": "2", "productId": "20", "quantity": 6, "subtotalValue": 7.01},
    ),
    "receiptLines": (
        {"buyOrderLineId": "1", "occurred": "2026-02-01T08:00:00Z", "quantity": 5},
        {"buyOrderLineId": "2", "occurred": "2026-02-01T08:00:01Z", "quantity": 6},
    ),
    "promotions": (
        {"name": "Twin", "startDate": "2026-02-01T00:00:00Z", "endDate": "2026-02-02T00:00:00Z"},
        {"name": "Other", "startDate": "2026-02-01T00:00:01Z"},
    ),
    "promotionProducts": ({"promotionId": "1", "productId": "30"}, {"promotionId": "2", "productId": "20"}),
}


@pytest.mark.parametrize("entity", ENTITIES, ids=RESOURCES)
def test_an_unmarked_object_is_the_record_when_every_part_of_its_natural_key_agrees(
    bench: Any, singer: Any, optiply_client: Any, entity: Entity
) -> None:
    """Beside it stand objects that differ in one part each; and a second that fits makes the next one undecidable."""
    resource, (attributes, others) = entity.name, NATURAL[entity.name]
    assert set(others) == set(entity.natural_key)
    bench.run(everything(singer, 1, 2))
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        ids = {name: snapshot.ids(parent) for name, parent in entity.references.items()}

    def make(**changed: Any) -> str:
        values = {name: ids[name][value] if name in ids else value for name, value in {**attributes, **changed}.items()}
        optiply_client.query = {"accountId": "1380"}
        return str(optiply_client.create(resource, **values)["id"])

    record = {remote_name(name) if name in ids else name: value for name, value in attributes.items()}
    for name, value in others.items():
        make(**{name: value})
    twin = make()
    before = len(bench.objects(resource))
    shutil.copytree("snapshots", "copy")
    run = bench.run(singer.stream(resource, {"remoteId": "X", **record}))
    assert run.results["summary"][resource]["fail"] == 0
    assert len(bench.objects(resource)) == before
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        assert snapshot.ids(resource)["X"] == twin
    if not entity.is_pair:
        fitting = [make() for _ in range(1 + entity.told_remote_id)]  # the twin may bear the first one's id by now
        run = bench.run(singer.stream(resource, {"remoteId": "Y", **record}), snapshot_dir="copy")
        assert run.count(resource) == {"refused": 1}
        assert len(bench.objects(resource)) == before + len(fitting)


@pytest.mark.parametrize("resource", RESOURCES)
def test_streams_may_be_named_in_each_usual_spelling(resource: str) -> None:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in resource)
    for name in (resource, resource[0].upper() + resource[1:], snake):
        entity = entity_named(name, ENTITIES)
        assert entity is not None
        assert entity.name == resource


def test_a_product_without_sku_whose_answer_was_lost_is_found_by_its_remote_id(bench: Any, singer: Any) -> None:
    """Without a coupling, and no natural key on either side."""
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 1, "cut": "after"})
    run = bench.run(singer.stream("products", singer.product(1, skuCode=None)), coupling_id=None)
    assert (run.count("products"), len(bench.objects("products"))) == ({"adopted": 1}, 1)
