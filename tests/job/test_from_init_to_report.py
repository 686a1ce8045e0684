"""A person's way: init, doctor, schedule, run, report, each on what the one before has left."""

import re
from pathlib import Path

from job.folder import JobFolder
from sandbox.systems import Sandbox
from tests.job.browser import BROWSER, dom
from tests.job.shop_folder import report_of, sync


def test_a_folder_made_by_init_is_sound_runs_and_is_reported(tmp_path: Path, sandbox: Sandbox) -> None:
    root = tmp_path / "acme"
    answers = {
        "--store-url": sandbox.magento_url, "--access-token": "sandbox-integration-token", "--account-id": "1380",
        "--coupling-id": "77", "--username": "sandbox", "--password": "sandbox-password",
        "--client-id": "sandbox-client", "--client-secret": "sandbox-secret", "--api-url": sandbox.optiply_url,
        "--auth-url": sandbox.auth_url, "--start-date": "2025-01-01",
    }  # fmt: skip
    sync("init", root, *(part for option in answers.items() for part in option))
    assert sync("doctor", root).output.endswith("Ready to run.\n")
    assert "crontab" in sync("schedule", root).output
    ran = report_of("run", root)
    assert ran["exit_code"] == 0
    logs = "".join(path.read_text(encoding="utf-8") for path in (JobFolder(root).runs / ran["run"]).glob("*.log"))
    assert "$schema" not in logs, "no program wonders about the key for editors"

    index = Path(sync("report", root).output.strip())
    page = index.parent / ran["run"] / "report.html"
    for path in (index, page):
        text = dom(path.as_uri(), tmp_path / path.stem) if BROWSER else path.read_text(encoding="utf-8")
        assert ran["headline"] in text
        assert not re.search(r"sandbox-(integration-token|password|secret)", text)
    assert f"{len(ran['unsettled'])} of {len(ran['unsettled'])} shown" in text or not BROWSER
