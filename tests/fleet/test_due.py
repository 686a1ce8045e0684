"""When a tenant is due: its schedule, its own share of the interval, and waits that grow."""

from datetime import datetime, timedelta, timezone

from fleet.due import after_failure, after_well, spread

NOW = datetime(2026, 3, 2, 10, 7, tzinfo=timezone.utc)
TENANTS = [f"shop_{number}" for number in range(1_000)]


def test_a_thousand_tenants_are_spread_over_the_interval_and_each_keeps_its_place():
    places = sorted(spread(name, 30) for name in TENANTS)
    assert places == sorted(spread(name, 30) for name in reversed(TENANTS))
    assert timedelta() <= places[0]
    assert places[-1] < timedelta(minutes=30)
    in_a_minute = [sum(timedelta(minutes=m) <= place < timedelta(minutes=m + 1) for place in places) for m in range(30)]
    assert max(in_a_minute) < 3 * len(TENANTS) / 30
    assert min(in_a_minute) > 0


def test_after_a_good_run_the_soonest_work_says_when_and_the_period_stays_the_interval():
    following = {"update": "2026-03-02T10:30:00+00:00", "full": "2026-03-03T02:00:00+00:00"}
    due = after_well("acme", {"minutes": 30, "next": following}, NOW)
    assert due == datetime(2026, 3, 2, 10, 30, tzinfo=timezone.utc) + spread("acme", 30)
    following["update"] = "2026-03-02T11:00:00+00:00"
    assert after_well("acme", {"minutes": 30, "next": following}, due) - due == timedelta(minutes=30)


def test_work_that_fell_due_during_the_run_is_due_at_once():
    following = {"update": NOW.isoformat(), "full": "2026-03-03T02:00:00+00:00"}
    assert after_well("acme", {"minutes": 30, "next": following}, NOW) == NOW


def test_waits_grow_after_each_failure_and_end_at_half_an_hour():
    waits = [after_failure("acme", failures, NOW) - NOW for failures in (1, 2, 3, 4, 5, 6, 7, 400)]
    assert waits == sorted(waits)
    assert timedelta(minutes=1) <= waits[0] < timedelta(minutes=1.25)
    assert timedelta(minutes=16) <= waits[4] < timedelta(minutes=20)
    assert waits[-1] == waits[-2] < timedelta(minutes=37.5)
