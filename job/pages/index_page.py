"""All runs of a folder on one page: how they went over time, stock and orders, and a way to each run's page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from job.pages import chart
from job.pages.html import page, section, table
from job.pages.run_page import page_name
from job.run.history import PastRun

MOST_BARS = 60
WRITTEN = ("created", "updated", "disabled")
TROUBLE = ("waiting", "refused", "failed")


def index_page(folder: str, runs: Sequence[PastRun]) -> str:
    """The index over all runs, newest first in the table and last in the charts."""
    recent = [run for run in runs if run.report is not None][-MOST_BARS:]
    return page(
        f"Runs of {folder}",
        [
            f"<h1>Runs of {escape(folder)}</h1>",
            _verdict(runs),
            _bars("Written to Optiply, by run", recent, WRITTEN),
            _bars("Not settled, by run", recent, TROUBLE),
            _lines(recent),
            section("Runs", _table(runs)),
        ],
    )


def _bars(title: str, runs: Sequence[PastRun], columns: Sequence[str]) -> str:
    picture = chart.bars([_bar(run, columns) for run in runs], title)
    return section(title, picture, _legend(columns)) if picture else ""


def _verdict(runs: Sequence[PastRun]) -> str:
    if not runs:
        return "<p>No run yet.</p>"
    last = runs[-1]
    said = last.report.get("headline", "") if last.report else "It was stopped before its end."
    return (
        f'<div class="verdict{"" if last.ended_well else " bad"}"><p><b>Last run, {last.started:%d %b %H:%M} UTC:</b> '
        f"{escape(str(said))}</p></div>"
    )


def _count(run: PastRun, column: str) -> int:
    rows = (run.report or {}).get("entities", {}).values()
    return sum(int(row.get(column, 0)) for row in rows)


def _bar(run: PastRun, columns: Sequence[str]) -> chart.Bar:
    parts = {column: _count(run, column) for column in columns}
    told = ", ".join(f"{count} {name}" for name, count in parts.items())
    return chart.Bar(f"{run.started:%d %b %H:%M}", page_name(run), f"{run.started:%d %b %Y %H:%M} UTC: {told}", parts)


def _legend(names: Sequence[str]) -> str:
    marks = "".join(f'<span><i class="{name}"></i>{name}</span>' for name in names)
    return f'<p class="legend">{marks}</p>'


def _lines(runs: Sequence[PastRun]) -> str:
    told = [
        (f"{run.started:%d %b %H:%M}", run.report["totals"]) for run in runs if run.report and run.report.get("totals")
    ]
    labels = [label for label, _ in told]
    drawn = []
    for name, title, kind in (("stock", "Units of stock", "updated"), ("orders", "Sell orders", "created")):
        picture = chart.line(labels, [float(totals[name]) for _, totals in told], title, kind)
        drawn.append(section(title + " in Optiply", picture))
    return f'<div class="pair">{"".join(drawn)}</div>' if any(drawn) else ""


def _table(runs: Sequence[PastRun]) -> str:
    rows = []
    for run in reversed(runs):
        link = (
            f'<a href="{page_name(run)}">{run.started:%Y-%m-%d %H:%M:%S}</a>'
            if run.report
            else f"{run.started:%Y-%m-%d %H:%M:%S}"
        )
        said = run.report.get("headline", "") if run.report else "stopped before its end"
        seconds = f"{run.report['seconds']:.1f} s" if run.report and "seconds" in run.report else ""
        mark = "" if run.ended_well else '<span class="tag refused">failed</span> '
        rows.append(f"<td>{link}</td><td>{seconds}</td><td class=long>{mark}{escape(str(said))}</td>")
    return table(["start (UTC)", "took", "how it ended"], rows, kind="stack") if rows else ""
