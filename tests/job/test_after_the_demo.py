"""After the demo: where its job folder is and what to try next; tests/job/test_readme.py tries what is said there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from job.demo import what_next


def demo(place: Path, option: str) -> str:
    command = [sys.executable, "-m", "job", "demo", option]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=240, check=True).stdout


def test_a_quiet_demo_tells_nothing_further_and_its_clock_is_no_news(tmp_path: Path) -> None:
    assert "Try next" not in demo(tmp_path, "--quiet")
    again = json.loads(demo(tmp_path, "--json"))
    assert again["exit_code"] == 0
    assert again["headline"].startswith("Nothing to do: 0 writes")
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
