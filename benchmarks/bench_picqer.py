"""Measures the tap of Picqer: requests beside the fewest possible ones, minutes under the limit, memory.

The first part runs in the sandbox's time: the tap waits for the limit of requests by moving the sandbox's clock, so
that an hour takes seconds. The second reads the same account and a tenth of it in a process of its own, with no limit.
`python benchmarks/bench_picqer.py --products 2000 --orders 5000` is a quick run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

from connector.http.pace import Pace
from sandbox.picqer.account import Size
from sandbox.server.clock import Clock
from sandbox.systems import Sandbox
from tap_picqer.tap import TapPicqer

ROOT = Path(__file__).parents[1]
KEY = "sandbox-picqer-key"
PAGE, LIMIT = 100, 500
WANTED = {"requests_ratio": 1.15, "memory_ratio": 1.3}


@dataclass(frozen=True)
class InSandboxTime:
    """What a run cost: requests sent, refused ones, and seconds that it waited for the limit."""

    requests: int
    refused: int
    waited: float


def fewest(sandbox: Sandbox) -> int:
    """The fewest requests that see every row: full pages, and one for the parts of each composition."""
    store = sandbox.picqer
    lists = [len(store.warehouses), len(store.purchaseorders), len(store.receipts), len(store.orders)]
    for table in (store.products, store.suppliers):
        active = len(table.where_ids("active", True))
        lists += [active, len(table) - active]
    compositions = sum("composition" in row.type for row in store.products.rows.values())
    return compositions + sum(-(-rows // PAGE) for rows in lists)


@contextmanager
def sandbox_time(clock: Clock) -> Iterator[list[float]]:
    """In the block pauses of the pace move the sandbox's clock on instead of passing; they are listed."""
    pauses: list[float] = []

    def pause(_pace: Pace, seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds=seconds)

    def now(_pace: Pace) -> float:
        return clock.moved.total_seconds() + time.monotonic()

    with patch.object(Pace, "pause", pause), patch.object(Pace, "now", now):
        yield pauses


def read_in_sandbox_time(sandbox: Sandbox, sink: TextIO) -> InSandboxTime:
    """Runs the tap in this process."""
    sandbox.requests.clear()
    tap = TapPicqer(config={"picqer_url": sandbox.picqer_url, "api_key": KEY})
    with redirect_stdout(sink), sandbox_time(sandbox.clock) as pauses:
        tap.read()
    tap.source.close()
    assert not tap.failures, tap.failures
    sent = sandbox.requests.select(api="picqer")
    return InSandboxTime(len(sent), sum(entry.status == 429 for entry in sent), sum(pauses))


def peak_memory(sandbox: Sandbox, folder: Path) -> float:
    """Peak memory in MB of the tap in a process of its own, by what the kernel says of it while it runs."""
    config = folder / "config.json"
    config.write_text(json.dumps({"picqer_url": sandbox.picqer_url, "api_key": KEY}))
    command = [sys.executable, "-m", "tap_picqer", "--config", str(config)]
    peak = 0
    with (folder / "tap.singer").open("wb") as out, (folder / "tap.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=log)
        while child.poll() is None:
            # Not the usage that the child leaves: that counts what its parent held when it was started.
            with suppress(OSError):
                told = Path(f"/proc/{child.pid}/status").read_text()
                peak = int(told.split("VmHWM:")[1].split()[0]) if "VmHWM:" in told else peak
            time.sleep(0.02)
    assert child.returncode == 0, (folder / "tap.log").read_text()[-2000:]
    return peak / 1024


def quiet() -> None:
    """No log lines between the figures."""
    import logging

    logging.disable(logging.WARNING)


def main() -> int:
    """Print the figures; 1 where one of them is not as good as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=50_000)
    options = parser.parse_args()
    quiet()
    peaks = []
    for part in (10, 1):
        size = Size.of(options.products // part, options.orders // part)
        with Sandbox(magento=False, picqer=size) as sandbox, tempfile.TemporaryDirectory() as place:
            if part == 1:
                with (Path(place) / "out.singer").open("w", encoding="utf-8") as sink:
                    cost, least = read_in_sandbox_time(sandbox, sink), fewest(sandbox)
                ratio = cost.requests / least
                print(f"{size}")
                print(f"requests {cost.requests:,}, fewest {least:,}: {ratio:.3f} times; {cost.refused} refused")
                print(
                    f"waited for the limit {cost.waited / 60:.1f} minutes; {LIMIT} a minute allow no less than "
                    f"{(least - 1) // LIMIT}"
                )
            sandbox.picqer.settings.rate_limit = 10_000_000
            peaks.append(peak_memory(sandbox, Path(place)))
    print(f"memory {peaks[1]:.0f} MB at most, {peaks[0]:.0f} MB for a tenth of it")
    good = ratio <= WANTED["requests_ratio"] and peaks[1] <= peaks[0] * WANTED["memory_ratio"]
    print("as wanted" if good else f"not as wanted: {WANTED}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
