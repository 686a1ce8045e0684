"""Measures the ETL: a large shop from trimmed JSONL to data.singer and the committed store, then again unchanged.

Beside it runs a plain row-by-row implementation of the same rules on a smaller shop, as flows written with `iterrows`
do it. Each run is a process of its own. Figures are printed; nothing is asserted.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.shop_lines import write_shop  # noqa: E402 - found through the line above

ACCEPT = "UPDATE records SET acknowledged = wanted, id = '9' || remote_id WHERE wanted IS NOT NULL AND held IS NULL"


# What the figures are wanted to be at the default size.
WANTED_SECONDS, WANTED_MB, WANTED_RATIO = 60.0, 1_500.0, 20.0


@dataclass(frozen=True)
class Figures:
    """What one run cost: wall and CPU seconds, peak memory in MB."""

    seconds: float
    cpu: float
    peak_mb: float

    def line(self, name: str, records: int, wanted: str) -> str:
        """One row of the table."""
        return (
            f"  {name:<20}{self.seconds:7.1f} s  {self.cpu:7.1f} s CPU  {records / self.seconds:9,.0f} records/s  "
            f"{self.peak_mb:6,.0f} MB peak{wanted}"
        )


def measured(command: list[str], folder: Path) -> Figures:
    """A command that runs on the job folder."""
    started = time.monotonic()
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "ROOT_DIR": str(folder)}, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return Figures(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def job_folder(base: Path, name: str, size: int) -> tuple[Path, int]:
    """A folder with the records of a shop of `size` products and order rows; returns it and their number."""
    folder = base / name
    (folder / "sync-output").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder, write_shop(folder / "sync-output" / "tap.singer", size, size, "run 1")


def main() -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="products, and as many order rows")
    parser.add_argument("--plain-size", type=int, default=10_000, help="the same for the row-by-row implementation")
    parser.add_argument("--row-by-row", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row_by_row:
        row_by_row(options.row_by_row)
        return 0
    etl = [sys.executable, "-m", "etl.etl"]
    with tempfile.TemporaryDirectory(prefix="bench-etl-") as name:
        base = Path(name)
        large, records = job_folder(base, "large", options.size)
        first = measured(etl, large)
        print(f"{options.size:,} products with stock and {options.size:,} order rows ({records:,} records)")
        print(first.line("first run", records, f"  (wanted: {WANTED_SECONDS:.0f} s, {WANTED_MB:,.0f} MB)"))
        with sqlite3.connect(large / "snapshots" / "optiply.sqlite") as store:
            store.execute(ACCEPT)
        store.close()
        again = measured(etl, large)
        print(again.line("nothing changed", records, f"  (wanted: half of that, {first.seconds / 2:.1f} s)"))
        small, count = job_folder(base, "small", options.plain_size)
        plain = measured([sys.executable, __file__, "--row-by-row", str(small)], small)
        print(plain.line(f"row by row ({options.plain_size:,})", count, ""))
        ratio = plain.seconds / count / (first.seconds / records)
        print(f"  ratio per record    {ratio:7.1f}  (wanted: {WANTED_RATIO:.0f})")
    return 0


def row_by_row(folder: Path) -> None:
    """The rules in the plain way: a loop over the rows of each frame, one statement of SQL for each record."""
    import pandas as pd

    frames: dict[str, list[dict[str, Any]]] = {}
    for line in (folder / "sync-output" / "tap.singer").open():
        message = json.loads(line)
        if message["type"] == "RECORD":
            frames.setdefault(message["stream"], []).append(message["record"])
    products = pd.DataFrame(frames["products"])
    stock = pd.DataFrame(frames["product_stock_statuses"]).set_index("sku")
    orders = pd.DataFrame(frames["orders"])
    (folder / "snapshots").mkdir()
    (folder / "etl-output").mkdir()
    store = sqlite3.connect(folder / "snapshots" / "plain.sqlite")
    store.execute("CREATE TABLE records (stream TEXT, remote_id TEXT, wanted TEXT, PRIMARY KEY (stream, remote_id))")
    store.execute("CREATE TABLE facts (stream TEXT, remote_id TEXT, facts TEXT, PRIMARY KEY (stream, remote_id))")
    known: set[str] = set()
    with (folder / "etl-output" / "data.singer").open("w") as file:
        for _, row in products.iterrows():
            picture = _product(row, stock)
            known.add(str(row["id"]))
            store.execute("INSERT INTO facts VALUES ('products', ?, ?)", (str(row["id"]), row.to_json()))
            if picture is not None:
                _offer(store, file, "products", str(row["id"]), picture)
        for _, row in orders.iterrows():
            picture = _order(row, known)
            if picture is not None:
                _offer(store, file, "sellOrders", str(row["entity_id"]), picture)
    store.commit()
    store.close()


def _product(row: Any, stock: Any) -> dict[str, Any] | None:
    from decimal import ROUND_HALF_UP, Decimal

    import pandas as pd

    found: Any = stock.loc[row["sku"]] if row["sku"] in stock.index else None
    simple = row["type_id"] == "simple"
    unknown = found is None or pd.isna(found["product_id"])
    if row["status"] != 1 or (simple and unknown):
        return None
    return {
        "articleCode": str(row["id"]),
        "createdAtRemote": pd.to_datetime(row["created_at"]).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": str(row["name"])[:255],
        "price": float(Decimal(str(row["price"])).quantize(Decimal("0.01"), ROUND_HALF_UP)),
        "skuCode": row["sku"],
        "status": {1: "enabled", 2: "disabled"}[row["status"]],
        "stockLevel": int(found["qty"]) if simple else 0,
        "unlimitedStock": not simple or not found["stock_item"]["manage_stock"],
    }


def _order(row: Any, known: set[str]) -> dict[str, Any] | None:
    import pandas as pd

    if "complete" not in (row["status"], row["state"]):
        return None
    rows = pd.DataFrame(row["items"])
    lines = []
    for product_id, group in rows.groupby("product_id"):
        if str(product_id) not in known:
            return None
        money = sum(round(item["base_row_total"] * 100) for _, item in group.iterrows())
        units = max(1, int(sum(item["qty_ordered"] for _, item in group.iterrows()) + 0.5))
        lines.append({"productRemoteId": str(product_id), "quantity": units, "subtotalValue": money / 100})
    return {
        "completed": pd.to_datetime(row["updated_at"]).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "orderLines": sorted(lines, key=lambda line: int(line["productRemoteId"])),
        "placed": pd.to_datetime(row["created_at"]).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "totalValue": round(row["subtotal"], 2),
    }


def _offer(store: sqlite3.Connection, file: Any, stream: str, remote_id: str, picture: dict[str, Any]) -> None:
    text = json.dumps(picture, sort_keys=True)
    key = (stream, remote_id)
    before = store.execute("SELECT wanted FROM records WHERE stream = ? AND remote_id = ?", key).fetchone()
    if before is None or before[0] != text:
        store.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (*key, text))
        record = {"remoteId": remote_id, **picture}
        file.write(json.dumps({"type": "RECORD", "stream": stream, "record": record}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
