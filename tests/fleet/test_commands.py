"""`optiply-fleet` as a person types it: what it says, and what it says when something is wrong."""

import json
import os
import secrets
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from fleet import runs
from fleet.cli import main
from fleet.database import Connection, connected
from fleet.tenants import files_of, store_url
from fleet.vault import Vault, new_key
from job.folder import JobFolder
from sandbox.systems import Sandbox
from store.place import Place
from store.snapshot import Outcome, Snapshot, lock
from tests.fleet.folders import SECRET, quiet_folder
from tests.job.shop_folder import make_folder, report_of


def typed(*arguments: object, expected: int = 0, given: str | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)
    assert result.exit_code == expected, result.output + repr(result.exception)
    assert SECRET not in result.output
    return result


def test_init_makes_the_tables_once(empty_url: str):
    assert "are made" in typed("init", empty_url).output
    assert "are up to date" in typed("init", empty_url).output


def test_init_by_a_user_without_the_rights_says_which_are_to_be_granted(empty_url: str):
    user = f"fleet_{secrets.token_hex(4)}"
    name = empty_url[empty_url.index("/", 13) + 1 : empty_url.index("?")]
    address = empty_url.replace("tests@", f"{user}@")
    rights = (f'GRANT CREATE ON DATABASE "{name}" TO "{user}"', f'GRANT CREATE ON SCHEMA public TO "{user}"')
    with psycopg.connect(empty_url, autocommit=True) as owner:
        owner.execute(f'CREATE ROLE "{user}" LOGIN')
        try:
            owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # as PostgreSQL 15 and later begin
            for right in rights:
                said = typed("init", address, expected=1).output
                assert "does not let this user do that" in said
                assert all(words in said for words in rights)
                owner.execute(right)
            assert "are made" in typed("init", address).output
        finally:
            owner.execute(f'DROP OWNED BY "{user}" CASCADE')
            owner.execute(f'DROP ROLE "{user}"')


def test_init_a_second_time_keeps_what_is_there(fleet: str, tmp_path: Path):
    typed("add", quiet_folder(tmp_path / "acme").root)
    typed("init")
    assert "acme" in typed("status").output


@pytest.mark.parametrize("command", [["status"], ["pause", "acme"], ["rotate"], ["run", "acme"]])
def test_a_database_without_a_fleet_is_told_apart(empty_url: str, monkeypatch: pytest.MonkeyPatch, command: list[str]):
    monkeypatch.setenv("OPTIPLY_FLEET_URL", empty_url)
    monkeypatch.setenv("OPTIPLY_FLEET_KEY", new_key())
    assert "run `optiply-fleet init` first" in typed(*command, expected=1).output


def test_a_database_that_cannot_be_reached_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIPLY_FLEET_URL", "postgresql://fleet:hunter2@127.0.0.1:9/optiply")
    said = typed("status", expected=1).output
    assert "The fleet's database at 127.0.0.1/optiply cannot be used; see that it runs." in said
    assert "hunter2" not in said


@pytest.mark.parametrize("password", ["hunt#er2", "hunt?er2", "hunt/er2", "hunt[er2", "hunt%er2", "hunt@er2"])
def test_a_password_that_makes_the_address_unclear_is_not_told(monkeypatch: pytest.MonkeyPatch, password: str):
    monkeypatch.setenv("OPTIPLY_FLEET_URL", f"postgresql://fleet:{password}@127.0.0.1:9/optiply")
    said = typed("status", expected=1).output
    assert "write # ? [ ] / @ % of a password as %23 %3F %5B %5D %2F %40 %25 (or put it into PGPASSWORD)" in said
    assert "hunt" not in said
    assert "er2" not in said


def test_without_an_address_or_a_key_the_remedy_is_said(fleet: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("OPTIPLY_FLEET_KEY")
    assert "`optiply-fleet key` prints a new key" in typed("add", quiet_folder(tmp_path).root, expected=1).output
    assert "`optiply-fleet key` prints a new key" in typed("worker", expected=1).output
    monkeypatch.delenv("OPTIPLY_FLEET_URL")
    assert "Set OPTIPLY_FLEET_URL" in typed("status", expected=1).output
    assert "must begin with postgresql://" in typed("init", "mysql://db", expected=1).output


def test_the_printed_key_is_one(monkeypatch: pytest.MonkeyPatch):
    key = typed("key").output.strip()
    assert Vault(key).open(Vault(key).seal({"a": b"b"}), "acme") == {"a": b"b"}


def test_a_worker_with_another_key_does_not_begin(fleet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    typed("add", quiet_folder(tmp_path / "acme").root)
    monkeypatch.setenv("OPTIPLY_FLEET_KEY", new_key())
    assert "acme was encrypted with another key" in typed("worker", expected=1).output


def test_a_tenant_s_life(fleet: str, tmp_path: Path, db: Connection):
    folder = quiet_folder(tmp_path / "Acme B.V.").root
    assert "acme_b_v is added; its first run is due at" in typed("add", folder).output
    typed("add", folder, "--name", "beta")
    assert "is queued (job 1)" in typed("run", "beta", "--full").output
    typed("pause", "acme_b_v")
    assert "acme_b_v is paused; `optiply-fleet resume acme_b_v`" in typed("run", "acme_b_v", expected=1).output
    shown = json.loads(typed("status", "--json").output)
    assert {row["name"]: row["doing"] for row in shown["tenants"]} == {"acme_b_v": "paused", "beta": "queued"}
    assert shown["workers"] == 0
    typed("resume", "acme_b_v")
    typed("remove", "acme_b_v", given="n\n", expected=1)
    typed("remove", "acme_b_v", given="y\n")
    assert "2 tenants" not in typed("status").output
    assert "did you mean 'beta'?" in typed("remove", "betta", "--yes", expected=1).output


def test_settings_are_changed_and_a_secret_is_never_an_argument(fleet: str, tmp_path: Path, db: Connection):
    typed("add", quiet_folder(tmp_path / "acme").root)
    typed("set", "acme", "schedule=large", "rescan_days=14")
    said = typed("set", "acme", "target.password=hunter2", expected=2).output
    assert "everybody on this machine sees a command line: target.password=-" in said
    typed("set", "acme", "target.password=-", given="hunter2\n")
    assert "is not a known setting" in typed("set", "acme", "shedule=large", expected=1).output
    assert "'schedule' is no KEY=VALUE" in typed("set", "acme", "schedule", expected=2).output
    files = {name: json.loads(text) for name, text in files_of(db, Vault.of_environment(), "acme").items()}
    assert files["config.json"]["schedule"] == "large"
    assert files["config.json"]["rescan_days"] == 14
    assert files["target-config.json"]["password"] == "hunter2"


def test_keys_are_rotated_by_a_command(fleet: str, tmp_path: Path, db: Connection, monkeypatch: pytest.MonkeyPatch):
    typed("add", quiet_folder(tmp_path / "acme").root)
    newer = new_key()
    monkeypatch.setenv("OPTIPLY_FLEET_KEY", f"{newer},{os.environ['OPTIPLY_FLEET_KEY']}")
    assert "1 tenant encrypted with the first key" in typed("rotate").output
    assert files_of(db, Vault(newer), "acme")


def test_logs_show_the_last_run_or_another(fleet: str, tmp_path: Path, db: Connection):
    typed("add", quiet_folder(tmp_path / "acme").root)
    assert "acme has not run yet" in typed("logs", "acme", expected=2).output
    for word in ("first", "second"):
        number = runs.begin(db, "acme", "schedule", {}, "here:1")
        runs.end(db, number, runs.Ended(runs.WELL, 0, 1.0, f"The {word}.", f"log of the {word}"), 0.01)
    assert "log of the second" in typed("logs", "acme").output
    assert "log of the first" in typed("logs", "acme", "--run", number - 1).output
    assert "has no such run" in typed("logs", "acme", "--run", number + 1, expected=2).output
    listed = typed("logs", "acme", "--list").output
    assert "The first." in listed
    assert "The second." in listed


def stopped_half_way(folder: JobFolder, step: str) -> None:
    """An `add` of a folder with a store of one record: when it comes to that step, it is gone, as by kill -9."""
    with Snapshot.open(folder.store) as store, store.transaction():
        store.apply([Outcome("products", "1", "answered", "create", "accepted", id="77")])
    with pytest.MonkeyPatch.context() as stopped:
        stopped.setattr(f"job.snapshot.moving.{step}", lambda *_args, **_options: 1 / 0)
        typed("add", folder.root, expected=1)


def test_an_add_that_was_stopped_before_the_folder_says_where_its_stores_are_can_be_finished(
    fleet: str, tmp_path: Path
):
    folder = quiet_folder(tmp_path / "acme")
    stopped_half_way(folder, "write_json")
    for option in ([], ["--stores"]):
        assert "`optiply-fleet remove acme --stores` drops" in typed("add", folder.root, *option, expected=1).output
    assert "no tenant 'acme'" in typed("remove", "acme", "--yes", expected=1).output
    with lock(Place.of(tmp_path / "elsewhere", store_url(fleet, "acme"))):
        assert "A program is at work" in typed("remove", "acme", "--stores", "--yes", expected=1).output
    typed("remove", "acme", "--stores", given="n\n", expected=1)
    assert "The stores of acme are dropped" in typed("remove", "acme", "--stores", given="y\n").output
    assert "from now on (1 record)" in typed("add", folder.root).output
    assert "There is a tenant 'acme' already" in typed("add", folder.root, expected=1).output


def test_an_add_that_was_stopped_after_that_can_be_finished(fleet: str, tmp_path: Path):
    folder = quiet_folder(tmp_path / "acme")
    stopped_half_way(folder, "_take_along")
    assert "or an `add` that was stopped" in typed("add", folder.root, expected=1).output
    typed("add", folder.root, "--stores")
    with Snapshot.open(folder.store) as store:
        assert store.ids("products") == {"1": "77"}


def test_a_folder_that_has_run_comes_with_its_stores(
    fleet: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPTIPLY_FLEET_URL", f"{fleet}&password=hunter2")
    job = make_folder(tmp_path / "acme", sandbox)
    totals = report_of("run", job.root)["totals"]
    assert "Its stores are in the database from now on" in typed("add", job.root).output
    noted = json.loads(job.config.read_text(encoding="utf-8"))["snapshot_url"]
    assert "hunter2" not in noted
    assert "tcp_user_timeout" not in noted
    with connected(fleet) as db:
        config = json.loads(files_of(db, Vault.of_environment(), "acme")["config.json"])
    assert "snapshot_url" not in config
    with Snapshot.open(JobFolder(job.root).store) as store:
        assert store.title == "this machine" + fleet[fleet.index("/", 13) : fleet.index("?")] + " schema t_acme"
    assert totals["products"]
