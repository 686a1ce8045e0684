"""A job folder for EasyEcom: the same commands, the same report, and the same ease."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from job.systems import SYSTEMS
from sandbox.systems import Sandbox

WRITES = ("created", "updated", "disabled", "deleted", "adopted")
LOGIN = ("--account-id", "1380", "--username", "sandbox", "--client-id", "sandbox-client")
SECRETS = {"EASYECOM_PASSWORD": "sandbox-password", "EASYECOM_API_KEY": "sandbox-easyecom-key",
           "OPTIPLY_PASSWORD": "sandbox-password", "OPTIPLY_CLIENT_SECRET": "sandbox-secret"}  # fmt: skip
MAIN, SOUTH = "en24001main", "en24002south"


def sync(*arguments: object, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "job", *map(str, arguments)],
        cwd=cwd, env={**os.environ, **SECRETS}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if done.stdout.strip() else done.stderr


def demo(place: Path, *arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(sync("demo", "--system", "easyecom", "--json", *arguments, cwd=place))
    return report


def written(report: dict[str, Any]) -> int:
    return sum(row[verb] for row in report["entities"].values() for verb in WRITES)


def test_the_demo_fills_every_entity_and_the_next_day_sends_only_differences(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first["exit_code"] == 0
    assert all(first["entities"][name]["created"] for name in SYSTEMS["easyecom"].kept)
    assert sum(row["lost"] + row["failed"] for row in first["entities"].values()) == 0
    # An order whose mark names one that Optiply lost is made anew by the run that has learnt it, its lines by the next.
    assert [written(demo(tmp_path)) for _ in range(3)] == [1, 1, 0]
    planned = json.loads(sync("demo", "--system", "easyecom", "--next-day", "--plan", "--json", cwd=tmp_path))
    next_day = demo(tmp_path)
    assert 0 < written(next_day) < written(first) / 2
    assert len(planned["changes"]) == written(next_day), "the plan named what the run then sent"
    folder = tmp_path / ".demo-easyecom" / "job"
    assert "created" in sync("status", folder, cwd=tmp_path)
    assert "is a demo of EasyEcom" in sync("demo", "--folder", ".demo-easyecom", cwd=tmp_path, code=1)


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    with Sandbox(magento=False, easyecom=True) as sandbox:
        sandbox.easyecom.settings.rate_tier = "none"
        sandbox.easyecom.settings.token_cooldown = 0.0
        yield sandbox


@pytest.fixture(scope="module")
def folder(account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `init` made and that ran until all was sent."""
    place = tmp_path_factory.mktemp("easyecom")
    sync(
        "init", "acme", "--system", "easyecom", "--easyecom-url", account.easyecom_url, "--email",
        "sandbox@example.com", "--location-key", MAIN, "--location-key", SOUTH, "--rate-tier", "Gold", *LOGIN,
        "--api-url", account.optiply_url, "--auth-url", account.auth_url, "--start-date", "2025-01-01", cwd=place,
    )  # fmt: skip
    for options in ((), ("--full",), ()):
        sync("run", "acme", "--quiet", *options, cwd=place)
    return place


def test_init_writes_what_easyecom_needs_and_the_schema_of_it(account: Sandbox, folder: Path) -> None:
    config = json.loads((folder / "acme" / "config.json").read_text())
    assert config == {
        "$schema": "./schemas/config.schema.json", "system": "easyecom", "easyecom_url": account.easyecom_url,
        "email": "sandbox@example.com", "password": "sandbox-password", "location_key": [MAIN, SOUTH],
        "x_api_key": "sandbox-easyecom-key", "rate_tier": "Gold", "start_date": "2025-01-01",
    }  # fmt: skip
    assert (folder / "acme" / "config.json").stat().st_mode & 0o077 == 0
    schema = json.loads((folder / "acme" / "schemas" / "config.schema.json").read_text())
    assert {"email", "password", "location_key", "x_api_key"} <= set(schema["required"])
    assert config.keys() <= schema["properties"].keys()
    assert "store_url" not in schema["properties"]


def findings(folder: Path, name: str = "acme", code: int = 0) -> dict[str, dict[str, str]]:
    found = json.loads(sync("doctor", name, "--json", cwd=folder, code=code))
    return {finding["check"]: finding for finding in found}


def test_doctor_says_which_locations_and_how_many_requests_are_left(folder: Path) -> None:
    found = findings(folder)
    assert {finding["state"] for finding in found.values()} <= {"ok", "note", "warn"}
    assert f"{MAIN} Acme Trading" in found["account: locations"]["says"]
    assert found["right: receipts"]["state"] == "ok"
    assert found["limit of requests"]["says"].startswith("30 a second and 300,000 a day by rate_tier")


def test_doctor_finds_a_wrong_password_and_an_unknown_location(folder: Path) -> None:
    original = json.loads((folder / "acme" / "config.json").read_text())
    other = folder / "other"
    other.mkdir()
    (other / "target-config.json").write_text((folder / "acme" / "target-config.json").read_text())

    def with_values(code: int, **values: object) -> dict[str, dict[str, str]]:
        (other / "config.json").write_text(json.dumps({**original, **values}))
        return findings(folder, "other", code)

    wrong = with_values(1, password="wrong", retry_seconds=5)
    assert wrong["account: login"]["state"] == "fail"
    assert "wrong" not in wrong["account: login"]["says"]
    unknown = with_values(1, location_key=[MAIN, "en9nowhere"])
    assert unknown["location_key"]["state"] == "fail"
    assert "en9nowhere: " in unknown["location_key"]["says"]


def test_a_second_run_writes_nothing_and_a_limited_one_reads_its_part_only(account: Sandbox, folder: Path) -> None:
    report = json.loads(sync("run", "acme", "--json", cwd=folder))
    assert written(report) == 0
    account.requests.clear()
    report = json.loads(sync("run", "acme", "--json", "--only", "suppliers", cwd=folder))
    assert written(report) == 0
    asked = {entry.path for entry in account.requests.select(api="easyecom")}
    assert asked == {"/getAllLocation", "/wms/V2/getVendors"}, "the kept token needs no login"


def test_why_tells_of_a_product_by_sku_and_of_an_order_by_reference(account: Sandbox, folder: Path) -> None:
    product = next(row for row in account.easyecom.products.rows.values() if row.active)
    assert "Optiply has it as" in sync("snapshot", "why", "acme", product.sku, cwd=folder)
    order = next(row for row in account.easyecom.orders.rows.values() if row.order_status_id == 2)
    sync("run", "acme", "--quiet", "--full", cwd=folder)
    told = sync("snapshot", "why", "acme", order.reference_code, cwd=folder)
    assert f"sellOrders {order.order_id} (the id in EasyEcom)." in told
    nobody = sync("snapshot", "why", "acme", "nobody", cwd=folder, code=1)
    assert "nothing there has the id, code or number 'nobody'" in nobody


def test_a_recording_is_replayed_and_nothing_is_taken_as_deleted(folder: Path) -> None:
    recorded = folder / "acme" / "sync-output" / "tap.singer"
    report = json.loads(sync("replay", recorded, "--system", "easyecom", "--dry-run", "--json", cwd=folder))
    assert report["exit_code"] == 0
    assert {change["stream"] for change in report["changes"]} >= {"products", "suppliers", "sellOrders"}
    again = json.loads(sync("replay", recorded, "--folder", "acme", "--dry-run", "--json", cwd=folder))
    assert again["changes"] == []


def test_the_schedule_is_every_half_hour_and_a_full_read_by_indian_night(folder: Path) -> None:
    told = sync("schedule", "acme", "--format", "crontab", cwd=folder)
    assert "2 locations, Gold tier" in told
    assert "the full read: all purchase orders and receipts" in told
    assert "at 02:00 Asia/Kolkata" in told
    assert "purchase orders placed in Optiply: every 10 minutes, every day" in told
