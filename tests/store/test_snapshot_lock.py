"""The lock of the snapshot, with real processes: one run at a time, children included."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store.snapshot import SnapshotError, SnapshotLocked, children_environment, lock

# Takes the lock (or its parent's) and waits for a line on standard input.
HOLDER = """
import pathlib, sys
from store.snapshot import SnapshotLocked, lock
try:
    with lock(pathlib.Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.readline()
except SnapshotLocked as error:
    print(error, flush=True)
"""
# Takes the lock, starts a child that inherits it, and waits.
PARENT = """
import os, pathlib, subprocess, sys
from store.snapshot import children_environment, lock
with lock(pathlib.Path(sys.argv[1])) as descriptor:
    child = subprocess.Popen(
        [sys.executable, "-c", sys.argv[2], sys.argv[1]],
        pass_fds=(descriptor,), env={**os.environ, **children_environment(descriptor)},
    )
    print(child.pid, flush=True)
    child.wait()
"""


def start(script: str, *arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate("done\n", timeout=30)


def test_a_second_run_stops_and_names_the_first(tmp_path: Path):
    holder = start(HOLDER, str(tmp_path))
    try:
        assert first_line(holder) == "held"
        with pytest.raises(SnapshotLocked) as caught, lock(tmp_path):
            pass
        assert str(tmp_path / ".lock") in str(caught.value)
        assert f"process id {holder.pid}" in str(caught.value)
    finally:
        finish(holder)
    with lock(tmp_path):
        pass


def test_a_child_uses_its_parents_lock_and_leaves_it_locked(tmp_path: Path):
    with lock(tmp_path) as descriptor:
        environment = {**os.environ, **children_environment(descriptor)}
        child = start(HOLDER, str(tmp_path), pass_fds=(descriptor,), env=environment)
        assert first_line(child) == "held"
        finish(child)
        other = start(HOLDER, str(tmp_path))
        assert f"process id {os.getpid()}" in first_line(other)
        finish(other)


def test_a_killed_run_leaves_the_lock_to_its_living_child(tmp_path: Path):
    parent = start(PARENT, str(tmp_path), HOLDER)
    child = int(first_line(parent))
    assert first_line(parent) == "held"
    parent.kill()
    parent.wait(timeout=30)
    with pytest.raises(SnapshotLocked, match="a program it started is still at work") as caught, lock(tmp_path):
        pass
    assert str(parent.pid) in str(caught.value)
    os.kill(child, signal.SIGTERM)
    assert parent.stdout is not None
    parent.stdout.read()
    with lock(tmp_path):
        pass
    assert parent.stdin is not None
    parent.stdin.close()
    parent.stdout.close()


def test_a_lock_file_left_by_a_killed_run_is_no_lock(tmp_path: Path):
    holder = start(HOLDER, str(tmp_path))
    assert first_line(holder) == "held"
    holder.kill()
    holder.communicate(timeout=30)
    with lock(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_of_another_folder_is_not_taken_for_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    holder = start(HOLDER, str(tmp_path / "mine"))
    assert first_line(holder) == "held"
    try:
        with lock(tmp_path / "other") as descriptor:
            for name, value in children_environment(descriptor).items():
                monkeypatch.setenv(name, value)
            with pytest.raises(SnapshotLocked), lock(tmp_path / "mine"):
                pass
    finally:
        finish(holder)


@pytest.mark.parametrize("value", ["", "no number", "987654"])
def test_a_descriptor_that_is_none_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("OPTIPLY_SYNC_LOCK_FD", value)
    with lock(tmp_path):
        other = start(HOLDER, str(tmp_path))
        assert "is locked" in first_line(other)
        finish(other)


def test_a_folder_that_cannot_hold_the_lock_is_named(tmp_path: Path):
    (tmp_path / ".lock").mkdir()
    with pytest.raises(SnapshotError, match=r"\.lock cannot be used"), lock(tmp_path):
        pass
