"""The tap and the target each work with a Singer partner that knows nothing of this project."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sandbox.systems import Sandbox
from tests.oracle import jobs

HERE = Path(__file__).parent
TAP = [sys.executable, "-m", "tap_magento", "--config", "tap.json"]
TARGET = [sys.executable, "-m", "target_optiply", "--config", "target.json"]
TEXT, NUMBER, WHOLE = {"type": ["string", "null"]}, {"type": ["number", "null"]}, {"type": ["integer", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
LINE = {"type": "object", "properties": {"productRemoteId": TEXT, "quantity": NUMBER, "subtotalValue": NUMBER}}


def streams() -> dict[str, Any]:
    """What some other system knows: names as other taps write them, offsets in times, numbers as they come."""

    def table(rows: list[dict[str, Any]], **properties: Any) -> dict[str, Any]:
        return {
            "schema": {"type": "object", "properties": {"remoteId": {"type": "string"}, **properties}},
            "rows": rows,
        }

    lines = [{"productRemoteId": "P1", "quantity": 10.0, "subtotalValue": 40}]
    chair = {"remoteId": "P1", "name": "Chair", "stockLevel": 3, "price": 12.10}
    order = {"remoteId": "B1", "placed": "2026-01-10T08:00:00Z", "totalValue": 40, "supplierRemoteId": "S1"}
    return {
        "suppliers": table([{"remoteId": "S1", "name": "Wood & Co", "deliveryTime": 5}], name=TEXT, deliveryTime=WHOLE),
        "products": table(
            [
                {**chair, "createdAtRemote": "2026-01-15T10:00:00+02:00"},
                {"remoteId": "P2", "name": "Tåble", "stockLevel": 0, "price": None, "createdAtRemote": None},
            ],
            name=TEXT, stockLevel=WHOLE, price=NUMBER, createdAtRemote=MOMENT,
        ),
        "supplier_products": table(
            [{"remoteId": "SP1", "name": "Chair", "productRemoteId": "P1", "supplierRemoteId": "S1", "price": 4.0}],
            name=TEXT, productRemoteId=TEXT, supplierRemoteId=TEXT, price=NUMBER,
        ),
        "buy_orders": table(
            [{**order, "orderLines": lines}],
            placed=MOMENT, totalValue=NUMBER, supplierRemoteId=TEXT, orderLines={"type": "array", "items": LINE},
        ),
        "weather": table([{"remoteId": "W1", "degrees": 21}], degrees=NUMBER),
    }  # fmt: skip


def pipe(folder: Path, *commands: list[str]) -> str:
    """Join programs by pipes, each in the folder; gives the last one's standard output."""
    output: str | None = None
    for command in commands:
        done = subprocess.run(
            command,
            input=output,
            cwd=folder,
            env=jobs.environment(PYTHONWARNINGS="ignore"),
            capture_output=True,
            text=True,
            timeout=jobs.PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{command[1:3]} ended with {done.returncode}: {done.stderr[-3000:]}"
        output = done.stdout
    return str(output)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rows").mkdir()
    (tmp_path / "other.json").write_text(json.dumps({"folder": "rows", "file": "rows.json"}))
    return tmp_path


def test_an_unrelated_target_takes_every_stream_of_the_tap_and_every_record_fits_its_schema(
    place: Path, sandbox: Sandbox
) -> None:
    (place / "tap.json").write_text(json.dumps({"store_url": sandbox.magento_url, "access_token": jobs.MAGENTO_TOKEN}))
    catalog = json.loads(pipe(place, [*TAP, "--discover"]))
    for entry in catalog["streams"]:
        entry["metadata"] = [*(row for row in entry["metadata"] if row["breadcrumb"]),
                             {"breadcrumb": [], "metadata": {"selected": True}}]  # fmt: skip
    (place / "catalog.json").write_text(json.dumps(catalog))
    other = [sys.executable, str(HERE / "other_target.py"), "--config", "other.json"]
    state = pipe(place, [*TAP, "--catalog", "catalog.json"], other)

    rows = {path.stem: path.read_text().splitlines() for path in (place / "rows").iterdir()}
    report = {entry["tap_stream_id"] for entry in catalog["streams"]}
    assert {"products", "orders", "product_stock_statuses", "source_items", "customers"} <= set(rows) <= report
    assert len(rows["products"]) == len(rows["product_ids"]) > 40
    (last,) = [json.loads(line) for line in state.splitlines()][-1:]
    assert last["bookmarks"]["product_ids"]["complete"] is True


def test_what_the_tap_says_is_plain_singer(place: Path, sandbox: Sandbox) -> None:
    (place / "tap.json").write_text(json.dumps({"store_url": sandbox.magento_url, "access_token": jobs.MAGENTO_TOKEN}))
    schemas: dict[str, Any] = {}
    keys: dict[str, list[str]] = {}
    seen: dict[str, set[tuple[Any, ...]]] = {}
    for line in pipe(place, TAP).splitlines():
        message = json.loads(line)
        match message["type"]:
            case "SCHEMA":
                jsonschema.Draft7Validator.check_schema(message["schema"])
                schemas[message["stream"]] = jsonschema.Draft7Validator(message["schema"])
                keys[message["stream"]] = message["key_properties"]
            case "RECORD":
                schemas[message["stream"]].validate(message["record"])
                key = tuple(message["record"][name] for name in keys[message["stream"]])
                assert key not in seen.setdefault(message["stream"], set())
                seen[message["stream"]].add(key)
            case kind:
                assert kind == "STATE"
                assert set(message) == {"type", "value"}
    assert {"products", "product_ids", "product_stock_statuses", "orders"} <= set(seen) <= set(schemas)


def test_an_unrelated_source_fills_optiply_and_the_second_time_nothing_is_sent(
    place: Path, optiply_sandbox: Sandbox
) -> None:
    addresses = {"api_url": optiply_sandbox.optiply_url, "auth_url": optiply_sandbox.auth_url}
    (place / "target.json").write_text(json.dumps({**jobs.TARGET_SECRETS, **addresses, "unanswered_wait": 0.2}))
    (place / "rows.json").write_text(json.dumps(streams()))
    source = [sys.executable, str(HERE / "other_tap.py"), "--config", "other.json"]
    states = pipe(place, source, TARGET)

    held = {kind: optiply_sandbox.optiply.objects(kind)
            for kind in ("suppliers", "products", "supplierProducts", "buyOrders", "buyOrderLines")}  # fmt: skip
    assert {kind: len(objects) for kind, objects in held.items()} == dict.fromkeys(held, 1) | {"products": 2}
    chair, table = sorted(held["products"], key=lambda one: str(one["name"]))
    assert (chair["price"], chair["stockLevel"], chair["createdAtRemote"]) == ("12.10", 3, "2026-01-15T08:00:00Z")
    assert (table["name"], table["price"]) == ("Tåble", None)
    (offer,), (line,) = held["supplierProducts"], held["buyOrderLines"]
    assert (offer["productId"], offer["supplierId"]) == (chair["id"], held["suppliers"][0]["id"])
    assert (line["productId"], line["quantity"]) == (chair["id"], 10)
    assert len(states.splitlines()) <= 1
    results = json.loads((place / "target-state.json").read_text())
    assert "weather" not in results["summary"]

    optiply_sandbox.requests.clear()
    pipe(place, source, TARGET)
    assert sum(optiply_sandbox.requests.writes("optiply").values()) == 0
