"""Configurations are encrypted; a missing, wrong or older key is said with its remedy."""

import pytest

from fleet.database import Connection
from fleet.errors import FleetError
from fleet.tenants import add, check_keys, files_of, rotate
from fleet.vault import Vault, new_key
from tests.fleet.folders import SECRET, quiet_folder

FILES = {"config.json": b'{"a": 1}', "configs/field_map.csv": bytes(range(256))}


def test_files_come_out_as_they_went_in():
    vault = Vault(new_key())
    assert vault.open(vault.seal(FILES), "acme") == FILES


def test_nothing_of_a_file_can_be_read_in_the_database(db: Connection, vault: Vault, tmp_path):
    add(db, vault, "acme", quiet_folder(tmp_path))
    everything = str(db.execute("SELECT * FROM fleet.tenant").fetchall())
    sealed = bytes(db.execute("SELECT files FROM fleet.tenant").fetchone()["files"])
    assert SECRET not in everything
    assert SECRET.encode() not in sealed
    assert b"access_token" not in sealed
    assert SECRET.encode() in files_of(db, vault, "acme")["config.json"]


def test_another_key_is_noticed_before_it_is_used(db: Connection, vault: Vault, tmp_path):
    add(db, vault, "acme", quiet_folder(tmp_path))
    other = Vault(new_key())
    with pytest.raises(FleetError, match="acme was encrypted with another key"):
        check_keys(db, other)
    with pytest.raises(FleetError, match="encrypted with another key"):
        add(db, other, "beta", quiet_folder(tmp_path))
    with pytest.raises(FleetError, match="put the older key behind the newer one"):
        rotate(db, other)


def test_after_rotating_the_newer_key_alone_is_enough(db: Connection, tmp_path):
    older, newer = new_key(), new_key()
    for name in ("acme", "beta"):
        add(db, Vault(older), name, quiet_folder(tmp_path))
    assert rotate(db, Vault(f"{newer}, {older}")) == 2
    for name in ("acme", "beta"):
        assert SECRET.encode() in files_of(db, Vault(newer), name)["config.json"]
        with pytest.raises(FleetError):
            files_of(db, Vault(older), name)


def test_what_is_no_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(FleetError, match="is not a key") as refused:
        Vault("hunter2")
    assert "hunter2" not in str(refused.value)
    monkeypatch.delenv("OPTIPLY_FLEET_KEY", raising=False)
    with pytest.raises(FleetError, match="OPTIPLY_FLEET_KEY is not set"):
        Vault.of_environment()
