"""Plays HotGlue: a job of three phases, each process with only what the platform gives it, snapshots carried along.

The folder, the environment and the formats are those HotGlue uses; see its documentation of jobs and snapshots.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow
import pyarrow.parquet

from tests.oracle import jobs

TENANT = "acme"
FLOW = "FLOW1"
PATIENCE = 240
Format = Literal["csv", "parquet"]


@dataclass
class Phase:
    """How one process of a job ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        """What the platform shows of a failed phase."""
        lines = self.stderr.strip().splitlines()
        return lines[-1] if lines else ""


@dataclass
class Job:
    """One job of a tenant: its folder and how its phases went."""

    folder: Path
    phases: dict[str, Phase] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, Any]:
        """target-state.json as the platform captured it."""
        return dict(json.loads((self.folder / "target-state.json").read_text()))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the ETL left for the target."""
        return [json.loads(line) for line in (self.folder / "etl-output" / "data.singer").read_text().splitlines()]


class HotGlue:
    """A tenant of the platform: its configuration, source state and snapshots, and the ETL that was deployed."""

    def __init__(
        self, root: Path, sandbox: Any, bundle: Path, form: Format, tenant: str = TENANT, **flags: Any
    ) -> None:
        self.root = root
        self.bundle = bundle
        self.form = form
        self.tenant = tenant
        self.etl_python = sys.executable
        self.state: dict[str, Any] | None = None
        self.snapshots = root / "kept-snapshots"
        self.parent_snapshots: Path | None = None
        self.number = 0
        self.config = {"store_url": sandbox.magento_url, "access_token": jobs.MAGENTO_TOKEN, **jobs.PER_SKU, **flags}
        self.target_config = {
            **jobs.TARGET_SECRETS,
            "api_url": sandbox.optiply_url,
            "auth_url": sandbox.auth_url,
            "unanswered_wait": 0.2,
            "retry_wait": 0.05,
        }
        self.snapshots.mkdir(parents=True)

    def job(self) -> Job:
        """All three phases; snapshots and state are kept only when every phase ended with 0."""
        job = self.prepared()
        for phase in (self.sync, self.etl, self.export):
            if phase(job).code:
                return job
        shutil.rmtree(self.snapshots)
        shutil.copytree(job.folder / "snapshots", self.snapshots)
        self.state = self.synced_state
        return job

    def prepared(self) -> Job:
        """A job's folder as the platform lays it out before the first phase."""
        self.number += 1
        folder = self.root / f"job{self.number}"
        (folder / "sync-output").mkdir(parents=True)
        (folder / "etl-output").mkdir()
        shutil.copytree(self.snapshots, folder / "snapshots")
        if self.parent_snapshots is not None:
            shutil.copytree(self.parent_snapshots, folder / "parent-snapshots")
        (folder / "config.json").write_text(json.dumps(self.config))
        (folder / "target-config.json").write_text(json.dumps(self.target_config))
        if self.state is not None:
            (folder / "state.json").write_text(json.dumps(self.state))
        return Job(folder)

    def environment(self, job: Job, **more: str) -> dict[str, str]:
        """What the platform sets, on top of a bare shell."""
        name = f"job{self.number}"
        return {
            **{key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ},
            "TENANT": self.tenant,
            "FLOW": FLOW,
            "ENV_ID": "prod.hg.example.com",
            "JOB_ID": name,
            "JOB_ROOT": f"{self.tenant}/flows/{FLOW}/jobs/2026/01/{name}",
            "API_KEY": "not-a-key",
            "API_URL": "https://api.example.com",
            "SYNC_TYPE": "full_sync" if self.state is None else "incremental_sync",
            "JOB_TYPE": "write",
            "CONNECTOR_ID": "magento",
            "TAP": "magento",
            "TARGET": "optiply",
            **more,
        }

    def sync(self, job: Job) -> Phase:
        """The tap, and behind it a file target that makes the tables of sync-output/."""
        module = [sys.executable, "-m", "tap_magento", "--config", "config.json"]
        catalog = self.run(job, "discover", [*module, "--discover"]).stdout
        (job.folder / "catalog-selected.json").write_text(catalog)
        state = ["--state", "state.json"] if self.state is not None else []
        phase = self.run(job, "sync", [*module, "--catalog", "catalog-selected.json", *state])
        if not phase.code:
            messages = [json.loads(line) for line in phase.stdout.splitlines()]
            self.synced_state = [message["value"] for message in messages if message["type"] == "STATE"][-1]
            write_tables(job.folder / "sync-output", messages, self.form)
        return phase

    def etl(self, job: Job) -> Phase:
        """The deployed folder's etl.py."""
        command = [self.etl_python, "etl.py"]
        return self.run(job, "etl", command, cwd=self.bundle, ROOT_DIR=str(job.folder))

    def export(self, job: Job) -> Phase:
        """`cat etl-output/data.singer | target --config …`; its last line is captured as target-state.json."""
        command = [sys.executable, "-m", "target_optiply", "--config", "target-config.json"]
        phase = self.run(job, "export", command, stdin=job.folder / "etl-output" / "data.singer")
        lines = phase.stdout.splitlines()
        if lines:
            (job.folder / "target-state.json").write_text(lines[-1])
        return phase

    def run(
        self, job: Job, name: str, command: list[str], cwd: Path | None = None, stdin: Path | None = None, **more: str
    ) -> Phase:
        """One process of the job."""
        with open(stdin or os.devnull, "rb") as source:
            done = subprocess.run(
                command,
                cwd=cwd or job.folder,
                env=self.environment(job, **more),
                stdin=source,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        job.phases[name] = Phase(done.returncode, done.stdout, done.stderr)
        return job.phases[name]


def write_tables(folder: Path, messages: list[dict[str, Any]], form: Format) -> None:
    """What HotGlue's file target leaves: a table per stream that had records, with the time of the sync in its name."""
    schemas: dict[str, dict[str, Any]] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        if message["type"] == "SCHEMA":
            schemas[message["stream"]] = message
        elif message["type"] == "RECORD":
            rows.setdefault(message["stream"], []).append(message["record"])
    for stream, records in rows.items():
        names = list(schemas[stream]["schema"]["properties"])
        path = folder / f"{stream}-20260115T080000.{form}"
        if form == "csv":
            _write_csv(path, names, records)
        else:
            _write_parquet(path, names, records, schemas[stream])
    counts = {stream: len(records) for stream, records in rows.items()}
    (folder / "job_metrics.json").write_text(json.dumps({"recordCount": counts}))


def _cell(value: Any) -> Any:
    """Nested values as JSON text."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _write_csv(path: Path, names: list[str], records: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(
            [["" if (cell := _cell(row.get(name))) is None else cell for name in names] for row in records]
        )


def _write_parquet(path: Path, names: list[str], records: list[dict[str, Any]], schema: dict[str, Any]) -> None:
    kinds = {name: _kind(name, schema["schema"]["properties"][name]) for name in names}
    columns = {name: [_fitting(_cell(row.get(name)), kinds[name]) for row in records] for name in names}
    arrays = []
    for name in names:
        if pyarrow.types.is_timestamp(kinds[name]):
            texts = pyarrow.array(columns[name], pyarrow.string())
            arrays.append(texts.cast(pyarrow.timestamp("s")).cast(kinds[name]))
        else:
            arrays.append(pyarrow.array(columns[name], kinds[name]))
    fields = [pyarrow.field(name, kinds[name]) for name in names]
    keys = {"key_properties": json.dumps(schema["key_properties"])}
    pyarrow.parquet.write_table(pyarrow.table(arrays, schema=pyarrow.schema(fields, metadata=keys)), path)


def _kind(name: str, declared: dict[str, Any]) -> Any:
    """The column's type: dates without a zone, whole numbers, numbers, switches; everything else is text."""
    types = declared.get("type", ["string", "null"])
    types = {types} if isinstance(types, str) else set(types)
    match sorted(types - {"null"}):
        case ["integer"]:
            return pyarrow.int64()
        case ["number"]:
            return pyarrow.float64()
        case ["boolean"]:
            return pyarrow.bool_()
        case _:
            return pyarrow.timestamp("ms") if name in ("created_at", "updated_at") else pyarrow.string()


def _fitting(value: Any, kind: Any) -> Any:
    if value is not None and pyarrow.types.is_string(kind):
        return value if isinstance(value, str) else json.dumps(value)
    return value
