"""Orders that were placed in Optiply, on their way to EasyEcom: SKUs, vendors, prices with and without tax."""

import io
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etl.core.exported import sent_lines
from etl.core.flags import ConfigError
from etl.core.flow import FlowResult, run
from etl.core.mapping import parse_field_map
from etl.core.singer import SingerInput
from etl.easyecom.work import EASY_IDS
from etl.outward.easyecom import FLOW, PURCHASING, tax_rate
from etl.outward.purchase_ways import way_of
from store.care import Known, take_over
from store.snapshot import Outcome, Snapshot
from vocabulary.easyecom import contents_of

ROOT = Path(__file__).parents[3]
START = datetime(2026, 1, 12, 6, tzinfo=timezone.utc)
PARTLY = "its lines do not come to its total, so they are not all there yet"


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
    """The flow on a folder whose store of Optiply knows a vendor with a code, one without, a location, and products.

    Product 10 has the rate 0.18, 20 has "18%", 30 none; 40 has no SKU that is known.
    """

    def __init__(self, folder: Path, **flags: Any) -> None:
        self.folder = folder / "snapshots"
        self.config, _ = FLOW.load_config(flags)
        path = ROOT / "configs" / "field_maps" / "easyecom_purchases.csv"
        self.rules = parse_field_map(path.read_text("utf-8"), path.name, FLOW.fields)
        self.now = START
        suppliers = [("AGR01", "31001", "A", 0), ("c:31005", "31005", "B", 0), ("24002", "24002", "C", 1)]
        with Snapshot.open(self.folder) as store:
            store.keep(EASY_IDS.facts)
            with store.transaction():
                store.change_each("INSERT INTO easyecom_suppliers VALUES (?, ?, ?, ?)", suppliers)
                store.change_each(
                    "INSERT INTO easyecom_products VALUES (?, ?, ?, ?)",
                    [("EE-1", "1", "5001", "0.18"), ("EE-2", "2", "5002", "18%"), ("EE-3", "3", "5003", None)],
                )
        self.know("suppliers", {"AGR01": "70", "c:31005": "71", "24002": "72"})
        self.know("products", {"1": "10", "2": "20", "3": "30", "4": "40"})
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
        with Snapshot.open(self.folder, "easyecom") as store:
            store.absorb()
            source = SingerInput(io.BytesIO(content), "the input", FLOW.streams)
            self.result: FlowResult = run(FLOW, source, self.config, self.rules, store, self.now, written.extend)
        self.now += timedelta(hours=3)
        return [one["record"] for one in map(json.loads, written) if one["type"] == "RECORD"]

    def made(self, key: str, number: str, record: dict[str, Any]) -> None:
        """EasyEcom took an order."""
        with Snapshot.open(self.folder, "easyecom") as store, store.transaction():
            store.apply([Outcome("purchaseorders", key, "answered", "create", "accepted", id=number, sent=record)])

    def reasons(self) -> dict[str, list[str]]:
        return {each["reason"]: each["examples"] for each in self.result.report["reasons"]}


def test_an_order_is_sent_by_sku_with_net_prices_of_four_decimals(tmp_path):
    way = WayBack(tmp_path)
    (sent,) = way.run(order(5, line(51, 10, 3, "10.00"), line(52, 20, 4, "0.00")))
    assert sent == {
        "remoteId": "5",
        "order": "5",
        "vendor_id": "31001",
        "vendorId": "AGR01",
        "expDeliveryDate": "2026-02-02T00:00:00Z",
        "items": [
            {"sku": "EE-1", "quantity": 3, "unitPrice": "3.3333"},
            {"sku": "EE-2", "quantity": 4, "unitPrice": "0.0000"},
        ],
        "contents": contents_of([("EE-2", 4), ("EE-1", 3)]),
    }


def test_with_send_tax_rate_prices_contain_the_tax_of_each_product(tmp_path):
    way = WayBack(tmp_path, send_tax_rate=True)
    lines = (line(51, 10, 3, "10.00"), line(52, 20, 1, "15.00"), line(53, 30, 1, "15.00"))
    (sent,) = way.run(order(5, *lines))
    # 10 / 3 x 1.18 is 3.93333...: rounded once, at the end.
    assert [one["unitPrice"] for one in sent["items"]] == ["3.9333", "17.7000", "15.0000"]
    assert way.reasons()["no tax rate is known of one of its products, so no tax was added to its price"] == ["5"]
    assert all(set(one) == {"sku", "quantity", "unitPrice"} for one in sent["items"]), "never a rate as well"


@pytest.mark.parametrize(
    ("told", "rate"),
    [("0.18", "0.18"), (18, "0.18"), ("18%", "0.18"), ("18 %", "0.18"), ("1", "1"), ("0", "0"), ("0.5%", "0.005"),
     (None, None), ("NA", None), ("-", None), ("-1", None), ("NaN", None)],
)  # fmt: skip
def test_a_rate_is_a_fraction_a_percentage_or_unknown(told, rate):
    assert tax_rate(told) == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize(
    ("supplier", "told"),
    [
        (70, {"vendor_id": "31001", "vendorId": "AGR01"}),
        (71, {"vendor_id": "31005"}),
        (72, {"vendor_id": "24002"}),
    ],
)
def test_a_vendor_goes_by_code_one_without_a_code_and_a_location_by_number(tmp_path, supplier, told):
    way = WayBack(tmp_path)
    (sent,) = way.run(order(5, line(51, 10), supplierId=supplier))
    assert {name: sent[name] for name in ("vendor_id", "vendorId") if name in sent} == told


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"buyOrderLines": [line(51, 40)], "totalValue": "10.00"}, "the SKU of one of its products is not known"),
        ({"buyOrderLines": [line(51, 99)], "totalValue": "10.00"}, "one of its products is not known in EasyEcom"),
        ({"supplierId": 99}, "its supplier is not known in EasyEcom"),
        ({"buyOrderLines": [line(51, 10, 0)], "totalValue": "10.00"}, "one of its lines orders nothing"),
        ({"buyOrderLines": []}, "it has no lines yet"),
        ({"totalValue": "11.00"}, PARTLY),
    ],
)
def test_an_order_that_cannot_be_sent_as_a_whole_waits_and_says_why(tmp_path, values, reason):
    way = WayBack(tmp_path)
    assert way.run(order(5, line(51, 10), **values)) == []
    assert way.reasons()[reason] == ["5"]
    assert way.run() == [], "it is looked at again in every run"
    assert way.reasons()[reason] == ["5"]


def test_lines_that_two_readings_agree_on_are_whole_whatever_the_total_says(tmp_path):
    way = WayBack(tmp_path)
    partly = order(5, line(51, 10), totalValue="11.00")
    more = order(5, line(51, 10), line(52, 20), totalValue="30.00")
    assert way.run(partly) == []
    assert way.run() == [], "nobody has read it again"
    assert way.run(more) == [], "it is another order by now"
    assert len(way.run(more)) == 1


def test_an_order_waits_for_a_value_that_optiply_does_not_say_yet_and_0_is_a_value(tmp_path):
    way = WayBack(tmp_path)
    unknown = order(5, line(51, 10, 3, None), line(52, 20))
    for orders in ((unknown,), (unknown,), ()):
        assert way.run(*orders) == [], "two readings that agree do not make the value known"
        assert way.reasons()["a value of a line is missing"] == ["5"]
    (sent,) = way.run(order(5, line(51, 10, 3, "0.00"), line(52, 20)))
    assert [item["unitPrice"] for item in sent["items"]] == ["0.0000", "2.5000"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"placed": None}, "it is a draft"),
        ({"placed": "2026-01-12T05:59:00Z"}, "it was placed before orders were sent"),
        ({"assembly": True}, "it is an order to assemble"),
        ({"createdFromPublicApi": True}, "it came from another system"),
        ({"completed": "2026-01-13T00:00:00Z"}, "it is completed already"),
    ],
)
def test_what_is_not_for_easyecom_is_left_out(tmp_path, values, reason):
    way = WayBack(tmp_path)
    assert way.run(order(5, line(51, 10), **values)) == []
    assert way.reasons()[reason] == ["5"]


def test_lines_are_noted_by_the_ids_that_come_back(tmp_path):
    way = WayBack(tmp_path)
    way.run(order(5, line(51, 10, 3), line(52, 20, 4)))
    for name in ("easyecom", "optiply"):
        with Snapshot.open(way.folder, name) as store:
            assert [tuple(one) for one in sent_lines(store, "5")] == [("51", "1", 3), ("52", "2", 4)]


def test_an_order_that_changed_before_its_answer_keeps_what_was_sent(tmp_path):
    way = WayBack(tmp_path)
    (first,) = way.run(order(5, line(51, 10)))
    with Snapshot.open(way.folder, "easyecom") as store, store.transaction():
        store.apply([Outcome("purchaseorders", "5", "announced", "create", sent=first, at="2026-01-12T09:00:00Z")])
    (again,) = way.run(order(5, line(51, 10, 9)))
    assert again == first
    assert way.reasons()["it changed after it was sent, which EasyEcom is not told"] == ["5"]


def test_an_order_that_is_edited_after_it_was_exported_is_told_and_not_sent_again(tmp_path):
    way = WayBack(tmp_path)
    (sent,) = way.run(order(5, line(51, 10)))
    way.made("5", "400900", sent)
    assert way.run(order(5, line(51, 10))) == []
    assert way.reasons() == {}
    edited = order(5, line(51, 10, 9), supplierId=71, expectedDeliveryDate=None, completed="2026-01-14T00:00:00Z")
    assert way.run(edited) == []
    assert set(way.reasons()) == {
        "its delivery date is another one than EasyEcom's; change it in EasyEcom, or back in Optiply",
        "its supplier is another one than EasyEcom's; cancel it in EasyEcom and place a new one",
        "its lines are others than those that were sent; change them in EasyEcom",
        "it was closed in Optiply and is still open in EasyEcom; receive, close or cancel it there",
    }


def test_a_price_without_tax_is_told_once(tmp_path):
    way = WayBack(tmp_path, send_tax_rate=True)
    (sent,) = way.run(order(5, line(51, 30)))
    way.made("5", "400900", sent)
    assert way.run(order(5, line(51, 30))) == []
    assert way.reasons() == {}


def test_nothing_is_known_before_the_way_in_has_run(tmp_path):
    way = WayBack(tmp_path)
    with Snapshot.open(way.folder) as store, store.transaction():
        store.change_each("DELETE FROM easyecom_products WHERE ?", [(1,)])
    assert way.run(order(5, line(51, 10))) == []
    assert way.reasons()["the SKU of one of its products is not known"] == ["5"]


def test_a_folder_of_another_system_has_no_such_way():
    assert way_of({"system": "easyecom"}).flags is PURCHASING.flags
    with pytest.raises(ConfigError, match="magento"):
        way_of({"system": "magento"})
