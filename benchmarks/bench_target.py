"""Measures the target: writes per second beside a plain sequential writer, time per record and memory by size.

Each server and each target is a process of its own, as in a real run. Figures are printed; nothing is asserted.
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
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[1]
ACCOUNT = {"accountId": "1380", "couplingId": "77"}
LOGIN = {
    "username": "sandbox",
    "password": "sandbox-password",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
}


@contextmanager
def sandbox(folder: Path, latency: float) -> Iterator[dict[str, str]]:
    """A sandbox in a process of its own; yields its addresses."""
    announce = folder / "sandbox.json"
    announce.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox", "serve", "--latency", str(latency), "--announce", str(announce)]
    server = subprocess.Popen(
        [*command, "--products", "1", "--orders", "1", "--magento-port", "0", "--optiply-port", "0"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        while not announce.exists() or not announce.read_text().strip():
            time.sleep(0.05)
        yield json.loads(announce.read_text())
    finally:
        server.terminate()
        server.wait()


def product(number: int) -> dict[str, Any]:
    """A product as the ETL offers it."""
    return {
        "remoteId": str(number),
        "name": f"Product {number}",
        "skuCode": f"SKU-{number}",
        "articleCode": str(number),
        "price": 12.5,
        "stockLevel": number % 90,
        "unlimitedStock": False,
        "status": "enabled",
        "createdAtRemote": "2025-05-01T08:00:00Z",
    }


def order(number: int) -> dict[str, Any]:
    """A sale of one unit of the product of the same number."""
    placed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_760_000_000 + 60 * number))
    lines = [{"productRemoteId": str(number), "quantity": 1, "subtotalValue": 12.5}]
    return {"remoteId": str(number), "placed": placed, "completed": placed, "totalValue": 12.5, "orderLines": lines}


def write_input(path: Path, products: int, orders: int) -> None:
    """A data.singer of that many records."""
    with path.open("w") as file:
        for stream, count, make in (("products", products, product), ("sellOrders", orders, order)):
            schema = {"properties": {"remoteId": {"type": "string"}}}
            message = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["remoteId"]}
            file.write(json.dumps(message) + "\n")
            for number in range(1, count + 1):
                file.write(json.dumps({"type": "RECORD", "stream": stream, "record": make(number)}) + "\n")
        file.write('{"type":"STATE","value":{"bookmarks":{}}}\n')


def run_target(
    folder: Path, addresses: dict[str, str], data: Path, in_flight: int
) -> tuple[float, int, dict[str, Any]]:
    """(seconds of wall time, peak memory in MB, the target's step report) of one run with a fresh snapshot."""
    work = Path(tempfile.mkdtemp(dir=folder))
    config = work / "config.json"
    settings = {"api_url": addresses["optiply_url"], "auth_url": addresses["auth_url"], "account_id": 1380}
    config.write_text(json.dumps({**LOGIN, **settings, "coupling_id": 77, "max_concurrency": in_flight}))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SYNC_REPORT": str(work / "report.json")}
    command = [sys.executable, "-m", "target_optiply", "--config", str(config), "--input", str(data)]
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=work, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read().decode() if child.stderr is not None else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if child.returncode != 0:
        raise SystemExit(f"The target ended with {child.returncode}:\n{errors[-2000:]}")
    return seconds, usage.ru_maxrss // 1024, json.loads((work / "report.json").read_text())


def write_sequentially(addresses: dict[str, str], products: int, orders: int) -> float:
    """Writes per second of the plainest writer there is: one session, one request after another."""
    session = requests.Session()
    form = {"grant_type": "password", "username": LOGIN["username"], "password": LOGIN["password"]}
    basic = (LOGIN["client_id"], LOGIN["client_secret"])
    answer = session.post(f"{addresses['auth_url']}/auth/oauth/token", data=form, auth=basic, timeout=60)
    session.headers.update(
        {"Authorization": f"Bearer {answer.json()['access_token']}", "Content-Type": "application/vnd.api+json"}
    )
    ids: dict[str, int] = {}

    def post(resource: str, attributes: dict[str, Any]) -> int:
        body = json.dumps({"data": {"type": resource, "attributes": attributes}})
        url = f"{addresses['optiply_url']}/{resource}"
        created = session.post(url, params=ACCOUNT, data=body, timeout=60)
        created.raise_for_status()
        return int(created.json()["data"]["id"])

    began = time.monotonic()
    for number in range(1, products + 1):
        ids[str(number)] = post("products", product(number))
    for number in range(1, orders + 1):
        record = order(number)
        lines = [{"productId": ids[str(number)], "quantity": 1, "subtotalValue": 12.5}]
        post("sellOrders", {**record, "orderLines": lines})
    return (products + orders) / (time.monotonic() - began)


def speed(folder: Path, count: int, sample: int, latency: float) -> None:
    """Prints writes per second: sequential, 5 in flight, 10 in flight."""
    data = folder / "data.singer"
    write_input(data, count, count)
    with sandbox(folder, latency) as addresses:
        plain = write_sequentially(addresses, sample, sample)
    print(f"plain sequential writer        {plain:8.1f} writes/s   ({sample} + {sample} records)")
    for in_flight in (5, 10):
        with sandbox(folder, latency) as addresses:
            _, memory, report = run_target(folder, addresses, data, in_flight)
        rate = 2 * count / report["seconds"]
        print(
            f"target, {in_flight:2} in flight           {rate:8.1f} writes/s   {rate / plain:5.2f} times   {memory} MB"
        )


def scaling(folder: Path, sizes: list[int]) -> None:
    """Prints time per record and peak memory for growing inputs, without latency."""
    for size in sizes:
        data = folder / f"data-{size}.singer"
        write_input(data, size, 0)
        with sandbox(folder, 0.0) as addresses:
            _, memory, report = run_target(folder, addresses, data, 5)
        print(f"{size:6} products                {1000 * report['seconds'] / size:8.2f} ms/record  {memory} MB peak")


def main() -> None:
    """Runs both measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2000, help="products and as many orders")
    parser.add_argument("--sample", type=int, default=250, help="records of each kind for the sequential writer")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds per request")
    parser.add_argument("--sizes", type=int, nargs="*", default=[2_000, 10_000, 50_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-target-") as folder:
        speed(Path(folder), options.records, options.sample, options.latency)
        scaling(Path(folder), options.sizes)


if __name__ == "__main__":
    main()
