"""README's ways to install put the four programs on the path, typed as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ecosystem.venvs import ROOT, bare_environment, tool_venv

pytestmark = [pytest.mark.ecosystem, pytest.mark.timeout(1200)]

README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = f"{sys.base_prefix}/bin:/usr/bin:/bin"
PROGRAMS = ("optiply-sync", "tap-magento", "optiply-etl", "target-optiply")


def told(way: str) -> list[str]:
    """The commands in the row of a way."""
    (row,) = [line for line in README.splitlines() if line.startswith("| ") and way in line.split("|")[1]]
    return re.findall(r"`([^`]+)`", row.split("|", 2)[2])


def type_in(line: str, home: Path, path: str) -> str:
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=ROOT,
        env=bare_environment(HOME=str(home), PATH=path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def versions() -> str:
    return " && ".join(f"{program} --version" for program in PROGRAMS)


def last(shown: str) -> list[str]:
    """The lines in which the programs name their versions, after those of the installer."""
    lines = shown.splitlines()[-len(PROGRAMS) :]
    assert [program for program, line in zip(PROGRAMS, lines, strict=True) if program not in line] == []
    return lines


def test_a_virtual_environment(tmp_path: Path) -> None:
    install, path = told("virtual environment")
    shown = type_in(f"{install} && {path} && {versions()}", tmp_path, PYTHON)
    assert [line for line in last(shown) if "0.1.0" not in line] == []


def test_pipx(tmp_path: Path) -> None:
    (install,) = told("pipx")
    bin_folder = tool_venv("pipx", "pipx==1.18.4") / "bin"
    shown = type_in(f"{install} && {versions()}", tmp_path, f"{tmp_path}/.local/bin:{bin_folder}:{PYTHON}")
    assert [line for line in last(shown) if "0.1.0" not in line] == []
