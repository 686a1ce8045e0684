"""When work is due: the rules, missed runs included."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.schedule.agenda import due, next_times
from job.schedule.timetable import tick_minutes
from job.systems import DEFAULT
from job.systems.magento import NIGHT_HOUR
from job.timing import LastRuns, Rule, Size
from sandbox.systems import Sandbox
from store.snapshot import lock
from tests.job.shop_folder import make_folder, report_of

TUESDAY = datetime(2026, 1, 13, tzinfo=timezone.utc)
PARTS = tuple(DEFAULT.parts)
UPDATED = ("products", "stock", "orders", "receipts")
SIZES = DEFAULT.sizes


def rules(name: str, *, inventory: bool) -> tuple[Rule, ...]:
    size = next(size for size in SIZES if size.name == name)
    return DEFAULT.rules(size, {"use_inventory_source_items": inventory})


SMALL = rules("small", inventory=False)
TIMES = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 3, 1)).map(
    lambda moment: moment.replace(tzinfo=timezone.utc)
)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return TUESDAY + timedelta(days=day, hours=hour, minutes=minute)


def all_done(moment: datetime) -> LastRuns:
    return {"update": moment, "deletions": moment, "receipts": moment, "full": moment}


def test_a_shop_that_was_never_read_is_due_for_everything() -> None:
    found = due(DEFAULT, at(10), SMALL, {})
    assert found.parts == PARTS
    assert found.full


def test_a_small_shop_is_updated_every_thirty_minutes_and_checked_for_deletions_every_hour() -> None:
    last = all_done(at(10))
    assert due(DEFAULT, at(10, 29), SMALL, last).parts == ()
    assert due(DEFAULT, at(10, 30), SMALL, last).parts == UPDATED
    assert due(DEFAULT, at(11), SMALL, last).parts == PARTS


def test_a_run_that_began_some_seconds_late_does_not_push_the_next_one_away() -> None:
    last = all_done(at(10) + timedelta(seconds=40))
    assert due(DEFAULT, at(10, 30) + timedelta(seconds=5), SMALL, last).parts == UPDATED


def test_missed_runs_are_made_up_once() -> None:
    found = due(DEFAULT, at(9, day=3), SMALL, all_done(at(10)))
    assert found.parts == PARTS
    assert found.full, "the night of Thursday was missed"
    assert due(DEFAULT, at(9, day=3), SMALL, all_done(at(9, day=3))).parts == ()


@pytest.mark.parametrize(("inventory", "nights"), [(False, {1, 3, 5}), (True, {0, 2, 4, 6})])
def test_full_reads_fall_on_their_nights(inventory: bool, nights: set[int]) -> None:
    for_shop = rules("small", inventory=inventory)
    found = set()
    for day in range(7):
        night = at(NIGHT_HOUR, day=day)
        if due(DEFAULT, night, for_shop, all_done(night - timedelta(minutes=1))).full:
            found.add(night.weekday())
    assert found == nights


def test_a_large_shop_is_updated_once_a_day_and_checked_twice_on_saturdays() -> None:
    for_shop = rules("large", inventory=False)
    saturday = at(0, day=4)
    assert saturday.weekday() == 5
    assert due(DEFAULT, at(23), for_shop, all_done(at(3))).parts == ()
    checks = [
        hour
        for hour in range(24)
        if "deletions" in due(DEFAULT, at(hour, day=4), for_shop, all_done(at(hour - 1, day=4))).parts
    ]
    assert checks == [0, 12]


@pytest.mark.parametrize(
    ("products", "name"), [(0, "small"), (10_000, "small"), (10_001, "medium"), (50_001, "large"), (900_000, "large")]
)
def test_the_size_follows_the_number_of_products(products: int, name: str) -> None:
    assert DEFAULT.size_for(products).name == name


def test_a_run_over_one_part_does_not_count_as_an_update() -> None:
    assert DEFAULT.works_of(("products",), full=False) == ()
    assert DEFAULT.works_of(("products", "stock", "orders"), full=False) == ("update", "receipts")
    assert DEFAULT.works_of(PARTS, full=True) == ("update", "deletions", "receipts", "full")
    assert DEFAULT.works_of(("deletions",), full=True) == ("deletions",)


def test_receipts_have_fifteen_minutes_of_their_own_where_stock_is_written() -> None:
    assert "receipts" not in {rule.work for rule in SMALL}
    written = DEFAULT.rules(SIZES[2], {"write_stock": True})
    last = all_done(at(10))
    assert due(DEFAULT, at(10, 14), written, last).parts == ()
    assert due(DEFAULT, at(10, 15), written, last).parts == ("receipts",), "nothing of the shop is read for them"
    assert tick_minutes(written) == 15
    assert DEFAULT.works_of(("stock",), full=False) == ("receipts",), "stock is never read before they are written"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
@given(now=TIMES, back=st.integers(0, 20_000), inventory=st.booleans())
def test_what_was_done_now_is_not_due_and_nothing_is_due_before_it_is_announced(
    size: Size, now: datetime, back: int, inventory: bool
) -> None:
    for_shop = rules(size.name, inventory=inventory)
    assert due(DEFAULT, now, for_shop, all_done(now)).parts == ()
    last = all_done(now - timedelta(minutes=back))
    announced = next_times(now, for_shop, last)
    first = min(announced.values())
    assert (first == now) == bool(due(DEFAULT, now, for_shop, last).parts)
    if first > now:
        assert due(DEFAULT, first - timedelta(seconds=1), for_shop, last).parts == ()
        assert due(DEFAULT, first, for_shop, last).parts != ()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_each_rule_can_be_said_in_words(size: Size) -> None:
    for rule in rules(size.name, inventory=True):
        assert "every" in rule.says() or " on " in rule.says()


def test_a_report_says_when_the_next_work_is_due_and_whether_another_run_was_at_work(tmp_path: Path, sandbox: Sandbox):
    job = make_folder(tmp_path / "acme", sandbox)
    with lock(job.snapshots):
        for how in ("--due", "--full"):
            found = report_of("run", job.root, how, expected=0 if how == "--due" else 1)
            assert found["locked"] is True
            assert "is locked by the run with process id" in found["headline"]
    ran = report_of("run", job.root, "--due")
    assert "locked" not in ran
    idle = report_of("run", job.root, "--due")
    assert idle["headline"].startswith("Nothing is due before")
    assert idle["schedule"] == ran["schedule"]
    assert ran["schedule"]["minutes"] == 30
    assert set(ran["schedule"]["next"]) == {"update", "deletions", "full"}
    now = datetime.now(timezone.utc)
    assert all(datetime.fromisoformat(moment) > now for moment in ran["schedule"]["next"].values())
