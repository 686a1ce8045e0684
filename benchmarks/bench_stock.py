"""Measures the stock import beside one call a row: requests in all, rows per second, and what a second push writes.

The sandbox is a process of its own; figures are pushed, processed and read back as `optiply-sync inventory` does it.
`python benchmarks/bench_stock.py --skus 1000` is a quick run.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_tap import TOKEN, sandbox
from inventory.files import Figures
from inventory.magento import magento_shop
from inventory.process import Processed, process
from inventory.push import push
from inventory.rows import Row
from inventory.settings import InventorySettings
from inventory.tables import Store

SOURCE = "ams"
WANTED = {"requests": 110, "times_as_fast": 15.0, "second_push_writes": 0}
SINGLE_ROWS = 100
SETTINGS = InventorySettings(default_source=SOURCE)


@dataclass(frozen=True)
class Cost:
    """What one push cost: rows written, requests, calls that write, seconds."""

    rows: int
    requests: int
    writes: int
    seconds: float

    def line(self, name: str) -> str:
        """One row of the table."""
        rate = self.rows / self.seconds if self.seconds else 0.0
        return f"{name:34} {self.rows:8,} {self.requests:9,} {self.writes:8,} {self.seconds:9.2f} {rate:10,.0f}"


def skus_of(url: str, wanted: int) -> list[str]:
    """SKUs of simple products."""
    found: list[str] = []
    page = 1
    while len(found) < wanted:
        query = (
            "searchCriteria[filter_groups][0][filters][0][field]=type_id"
            "&searchCriteria[filter_groups][0][filters][0][value]=simple"
            f"&searchCriteria[pageSize]=1000&searchCriteria[currentPage]={page}"
            "&searchCriteria[sortOrders][0][field]=entity_id&searchCriteria[sortOrders][0][direction]=ASC"
            "&fields=items[sku]"
        )
        answer = requests.get(f"{url}/rest/V1/products?{query}", headers=_headers(), timeout=60)
        rows = answer.json()["items"] or []
        if not rows:
            raise SystemExit(f"The sandbox has {len(found)} simple products; {wanted} are needed.")
        found += [row["sku"] for row in rows if "," not in row["sku"]]
        page += 1
    return found[:wanted]


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def counted(url: str) -> Iterator[dict[str, int]]:
    """Requests and writes that the sandbox was sent meanwhile."""
    before, cost = _counts(url), {"requests": 0, "writes": 0}
    yield cost
    cost |= {name: after - before[name] for name, after in _counts(url).items()}


def _counts(url: str) -> dict[str, int]:
    told = requests.get(f"{url}/_sandbox/requests", timeout=60).json()
    return {"requests": int(told["total"]), "writes": int(told["writes"])}


def pushed(store: Store, url: str, skus: Sequence[str], quantity: int) -> tuple[Cost, Processed]:
    """Queues a figure for each SKU, works the queue off, and says what that cost."""
    now = datetime.now(timezone.utc)
    rows = [Row(number, sku, SOURCE, Decimal(quantity + number % 7), None) for number, sku in enumerate(skus, 1)]
    with counted(url) as cost:
        began = time.monotonic()
        push(store, Figures(rows, []), now, batch_size=SETTINGS.batch_size)
        config = {"store_url": url, "access_token": TOKEN}
        with magento_shop(config, logging.getLogger("bench")) as shop:
            done = process(store, shop, SETTINGS)
        seconds = time.monotonic() - began
    return Cost(done.written, cost["requests"], cost["writes"], seconds), done


def one_by_one(url: str, skus: Sequence[str]) -> Cost:
    """The plain way: a call for each row, over one connection."""
    with counted(url) as cost, requests.Session() as session:
        began = time.monotonic()
        for sku in skus:
            row = {"sku": sku, "source_code": SOURCE, "quantity": 3, "status": 1}
            answer = session.post(
                f"{url}/rest/V1/inventory/source-items", json={"sourceItems": [row]}, headers=_headers(), timeout=60
            )
            answer.raise_for_status()
        seconds = time.monotonic() - began
    return Cost(len(skus), cost["requests"], cost["writes"], seconds)


def main() -> int:
    """Measure and print; 1 where a figure misses what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skus", type=int, default=10_000, help="SKUs to push")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds added to every answer")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sandbox(
        Path(place), int(given.skus * 1.3) + 100, 50, given.latency
    ) as url:
        skus = skus_of(url, given.skus)
        single = one_by_one(url, skus[:SINGLE_ROWS])
        with Store.open(Path(place) / "snapshots") as store:
            full, first = pushed(store, url, skus, 500)
            again, _ = pushed(store, url, skus, 500)
    if first.trouble or full.rows != given.skus:
        print(f"The push did not get through: {first}")
        return 1
    print(f"{'':34} {'rows':>8} {'requests':>9} {'writes':>8} {'seconds':>9} {'rows/s':>10}")
    print(single.line("one call a row"))
    print(full.line(f"full push of {given.skus:,} SKUs"))
    print(again.line("the same again"))
    times = (full.rows / full.seconds) / (single.rows / single.seconds)
    good = {
        f"requests in all: {full.requests} (at most {WANTED['requests']})": full.requests <= WANTED["requests"],
        f"times as fast: {times:.1f} (at least {WANTED['times_as_fast']:g})": times >= WANTED["times_as_fast"],
        f"writes of the second push: {again.writes}": again.writes <= WANTED["second_push_writes"],
    }
    for sentence, is_good in good.items():
        print(("ok   " if is_good else "MISS ") + sentence)
    return 0 if all(good.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
