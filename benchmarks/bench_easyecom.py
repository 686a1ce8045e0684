"""Measures the tap of EasyEcom: requests beside the fewest possible ones, and time beside what the tier allows.

It runs in the sandbox's time: the tap waits for the rate of its tier by moving the sandbox's clock, so that minutes
take seconds. `python -m benchmarks.bench_easyecom --products 2000 --orders 5000` is a quick run.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from benchmarks.bench_picqer import sandbox_time
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
    began, moved = time.monotonic(), sandbox.clock.moved
    with redirect_stdout(sink), sandbox_time(sandbox.clock):
        tap.read()
    tap.source.close()
    assert not tap.failures, tap.failures
    # The limits of the sandbox run on the time that passed and on what its clock was moved.
    seconds = (sandbox.clock.moved - moved).total_seconds() + time.monotonic() - began
    streams = {name: entry["requests"] for name, entry in tap.source.report.to_dict()["streams"].items()}
    return len(sandbox.requests.select(api="easyecom")), seconds, streams


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
