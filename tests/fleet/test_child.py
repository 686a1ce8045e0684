"""A run as a child: in a private folder, without the fleet's secrets, within limits, and nothing of it left behind."""

import asyncio
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.child import Limits, _hold_back, arguments_of, environment, run_child
from fleet.folders import gather
from fleet.rooms import room, sweep
from fleet.runs import FAILED, KILLED, LOCKED, STOPPED, TIMED_OUT, WELL, Ended
from sandbox.systems import Sandbox
from store.lock import lock
from store.place import Place
from tests.job.shop_folder import make_folder, writes


@pytest.fixture
def small() -> Iterator[Sandbox]:
    with Sandbox(products=8, orders=4) as running:
        yield running


@pytest.fixture(autouse=True)
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the rooms of this test's runs are made."""
    place = tmp_path / "rooms"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def place(empty_url: str, tmp_path: Path) -> Place:
    return Place.of(tmp_path / "snapshots", f"{empty_url}&schema=t_acme")


@pytest.fixture
def files(small: Sandbox, tmp_path: Path) -> dict[str, bytes]:
    return gather(make_folder(tmp_path / "acme", small))


def run(files: dict[str, bytes], place: Place, limits: Limits | None = None, *, cancel_after: float = 600) -> Ended:
    """One run from beginning to end, cancelled after so many seconds."""

    async def whole() -> Ended:
        with room() as ours:
            task = asyncio.create_task(run_child(files, ["--full"], place, ours, limits or Limits()))
            _done, waiting = await asyncio.wait([task], timeout=cancel_after)
            for late in waiting:
                late.cancel()
            return await task

    return asyncio.run(whole())


def programs_of(rooms: Path) -> dict[int, Path]:
    """The processes at work in one of the rooms, and where in it."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            place = path.readlink()
        except OSError:
            continue
        if place.is_relative_to(rooms):
            found[int(path.parent.name)] = place
    return found


def test_a_run_reads_and_writes_and_leaves_nothing_but_what_is_in_the_database(
    files: dict[str, bytes], place: Place, small: Sandbox, rooms: Path
):
    ended = run(files, place)
    assert (ended.ended, ended.exit_code) == (WELL, 0), ended
    assert ended.report["schedule"]["next"]
    assert "== tap ==" in ended.log
    assert list(rooms.iterdir()) == []
    sent = writes(small)
    assert sent > 0
    again = run(files, place)
    assert again.headline.startswith("Nothing to do: 0 writes"), again
    assert writes(small) == sent


def test_a_configuration_with_a_mistake_fails_with_its_sentence(files: dict[str, bytes], place: Place):
    ended = run({**files, "config.json": b'{"store_url": "http://127.0.0.1:9"'}, place)
    assert (ended.ended, ended.exit_code) == (FAILED, 1)
    assert "is not valid JSON" in ended.headline


def test_a_tenant_that_another_machine_has_in_hand_is_found_locked(files: dict[str, bytes], place: Place):
    with lock(place):
        ended = run(files, place)
    assert ended.ended == LOCKED
    assert "is locked by another run" in ended.headline


def test_a_run_that_takes_too_long_is_ended(files: dict[str, bytes], place: Place, small: Sandbox, rooms: Path):
    small.faults_magento.latency = 30
    ended = run(files, place, Limits(minutes=0.1))
    assert ended.ended == TIMED_OUT
    assert "after 0.1 minutes" in ended.headline
    assert programs_of(rooms) == {}


def test_a_worker_that_stops_ends_its_runs_in_order(files: dict[str, bytes], place: Place, small: Sandbox, rooms: Path):
    small.faults_magento.latency = 30
    ended = run(files, place, cancel_after=6)
    assert ended.ended == STOPPED
    assert "nothing is lost" in ended.log
    assert programs_of(rooms) == {}
    with lock(place):
        pass


def test_a_killed_program_takes_its_own_programs_with_it(
    files: dict[str, bytes], place: Place, small: Sandbox, rooms: Path
):
    small.faults_magento.latency = 30

    async def killed() -> Ended:
        with room() as ours:
            task = asyncio.create_task(run_child(files, ["--full"], place, ours, Limits(grace=20)))
            while ours.folder not in programs_of(rooms).values():  # the first program of the job
                await asyncio.sleep(0.1)
            [job] = [pid for pid, place in programs_of(rooms).items() if place == ours.root]
            os.kill(job, signal.SIGKILL)
            return await task

    ended = asyncio.run(killed())
    assert (ended.ended, ended.exit_code) == (KILLED, -signal.SIGKILL)
    assert "SIGKILL" in ended.headline
    assert programs_of(rooms) == {}


def test_a_run_gives_way_to_its_worker(files: dict[str, bytes], place: Place, small: Sandbox, rooms: Path):
    small.faults_magento.latency = 30

    async def looked_at() -> set[int]:
        with room() as ours:
            task = asyncio.create_task(run_child(files, ["--full"], place, ours, Limits()))
            while ours.folder not in programs_of(rooms).values():
                await asyncio.sleep(0.1)
            jobs = [pid for pid, where in programs_of(rooms).items() if where == ours.root]
            found = {os.getpriority(os.PRIO_PROCESS, pid) for pid in jobs}
            task.cancel()
            await task
            return found

    assert asyncio.run(looked_at()) == {10}


@pytest.mark.skipif(sys.platform != "linux", reason="no such limit elsewhere")
def test_memory_is_limited_also_where_a_worker_is_nicer_than_its_runs(monkeypatch: pytest.MonkeyPatch):
    def refuse(_which: int, _pid: int, _niceness: int) -> None:
        raise PermissionError("only root makes a program less nice")

    monkeypatch.setattr(os, "setpriority", refuse)
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        _hold_back(child.pid, 256)
        limits = resource.prlimit(child.pid, resource.RLIMIT_AS)
    assert limits == (256 << 20, 256 << 20)


@pytest.mark.cold
def test_a_program_that_wants_too_much_memory_fails_alone(files: dict[str, bytes], place: Place):
    ended = run(files, place, Limits(megabytes=256))
    assert ended.ended in {FAILED, KILLED}
    assert ended.exit_code
    assert "no more memory; each may use 256 MB" in ended.headline, f"that was the reason: {ended.log}"
    assert run(files, place).ended == WELL


def test_the_child_knows_neither_the_key_nor_a_password_in_an_address(monkeypatch: pytest.MonkeyPatch):
    url = "postgresql://fleet:hunter2@db/optiply"
    monkeypatch.setenv("OPTIPLY_FLEET_KEY", "the-key")
    monkeypatch.setenv("OPTIPLY_FLEET_URL", url)
    with room() as ours:
        given = environment(Place.of(ours.folder / "snapshots", f"{url}?schema=t_acme"), ours)
    assert given["SNAPSHOT_URL"] == "postgresql://fleet@db/optiply?schema=t_acme"
    assert given["PGPASSWORD"] == "hunter2"
    assert not [name for name in given if name.startswith("OPTIPLY_FLEET")]


def test_only_its_owner_may_enter_a_room(rooms: Path):
    with room() as ours:
        assert stat.S_IMODE(ours.root.stat().st_mode) == 0o700
    assert list(rooms.iterdir()) == []


def test_a_room_that_another_program_removes_meanwhile_is_no_error(rooms: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "glob", lambda _path, _pattern: iter([rooms / "optiply-run-gone"]))
    assert sweep() == 0


def test_the_room_of_a_killed_worker_is_removed_and_one_in_use_is_not(rooms: Path):
    with room() as ours:
        deserted = rooms / "optiply-run-left"
        (deserted / "job").mkdir(parents=True)
        (deserted / ".lock").touch()
        (deserted / "job" / "config.json").write_text("a secret")
        assert sweep() == 0  # it may be in the making
        an_hour_ago = time.time() - 3600
        for path in (deserted, ours.root):
            os.utime(path, (an_hour_ago, an_hour_ago))
        assert sweep() == 1
        assert list(rooms.iterdir()) == [ours.root]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["--due"]),
        ({"full": True}, ["--full"]),
        ({"only": "stock,orders"}, ["--only", "stock,orders"]),
        ({"allow_disable": 40}, ["--due", "--allow-disable", "40"]),
        ({"full": True, "only": "products", "allow_disable": 3},
         ["--full", "--only", "products", "--allow-disable", "3"]),
    ],
)  # fmt: skip
def test_a_run_s_options_are_those_of_the_command_line(options: dict[str, object], words: list[str]):
    assert arguments_of(options) == words
