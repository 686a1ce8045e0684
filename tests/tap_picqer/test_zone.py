"""Picqer's local times as UTC, on the nights when clocks change above all."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.addresses import SettingError
from connector.singer.form import Form
from connector.times import utc_text
from connector.zone import Zone
from sandbox.picqer.account import Size
from sandbox.systems import Sandbox
from tests.tap_picqer.reading import read

AMSTERDAM = Zone("Europe/Amsterdam")
TIMES = {"properties": {"updated": {"format": "date-time"}, "created": {"format": "date-time"}}}
OCTOBER = datetime(2025, 10, 26, 0, 30, tzinfo=timezone.utc)
"""2:30 in Amsterdam, for the first time that night."""
MARCH = datetime(2026, 3, 29, 0, 55, tzinfo=timezone.utc)
"""1:55 in Amsterdam, five minutes before it is three o'clock."""


@pytest.mark.parametrize(
    ("local", "told"),
    [
        ("2026-01-15 09:00:00", "2026-01-15T08:00:00Z"),
        ("2026-07-15 09:00:00", "2026-07-15T07:00:00Z"),
        ("2026-03-29 01:59:59", "2026-03-29T00:59:59Z"),
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00Z"),
        ("2026-03-29 03:00:00", "2026-03-29T01:00:00Z"),
        ("2025-10-26 02:30:00", "2025-10-26T00:30:00Z"),
        ("2025-10-26 03:00:00", "2025-10-26T02:00:00Z"),
    ],
)
def test_a_local_time_is_told_as_utc(local, told):
    assert Form(TIMES, AMSTERDAM)({"created": local}) == {"created": told}


def test_what_changed_after_it_was_created_is_not_told_the_other_way_round():
    row = {"created": "2025-10-26 02:50:00", "updated": "2025-10-26 02:10:00"}
    assert Form(TIMES, AMSTERDAM)(row) == {"created": "2025-10-26T00:50:00Z", "updated": "2025-10-26T01:10:00Z"}


@pytest.mark.parametrize("value", ["0000-00-00 00:00:00", "yesterday", "2026-02-30 08:00:00", 17, ["a"], None, ""])
def test_a_time_that_is_none_is_passed_on_as_it_is(value):
    assert Form(TIMES, AMSTERDAM)({"created": value}) == {"created": value}


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(SettingError, match="time_zone 'Holland' is not the name of a time zone"):
        Zone("Holland")


@given(
    start=st.datetimes(datetime(2025, 10, 25), datetime(2025, 10, 28))
    | st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 31)),
    later=st.timedeltas(timedelta(0), timedelta(hours=5)),
)
def test_whatever_changes_later_has_a_text_after_the_filter(start, later):
    begins = start.replace(microsecond=0, tzinfo=timezone.utc)
    text = (begins + later).astimezone(AMSTERDAM.info).strftime("%Y-%m-%d %H:%M:%S")
    assert text > AMSTERDAM.since(utc_text(begins))


@pytest.mark.parametrize("night", [OCTOBER, MARCH])
@pytest.mark.parametrize("minutes", [1, 10, 40, 70, 100])
@pytest.mark.parametrize("inclusive", [False, True])
def test_a_run_finds_what_changed_since_the_one_before_in_such_a_night(night, minutes, inclusive):
    with Sandbox(magento=False, picqer=Size(purchase_orders=130)) as sandbox:
        sandbox.picqer.settings.after_inclusive = inclusive
        sandbox.call(lambda: setattr(sandbox.clock, "start", night))
        streams = ("purchase_orders", "receipts", "orders")
        first = read(sandbox, *streams)
        # The bookmark stays some seconds behind the clock, which counts as the overlap here.
        state = first.state

        def change() -> None:
            sandbox.clock.advance(seconds=minutes * 60)
            store = sandbox.picqer
            for table in (store.purchaseorders, store.receipts):
                store.change(table.rows[table.ids[3]], updated=store.stamp())
            order = store.orders.rows[store.orders.ids[0]]
            store.put(type(order)(idorder=990_001, orderid="1", created=store.stamp(), updated=store.stamp()))

        sandbox.call(change)
        second = read(sandbox, *streams, state=state, lookback_seconds=0)
        assert sandbox.picqer.purchaseorders.ids[3] in second.ids("purchase_orders", "idpurchaseorder")
        assert sandbox.picqer.receipts.ids[3] in second.ids("receipts", "idreceipt")
        assert 990_001 in second.ids("orders", "idorder")
