"""The fine branches of the tap's lists and windows: both sides of every edge, one case each."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import connector.http.waits
from connector.lists.window import Clock, Window, window
from magento_api.source import MAGENTO
from sandbox.systems import Sandbox
from tests.tap_magento.reading import read

NOON = datetime(2026, 1, 15, 12, 0, 10, tzinfo=timezone.utc)  # less the margin of ten seconds: 12:00:00
CLOCK = Clock(NOON, NOON)


def day(text: str) -> str:
    return f"2026-01-{text}"


def of(saved: str | None, *, clock: Clock = CLOCK, document: bool = True, **config: Any) -> Window:
    return window("orders", clock, saved, {"lookback_seconds": 60, **config}, MAGENTO, document=document)


class TestWindow:
    """Both ends, the bookmark that is left, and what is said about them."""

    def test_without_a_bookmark_everything_up_to_now_is_read(self) -> None:
        assert of(None) == Window(None, day("15 12:00:00"), day("15 12:00:00"), True, ())

    def test_it_starts_the_look_back_before_the_bookmark(self) -> None:
        assert of(day("14 10:00:00")) == Window(day("14 09:59:00"), day("15 12:00:00"), day("15 12:00:00"), False, ())

    @pytest.mark.parametrize(
        ("saved", "start", "says"),
        [
            (day("10 00:00:01"), day("09 23:59:00"), True),
            (day("10 00:00:00"), day("09 23:59:00"), False),
            (day("09 23:59:59"), day("09 23:58:59"), False),
        ],
    )
    def test_it_starts_before_its_own_end_even_when_the_bookmark_lies_behind_that(
        self, saved: str, start: str, says: bool
    ) -> None:
        """An end_date before the bookmark: from the bookmark on there would be nothing to read."""
        found = of(saved, end_date="2026-01-10")
        assert (found.start, found.end, found.bookmark) == (start, day("10 00:00:00"), day("10 00:00:00"))
        assert bool(found.notes) is says

    @pytest.mark.parametrize(
        ("saved", "start"), [(None, day("05 00:00:00")), (day("03 00:00:00"), day("05 00:00:00"))]
    )
    def test_a_start_date_limits_documents(self, saved: str | None, start: str) -> None:
        found = of(saved, start_date="2026-01-05")
        assert (found.start, found.whole) == (start, False)

    def test_a_start_date_before_the_bookmark_changes_nothing(self) -> None:
        assert of(day("14 10:00:00"), start_date="2026-01-05").start == day("14 09:59:00")

    def test_a_start_date_says_nothing_about_products(self) -> None:
        assert of(None, document=False, start_date="2026-01-05") == of(None)

    @pytest.mark.parametrize(("first", "bookmark"), [("12:00:00", day("15 12:00:00")), ("12:00:01", None)])
    def test_a_start_date_after_the_end_leaves_the_bookmark_alone(self, first: str, bookmark: str | None) -> None:
        found = of(None, start_date=f"2026-01-15T{first}Z")
        assert found.bookmark == bookmark
        assert bool(found.notes) is (bookmark is None)

    @pytest.mark.parametrize(
        ("saved", "believed"),
        [
            (day("15 12:00:10"), True),  # behind the margin, and not in the future
            (day("15 12:00:11"), False),
            ("2008-01-01 00:00:00", True),
            ("2007-12-31 23:59:59", False),
        ],
    )
    def test_a_bookmark_in_the_future_or_before_magento_reads_everything(self, saved: str, believed: bool) -> None:
        found = of(saved)
        assert (found.start is not None, found.whole, not found.notes) == (believed, not believed, believed)
        when = "before there was a Magento" if saved < "2009" else "in the future"
        assert all(f"lies {when} and proves nothing, so everything" in note for note in found.notes)

    def test_and_what_is_read_again_is_limited_by_start_date(self) -> None:
        found = of("2030-01-01 00:00:00", start_date="2026-01-05")
        assert found.start == day("05 00:00:00")
        assert "so what changed since start_date (2026-01-05 00:00:00 UTC) is read again" in found.notes[0]

    def test_an_end_date_alone_is_the_end_and_makes_it_a_part(self) -> None:
        assert of(None, end_date="2026-01-10") == Window(None, day("10 00:00:00"), day("10 00:00:00"), False, ())

    @pytest.mark.parametrize(
        ("ahead", "end", "bookmark"),
        [
            (timedelta(hours=1), day("15 13:00:00"), day("15 12:00:00")),
            (timedelta(hours=-1), day("15 11:00:00"), day("15 11:00:00")),
            (timedelta(hours=23), day("16 11:00:00"), day("15 12:00:00")),
            (timedelta(days=2), day("17 12:00:00"), day("15 12:00:00")),
            (timedelta(days=-2), day("15 12:00:00"), day("13 12:00:00")),
        ],
    )
    def test_of_two_clocks_the_earlier_gives_the_bookmark_and_an_odd_one_hides_no_row(
        self, ahead: timedelta, end: str, bookmark: str
    ) -> None:
        clock = Clock(NOON + ahead, NOON)
        found = of(None, clock=clock)
        assert (found.end, found.bookmark) == (end, bookmark)
        assert (clock.oddity("the shop") is not None) is (abs(ahead) > timedelta(hours=23))
        if ahead > timedelta(hours=23):
            assert "48 hours ahead of this machine's" in str(clock.oddity("the shop"))
        if ahead < -timedelta(hours=23):
            assert "48 hours behind this machine's" in str(clock.oddity("the shop"))

    def test_a_shop_that_does_not_tell_the_time_is_read_by_this_machine_s(self) -> None:
        clock = Clock(None, NOON)
        assert (of(None, clock=clock), clock.oddity("the shop")) == (of(None), None)


@pytest.fixture(scope="module")
def small() -> Iterator[Sandbox]:
    """One small shop for tests that change nothing."""
    with Sandbox(products=12, orders=9) as running:
        yield running


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


@pytest.mark.parametrize("off", [-1, 0, 1])
@pytest.mark.parametrize("stream", ["products", "orders", "source_items", "sales_rules"])
def test_a_list_just_longer_or_shorter_than_a_page_comes_whole_and_once(small: Sandbox, stream: str, off: int) -> None:
    """Read by id, by windows of an id that the rows lack, and by page number."""
    whole = read(small.magento_url, stream).records[stream]
    if len(whole) + off < 1:
        pytest.skip(f"the sandbox has {len(whole)} {stream}")
    reading = read(small.magento_url, stream, page_size=len(whole) + off)
    ordered = sorted(map(repr, reading.records[stream]))
    assert ordered == sorted(map(repr, whole))
    assert "complete" in reading.bookmarks[stream]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_tiny_pages_lose_and_repeat_nothing(small: Sandbox, size: int) -> None:
    assert small.shop is not None
    reading = read(small.magento_url, "products", "product_ids", "source_items", page_size=size, max_concurrency=3)
    assert reading.ids("products") == sorted(small.shop.products)
    assert sorted(reading.ids("product_ids")) == sorted(small.shop.products)
    items = [(row["sku"], row["source_code"]) for row in reading.records["source_items"]]
    assert len(items) == len(set(items)) == len(small.shop.stock.source_items)


@pytest.mark.parametrize("which", [min, max])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_bad_record_at_either_end_costs_itself_alone_whatever_the_page(which: Any, size: int) -> None:
    with Sandbox(products=12, orders=0) as shop:
        assert shop.shop is not None
        bad = which(shop.shop.products)
        shop.shop.poison("products", bad)
        reading = read(shop.magento_url, "products", "product_ids", page_size=size)
        assert reading.ids("products") == sorted(set(shop.shop.products) - {bad})
        assert sorted(reading.ids("product_ids")) == sorted(shop.shop.products)
        assert [row for row in reading.records["product_ids"] if row["id"] == bad] == [{"id": bad}]
        assert [item["id"] for item in reading.report["streams"]["products"]["isolated"]] == [bad]


def test_a_shop_without_a_single_order_is_read_to_the_end() -> None:
    with Sandbox(products=3, orders=0) as shop:
        assert shop.shop is not None
        shop.shop.orders.clear()
        shop.shop.touch("orders")
        reading = read(shop.magento_url, "orders")
        assert (reading.error, reading.records["orders"]) == (None, [])
        assert "complete" in reading.bookmarks["orders"]
