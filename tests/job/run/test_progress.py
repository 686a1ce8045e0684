"""What a person sees while a run goes on: bars on a terminal, with rate and times; a line per step elsewhere."""

import errno
import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from job.run.progress import TITLES, Bars, PlainLines, make_display
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Refusing(io.StringIO):
    """A place for progress that takes nothing: a full disk, or a reader that has ended."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _text: str) -> int:
        raise self.error


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), BrokenPipeError()])
def test_progress_that_nobody_takes_stops_no_run(log_format: str, error: OSError) -> None:
    with make_display(Console(file=Refusing(error)), log_format) as display:
        for step in ("tap", "etl"):
            display.started(step)
            display.ended(step, 0, 1.0)


def on_a_terminal(command: list[str], folder: Path) -> tuple[int, str]:
    """The exit code of a command whose output is a terminal of 140 columns, and what stood there meanwhile."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "140"}
    child = subprocess.Popen(command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed, as Linux tells it
            break
        if not part:
            break
        seen += part
    os.close(master)
    return child.wait(), CONTROL.sub("", seen.decode())


def test_a_run_on_a_terminal_draws_a_bar_with_rate_and_times_for_each_step(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    code, seen = on_a_terminal([sys.executable, "-m", "job", "run", str(job.root)], tmp_path)
    assert code == 0, seen
    for step in ("tap", "etl", "target", "absorb"):
        assert re.search(rf"✓ {TITLES[step]} +━+ +\d+/\d+", seen), f"no finished bar for {step!r}"
    assert re.search(r"write to Optiply +\S+ +\d+/\d+ +[\d,]+/s +\d:\d\d:\d\d", seen), "no rate and no time"
    assert "created; " in seen.splitlines()[-1]


@pytest.mark.parametrize(("terminal", "kind"), [(True, Bars), (False, PlainLines)])
def test_bars_are_drawn_on_a_terminal_only(terminal: bool, kind: type) -> None:
    assert type(make_display(Console(file=io.StringIO(), force_terminal=terminal))) is kind


def test_a_bar_of_known_length_tells_rate_and_remaining_time_and_a_failed_step_stands_still() -> None:
    shown = io.StringIO()
    with Bars(Console(file=shown, force_terminal=True, width=140, color_system=None)) as bars:
        bars.started("target")
        for done in (100, 200):
            time.sleep(0.05)
            bars.moved("target", done, 1000)
        bars._progress.refresh()
        bars.ended("target", 1, 0.1)
    text = CONTROL.sub("", shown.getvalue())
    assert re.search(r"write to Optiply +━+\S* +200/1000 [\d,]+/s \d:\d\d:\d\d \d\d:\d\d", text)
    assert "✓" not in text
