"""The real Meltano runs `meltano.yml` of this checkout against the sandbox, with its own state backend."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.optiply.picture import picture
from sandbox.systems import Sandbox
from tests.ecosystem.venvs import ROOT, bare_environment, tool_venv
from tests.oracle import jobs

pytestmark = [pytest.mark.ecosystem, pytest.mark.timeout(1200)]

MELTANO = "meltano==4.4.1"
RUN_SECONDS = 300
STATE_ID = "prod:tap-magento-to-target-optiply"


class Project:
    """A copy of the Meltano project; whoever runs it has our three programs on PATH."""

    def __init__(self, folder: Path, meltano: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.meltano = meltano
        self.sandbox = sandbox
        folder.mkdir()
        shutil.copy(ROOT / "meltano.yml", folder)
        programs = Path(sys.executable).parent
        self.environment = bare_environment(
            PATH=os.pathsep.join([str(programs), os.environ["PATH"]]),
            TAP_MAGENTO_STORE_URL=sandbox.magento_url,
            TAP_MAGENTO_ACCESS_TOKEN=jobs.MAGENTO_TOKEN,
            TAP_MAGENTO_STOCK_READING="per_sku",
            TARGET_OPTIPLY_API_URL=sandbox.optiply_url,
            TARGET_OPTIPLY_AUTH_URL=sandbox.auth_url,
            TARGET_OPTIPLY_UNANSWERED_WAIT="1",
            **{f"TARGET_OPTIPLY_{name.upper()}": str(value) for name, value in jobs.TARGET_SECRETS.items()},
        )
        # The full read is another extractor with the same shop.
        for name, value in list(self.environment.items()):
            if name.startswith("TAP_MAGENTO_"):
                self.environment[name.replace("TAP_MAGENTO_", "TAP_MAGENTO_FULL_")] = value

    def call(self, *arguments: str, expected: int = 0) -> str:
        """`meltano …`; gives its standard output."""
        command = [str(self.meltano), "--log-format", "plain", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == expected, (
            f"meltano ended with {done.returncode}: {(done.stdout + done.stderr)[-5000:]}"
        )
        return done.stdout

    def state(self) -> dict[str, Any]:
        """What Meltano's state backend holds for our line."""
        return dict(json.loads(self.call("state", "get", STATE_ID).strip().splitlines()[-1]))

    def writes(self) -> int:
        """Requests since the last call that change something in Optiply."""
        count = sum(self.sandbox.requests.writes("optiply").values())
        self.sandbox.requests.clear()
        return count


@pytest.fixture(scope="module")
def meltano() -> Path:
    return tool_venv("meltano", MELTANO) / "bin" / "meltano"


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox, meltano: Path) -> Project:
    return Project(tmp_path / "project", meltano, sandbox)


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `optiply-sync run` leaves in the Optiply of a shop like the one of `sandbox`."""
    with Sandbox(products=40, orders=30) as other:
        jobs.run_job(jobs.write_folder(tmp_path_factory.mktemp("direct") / "job", other, jobs.PER_SKU))
        return picture(other.optiply)


def test_two_runs_fill_optiply_once_and_the_state_lives_in_meltanos_own_backend(
    project: Project, direct: dict[str, Any]
) -> None:
    project.call("run", "sync-optiply")
    assert project.writes() > 0
    filled = picture(project.sandbox.optiply)
    assert filled == direct
    first = project.state()
    assert set(first) == {"singer_state"}
    assert {"products", "orders"} <= set(first["singer_state"]["bookmarks"])

    project.call("run", "tap-magento", "magento-to-optiply", "target-optiply")
    asked = project.sandbox.requests.select(api="magento", path="/products$")
    assert any("updated_at" in entry.query for entry in asked), "the second run did not start from the bookmark"
    assert project.writes() == 0
    assert picture(project.sandbox.optiply) == filled
    second = project.state()["singer_state"]
    assert second["run_id"] != first["singer_state"]["run_id"]


def test_a_failed_load_leaves_the_state_and_the_next_run_brings_the_rest(
    project: Project, direct: dict[str, Any]
) -> None:
    login = project.environment["TARGET_OPTIPLY_PASSWORD"]
    project.environment["TARGET_OPTIPLY_PASSWORD"] = "wrong"
    project.call("run", "sync-optiply", expected=1)
    assert project.writes() == 0
    assert STATE_ID not in project.call("state", "list")

    project.environment["TARGET_OPTIPLY_PASSWORD"] = login
    project.call("run", "sync-optiply")
    assert picture(project.sandbox.optiply) == direct


def test_the_full_read_takes_no_bookmark_and_sends_nothing_new(project: Project) -> None:
    project.call("run", "sync-optiply")
    project.writes()
    project.call("run", "full-read")
    asked = project.sandbox.requests.select(api="magento", path="/products$")
    assert asked
    assert not any("updated_at][from" in entry.query for entry in asked)
    assert not project.sandbox.requests.select(api="magento", path="/orders$")
    assert project.writes() == 0


def test_the_schedules_name_jobs_that_exist(project: Project) -> None:
    listed = json.loads(project.call("schedule", "list", "--format", "json"))["schedules"]["job"]
    assert [(one["name"], one["job"]["name"]) for one in listed] == [
        ("every-half-hour", "sync-optiply"),
        ("full-read-at-night", "full-read"),
    ]
