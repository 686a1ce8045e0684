"""A day's requests: never more than the tier allows, what counts most first, the rest on the next days, exit code 0."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connector.errors import StreamError
from easyecom_api import access
from sandbox.easyecom.account import Size
from sandbox.systems import Sandbox
from tests.tap_easyecom.reading import MAIN, account_rows, calls, good, kept_in, keys_in, read

SIZE = Size(products=700, combos=30, vendors=40, purchase_orders=400, orders=900)
STREAMS = ("products", "vendors", "locations", "orders", "purchase_orders", "goods_receipts")
DOCUMENTS = STREAMS[3:]


@contextmanager
def tier(sandbox: Sandbox, per_day: int) -> Iterator[None]:
    """In the block the default tier allows so many requests a day, here and there."""
    sandbox.easyecom.settings.per_day = per_day
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "TIERS", {**access.TIERS, "default": access.Tier(5, per_day)})
        yield
    sandbox.easyecom.settings.per_day = None


def bookmark(reading: Any, stream: str) -> str | None:
    """The bookmark of a stream."""
    found: str | None = reading.state["bookmarks"].get(stream, {}).get("replication_key_value")
    return found


@pytest.mark.parametrize("per_day", [64, 90])
@pytest.mark.parametrize("paging", ["key", "offset"])
def test_what_a_day_does_not_suffice_for_is_read_on_the_next_days(per_day: int, paging: Any) -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox, tier(sandbox, per_day):
        sandbox.easyecom.settings.paging = paging
        readings: list[Any] = []
        while not readings or not all(bookmark(readings[-1], stream) for stream in DOCUMENTS):
            readings.append(good(sandbox, *STREAMS, state=readings[-1].state if readings else None))
            # Until the first answer the day is this machine's.
            assert readings[-1].report["requests"] <= per_day - 24 + 2
            assert len(readings) < 25
            sandbox.clock.advance(days=1)
        assert len(readings) > 2
        assert sandbox.easyecom_account.limiter.refused == 0
        for stream in STREAMS:
            came = {key for reading in readings for key in keys_in(reading, stream)}
            assert came == set(account_rows(sandbox, stream)), stream
        assert "goods_receipts: not read to the end" in readings[0].notes
        assert bookmark(readings[0], "goods_receipts") is None


def test_what_changes_while_a_reading_takes_days_is_read_after_it() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox, tier(sandbox, 64):
        store = sandbox.easyecom
        touched = next(iter(store.purchase_orders.rows.values()))
        reading = good(sandbox, *STREAMS)
        day = 0
        while bookmark(reading, "purchase_orders") is None:
            day += 1
            sandbox.clock.advance(days=1)
            if day == 1:
                change = {"po_status_id": 5, "po_updated_date": store.stamp()}
                sandbox.call(lambda change=change: store.change(store.purchase_orders.rows[touched.po_id], **change))
            reading = good(sandbox, *STREAMS, state=reading.state)
            assert day < 20
        # The reading took longer than the look-back.
        sandbox.clock.advance(days=4)
        after = good(sandbox, "products", "purchase_orders", state=reading.state)
        last = {record["po_id"]: record["po_status_id"] for record in after.records["purchase_orders"]}
        assert last[touched.po_id] == 5


def test_what_counts_most_comes_first_and_the_end_is_no_failure() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox, tier(sandbox, 24 + 18):
        reading = good(sandbox, *STREAMS)
        assert reading.complete("products")
        assert reading.complete("vendors")
        assert reading.complete("locations")
        for stream in DOCUMENTS:
            assert bookmark(reading, stream) is None
            assert f"{stream}: not read to the end" in reading.notes


def test_a_day_that_is_used_up_sends_nothing_more_and_fails_nothing() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox, tier(sandbox, 60):
        first = good(sandbox, *STREAMS)
        sent = calls(sandbox)
        # One more at most, before the first answer tells the day.
        second = good(sandbox, *STREAMS, state=first.state)
        assert calls(sandbox) <= sent + 1
        assert second.failures == {}


def test_a_run_says_beforehand_that_it_will_not_fit_and_a_first_one_says_nothing() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        start = {"start_date": "2026-01-01"}
        first = good(sandbox, *STREAMS, **start)
        assert "A run takes about" not in first.notes
        cost = sum(first.report["streams"][stream]["requests"] for stream in STREAMS)
        again = good(sandbox, *STREAMS, state=first.state, **start)
        assert "A run takes about" not in again.notes
        with tier(sandbox, 24 + cost // 2):
            third = good(sandbox, *STREAMS, state=first.state, **start)
            assert f"A run takes about {cost} requests" in third.notes


def test_requests_are_counted_by_the_key_and_the_indian_day_with_logins(kept: Path) -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        good(sandbox, "products", "vendors")
        (days,) = kept_in(kept)["requests"].values()
        assert sum(days.values()) == calls(sandbox) == sandbox.easyecom_account.limiter.used
        assert "2026-01-15" in days
        sandbox.clock.advance(seconds=12 * 3600)  # it is past midnight in India, and not in Greenwich
        good(sandbox, "vendors")
        (days,) = kept_in(kept)["requests"].values()
        assert "2026-01-16" in days
        good(sandbox, "vendors", x_api_key="sandbox-easyecom-key", location_key=MAIN)
        assert len(kept_in(kept)["requests"]) == 1


def test_where_others_use_up_the_day_the_run_ends_without_a_failure() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        sandbox.easyecom.settings.per_day = 12
        reading = good(sandbox, *STREAMS, retry_seconds=2)
        assert "nothing but 429" in reading.notes
        assert sandbox.easyecom_account.limiter.used == 12


@pytest.mark.parametrize("rate_tier", ["Default", "Silver", "gold"])
def test_the_rate_of_the_tier_is_kept_to_and_used(rate_tier: Any) -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        sandbox.easyecom.settings.rate_tier = rate_tier.capitalize()
        sandbox.easyecom.settings.per_day = 100_000
        reading = good(sandbox, *STREAMS, rate_tier=rate_tier if rate_tier != "Default" else "bronze")
        assert sandbox.easyecom_account.limiter.refused == 0
        assert not reading.report["retries"]


def test_a_page_that_cannot_be_had_any_more_is_read_from_the_beginning_of_its_list() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        with tier(sandbox, 64):
            first = good(sandbox, "products", "purchase_orders")
        kept = first.state["bookmarks"]["purchase_orders"]["left"]
        assert kept["lists"][0]["cursor"]
        kept["lists"][0]["cursor"] = kept["lists"][0]["cursor"].replace("cursor=", "cursor=x")
        sandbox.easyecom.settings.rate_tier = "Bronze"
        reading = good(sandbox, "products", "purchase_orders", state=first.state, rate_tier="bronze")
        assert {*keys_in(first, "purchase_orders"), *keys_in(reading, "purchase_orders")} == set(
            account_rows(sandbox, "purchase_orders")
        )


def test_a_list_of_a_location_that_is_no_longer_read_is_forgotten() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        with tier(sandbox, 50):
            first = good(sandbox, "products", "orders")
        sandbox.easyecom.settings.rate_tier = "Bronze"
        assert len({one["scope"] for one in first.state["bookmarks"]["orders"]["left"]["lists"]}) == 3
        reading = good(sandbox, "products", "orders", state=first.state, location_key=MAIN, rate_tier="bronze")
        assert bookmark(reading, "orders")


def test_a_state_that_was_spoilt_is_read_anew() -> None:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        state = {"bookmarks": {"purchase_orders": {"left": {"since": 3, "lists": "all"}}}}
        reading = read(sandbox, "purchase_orders", state=state)
        assert not isinstance(reading.error, StreamError)
        assert keys_in(reading, "purchase_orders") == sorted(account_rows(sandbox, "purchase_orders"))
