"""Which files of a folder are its configuration."""

from pathlib import Path

import pytest

from fleet.errors import FleetError
from fleet.folders import MOST_BYTES, gather, lay_out, tenant_name
from tests.fleet.folders import quiet_folder


def test_what_a_person_wrote_is_taken_and_what_runs_made_is_not(tmp_path: Path):
    job = quiet_folder(tmp_path / "acme")
    written = {"catalog-selected.json": b"{}", "configs/field_map.csv": b"a,b\n", "ca.pem": b"---"}
    made = ("state.json", "target-state.json", "sync-output/tap.singer", "etl-output/data.singer", "runs/1/tap.log",
            "snapshots/optiply.sqlite", "outward/state.json", ".git/config", "configs/.swp")  # fmt: skip
    for name in (*written, *made):
        (job.root / name).parent.mkdir(parents=True, exist_ok=True)
        (job.root / name).write_bytes(written.get(name, b"made"))
    found = gather(job)
    assert {name: found[name] for name in written} == written
    assert set(found) == {"config.json", "target-config.json", *written}


def test_laid_out_again_the_files_are_the_same_and_their_owner_s_alone(tmp_path: Path):
    files = gather(quiet_folder(tmp_path / "acme")) | {"configs/field_map.csv": b"\xff\x00"}
    again = lay_out(files, tmp_path / "again")
    assert gather(again) == files
    assert {path.stat().st_mode & 0o777 for path in again.root.rglob("*") if path.is_file()} == {0o600}


def test_a_dump_that_lies_in_the_folder_is_named_and_not_taken(tmp_path: Path):
    job = quiet_folder(tmp_path)
    (tmp_path / "dump.sql").write_bytes(bytes(MOST_BYTES))
    with pytest.raises(FleetError, match=r"move other files away, first of all dump\.sql"):
        gather(job)


@pytest.mark.parametrize(("text", "name"), [("Acme B.V.", "acme_b_v"), ("acme", "acme"), ("shop-2", "shop_2")])
def test_a_folder_s_name_becomes_a_tenant_s(text: str, name: str):
    assert tenant_name(text) == name


@pytest.mark.parametrize("text", ["2day", "店", "", "a" * 39])
def test_a_name_that_cannot_be_one_is_refused(text: str):
    with pytest.raises(FleetError, match="give one with --name"):
        tenant_name(text)
