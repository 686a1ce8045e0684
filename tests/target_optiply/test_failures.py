"""One record's failure costs one record; what is repeated, for how long, and what ends a run."""

import errno
import json
import re
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connector.errors import RunError, Stopped
from delivery.session import Session
from store.snapshot import SnapshotError


def products(singer: Any, *numbers: int, **attributes: Any) -> list[dict[str, Any]]:
    return singer.stream("products", *(singer.product(number, **attributes) for number in numbers))


def attempts(bench: Any, method: str, path: str) -> int:
    return len(bench.sandbox.requests.select(method=method, path=path))


def test_a_record_optiply_refuses_is_in_the_results_with_the_apis_own_words(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add(
        {
            "record": '"SKU-2"',
            "status": 400,
            "body": '{"errors":[{"status":"400","detail":"second","meta":{"message":"the shelf is full"}}]}',
        }
    )
    run = bench.run(products(singer, 1, 2, 3))
    assert run.code == 0
    assert run.count("products") == {"created": 2, "refused": 1}
    assert run.results["summary"]["products"] == {"success": 2, "fail": 1, "existing": 0, "updated": 0}
    (entry,) = [entry for entry in run.results["bookmarks"]["products"] if not entry["success"]]
    assert (entry["externalId"], entry["error"]) == ("2", "status 400: the shelf is full")
    assert attempts(bench, "POST", "products$") == 3


@pytest.mark.parametrize(
    ("attribute", "value", "field"),
    [
        ("name", None, "name"),
        ("name", "x" * 256, "name"),
        ("price", "1,50", "price"),
        ("price", -1, "price"),
        ("price", 1e9, "price"),
        ("stockLevel", 2.5, "stockLevel"),
        ("stockLevel", 10_000_000, "stockLevel"),
        ("status", "archived", "status"),
        ("createdAtRemote", "yesterday", "createdAtRemote"),
    ],
)
def test_a_value_optiply_cannot_take_is_refused_here_by_field_and_never_zeroed(
    bench: Any, singer: Any, attribute: str, value: Any, field: str
) -> None:
    run = bench.run([*products(singer, 1), *products(singer, 2, **{attribute: value})[1:]])
    assert run.count("products") == {"created": 1, "refused": 1}
    (reason,) = run.report["reasons"]
    assert (reason["field"], reason["examples"]) == (field, ["2"])


def test_a_record_that_nothing_names_is_refused_and_the_others_go_on(bench: Any, singer: Any) -> None:
    run = bench.run(singer.stream("products", {"name": "Nobody", "stockLevel": 1}, singer.product(1)))
    assert (run.code, run.count("products")) == (0, {"created": 1, "refused": 1})
    assert "remoteId is missing" in run.report["reasons"][0]["reason"]
    run = bench.run(singer.stream("products", {"remoteId": ["1"], "name": "Listed", "stockLevel": 1}))
    assert "remoteId is a list, not an id" in run.report["reasons"][0]["reason"]


def test_an_attribute_optiply_does_not_have_is_left_out_and_reported(bench: Any, singer: Any) -> None:
    run = bench.run(products(singer, 1, colour="red"))
    assert run.count("products") == {"created": 1}
    (reason,) = run.report["reasons"]
    assert (reason["outcome"], reason["field"]) == ("left_out", "colour")


@pytest.mark.parametrize(("status", "allowed"), [(500, 2), (502, 4), (503, 4), (504, 4), (429, 4)])
def test_a_change_is_repeated_after_trouble(bench: Any, singer: Any, status: int, allowed: int) -> None:
    bench.run(products(singer, 1))
    bench.sandbox.faults_optiply.add({"method": "PATCH", "status": status, "times": allowed})
    run = bench.run(products(singer, 1, stockLevel=99, _changed=["stockLevel"]))
    assert run.count("products") == {"updated": 1}
    assert run.report["retries"] == {str(status): allowed}


def test_a_500_is_repeated_twice_at_most(bench: Any, singer: Any) -> None:
    bench.run(products(singer, 1))
    bench.sandbox.faults_optiply.add({"method": "PATCH", "status": 500})
    run = bench.run(products(singer, 1, stockLevel=99))
    assert run.count("products") == {"failed": 1}
    assert attempts(bench, "PATCH", "products") == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 415, 422])
def test_other_refusals_are_never_repeated(bench: Any, singer: Any, status: int) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "status": status})
    run = bench.run(products(singer, 1))
    assert run.count("products") == {"refused": 1}
    assert attempts(bench, "POST", "products$") == 1


def test_a_429_on_a_create_is_repeated_without_a_look_up(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add(
        {"method": "POST", "path": "/products$", "status": 429, "headers": {"Retry-After": "0"}, "times": 3}
    )
    run = bench.run(products(singer, 1))
    assert run.count("products") == {"created": 1}
    assert attempts(bench, "GET", "products") == 1


def test_a_product_somebody_deleted_in_optiply_is_created_again_whole(
    bench: Any, singer: Any, optiply_client: Any
) -> None:
    bench.run(products(singer, 1))
    (old,) = bench.objects("products")
    optiply_client.delete("products", str(old["id"]))
    run = bench.run(products(singer, 1, stockLevel=8, _changed=["stockLevel"]))
    (new,) = bench.objects("products")
    assert run.count("products") == {"created": 1}
    assert (new["name"], new["stockLevel"]) == (old["name"], 8)
    assert new["id"] != old["id"]


def test_an_object_that_vanishes_between_list_and_change_is_created_anew(
    bench: Any, singer: Any, optiply_client: Any
) -> None:
    optiply_client.product(skuCode="SKU-1")
    bench.sandbox.faults_optiply.add({"method": "PATCH", "path": "/products/", "status": 404})
    run = bench.run(products(singer, 1))
    assert run.count("products") == {"created": 1}
    assert [row["name"] for row in bench.objects("products")] == ["A product", "Product 1"]


def test_a_delete_of_what_is_gone_already_is_done(bench: Any, singer: Any, optiply_client: Any) -> None:
    bench.run([*products(singer, 1), *singer.stream("sellOrders", singer.order(1, 1))])
    optiply_client.delete("sellOrders", str(bench.objects("sellOrders")[0]["id"]))
    run = bench.run(singer.stream("sellOrders", {"remoteId": "1", "deleted_at": "2026-02-01T00:00:00Z"}))
    assert run.count("sellOrders") == {"deleted": 1}


@pytest.mark.parametrize("known", [False, True])
def test_a_bad_e_mail_address_costs_the_addresses_only_and_is_reported(bench: Any, singer: Any, known: bool) -> None:
    supplier = {"remoteId": "1", "name": "Wood", "deliveryTime": 3}
    if known:
        bench.run(singer.stream("suppliers", supplier))
    run = bench.run(singer.stream("suppliers", {**supplier, "deliveryTime": 4, "emails": ["nobody"]}))
    (found,) = bench.objects("suppliers")
    assert (found["deliveryTime"], found["emails"]) == (4, [])
    (reason,) = run.report["reasons"]
    assert reason["reason"].startswith("emails: not a valid address")
    assert run.results["summary"]["suppliers"]["fail"] == 0


def test_an_outage_ends_the_run_and_the_next_one_completes_it(bench: Any, singer: Any, caplog: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "status": 503})
    messages = [*products(singer, *range(1, 30)), singer.state({"after": 29})]
    run = bench.run(messages, retry_time=0.3, unanswered_wait=5)
    assert (run.code, run.stdout) == (1, "")
    assert "no good answer" in caplog.text
    bench.sandbox.faults_optiply.clear()
    run = bench.run(messages)
    assert run.states == [{"after": 29}]
    assert len({row["skuCode"] for row in bench.objects("products")}) == len(bench.objects("products")) == 29


def test_an_outage_that_begins_with_a_slow_failure_is_no_bad_record(bench: Any, singer: Any, caplog: Any) -> None:
    bench.run(products(singer, 1))
    slow = {"method": "PATCH", "cut": "before", "delay": 0.4, "times": 1}
    bench.sandbox.faults_optiply.add(slow, {"method": "PATCH", "cut": "before"})
    run = bench.run(products(singer, 1, stockLevel=6), retry_time=0.8)
    assert (run.code, run.count("products").get("failed")) == (1, None)
    assert "no good answer" in caplog.text


@pytest.mark.parametrize(("most", "code"), [(None, 0), (2, 0), (1, 1)])
def test_max_failures_turns_too_many_into_exit_code_1(bench: Any, singer: Any, most: int | None, code: int) -> None:
    bad = products(singer, 1, 2, price=-1)
    assert bench.run([*bad, *products(singer, 3)[1:]], max_failures=most).code == code


def test_a_rest_longer_than_our_patience_ends_the_run(bench: Any, singer: Any, caplog: Any) -> None:
    bench.sandbox.faults_optiply.add({"path": "/v1/", "status": 429, "headers": {"Retry-After": "3600"}})
    assert bench.run(products(singer, 1)).code == 1
    assert "asks for 3600 seconds of rest" in caplog.text


def test_a_rest_given_as_a_date_is_read_by_optiplys_clock(bench: Any, singer: Any, caplog: Any) -> None:
    until = bench.sandbox.clock.now() + timedelta(hours=2)
    header = {"Retry-After": format_datetime(until, usegmt=True)}
    bench.sandbox.faults_optiply.add({"path": "/v1/", "status": 503, "method": "GET", "headers": header})
    assert bench.run(products(singer, 1)).code == 1
    assert re.search(r"asks for 7[12]\d\d seconds of rest", caplog.text)


def test_a_disk_that_is_full_sends_nothing_more_and_says_so(
    bench: Any, singer: Any, caplog: Any, monkeypatch: Any
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("delivery.outcomes.os.fsync", full)
    run = bench.run([*products(singer, 1), singer.state({"after": 1})])
    assert (run.code, run.stdout, bench.writes()) == (1, "", {})
    assert "No space left on device" in caplog.text
    monkeypatch.undo()


@pytest.mark.parametrize("ended", [Stopped(), RunError("The account is closed.")])
def test_a_store_on_a_full_disk_is_a_sentence_however_the_run_ended(
    bench: Any, singer: Any, caplog: Any, monkeypatch: Any, ended: Exception
) -> None:
    def full(_delivery: Session) -> None:
        raise SnapshotError("optiply.sqlite cannot be written because the disk is full; free some space and run again.")

    def end(_delivery: Session) -> None:
        raise ended

    monkeypatch.setattr(Session, "finish", end)
    monkeypatch.setattr(Session, "conclude", full)
    assert bench.run(products(singer, 1)).code == 1
    said = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert said[0].endswith("the disk is full; free some space and run again.")
    assert said[1:] == [str(ended)] * isinstance(ended, RunError)
    monkeypatch.undo()


def test_the_report_is_written_where_the_results_cannot_be(
    bench: Any, singer: Any, monkeypatch: Any, tmp_path: Any
) -> None:
    def full(_delivery: Session) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("SYNC_REPORT", str(tmp_path / "step.json"))
    monkeypatch.setattr(Session, "_write_results", full)
    assert bench.run(products(singer, 1)).code == 1
    report = json.loads((tmp_path / "step.json").read_text())
    assert report["entities"]["products"]["created"] == 1
    monkeypatch.undo()


def test_a_list_that_cannot_be_had_creates_nothing(bench: Any, singer: Any, caplog: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "GET", "path": "/products$", "status": 400})
    run = bench.run(products(singer, 1))
    assert (run.code, bench.writes()) == (1, {})
    assert "products cannot be listed" in caplog.text


def test_a_second_run_on_the_same_snapshot_stops_with_a_sentence(bench: Any, singer: Any, caplog: Any) -> None:
    from store.snapshot import lock

    with lock(bench.folder / "snapshots"):
        run = bench.run(products(singer, 1))
    assert (run.code, bench.writes()) == (1, {})
    assert "is locked by the run with process id" in caplog.text


def test_a_snapshot_that_is_none_stops_with_a_sentence(bench: Any, singer: Any, caplog: Any) -> None:
    (bench.folder / "snapshots").mkdir()
    (bench.folder / "snapshots" / "optiply.sqlite").write_text("not a database, but long enough to look like a file")
    assert bench.run(products(singer, 1)).code == 1
    assert "is not a snapshot" in caplog.text


def test_unknown_streams_are_counted_and_ignored_with_one_warning(bench: Any, singer: Any, caplog: Any) -> None:
    caplog.set_level("INFO")
    run = bench.run([*singer.stream("weather", {"id": 1}, {"id": 2}, keys=("id",)), *products(singer, 1)])
    assert run.code == 0
    told = [record for record in caplog.records if "weather" in record.getMessage()]
    # The SDK's own metrics are logged as well where a tap ran in this process before.
    assert [one.levelname for one in told if not one.getMessage().startswith("METRIC")] == ["WARNING", "INFO"]
    assert run.report["notes"] == ["2 records of stream weather were ignored: Optiply has no such resource"]
