"""One Magento object is one Optiply object, however a create ends."""

import shutil
import time
from typing import Any

import pytest

from connector.http.clock import moment
from delivery.phases import Phase
from store.snapshot import Outcome, Snapshot
from tests.target_optiply.logins import shared_token

LOST = {
    "the answer is lost after the server acted": {"cut": "after"},
    "the connection is cut before the server acts": {"cut": "before"},
    "half an answer arrives": {"cut": "during"},
    "the server acts and answers 500": {"status": 500, "acts": True},
    "the server answers 503 without acting": {"status": 503},
    "a gateway times out after the server acted": {"status": 504, "acts": True},
    "a firewall's page stands in for the answer": {"status": 200, "body": "html", "acts": True},
    "the server acts only after the connection is gone": {"act_after_cut": 0.1},
}
COUPLINGS = {"with a coupling": {"coupling_id": 77}, "without a coupling": {"coupling_id": None}}


def three_products(singer: Any) -> list[dict[str, Any]]:
    return singer.stream("products", *(singer.product(number) for number in (1, 2, 3)))


def skus(bench: Any) -> list[str]:
    return sorted(row["skuCode"] for row in bench.objects("products"))


@pytest.mark.parametrize("coupling", list(COUPLINGS))
@pytest.mark.parametrize("way", list(LOST))
def test_each_product_is_there_once_when(bench: Any, singer: Any, way: str, coupling: str) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 2, **LOST[way]})
    run = bench.run(
        [*three_products(singer), *singer.stream("sellOrders", singer.order(1, 1, 2, 3))], **COUPLINGS[coupling]
    )
    assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]
    assert run.count("sellOrders") == {"created": 1}
    assert sum(run.count("products").values()) == 3
    assert run.results["summary"]["products"]["fail"] == 0


@pytest.mark.parametrize("way", list(LOST))
def test_each_order_is_there_once_when(bench: Any, singer: Any, way: str) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/sellOrders$", "nth": [1, 3], **LOST[way]})
    orders = singer.stream("sellOrders", *(singer.order(number, 1) for number in range(1, 5)))
    bench.run([*singer.stream("products", singer.product(1)), *orders])
    assert sorted(row["placed"] for row in bench.objects("sellOrders")) == [
        message["record"]["placed"] for message in orders[1:]
    ]


def test_a_create_without_answer_is_not_repeated_before_it_was_looked_up(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 1, "cut": "before"})
    bench.run(singer.stream("products", singer.product(1)))
    methods = [entry.method for entry in bench.sandbox.requests.select(path="/v1/products")]
    assert methods == ["GET", "POST", "GET", "POST"]


def test_a_create_that_always_ends_in_500_fails_alone_after_three_attempts(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "record": '"SKU-2"', "status": 500})
    run = bench.run([*three_products(singer), singer.state({"bookmarks": {}})], unanswered_wait=0.05)
    assert run.code == 0
    assert run.count("products") == {"created": 2, "failed": 1}
    assert skus(bench) == ["SKU-1", "SKU-3"]
    assert len([sent for sent in bench.sandbox.requests.select(method="POST", path="products$") if sent.fault]) == 3
    (entry,) = [entry for entry in run.results["bookmarks"]["products"] if not entry["success"]]
    assert "A fault of the sandbox." in entry["error"]


@pytest.mark.parametrize("coupling", list(COUPLINGS))
def test_a_lost_snapshot_folder_makes_no_second_product(bench: Any, singer: Any, coupling: str) -> None:
    messages = [*three_products(singer), *singer.stream("sellOrders", singer.order(1, 1, 2), singer.order(2, 3))]
    bench.run(messages, **COUPLINGS[coupling])
    before = bench.sandbox.optiply.counts()
    shutil.rmtree("snapshots")
    run = bench.run(messages, **COUPLINGS[coupling])
    assert bench.sandbox.optiply.counts() == before
    assert (run.count("products"), run.count("sellOrders")) == ({"adopted": 3}, {"adopted": 2})


def test_an_older_snapshot_brought_back_makes_no_second_object(bench: Any, singer: Any) -> None:
    bench.run(singer.stream("products", singer.product(1)))
    shutil.copytree("snapshots", "older")
    bench.run(three_products(singer))
    shutil.rmtree("snapshots")
    shutil.copytree("older", "snapshots")
    run = bench.run(three_products(singer))
    assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]
    assert run.count("products") == {"existing": 1, "adopted": 2}


def test_with_adopt_never_nothing_is_listed(bench: Any, singer: Any) -> None:
    bench.run(three_products(singer), adopt="never")
    (asked,) = bench.sandbox.requests.select(method="GET")
    assert asked.query.endswith("page%5Blimit%5D=1")  # for Optiply's time alone


def test_announcements_carry_optiplys_time_even_when_nothing_was_asked_before(bench: Any, singer: Any) -> None:
    token = shared_token(bench.sandbox.auth_url).token()
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "products$", "cut": "after"})
    bench.run(singer.stream("products", singer.product(1)), adopt="never", access_token=token, unanswered_wait=0)
    (entry,) = bench.objects("products")
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        answered = snapshot.last_answer_at("products")
    assert answered is not None
    assert abs((moment(answered) - moment(entry["createdAt"])).total_seconds()) < 60


def test_an_announced_create_of_a_killed_run_is_looked_up_by_the_next(bench: Any, singer: Any) -> None:
    """Product 2 was created before the kill, product 3 was not; neither is offered again."""
    bench.run(singer.stream("products", singer.product(1)))
    created = bench.run(singer.stream("products", singer.product(2)), snapshot_dir="elsewhere", adopt="never")
    assert created.count("products") == {"created": 1}
    at = bench.sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    with open("snapshots/outcomes-20260115T080000-1.jsonl", "w") as file:
        for number in (2, 3):
            sent = {name: value for name, value in singer.product(number).items() if name != "remoteId"}
            file.write(_announced(str(number), sent, at) + "\n")
    run = bench.run(singer.stream("products", singer.product(1)))
    assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]
    assert run.count("products") == {"existing": 1, "adopted": 1, "created": 1}
    with Snapshot.open(bench.folder / "snapshots") as snapshot:
        assert snapshot.unanswered("products") == []
        assert set(snapshot.ids("products")) == {"1", "2", "3"}


def _announced(remote_id: str, sent: dict[str, Any], at: str) -> str:
    return Outcome("products", remote_id, "announced", "create", sent=sent, at=at).to_json()


def test_a_newer_record_stands_in_for_an_announced_create_that_never_arrived(bench: Any, singer: Any) -> None:
    bench.run(singer.stream("products", singer.product(1)))
    at = bench.sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    (bench.folder / "snapshots/outcomes-20260115T080000-1.jsonl").write_text(
        _announced("2", {"name": "Old", "stockLevel": 1}, at) + "\n"
    )
    run = bench.run(singer.stream("products", singer.product(2)))
    assert [row["name"] for row in bench.objects("products")] == ["Product 1", "Product 2"]
    assert run.count("products") == {"created": 1}


def test_the_create_of_a_dead_run_is_not_looked_up_before_the_wait_is_over(bench: Any, singer: Any) -> None:
    """The dead run may have sent it at its very end, however old the announcement is; here the server acts late."""
    bench.run(singer.stream("products", singer.product(1)))
    sent = {name: value for name, value in singer.product(2).items() if name != "remoteId"}
    announced = bench.folder / "snapshots/outcomes-20260115T080000-1.jsonl"
    announced.write_text(_announced("2", sent, "2026-01-15T07:00:00Z") + "\n")
    target = bench.target(unanswered_wait=30, max_concurrency=1)
    dispatcher = target.delivery.dispatcher()
    (parked,) = dispatcher._board.at(Phase.PARKED)
    assert 25 < parked.lost.given_up_at - time.monotonic() <= 30
    target.delivery.conclude()


@pytest.mark.parametrize("way", [way for way, fault in LOST.items() if "after" in str(fault) or fault.get("acts")])
def test_a_create_that_was_carried_out_is_adopted_at_once(bench: Any, singer: Any, way: str) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 2, **LOST[way]})
    began = time.monotonic()
    orders = singer.stream("sellOrders", singer.order(1, 1, 2, 3))
    run = bench.run([*three_products(singer), *orders], unanswered_wait=60)
    assert time.monotonic() - began < 5
    assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]
    assert (run.count("products"), run.count("sellOrders")) == ({"created": 2, "adopted": 1}, {"created": 1})


def test_a_create_that_was_not_carried_out_is_looked_up_early_and_again_and_never_repeated_before_the_wait_is_over(
    bench: Any, singer: Any
) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 1, "cut": "before"})
    began = time.monotonic()
    run = bench.run(singer.stream("products", singer.product(1)), unanswered_wait=2)
    assert time.monotonic() - began > 2
    assert run.count("products") == {"created": 1}
    methods = [entry.method for entry in bench.sandbox.requests.select(path="/v1/products")]
    # Looked up after 0.5, 1.5 and 2 seconds: the last time as far back as clocks may be apart.
    assert methods == ["GET", "POST", "GET", "GET", "GET", "POST"]


def test_a_create_of_a_large_load_is_looked_up_while_the_others_go_on(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 2, "cut": "after"})
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "nth": 150, "delay": 0.6})
    run = bench.run(singer.stream("products", *map(singer.product, range(1, 401))), unanswered_wait=60)
    assert run.count("products") == {"created": 399, "adopted": 1}
    methods = "".join(entry.method[0] for entry in bench.sandbox.requests.select(path="/v1/products"))
    assert methods.lstrip("G").split("G")[-1].count("P") > 50  # creates that followed the look-up


class TestOneOwner:
    """One Optiply id belongs to one record, whoever gives it to a second."""

    def test_an_answer_with_the_id_of_another_record_is_a_failure(self, bench: Any, singer: Any) -> None:
        bench.run(singer.stream("products", singer.product(1)))
        (first,) = bench.objects("products")
        body = '{"data": {"type": "products", "id": "%s", "attributes": {}}}' % first["id"]  # noqa: UP031 - braces
        bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "status": 201, "body": body})
        run = bench.run(singer.stream("products", singer.product(1), singer.product(2)))
        assert run.count("products") == {"existing": 1, "failed": 1}
        (reason,) = run.report["reasons"]
        assert f"Optiply's id {first['id']} belongs to products 1" in reason["reason"]
        with Snapshot.open(bench.folder / "snapshots") as snapshot:
            assert snapshot.ids("products") == {"1": str(first["id"])}

    def test_an_order_of_a_record_that_got_no_id_waits(self, bench: Any, singer: Any) -> None:
        bench.run(singer.stream("products", singer.product(1)))
        (first,) = bench.objects("products")
        body = '{"data": {"id": "%s"}}' % first["id"]  # noqa: UP031 - braces
        bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "status": 201, "body": body})
        orders = singer.stream("sellOrders", singer.order(1, 2))
        run = bench.run([*singer.stream("products", singer.product(2)), *orders])
        assert run.count("sellOrders") == {"waiting": 1}

    def test_a_record_that_comes_with_the_id_of_another_is_refused(self, bench: Any, singer: Any) -> None:
        bench.run(singer.stream("products", singer.product(1)))
        (first,) = bench.objects("products")
        bench.forget_requests()
        run = bench.run(singer.stream("products", singer.product(2, id=first["id"], _changed=["name"])))
        assert (run.count("products"), bench.writes()) == ({"refused": 1}, {})
        assert run.report["reasons"][0]["field"] == "id"

    def test_a_pair_that_belongs_to_another_record_is_left_alone(self, bench: Any, singer: Any) -> None:
        pair = {"composedProductRemoteId": "1", "partProductRemoteId": "2", "partQuantity": 2}
        products = three_products(singer)
        bench.run([*products, *singer.stream("productCompositions", {"remoteId": "A", **pair})])
        bench.forget_requests()
        run = bench.run(singer.stream("productCompositions", {"remoteId": "B", **pair, "partQuantity": 9}))
        assert run.count("productCompositions") == {"refused": 1}
        assert not bench.sent("PATCH", "productCompositions")


class TestMatching:
    """What counts as the same record when the snapshot knows nothing."""

    @pytest.fixture
    def made(self, optiply_client: Any) -> Any:
        def make(coupling: str | None, **attributes: Any) -> str:
            query = {"couplingId": coupling} if coupling else {}
            optiply_client.query = {"accountId": "1380", **query}
            return optiply_client.product(**attributes)

        return make

    def run(self, bench: Any, singer: Any) -> Any:
        return bench.run(singer.stream("products", singer.product(1)))

    def test_an_entry_under_our_coupling_decides_whatever_the_sku(self, bench: Any, singer: Any, made: Any) -> None:
        made("77", remoteId="1", skuCode="renamed")
        assert self.run(bench, singer).count("products") == {"adopted": 1}

    def test_an_entry_under_our_coupling_for_another_record_is_left_alone(
        self, bench: Any, singer: Any, made: Any
    ) -> None:
        made("77", remoteId="2", skuCode="SKU-1")
        assert self.run(bench, singer).count("products") == {"created": 1}

    def test_a_sole_foreign_entry_counts_when_the_sku_agrees(self, bench: Any, singer: Any, made: Any) -> None:
        made("5", remoteId="1", skuCode="SKU-1")
        assert self.run(bench, singer).count("products") == {"adopted": 1}

    def test_a_sole_foreign_entry_with_another_sku_is_left_alone(self, bench: Any, singer: Any, made: Any) -> None:
        made("5", remoteId="1", skuCode="other")
        assert self.run(bench, singer).count("products") == {"created": 1}

    def test_without_any_entry_the_sku_decides(self, bench: Any, singer: Any, made: Any) -> None:
        made(None, skuCode="SKU-1")
        assert self.run(bench, singer).count("products") == {"adopted": 1}
        assert bench.objects("products")[0]["name"] == "Product 1"

    def test_several_that_fit_are_reported_and_none_is_created(self, bench: Any, singer: Any, made: Any) -> None:
        made(None, skuCode="SKU-1")
        made(None, skuCode="SKU-1")
        run = self.run(bench, singer)
        assert run.count("products") == {"refused": 1}
        assert "several objects" in run.results["bookmarks"]["products"][0]["error"]
        assert len(bench.objects("products")) == 2


@pytest.mark.parametrize("resource", ["productCompositions", "supplierProducts"])
def test_a_pair_that_exists_already_is_found_by_both_ids_and_brought_up_to_date(
    bench: Any, singer: Any, resource: str
) -> None:
    """The account has other pairs before and after it; only the one asked for is taken."""
    bench.run([*three_products(singer), *singer.stream("suppliers", {"remoteId": "S", "name": "Wood"})])
    records = {
        "productCompositions": [
            {"composedProductRemoteId": "1", "partProductRemoteId": part, "partQuantity": 1} for part in ("2", "3")
        ],
        "supplierProducts": [
            {"name": "x", "productRemoteId": product, "supplierRemoteId": "S", "lotSize": 1}
            for product in ("1", "2", "3")
        ],
    }[resource]
    numbered = ({"remoteId": str(number), **record} for number, record in enumerate(records))
    bench.run(singer.stream(resource, *numbered), max_concurrency=1)
    ids = [row["id"] for row in bench.objects(resource)]
    changed = "partQuantity" if resource == "productCompositions" else "lotSize"

    last = {"remoteId": "another", **records[-1], changed: 8}
    run = bench.run(singer.stream(resource, last), snapshot_dir="fresh", adopt="never")
    assert run.count(resource) == {"waiting": 1}  # the other snapshot knows no products

    shutil.copytree("snapshots", "copy")
    with Snapshot.open(bench.folder / "copy") as snapshot, snapshot.transaction():
        snapshot.change("DELETE FROM records WHERE stream = ?", resource)
    run = bench.run(singer.stream(resource, last), snapshot_dir="copy", adopt="never")
    assert run.count(resource) == {"adopted": 1}
    rows = bench.objects(resource)
    assert [row["id"] for row in rows] == ids
    assert [row[changed] for row in rows] == [*[1] * (len(ids) - 1), 8]


class TestHowFarBackIsLooked:
    """An answer noted since does not hide what the account gained before and nobody has claimed yet."""

    def test_a_lost_folder_and_a_partial_run_leave_the_others_to_be_found_later(self, bench: Any, singer: Any) -> None:
        bench.run(three_products(singer))
        shutil.rmtree("snapshots")
        for numbers in ((1,), (2,), (1, 2, 3)):
            bench.sandbox.clock.advance(1)
            bench.run(singer.stream("products", *(singer.product(number) for number in numbers)))
        assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]
        bench.sandbox.clock.advance(1)
        bench.forget_requests()
        bench.run(singer.stream("products", singer.product(4)))
        (listed,) = bench.sandbox.requests.select(method="GET")
        assert "createdAt" in listed.query  # all is claimed, so the last answer counts again

    def test_an_older_folder_and_a_run_of_changes_alone_leave_the_others_to_be_found_later(
        self, bench: Any, singer: Any
    ) -> None:
        bench.run(singer.stream("products", singer.product(1)))
        shutil.copytree("snapshots", "older")
        bench.sandbox.clock.advance(1)
        bench.run(three_products(singer))
        bench.sandbox.clock.advance(1)
        changed = bench.run(singer.stream("products", singer.product(1) | {"name": "New"}), snapshot_dir="older")
        assert changed.count("products") == {"updated": 1}
        bench.sandbox.clock.advance(1)
        bench.run(three_products(singer), snapshot_dir="older")
        assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]

    def test_an_older_folder_and_a_run_that_fails_leave_the_others_to_be_found_later(
        self, bench: Any, singer: Any
    ) -> None:
        many = singer.stream("products", *(singer.product(number) for number in range(1, 121)))
        bench.run(many[:2])
        shutil.copytree("snapshots", "older")
        bench.sandbox.clock.advance(1)
        bench.run(many)
        bench.sandbox.faults_optiply.add({"method": "PATCH", "nth": 2, "status": 403, "body": "insufficient_scope"})
        bench.sandbox.clock.advance(1)
        assert bench.run(many, snapshot_dir="older", max_concurrency=1).code == 1
        bench.sandbox.faults_optiply.clear()
        bench.sandbox.clock.advance(1)
        bench.run(many, snapshot_dir="older")
        assert len(skus(bench)) == len(set(skus(bench))) == 120

    def test_what_could_not_be_told_apart_is_reported_again_and_not_created(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        optiply_client.query = {"accountId": "1380"}
        ids = [optiply_client.product(skuCode="SKU-1") for _ in range(2)]
        for other in (2, 3):
            bench.sandbox.clock.advance(1)
            run = bench.run(singer.stream("products", singer.product(1), singer.product(other)))
            assert run.count("products")["refused"] == 1
        optiply_client.login()
        optiply_client.delete("products", ids[0])
        bench.sandbox.clock.advance(1)
        run = bench.run(singer.stream("products", singer.product(1)))
        assert run.count("products") == {"adopted": 1}
        assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]

    def test_a_killed_run_leaves_no_answer_that_hides_the_others(self, bench: Any, singer: Any) -> None:
        """It was killed after the group of the first product was on disk, without a word of what it had listed."""
        bench.run(three_products(singer))
        bench.sandbox.clock.advance(1)
        target = bench.target(snapshot_dir="fresh")
        session = target.delivery
        session.send([session.read("products", singer.product(1), ())])
        session.drain()
        session._make_sure_of_ledger().close()
        session._stack.close()  # all that happens to a killed run: its lock is free
        bench.sandbox.clock.advance(1)
        run = bench.run(three_products(singer), snapshot_dir="fresh")
        assert skus(bench) == ["SKU-1", "SKU-2", "SKU-3"]
        assert run.count("products") == {"existing": 1, "adopted": 2}

    def test_sales_of_ours_that_no_run_meets_are_noted_once_and_for_all(self, bench: Any, singer: Any) -> None:
        sales = singer.stream("sellOrders", *(singer.order(number, 1) for number in range(1, 4)))
        bench.run([*three_products(singer), *sales])
        shutil.rmtree("snapshots")
        bench.sandbox.clock.advance(1)
        bench.run([*three_products(singer), *sales[:2]])
        bench.sandbox.clock.advance(1)
        bench.forget_requests()
        bench.run([*three_products(singer), *sales, *singer.stream("sellOrders", singer.order(4, 1))[1:]])
        (listed,) = bench.sandbox.requests.select(method="GET", path="/sellOrders$")
        assert "createdAt" in listed.query
        assert len(bench.objects("sellOrders")) == 4

    def test_what_others_made_under_their_coupling_is_not_looked_at_again(
        self, bench: Any, singer: Any, optiply_client: Any
    ) -> None:
        optiply_client.query = {"accountId": "1380", "couplingId": "5"}
        optiply_client.product(skuCode="theirs", remoteId="1")
        bench.run(singer.stream("products", singer.product(1)))
        bench.sandbox.clock.advance(1)
        bench.forget_requests()
        bench.run(singer.stream("products", singer.product(2)))
        (listed,) = bench.sandbox.requests.select(method="GET")
        assert "createdAt" in listed.query

    def test_a_time_in_the_future_that_a_wrong_clock_left_hides_nothing(self, bench: Any, singer: Any) -> None:
        bench.run(singer.stream("products", singer.product(1)))
        bench.run(singer.stream("products", singer.product(2)), snapshot_dir="elsewhere", adopt="never")
        with Snapshot.open(bench.folder / "snapshots") as snapshot, snapshot.transaction():
            snapshot.set_note("last_gain_at:products", "2031-01-01T00:00:00Z")
        run = bench.run(singer.stream("products", singer.product(1), singer.product(2)))
        assert skus(bench) == ["SKU-1", "SKU-2"]
        assert run.count("products") == {"existing": 1, "adopted": 1}
