"""The sandbox's whole account, read over HTTP: day after day, in every form of input, and where values are odd."""

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from etl.etl import run_folder
from sandbox.systems import Sandbox
from tests.etl.picqer.days import COMPLETE, KEYS, PicqerDays, read_account, singer

FLAGS = {"warehouses": [11, 12], "main_warehouse": 11}
NOW = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One account for the tests of this module: one of them lives on in it, and is the last."""
    with Sandbox(magento=False, picqer=True) as running:
        yield running


@pytest.fixture(scope="module")
def read(sandbox: Sandbox) -> dict[str, list[dict[str, Any]]]:
    return read_account(sandbox.picqer_url)


def test_the_awkward_cases_come_out_as_they_should(sandbox, read, days):
    account = days(**FLAGS)
    account.day(read)
    case = {name: str(number) for name, number in sandbox.picqer.cases.items()}
    stock = account.of("products", "stockLevel")
    assert stock[case["product with negative free stock"]] == -9
    assert stock[case["product without a stock row"]] == 0
    assert stock[case["product in one warehouse"]] == 0, "its warehouse does not count"
    reserved = next(one for one in read["products"] if str(one["idproduct"]) == case["product with reservations"])
    assert stock[case["product with reservations"]] == sum(row["freestock"] for row in reserved["stock"])
    assert account.of("products", "price")[case["product with a fine price"]] == 0.02
    assert case["product without code"] not in account.of("products")
    kit, plain = case["composition with a part twice"], case["product"]
    assert account.of("productCompositions", "partQuantity")[f"{kit}-{plain}"] == 5
    assert account.of("products", "status")[case["product inactive"]] == "disabled", "an order needs it"
    processed = account.of("sellOrders", "orderLines")[case["order of a composition processed"]]
    assert [line["productRemoteId"] for line in processed] == [plain, case["composition virtual"]]
    nights = account.of("sellOrders", "placed")
    assert nights[case["order before the missing hour"]] == "2025-03-30T00:59:30Z"
    assert nights[case["order after the missing hour"]] == "2025-03-30T01:00:30Z"
    assert account.of("buyOrders", "completed")[case["purchase order received in part"]] is None
    assert account.of("buyOrders", "completed")[case["purchase order closed"]] is not None
    account.day(read)
    assert account.offered == []


def folder(tmp_path: Path, name: str) -> Path:
    place = tmp_path / name
    (place / "sync-output").mkdir(parents=True)
    (place / "config.json").write_text(json.dumps({"system": "picqer", **FLAGS}))
    return place


def outcome(place: Path) -> tuple[list[str], dict[str, Any]]:
    """What the ETL writes for a folder, without STATE, which tables have none of; and its report."""
    report = run_folder(place, {"JOB_ID": "one"}, NOW).report
    lines = (place / "etl-output" / "data.singer").read_text().splitlines()
    return [line for line in lines if '"type":"STATE"' not in line], report


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_form_of_input_gives_the_same_output(read, tmp_path, form):
    lines = folder(tmp_path, "lines")
    (lines / "sync-output" / "tap.singer").write_bytes(singer(read, COMPLETE, "one"))
    tables = folder(tmp_path, form)
    for stream, records in read.items():
        # As a platform writes them: what is nested as JSON text, what is missing as an empty cell.
        cells = [
            {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in record.items()}
            for record in records
        ]
        frame = pd.DataFrame(cells, dtype=object)
        path = tables / "sync-output" / f"{stream}-20260115T080000.{form}"
        if form == "csv":
            frame.to_csv(path, index=False)
        else:
            for name in frame.columns:  # a column of a parquet file has one type
                kinds = {type(value) for value in frame[name].dropna()}
                if len(kinds) > 1:
                    frame[name] = [value if value is None else float(value) for value in frame[name]]
            frame.to_parquet(path)
    found, report = outcome(tables)
    expected, told = outcome(lines)
    assert found == expected
    assert len(found) > 300
    assert report["entities"] == told["entities"]


def test_the_order_of_the_input_does_not_matter(read, tmp_path):
    there, back = folder(tmp_path, "there"), folder(tmp_path, "back")
    (there / "sync-output" / "tap.singer").write_bytes(singer(read, COMPLETE, "one"))
    turned = {stream: records[::-1] for stream, records in reversed(read.items())}
    (back / "sync-output" / "tap.singer").write_bytes(singer(turned, COMPLETE, "one"))
    assert outcome(there)[0] == outcome(back)[0]


ODD = ["x" * 300, "\ud800", [], {"a": 1}, True, -1, 10**400, None]


@pytest.fixture(scope="module")
def ordinary(read: dict[str, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory) -> PicqerDays:
    """What Optiply has where nothing is odd."""
    account = PicqerDays(tmp_path_factory.mktemp("ordinary"), **FLAGS)
    account.day(read)
    return account


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:12])
def test_an_odd_value_costs_its_own_record_at_most(value, days, read, ordinary):
    """Each field of one record of each stream holds it in turn; all that has nothing to do with it is as it was."""
    account, names = days(**FLAGS), {}
    streams = dict(read)
    for stream, key in KEYS.items():
        if stream in ("warehouses", "product_ids", "supplier_ids"):
            continue
        known, *others = read[stream][3:]
        names[stream] = str(known[key])
        streams[stream] = [*read[stream][:3], *({**known, name: value} for name in known), *others]
    account.day(streams)
    # What names one of the odd records, and what belongs to that, may wait or go without it.
    touched = set(names.values())
    for stream in ("purchase_orders", "orders"):
        for order in read[stream]:
            if touched & {str(line["idproduct"]) for line in order["products"] or ()}:
                touched.add(str(order[KEYS[stream]]))
    for entity in ("products", "suppliers", "sellOrders", "buyOrders", "buyOrderLines"):
        for remote_id, record in ordinary.optiply[entity].items():
            named = {str(value) for value in record.values() if not isinstance(value, list)}
            if not touched & {remote_id, *named}:
                assert account.optiply[entity].get(remote_id) == record, (entity, remote_id)


def test_an_account_lives_on(sandbox, days):
    account = days(**FLAGS)
    account.day(read_account(sandbox.picqer_url))
    for _ in range(2):
        sandbox.next_day()
        read = read_account(sandbox.picqer_url)
        account.day(read)
        active = {str(one["idproduct"]) for one in read["products"] if one["active"]}
        enabled = {key for key, status in account.of("products", "status").items() if status == "enabled"}
        assert active - set(account.of("products")) == {str(sandbox.picqer.cases["product without code"])}
        assert enabled == active & set(account.of("products"))
        open_ = {str(one["idpurchaseorder"]) for one in read["purchase_orders"] if one["status"] == "purchased"}
        ended = {key for key, completed in account.of("buyOrders", "completed").items() if completed}
        assert not open_ & ended
        received: dict[str, int] = {}
        for key, line in account.of("receiptLines", "buyOrderLineRemoteId").items():
            received[line] = received.get(line, 0) + account.optiply["receiptLines"][key]["quantity"]
        for order in read["purchase_orders"]:
            for line in order["products"]:
                key = str(line["idpurchaseorder_product"])
                if key in account.of("buyOrderLines") and order["status"] != "cancelled":
                    assert received.get(key, 0) == line["amountreceived"], key
        account.day(read)
        assert {each["stream"] for each in account.offered} <= {"suppliers"}, "one is proven gone now"
        account.day(read)
        assert account.offered == []
