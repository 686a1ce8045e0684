"""What the way back says of its steps, and what it leaves to the rest of the run."""

from __future__ import annotations

from job.outward.steps import inward, unread_notes
from job.run.programs import StepResult
from job.run.report import merge
from job.systems.outward import RECEIPTS


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
