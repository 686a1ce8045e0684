"""The results file, HotGlue's mode, resume files, id maps, the step report and the dry run."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest


def products(singer: Any, *numbers: int, **attributes: Any) -> list[dict[str, Any]]:
    return singer.stream("products", *(singer.product(number, **attributes) for number in numbers))


def test_each_record_has_one_entry_and_one_bucket(bench: Any, singer: Any) -> None:
    bench.run(products(singer, 1, 2))
    run = bench.run(
        [*products(singer, 1), *products(singer, 2, stockLevel=1)[1:], *products(singer, 3, 4, price=-1)[1:]]
    )
    run_again = bench.run(products(singer, 5))
    assert run.results["summary"] == {"products": {"success": 0, "fail": 2, "existing": 1, "updated": 1}}
    entries = run.results["bookmarks"]["products"]
    assert {entry["externalId"]: entry["status"] for entry in entries} == {
        "1": "accepted",
        "2": "accepted",
        "3": "refused",
        "4": "refused",
    }
    assert all(entry["success"] is (entry["status"] == "accepted") for entry in entries)
    assert all(len(entry["hash"]) == 64 for entry in entries)
    assert run_again.results["summary"]["products"]["success"] == 1


def test_ids_in_the_results_are_optiplys(bench: Any, singer: Any) -> None:
    run = bench.run(products(singer, 1))
    assert run.results["bookmarks"]["products"][0]["id"] == str(bench.objects("products")[0]["id"])


def test_the_results_go_where_the_setting_says(bench: Any, singer: Any) -> None:
    bench.run(products(singer, 1), results_path="deep/results.json")
    assert json.loads(Path("deep/results.json").read_text())["summary"]["products"]["success"] == 1
    assert not Path("target-state.json").exists()


def test_in_hotglue_mode_the_results_are_the_last_line_of_stdout(
    bench: Any, singer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOB_ROOT", "tenant/flows/flow/jobs/1")
    monkeypatch.setenv("TENANT", "tenant")
    run = bench.run([*products(singer, 1), singer.state({"bookmarks": {}, "after": 1})])
    assert run.states == [run.results]


@pytest.mark.parametrize(("output", "is_state"), [("singer", True), ("hotglue", False)])
def test_state_output_can_be_said_outright(bench: Any, singer: Any, output: str, is_state: bool) -> None:
    run = bench.run([*products(singer, 1), singer.state({"after": 1})], state_output=output)
    assert (run.states == [{"after": 1}]) is is_state


def test_what_an_interrupted_run_of_the_old_sdk_brought_is_not_sent_again(bench: Any, singer: Any) -> None:
    messages = products(singer, 1, 2)
    old_hash = hashlib.sha256(json.dumps(messages[1]["record"]).encode()).hexdigest()
    failed = hashlib.sha256(json.dumps(messages[2]["record"]).encode()).hexdigest()
    bookmarks = [{"hash": old_hash, "success": True, "id": "900"}, {"hash": failed, "success": False, "error": "500"}]
    Path("incremental_target_state.json").write_text(json.dumps({"bookmarks": {"products": bookmarks}, "summary": {}}))
    run = bench.run(messages, resume_path="incremental_target_state.json")
    assert run.results["summary"]["products"] == {"success": 1, "fail": 0, "existing": 1, "updated": 0}
    assert [row["articleCode"] for row in bench.objects("products")] == ["2"]


def test_hotglues_id_map_is_read_and_written(bench: Any, singer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("JOB_ROOT", "r"), ("TENANT", "t"), ("FLOW", "fl")):
        monkeypatch.setenv(name, value)
    bench.run(products(singer, 1))
    id_map = bench.folder / "snapshots" / "products_fl.snapshot.csv"
    other = bench.folder / "snapshots" / "buy_orders_fl.snapshot.csv"
    other.write_text("InputId,RemoteId\nB,900\n")
    with id_map.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"InputId": "1", "RemoteId": str(bench.objects("products")[0]["id"])}]

    (bench.folder / "snapshots" / "optiply.sqlite").unlink()
    run = bench.run(products(singer, 1, stockLevel=40), adopt="never")
    assert run.count("products") == {"updated": 1}
    bench.run(singer.stream("BuyOrders", {"remoteId": "B", "totalValue": 3}))
    assert bench.sandbox.requests.select(method="PATCH", path="/buyOrders/900$")  # however the flow spells the stream
    assert (bench.folder / "snapshots" / "BuyOrders_fl.snapshot.csv").exists()


def test_a_hash_is_equal_for_equal_numbers_however_written() -> None:
    from decimal import Decimal

    from delivery.record import record_hash

    one = record_hash({"price": Decimal("12.30"), "stockLevel": 7}, deleted=False)
    assert one == record_hash({"stockLevel": Decimal("7.0"), "price": 12.3}, deleted=False)
    assert one != record_hash({"price": Decimal("12.31"), "stockLevel": 7}, deleted=False)
    assert one != record_hash({"price": Decimal("12.30"), "stockLevel": 7}, deleted=True)


def test_the_step_report_counts_requests_and_reasons(bench: Any, singer: Any) -> None:
    run = bench.run(products(singer, 1, 2, 3, 4, 5, 6, 7, price=-1))
    assert run.report["step"] == "target"
    assert set(run.report["entities"]["products"]) == {
        *("created", "updated", "disabled", "deleted", "adopted", "existing", "waiting", "refused", "failed")
    }
    (reason,) = run.report["reasons"]
    assert (reason["count"], reason["examples"], reason["outcome"]) == (7, ["1", "2", "3", "4", "5"], "refused")
    assert run.report["requests"] == len(bench.sandbox.requests.entries)


class TestDryRun:
    """Nothing is sent; the file shows what would be."""

    def test_the_requests_are_written_and_none_is_sent(self, bench: Any, singer: Any) -> None:
        messages = [
            *products(singer, 1, 2),
            *singer.stream("sellOrders", singer.order(1, 1, 2)),
            singer.state({"a": 1}),
        ]
        run = bench.run(messages, dry_run=True)
        assert (run.code, run.stdout, bench.sandbox.requests.entries) == (0, "", [])
        requests = [json.loads(line) for line in Path("target-requests.jsonl").read_text().splitlines()]
        assert [(request["method"], request["resource"]) for request in requests] == [
            ("POST", "products"),
            ("POST", "products"),
            ("POST", "sellOrders"),
        ]
        made_up = {request["made_up_id"] for request in requests if request["resource"] == "products"}
        assert {str(line["productId"]) for line in requests[2]["attributes"]["orderLines"]} == made_up

    def test_it_leaves_nothing_that_a_real_run_would_take_for_done(self, bench: Any, singer: Any) -> None:
        bench.run(products(singer, 1), dry_run=True)
        assert not Path("target-state.json").exists()
        assert bench.run(products(singer, 1)).count("products") == {"created": 1}

    def test_it_needs_no_login(self, bench: Any, singer: Any) -> None:
        assert bench.run(products(singer, 1), dry_run=True, username="", password="").code == 0
