"""Counts what the tap asks a shop for: a first run, ones in which nothing changed, and the ids of a shop of years.

Sandbox and tap run in this process, so that wall time says nothing; counts of requests are exact. Nothing is asserted.
`python benchmarks/bench_requests.py --sizes 2000` is a quick run.
"""

import argparse
import contextlib
import io
import json
import logging
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).parents[1]))
from sandbox.systems import Sandbox
from tap_magento.tap import TapMagento
from tests.catalogues import selecting

TOKEN = "sandbox-integration-token"
HOLES = ((2047, 2100), (3000, 3100), (4500, 4570))
YEARS = 6481 + sum(high - low for low, high in HOLES)


def kind_of(path: str, query: str) -> str:
    """What a request is for, as the table names it."""
    asked = unquote(query)
    what = re.sub(r"^/rest(/\w+)?/V1", "", path)
    if path.startswith("/rest/all/"):
        return f"{what}, the admin's values"
    what = re.sub(r"^/stockStatuses/.*", "/stockStatuses/{sku}", what)
    if "=1000000000" in asked:
        return f"{what}, a count"
    return f"{what}, ids and SKUs alone" if "items[id,sku,status" in asked else what


def by_difference(sandbox: Sandbox, what: str, *streams: str) -> None:
    """Two runs of a job's folder, of which the second reads stock by difference; `streams` alone, where given."""
    with tempfile.TemporaryDirectory() as folder:
        settings: dict[str, Any] = {"stock_reading": "auto", "snapshot_dir": folder}
        state, counts = run(sandbox, streams=streams, **settings)
        show(f"{what}, in a job's folder, first run", counts)
        show(f"{what}, in a job's folder, nothing changed", run(sandbox, state, streams=streams, **settings)[1])


def run(
    sandbox: Sandbox, state: dict[str, Any] | None = None, streams: tuple[str, ...] = (), **settings: Any
) -> tuple[dict[str, Any], Counter[str]]:
    """One run of the tap: its last STATE, and its requests by kind."""
    before = len(sandbox.requests.select(api="magento"))
    config = {"store_url": sandbox.magento_url, "access_token": TOKEN, "stock_reading": "bulk", **settings}
    written = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(written, encoding="utf-8", write_through=True)) as out:
        catalog = selecting(streams, TapMagento, config) if streams else None
        tap = TapMagento(config=config, state=state, catalog=catalog)
        tap.read()
        tap.source.close()
        out.flush()
    lines = written.getvalue().splitlines()
    last = next(line for line in reversed(lines) if b'"STATE"' in line[:30])
    entries = sandbox.requests.select(api="magento")[before:]
    return json.loads(last)["value"], Counter(kind_of(entry.path, entry.query) for entry in entries)


def show(title: str, counts: Counter[str]) -> None:
    """One block of the table."""
    print(f"{title}: {counts.total()} requests", flush=True)
    for kind, number in counts.most_common():
        print(f"    {number:5} {kind}")


def main() -> None:
    """Prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2000, 20_000], help="products, and as many orders")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    for size in options.sizes:
        with Sandbox(products=size, orders=size) as sandbox:
            state, counts = run(sandbox)
            show(f"{size:,} products and orders, first run", counts)
            show(f"{size:,} products and orders, nothing changed", run(sandbox, state)[1])
            by_difference(sandbox, f"{size:,} products and orders")
    with Sandbox(products=YEARS, orders=10) as sandbox:
        for low, high in HOLES:
            for number in range(low, high):
                if number in sandbox.shop.products:
                    sandbox.shop.delete_product(number)
        left = len(sandbox.shop.products)
        show(f"a shop of years ({left:,} products, holes in their ids), first run", run(sandbox)[1])
        by_difference(sandbox, "the same", "product_stock_statuses")


if __name__ == "__main__":
    main()
