"""A job folder, a store and a recording of an older version are gone on with: nothing twice, nothing otherwise."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.etl import main as etl
from job.folder import JobFolder, read_json_object, write_json
from sandbox.optiply.picture import picture
from sandbox.systems import Sandbox
from tests.job.shop_folder import report_of, sync

OLDER = Path(__file__).parents[1] / "fixtures" / "older_folder"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A copy of what the older version left, with its recording unpacked."""
    copy = tmp_path / "older"
    shutil.copytree(OLDER, copy)
    packed = copy / "job" / "sync-output" / "tap.singer.gz"
    packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    return copy


@pytest.fixture
def sandbox(older: Path) -> Iterator[Sandbox]:
    """The older version's sandbox, with its addresses of today in the folder's configs."""
    job = JobFolder(older / "job")
    with Sandbox(state_dir=older / "sandbox") as running:
        write_json(job.config, {**read_json_object(job.config), "store_url": running.magento_url})
        addresses = {"api_url": running.optiply_url, "auth_url": running.auth_url}
        write_json(job.target_config, {**read_json_object(job.target_config), **addresses})
        yield running


def records(text: str) -> list[str]:
    """The lines but STATE, whose moments are those of the run."""
    return [line for line in text.splitlines() if '"type":"STATE"' not in line.replace(" ", "")]


def test_an_older_folder_has_nothing_to_do_and_lives_its_next_day_as_before(older, sandbox):
    job = older / "job"
    overview = Path(sync("report", job).stdout.strip())
    assert "86 created" in overview.read_text(encoding="utf-8"), "the report of the older run can be shown"

    report_of("run", job)
    assert sandbox.requests.writes() == {}, "what was accepted is not sent again"

    expected = json.loads(gzip.decompress((OLDER / "expected" / "next_day.json.gz").read_bytes()))
    sandbox.next_day()
    report = report_of("run", job)
    assert report["headline"] == expected["headline"]
    assert sandbox.requests.writes() == expected["writes"]
    offered = records((job / "etl-output" / "data.singer").read_text())
    assert offered == records((OLDER / "expected" / "next_day.singer").read_text())
    assert json.loads(json.dumps(picture(sandbox.optiply))) == expected["picture"]


def test_an_older_recording_gives_the_same_bytes(older, monkeypatch):
    job = older / "job"
    shutil.rmtree(job / "snapshots")
    (job / "etl-output" / "data.singer").unlink()
    monkeypatch.setenv("ROOT_DIR", str(job))
    monkeypatch.delenv("SNAPSHOT_DIR", raising=False)
    assert etl() == 0
    expected = (OLDER / "job" / "etl-output" / "data.singer").read_bytes()
    assert (job / "etl-output" / "data.singer").read_bytes() == expected
