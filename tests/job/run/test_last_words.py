"""The sentence a failed program ends with is shown without its log's time, level and name."""

import signal
from pathlib import Path

import pytest
from rich.console import Console

from job.run.programs import Program, StepResult, last_words, run_program, why_it_ended
from job.run.progress import PlainLines
from job.run.report import merge
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        ("2026-01-31 08:00:00,123 | INFO     | tap-magento | x\n2026-01-31 08:00:01,000 | ERROR    | tap-magento    "
         "      | GET /orders: a | b.\n\n", "GET /orders: a | b."),
        ("Error: The configuration cannot be used: adopt.\n", "The configuration cannot be used: adopt."),
        ("ERROR config: x cannot be used\n", "config: x cannot be used"),
        ("Killed\n", "Killed"),
    ],
)  # fmt: skip
def test_only_the_sentence_is_left(log: str, words: str) -> None:
    assert last_words(log) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "killed by signal 9 (SIGKILL): often out of memory; look for"),
        (signal.SIGTERM, "killed by signal 15 (SIGTERM): somebody stopped it"),
        (signal.SIGSEGV, "killed by signal 11 (SIGSEGV): a fault in Python"),
        (signal.SIGUSR1, "killed by signal 10 (SIGUSR1): something outside"),
        (64, "killed by signal 64"),
    ],
)
def test_a_signal_is_named_with_its_remedy_and_not_by_the_last_line_of_the_log(number: int, words: str) -> None:
    said = why_it_ended(-number, "2026-01-31 08:00:00,123 | INFO     | target-optiply | products: 17 created\n")
    assert said.startswith(words)
    assert "run it again" in said or "raise" in said
    assert "17 created" not in said


def test_a_program_that_is_killed_says_so_in_the_report(tmp_path: Path) -> None:
    killer = tmp_path / "killer.py"
    killer.write_text(
        "import os, signal, sys\nprint('2026-01-31 08:00:00,123 | INFO     | target-optiply | all is well', "
        "file=sys.stderr, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )
    with (tmp_path / "lock").open("wb") as lock:
        result: StepResult = run_program(
            Program("target", "killer", [], tmp_path / "out"),
            folder=tmp_path, run_dir=tmp_path, lock_fd=lock.fileno(), verbose=False, tick=lambda: None,
        )  # fmt: skip
    assert result.exit_code == -signal.SIGKILL
    assert result.last_words.startswith("killed by signal 9 (SIGKILL): often out of memory")
    report = merge("r", [result], [])
    assert report["steps"][0]["last_words"] == result.last_words
    console = Console(record=True, width=160)
    with console.capture() as captured:
        lines = PlainLines(console)
        lines.started("target")
        lines.ended("target", result.exit_code, 1.0)
    assert "write to Optiply: FAILED (signal 9), 1.0 s" in captured.get()


def test_a_refused_token_is_the_first_thing_the_report_says_of_the_tap(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox, access_token="wrong", retry_seconds=0)
    tap = next(step for step in report_of("run", job.root, expected=1)["steps"] if step["name"] == "tap")
    assert "|" not in tap["last_words"]
    assert "401" in tap["last_words"]
