"""Orders that were placed in Optiply, on their way to Picqer and back: one purchase, one order on each side."""

import io
import json
from contextlib import redirect_stdout
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from etl.core.exported import SentLine, keep_unlinked, paired, sent_lines
from etl.core.flags import ConfigError
from etl.core.flow import FlowResult, run
from etl.core.mapping import parse_field_map
from etl.core.singer import SingerInput
from etl.outward.picqer import FLOW, PURCHASING
from etl.outward.purchase_changes import later_changes
from etl.outward.purchase_shapes import BuyOrder
from sandbox.systems import Sandbox
from store.care import Known, take_over
from store.snapshot import Outcome, Snapshot
from target_picqer.target import TargetPicqer
from tests.etl.picqer.days import ROOT, PicqerDays, read_account

PARTLY = "its lines do not come to its total, so they are not all there yet"
START = datetime(2026, 1, 12, 6, tzinfo=timezone.utc)


def line(number: int, product: int, quantity: Any = 4, money: Any = "10.00") -> dict[str, Any]:
    return {"id": number, "productId": product, "quantity": quantity, "subtotalValue": money}


def order(number: int, *lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    """An ordinary order: placed after the start, by a person, for supplier 70."""
    return {
        "id": number,
        "supplierId": 70,
        "placed": "2026-01-12T08:00:00Z",
        "completed": None,
        "expectedDeliveryDate": "2026-02-02T00:00:00Z",
        "totalValue": str(sum(float(one["subtotalValue"] or 0) for one in lines)),
        "assembly": False,
        "createdFromPublicApi": False,
        "buyOrderLines": list(lines),
    } | values


class WayBack:
    """The flow on a folder whose store of Optiply knows supplier 70 as 7, and products 10 and 20 as 1 and 2."""

    def __init__(self, folder: Path, **flags: Any) -> None:
        self.folder = folder / "snapshots"
        self.config, _ = FLOW.load_config(flags)
        path = ROOT / "configs" / "field_maps" / "purchase_orders.csv"
        self.rules = parse_field_map(path.read_text("utf-8"), path.name, FLOW.fields)
        self.now = START
        self.lines = b""
        self.know("suppliers", {"7": "70"})
        self.know("products", {"1": "10", "2": "20"})
        self.run()  # from now on orders are sent

    def know(self, stream: str, ids: dict[str, str]) -> None:
        with Snapshot.open(self.folder) as store, store.transaction():
            take_over(store, stream, [Known(remote, own) for remote, own in ids.items()], "for the test")

    def run(self, *orders: dict[str, Any]) -> list[dict[str, Any]]:
        """The purchase orders that are offered."""
        schema = {"type": "SCHEMA", "stream": "buyOrders", "schema": {}, "key_properties": ["id"]}
        messages: list[dict[str, Any]] = [schema]
        messages += [{"type": "RECORD", "stream": "buyOrders", "record": one} for one in orders]
        messages.append({"type": "STATE", "value": {"run_id": "x", "bookmarks": {}}})
        content = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
        written: list[bytes] = []
        with Snapshot.open(self.folder, "picqer") as store:
            store.absorb()
            source = SingerInput(io.BytesIO(content), "the input", FLOW.streams)
            self.result: FlowResult = run(FLOW, source, self.config, self.rules, store, self.now, written.extend)
        self.now += timedelta(hours=3)
        self.lines = b"".join(written)
        found = map(json.loads, written)
        self.offered = [one for one in found if one["type"] == "RECORD"]
        return [one["record"] for one in self.offered if one["stream"] == "purchaseorders"]

    def reasons(self) -> dict[str, list[str]]:
        return {each["reason"]: each["examples"] for each in self.result.report["reasons"]}


def test_an_order_is_sent_with_its_mark_its_lines_and_its_placing(tmp_path):
    way = WayBack(tmp_path, main_warehouse=11)
    assert way.run(order(5, line(51, 10), line(52, 20, 3, "0"))) == [
        {
            "remoteId": "5",
            "idsupplier": "7",
            "idwarehouse": "11",
            "supplier_orderid": "OPTIPLY-5",
            "delivery_date": "2026-02-02T00:00:00Z",
            "products": [{"idproduct": "1", "amount": 4, "price": 2.5}, {"idproduct": "2", "amount": 3, "price": 0}],
        }
    ]
    (placing,) = (one["record"] for one in way.offered if one["stream"] == "placed")
    assert placing == {"remoteId": "5", "order": "5", "purchaseorderRemoteId": "5", "purchased": True}


def test_a_price_of_a_unit_has_four_decimals(tmp_path):
    (sent,) = WayBack(tmp_path).run(order(5, line(51, 10, 1000, "12.34"), line(52, 20, 3, "10.00")))
    assert [one["price"] for one in sent["products"]] == [0.0123, 3.3333]


def test_the_mark_may_stand_in_the_remarks_and_an_order_stay_a_concept(tmp_path):
    way = WayBack(tmp_path, export_marker_field="remarks", export_as_concept=True)
    (sent,) = way.run(order(5, line(51, 10)))
    assert sent["remarks"] == "OPTIPLY-5"
    assert "supplier_orderid" not in sent
    assert {one["stream"] for one in way.offered} == {"purchaseorders"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"placed": None}, "it is a draft"),
        ({"placed": "2026-01-12T05:59:00Z"}, "it was placed before orders were sent"),
        ({"assembly": True}, "it is an order to assemble"),
        ({"createdFromPublicApi": True}, "it came from another system"),
        ({"completed": "2026-01-13T00:00:00Z"}, "it is completed already"),
        ({"placed": "soon"}, "a value of it is not a date and time"),
    ],
)
def test_an_order_that_does_not_count_is_named_with_its_reason(tmp_path, values, reason):
    way = WayBack(tmp_path)
    assert way.run(order(5, line(51, 10), **values)) == []
    assert way.reasons()[reason] == ["5"]


def test_the_start_can_be_set_and_must_be_a_moment(tmp_path):
    way = WayBack(tmp_path, export_since="2026-01-01")
    assert len(way.run(order(5, line(51, 10), placed="2026-01-05T08:00:00Z"))) == 1
    with pytest.raises(ConfigError, match="export_since is not a date and time"):
        WayBack(tmp_path, export_since="soon")


def test_an_order_that_came_from_picqer_is_never_sent_back(tmp_path):
    way = WayBack(tmp_path)
    way.know("buyOrders", {"900": "5"})
    assert way.run(order(5, line(51, 10))) == []


def test_a_lost_store_keeps_the_start_and_what_was_sent_is_recognised_by_its_mark(tmp_path):
    way = WayBack(tmp_path)
    way.know("buyOrders", {"900": "5"})
    with Snapshot.open(way.folder) as store, store.transaction():
        keep_unlinked(store, {"900": "5"})
    (way.folder / "picqer.sqlite").unlink()
    late = order(6, line(61, 10), placed="2026-01-12T06:30:00Z")
    way.now = START + timedelta(days=3)
    assert [one["remoteId"] for one in way.run(order(5, line(51, 10)), late)] == ["5", "6"]
    with Snapshot.open(way.folder) as store:
        assert sent_lines(store, "5") == [SentLine("51", "1", 4)]


def test_an_order_with_our_mark_need_not_come_to_its_total_which_is_that_of_picqer(tmp_path):
    """Seed 74 of the campaign: after the stores were lost, its lines waited for ever."""
    way = WayBack(tmp_path)
    way.know("buyOrders", {"900": "5"})
    with Snapshot.open(way.folder) as store, store.transaction():
        keep_unlinked(store, {"900": "5"})
    assert [one["remoteId"] for one in way.run(order(5, line(51, 10), totalValue="93.75"))] == ["5"]
    with Snapshot.open(way.folder) as store:
        assert sent_lines(store, "5") == [SentLine("51", "1", 4)]


def test_lines_of_an_order_with_our_mark_are_known_even_if_it_is_not_sent_again(tmp_path):
    way = WayBack(tmp_path)
    way.know("buyOrders", {"900": "5"})
    with Snapshot.open(way.folder) as store, store.transaction():
        keep_unlinked(store, {"900": "5"})
    assert way.run(order(5, line(51, 10), completed="2026-01-13T00:00:00Z")) == []
    with Snapshot.open(way.folder) as store:
        assert sent_lines(store, "5") == [SentLine("51", "1", 4)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (order(5, line(51, 30)), "one of its products is not known in Picqer"),
        (order(5, line(51, 10), supplierId=71), "its supplier is not known in Picqer"),
        (
            order(5, line(51, 10), totalValue="25.00"),
            PARTLY,
        ),
        (order(5), "it has no lines yet"),
        (order(5, line(51, 10, 0)), "one of its lines orders nothing"),
        (order(5, line(51, 10, 2.5)), "one of its lines orders a part of a unit"),
        (order(5, line(51, 10), placed="2027-01-12T08:00:00Z"), "it is to be placed later"),
        (order(5, line(51, 10, "x")), "a value of a line is not a number"),
    ],
)
def test_an_order_that_cannot_be_sent_yet_waits_and_goes_without_being_read_again(tmp_path, bad, reason):
    way = WayBack(tmp_path)
    (other,) = way.run(bad, order(6, line(61, 10)))
    assert other["remoteId"] == "6"
    assert way.reasons()[reason] == ["5"]
    way.know("products", {"3": "30"})
    way.know("suppliers", {"8": "71"})
    goes = reason.endswith("not known in Picqer")
    assert [one["remoteId"] for one in way.run()] == (["5", "6"] if goes else ["6"])
    assert {one["remoteId"] for one in way.run(order(5, line(51, 10)))} == {"5", "6"}


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"expectedDeliveryDate": "2026-02-09T00:00:00Z"}, "delivery date"),
    ({"supplierId": 71}, "its supplier is another one"),
    ({"placed": None}, "a draft again"),
    ({"completed": "2026-01-20T00:00:00Z"}, "closed in Optiply"),
    ({"buyOrderLines": [line(51, 10, 5)], "totalValue": "10.00"}, "its lines are others"),
    ({"buyOrderLines": []}, "its lines are others"),
    ({"expectedDeliveryDate": "2026-02-02T09:30:00Z"}, ""),
]


@pytest.mark.parametrize(("values", "says"), CHANGES)
def test_a_change_after_picqer_has_the_order_is_named_and_not_sent(tmp_path, values, says):
    way = WayBack(tmp_path)
    way.run(order(5, line(51, 10)))
    taken = Outcome("purchaseorders", "5", "answered", "create", "accepted", id="900", sent={})
    with Snapshot.open(way.folder, "picqer") as store, store.transaction():
        store.apply([taken])
    assert way.run(order(5, line(51, 10), **values)) == []
    told = [reason for reason, examples in way.reasons().items() if examples == ["5"]]
    assert [says in reason for reason in told] == ([True] if says else [])


def test_what_picqer_changed_itself_is_no_change_of_optiplys():
    sent = {"idsupplier": "7", "delivery_date": "2026-02-02T00:00:00Z", "products": [{"idproduct": "1", "amount": 4}]}
    read = {
        "id": 5,
        "placed": "2026-01-12T08:00:00Z",
        "completed": "2026-02-09T10:00:00Z",
        "expectedDeliveryDate": None,
    }
    back = {"supplierRemoteId": "7", "completed": "2026-02-09T10:00:00Z"}
    now = BuyOrder(**read, buyOrderLines=[])
    assert list(later_changes(PURCHASING, now, "7", None, sent, {**back, "expectedDeliveryDate": None})) == []
    found = [field for field, _ in later_changes(PURCHASING, now, "8", None, sent, back)]
    assert found == ["expectedDeliveryDate", "supplierId"]


def test_lines_find_theirs_by_product_and_units_and_then_by_product():
    sent = [SentLine("51", "1", 4), SentLine("52", "1", 6), SentLine("53", "2", 1)]
    assert paired(sent, [("a", "1", 6), ("b", "1", 5), ("c", "2", 1), ("d", "2", 1), ("e", "3", 1)]) == {
        "a": "52", "c": "53", "b": "51",
    }  # fmt: skip


def test_one_purchase_is_one_order_on_each_side(tmp_path):
    with Sandbox(magento=False, picqer=True) as sandbox:
        inward = PicqerDays(tmp_path / "snapshots", warehouses=[11], main_warehouse=11)
        inward.day(read_account(sandbox.picqer_url))
        before = set(inward.of("buyOrders"))
        cases = {name: str(number) for name, number in sandbox.picqer.cases.items()}
        way = WayBack.__new__(WayBack)
        way.folder, way.now, way.lines = inward.folder, inward.now, b""
        way.config, _ = FLOW.load_config({"main_warehouse": 11})
        path = ROOT / "configs" / "field_maps" / "purchase_orders.csv"
        way.rules = parse_field_map(path.read_text("utf-8"), path.name, FLOW.fields)
        way.run()
        ours = order(
            5, line(51, f"o{cases['product']}"), line(52, f"o{cases['product with no stock']}", 3, "9.00"),
            supplierId=f"o{cases['supplier']}", placed="2026-01-12T07:00:00Z",
        )  # fmt: skip
        places = {"snapshot_dir": str(inward.folder), "results_path": str(tmp_path / "results.json")}
        waits = {"unanswered_wait": 0.1, "retry_wait": 0.01, "retry_time": 3}
        for _ in range(2):
            way.run(ours)
            target = TargetPicqer(
                config={"picqer_url": sandbox.picqer_url, "api_key": "sandbox-picqer-key", **places, **waits}
            )
            with redirect_stdout(io.StringIO()):
                assert target.run(io.StringIO(way.lines.decode())) == 0
        (there,) = (one for one in sandbox.picqer.purchaseorders.rows.values() if one.supplier_orderid == "OPTIPLY-5")
        assert there.status == "purchased"
        # It comes back: Optiply has it already, with its lines.
        key = str(there.idpurchaseorder)
        inward.optiply["buyOrders"][key] = {}
        own = {str(one.idpurchaseorder_product) for one in there.products}
        inward.optiply["buyOrderLines"] |= {one: {} for one in own}
        inward.day(read_account(sandbox.picqer_url))
        ids = {one["record"]["remoteId"]: one["record"].get("id") for one in inward.offered}
        assert ids[key] == "5"
        assert {ids[one] for one in own} == {"51", "52"}
        assert set(inward.of("buyOrders")) - before == {key}
        inward.day(read_account(sandbox.picqer_url))
        assert inward.offered == []
