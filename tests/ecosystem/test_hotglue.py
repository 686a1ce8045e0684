"""HotGlue's jobs, phase by phase, end in the same Optiply as `optiply-sync run` and leave what the platform reads."""

import csv
import json
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.optiply.picture import picture
from sandbox.systems import Sandbox
from tests.ecosystem.hotglue import FLOW, Format, HotGlue, Job
from tests.ecosystem.venvs import ROOT, pip, python_of
from tests.oracle import jobs

# Each phase is a program of its own, started as the platform starts it: seconds of processor time for each of them.
pytestmark = pytest.mark.ecosystem

KINDS = ("products", "productCompositions", "sellOrders")
SMALL = {"products": 40, "orders": 30}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that would be deployed, far away from the checkout."""
    folder = tmp_path_factory.mktemp("deployed") / "etl"
    subprocess.run([sys.executable, "-m", "etl.bundle", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Optiply after each of three direct runs: the first day, the next day, and a second look at that day."""
    folder = tmp_path_factory.mktemp("direct") / "job"
    with Sandbox(**SMALL) as sandbox:
        jobs.write_folder(folder, sandbox, jobs.PER_SKU)
        return list(three_days(sandbox, lambda: jobs.run_job(folder)))


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Optiply after one direct run."""
    with Sandbox(**SMALL) as sandbox:
        jobs.run_job(jobs.write_folder(tmp_path_factory.mktemp("once") / "job", sandbox, jobs.PER_SKU))
        return picture(sandbox.optiply)


def three_days(sandbox: Sandbox, run: Any) -> Iterator[dict[str, Any]]:
    for moves_on in (False, True, False):
        if moves_on:
            jobs.next_day(sandbox)
        run()
        yield picture(sandbox.optiply)


def ended_well(job: Job) -> Job:
    told = {name: (phase.code, phase.stderr[-2000:]) for name, phase in job.phases.items() if phase.code}
    assert told == {}
    assert set(job.phases) == {"discover", "sync", "etl", "export"}
    return job


def has_results_for_every_record(job: Job) -> None:
    """One entry and one bucket per record that the ETL offered, and the same on stdout as in the file."""
    offered: dict[str, int] = {}
    for message in job.messages:
        if message["type"] == "RECORD":
            offered[message["stream"]] = offered.get(message["stream"], 0) + 1
    results = job.results
    assert set(results) == {"bookmarks", "summary"}
    assert {stream: sum(buckets.values()) for stream, buckets in results["summary"].items()} == offered
    for stream, entries in results["bookmarks"].items():
        assert set(results["summary"][stream]) == {"success", "fail", "existing", "updated"}
        assert len(entries) == offered[stream]
        for entry in entries:
            assert re.fullmatch("[0-9a-f]{64}", entry["hash"])
            assert entry["success"] is ("error" not in entry)
            assert entry.get("id") or not entry["success"]


def id_map(job: Job, stream: str) -> dict[str, str]:
    with (job.folder / "snapshots" / f"{stream}_{FLOW}.snapshot.csv").open(newline="") as file:
        return {row["InputId"]: row["RemoteId"] for row in csv.DictReader(file)}


def ids_in_optiply(sandbox: Sandbox, kind: str) -> dict[str, str]:
    return {one["remoteIdMap"][jobs.COUPLING]: str(one["id"]) for one in sandbox.optiply.objects(kind)}


def disabled(held: dict[str, Any]) -> set[str]:
    return {one["remoteIds"][jobs.COUPLING] for one in held["products"] if one["status"] == "disabled"}


def others(held: dict[str, Any], product: str) -> dict[str, Any]:
    """The same without one product."""
    return {**held, "products": [one for one in held["products"] if one["remoteIds"][jobs.COUPLING] != product]}


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_three_jobs_end_in_the_same_optiply_as_three_direct_runs(
    form: Format, tmp_path: Path, bundle: Path, direct: list[dict[str, Any]], sandbox: Sandbox
) -> None:
    platform = HotGlue(tmp_path, sandbox, bundle, form, hg_sync_output="sync-output")
    done: list[Job] = []
    days: list[dict[str, Any]] = []
    for held in three_days(sandbox, lambda: done.append(ended_well(platform.job()))):
        days.append(held)
        has_results_for_every_record(done[-1])
        assert not (done[-1].folder / "errors.txt").exists()
    assert days[0] == direct[0]
    assert days[2] == direct[2] == direct[1]
    # A job of the platform asks no second question: the vanished product is settled by the second listing.
    (vanished,) = disabled(direct[1]) - disabled(days[1])
    assert others(days[1], vanished) == others(direct[1], vanished)
    for kind in KINDS:
        assert id_map(done[-1], kind).items() <= ids_in_optiply(sandbox, kind).items()
    assert id_map(done[-1], "products") == ids_in_optiply(sandbox, "products")
    estimated = json.loads((done[0].folder / "sync-output" / "estimated_job_metrics.json").read_text())
    counted = json.loads((done[0].folder / "sync-output" / "job_metrics.json").read_text())
    assert estimated["estimatedRecordCount"]["products"] == counted["recordCount"]["products"]


def test_a_job_without_changes_sends_nothing(tmp_path: Path, bundle: Path, sandbox: Sandbox) -> None:
    platform = HotGlue(tmp_path, sandbox, bundle, "parquet")
    ended_well(platform.job())
    offered = {message["record"]["remoteId"] for message in ended_well(platform.job()).messages
               if message["type"] == "RECORD"}  # fmt: skip
    sandbox.requests.clear()
    job = ended_well(platform.job())
    assert sum(sandbox.requests.writes("optiply").values()) == 0
    assert {message["record"]["remoteId"] for message in job.messages if message["type"] == "RECORD"} <= offered


def test_after_a_failed_export_the_older_snapshots_come_back_and_nothing_is_doubled(
    tmp_path: Path, bundle: Path, first_day: dict[str, Any], sandbox: Sandbox
) -> None:
    platform = HotGlue(tmp_path, sandbox, bundle, "csv")
    platform.target_config["max_failures"] = 0
    sandbox.faults_optiply.add({"api": "optiply", "method": "POST", "path": "/sellOrders", "status": 400, "nth": [2]})
    job = platform.job()
    assert job.phases["export"].code == 1
    assert "max_failures" in job.phases["export"].last_line
    assert set(job.results) == {"bookmarks", "summary"}
    assert platform.state is None
    assert sandbox.optiply.objects("products")
    platform.target_config["max_failures"] = None
    ended_well(platform.job())
    assert picture(sandbox.optiply) == first_day


def test_a_flow_whose_store_is_lost_finds_its_records_by_the_id_maps(
    tmp_path: Path, bundle: Path, sandbox: Sandbox
) -> None:
    platform = HotGlue(tmp_path, sandbox, bundle, "parquet")
    ended_well(platform.job())
    before = {kind: ids_in_optiply(sandbox, kind) for kind in KINDS}
    (platform.snapshots / "optiply.sqlite").unlink()
    platform.state = None
    platform.target_config["adopt"] = "never"
    sandbox.requests.clear()
    ended_well(platform.job())
    assert {kind: ids_in_optiply(sandbox, kind) for kind in KINDS} == before
    assert sandbox.requests.select(api="optiply", method="POST", path="/products$") == []


def test_a_subtenants_orders_go_to_the_products_of_its_root_tenant(
    tmp_path: Path, bundle: Path, first_day: dict[str, Any], sandbox: Sandbox
) -> None:
    root = HotGlue(tmp_path / "root", sandbox, bundle, "parquet", not_sync_entities=["sellOrders"])
    ended_well(root.job())
    assert sandbox.optiply.objects("sellOrders") == []
    others = ["products", "productCompositions"]
    sub = HotGlue(tmp_path / "sub", sandbox, bundle, "parquet", tenant="acme_nl", not_sync_entities=others)
    sub.parent_snapshots = root.snapshots
    job = ended_well(sub.job())
    assert {message["stream"] for message in job.messages if message["type"] == "RECORD"} == {"sellOrders"}
    held = picture(sandbox.optiply)
    # A disabled product is created only for an order that needs it, which the root tenant does not see.
    unknown = [one["remoteIds"] for one in first_day["products"] if one not in held["products"]]
    waiting = [line["sellOrderId"] for line in first_day["sellOrderLines"] if line["productId"] in unknown]
    assert [one for one in first_day["sellOrders"] if one["remoteIds"] not in waiting] == held["sellOrders"]
    assert held["sellOrders"]


def test_a_phase_that_fails_says_why_in_the_places_the_platform_looks_at(
    tmp_path: Path, bundle: Path, sandbox: Sandbox
) -> None:
    platform = HotGlue(tmp_path, sandbox, bundle, "csv")
    job = platform.prepared()
    (job.folder / "config.json").write_text(json.dumps({**platform.config, "access_token": "wrong"}))
    assert platform.sync(job).code == 1
    (told,) = job.folder.glob("hg-tap-exception-*.json")
    message = json.loads(told.read_text())["exception_message"]
    assert message in job.phases["sync"].last_line

    (job.folder / "config.json").write_text('{"max_disable_share": 7}')
    phase = platform.etl(job)
    assert phase.code == 1
    errors = (job.folder / "errors.txt").read_text()
    assert errors.startswith("ERROR: ")
    assert "max_disable_share" in errors
    assert errors.removeprefix("ERROR: ").strip() in phase.last_line
    assert not (job.folder / "etl-output" / "data.singer").exists()

    (job.folder / "target-config.json").write_text(json.dumps({**platform.target_config, "password": "wrong"}))
    record = {"type": "RECORD", "stream": "products", "record": {"remoteId": "1", "name": "A", "stockLevel": 1}}
    schema = {"type": "SCHEMA", "stream": "products", "schema": {"properties": {}}, "key_properties": ["remoteId"]}
    (job.folder / "etl-output" / "data.singer").write_text(json.dumps(schema) + "\n" + json.dumps(record) + "\n")
    phase = platform.export(job)
    assert phase.code == 1
    assert "password" in phase.last_line
    assert set(json.loads(phase.stdout.splitlines()[-1])) == {"bookmarks", "summary"}


@pytest.mark.ecosystem
@pytest.mark.timeout(1200)
def test_the_deployed_folder_runs_with_its_own_requirements_and_nothing_else(
    tmp_path: Path, bundle: Path, first_day: dict[str, Any], sandbox: Sandbox
) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=True)
    pip(place, "--constraint", str(ROOT / "requirements.txt"), "--requirement", str(bundle / "requirements.txt"))
    platform = HotGlue(tmp_path / "tenant", sandbox, bundle, "parquet")
    platform.etl_python = str(python_of(place))
    ended_well(platform.job())
    assert picture(sandbox.optiply) == first_day
