"""The tables of the fleet and of its engine are made, and brought up to date without a moment's pause."""

from pathlib import Path

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from fleet.database import Connection, migrate


def tables(db: Connection) -> set[str]:
    query = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'later_%%'"
    return {row["tablename"] for row in db.execute(query)}


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version of the engine, with one change that older workers do not mind and one that they do."""
    real = Path(SchemaManager.get_migrations_path())
    for path in (*real.glob("*.sql"),):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "99.00.00_01_pre_first.sql").write_text("CREATE TABLE later_pre (percent text DEFAULT '%')")
    (tmp_path / "99.00.00_50_post_second.sql").write_text("CREATE TABLE later_post (id int)")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", staticmethod(lambda: str(tmp_path)))


def test_a_change_that_older_workers_mind_waits_until_they_are_gone(fleet: str, db: Connection, later: None):
    assert migrate(fleet) is False
    assert tables(db) == {"later_pre"}
    migrate(fleet)  # made once: a second time it would fail
    migrate(fleet, finish=True)
    assert tables(db) == {"later_pre", "later_post"}
    migrate(fleet, finish=True)


def test_a_new_fleet_has_all_changes_from_the_start(empty_url: str, later: None):
    assert migrate(empty_url) is True
    migrate(empty_url, finish=True)
    with psycopg.connect(empty_url) as db:
        names = {row[0] for row in db.execute("SELECT name FROM fleet.engine_change")}
    assert "99.00.00_50_post_second.sql" in names


def test_a_change_that_fails_changes_nothing(fleet: str, db: Connection, later: None, tmp_path: Path):
    (tmp_path / "99.00.00_02_pre_wrong.sql").write_text("CREATE TABLE later_pre (id int)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(fleet)
    assert tables(db) == set()


def test_an_older_fleet_gets_what_newer_workers_note(fleet: str, db: Connection):
    db.execute("ALTER TABLE fleet.run DROP COLUMN job")
    db.execute("DROP TABLE fleet.tick")
    migrate(fleet)
    migrate(fleet)
    assert len(db.execute("SELECT at FROM fleet.tick").fetchall()) == 1
    assert db.execute("SELECT job FROM fleet.run").fetchall() == []
