"""A run whose own files cannot be written ends in a sentence, and the next one goes on from there."""

import errno
from pathlib import Path

import pytest
from rich.console import Console

from job.folder import FolderError, JobFolder
from job.run import steps
from job.run.progress import PlainLines
from job.run.steps import RunOptions, run_job
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of


def test_a_full_disk_is_told_and_nothing_that_was_sent_is_lost(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_folder(tmp_path / "acme", sandbox)

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(job.root / "runs"))

    with monkeypatch.context() as patched:
        patched.setattr(steps, "write_json", no_room)
        with pytest.raises(FolderError, match=r"refused .*runs \(No space left on device\)\. .* run again"):
            run_job(JobFolder(job.root), RunOptions(), PlainLines(Console(quiet=True)))
    sent = len(sandbox.optiply.dump()["products"])
    assert sent, "the run had come to its end but for the report"
    report = report_of("run", job.root)
    assert report["exit_code"] == 0
    assert report["entities"]["products"]["lost"] == 0
    assert len(sandbox.optiply.dump()["products"]) == sent, "nothing is made twice"
