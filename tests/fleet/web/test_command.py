"""`optiply-fleet web` as a program: says where it listens, needs a token beyond this machine, ends when told."""

import os
import re
import signal
import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

from fleet.cli import main
from fleet.database import Connection
from tests.fleet.web.conftest import TOKEN
from tests.fleet.web.invented import small_fleet


def web(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fleet", "web", *arguments], env={**os.environ, **variables}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("token", [None, TOKEN])
def test_it_says_where_it_listens_and_ends_when_told(fleet: str, db: Connection, token: str | None) -> None:
    small_fleet(db)
    given = ["--token-env", "PAGE_TOKEN", "--host", "0.0.0.0"] if token else []
    program = web(*given, **({"PAGE_TOKEN": token} if token else {}))
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
        found = re.fullmatch(r"The fleet's page: (http://[\d.]+:\d+)/\n", line)
        assert found, line
        address = found[1].replace("0.0.0.0", "127.0.0.1")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        assert requests.get(f"{address}/", headers=headers, timeout=60).status_code == 200
        assert requests.get(f"{address}/healthz", timeout=60).json()["workers"] == 1
        seen = requests.get(f"{address}/", timeout=60, allow_redirects=False).status_code
        assert seen == (303 if token else 200)
    finally:
        program.send_signal(signal.SIGTERM)
        output, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert TOKEN not in output + errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "needs a token"),
        (["--token-env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is empty"),
        (["--token-env", "SHORT_TOKEN"], "at least 16 visible"),
    ],
)
def test_it_does_not_start_open_to_everybody(fleet: str, arguments: list[str], said: str) -> None:
    program = web(*arguments, SHORT_TOKEN="short")
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 1
    assert said in errors


def test_it_says_that_there_is_no_fleet(empty_url: str) -> None:
    program = web(OPTIPLY_FLEET_URL=empty_url)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "run `optiply-fleet init` first" in errors


def test_no_program_that_it_starts_is_given_the_token(fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr("fleet.web.command.serve", lambda *_arguments: started.append(dict(os.environ)))
    monkeypatch.setenv("PAGE_TOKEN", TOKEN)
    result = CliRunner().invoke(main, ["web", "--token-env", "PAGE_TOKEN"])
    assert result.exit_code == 0, result.output
    assert TOKEN not in started[0].values()
