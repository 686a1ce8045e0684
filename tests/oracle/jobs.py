"""Runs the real programs over a job folder against the sandbox, and reads what Optiply holds afterwards."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.oracle.ledger import decimals

MAGENTO_TOKEN = "sandbox-integration-token"
TARGET_SECRETS = {
    "username": "sandbox",
    "password": "sandbox-password",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "account_id": 1380,
    "coupling_id": 77,
}
PATIENCE = 120
# One SKU after the other: the documented source of stock. Reading in bulk has its own test.
PER_SKU = {"stock_reading": "per_sku"}
COUPLING = str(TARGET_SECRETS["coupling_id"])
# What the server adds by itself; remoteIdMap is read apart.
SERVER_OWNED = {
    "id",
    "uuid",
    "createdAt",
    "updatedAt",
    "createdFromPublicApi",
    "remoteIdMap",
    "accountId",
    "remoteDataSyncedToDate",
    "novel",
    "category",
}


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that would point the programs elsewhere."""
    ours = ("optiply_", "SNAPSHOT_DIR", "ROOT_DIR", "JOB_ROOT", "TENANT", "SYNC_REPORT", "OPTIPLY_", "TAP_MAGENTO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **more}


def write_folder(folder: Path, sandbox: Any, flags: dict[str, Any], **target: Any) -> Path:
    """A job folder for the running sandbox with these ETL flags."""
    folder.mkdir(parents=True, exist_ok=True)
    tap = {"store_url": sandbox.magento_url, "access_token": MAGENTO_TOKEN}
    addresses = {"api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url, "unanswered_wait": 0.2}
    (folder / "config.json").write_text(json.dumps({**tap, **flags}))
    (folder / "target-config.json").write_text(json.dumps({**TARGET_SECRETS, **addresses, **target}))
    return folder


def job_command(folder: Path) -> list[str]:
    """The command line of one run over the folder."""
    return [sys.executable, "-m", "job", "run", str(folder), "--json"]


def run_job(folder: Path) -> dict[str, Any]:
    """Run the job to its end and return its report; a run that does not end with 0 fails the test with its log."""
    ended = subprocess.run(
        job_command(folder),
        check=False,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    logs = "".join(path.read_text()[-2000:] for path in sorted(folder.glob("runs/*/*.log")))
    assert ended.returncode == 0, f"the job ended with {ended.returncode}: {ended.stderr[-2000:]}\n{logs[-4000:]}"
    return dict(json.loads(ended.stdout))


def fetch(url: str, method: str = "GET", body: object = None) -> Any:
    """A control request to the sandbox."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method), timeout=PATIENCE) as answer:
        return json.loads(answer.read() or b"null")


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    return "/".join(url.split("/")[:3])


def next_day(sandbox: Any) -> None:
    """Let the shop live one day."""
    fetch(f"{origin(sandbox.magento_url)}/_sandbox/next-day", "POST")


def writes(sandbox: Any) -> int:
    """How many requests that change something Optiply has seen since the log was emptied."""
    return int(fetch(f"{origin(sandbox.optiply_url)}/_sandbox/requests")["writes"])


def forget_requests(sandbox: Any) -> None:
    """Empty the log of requests."""
    fetch(f"{origin(sandbox.optiply_url)}/_sandbox/requests", "DELETE")


def _attributes(resource: dict[str, Any]) -> dict[str, Any]:
    return dict(resource.get("attributes", resource))


def _listed(dump: dict[str, Any], kind: str) -> Iterable[tuple[str, dict[str, Any]]]:
    objects = dump.get(kind, [])
    rows = objects.values() if isinstance(objects, dict) else objects
    for row in rows:
        yield str(row["id"]), _attributes(row)


def picture_of(sandbox: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """All objects of Optiply by stream and remote id, references told by remote id; a doubled remote id fails."""
    dump = fetch(f"{origin(sandbox.optiply_url)}/_sandbox/dump")
    remote: dict[str, str] = {}
    picture: dict[str, dict[str, dict[str, Any]]] = {}
    for kind in ("products", "productCompositions", "sellOrders"):
        picture[kind] = {}
        for object_id, held in _listed(dump, kind):
            remote_id = held["remoteIdMap"][COUPLING]
            assert remote_id not in picture[kind], f"{kind} {remote_id} stands in Optiply twice"
            if kind == "products":
                remote[object_id] = remote_id
            picture[kind][remote_id] = {name: value for name, value in held.items() if name not in SERVER_OWNED}
    ids = {
        remote_id: object_id
        for object_id, held in _listed(dump, "sellOrders")
        for remote_id in [held["remoteIdMap"][COUPLING]]
    }
    _tell_compositions(picture["productCompositions"], remote)
    _tell_lines(picture["sellOrders"], ids, dump, remote)
    return picture


def _tell_compositions(compositions: dict[str, dict[str, Any]], remote: dict[str, str]) -> None:
    for held in compositions.values():
        held["composedProductRemoteId"] = remote[str(held.pop("composedProductId"))]
        held["partProductRemoteId"] = remote[str(held.pop("partProductId"))]


def _tell_lines(
    orders: dict[str, dict[str, Any]], ids: dict[str, str], dump: dict[str, Any], remote: dict[str, str]
) -> None:
    lines: dict[str, list[dict[str, Any]]] = {object_id: [] for object_id in ids.values()}
    for _, one in _listed(dump, "sellOrderLines"):
        lines[str(one["sellOrderId"])].append(
            {
                "productRemoteId": remote[str(one["productId"])],
                "quantity": one["quantity"],
                "subtotalValue": decimals(float(one["subtotalValue"])),
            }
        )
    for remote_id, held in orders.items():
        held["totalValue"] = float(held["totalValue"])
        held["orderLines"] = sorted(lines[ids[remote_id]], key=lambda line: int(line["productRemoteId"]))


def differences(held: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What is missing, extra or different in what Optiply holds, field by field; only wanted fields are compared."""
    found = []
    for kind, records in wanted.items():
        found += [f"{kind} {key}: missing" for key in sorted(set(records) - set(held[kind]), key=str)]
        found += [f"{kind} {key}: not wanted" for key in sorted(set(held[kind]) - set(records), key=str)]
        for key in sorted(set(records) & set(held[kind])):
            for name, value in records[key].items():
                seen = held[kind][key].get(name)
                if _plain(name, seen) != _plain(name, value):
                    found.append(f"{kind} {key}: {name} is {seen!r}, must be {value!r}")
    return found


def _plain(name: str, value: object) -> object:
    if name == "price" and isinstance(value, str):
        value = float(value)
    return decimals(value)
