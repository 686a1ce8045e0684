"""Clocks and bookmarks are not believed unseen: an odd clock costs rows read twice, and never a row."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from connector.http.clock import date_of
from connector.lists.window import MARGIN, Clock, Window, window
from connector.times import as_utc_text, earlier, utc_text
from magento_api.source import MAGENTO
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading, Record

Reader = Callable[..., Reading]
NOW = datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
SETTINGS: Record = {"lookback_seconds": 300}


def seen(clock: Clock, saved: str | None = None, *, document: bool = True, **settings: Any) -> Window:
    return window("orders", clock, saved, {**SETTINGS, **settings}, MAGENTO, document=document)


def moved(moment: str, **by: float) -> str:
    return utc_text(datetime.fromisoformat(moment) + timedelta(**by))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets this machine's clock, as the tap sees it."""

    def to(moment: datetime) -> None:
        monkeypatch.setattr(Clock, "now", classmethod(lambda cls, shop: cls(shop, moment)))

    return to


def test_two_good_clocks_follow_the_shops() -> None:
    for skew in (-30, 0, 30):
        clock = Clock(NOW, NOW + timedelta(seconds=skew))
        found = seen(clock, "2026-01-15 07:00:00")
        assert found.start == "2026-01-15 06:55:00"
        assert found.end == "2026-01-15 07:59:50"
        assert found.bookmark == utc_text(min(NOW, NOW + timedelta(seconds=skew)) - MARGIN)
        assert not found.notes
        assert clock.oddity("the shop") is None


@pytest.mark.parametrize("ahead", [timedelta(hours=2), DAY, 400 * DAY])
def test_a_clock_that_is_ahead_never_leaves_a_bookmark_in_the_future(ahead: timedelta) -> None:
    clock = Clock(NOW + ahead, NOW)
    found = seen(clock, "2026-01-15 07:00:00")
    assert found.end == utc_text(NOW + ahead - MARGIN), "rows of the shop's own time are read"
    assert found.bookmark == "2026-01-15 07:59:50"
    assert bool(clock.oddity("the shop")) is (ahead >= DAY)


@pytest.mark.parametrize("behind", [2 * DAY, 20_000 * DAY])
def test_a_clock_that_is_far_behind_passes_over_no_row(behind: timedelta) -> None:
    clock = Clock(NOW - behind, NOW)
    found = seen(clock)
    assert found.end == "2026-01-15 07:59:50"
    assert found.bookmark == utc_text(NOW - behind - MARGIN)
    told = "48 hours" if behind == 2 * DAY else "20000 days"
    assert f"{told} behind this machine's" in str(clock.oddity("the shop"))


def test_without_a_clock_of_the_shop_this_machines_is_taken() -> None:
    found = seen(Clock(None, NOW))
    assert (found.end, found.bookmark) == ("2026-01-15 07:59:50", "2026-01-15 07:59:50")


@pytest.mark.parametrize("saved", ["2026-01-15 08:00:01", "2027-06-01 00:00:00", "9999-12-31 23:59:59"])
def test_a_bookmark_in_the_future_is_reported_and_everything_is_read_again(saved: str) -> None:
    found = seen(Clock(NOW, NOW), saved)
    assert found.start is None
    assert found.bookmark == "2026-01-15 07:59:50"
    told = f"orders: the bookmark {saved} lies in the future and proves nothing, so everything is read again."
    assert found.notes == (told,)
    with_start = seen(Clock(NOW, NOW), saved, start_date="2026-01-01")
    assert with_start.start == "2026-01-01 00:00:00"
    assert "what changed since start_date" in with_start.notes[0]


def test_a_bookmark_of_a_clock_that_is_now_behind_is_still_believed() -> None:
    hour = timedelta(hours=1)
    assert seen(Clock(NOW - hour, NOW), "2026-01-15 07:30:00").start == "2026-01-15 06:54:50", "before the window's end"
    (note,) = seen(Clock(NOW, NOW - 30 * DAY), "2026-01-14 08:00:00").notes
    assert "in the future of the earlier clock" in note, "where one of the two clocks lies, it is not"


@pytest.mark.parametrize("saved", ["0001-01-01 00:00:00", "1970-01-01 00:00:00", "2007-12-31 23:59:59"])
def test_an_absurdly_old_bookmark_is_reported_and_everything_is_read(saved: str) -> None:
    found = seen(Clock(NOW, NOW), saved)
    assert found.start is None
    assert "before there was a Magento" in found.notes[0]


def test_an_end_before_the_bookmark_takes_it_back_and_says_so() -> None:
    found = seen(Clock(NOW, NOW), "2026-01-10 00:00:00", end_date="2026-01-05")
    assert (found.start, found.end) == ("2026-01-04 23:55:00", "2026-01-05 00:00:00")
    assert found.bookmark == "2026-01-05 00:00:00"
    assert "end_date (2026-01-05 00:00:00 UTC) lies before the bookmark" in found.notes[0]


def test_a_start_after_the_end_reads_nothing_keeps_the_bookmark_and_says_so() -> None:
    found = seen(Clock(NOW, NOW), "2026-01-10 00:00:00", start_date="2026-02-01")
    assert found.bookmark is None
    assert "start_date (2026-02-01 00:00:00 UTC) lies after the end" in found.notes[0]
    assert seen(Clock(NOW, NOW), start_date="2026-02-01", document=False).bookmark, "products know no start_date"


@pytest.mark.parametrize("seconds", [1e10, 1e15, 0])
def test_a_long_look_back_ends_at_the_first_timestamp(seconds: float) -> None:
    wanted = "2026-01-15 08:00:00" if not seconds else "1970-01-01 00:00:00"
    assert earlier("2026-01-15 08:00:00", seconds) == wanted


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00", "soon", ""])
def test_a_moment_outside_the_calendar_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several makers
        as_utc_text(text)


def test_early_years_are_written_with_four_digits() -> None:
    assert as_utc_text("0001-01-02") == "0001-01-02 00:00:00"


@pytest.mark.parametrize("text", ["", "yesterday", "Thu, 99 Jan 2026 08:00:00 GMT", "Thu, 15 Jan 99999 08:00:00 GMT"])
def test_a_date_header_that_is_none_is_no_time(text: str) -> None:
    assert date_of({"Date": text}) is None


def test_an_order_updated_between_an_odd_run_and_the_next_is_read(
    sandbox: Sandbox, reader: Reader, machine: Callable[[datetime], None]
) -> None:
    shop = sandbox.shop
    assert shop is not None
    truth = sandbox.clock.now()
    sandbox.clock.advance(days=2)
    machine(truth)
    first = reader("orders")
    assert "48 hours ahead of this machine's" in str(first.report["notes"])
    assert first.bookmarks["orders"]["replication_key_value"] <= utc_text(truth)
    late = min(shop.orders)
    shop.orders[late]["updated_at"] = utc_text(truth + timedelta(hours=1))
    shop.touch("orders")
    sandbox.clock.moved = timedelta(hours=2)
    machine(truth + timedelta(hours=2))
    second = reader("orders", state=first.state)
    assert late in second.ids("orders", "entity_id")
    assert not second.report["notes"]


def test_a_bookmark_in_the_future_is_read_past_in_a_real_run(
    sandbox: Sandbox, reader: Reader, machine: Callable[[datetime], None]
) -> None:
    assert sandbox.shop is not None
    machine(sandbox.clock.now())
    bookmark = {"replication_key": "updated_at", "replication_key_value": "2030-01-01T00:00:00Z"}
    reading = reader("orders", state={"bookmarks": {"orders": bookmark}})
    assert reading.ids("orders", "entity_id") == sorted(sandbox.shop.orders)
    assert "lies in the future" in str(reading.report["notes"])
    assert reading.bookmarks["orders"]["replication_key_value"] < "2026-02-01"


def test_a_clock_that_is_behind_is_told_in_the_log(
    reader: Reader, machine: Callable[[datetime], None], caplog: pytest.LogCaptureFixture
) -> None:
    machine(datetime(2027, 1, 1, tzinfo=timezone.utc))
    with caplog.at_level(logging.WARNING):
        reading = reader("orders")
    assert "days behind this machine's" in caplog.text
    assert not reading.report["notes"]


def test_orders_stay_where_they_were_when_start_date_lies_ahead(
    sandbox: Sandbox, reader: Reader, machine: Callable[[datetime], None]
) -> None:
    machine(sandbox.clock.now())
    first = reader("orders")
    second = reader("orders", state=first.state, start_date="2026-06-01")
    kept = second.bookmarks["orders"]["replication_key_value"]
    assert kept == first.bookmarks["orders"]["replication_key_value"]
    assert not second.records["orders"]
    assert "lies after the end of the window" in str(second.report["notes"])
