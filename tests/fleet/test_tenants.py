"""Tenants: added, paused, changed, removed; what is wrong is said before anything is changed."""

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest

from fleet.database import Connection, connected
from fleet.engine import enqueue
from fleet.errors import FleetError
from fleet.stores import drop_left_stores, drop_stores, schemas_of
from fleet.tenants import (
    add,
    files_of,
    names,
    pause,
    remove,
    resume,
    rotate,
    set_values,
    store_url,
    tenant,
)
from fleet.vault import Vault, new_key
from job.folder import FolderError
from store.lock import lock
from store.place import Place
from tests.fleet.folders import SECRET, quiet_folder


@pytest.fixture
def acme(db: Connection, vault: Vault, tmp_path: Path) -> str:
    add(db, vault, "acme", quiet_folder(tmp_path / "acme"))
    return "acme"


def test_a_new_tenant_s_first_run_is_due_within_its_own_interval(db: Connection, vault: Vault, tmp_path: Path):
    began = datetime.now(timezone.utc)
    dues = [add(db, vault, f"shop_{n}", quiet_folder(tmp_path / str(n), schedule="small")) for n in range(12)]
    assert all(began <= due <= datetime.now(timezone.utc) + timedelta(minutes=30) for due in dues)
    assert max(dues) - min(dues) > timedelta(minutes=10)
    assert tenant(db, "shop_3")["due_at"] == dues[3]
    assert tenant(db, "shop_3")["system"] == "magento"


def test_a_folder_with_a_mistake_is_not_added(db: Connection, vault: Vault, tmp_path: Path):
    with pytest.raises(FolderError, match="'page_sise' is not a known setting"):
        add(db, vault, "acme", quiet_folder(tmp_path, page_sise=50))
    assert names(db) == []


def test_a_name_is_given_once(db: Connection, vault: Vault, acme: str, tmp_path: Path):
    with pytest.raises(FleetError, match="a tenant 'acme' already"):
        add(db, vault, "acme", quiet_folder(tmp_path / "other"))
    assert names(db) == ["acme"]


@pytest.mark.parametrize("act", [pause, resume, remove, tenant, enqueue])
def test_an_unknown_tenant_is_answered_with_the_nearest_name(db: Connection, acme: str, act):
    with pytest.raises(FleetError, match="no tenant 'acmee'; did you mean 'acme'"):
        act(db, "acmee")


def test_since_when_a_tenant_is_paused_stays_when_it_is_paused_again(db: Connection, acme: str):
    pause(db, acme)
    since = tenant(db, acme)["paused_at"]
    pause(db, acme)
    assert tenant(db, acme)["paused_at"] == since
    resume(db, acme)
    assert tenant(db, acme)["paused_at"] is None


def test_settings_of_both_files_change_and_the_others_stay(db: Connection, vault: Vault, acme: str):
    before = files_of(db, vault, acme)
    set_values(db, vault, acme, {"schedule": "large", "target.account_id": 7})
    after = {name: json.loads(content) for name, content in files_of(db, vault, acme).items()}
    assert after["config.json"] == {**json.loads(before["config.json"]), "schedule": "large"}
    assert after["target-config.json"] == {**json.loads(before["target-config.json"]), "account_id": 7}
    set_values(db, vault, acme, {"schedule": None})
    assert json.loads(files_of(db, vault, acme)["config.json"]) == json.loads(before["config.json"])


def test_keys_are_rotated_with_those_of_a_tenant_that_is_being_added(
    fleet: str, db: Connection, vault: Vault, acme: str, tmp_path: Path
):
    newer = new_key()
    both = Vault(f"{newer},{os.environ['OPTIPLY_FLEET_KEY']}")
    rotated: list[int] = []

    def rotating() -> None:
        with connected(fleet) as connection:
            rotated.append(rotate(connection, both))

    thread = Thread(target=rotating)
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with connected(fleet) as adding:
        add(adding, vault, "beta", quiet_folder(tmp_path / "beta"))
        thread.start()
        while thread.is_alive() and not db.execute(waiting).fetchone():
            thread.join(0.01)
    thread.join()
    assert rotated == [2]
    assert all(files_of(db, Vault(newer), name) for name in (acme, "beta"))


def test_a_setting_that_is_not_right_changes_nothing(db: Connection, vault: Vault, acme: str):
    before = files_of(db, vault, acme)
    with pytest.raises(FolderError, match="page_size"):
        set_values(db, vault, acme, {"schedule": "large", "page_size": "many"})
    assert files_of(db, vault, acme) == before


def test_a_schedule_that_is_set_counts_from_now_and_puts_nothing_off(db: Connection, vault: Vault, acme: str):
    db.execute("UPDATE fleet.tenant SET due_at = now() + interval '1 day'")
    set_values(db, vault, acme, {"page_size": 50})
    assert tenant(db, acme)["due_at"] > datetime.now(timezone.utc) + timedelta(hours=23)
    set_values(db, vault, acme, {"schedule": "small"})
    due = tenant(db, acme)["due_at"]
    assert due < datetime.now(timezone.utc) + timedelta(minutes=60)
    db.execute("UPDATE fleet.tenant SET due_at = now() - interval '1 minute'")
    set_values(db, vault, acme, {"schedule": "large"})
    assert tenant(db, acme)["due_at"] < due


def test_a_tenant_is_not_removed_under_a_run(db: Connection, acme: str):
    enqueue(db, acme)
    db.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    with pytest.raises(FleetError, match="A run of acme is under way"):
        remove(db, acme)
    assert names(db) == [acme]


def test_a_tenant_is_not_removed_under_a_run_that_the_queue_knows_nothing_of(
    db: Connection, acme: str, fleet: str, tmp_path: Path
):
    with (
        lock(Place.of(tmp_path / "of the run", store_url(fleet, acme))),
        pytest.raises(FleetError, match="A run of acme is under way"),
    ):
        remove(db, acme)
    assert names(db) == [acme]
    remove(db, acme)
    assert names(db) == []


def test_with_a_tenant_go_its_queued_runs(db: Connection, acme: str):
    enqueue(db, acme)
    remove(db, acme)
    assert names(db) == []
    assert db.execute("SELECT * FROM procrastinate_jobs").fetchall() == []


def test_no_secret_is_in_what_is_queued(db: Connection, acme: str):
    enqueue(db, acme, {"full": True})
    [job] = db.execute("SELECT * FROM procrastinate_jobs").fetchall()
    assert job["args"] == {"tenant": "acme", "asked_by": "person", "options": {"full": True}}
    assert SECRET not in str(job)


def test_a_name_whose_stores_are_still_there_is_not_taken_by_accident(
    db: Connection, vault: Vault, acme: str, tmp_path: Path
):
    job = quiet_folder(tmp_path / "again")
    for schema in ("t_acme", "t_acme:picqer", "t_acmes"):
        db.execute(f'CREATE SCHEMA "{schema}"')
    remove(db, acme)
    with pytest.raises(FleetError, match="An earlier tenant 'acme' has left its stores"):
        add(db, vault, acme, job)
    add(db, vault, acme, job, stores=True)
    assert schemas_of(db, acme) == ["t_acme", "t_acme:picqer"]
    remove(db, acme)
    drop_stores(db, acme)
    add(db, vault, acme, job)
    assert schemas_of(db, "acmes") == ["t_acmes"]


def test_a_mistake_in_a_setting_is_said_by_the_tenant_s_name(db: Connection, vault: Vault, acme: str):
    with pytest.raises(FolderError, match=r"^acme/config\.json: 'page_sise' is not a known setting"):
        set_values(db, vault, acme, {"page_sise": 3})


def test_a_folder_that_names_the_stores_of_another_tenant_is_not_added(
    fleet: str, db: Connection, vault: Vault, acme: str, tmp_path: Path
):
    url = store_url(fleet, acme)
    copy = quiet_folder(tmp_path / "copy", snapshot_url=url)
    for stores in (False, True):
        with pytest.raises(FleetError, match=r"of beta names the stores of tenant 'acme'.*cannot share them"):
            add(db, vault, "beta", copy, stores=stores)
    add(db, vault, "beta", quiet_folder(tmp_path / "beta"))
    with pytest.raises(FleetError, match="two tenants cannot share them"):
        set_values(db, vault, "beta", {"snapshot_url": url})
    assert "snapshot_url" not in json.loads(files_of(db, vault, "beta")["config.json"])


def test_the_stores_of_a_tenant_that_is_no_more_are_taken_over_where_that_is_said(
    fleet: str, db: Connection, vault: Vault, acme: str, tmp_path: Path
):
    folder = quiet_folder(tmp_path / "folder", snapshot_url=store_url(fleet, acme))
    db.execute("CREATE SCHEMA t_acme")
    remove(db, acme)
    with pytest.raises(FleetError, match=r"of beta names the stores of tenant 'acme'.*--stores"):
        add(db, vault, "beta", folder)
    add(db, vault, "beta", folder, stores=True)
    with pytest.raises(FleetError, match="The stores of acme are those of tenant beta by now"):
        drop_left_stores(db, vault, acme)
    assert schemas_of(db, acme) == ["t_acme"]
    remove(db, "beta")
    add(db, vault, acme, folder, stores=True)
    assert names(db) == [acme]


def test_where_a_tenant_s_stores_are_is_left_to_the_fleet(
    fleet: str, db: Connection, vault: Vault, acme: str, tmp_path: Path
):
    folder = quiet_folder(tmp_path / "folder", snapshot_url=store_url(fleet, "beta"))
    add(db, vault, "beta", folder)
    assert "snapshot_url" not in json.loads(files_of(db, vault, "beta")["config.json"])
    assert "snapshot_url" in json.loads(folder.config.read_bytes())  # cron that starts there by mistake finds them
    set_values(db, vault, acme, {"snapshot_url": store_url(fleet, acme)})
    assert "snapshot_url" not in json.loads(files_of(db, vault, acme)["config.json"])


def test_stores_beyond_the_fleet_s_database_are_refused(
    fleet: str, db: Connection, vault: Vault, acme: str, tmp_path: Path
):
    for there in (fleet.replace("/fleet_", "/staging_"), f"{fleet}&port=9", "postgresql://db.example.com/optiply?"):
        url = store_url(there, "beta")
        with pytest.raises(FleetError, match=r"config\.json of beta names stores in another database.*snapshot move"):
            add(db, vault, "beta", quiet_folder(tmp_path / "folder", snapshot_url=url))
        with pytest.raises(FleetError, match="another database than the fleet's"):
            set_values(db, vault, acme, {"snapshot_url": url})
    assert names(db) == [acme]


def test_a_folder_whose_stores_have_a_name_of_its_own_keeps_them(
    fleet: str, db: Connection, vault: Vault, tmp_path: Path
):
    add(db, vault, "beta", quiet_folder(tmp_path, snapshot_url=f"{fleet}&schema=shop"))
    assert names(db) == ["beta"]
