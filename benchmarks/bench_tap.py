"""Measures the tap beside a plain sequential reader: records per second, requests, memory, records per CPU second.

Sandbox, tap and reader are processes of their own, as in a real run. Figures are printed; nothing is asserted.
`python benchmarks/bench_tap.py --products 300 --orders 300 --factor 2` is a quick run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

ROOT = Path(__file__).parents[1]
TOKEN = "sandbox-integration-token"
PAGE = 300
WANTED = {"records_ratio": 7.0, "bulk_requests": 30, "peak_mb": 200.0, "records_per_cpu_second": 10_000.0}


@dataclass(frozen=True)
class Figures:
    """What one run of a reader cost: records out, requests, wall and CPU seconds, peak memory in MB."""

    name: str
    records: int
    requests: int
    seconds: float
    cpu: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Records per second of CPU time."""
        return self.records / self.cpu

    def line(self) -> str:
        """One row of the table."""
        return (
            f"{self.name:44} {self.records:9,} {self.requests:9,} {self.seconds:9.2f} {self.rate:11,.0f} "
            f"{self.cpu:7.2f} {self.cpu_rate:11,.0f} {self.peak_mb:8.0f}"
        )


@contextmanager
def sandbox(folder: Path, products: int, orders: int, latency: float) -> Iterator[str]:
    """A Magento sandbox in a process of its own; yields its address."""
    announce = folder / "sandbox.json"
    announce.unlink(missing_ok=True)
    size = ["--products", str(products), "--orders", str(orders), "--latency", str(latency)]
    ports = ["--magento-port", "0", "--optiply-port", "0", "--announce", str(announce)]
    server = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "serve", *size, *ports], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        while not announce.exists() or not announce.read_text().strip():
            if server.poll() is not None:
                raise SystemExit("The sandbox ended before it listened.")
            time.sleep(0.05)
        yield str(json.loads(announce.read_text())["magento_url"])
    finally:
        server.terminate()
        server.wait()


def measured(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> Figures:
    """Runs a reader to its end; its last report file says how many records and requests it had."""
    output = folder / "output.jsonl"
    report = folder / "report.json"
    began = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=file, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}.")
    told = json.loads(report.read_text())
    records = sum(entry["records"] for entry in told["streams"].values())
    cpu = used.ru_utime + used.ru_stime
    return Figures(name, records, told["requests"], seconds, cpu, used.ru_maxrss / 1024)


def tap(name: str, url: str, folder: Path, **settings: Any) -> Figures:
    """One run of the tap with its default streams."""
    config = folder / "config.json"
    config.write_text(json.dumps({"store_url": url, "access_token": TOKEN, **settings}))
    command = [sys.executable, "-m", "tap_magento", "--config", str(config)]
    return measured(name, command, folder, {"SYNC_REPORT": str(folder / "report.json")})


def plain(name: str, url: str, folder: Path) -> Figures:
    """One run of the plain reader below."""
    command = [sys.executable, str(Path(__file__)), "--plain", url]
    return measured(name, command, folder, {"SYNC_REPORT": str(folder / "report.json")})


def read_plainly(url: str) -> None:
    """The same records as a simple script would read them: page after page, SKU after SKU, whole objects."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    counts: dict[str, int] = {}
    asked = 0

    def get(path: str) -> Any:
        nonlocal asked
        asked += 1
        answer = session.get(f"{url}/rest/V1{path}", timeout=300)
        answer.raise_for_status()
        return answer.json()

    def put(stream: str, record: Any) -> None:
        counts[stream] = counts.get(stream, 0) + 1
        sys.stdout.write(json.dumps({"type": "RECORD", "stream": stream, "record": record}) + "\n")

    def pages(path: str) -> Iterator[Any]:
        number, total = 1, 1
        while (number - 1) * PAGE < total:
            criteria = (
                f"searchCriteria[pageSize]={PAGE}&searchCriteria[currentPage]={number}"
                "&searchCriteria[sortOrders][0][field]=entity_id&searchCriteria[sortOrders][0][direction]=ASC"
            )
            page = get(f"{path}?{criteria}")
            total, number = page["total_count"], number + 1
            yield from page["items"]

    for store in get("/store/storeConfigs"):
        put("stores", store)
    skus = []
    for product in pages("/products"):
        put("products", product)
        put("product_ids", {name: product[name] for name in ("id", "sku", "status")})
        skus.append(product["sku"])
    for sku in skus:
        put("product_stock_statuses", get(f"/stockStatuses/{quote(sku, safe='')}"))
    for order in pages("/orders"):
        put("orders", order)
    report = {"requests": asked, "streams": {name: {"records": count} for name, count in counts.items()}}
    Path(os.environ["SYNC_REPORT"]).write_text(json.dumps(report))


def verdict(what: str, value: float, wanted: float, at_most: bool = False) -> str:
    """One line that says whether a figure is as wanted."""
    good = value <= wanted if at_most else value >= wanted
    sign = "at most" if at_most else "at least"
    return f"{'ok ' if good else 'NO '} {what}: {value:,.1f} ({sign} {wanted:,.0f})"


def main() -> None:
    """Prints the table and the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds each answer of the sandbox takes longer")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--factor", type=int, default=10, help="how many times the size for memory and CPU")
    parser.add_argument("--plain", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        read_plainly(options.plain)
        return
    ceiling = options.concurrency
    print(f"{options.products:,} products, {options.orders:,} orders, {options.latency * 1000:.0f} ms latency")
    head = ("records", "requests", "seconds", "records/s", "CPU s", "rec/CPU s", "peak MB")
    print(f"{'reader':44} {head[0]:>9} {head[1]:>9} {head[2]:>9} {head[3]:>11} {head[4]:>7} {head[5]:>11} {head[6]:>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sandbox(folder, options.products, options.orders, options.latency) as url:
            single = tap(
                f"tap, stock per SKU, {ceiling} in flight",
                url,
                folder,
                stock_reading="per_sku",
                max_concurrency=ceiling,
            )
            print(single.line(), flush=True)
            bulk = tap(
                f"tap, stock in bulk, {ceiling} in flight", url, folder, stock_reading="bulk", max_concurrency=ceiling
            )
            print(bulk.line(), flush=True)
            slow = plain("plain sequential reader", url, folder)
            print(slow.line(), flush=True)
        with sandbox(folder, options.products * options.factor, options.orders * options.factor, 0.0) as url:
            label = f"tap, stock in bulk, {options.factor} times the size, latency 0"
            large = tap(label, url, folder, stock_reading="bulk", max_concurrency=ceiling)
            print(large.line(), flush=True)
    print(verdict("records per second, times the plain reader's", single.rate / slow.rate, WANTED["records_ratio"]))
    print(verdict("requests in all with stock in bulk", bulk.requests, WANTED["bulk_requests"], at_most=True))
    print(verdict("peak memory in MB at the larger size", large.peak_mb, WANTED["peak_mb"], at_most=True))
    print(verdict("records per second of CPU time", large.cpu_rate, WANTED["records_per_cpu_second"]))


if __name__ == "__main__":
    main()
