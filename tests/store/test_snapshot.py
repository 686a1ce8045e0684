"""Opening the store: what is created, migrated and refused, and how a transaction ends."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from store import sqlite
from store import tables as layout
from store.snapshot import SCHEMA_VERSION, NotASnapshot, Outcome, Snapshot, SnapshotError, SnapshotLocked
from store.tables import migrate
from tests.etl.old_layouts import store_of_layout

STATE = {"run_id": "a1", "bookmarks": {"products": {"replication_key_value": "2026-01-15 08:00:00"}}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Snapshot]:
    with Snapshot.open(tmp_path / "snapshots") as snapshot:
        yield snapshot


@pytest.mark.files
def test_the_store_is_one_file_between_runs(tmp_path: Path):
    with Snapshot.open(tmp_path) as snapshot, snapshot.transaction():
        snapshot.set_state(STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["optiply.sqlite"]


def test_a_new_store_knows_nothing(store: Snapshot):
    assert store.state() is None
    assert store.ids("products") == {}
    assert store.unanswered("products") == []
    assert store.last_answer_at("products") is None
    assert store.absorb() == 0


def test_the_state_is_kept_with_what_was_built_from_it(store: Snapshot):
    with store.transaction():
        store.set_state(STATE)
    with Snapshot.open(store.directory) as again:
        assert again.state() == STATE


def test_a_transaction_that_fails_leaves_nothing(store: Snapshot):
    with contextlib.suppress(ZeroDivisionError), store.transaction():
        store.set_state(STATE)
        assert store.state() == STATE
        raise ZeroDivisionError
    assert store.state() is None


def test_an_error_of_the_callers_own_files_is_not_blamed_on_the_store(store: Snapshot):
    with pytest.raises(FileNotFoundError), store.transaction():
        (store.directory / "missing").read_text()


def test_builds_are_counted(store: Snapshot):
    with store.transaction():
        first = store.build
        assert store.build == first
    with store.transaction():
        assert store.build == first + 1


def test_the_target_can_open_the_store_without_pandas():
    script = "import sys, store.snapshot; sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_an_empty_file_left_by_a_stopped_run_becomes_a_store(tmp_path: Path):
    (tmp_path / "optiply.sqlite").touch()
    with Snapshot.open(tmp_path) as snapshot:
        assert snapshot.state() is None


@pytest.mark.files
@pytest.mark.parametrize("content", [b"product_id,optiply_id\n1,2\n" * 100, os.urandom(8192)])
def test_a_file_that_is_no_snapshot_is_refused_with_the_remedy(tmp_path: Path, content: bytes):
    path = tmp_path / "optiply.sqlite"
    path.write_bytes(content)
    with pytest.raises(NotASnapshot) as caught:
        Snapshot.open(tmp_path)
    assert str(path) in str(caught.value)
    assert "move it away" in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.files
def test_a_database_of_something_else_is_refused_untouched(tmp_path: Path):
    path = tmp_path / "optiply.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NotASnapshot, match="is not a snapshot"):
        Snapshot.open(tmp_path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path):
    with Snapshot.open(tmp_path) as snapshot, snapshot.transaction():
        snapshot.set_note("schema_version", str(SCHEMA_VERSION + 1))
    with pytest.raises(NotASnapshot, match="newer version"):
        Snapshot.open(tmp_path)


@pytest.mark.files
def test_a_store_cut_short_is_reported_as_damaged(tmp_path: Path):
    with Snapshot.open(tmp_path) as snapshot, snapshot.transaction():
        snapshot.set_state(STATE)
    path = tmp_path / "optiply.sqlite"
    path.write_bytes(path.read_bytes()[:4096])
    with pytest.raises(SnapshotError, match="damaged"):
        Snapshot.open(tmp_path)


def test_an_older_layout_is_migrated_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def add_note(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE records ADD COLUMN note TEXT")

    def fill_note(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE records SET note = stream")

    with Snapshot.open(tmp_path) as snapshot, snapshot.transaction():
        snapshot.set_state(STATE)
        snapshot.change("INSERT INTO records (stream, remote_id) VALUES ('products', '1')")
    monkeypatch.setattr(layout, "SCHEMA_VERSION", SCHEMA_VERSION + 2)
    steps = {SCHEMA_VERSION: migrate, SCHEMA_VERSION + 2: fill_note, SCHEMA_VERSION + 1: add_note}
    monkeypatch.setattr(layout, "MIGRATIONS", steps)
    for _ in range(2):
        with Snapshot.open(tmp_path) as snapshot:
            assert list(snapshot.rows("SELECT note FROM records")) == [[("products",)]]
            assert snapshot.note("schema_version") == str(SCHEMA_VERSION + 2)
            assert snapshot.state() == STATE


@pytest.mark.files
def test_a_store_of_the_first_layout_is_brought_up_to_date_with_what_it_holds(tmp_path: Path):
    old = store_of_layout(tmp_path, 1)
    old.execute("INSERT INTO records (stream, remote_id, id) VALUES ('products', '1', '77')")
    old.commit()
    old.close()
    with Snapshot.open(tmp_path) as snapshot:
        assert snapshot.note("schema_version") == str(SCHEMA_VERSION)
        assert snapshot.ids("products") == {"1": "77"}
        with snapshot.transaction():
            snapshot.apply([Outcome("products", "2", "answered", "create", "refused")])


@pytest.mark.files
def test_a_migration_that_fails_leaves_the_old_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fails(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE records ADD COLUMN note TEXT")
        connection.exec_driver_sql("UPDATE nowhere SET note = 1")

    Snapshot.open(tmp_path).close()
    with monkeypatch.context() as newer:
        newer.setattr(layout, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        newer.setattr(layout, "MIGRATIONS", {SCHEMA_VERSION + 1: fails})
        with pytest.raises(SnapshotError, match="no such table"):
            Snapshot.open(tmp_path)
    with Snapshot.open(tmp_path) as snapshot:
        columns = [row[1] for rows in snapshot.rows("PRAGMA table_info(records)") for row in rows]
    assert "note" not in columns


@pytest.mark.files
def test_a_store_that_another_program_writes_is_named(store: Snapshot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    with (
        Snapshot.open(store.directory) as other,
        store.transaction(),
        pytest.raises(SnapshotLocked, match="in use by another program"),
        other.transaction(),
    ):
        other.set_state(STATE)


def test_a_reader_sees_the_last_committed_state_while_another_writes(store: Snapshot):
    with Snapshot.open(store.directory) as reader:
        with store.transaction():
            store.set_state(STATE)
            assert reader.state() is None
        assert reader.state() == STATE


@pytest.mark.files
def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path):
    (tmp_path / "snapshots").write_text("not a folder")
    with pytest.raises(SnapshotError, match=r"snapshots.* cannot be used"):
        Snapshot.open(tmp_path / "snapshots")


READ_ONLY = """
import os, sys, pathlib
folder = pathlib.Path(sys.argv[1])
from store.snapshot import Snapshot, SnapshotError, lock
if os.geteuid() == 0:
    os.setuid(65534)
for attempt in ("write", "lock"):
    try:
        if attempt == "lock":
            with lock(folder):
                pass
        else:
            with Snapshot.open(folder) as snapshot, snapshot.transaction():
                snapshot.set_state({})
    except SnapshotError as error:
        print(error)
"""


@pytest.mark.parametrize("new", [True, False])
def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(new: bool):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not new:
            Snapshot.open(folder).close()
        folder.chmod(0o555)
        try:
            run = subprocess.run(
                [sys.executable, "-c", READ_ONLY, name], capture_output=True, text=True, check=False, cwd="/"
            )
        finally:
            folder.chmod(0o755)
    assert run.returncode == 0, run.stderr
    sentences = run.stdout.splitlines()
    assert len(sentences) == 2
    assert all(name in sentence and "writable" in sentence for sentence in sentences)
