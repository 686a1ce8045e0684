"""The fine branches of the ETL's rules, one case each, most of them from Magento's records to what is offered."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from etl.core.absence import within_limit
from etl.core.diff import apply, changed_names
from etl.magento.rules.order_lines import counted_lines
from store.snapshot import Outcome, Snapshot
from tests.oracle.etl_days import EtlDays
from tests.oracle.flow import FULL_TABLE_STREAMS, Flow, Reading
from tests.oracle.magento_rows import line, listing, order, product, source, source_item, stock_item, stock_status
from tests.oracle.worlds import FIRST_DAY

COLUMNS = ["order", "item_id", "parent_item_id", "product_id", "units", "money", "carries", "kit"]
AT = "2026-02-01T06:00:00Z"


class Shop:
    """A job folder and what the ETL offers Optiply when Magento says something."""

    def __init__(self, folder: Path, **flags: Any) -> None:
        self.days = EtlDays(folder, Flow(**flags))
        self.number = 0

    def offer(self, **rows: Any) -> dict[tuple[str, str], dict[str, Any]]:
        """What one run writes, by stream and remote id."""
        complete = frozenset(FULL_TABLE_STREAMS)
        messages = self.days.offer(Reading(rows, complete, FIRST_DAY + timedelta(days=self.number)))
        self.number += 1
        return {
            (message["stream"], message["record"]["remoteId"]): message["record"]
            for message in messages
            if message["type"] == "RECORD"
        }

    def note(self, *outcomes: Outcome) -> None:
        """What the target left for the next run."""
        path = self.days.folder / "snapshots" / f"outcomes-20260201T0600{self.number:02d}Z-1.jsonl"
        path.write_text("".join(outcome.to_json() + "\n" for outcome in outcomes))

    def snapshot(self) -> Snapshot:
        return Snapshot.open(self.days.folder / "snapshots")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "job")


def virtual(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [product(number, type_id="virtual", **more) for number in numbers]


def sold(*rows: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [order(1, *rows, **more)]


def lines_of(offered: dict[tuple[str, str], dict[str, Any]], number: int = 1) -> list[tuple[str, int, float]]:
    """(product, units, money) of each line of an order."""
    record = offered["sellOrders", str(number)]
    return [(item["productRemoteId"], item["quantity"], item["subtotalValue"]) for item in record["orderLines"]]


def counted(*rows: tuple[Any, ...], carries: Sequence[bool] = ()) -> list[tuple[Any, ...]]:
    """(item, parent, product, units, money[, kit]) → (product, units, cents)."""
    money = carries or [row[4] != 0 for row in rows]
    cells = [(0, *row[:5], carried, len(row) > 5) for row, carried in zip(rows, money, strict=True)]
    found = counted_lines(pd.DataFrame(cells, columns=COLUMNS))
    return list(found[["product_id", "units", "money"]].itertuples(index=False, name=None))


class TestWhoseSaleARowIs:
    def test_a_row_with_a_parent_and_children_is_a_parent_only(self) -> None:
        """Magento nests one level. The one above it then has no child and is a sale of its own."""
        assert counted((1, -1, "9", 1.0, 10.0), (2, 1, "8", 1.0, 6.0), (3, 2, "7", 2.0, 0.0)) == [
            ("9", 1.0, 1000),
            ("7", 2.0, 600),
        ]

    def test_the_same_from_the_order_as_magento_gives_it(self, shop: Shop) -> None:
        rows = [line(1, 9, 1, 10), line(2, 8, 1, 6, parent=1), line(3, 7, 2, 0, parent=2)]
        assert lines_of(shop.offer(products=virtual(7, 8, 9), orders=sold(*rows))) == [("7", 2, 6.0), ("9", 1, 10.0)]

    def test_a_row_that_is_its_own_parent_is_a_sale_of_its_own(self) -> None:
        assert counted((1, 1, "9", 2.0, 10.0)) == [("9", 2.0, 1000)]

    def test_of_two_rows_with_one_item_id_the_first_is_the_parent(self) -> None:
        assert counted((1, -1, "9", 1.0, 10.0), (1, -1, "8", 1.0, 5.0), (2, 1, "7", 2.0, 0.0)) == [
            ("8", 1.0, 500),
            ("7", 2.0, 1000),
        ]

    def test_a_parent_of_another_order_is_none(self) -> None:
        cells = [(0, 1, -1, "9", 1.0, 10.0, True, False), (1, 2, 1, "7", 2.0, 3.0, True, False)]
        found = counted_lines(pd.DataFrame(cells, columns=COLUMNS))
        assert list(found[["order", "product_id", "money"]].itertuples(index=False, name=None)) == [
            (0, "9", 1000),
            (1, "7", 300),
        ]

    def test_a_kit_without_parts_in_the_order_is_sold_as_it_is_listed(self) -> None:
        assert counted((1, -1, "9", 1.0, 10.0, True), (2, -1, "8", 1.0, 4.0), (3, 2, "7", 1.0, 0.0)) == [
            ("9", 1.0, 1000),
            ("7", 1.0, 400),
        ]

    def test_a_kit_of_fixed_price_keeps_its_own_money_and_takes_its_parts_units_away(self) -> None:
        assert counted((1, -1, "9", 2.0, 10.0, True), (2, 1, "8", 4.0, 0.0)) == [("9", 2.0, 1000)]

    def test_money_discounted_to_nothing_on_one_child_is_the_childrens_all_the_same(self) -> None:
        rows = ((1, -1, "9", 1.0, 12.0), (2, 1, "8", 1.0, 0.0), (3, 1, "7", 1.0, 0.0))
        assert counted(*rows, carries=(True, True, False)) == [("8", 1.0, 0), ("7", 1.0, 0)]
        assert counted(*rows, carries=(True, False, False)) == [("8", 1.0, 600), ("7", 1.0, 600)]

    def test_a_parent_that_comes_after_its_child_gives_to_that_alone(self) -> None:
        assert counted((1, -1, "9", 1.0, 5.0), (2, 3, "8", 1.0, 0.0), (3, -1, "7", 1.0, 10.0)) == [
            ("9", 1.0, 500),
            ("8", 1.0, 1000),
        ]

    def test_a_kit_of_dynamic_price_is_sold_for_what_its_parts_carry(self) -> None:
        assert counted((1, -1, "9", 1.0, 10.0, True), (2, 1, "8", 1.0, 4.0), (3, 1, "7", 1.0, 5.0)) == [("9", 1.0, 900)]

    def test_a_parents_money_is_split_by_units(self) -> None:
        assert counted((1, -1, "9", 1.0, 10.0), (2, 1, "8", 3.0, 0.0), (3, 1, "7", 1.0, 0.0)) == [
            ("8", 3.0, 750),
            ("7", 1.0, 250),
        ]

    def test_children_without_units_leave_the_money_with_the_first(self) -> None:
        assert counted((1, -1, "9", 1.0, 10.0), (2, 1, "8", 0.0, 0.0), (3, 1, "7", 0.0, 0.0)) == [
            ("8", 0.0, 1000),
            ("7", 0.0, 0),
        ]

    def test_fewer_units_than_none_weigh_nothing(self) -> None:
        assert counted((1, -1, "9", 1.0, 10.0), (2, 1, "8", -1.0, 0.0), (3, 1, "7", 2.0, 0.0)) == [
            ("8", -1.0, 0),
            ("7", 2.0, 1000),
        ]

    def test_a_cent_that_rounding_makes_or_takes_is_on_the_lowest_item_id_of_its_order(self) -> None:
        """Three lines of 0.0050 are 0.02 in sum (0.0150 rounded), not 0.03 nor 0.00."""
        assert counted((5, -1, "a", 1.0, 0.005), (3, -1, "b", 1.0, 0.005), (4, -1, "c", 1.0, 0.005)) == [
            ("b", 1.0, 0),
            ("c", 1.0, 1),
            ("a", 1.0, 1),
        ]

    def test_a_product_twice_in_an_order_is_one_line_at_its_lowest_item_id(self) -> None:
        assert counted((3, -1, "9", 1.0, 1.0), (2, -1, "8", 1.0, 2.0), (1, -1, "9", 2.0, 4.0)) == [
            ("9", 3.0, 500),
            ("8", 1.0, 200),
        ]


class TestOrders:
    def test_a_child_without_an_amount_has_none_but_a_row_of_its_own_without_one_is_bad(self, shop: Shop) -> None:
        silent = {**line(2, 8, 1, 0, parent=1), "base_row_total": None}
        assert lines_of(shop.offer(products=virtual(8, 9), orders=sold(line(1, 9, 1, 5), silent, subtotal=5))) == [
            ("8", 1, 5.0)
        ]
        alone = {**line(1, 8, 1, 0), "base_row_total": None}
        assert ("sellOrders", "2") not in shop.offer(orders=[{**order(2, line(1, 9, 1, 5)), "items": [alone]}])

    @pytest.mark.parametrize("latest_first", [True, False])
    def test_an_order_read_twice_in_a_run_is_as_it_was_updated_last(self, shop: Shop, latest_first: bool) -> None:
        old = order(1, line(1, 8, 1, 5), updated_at="2026-01-04 09:30:00")
        new = order(1, line(1, 8, 3, 15), updated_at="2026-01-04 09:30:01")
        both = [new, old] if latest_first else [old, new]
        assert lines_of(shop.offer(products=virtual(8), orders=both)) == [("8", 3, 15.0)]

    @pytest.mark.parametrize("complete_first", [True, False])
    def test_of_two_readings_of_one_moment_the_one_that_counts_is_taken(self, shop: Shop, complete_first: bool) -> None:
        pending, complete = order(1, line(1, 8, 1, 5), state="processing"), order(1, line(1, 8, 1, 5))
        both = [complete, pending] if complete_first else [pending, complete]
        assert ("sellOrders", "1") in shop.offer(products=virtual(8), orders=both)

    @pytest.mark.parametrize(
        ("state", "status", "flags", "counts"),
        [
            ("complete", "shipped", {}, True),
            ("processing", "Complete ", {}, True),
            ("processing", "pending", {}, False),
            ("processing", "pending", {"pullAllOrders": True}, True),
            ("processing", "packed", {"order_statuses": ("PACKED",)}, True),
            ("complete", "complete", {"order_statuses": ("packed",)}, False),
        ],
    )
    def test_which_orders_count(
        self, tmp_path: Path, state: str, status: str, flags: dict[str, Any], counts: bool
    ) -> None:
        shop = Shop(tmp_path / "job", **flags)
        found = shop.offer(products=virtual(8), orders=sold(line(1, 8, 1, 5), state=state, status=status))
        assert (("sellOrders", "1") in found) is counts

    def test_lines_come_in_the_order_of_the_products_numbers(self, shop: Shop) -> None:
        rows = [line(1, 10, 1, 1), line(2, 9, 1, 2), line(3, 100, 1, 3)]
        offered = shop.offer(products=virtual(9, 10, 100), orders=sold(*rows))
        assert [product_id for product_id, _, _ in lines_of(offered)] == ["9", "10", "100"]

    def test_a_row_without_a_product_is_left_out_and_the_order_goes_with_the_rest(self, shop: Shop) -> None:
        rows = [line(1, 8, 1, 1), {**line(2, 8, 1, 2), "product_id": None}]
        assert lines_of(shop.offer(products=virtual(8), orders=sold(*rows))) == [("8", 1, 1.0)]

    def test_an_order_whose_rows_name_no_product_is_not_sent(self, shop: Shop) -> None:
        rows = [{**line(1, 8, 1, 2), "product_id": None}]
        assert ("sellOrders", "1") not in shop.offer(products=virtual(8), orders=sold(*rows))

    def test_an_order_that_waits_is_kept_with_parents_and_children(self, shop: Shop) -> None:
        """What it says later is what it would have said at once."""
        rows = [line(1, 9, 1, 10), line(2, 8, 3, 0, parent=1), line(3, 7, 1, 0, parent=1)]
        assert ("sellOrders", "1") not in shop.offer(products=virtual(7, 9), orders=sold(*rows))
        assert lines_of(shop.offer(products=virtual(8))) == [("7", 1, 2.5), ("8", 3, 7.5)]

    @pytest.mark.parametrize("days", [6, 8])
    def test_only_after_its_waiting_time_it_goes_without_the_unknown_product(self, shop: Shop, days: int) -> None:
        rows = [line(1, 8, 1, 1), line(2, 404, 1, 2)]
        shop.offer(products=virtual(8), orders=sold(*rows))
        shop.number = days
        found = shop.offer()
        assert (("sellOrders", "1") in found) is (days > 7)


class TestStock:
    @pytest.mark.parametrize("largest_first", [True, False])
    def test_of_two_rows_for_one_source_the_larger_counts_and_both_are_not_summed(
        self, tmp_path: Path, largest_first: bool
    ) -> None:
        rows = [source_item("SKU-1", "ams", 9), source_item("SKU-1", "ams", 4)]
        shop = Shop(tmp_path / "job", use_inventory_source_items=True)
        found = shop.offer(
            products=[product(1)],
            sources=[source("ams"), source("closed", enabled=False)],
            source_items=[*(rows if largest_first else rows[::-1]), source_item("SKU-1", "closed", 50)],
            product_item_stocks=[stock_item(1, 0)],
        )
        assert found["products", "1"]["stockLevel"] == 9

    @pytest.mark.parametrize("largest_first", [True, False])
    def test_of_two_statuses_of_one_product_the_larger_counts(self, shop: Shop, largest_first: bool) -> None:
        rows = [stock_status(1, "SKU-1", 9), stock_status(1, "SKU-1", 4)]
        found = shop.offer(products=[product(1)], product_stock_statuses=rows if largest_first else rows[::-1])
        assert found["products", "1"]["stockLevel"] == 9

    @pytest.mark.parametrize(("chosen", "units"), [((), 3), (("ams",), 1), (("closed",), 8), (("ams", "closed"), 9)])
    def test_which_sources_are_summed(self, tmp_path: Path, chosen: tuple[str, ...], units: int) -> None:
        shop = Shop(tmp_path / "job", use_inventory_source_items=True, warehouse_ids=chosen)
        found = shop.offer(
            products=[product(1)],
            sources=[source("ams"), source("rtm"), source("closed", enabled=False)],
            source_items=[
                source_item("SKU-1", "ams", 1),
                source_item("SKU-1", "rtm", 2),
                source_item("SKU-1", "closed", 8),
            ],
            product_item_stocks=[stock_item(1, 0)],
        )
        assert found["products", "1"]["stockLevel"] == units

    def test_what_is_marked_out_of_stock_counts_nothing(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "job", use_inventory_source_items=True)
        found = shop.offer(
            products=[product(1)],
            sources=[source("ams"), source("rtm")],
            source_items=[source_item("SKU-1", "ams", 5), source_item("SKU-1", "rtm", 7, status=0)],
            product_item_stocks=[stock_item(1, 0)],
        )
        assert found["products", "1"]["stockLevel"] == 5

    @pytest.mark.parametrize("blank", [None, "", " "])
    def test_while_a_source_item_names_no_product_none_is_without_stock(
        self, tmp_path: Path, blank: str | None
    ) -> None:
        shop = Shop(tmp_path / "job", use_inventory_source_items=True)
        rows = {"sources": [source("ams")], "source_items": [source_item(blank, "ams", 3)]}
        assert not shop.offer(products=[product(1)], **rows)
        assert not shop.offer(**rows)
        rows["source_items"] = []
        assert not shop.offer(**rows)
        assert shop.offer(**rows)["products", "1"]["stockLevel"] == 0

    @pytest.mark.parametrize(("salable", "units"), [(True, 3), (False, 8)])
    def test_salable_or_physical(self, tmp_path: Path, salable: bool, units: int) -> None:
        shop = Shop(tmp_path / "job", use_salable_quantity=salable)
        found = shop.offer(products=[product(1)], product_stock_statuses=[stock_status(1, "SKU-1", 3, 8)])
        assert found["products", "1"]["stockLevel"] == units


class TestProducts:
    def test_a_new_product_of_unknown_stock_waits_and_a_known_one_keeps_what_it_has(self, shop: Shop) -> None:
        assert not shop.offer(products=[product(1)])
        first = shop.offer(product_stock_statuses=[stock_status(1, "SKU-1", 4)])
        assert first["products", "1"]["stockLevel"] == 4

    @pytest.mark.parametrize(("flags", "created"), [({}, False), ({"create_disabled_products": True}, True)])
    def test_a_disabled_product_is_created_only_on_demand(
        self, tmp_path: Path, flags: dict[str, Any], created: bool
    ) -> None:
        shop = Shop(tmp_path / "job", **flags)
        found = shop.offer(products=virtual(1, status=2))
        assert (("products", "1") in found) is created

    def test_an_order_s_disabled_product_of_unknown_stock_is_created_with_none_and_disabled(self, shop: Shop) -> None:
        found = shop.offer(products=[product(1, status=2)], orders=sold(line(1, 1, 1, 1)))
        record = found["products", "1"]
        assert (record["status"], record["stockLevel"]) == ("disabled", 0)

    def test_create_disabled_products_does_not_make_up_stock(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "job", create_disabled_products=True)
        assert not shop.offer(products=[product(1, status=2)])


class TestHowManyMayVanish:
    @pytest.mark.parametrize(
        ("vanished", "enabled", "share", "allowed", "believed"),
        [
            (5, 5, 0.05, 0, True),
            (6, 100, 0.05, 0, False),
            (6, 120, 0.05, 0, True),
            (7, 120, 0.05, 0, False),
            (7, 120, 0.05, 7, True),
            (8, 120, 0.05, 7, False),
            (0, 0, 0.0, 0, True),
        ],
    )
    def test_the_greatest_of_three_limits_holds_and_is_within_itself(
        self, vanished: int, enabled: int, share: float, allowed: int, believed: bool
    ) -> None:
        assert within_limit(vanished, enabled, share, allowed) is believed

    def test_what_was_disabled_before_it_went_is_in_neither_number(self, shop: Shop) -> None:
        """Seven are gone, two of them disabled before: five, which is always allowed."""
        here = [*virtual(*range(1, 9)), *virtual(9, 10)]
        complete = frozenset(FULL_TABLE_STREAMS)
        shop.days.day(Reading({"products": here, "product_ids": listing(*here)}, complete, FIRST_DAY))
        off = [{**row, "status": 2} for row in here[:2]]
        rows = {"products": off, "product_ids": listing(*off, *here[2:])}
        shop.days.day(Reading(rows, complete, FIRST_DAY + timedelta(days=1)))
        for day in (2, 3):
            rows = {"product_ids": listing(*here[7:])}
            shop.days.day(Reading(rows, complete, FIRST_DAY + timedelta(days=day)))
        assert shop.days.differences() == []
        assert [row["status"] for row in shop.days.optiply.objects["products"].values()].count("enabled") == 3


class TestWhatIsOffered:
    @pytest.mark.parametrize(
        ("wanted", "accepted", "more", "names"),
        [
            ({"name": "a"}, None, {}, None),
            ({"name": "a"}, {"name": "a"}, {}, []),
            ({"name": "a", "price": 2}, {"name": "a"}, {}, ["price"]),
            ({"name": "a"}, {"name": "a", "price": 1}, {}, []),
            ({"name": "a"}, {"name": "a"}, {"force": True}, ["name"]),
            ({"name": "b", "stockLevel": 1}, {"name": "a"}, {"never_compared": ["stockLevel"]}, ["name"]),
            ({"name": "b", "price": 1}, {"name": "a"}, {"never_compared": ["price"], "force": True}, ["name"]),
            ({"name": "b", "stockLevel": 1}, None, {"never_compared": ["stockLevel"]}, ["name"]),
            ({"deleted_at": "x", "name": "a"}, {"name": "a", "status": "disabled"}, {}, []),
            ({"deleted_at": "x", "name": "a"}, {"name": "a", "status": "enabled"}, {}, None),
            ({"deleted_at": "x", "name": "a"}, {"name": "a"}, {}, None),
            ({"deleted_at": "x", "name": "a"}, None, {"never_compared": ["stockLevel"]}, None),
        ],
    )
    def test_the_names_of_a_pair_of_pictures(
        self, wanted: dict[str, Any], accepted: dict[str, Any] | None, more: dict[str, Any], names: list[str] | None
    ) -> None:
        known = None if accepted is None else json.dumps(accepted)
        assert changed_names([json.dumps(wanted)], [known], **more) == [names]

    def test_what_is_accepted_is_added_to_what_was_and_steers_nothing(self) -> None:
        assert apply({"price": 2, "_changed": ["price"]}, {"name": "a", "price": 1}) == {"name": "a", "price": 2}
        assert apply({"price": 2}, None) == {"price": 2}


class TestWhatOutcomesSay:
    """From the target's file to what the next run of the ETL offers."""

    def accepted(self, shop: Shop, **more: Any) -> dict[str, Any]:
        """Product 1 is offered and accepted; returns what was sent."""
        record = shop.offer(products=virtual(1))["products", "1"]
        sent = {name: value for name, value in record.items() if name != "remoteId"}
        shop.note(Outcome("products", "1", "answered", "create", "accepted", id="5", sent=sent, hash="h", at=AT))
        assert not shop.offer()
        return sent

    def test_what_was_accepted_is_offered_no_more(self, shop: Shop) -> None:
        self.accepted(shop)
        with shop.snapshot() as snapshot:
            assert (snapshot.ids("products"), snapshot.unanswered("products")) == ({"1": "5"}, [])

    def test_an_announced_change_without_an_answer_puts_its_names_in_doubt_alone(self, shop: Shop) -> None:
        sent = self.accepted(shop)
        shop.note(Outcome("products", "1", "announced", "update", sent={"name": sent["name"]}, at=AT))
        assert shop.offer()["products", "1"]["_changed"] == ["name"]

    def test_an_announced_change_that_says_nothing_puts_nothing_in_doubt(self, shop: Shop) -> None:
        self.accepted(shop)
        shop.note(Outcome("products", "1", "announced", "update", at=AT))
        assert not shop.offer()

    def test_a_refused_change_leaves_its_names_in_doubt(self, shop: Shop) -> None:
        sent = self.accepted(shop)
        shop.note(
            Outcome("products", "1", "announced", "update", sent={"name": sent["name"]}, hash="h2", at=AT),
            Outcome("products", "1", "answered", "update", "refused", reason="no", at=AT),
        )
        assert shop.offer()["products", "1"]["_changed"] == ["name"]

    def test_an_accepted_change_adds_to_what_was_known(self, shop: Shop) -> None:
        sent = self.accepted(shop)
        changed = shop.offer(products=virtual(1, name="New"))["products", "1"]
        assert changed["_changed"] == ["name"]
        shop.note(Outcome("products", "1", "answered", "update", "accepted", sent={"name": "New"}, at=AT))
        assert not shop.offer()
        with shop.snapshot() as snapshot:
            assert snapshot.ids("products") == {"1": "5"}
        assert shop.offer(products=virtual(1))["products", "1"]["name"] == sent["name"]

    @pytest.mark.parametrize("status", ["refused", "failed"])
    def test_a_create_that_was_answered_is_not_looked_up(self, shop: Shop, status: Any) -> None:
        record = shop.offer(products=virtual(1))["products", "1"]
        shop.note(
            Outcome("products", "1", "announced", "create", sent=record, at=AT),
            Outcome("products", "1", "answered", "create", status, reason="no", at=AT),
        )
        assert ("products", "1") in shop.offer()
        with shop.snapshot() as snapshot:
            assert snapshot.unanswered("products") == []

    @pytest.mark.parametrize(("action", "status"), [("create", "unanswered"), ("update", "refused")])
    def test_other_answers_leave_an_announced_create_to_be_looked_up(
        self, shop: Shop, action: Any, status: Any
    ) -> None:
        record = shop.offer(products=virtual(1))["products", "1"]
        shop.note(
            Outcome("products", "1", "announced", "create", sent=record, at=AT),
            Outcome("products", "1", "answered", action, status, reason="no", at=AT),
        )
        shop.offer()
        with shop.snapshot() as snapshot:
            assert [outcome.remoteId for outcome in snapshot.unanswered("products")] == ["1"]

    def test_an_adoption_without_attributes_is_followed_by_all_of_them(self, shop: Shop) -> None:
        shop.offer(products=virtual(1))
        shop.note(Outcome("products", "1", "answered", "adopt", "accepted", id="5", at=AT))
        record = shop.offer()["products", "1"]
        assert record["id"] == "5"
        assert "_changed" not in record

    def test_a_record_that_was_deleted_is_unknown_again(self, shop: Shop) -> None:
        self.accepted(shop)
        shop.note(Outcome("products", "1", "answered", "delete", "accepted", id="5", at=AT))
        record = shop.offer()["products", "1"]
        assert "id" not in record
        assert "_changed" not in record

    def test_an_announced_removal_without_an_answer_puts_the_whole_record_in_doubt(self, shop: Shop) -> None:
        self.accepted(shop)
        shop.note(Outcome("products", "1", "announced", "delete", at=AT))
        record = shop.offer()["products", "1"]
        assert record["id"] == "5"
        assert "_changed" not in record

    def test_the_newest_accepted_answer_is_kept_whatever_the_order_of_the_lines(self, shop: Shop) -> None:
        def at(hour: int, status: Any, number: int) -> Outcome:
            time = f"2026-02-01T{hour:02}:00:00Z"
            return Outcome("products", str(number), "answered", "create", status, id=str(number), at=time)

        shop.note(at(7, "accepted", 1), at(9, "accepted", 2), at(8, "accepted", 3), at(11, "refused", 4))
        shop.offer()
        with shop.snapshot() as snapshot:
            assert snapshot.last_answer_at("products") == "2026-02-01T09:00:00Z"
