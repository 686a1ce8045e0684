"""All runs of a folder on one page: how they went over time, stock and orders, and a way to each run's page."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from job.pages import chart
from job.pages.html import page
from job.pages.run_page import page_name
from job.run.history import PastRun
from job.run.report import in_all

MOST_BARS = 60
BARS = {
    "Written to Optiply, by run": ("created", "updated", "disabled"),
    "Not settled, by run": ("waiting", "refused", "failed"),
}


def index_page(folder: str, runs: Sequence[PastRun]) -> str:
    """The index over all runs, newest first in the table and last in the charts."""
    recent = [run for run in runs if run.report is not None][-MOST_BARS:]
    drawn = (
        (title, chart.bars([_bar(run, columns) for run in recent], title), columns) for title, columns in BARS.items()
    )
    return page(
        "index.html",
        folder=folder,
        runs=runs,
        last=runs[-1] if runs else None,
        # chart.py escapes what it draws.
        bars=[(title, Markup(picture), columns) for title, picture, columns in drawn if picture],  # nosec B704
        lines=list(_lines(recent)),
        page_name=page_name,
    )


def _bar(run: PastRun, columns: Sequence[str]) -> chart.Bar:
    parts = {column: in_all(run.report or {}, column) for column in columns}
    told = ", ".join(f"{count} {name}" for name, count in parts.items())
    return chart.Bar(f"{run.started:%d %b %H:%M}", page_name(run), f"{run.started:%d %b %Y %H:%M} UTC: {told}", parts)


def _lines(runs: Sequence[PastRun]) -> Iterator[tuple[str, Markup]]:
    told = {
        f"{run.started:%d %b %H:%M}": run.report["totals"] for run in runs if run.report and run.report.get("totals")
    }
    for name, title, kind in (("stock", "Units of stock", "updated"), ("orders", "Sell orders", "created")):
        picture = chart.line(list(told), [float(totals[name]) for totals in told.values()], title, kind)
        if picture:
            yield title + " in Optiply", Markup(picture)  # nosec B704  # chart.py escapes what it draws
