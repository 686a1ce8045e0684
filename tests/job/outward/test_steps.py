"""What the way back says of its steps, and what it leaves to the rest of the run."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from job.folder import JobFolder, write_json
from job.outward.steps import WayBack, inward, unread_notes, way_back
from job.run.programs import Program, StepResult
from job.run.rehearsal import copied
from job.run.report import merge
from job.run.steps import RunOptions
from job.systems import DEFAULT
from job.systems.outward import PICQER_PURCHASES, RECEIPTS


def test_records_that_optiply_cannot_show_are_named() -> None:
    isolated = [{"id": number} for number in range(1, 8)]
    report = {"streams": {"receiptLines": {"isolated": isolated}, "buyOrders": {"isolated": []}}}
    assert unread_notes(report) == [
        "7 records of receiptLines cannot be read; asked for in every run: 1, 2, 3, 4, 5 …."
    ]
    assert unread_notes({}) == []


def test_its_steps_are_in_the_report_and_none_of_the_shops() -> None:
    counts = {"stock_changes": {"read": 2, "offered": 2}}
    steps = [
        StepResult("optiply", 0, 1.0, {"streams": {"receiptLines": {"records": 2}}, "notes": ["a note"]}),
        StepResult("receipts", 0, 1.0, {"entities": counts, "reasons": []}),
        StepResult("shop", 0, 1.0, {"entities": {"stock_changes": {"updated": 1, "failed": 1}}, "reasons": []}),
        StepResult("tap", 0, 1.0, {"streams": {"products": {"records": 9}}}),
    ]
    report = merge("2026-01-15T08-00-00Z", steps, [])
    row = report["entities"]["stock_changes"]
    assert (row["read"], row["updated"], row["failed"], row["lost"]) == (2, 1, 1, 0)
    assert set(report["streams"]) == {"receiptLines", "products"}
    assert report["notes"] == ["a note"]
    assert [step.name for step in inward(steps, RECEIPTS)] == ["tap"]


def test_a_plan_knows_nothing_of_what_an_older_run_wrote(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "acme")
    for path in (folder.config, folder.outward_state, folder.outward_output, folder.outward_read):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    with copied(folder) as copy:
        assert copy.outward_state.exists()
        assert not copy.outward_output.exists()
        assert not copy.outward_read.exists()


def test_what_waits_is_read_again_and_a_store_that_is_older_than_the_bookmark_too(tmp_path: Path) -> None:
    def begun(built_from: str | None, waits: str | None) -> tuple[str, int]:
        folder = JobFolder(tmp_path)
        write_json(folder.outward_state, state("2026-01-15 08:00:00"))
        known = None if built_from is None else state(built_from)
        way = replace(PICQER_PURCHASES, built_from=lambda _: known, waiting=lambda _: waits)
        back = WayBack(folder, way, tmp_path, lambda _: StepResult("", 0, 0.0), False, False, True)
        path, notes = back._begin()
        marks = json.loads(path.read_text())["bookmarks"] if path is not None else {}
        return marks.get("buyOrders", {}).get("replication_key_value", ""), len(notes)

    (tmp_path / "outward").mkdir()
    assert begun("2026-01-15 08:00:00", None) == ("2026-01-15 08:00:00", 0)
    assert begun("2026-01-14 08:00:00", None) == ("2026-01-14 08:00:00", 1)
    assert begun(None, None) == ("", 1)
    assert begun("2026-01-15 08:00:00", "2026-01-13T09:30:00Z") == ("2026-01-13 09:30:00", 0)
    assert begun("2026-01-15 08:00:00", "2025-01-13T09:30:00Z") == ("2026-01-08 08:00:00", 0)
    assert begun("2026-01-15 08:00:00", "2026-01-16T09:30:00Z") == ("2026-01-15 08:00:00", 0)


def test_deleted_receipts_are_looked_for_by_optiplys_clock_and_by_a_full_read_without_limit(tmp_path: Path) -> None:
    def listed(*parts: str, full: bool = False, rescan_days: int | None = None) -> str:
        asked: list[str] = []

        def start(program: Program) -> StepResult:
            if program.name == "optiply":
                asked.append(json.loads((tmp_path / "outward.json").read_text())["receipt_ids_since"] or "")
            folder.outward_read.write_bytes(b"")
            return StepResult(program.name, 1, 0.0)

        options = RunOptions(full=full, rescan_days=rescan_days)
        way_back(folder, DEFAULT, tmp_path, start, parts, options, last=False)
        return asked[0]

    folder = JobFolder(tmp_path)
    write_json(folder.config, {"write_stock": True})
    folder.outward.mkdir()
    assert listed("receipts") == "", "nothing was read before"
    write_json(folder.outward_state, state("2016-02-15 08:00:00"))  # ours is another time
    assert listed("receipts") == listed("stock") == "2016-01-15 08:00:00"
    assert listed("products", "stock", "orders", "receipts", full=True, rescan_days=30) == "", "by night"
    assert listed(*DEFAULT.parts) == ""


def state(at: str) -> dict[str, Any]:
    return {"bookmarks": {"buyOrders": {"replication_key": "updatedAt", "replication_key_value": at}}}
