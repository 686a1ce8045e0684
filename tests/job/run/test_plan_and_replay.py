"""`optiply-sync plan` and `replay`, against the sandbox."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from job.folder import FolderError
from job.run.recordings import gather, is_optiply_shaped, without_listings
from job.systems import DEFAULT
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of, sync, writes

ROOT = Path(__file__).resolve().parents[3]


def told(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(change["stream"], change["remoteId"]): change["action"] for change in report["changes"]}


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_the_plan_writes_nothing_and_the_run_does_what_it_said(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    sync("run", job.root, "--quiet")
    sandbox.next_day()
    before, sent = files(job.root), writes(sandbox)
    plan = report_of("plan", job.root)
    assert files(job.root) == before
    assert writes(sandbox) == sent

    changes = [change for change in plan["changes"] if change["action"] == "update"]
    assert changes
    for change in changes:
        assert all(old != new for old, new in change["values"].values()), change
    assert any(list(change["values"]) == ["stockLevel"] for change in changes)
    assert {row["status"] for row in plan["unsettled"]} <= {"waiting", "left out", "refused"}
    assert all(row["reason"] for row in plan["unsettled"])

    ran = report_of("run", job.root)
    actions = list(told(plan).values())
    for action, column in (("create", "created"), ("update", "updated"), ("disable", "disabled")):
        assert sum(row[column] for row in ran["entities"].values()) == actions.count(action), action
    assert sorted(change["why"] for change in plan["changes"] if change["action"] == "disable") == [
        "disabled in Magento", "proven gone from Magento",
    ]  # fmt: skip
    assert report_of("plan", job.root)["headline"].startswith("Nothing to send")


def test_the_plan_as_a_table_shows_old_and_new_and_what_is_not_sent(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    text = sync("plan", job.root, "--limit", "2").output
    assert "unknown to Optiply" in text
    assert "more; --limit shows them" in text
    assert "Not sent" in text
    assert writes(sandbox) == 0


def test_a_recording_is_replayed_dry_into_a_sandbox_and_into_a_folder(tmp_path: Path, sandbox: Sandbox) -> None:
    source = make_folder(tmp_path / "source", sandbox)
    first = report_of("plan", source.root)
    sync("run", source.root, "--quiet")
    recording = tmp_path / "recorded.jsonl"
    shutil.copy(source.tap_output, recording)
    records = {
        kind: sum(row["created"] for row in report["entities"].values())
        for kind, report in {"sandbox": report_of("replay", recording, "--sandbox")}.items()
    }
    dry = report_of("replay", recording)
    assert told(dry) == told(first)
    assert records["sandbox"] == len(dry["changes"])

    # The folder has all of it already, so nothing is sent and its bookmark stays.
    sent, bookmark = writes(sandbox), source.state.read_bytes()
    report = report_of("replay", recording, "--folder", source.root)
    assert writes(sandbox) == sent
    assert report["parts"] == []
    assert source.state.read_bytes() == bookmark


def test_a_mapping_table_beside_the_folder_is_found_by_a_plan_too(tmp_path: Path, sandbox: Sandbox) -> None:
    table = (ROOT / "configs" / "field_maps" / "magento.csv").read_text(encoding="utf-8")
    changed = table.replace("products,articleCode,id,identifier", "products,articleCode,sku,identifier")
    assert changed != table
    (tmp_path / "field_map.csv").write_text(changed, encoding="utf-8")
    job = make_folder(tmp_path / "acme", sandbox, field_map="../field_map.csv")
    plan = report_of("plan", job.root, "--only", "products")
    new = [change["values"] for change in plan["changes"] if change["stream"] == "products"]
    assert new
    assert all(values["articleCode"] == values["skuCode"] for values in new)


def test_an_old_sync_output_folder_and_optiply_records_are_understood(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    old = tmp_path / "sync-output"
    old.mkdir()
    (old / "products-20260115T080000.csv").write_text(
        "id,sku,name,price,status,type_id,created_at,updated_at\n"
        "1,A-1,Lamp,12.5,1,configurable,2026-01-01 00:00:00,2026-01-02 00:00:00\n",
        encoding="utf-8",
    )
    dry = report_of("replay", old, "--folder", job.root, "--dry-run")
    assert told(dry) == {("products", "1"): "create"}
    assert dry["changes"][0]["values"]["price"] == [None, 12.5]

    ready = tmp_path / "data.singer"
    lines = [
        {"type": "SCHEMA", "stream": "products", "key_properties": ["remoteId"], "schema": {"properties": {}}},
        {"type": "RECORD", "stream": "products", "record": {**plain(dry["changes"][0]["values"]), "remoteId": "1"}},
    ]
    ready.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    report = report_of("replay", ready, "--folder", job.root)
    assert report["entities"]["products"]["created"] == 1
    assert not list(job.sync_output.glob("*.csv")), "a replayed table would be read again by the next run"


def plain(values: dict[str, list[Any]]) -> dict[str, Any]:
    return {name: new for name, (_, new) in values.items()}


def test_a_replay_never_proves_that_a_product_is_gone(tmp_path: Path) -> None:
    state = {"bookmarks": {"product_ids": {"complete": True, "run_id": "a"}, "source_items": {"complete": True}}}
    line = json.dumps({"type": "STATE", "value": state}).encode()
    marks = json.loads(without_listings(line, ["product_ids"]))["value"]["bookmarks"]
    assert marks == {"product_ids": {"run_id": "a"}, "source_items": {"complete": True}}
    for name in ("product_ids-20260115.csv", "orders-20260115.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in gather([tmp_path], DEFAULT)[1]] == ["orders-20260115.csv"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.jsonl", b'{"type":"RECORD"}\n', "no Singer SCHEMA"), ("b.jsonl", b'{"type":"SCHEMA",\n', "not a Singer")],
)
def test_what_is_no_recording_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FolderError, match=words):
        is_optiply_shaped(path)


def test_a_missing_or_empty_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="there is no such file"):
        gather([tmp_path / "nothing.jsonl"], DEFAULT)
    with pytest.raises(FolderError, match=r"holds no \.singer"):
        gather([tmp_path], DEFAULT)
