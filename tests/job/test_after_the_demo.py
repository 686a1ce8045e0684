"""After the demo: two lines say where its job folder is and what to try next, and what they say works as printed."""

import json
import re
import sys
from pathlib import Path

import pytest

from job.demo import what_next
from tests.job.checkout import ROOT, Checkout


def test_the_last_two_lines_name_the_folder_and_two_commands_that_work(checkout: Checkout) -> None:
    *_, headline, where, further = checkout.bash("make demo").stdout.splitlines()
    assert re.match(r"\d+ created; ", headline)
    assert where.startswith("The job folder is .demo/job: ")
    status, report = re.fullmatch(r"Try next: (\S+ status \S+) and (\S+ report \S+)", further).groups()
    assert status.startswith(".venv/bin/optiply-sync "), "as it can be typed where nothing is on the path"
    assert "Last runs" in checkout.bash(status).stdout
    assert (checkout.root / checkout.bash(report).stdout.strip()).is_file()
    (run,) = [path for path in (checkout.root / ".demo" / "job" / "runs").iterdir() if path.is_dir()]
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    logs = set(re.findall(r"`runs/<start>/([\w.]+)`", page))
    assert {"report.json", "tap.log", "target.log"} <= logs <= {path.name for path in run.iterdir()}, "as the docs say"
    assert "Try next" not in checkout.bash("optiply-sync demo --quiet").stdout
    again = json.loads(checkout.bash("optiply-sync demo --json").stdout)
    assert again["exit_code"] == 0
    assert [note for note in again["notes"] if "clock" in note] == [], "the sandbox's own clock is no news"


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        (".venv/bin/optiply-sync", ".venv/bin/optiply-sync"),
        ("{path}/optiply-sync", "optiply-sync"),
        ("/nowhere else/optiply-sync", "'/nowhere else/optiply-sync'"),
        ("/somewhere/job/__main__.py", "optiply-sync"),
    ],
)
def test_the_program_is_named_as_it_can_be_typed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str, shown: str
) -> None:
    program = tmp_path / "optiply-sync"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [called.format(path=tmp_path)])
    monkeypatch.chdir(tmp_path)
    where, further = what_next(tmp_path / "a demo")
    assert where.startswith("The job folder is a demo/job: ")
    assert further == f"Try next: {shown} status 'a demo/job' and {shown} report 'a demo/job'"
    assert what_next(Path("/elsewhere"))[0].startswith("The job folder is /elsewhere/job: ")
