"""`optiply-sync schedule`: the same rules as crontab lines, as a systemd timer and as a HotGlue schedule."""

import json
import shlex
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from connector.words import counted
from job.folder import JobFolder
from job.schedule.agenda import Agenda, agenda
from job.timing import DAY_MINUTES, Rule

LONGEST_TICK = 60
FORMATS = ("crontab", "systemd", "hotglue")


def tick_minutes(for_shop: tuple[Rule, ...]) -> int:
    """How often `run --due` is to be called, in minutes: as often as the most frequent work, hourly at the least."""
    return min(LONGEST_TICK, *(rule.minutes for rule in for_shop))


def command_line(folder: Path) -> list[str]:
    """The command that a scheduler calls."""
    program = shutil.which("optiply-sync")
    return [*([program] if program else [sys.executable, "-m", "job"]), "run", str(folder), "--due", "--quiet"]


def says(plan: Agenda) -> list[str]:
    """The rules in words, a line each."""
    known = counted(plan.products, "product") if plan.products is not None else "size unknown before the first run"
    return [
        f"{plan.size.name} shop ({known}), {plan.variant}",
        *(f"{plan.system.work_titles[rule.work]}: {rule.says()}" for rule in plan.rules),
    ]


def crontab(plan: Agenda, folder: Path) -> str:
    """Lines for `crontab -e`; the command itself knows what is due, missed runs included."""
    tick = tick_minutes(plan.rules)
    when = f"*/{tick} * * * *" if tick < LONGEST_TICK else "0 * * * *"
    command = " ".join(shlex.quote(part) for part in command_line(folder)).replace("%", r"\%")
    return "".join(f"# {line}\n" for line in says(plan)) + f"{when} {command}\n"


def systemd(plan: Agenda, folder: Path) -> str:
    """A service and a timer; `Persistent` makes up for a machine that was off."""
    tick = tick_minutes(plan.rules)
    when = f"*:0/{tick}" if tick < LONGEST_TICK else "hourly"
    # systemd reads % as the start of a specifier and understands double quotes as JSON writes them.
    command = " ".join(json.dumps(part) for part in command_line(folder)).replace("%", "%%")
    about = "".join(f"# {line}\n" for line in says(plan))
    return (
        f"# optiply-sync.service\n{about}[Unit]\nDescription=Keep Optiply in step with {plan.system.title}\n\n"
        f"[Service]\nType=oneshot\nExecStart={command}\n\n"
        f"# optiply-sync.timer\n[Unit]\nDescription=When Optiply is kept in step\n\n"
        f"[Timer]\nOnCalendar={when}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )


def hotglue(plan: Agenda) -> str:
    """The bodies of HotGlue's schedule and job calls; its cron is in UTC and has no memory of missed runs."""
    lines = [*(f"# {line}" for line in says(plan))]
    update, *_, full = plan.rules
    schedule = {"schedule_expression": f"cron({cron(update)})", "state": "ENABLED", "job_type": "read"}
    job = {"job_name": "full read", "reset_source_state": True}
    lines += [
        "# every tenant: PUT /{env}/{flow}/{tenant}/jobs/schedule (each such job checks for vanished products as well)",
        json.dumps(schedule, indent=2),
        f"# full read, to be started at cron({cron(full)}): POST /{{env}}/{{flow}}/{{tenant}}/jobs",
        f"# with override_start_date set to {plan.rescan_days} days before, which limits orders and never products",
        json.dumps(job, indent=2),
    ]
    return "\n".join(lines) + "\n"


def cron(rule: Rule) -> str:
    """A rule as a cron expression with five fields, in UTC (in winter, for a zone of its own); Sunday is 0 there."""
    days = "*" if len(rule.days) == 7 else ",".join(str(day) for day in sorted((day + 1) % 7 for day in rule.days))
    if rule.minutes == DAY_MINUTES:
        at = datetime(2026, 1, 7, rule.hour, rule.minute, tzinfo=ZoneInfo(rule.zone)).astimezone(timezone.utc)
        return f"{at.minute} {at.hour} * * {days}"
    if rule.minutes < 60:
        return f"*/{rule.minutes} * * * {days}"
    hours = "*" if rule.minutes == 60 else f"*/{rule.minutes // 60}"
    return f"0 {hours} * * {days}"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "chosen", type=click.Choice(FORMATS), help="Print one of them; all three without it.")
def schedule(folder: Path, chosen: str | None) -> None:
    """Print when FOLDER is to be run, for cron, systemd and HotGlue.

    \b
    Example: optiply-sync schedule ./acme --format crontab
    """
    job = JobFolder(folder.resolve())
    job.check()
    plan = agenda(job)
    texts = {"crontab": crontab(plan, job.root), "systemd": systemd(plan, job.root), "hotglue": hotglue(plan)}
    if chosen:
        click.echo(texts[chosen], nl=False)
        return
    for name, text in texts.items():
        click.echo(f"## {name}\n{text}")
