"""Changes and removals whose answer is lost, records that come again, ids that are old: the last word wins."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from store.snapshot import Outcome, Snapshot


def products(singer: Any, *numbers: int, **attributes: Any) -> list[dict[str, Any]]:
    return singer.stream("products", *(singer.product(number, **attributes) for number in numbers))


def announce(resource: str, action: Any, sent: dict[str, Any]) -> None:
    """What a killed run leaves of a request it may have sent for record 1."""
    line = Outcome(resource, "1", "announced", action, sent=sent, at="2026-01-15T08:00:00Z").to_json()
    Path("snapshots/outcomes-20260115T080000-1.jsonl").write_text(line + "\n")


def test_a_value_that_comes_back_within_one_input_is_sent(bench: Any, singer: Any) -> None:
    bench.run(products(singer, 1, stockLevel=5))
    run = bench.run([*products(singer, 1, stockLevel=6), *products(singer, 1, stockLevel=5)[1:]])
    assert bench.objects("products")[0]["stockLevel"] == 5
    assert run.count("products") == {"updated": 2}


def test_the_same_record_twice_in_one_input_is_sent_once(bench: Any, singer: Any) -> None:
    run = bench.run(products(singer, 1, 1))
    assert run.count("products") == {"created": 1, "existing": 1}
    assert bench.writes() == {"POST products": 1}


def test_a_change_that_acted_and_failed_is_undone_when_the_source_takes_it_back(bench: Any, singer: Any) -> None:
    bench.run(products(singer, 1, stockLevel=5))
    bench.sandbox.faults_optiply.add({"method": "PATCH", "status": 500, "acts": True, "times": 3})
    assert bench.run(products(singer, 1, stockLevel=6)).count("products") == {"failed": 1}
    assert bench.objects("products")[0]["stockLevel"] == 6
    bench.run(products(singer, 1, stockLevel=5))
    assert bench.objects("products")[0]["stockLevel"] == 5


def test_a_change_of_a_killed_run_is_undone_when_the_source_takes_it_back(
    bench: Any, singer: Any, optiply_client: Any
) -> None:
    bench.run(products(singer, 1, stockLevel=5))
    optiply_client.patch("products", str(bench.objects("products")[0]["id"]), stockLevel=6)
    announce("products", "update", {"stockLevel": 6})
    bench.run(products(singer, 1, stockLevel=5))
    assert bench.objects("products")[0]["stockLevel"] == 5


def test_a_removal_of_a_killed_run_is_undone_when_the_record_is_there_again(
    bench: Any, singer: Any, optiply_client: Any
) -> None:
    part = {"remoteId": "1", "composedProductRemoteId": "1", "partProductRemoteId": "2", "partQuantity": 3}
    messages = [*products(singer, 1, 2), *singer.stream("productCompositions", part)]
    bench.run(messages)
    optiply_client.delete("productCompositions", str(bench.objects("productCompositions")[0]["id"]))
    announce("productCompositions", "delete", {})
    bench.run(messages)
    assert [row["partQuantity"] for row in bench.objects("productCompositions")] == [3]


@pytest.mark.parametrize("changed", [None, ["stockLevel"], ["price", "stockLevel"]])
def test_every_change_is_announced_before_it_is_sent(
    bench: Any, singer: Any, monkeypatch: Any, changed: list[str] | None
) -> None:
    """The lines on disk when the answer of the only PATCH is lost for ever name what it would change, and no more."""
    bench.run(products(singer, 1, stockLevel=5))
    bench.sandbox.faults_optiply.add({"method": "PATCH", "cut": "before"})
    target = bench.target(retry_time=2)
    on_disk: list[str] = []
    monkeypatch.setattr(
        target.delivery.snapshot(),
        "absorb",
        lambda: on_disk.extend(path.read_text() for path in Path("snapshots").glob("outcomes-*")),
    )
    record = singer.product(1, stockLevel=6, price=3.5)
    messages = singer.stream("products", {**record, **({"_changed": changed} if changed else {})})
    assert target.run(iter([json.dumps(message) + "\n" for message in messages])) == 1
    announced = Outcome.from_json("".join(on_disk).splitlines()[0])
    body = {name: value for name, value in record.items() if name in (changed or record) and name != "remoteId"}
    assert (announced.event, announced.action, announced.sent) == ("announced", "update", body)


def test_an_old_id_in_the_source_makes_no_object_anew_in_each_run(bench: Any, singer: Any, optiply_client: Any) -> None:
    """Somebody deleted the product in Optiply; the source goes on to name the id it had."""
    bench.run(products(singer, 1))
    old = str(bench.objects("products")[0]["id"])
    optiply_client.delete("products", old)
    bench.run(products(singer, 1, id=old, stockLevel=1))
    bench.sandbox.clock.advance(1)
    bench.run(products(singer, 2))
    run = bench.run(products(singer, 1, id=old, stockLevel=2))
    assert run.count("products") == {"updated": 1}
    assert [row["stockLevel"] for row in bench.objects("products")] == [2, 7]


def test_what_an_order_names_and_is_gone_is_asked_for_and_made_anew_when_it_comes_again(
    bench: Any, singer: Any, optiply_client: Any
) -> None:
    """The product's record was accepted, so it said nothing more; what is there is not asked for."""
    messages = [*products(singer, 1, 2), *singer.stream("sellOrders", singer.order(1, 1, 2))]
    bench.run(messages[:3])
    gone = next(str(row["id"]) for row in bench.objects("products") if row["name"] == "Product 1")
    optiply_client.delete("products", gone)
    bench.forget_requests()
    run = bench.run(messages)
    assert (run.count("sellOrders"), run.count("products")) == ({"failed": 1}, {"existing": 2, "refused": 1})
    assert bench.sent("PATCH", "products") == [{"remoteId": "1"}]
    (entry,) = run.results["bookmarks"]["sellOrders"]
    assert entry["error"].endswith(f"products with id {gone} was not found; what it refers to is asked for")
    run = bench.run(messages)
    assert (run.count("sellOrders"), run.count("products")) == ({"created": 1}, {"created": 1, "existing": 1})
    assert len(bench.objects("products")) == 2
    bench.forget_requests()
    bench.run(messages)
    assert not bench.writes()


def test_what_the_old_sdk_brought_can_be_referred_to_and_changed(bench: Any, singer: Any, optiply_client: Any) -> None:
    brought = optiply_client.product(name="Product 1")
    messages = products(singer, 1)
    old_hash = hashlib.sha256(json.dumps(messages[1]["record"]).encode()).hexdigest()
    done = {"hash": old_hash, "success": True, "id": int(brought), "externalId": "1"}
    Path("resume.json").write_text(json.dumps({"bookmarks": {"products": [done]}, "summary": {}}))
    orders = singer.stream("sellOrders", singer.order(1, 1))
    bench.run([*messages, *orders], resume_path="resume.json")
    assert [str(line["productId"]) for line in bench.objects("sellOrderLines")] == [brought]
    run = bench.run(products(singer, 1, stockLevel=9), resume_path="resume.json")
    assert run.count("products") == {"updated": 1}
    run = bench.run(messages, resume_path="resume.json")  # the resume file's word is older than the snapshot's
    assert run.count("products") == {"updated": 1}
    assert [row["stockLevel"] for row in bench.objects("products")] == [7]


def test_what_was_removed_with_an_order_is_asked_for_and_made_anew_in_the_next_run(
    bench: Any, singer: Any, optiply_client: Any
) -> None:
    """The order changes and is made anew; its line and the receipt of that went with it and say nothing more."""
    supplier = {"remoteId": "1", "name": "Wood"}
    order = {"remoteId": "1", "placed": "2026-01-15T08:00:00Z", "totalValue": 25, "supplierRemoteId": "1"}
    line = {"remoteId": "1", "quantity": 2, "subtotalValue": 25, "productRemoteId": "1", "buyOrderRemoteId": "1"}
    receipt = {"remoteId": "1", "occurred": "2026-01-16T08:00:00Z", "quantity": 1, "buyOrderLineRemoteId": "1"}

    def run(**changed: Any) -> Any:
        return bench.run([
            *products(singer, 1), *singer.stream("suppliers", supplier),
            *singer.stream("buyOrders", {**order, **changed}, {**order, "remoteId": "2", "totalValue": 30}),
            *singer.stream("buyOrderLines", line, {**line, "remoteId": "2", "buyOrderRemoteId": "2"}),
            *singer.stream("receiptLines", receipt),
        ])  # fmt: skip

    run()
    (old,) = (row["id"] for row in bench.objects("buyOrders") if float(row["totalValue"]) == 25)
    optiply_client.delete("buyOrders", str(old))
    assert (len(bench.objects("buyOrderLines")), len(bench.objects("receiptLines"))) == (1, 0)
    first = run(completed="2026-01-17T08:00:00Z")
    assert (first.count("buyOrders"), first.count("buyOrderLines")) == (
        {"created": 1, "existing": 1},
        {"existing": 2, "refused": 1},
    )
    second = run(completed="2026-01-17T08:00:00Z")
    assert (second.count("buyOrderLines"), second.count("receiptLines")) == (
        {"created": 1, "existing": 1},
        {"created": 1},
    )
    new = [str(row["id"]) for row in bench.objects("buyOrders")]
    assert sorted(str(row["buyOrderId"]) for row in bench.objects("buyOrderLines")) == sorted(new)
    assert len(bench.objects("receiptLines")) == 1
    bench.forget_requests()
    run(completed="2026-01-17T08:00:00Z")
    assert not bench.writes()


def test_a_pair_that_a_lost_store_forgot_is_removed_all_the_same(bench: Any, singer: Any) -> None:
    """The first run with the new store meets the other pair alone, and is the last gain from then on."""
    parts = [
        {"remoteId": f"1-{part}", "composedProductRemoteId": "1", "partProductRemoteId": str(part), "partQuantity": 3}
        for part in (2, 3)
    ]
    bench.run([*products(singer, 1, 2, 3), *singer.stream("productCompositions", *parts)])
    shutil.rmtree("snapshots")
    bench.sandbox.clock.advance(1)
    bench.run([*products(singer, 1, 2, 3), *singer.stream("productCompositions", parts[0])])
    gone = {**parts[1], "deleted_at": "2026-01-15T09:00:00Z"}
    bench.run([*products(singer, 1, 2, 3), *singer.stream("productCompositions", parts[0], gone)])
    assert len(bench.objects("productCompositions")) == 1
    assert len(bench.sent("DELETE", "productCompositions")) == 1


def test_a_removal_that_names_no_pair_and_is_unknown_has_nothing_to_remove(bench: Any, singer: Any) -> None:
    bench.run(products(singer, 1))
    run = bench.run(singer.stream("productCompositions", {"remoteId": "1-2", "deleted_at": "2026-01-15T09:00:00Z"}))
    assert (run.code, run.count("productCompositions")) == (0, {"deleted": 1})
    assert not bench.sent("DELETE", "productCompositions")


def test_null_clears_a_list(bench: Any, singer: Any) -> None:
    supplier = {"remoteId": "1", "name": "Wood", "emails": ["a@wood.example"]}
    bench.run(singer.stream("suppliers", supplier))
    bench.run(singer.stream("suppliers", {**supplier, "emails": None}))
    assert bench.objects("suppliers")[0]["emails"] == []


def test_what_cannot_change_is_reported_and_the_rest_is_sent(bench: Any, singer: Any) -> None:
    part = {"remoteId": "1", "composedProductRemoteId": "1", "partProductRemoteId": "2", "partQuantity": 3}
    bench.run([*products(singer, 1, 2), *singer.stream("productCompositions", part)])
    changed = {
        **part,
        "partProductRemoteId": "1",
        "partQuantity": 4,
        "_changed": ["partProductRemoteId", "partQuantity"],
    }
    run = bench.run(singer.stream("productCompositions", changed))
    assert bench.objects("productCompositions")[0]["partQuantity"] == 4
    (reason,) = run.report["reasons"]
    assert reason["reason"].startswith("partProductId cannot change in Optiply")


def test_what_a_line_holds_beyond_optiplys_attributes_is_reported(bench: Any, singer: Any) -> None:
    order = singer.order(1, 1)
    order["orderLines"][0]["discount"] = 3
    run = bench.run([*products(singer, 1), *singer.stream("sellOrders", order)])
    assert run.count("sellOrders") == {"created": 1}
    assert [reason["field"] for reason in run.report["reasons"]] == ["orderLines.discount"]


def test_records_that_come_in_reverse_order_wait_for_those_they_need(bench: Any, singer: Any) -> None:
    """Four deep: an arrival needs the line of an order to a supplier."""
    line = {"buyOrderRemoteId": "B", "productRemoteId": "1", "quantity": 4, "subtotalValue": 4}
    order = {"remoteId": "B", "placed": "2026-01-01T00:00:00Z", "totalValue": 4, "supplierRemoteId": "S"}
    arrival = {"remoteId": "R", "buyOrderLineRemoteId": "L", "occurred": "2026-01-12T08:00:00Z", "quantity": 4}
    messages = [
        *singer.stream("receiptLines", arrival),
        *singer.stream("buyOrderLines", {"remoteId": "L", **line}),
        *singer.stream("buyOrders", order),
        *singer.stream("suppliers", {"remoteId": "S", "name": "Wood"}),
        *products(singer, 1),
    ]
    run = bench.run(messages)
    assert [summary["fail"] for summary in run.results["summary"].values()] == [0] * 5
    assert len(bench.objects("receiptLines")) == 1


def test_a_changed_remote_id_is_sent_alone_and_the_attributes_stay_unknown(bench: Any, singer: Any) -> None:
    number = bench.sandbox.call(lambda: bench.sandbox.buying.supplier("Somebody"))
    record = {"remoteId": "7", "id": str(number), "_changed": ["remoteId"]}
    assert bench.run(singer.stream("suppliers", record)).count("suppliers") == {"updated": 1}
    (there,) = bench.objects("suppliers")
    assert (there["name"], there["remoteIdMap"]) == ("Somebody", {"77": "7"})
    with Snapshot.open(Path("snapshots")) as store:
        (row,) = (row for rows in store.rows("SELECT id, acknowledged FROM records") for row in rows)
    assert tuple(row) == (str(number), None)
