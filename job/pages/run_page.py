"""One run as a page: what was written, what Optiply holds now, where the time went, and what is not settled."""

from collections.abc import Iterator
from datetime import datetime

from job.pages.html import page
from job.run.history import PastRun
from job.run.report import Report, how_lines, in_all, shown_columns

SLOWEST = 8
TOTAL_TITLES = {
    "products": "products enabled",
    "products_disabled": "products disabled",
    "stock": "units of stock",
    "compositions": "kit parts",
    "orders": "sell orders",
    "order_value": "order value",
}
CARDS = ("created", "updated", "disabled", "waiting", "refused", "failed", "lost")


def page_name(run: PastRun) -> str:
    """Where a run's page lies, seen from runs/."""
    return f"{run.name}/report.html"


def run_page(run: PastRun, report: Report, before: PastRun | None, after: PastRun | None) -> str:
    """The page of one run, with links to its neighbours and the differences from the run before."""
    around = [
        (title, f"../{page_name(other)}") for title, other in (("Earlier run", before), ("Later run", after)) if other
    ]
    earlier = before.report if before else None
    links = [("All runs", "../index.html"), *around]
    return page("run.html", title=f"Run {run.name}", links=links, **told_of(report, run.started, earlier))


def told_of(report: Report, started: datetime, earlier: Report | None) -> dict[str, object]:
    """What the template run.html says of a run that began then (UTC); `earlier` is the report of the run before it."""
    entities = report.get("entities", {})
    return {
        "report": report,
        "when": _when(started, report),
        # Reports of earlier versions say nothing of what is unread.
        "counts": {**{name: in_all(report, name) for name in CARDS}, "unread": len(report.get("unread", []))},
        "totals": list(_totals(report, earlier or {})),
        "entities": entities,
        "columns": shown_columns(entities.values()),
        "reasons": sorted(report.get("reasons", []), key=lambda row: -int(row.get("count", 0))),
        "slowest": _slowest(report),
        "notes": [*how_lines(report), *report.get("notes", [])],
    }


def _when(started: datetime, report: Report) -> str:
    parts = ", ".join(report.get("parts", []))
    reading = "full read" if report.get("full") else "read what changed"
    took = f", {report['seconds']:.1f} s" if "seconds" in report else ""
    return f"{started:%A %d %B %Y, %H:%M:%S} UTC{took}; {reading}{f' of {parts}' if parts else ''}"


def _totals(report: Report, before: Report) -> Iterator[tuple[str, float, float]]:
    """What there is, how many, and by how much that moved."""
    now, earlier = report.get("totals", {}), before.get("totals", {})
    for name, title in TOTAL_TITLES.items() if now else ():
        yield title, now.get(name, 0), round(now.get(name, 0) - earlier.get(name, now.get(name, 0)), 2)


def _slowest(report: Report) -> list[tuple[str, Report, float]]:
    took = [(step["name"], step, float(step.get("seconds", 0))) for step in report.get("steps", [])]
    streams = report.get("streams", {}).items()
    took += [(f"tap: {name}", stream, float(stream.get("seconds", 0))) for name, stream in streams]
    return sorted(took, key=lambda item: -item[2])[:SLOWEST]
