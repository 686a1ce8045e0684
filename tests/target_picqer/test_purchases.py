"""Purchase orders become one order in Picqer each, whatever happens to the requests that make and place them."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from sandbox.picqer import purchasing
from sandbox.systems import Sandbox
from store.snapshot import Snapshot
from target_picqer.settings import read_settings
from target_picqer.target import TargetPicqer

KEY = "sandbox-picqer-key"


class Desk:
    """Writes orders of Optiply to the sandbox's account, in a folder of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.config = {
            "picqer_url": sandbox.picqer_url,
            "api_key": KEY,
            "snapshot_dir": str(folder / "snapshots"),
            "results_path": str(folder / "results.json"),
            "unanswered_wait": 0.1,
            "retry_wait": 0.01,
            "retry_time": 3,
            "request_timeout": 3,
        }

    def order(self, number: int, **values: Any) -> dict[str, Any]:
        cases = self.sandbox.picqer.cases
        amounts = {"product": 12, "product with no stock": 3}
        products = [{"idproduct": cases[case], "amount": amount} for case, amount in amounts.items()]
        return {
            "remoteId": str(number),
            "idsupplier": cases["supplier"],
            "idwarehouse": 11,
            "supplier_orderid": f"OPTIPLY-{number}",
            "delivery_date": "2026-03-01",
            "products": products,
        } | values

    def write(self, *orders: dict[str, Any], place: bool = True, expected: int = 0) -> None:
        messages: list[dict[str, Any]] = []
        numbers = [one["remoteId"] for one in orders]
        placed = [{"order": one, "purchaseorderRemoteId": one, "purchased": True} for one in numbers]
        for stream, records in (("purchaseorders", list(orders)), ("placed", placed if place else [])):
            key = "order" if stream == "placed" else "remoteId"
            schema = {"properties": {key: {"type": "string"}}}
            messages.append({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": [key]})
            messages += [{"type": "RECORD", "stream": stream, "record": record} for record in records]
        lines = io.StringIO("".join(json.dumps(message) + "\n" for message in messages))
        with redirect_stdout(io.StringIO()):
            assert TargetPicqer(config=self.config).run(lines) == expected

    def there(self, number: int) -> list[tuple[str, list[tuple[int, int]]]]:
        """Status and lines of the orders in Picqer that bear the mark."""
        return [
            (order.status, [(line.idproduct, line.amount) for line in order.products])
            for order in self.sandbox.picqer.purchaseorders.rows.values()
            if _is_marked(order, number)
        ]

    def fault(self, **rule: Any) -> None:
        self.sandbox.account.faults.add(rule)

    def lose_the_store(self) -> None:
        for path in (self.folder / "snapshots").iterdir():
            path.unlink()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Sandbox(magento=False, picqer=True) as running:
        yield Desk(running, tmp_path)


def lines(desk: Desk, number: int) -> list[tuple[int, int]]:
    return [(line["idproduct"], line["amount"]) for line in desk.order(number)["products"]]


def test_an_order_is_made_and_placed_once(desk):
    desk.write(desk.order(5), desk.order(6))
    assert desk.there(5) == [("purchased", lines(desk, 5))]
    assert desk.there(6) == [("purchased", lines(desk, 6))]
    (order,) = (one for one in desk.sandbox.picqer.purchaseorders.rows.values() if one.supplier_orderid == "OPTIPLY-5")
    assert (order.idsupplier, order.idwarehouse, order.delivery_date) == (desk.order(5)["idsupplier"], 11, "2026-03-01")
    desk.sandbox.requests.clear()
    desk.write(desk.order(5), desk.order(6))
    assert desk.sandbox.requests.attempted_writes("picqer") == 0


def test_it_stays_a_concept_where_nobody_asks_to_place_it(desk):
    desk.write(desk.order(5), place=False)
    assert desk.there(5) == [("concept", lines(desk, 5))]
    desk.write(desk.order(5))
    assert desk.there(5) == [("purchased", lines(desk, 5))]


ORDERS, PLACING = "/purchaseorders$", "/mark-as-purchased$"


@pytest.mark.parametrize(
    "fault",
    [
        {"path": ORDERS, "cut": "after"},
        {"path": ORDERS, "cut": "before"},
        {"path": ORDERS, "cut": "during"},
        {"path": ORDERS, "status": 502, "acts": True, "body": "html"},
        {"path": ORDERS, "status": 500},
        {"path": ORDERS, "status": 429},
        {"path": PLACING, "cut": "after"},
        {"path": PLACING, "cut": "before"},
        {"path": PLACING, "status": 500, "acts": True},
        {"path": PLACING, "status": 429},
    ],
    ids=lambda fault: " ".join(str(value).strip("/$") for value in fault.values()),
)
def test_one_order_is_there_whatever_happens_to_a_request(desk, fault):
    desk.fault(method="POST", nth=1, **fault)
    desk.write(desk.order(5))
    desk.sandbox.account.faults.clear()
    desk.write(desk.order(5))
    assert desk.there(5) == [("purchased", lines(desk, 5))]


def test_placing_that_fails_is_repeated_alone(desk):
    desk.fault(method="POST", path=PLACING, status=500)
    desk.write(desk.order(5))
    assert desk.there(5) == [("concept", lines(desk, 5))]
    desk.sandbox.account.faults.clear()
    desk.sandbox.requests.clear()
    desk.write(desk.order(5))
    assert desk.there(5) == [("purchased", lines(desk, 5))]
    (written,) = desk.sandbox.requests.select(method="POST")
    assert written.path.endswith("/mark-as-purchased")


@pytest.mark.parametrize("field", ["supplier_orderid", "remarks"])
def test_a_lost_store_makes_no_second_order(desk, field):
    desk.config["export_marker_field"] = field
    order = desk.order(5, **{"supplier_orderid": None, "remarks": None} | {field: "OPTIPLY-5"})
    desk.write(order)
    desk.lose_the_store()
    desk.write(order)
    assert desk.there(5) == [("purchased", lines(desk, 5))]


@pytest.mark.parametrize("other", ["supplier", "warehouse", "amount", "lines"])
def test_a_mark_over_another_order_is_left_to_people_and_never_placed(desk, other):
    desk.write(desk.order(5), place=False)
    desk.lose_the_store()
    order = desk.order(5)
    suppliers = desk.sandbox.picqer.suppliers.rows
    typed = {
        "supplier": {"idsupplier": next(one for one in suppliers if one != order["idsupplier"])},
        "warehouse": {"idwarehouse": 12},
        "amount": {"products": [order["products"][0] | {"amount": 13}, order["products"][1]]},
        "lines": {"products": order["products"][:1]},
    }[other]
    for _ in range(2):
        desk.write(order | typed)
    assert desk.there(5) == [("concept", lines(desk, 5))]
    (told,) = (reason for number, reason in _reasons(desk) if number == "5" and "differs" in reason)
    assert "correct one of the two, or remove the mark there" in told


def test_an_order_that_bears_the_mark_is_known_in_whatever_order_its_lines_stand_and_without_a_warehouse(desk):
    desk.write(desk.order(5), place=False)
    desk.lose_the_store()
    turned = desk.order(5)
    turned["products"] = [one | {"price": 7, "amount": str(one["amount"])} for one in turned["products"][::-1]]
    del turned["idwarehouse"]
    desk.write(turned)
    assert desk.there(5) == [("purchased", lines(desk, 5))]


def test_an_order_like_ours_without_its_mark_is_not_ours(desk):
    desk.write(desk.order(5))
    desk.lose_the_store()
    (made,) = (one for one in desk.sandbox.picqer.purchaseorders.rows.values() if one.supplier_orderid == "OPTIPLY-5")
    desk.sandbox.call(lambda: desk.sandbox.picqer.change(made, supplier_orderid="by hand"))
    desk.write(desk.order(5))
    assert desk.there(5) == [("purchased", lines(desk, 5))]
    marks = [one.supplier_orderid for one in desk.sandbox.picqer.purchaseorders.rows.values()]
    assert marks.count("by hand") == 1


def test_two_orders_with_one_mark_are_left_to_people(desk):
    bearing = [one for one in desk.sandbox.picqer.purchaseorders.rows.values() if _is_marked(one, 990001)]
    assert len(bearing) == 2, "the account has two of them already"
    bought = [{"idproduct": one.idproduct, "amount": one.amount} for one in bearing[0].products]
    ours = {"idsupplier": bearing[0].idsupplier, "idwarehouse": bearing[0].idwarehouse}
    desk.sandbox.call(lambda: desk.sandbox.picqer.change(bearing[1], products=bearing[0].products, **ours))
    desk.write(desk.order(990001, products=bought, **ours))
    assert len(desk.there(990001)) == 2
    (told,) = (reason for _, reason in _reasons(desk) if "fit" in reason)
    assert "delete the surplus ones" in told


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"idsupplier": 4_711}, "[code 20]"),
        ({"idwarehouse": 4_711}, "[code 20]"),
        ({"products": [{"idproduct": 4_711, "amount": 1}]}, "[code 24]"),
        ({"products": [{"idproduct": 10_001, "amount": 0}]}, "amount"),
        ({"products": [{"idproduct": 10_001, "amount": 1.5}]}, "amount"),
    ],
)
def test_an_order_that_picqer_refuses_costs_itself_and_says_why(desk, values, says):
    desk.write(desk.order(5, **values), desk.order(6))
    assert desk.there(5) == []
    assert desk.there(6) == [("purchased", lines(desk, 6))]
    assert any(says in reason for number, reason in _reasons(desk) if number == "5")


def test_an_order_that_was_cancelled_in_picqer_is_not_placed(desk):
    desk.write(desk.order(5), place=False)
    (number,) = (n for n, one in desk.sandbox.picqer.purchaseorders.rows.items() if one.supplier_orderid == "OPTIPLY-5")
    desk.sandbox.call(lambda: _cancel(desk.sandbox, number))
    desk.write(desk.order(5))
    assert desk.there(5) == [("cancelled", lines(desk, 5))]


def test_a_wrong_key_ends_the_run_and_says_so(desk, caplog):
    desk.config["api_key"] = "wrong"
    desk.write(desk.order(5), expected=1)
    assert desk.there(5) == []
    assert "check the credentials" in caplog.text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"picqer_url": "ftp://x"}, "picqer_url"),
        ({"api_key": ""}, "api_key is missing"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"export_marker_field": "notes"}, "export_marker_field"),
        ({"unanswered_wait": -1}, "unanswered_wait"),
    ],
)
def test_settings_that_cannot_be_used_are_named(values, says):
    with pytest.raises(ConfigValidationError, match=says):
        read_settings({"picqer_url": "https://acme.picqer.com", "api_key": "k", **values})


def _is_marked(order: Any, number: int) -> bool:
    return f"OPTIPLY-{number}" in (order.supplier_orderid, order.remarks)


def _reasons(desk: Desk) -> list[tuple[str, str]]:
    with Snapshot.open(desk.folder / "snapshots", "picqer") as store:
        rows = "SELECT remote_id, reason FROM records WHERE reason IS NOT NULL"
        return [(remote_id, reason) for found in store.rows(rows) for remote_id, reason in found]


def _cancel(sandbox: Sandbox, number: int) -> None:
    purchasing.cancel(sandbox.picqer, sandbox.picqer.purchaseorders.rows[number])
