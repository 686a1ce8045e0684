"""A job folder for Picqer: the same commands, the same report, and the same ease."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from job.run.bookmarks import read_again
from job.systems import SYSTEMS
from job.timing import DAY_MINUTES, Rule
from sandbox.systems import Sandbox

WRITES = ("created", "updated", "disabled", "deleted", "adopted")
LOGIN = ("--account-id", "1380", "--username", "sandbox", "--client-id", "sandbox-client")
SECRETS = {"PICQER_API_KEY": "sandbox-picqer-key", "OPTIPLY_PASSWORD": "sandbox-password",
           "OPTIPLY_CLIENT_SECRET": "sandbox-secret"}  # fmt: skip


def sync(*arguments: object, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "job", *map(str, arguments)],
        cwd=cwd, env={**os.environ, **SECRETS}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if done.stdout.strip() else done.stderr


def demo(place: Path, *arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(sync("demo", "--system", "picqer", "--json", *arguments, cwd=place))
    return report


def written(report: dict[str, Any]) -> int:
    return sum(row[verb] for row in report["entities"].values() for verb in WRITES)


def test_the_demo_fills_every_entity_and_the_next_day_sends_only_differences(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first["exit_code"] == 0
    assert all(first["entities"][name]["created"] for name in SYSTEMS["picqer"].kept)
    assert sum(row["lost"] + row["failed"] for row in first["entities"].values()) == 0
    planned = json.loads(sync("demo", "--system", "picqer", "--next-day", "--plan", "--json", cwd=tmp_path))
    next_day = demo(tmp_path)
    assert 0 < written(next_day) < written(first) / 2
    assert len(planned["changes"]) == written(next_day), "the plan named what the run then sent"
    folder = tmp_path / ".demo-picqer" / "job"
    assert "created" in sync("status", folder, cwd=tmp_path)
    other = sync("demo", "--folder", ".demo-picqer", cwd=tmp_path, code=1)
    assert "is a demo of Picqer" in other


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    with Sandbox(magento=False, picqer=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def folder(account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `init` made and that ran until all was sent: orders with a lost mark come one by one."""
    place = tmp_path_factory.mktemp("picqer")
    sync(
        "init", "acme", "--system", "picqer", "--picqer-url", account.picqer_url, *LOGIN, "--api-url",
        account.optiply_url, "--auth-url", account.auth_url, "--warehouse", 11, "--warehouse", 12,
        "--main-warehouse", 11, "--start-date", "2025-01-01", cwd=place,
    )  # fmt: skip
    for options in ((), ("--full",), ()):
        sync("run", "acme", "--quiet", *options, cwd=place)
    return place


def test_init_writes_what_picqer_needs_and_the_schema_of_it(account: Sandbox, folder: Path) -> None:
    config = json.loads((folder / "acme" / "config.json").read_text())
    assert config == {
        "$schema": "./schemas/config.schema.json", "system": "picqer", "picqer_url": account.picqer_url,
        "api_key": "sandbox-picqer-key", "time_zone": "Europe/Amsterdam", "warehouses": ["11", "12"],
        "main_warehouse": "11", "start_date": "2025-01-01",
    }  # fmt: skip
    schema = json.loads((folder / "acme" / "schemas" / "config.schema.json").read_text())
    assert {"picqer_url", "api_key"} <= set(schema["required"])
    assert config.keys() <= schema["properties"].keys()
    assert "store_url" not in schema["properties"]


def findings(folder: Path, name: str = "acme", code: int = 0) -> dict[str, dict[str, str]]:
    found = json.loads(sync("doctor", name, "--json", cwd=folder, code=code))
    return {finding["check"]: finding for finding in found}


def test_doctor_says_what_kind_of_key_which_warehouses_and_what_limit(folder: Path) -> None:
    found = findings(folder)
    assert {finding["state"] for finding in found.values()} <= {"ok", "note", "warn"}
    assert found["account: kind of key"]["says"] == "of the whole account"
    assert "11 Amsterdam, 12 Rotterdam" in found["account: warehouses"]["says"]
    assert found["limit of requests"]["says"].startswith("500 a minute")
    assert found["time zone"] == {"check": "time zone", "state": "ok", "says": "Europe/Amsterdam", "remedy": ""}


def test_doctor_finds_a_wrong_key_unknown_warehouses_and_another_zone(account: Sandbox, folder: Path) -> None:
    original = (folder / "acme" / "config.json").read_text()
    other = folder / "other"
    other.mkdir()
    (other / "target-config.json").write_text((folder / "acme" / "target-config.json").read_text())

    def with_values(**values: object) -> dict[str, dict[str, str]]:
        (other / "config.json").write_text(json.dumps({**json.loads(original), **values}))
        return findings(folder, "other", 1)

    assert with_values(api_key="wrong")["account: key"]["state"] == "fail"
    store = account.picqer
    newest = store.orders.rows[store.orders.ids[-1]]
    account.call(lambda: store.change(newest, updated=store.stamp()))
    found = with_values(warehouses=[11, 14, 99], time_zone="America/New_York")
    account.call(lambda: store.put(newest))
    assert found["warehouses"]["says"] == "99 is not a warehouse of this account"
    assert found["time zone"]["state"] == "fail"
    assert "hours from now" in found["time zone"]["says"]


def test_a_second_run_writes_nothing_and_a_limited_one_reads_its_part_only(account: Sandbox, folder: Path) -> None:
    report = json.loads(sync("run", "acme", "--json", cwd=folder))
    assert written(report) == 0
    account.requests.clear()
    report = json.loads(sync("run", "acme", "--json", "--only", "suppliers", cwd=folder))
    assert written(report) == 0
    asked = {entry.path.split("/")[3] for entry in account.requests.select(api="picqer")}
    assert asked == {"products", "warehouses", "suppliers"}, "products for the first question alone"
    assert len(account.requests.select(api="picqer", path="/products")) == 1


def test_why_tells_of_a_product_by_code_and_of_an_order_by_number(account: Sandbox, folder: Path) -> None:
    product = account.picqer.products.rows[10_001]
    told = sync("snapshot", "why", "acme", product.productcode, cwd=folder)
    assert "products 10001 (the id in Picqer)." in told
    assert "Optiply has it as" in told
    order = next(row for row in account.picqer.orders.rows.values() if row.status == "processing")
    sync("run", "acme", "--quiet", "--full", cwd=folder)
    assert f"sellOrders {order.idorder}" in sync("snapshot", "why", "acme", order.orderid, cwd=folder)
    assert "nothing there has the id, code or number 'nobody'" in sync(
        "snapshot", "why", "acme", "nobody", cwd=folder, code=1
    )


def test_a_recording_is_replayed_and_nothing_is_taken_as_deleted(folder: Path) -> None:
    recorded = folder / "acme" / "sync-output" / "tap.singer"
    report = json.loads(sync("replay", recorded, "--system", "picqer", "--dry-run", "--json", cwd=folder))
    assert report["exit_code"] == 0
    assert {change["stream"] for change in report["changes"]} >= {"products", "suppliers", "sellOrders"}
    again = json.loads(sync("replay", recorded, "--folder", "acme", "--dry-run", "--json", cwd=folder))
    assert again["changes"] == []


def test_the_schedule_knows_nights_and_evenings_of_the_account(folder: Path) -> None:
    told = sync("schedule", "acme", "--format", "crontab", cwd=folder)
    assert "all suppliers: at 17:30 Europe/Amsterdam, every day" in told
    assert "purchase orders placed in Optiply: every 10 minutes, every day" in told
    assert "purchase orders changed since the last run: at 01:00 Europe/Amsterdam, every day" in told
    assert told.splitlines()[-1].startswith("*/10 * * * * ")


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        ("2026-01-15T16:00", "2026-01-14T16:30", "2026-01-15T16:30"),
        ("2026-03-28T18:00", "2026-03-28T16:30", "2026-03-29T15:30"),
        ("2025-10-25T18:00", "2025-10-25T15:30", "2025-10-26T16:30"),
    ],
)
def test_half_past_five_is_that_in_the_zone_in_winter_and_summer(now: str, latest: str, following: str) -> None:
    rule = Rule("suppliers", DAY_MINUTES, hour=17, minute=30, zone="Europe/Amsterdam")
    moment = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    assert rule.latest(moment) == datetime.fromisoformat(latest).replace(tzinfo=timezone.utc)
    assert rule.next(moment) == datetime.fromisoformat(following).replace(tzinfo=timezone.utc)


def test_a_full_read_of_the_last_days_still_asks_for_older_open_orders() -> None:
    mark = {"replication_key": "created", "replication_key_value": "2026-01-15 08:00:00", "open": [7, 9]}
    state = read_again({"bookmarks": {"orders": mark}}, {"orders"}, "orders", 30)
    assert state["bookmarks"]["orders"] == {**mark, "replication_key_value": "2025-12-16 08:00:00"}
