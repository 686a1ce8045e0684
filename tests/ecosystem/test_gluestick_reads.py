"""gluestick, in an environment of its own, reads what a HotGlue job of ours leaves, and we read what it writes.

The other half, a data.singer that gluestick wrote, is among the target's tests.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.systems import Sandbox
from tests.ecosystem.hotglue import FLOW, HotGlue, Job
from tests.ecosystem.venvs import ROOT, NotBuilt, bare_environment, python_of, tool_venv
from tests.oracle import jobs

pytestmark = [pytest.mark.ecosystem, pytest.mark.timeout(1200)]

GLUESTICK = "gluestick==3.0.21"
STREAMS = ("products", "productCompositions", "sellOrders")
FILES = {"products": "products", "productCompositions": "product_compositions", "sellOrders": "sell_orders"}
PROGRAM = """
import contextlib, io, json, sys
import gluestick as gs
import pandas as pd

folder, exported, written, flow = sys.argv[1:5]
told = {}
with contextlib.redirect_stdout(io.StringIO()):
    reader = gs.Reader(f"{folder}/sync-output", folder)
    told["tables"] = {name: [len(reader.get(name)), reader.get_pk(name)] for name in reader.input_files}
    told["id maps"], told["merged"], told["exported"] = {}, {}, {}
    for stream, file in json.loads(sys.argv[5]).items():
        ids = gs.read_snapshots(f"{stream}_{flow}", f"{folder}/snapshots", dtype=str)
        told["id maps"][stream] = dict(zip(ids["InputId"], ids["RemoteId"]))
        asked = pd.DataFrame({"externalId": gs.read_snapshots(f"{stream}_{flow}", f"{folder}/snapshots")["InputId"]})
        merged = gs.merge_id_from_snapshot(asked, f"{folder}/snapshots", stream, flow, "id")
        told["merged"][stream] = {str(a): str(b) for a, b in zip(merged["externalId"], merged["id"])}
        ours = gs.read_snapshots(file, exported)
        told["exported"][stream] = {str(a): str(b) for a, b in zip(ours["remoteId"], ours["optiply_id"])}
        gs.snapshot_records(ours[["remoteId", "optiply_id"]], file, written, pk="remoteId")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def gluestick() -> Path:
    try:
        return python_of(tool_venv("gluestick", GLUESTICK))
    except NotBuilt as reason:
        pytest.skip(str(reason))


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox) -> Job:
    bundle = tmp_path / "bundle"
    subprocess.run([sys.executable, "-m", "etl.bundle", str(bundle)], cwd=ROOT, check=True, capture_output=True)
    done = HotGlue(tmp_path / "tenant", sandbox, bundle, "parquet").job()
    assert {name: phase.code for name, phase in done.phases.items()} == dict.fromkeys(done.phases, 0)
    return done


def sync(*arguments: object) -> str:
    command = [sys.executable, "-m", "job", *map(str, arguments)]
    done = subprocess.run(command, env=jobs.environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_gluestick_reads_our_snapshots_and_we_take_over_what_it_wrote(
    gluestick: Path, job: Job, sandbox: Sandbox, tmp_path: Path, form: str
) -> None:
    exported, written = tmp_path / "exported", tmp_path / "written"
    written.mkdir()
    sync("snapshot", "export", job.folder, exported, "--format", form)
    program = [str(gluestick), "-c", PROGRAM, str(job.folder), str(exported), str(written), FLOW, json.dumps(FILES)]
    done = subprocess.run(
        program, env=bare_environment(), cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)

    in_optiply = {
        kind: {one["remoteIdMap"][jobs.COUPLING]: str(one["id"]) for one in sandbox.optiply.objects(kind)}
        for kind in STREAMS
    }
    assert told["id maps"] == told["merged"] == told["exported"] == in_optiply
    counted = json.loads((job.folder / "sync-output" / "job_metrics.json").read_text())["recordCount"]
    assert {name: rows for name, (rows, _) in told["tables"].items()} == counted
    assert told["tables"]["products"][1] == ["id"]

    fresh = jobs.write_folder(tmp_path / "fresh", sandbox, jobs.PER_SKU)
    assert f"{len(in_optiply['products'])} products taken over" in sync("snapshot", "import", fresh, written)
    sandbox.requests.clear()
    jobs.run_job(fresh)
    assert (
        sandbox.requests.select(api="optiply", method="POST", path="/(products|sellOrders|productCompositions)$") == []
    )
