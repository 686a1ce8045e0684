"""When a tenant is due next: by its own schedule, spread by its name; after a failure with growing waits. No clock."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

LONGEST_WAIT = timedelta(minutes=30)
LOCKED_WAIT = timedelta(minutes=1)


def spread(name: str, minutes: float) -> timedelta:
    """A tenant's own share of an interval: between nothing and all of it, the same in every run."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return timedelta(minutes=minutes * int.from_bytes(digest, "big") / 2**64)


def after_well(name: str, schedule: Mapping[str, Any], now: datetime) -> datetime:
    """When the next work is due, by the `schedule` of a run's report: each tenant a little later, by its name."""
    soonest = min(datetime.fromisoformat(moment) for moment in schedule["next"].values())
    return now if soonest <= now else soonest + spread(name, float(schedule["minutes"]))


def after_failure(name: str, failures: int, now: datetime) -> datetime:
    """When to try again after so many failures in a row."""
    return now + wait_after(name, failures)


def wait_after(name: str, failures: int) -> timedelta:
    """How long to wait after so many failures: 1, 2, 4 … minutes, 30 at the most, and a little more, by the name."""
    wait = min(timedelta(minutes=2 ** min(failures - 1, 10)), LONGEST_WAIT)
    return wait + spread(name, wait / timedelta(minutes=4))
