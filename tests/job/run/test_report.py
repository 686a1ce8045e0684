"""The report adds up what the steps say and loses nothing on the way."""

from pathlib import Path

from rich.console import Console

from job.pages.run_page import run_page
from job.run.history import PastRun
from job.run.programs import StepResult
from job.run.report import headline, merge, show


def steps(etl: dict[str, int], target: dict[str, int], target_exit: int = 0) -> list[StepResult]:
    return [
        StepResult("tap", 0, 1.0, {"requests": 12, "retries": {"429": 2}, "streams": {"products": {"records": 3}}}),
        StepResult("etl", 0, 0.5, {"entities": {"products": etl}, "notes": ["stock is incomplete"]}),
        StepResult("target", target_exit, 2.0, {"entities": {"products": target}, "requests": 5}, "login was refused"),
    ]


def test_waiting_and_refused_of_both_steps_are_added() -> None:
    report = merge(
        "r", steps({"offered": 4, "waiting": 1, "refused": 2}, {"created": 2, "waiting": 1, "refused": 1}), []
    )
    row = report["entities"]["products"]
    assert (row["waiting"], row["refused"], row["created"], row["lost"]) == (2, 3, 2, 0)


def test_an_offered_record_without_an_answer_is_counted_as_lost() -> None:
    report = merge("r", steps({"offered": 4}, {"created": 3}), [])
    assert report["entities"]["products"]["lost"] == 1


def test_nothing_to_do_is_said_in_words() -> None:
    report = merge("r", steps({"read": 9, "unchanged": 9}, {}), [])
    assert report["headline"].startswith("Nothing to do: 0 writes")


def test_a_failed_step_heads_the_report() -> None:
    report = merge("r", steps({"offered": 1}, {}, target_exit=1), [])
    assert report["exit_code"] == 1
    assert headline(report) == "The run did not finish: target failed."


def test_the_printed_report_holds_counts_retries_notes_and_the_failure() -> None:
    console = Console(record=True, width=160, quiet=False, file=None)
    with console.capture() as captured:
        show(merge("r", steps({"offered": 1}, {}, target_exit=1), ["from the job"]), console)
    text = captured.get()
    for part in ("products", "2× 429", "stock is incomplete", "from the job", "login was refused"):
        assert part in text


def test_the_way_a_stream_was_read_is_printed_and_shown_on_the_page() -> None:
    streams = {"product_stock_statuses": {"records": 3, "how": "SKU by SKU: stock_reading says so"}, "orders": {}}
    report = merge("r", [StepResult("tap", 0, 1.0, {"streams": streams})], [])
    said = "product_stock_statuses was read SKU by SKU: stock_reading says so"
    console = Console(width=160)
    with console.capture() as captured:
        show(report, console)
    assert said in captured.get()
    assert said in run_page(PastRun(Path("2026-01-15T08-00-00Z"), report), report, None, None)
