"""Measures the tap of EasyEcom: requests beside the fewest possible ones, and time beside what the tier allows.

It runs in the sandbox's time alone: its clock stands still but for what the tap waits for the rate of its tier, so
that the machine's own speed counts for nothing. Quick: `python -m benchmarks.bench_easyecom --products 2000`.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

from connector.http.pace import Pace
from sandbox.easyecom.account import KEYS, Size
from sandbox.easyecom.settings import TIERS
from sandbox.systems import Sandbox
from tap_easyecom.tap import TapEasyecom

WANTED = 1.15
WEEK = timedelta(days=7)
ROWS = {"products": 200, "vendors": 100, "orders": 250, "purchase_orders": 10, "receipts": 10}


def pages(rows: int, size: int) -> int:
    """Requests for so many rows; an empty list takes one, too."""
    return max(1, -(-rows // size))


def fewest(sandbox: Sandbox) -> Counter[str]:
    """The fewest requests of a first run: full pages, of orders in weeks from the oldest product of any location on."""
    store = sandbox.easyecom
    found: Counter[str] = Counter(logins=len(KEYS), locations=1, vendors=pages(len(store.vendors.rows), 100))
    for c_id in KEYS:
        found["products"] += pages(sum(c_id in row.copies for row in store.products.rows.values()), 200)
        for name, rows in (("purchase_orders", store.purchase_orders), ("receipts", store.receipts)):
            found[name] += pages(sum(row.c_id == c_id for row in rows.rows.values()), ROWS[name])
        found["orders"] += _weeks(sandbox, c_id)
    return found


def _weeks(sandbox: Sandbox, c_id: int) -> int:
    store = sandbox.easyecom
    first = datetime.fromisoformat(min(row.created_at for row in store.products.rows.values() if row.created_at))
    last = datetime.fromisoformat(store.stamp())
    placed = Counter(
        (datetime.fromisoformat(row.order_date) - first) // WEEK
        for row in store.orders.rows.values()
        if row.c_id == c_id
    )
    return sum(pages(placed[week], ROWS["orders"]) for week in range((last - first) // WEEK + 1))


def read(sandbox: Sandbox, sink: TextIO, rate_tier: str) -> tuple[int, float, dict[str, int]]:
    """Runs the tap in this process: requests, seconds that passed in the sandbox, requests by stream."""
    sandbox.requests.clear()
    login = {"email": "sandbox@example.com", "password": "sandbox-password", "x_api_key": "sandbox-easyecom-key"}
    places = {"location_key": list(KEYS.values()), "rate_tier": rate_tier}
    tap = TapEasyecom(config={"easyecom_url": sandbox.easyecom_url, **login, **places})
    moved = sandbox.clock.moved
    with redirect_stdout(sink), in_sandbox_time(sandbox):
        tap.read()
    tap.source.close()
    assert not tap.failures, tap.failures
    seconds = (sandbox.clock.moved - moved).total_seconds()
    streams = {name: entry["requests"] for name, entry in tap.source.report.to_dict()["streams"].items()}
    return len(sandbox.requests.select(api="easyecom")), seconds, streams


@contextmanager
def in_sandbox_time(sandbox: Sandbox) -> Iterator[None]:
    """In the block a pace knows no time but what the sandbox's clock was moved, and its pauses move that on."""

    def pause(_pace: Pace, seconds: float) -> None:
        sandbox.clock.advance(seconds=max(seconds, 1e-5))  # a clock counts no less than millionths

    def now(_pace: Pace) -> float:
        return sandbox.clock.moved.total_seconds()

    with patch.object(Pace, "pause", pause), patch.object(Pace, "now", now):
        yield


def main() -> int:
    """Print the figures; 1 where one of them is not as good as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--tier", default="Bronze", choices=[name for name in TIERS if name != "Default"])
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    size = Size.of(options.products, options.orders)
    with Sandbox(magento=False, easyecom=size) as sandbox, tempfile.TemporaryDirectory() as place:
        os.environ["SNAPSHOT_DIR"] = place
        sandbox.easyecom.settings.rate_tier = options.tier
        sandbox.clock.ticking = False
        with (Path(place) / "out.singer").open("w", encoding="utf-8") as sink:
            requests, seconds, streams = read(sandbox, sink, options.tier)
        least = fewest(sandbox)
        pace, burst, _ = TIERS[options.tier]
        allowed = (requests - burst) / pace
        print(size)
        print(f"fewest: {dict(least)}; sent by stream: {streams}")
        print(f"requests {requests:,}, fewest {least.total():,}: {requests / least.total():.3f} times")
        print(f"refused {sandbox.easyecom_account.limiter.refused}")
        print(
            f"seconds {seconds:,.0f}; {pace} a second allow no less than {allowed:,.0f}: {seconds / allowed:.3f} times"
        )
        refused = sandbox.easyecom_account.limiter.refused
    good = requests / least.total() <= WANTED and seconds / allowed <= WANTED and not refused
    print("as wanted" if good else f"not as wanted: at most {WANTED} times, and none refused")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
