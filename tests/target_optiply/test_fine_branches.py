"""The fine branches of exactly-once, one case each: what a changed condition there would do to somebody's records."""

from pathlib import Path
from typing import Any

import pytest

from store.snapshot import Outcome, Snapshot


def products(singer: Any, *numbers: int, **attributes: Any) -> list[dict[str, Any]]:
    return singer.stream("products", *(singer.product(number, **attributes) for number in numbers))


def without_sku(singer: Any, number: int = 1) -> list[dict[str, Any]]:
    record = {name: value for name, value in singer.product(number).items() if name != "skuCode"}
    return singer.stream("products", record)


def announced(number: int, at: str = "2026-01-15T08:00:00Z", **sent: Any) -> None:
    """What a killed run leaves of a create it may have sent."""
    Path("snapshots").mkdir(exist_ok=True)
    line = Outcome("products", str(number), "announced", "create", sent=sent, at=at).to_json()
    Path(f"snapshots/outcomes-20260115T080000-{number}.jsonl").write_text(line + "\n")


def acknowledged(bench: Any, resource: str, remote_id: str) -> str:
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        query = "SELECT acknowledged FROM records WHERE stream = ? AND remote_id = ?"
        [[(text,)]] = snapshot.rows(query, (resource, remote_id))
    return str(text)


class TestWhatMayBeAdopted:
    def test_not_another_coupling_s_object_where_neither_has_a_sku(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        """It bears our remote id by chance: another shop counts its products from 1 as well."""
        optiply_client.query = {"accountId": "1380", "couplingId": "5"}
        optiply_client.product(remoteId="1")
        assert bench.run(without_sku(singer)).count("products") == {"created": 1}

    @pytest.mark.parametrize("coupling", [77, None])
    def test_but_what_stands_there_after_a_lost_answer_is_ours_without_a_sku_too(
        self, bench: Any, singer: Any, coupling: int | None
    ) -> None:
        bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 1, "cut": "after"})
        run = bench.run(without_sku(singer), coupling_id=coupling)
        assert (run.count("products"), len(bench.objects("products"))) == ({"adopted": 1}, 1)

    def test_nothing_that_another_record_has_already(self, bench: Any, singer: Any) -> None:
        """Two records of one SKU: the object of the first is not the second's."""
        run = bench.run([*products(singer, 1), *products(singer, 2, skuCode="SKU-1")[1:]], max_concurrency=1)
        assert run.count("products") == {"created": 2}

    def test_nor_an_object_that_another_record_has_just_adopted(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        optiply_client.query = {"accountId": "1380"}
        optiply_client.product(skuCode="SKU-1")
        run = bench.run([*products(singer, 1), *products(singer, 2, skuCode="SKU-1")[1:]], max_concurrency=1)
        assert run.count("products") == {"adopted": 1, "created": 1}

    def test_of_several_the_ids_are_named_in_the_order_of_their_numbers(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        optiply_client.query = {"accountId": "1380"}
        ids = [optiply_client.product(skuCode="SKU-1") for _ in range(7)]
        (entry,) = bench.run(products(singer, 1)).results["bookmarks"]["products"]
        assert f"(ids {', '.join(sorted(ids, key=int)[:5])})" in entry["error"]

    def test_a_sale_is_taken_as_it_is_and_never_changed(self, bench: Any, singer: Any) -> None:
        sale = singer.stream("sellOrders", singer.order(1, 1))
        bench.run([*products(singer, 1), *sale])
        bench.forget_requests()
        run = bench.run([*products(singer, 1), *sale], snapshot_dir="fresh")
        assert run.count("sellOrders") == {"adopted": 1}
        assert not bench.sent("PATCH", "sellOrders")

    def test_a_removal_finds_its_object_by_the_key_and_takes_it_away(self, bench: Any, singer: Any) -> None:
        bench.run(products(singer, 1))
        gone = singer.stream("products", {**singer.product(1), "deleted_at": "2026-02-01T00:00:00Z"})
        run = bench.run(gone, snapshot_dir="fresh")
        assert run.count("products") == {"adopted": 1}
        assert run.results["bookmarks"]["products"][0]["action"] == "disable"
        assert bench.objects("products")[0]["status"] == "disabled"

    def test_a_removed_sale_that_is_found_is_deleted_and_not_kept(self, bench: Any, singer: Any) -> None:
        bench.run([*products(singer, 1), *singer.stream("sellOrders", singer.order(1, 1))])
        gone = singer.stream("sellOrders", singer.order(1, 1, deleted_at="2026-02-01T00:00:00Z"))
        bench.run([*products(singer, 1), *gone], snapshot_dir="fresh")
        assert not bench.objects("sellOrders")

    def test_a_removal_of_what_nobody_has_sends_nothing(self, bench: Any, singer: Any) -> None:
        gone = singer.stream("products", {**singer.product(1), "deleted_at": "2026-02-01T00:00:00Z"})
        run = bench.run(gone)
        assert (run.count("products"), bench.writes()) == ({"deleted": 1}, {})


class TestAfterARefusal:
    """What was accepted before says nothing any more: the same record is sent when it comes again."""

    @pytest.fixture(autouse=True)
    def refuse_13(self, bench: Any) -> None:
        bench.sandbox.faults_optiply.add({"record": '"stockLevel":13', "status": 400, "body": "no"})

    def test_the_refused_record_is_asked_again_within_a_run(self, bench: Any, singer: Any) -> None:
        thirteen = products(singer, 1, stockLevel=13)
        assert bench.run([*thirteen, *thirteen[1:]]).count("products") == {"refused": 2}

    def test_the_record_accepted_before_is_sent_again_within_a_run(self, bench: Any, singer: Any) -> None:
        run = bench.run([*products(singer, 1), *products(singer, 1, stockLevel=13)[1:], *products(singer, 1)[1:]])
        assert run.count("products") == {"created": 1, "refused": 1, "updated": 1}

    def test_also_when_an_earlier_run_had_brought_it(self, bench: Any, singer: Any) -> None:
        bench.run(products(singer, 1))
        run = bench.run([*products(singer, 1, stockLevel=13), *products(singer, 1)[1:]])
        assert run.count("products") == {"refused": 1, "updated": 1}

    def test_and_in_the_next_run(self, bench: Any, singer: Any) -> None:
        bench.run(products(singer, 1))
        assert bench.run(products(singer, 1, stockLevel=13)).count("products") == {"refused": 1}
        assert bench.run(products(singer, 1, stockLevel=13)).count("products") == {"refused": 1}
        assert bench.run(products(singer, 1)).count("products") == {"updated": 1}
        assert bench.run(products(singer, 1)).count("products") == {"existing": 1}


class TestWhatIsAnnounced:
    def test_a_change_puts_in_doubt_only_what_its_request_holds(self, bench: Any, singer: Any) -> None:
        """The two ids of an offer are said once; in doubt they would be offered as changes, and refused, for ever."""
        offer = {"remoteId": "9", "name": "x", "productRemoteId": "1", "supplierRemoteId": "S", "lotSize": 1}
        bench.run(
            [
                *products(singer, 1),
                *singer.stream("suppliers", {"remoteId": "S", "name": "Wood"}),
                *singer.stream("supplierProducts", offer),
            ]
        )
        bench.sandbox.faults_optiply.add({"method": "PATCH", "path": "/supplierProducts/", "status": 500, "acts": True})
        run = bench.run(singer.stream("supplierProducts", {**offer, "lotSize": 2}))
        assert run.count("supplierProducts") == {"failed": 1}
        left = acknowledged(bench, "supplierProducts", "9")
        assert '"productRemoteId":"1"' in left
        assert '"supplierRemoteId":"S"' in left
        assert "lotSize" not in left

    def test_a_create_is_announced_with_all_it_says(self, bench: Any, singer: Any) -> None:
        """The next run has nothing but the announcement to repeat it from, references by remote id included."""
        bench.run(products(singer, 1, 2))
        bench.sandbox.faults_optiply.add({"method": "POST", "path": "/productCompositions$", "status": 503, "nth": 1})
        bench.sandbox.faults_optiply.add({"method": "GET", "path": "/productCompositions$", "status": 403, "nth": 2})
        part = {"remoteId": "K", "composedProductRemoteId": "1", "partProductRemoteId": "2", "partQuantity": 3}
        assert bench.run(singer.stream("productCompositions", part)).code == 1
        bench.sandbox.faults_optiply.clear()
        bench.run(products(singer, 1))
        assert [row["partQuantity"] for row in bench.objects("productCompositions")] == [3]


class TestCreatesOfEarlierRuns:
    def test_they_are_no_records_of_a_run_that_stops_before_their_look_up(self, bench: Any, singer: Any) -> None:
        announced(2, name="Lost", stockLevel=1)
        run = bench.run(products(singer, 1, price=-1), max_failures=0, unanswered_wait=30)
        assert (run.code, run.count("products")) == (1, {"refused": 1})
        assert [entry["externalId"] for entry in run.results["bookmarks"]["products"]] == ["1"]
        with Snapshot.open(bench.folder / "snapshots") as snapshot:
            assert [outcome.remoteId for outcome in snapshot.unanswered("products")] == ["2"]

    def test_this_run_s_own_are_records_that_failed_for_now(self, bench: Any, singer: Any) -> None:
        bench.sandbox.faults_optiply.add({"method": "POST", "record": '"SKU-2"', "cut": "before"})
        bad = products(singer, 1, price=-1)[1:]
        run = bench.run([*products(singer, 2), *bad], max_failures=0, unanswered_wait=30, max_concurrency=1)
        assert (run.code, run.count("products")) == (1, {"failed": 1, "refused": 1})
        (entry,) = [entry for entry in run.results["bookmarks"]["products"] if entry["externalId"] == "2"]
        assert "the next run looks it up" in entry["error"]

    def test_they_wait_for_the_end_of_the_input_even_when_their_time_has_come(self, bench: Any, singer: Any) -> None:
        """A newer record may still come in their place, after records of another kind."""
        announced(2, name="Old", stockLevel=1)
        messages = [
            *products(singer, 1),
            *singer.stream("suppliers", {"remoteId": "S", "name": "Wood"}),
            *products(singer, 2),
        ]
        run = bench.run(messages, unanswered_wait=0)
        assert [sent["name"] for sent in bench.sent("POST", "products")] == ["Product 1", "Product 2"]
        assert run.count("products") == {"created": 2}

    def test_what_optiply_has_of_them_is_adopted_and_then_brought_up_to_date(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        optiply_client.product(skuCode="SKU-2", name="Old", remoteId="2")
        announced(2, at=bench.sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"), name="Old", skuCode="SKU-2")
        bench.run(products(singer, 2))
        assert [row["name"] for row in bench.objects("products")] == ["Product 2"]


class TestWhatARecordAsksFor:
    @pytest.mark.parametrize(
        ("steering", "counted"),
        [
            ({}, {"updated": 1}),
            ({"_changed": ["status"]}, {"disabled": 1}),
            ({"_changed": ["status", "stockLevel"]}, {"disabled": 1}),
            ({"_changed": ["stockLevel"]}, {"updated": 1}),
            ({"_changed": []}, {"existing": 1}),
            ({"_changed": [], "deleted_at": "2026-02-01T00:00:00Z"}, {"disabled": 1}),
        ],
    )
    def test_a_disabled_product_counts_as_disabled_only_where_that_is_the_change(
        self, bench: Any, singer: Any, steering: dict[str, Any], counted: dict[str, int]
    ) -> None:
        bench.run(products(singer, 1))
        assert bench.run(products(singer, 1, status="disabled", stockLevel=8, **steering)).count("products") == counted

    def test_a_change_that_names_nothing_the_record_holds_sends_nothing(self, bench: Any, singer: Any) -> None:
        bench.run(products(singer, 1))
        bench.forget_requests()
        run = bench.run(products(singer, 1, _changed=["minimumStock"]))
        assert (run.count("products"), bench.writes()) == ({"existing": 1}, {})

    @pytest.mark.parametrize("names", [["productRemoteId"], ["productRemoteId", "lotSize"]])
    def test_what_can_be_said_only_once_is_refused_or_left_out_with_a_sentence(
        self, bench: Any, singer: Any, names: list[str]
    ) -> None:
        offer = {"remoteId": "9", "name": "x", "productRemoteId": "1", "supplierRemoteId": "S", "lotSize": 1}
        supplier = singer.stream("suppliers", {"remoteId": "S", "name": "Wood"})
        bench.run([*products(singer, 1, 2), *supplier, *singer.stream("supplierProducts", offer)])
        moved = {**offer, "productRemoteId": "2", "lotSize": 4, "_changed": names}
        run = bench.run(singer.stream("supplierProducts", moved))
        assert run.count("supplierProducts") == ({"refused": 1} if len(names) == 1 else {"updated": 1})
        assert "productId cannot change" in run.report["reasons"][0]["reason"]
        assert bench.objects("supplierProducts")[0]["lotSize"] == (1 if len(names) == 1 else 4)

    def test_an_id_that_the_record_names_takes_precedence_over_the_one_we_know(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        bench.run(products(singer, 1))
        other = optiply_client.product(skuCode="other")
        bench.run(products(singer, 1, id=other, stockLevel=9))
        assert {row["stockLevel"] for row in bench.objects("products") if str(row["id"]) == other} == {9}

    def test_an_old_id_that_is_gone_in_optiply_costs_the_record_nothing_it_has(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        """The id known from the store is not forgotten because the one in the record is old."""
        bench.run(products(singer, 1))
        old = optiply_client.product(skuCode="old")
        optiply_client.delete("products", old)
        run = bench.run(products(singer, 1, id=old, stockLevel=9))
        assert run.count("products") == {"updated": 1}
        assert [(row["skuCode"], row["stockLevel"]) for row in bench.objects("products")] == [("SKU-1", 9)]


class TestWaitingForOthers:
    def test_a_record_that_came_before_what_it_refers_to_is_sent_at_the_end(self, bench: Any, singer: Any) -> None:
        """And in the order of loading: what is sent first may be what the next one waits for."""
        line = {"remoteId": "L", "sellOrderRemoteId": "1", "productRemoteId": "2", "quantity": 1, "subtotalValue": 3.0}
        run = bench.run(
            [
                *singer.stream("sellOrderLines", line),
                *singer.stream("sellOrders", singer.order(1, 1)),
                *products(singer, 1, 2),
            ]
        )
        assert run.count("sellOrders") == {"created": 1}
        assert run.count("sellOrderLines") == {"created": 1}

    def test_what_refers_to_nothing_that_comes_waits_and_says_for_what(self, bench: Any, singer: Any) -> None:
        run = bench.run([*products(singer, 1), *singer.stream("sellOrders", singer.order(1, 1, 404))])
        assert (run.count("sellOrders"), run.code) == ({"waiting": 1}, 0)
        assert not bench.objects("sellOrders")
        (entry,) = run.results["bookmarks"]["sellOrders"]
        assert "productRemoteId 404 is not known to Optiply yet" in entry["error"]

    def test_a_later_record_of_the_same_key_waits_its_turn(self, bench: Any, singer: Any) -> None:
        run = bench.run(
            [
                *singer.stream("sellOrders", singer.order(1, 1), singer.order(1, 1)),
                *products(singer, 1),
            ]
        )
        assert run.count("sellOrders") == {"created": 1, "existing": 1}
        assert len(bench.objects("sellOrders")) == 1
