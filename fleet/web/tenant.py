"""The pages of one tenant: what it does and did, one of its runs, and why something is as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from fleet.database import Connection
from fleet.runs import BAD
from fleet.web import look
from fleet.web.html import page, stamp
from fleet.web.look import Run, Tenant
from job.pages import chart
from job.pages.index_page import BARS, MOST_BARS
from job.pages.run_page import told_of
from job.run.report import is_report
from job.systems import SYSTEMS

ACTIONS = {
    "run": ("Run now", "Does what its schedule says is due", "A run is queued."),
    "full": ("Full read", "Reads everything again, without bookmarks", "A full read is queued."),
    "pause": ("Pause", "Starts nothing until it is resumed; a run at work goes on", "It is paused."),
    "resume": ("Resume", "Runs it by its schedule again", "It runs by its schedule again."),
}
"""What a person can ask for: title, what it does, and what is said when it is done."""
RUNS = 50


def tenant_page(tenant: Tenant, runs: Sequence[Run], now: datetime, *, done: str = "", is_older: bool = False) -> str:
    """A tenant's page. runs: newest first, one more than are shown where there are more; done: an action."""
    shown = list(runs[:RUNS])
    offered = ["resume"] if tenant.paused_at else ["run", "full", "pause"]
    return page(
        "tenant.html",
        tenant=tenant,
        now=now,
        runs=shown,
        older=shown[-1].id if len(runs) > RUNS else None,
        is_older=is_older,
        done=ACTIONS[done][2] if done in ACTIONS else "",
        actions=[(name, *ACTIONS[name][:2]) for name in offered],
        works=list(_works(tenant)),
        bars=list(_bars(tenant, shown)),
    )


def _works(tenant: Tenant) -> Iterator[tuple[str, datetime]]:
    titles = SYSTEMS[tenant.system].work_titles if tenant.system in SYSTEMS else {}
    for work, moment in sorted(tenant.agenda.items(), key=lambda item: item[1]):
        yield titles.get(work, work), datetime.fromisoformat(moment)


def _bars(tenant: Tenant, runs: Sequence[Run]) -> Iterator[tuple[str, Markup, Sequence[str]]]:
    told = [run for run in reversed(runs) if run.totals][-MOST_BARS:]
    for title, columns in BARS.items():
        drawn = [_bar(tenant, run, columns) for run in told]
        if drawn:
            yield title, Markup(chart.bars(drawn, title)), columns  # nosec B704  # chart.py escapes what it draws


def _bar(tenant: Tenant, run: Run, columns: Sequence[str]) -> chart.Bar:
    parts = {column: run.totals.get(column, 0) for column in columns}
    counted = ", ".join(f"{count} {name}" for name, count in parts.items())
    place = f"/tenants/{tenant.name}/runs/{run.id}"
    return chart.Bar(f"{run.began_at:%d %b %H:%M}", place, f"{stamp(run.began_at)} UTC: {counted}", parts)


def run_page(db: Connection, run: Run) -> str:
    """A run's page: its report as `optiply-sync report` shows it, and the end of its log."""
    report, log = look.report_and_log(db, run.id)
    links = [("All tenants", "/"), (run.tenant, f"/tenants/{run.tenant}")]
    around = zip(("Earlier run", "Later run"), look.neighbours(db, run.tenant, run.id), strict=True)
    links += [(title, f"/tenants/{run.tenant}/runs/{number}") for title, number in around if number is not None]
    told: dict[str, Any] = {"run": run, "log": log, "links": links, "title": f"{run.tenant}, {stamp(run.began_at)}"}
    # A run with nothing to do has no more than its first sentence to say.
    if report is None or "entities" not in report or not is_report(report):
        return page("bare_run.html", **told, is_bad=run.ended in BAD)
    return page("fleet_run.html", **told, **told_of(report, run.began_at, look.report_before(db, run.tenant, run.id)))


def why_page(name: str, asked: str, told: Sequence[Any]) -> str:
    """What is told of a product or an order: sentences, and tables as titles and rows."""
    return page("why.html", name=name, asked=asked, told=told)
