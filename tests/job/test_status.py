"""`optiply-sync status` and `schedule`, on folders with invented runs and after a real one."""

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from job.folder import JobFolder
from job.run.history import last_runs, past_runs
from job.schedule.agenda import Agenda
from job.schedule.timetable import cron, crontab, hotglue, systemd, tick_minutes
from job.systems import DEFAULT
from job.timing import Size
from sandbox.systems import Sandbox
from tests.job.folders import START, report, write_runs
from tests.job.shop_folder import make_folder, report_of, sync


def bare(root: Path, **flags: object) -> JobFolder:
    root.mkdir(exist_ok=True)
    job = JobFolder(root)
    job.config.write_text(json.dumps({"store_url": "https://shop.example.com", **flags}), encoding="utf-8")
    job.target_config.write_text("{}", encoding="utf-8")
    return job


def plan(size: Size, inventory: bool = False) -> Agenda:
    config = {"use_inventory_source_items": inventory}
    rules = DEFAULT.rules(size, config)
    return Agenda(DEFAULT, size, DEFAULT.variant(config), 100, 30, rules, {})


def test_after_a_run_the_status_tells_totals_and_what_is_not_settled(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    ran = report_of("run", job.root)
    found = report_of("status", job.root)
    assert found["totals"] == ran["totals"]
    assert found["runs"][-1] == {"run": ran["run"], "ended_well": True, "headline": ran["headline"]}
    waiting = sum(row["waiting"] for row in ran["entities"].values())
    assert found["unsettled"].get("waiting", 0) == waiting
    assert sum(row["count"] for row in found["reasons"]) == sum(found["unsettled"].values())
    assert all(datetime.fromisoformat(moment) > datetime.now(timezone.utc) for moment in found["next"].values())
    text = sync("status", job.root).output
    assert ran["headline"][:20] in text
    assert "Not settled" in text


def test_a_folder_without_runs_says_so_and_that_everything_is_due(tmp_path: Path) -> None:
    text = sync("status", bare(tmp_path / "acme").root).output
    assert "No run yet" in text
    assert text.count("due now") == 3


def test_a_run_that_was_stopped_or_failed_does_not_count_as_done(tmp_path: Path) -> None:
    job = bare(tmp_path / "acme")
    write_runs(job.runs, [{**report("x"), "full": True}, None, {**report("x"), "exit_code": 1}])
    assert last_runs(past_runs(job.runs), DEFAULT) == dict.fromkeys(("update", "deletions", "receipts", "full"), START)
    text = sync("status", job.root).output
    assert "stopped before its end" in text


def test_a_folder_that_is_no_job_folder_gets_one_sentence(tmp_path: Path) -> None:
    text = sync("status", tmp_path / "nothing", expected=1).output
    assert "there is no such folder" in text


@pytest.mark.parametrize("size", DEFAULT.sizes, ids=lambda size: size.name)
def test_the_three_schedules_say_the_rules_in_words(size: Size, tmp_path: Path) -> None:
    made = plan(size)
    for text in (crontab(made, tmp_path), systemd(made, tmp_path), hotglue(made)):
        for rule in made.rules:
            assert f": {rule.says()}\n" in text


def test_the_tick_is_never_rarer_than_the_rules_ask() -> None:
    assert [tick_minutes(plan(size).rules) for size in DEFAULT.sizes] == [30, 60, 60]


def test_cron_expressions_have_five_fields_and_sunday_is_zero() -> None:
    update, deletions, full = plan(DEFAULT.sizes[0], inventory=True).rules
    assert (cron(update), cron(deletions), cron(full)) == ("*/30 * * * *", "0 * * * *", "0 2 * * 0,1,3,5")
    assert cron(plan(DEFAULT.sizes[2]).rules[1]) == "0 */12 * * 6"


def test_a_folder_with_awkward_characters_stays_one_argument(tmp_path: Path) -> None:
    folder = Path("/srv/a b%c")
    assert r"run '/srv/a b\%c' --due" in crontab(plan(DEFAULT.sizes[0]), folder)
    assert '"run" "/srv/a b%%c" "--due"' in systemd(plan(DEFAULT.sizes[0]), folder)


def test_the_command_prints_one_format_or_all(tmp_path: Path) -> None:
    job = bare(tmp_path / "acme", schedule="large")
    everything = sync("schedule", job.root).output
    assert [name for name in ("crontab", "systemd", "hotglue") if f"## {name}" in everything] == [
        "crontab", "systemd", "hotglue",
    ]  # fmt: skip
    one = sync("schedule", job.root, "--format", "crontab").output
    lines = [line for line in one.splitlines() if not line.startswith("#")]
    assert len(lines) == 1
    assert re.fullmatch(r"0 \* \* \* \* .* run .*/acme --due --quiet", lines[0])


def test_hotglue_bodies_are_json() -> None:
    text = "\n".join(line for line in hotglue(plan(DEFAULT.sizes[0])).splitlines() if not line.startswith("#"))
    schedule, job = text.split("\n}\n{")
    assert json.loads(schedule + "}")["schedule_expression"] == "cron(*/30 * * * *)"
    assert json.loads("{" + job)["reset_source_state"] is True


def test_no_colour_reaches_a_file_or_a_terminal_that_wants_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    job = bare(tmp_path / "acme")
    write_runs(job.runs, [{**report("x"), "exit_code": 1}])
    text = sync("status", job.root).output
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text), "a colour code"
    assert "✗" in text
