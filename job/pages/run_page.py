"""One run as a page: what was written, what Optiply holds now, where the time went, and what is not settled."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from connector.words import said
from job.pages.html import cards, cell, number, page, search_box, section, table, tag
from job.run.history import PastRun
from job.run.report import Report, how_lines, shown_columns

SLOWEST = 8
TOTAL_TITLES = {
    "products": "products enabled",
    "products_disabled": "products disabled",
    "stock": "units of stock",
    "compositions": "kit parts",
    "orders": "sell orders",
    "order_value": "order value",
}
ENTITY_TITLES = {"products": "products", "productCompositions": "kit parts", "sellOrders": "orders"}
CARDS = ("created", "updated", "disabled", "waiting", "refused", "failed", "lost")


def page_name(run: PastRun) -> str:
    """Where a run's page lies, seen from runs/."""
    return f"{run.name}/report.html"


def run_page(run: PastRun, report: Report, before: PastRun | None, after: PastRun | None) -> str:
    """The page of one run, with links to its neighbours and the differences from the run before."""
    earlier = before.report if before and before.report else {}
    bad = " bad" if report.get("exit_code") else ""
    return page(
        f"Run {run.name}",
        [
            _links(before, after),
            f'<div class="verdict{bad}"><h1>{escape(str(report.get("headline", "")))}</h1>'
            f'<p class="faint">{escape(_when(run, report))}</p></div>',
            _failures(report),
            cards(
                (name if count else "faint", number(count), name)
                for name, count in (*((name, _sum(report, name)) for name in CARDS), ("unread", _unread(report)))
            ),
            section("What Optiply holds after this run", _totals(report.get("totals", {}), earlier.get("totals", {}))),
            section("By entity", _entities(report)),
            section("Reasons", _reasons(report.get("reasons", []))),
            section("Slowest steps", _slowest(report)),
            section("Records that are not settled", _records(report.get("unsettled", []))),
            section("Notes", _notes([*how_lines(report), *report.get("notes", [])])),
        ],
    )


def _links(before: PastRun | None, after: PastRun | None) -> str:
    links = ['<a href="../index.html">All runs</a>']
    links += [f'<a href="../{page_name(before)}">Earlier run</a>'] if before else []
    links += [f'<a href="../{page_name(after)}">Later run</a>'] if after else []
    return f"<nav>{''.join(links)}</nav>"


def _when(run: PastRun, report: Report) -> str:
    parts = ", ".join(report.get("parts", []))
    reading = "full read" if report.get("full") else "read what changed"
    took = f", {report['seconds']:.1f} s" if "seconds" in report else ""
    return f"{run.started:%A %d %B %Y, %H:%M:%S} UTC{took}; {reading}{f' of {parts}' if parts else ''}"


def _sum(report: Report, column: str) -> int:
    return sum(int(row.get(column, 0)) for row in report.get("entities", {}).values())


def _unread(report: Report) -> int:
    """How many records could not be read; 0 by the reports of versions that did not say so."""
    return len(report.get("unread", []))


def _failures(report: Report) -> str:
    failed = [step for step in report.get("steps", []) if step.get("exit_code")]
    return section(
        "What failed",
        *(f"<p><b>{escape(step['name'])}</b>: {escape(step.get('last_words') or 'no message')}</p>" for step in failed),
    )


def _totals(now: dict[str, Any], earlier: dict[str, Any]) -> str:
    if not now:
        return ""
    shown = []
    for name, title in TOTAL_TITLES.items():
        moved = round(now.get(name, 0) - earlier[name], 2) if name in earlier else 0
        change = f" ({'+' if moved > 0 else '−'}{number(abs(moved))})" if moved else ""
        shown.append(("", number(now.get(name, 0)), title + change))
    return cards(shown)


def _entities(report: Report) -> str:
    entities = report.get("entities", {})
    shown = shown_columns(entities.values())
    return table(
        ["", *(ENTITY_TITLES.get(name, name) for name in entities)],
        [cell(column) + "".join(cell(int(row.get(column, 0))) for row in entities.values()) for column in shown],
        numbers=len(entities),
    )


def _reasons(reasons: Sequence[dict[str, Any]]) -> str:
    if not reasons:
        return ""
    return table(
        ["entity", "outcome", "why", "records"],
        [
            cell(row.get("stream", ""))
            + tag(said(str(row.get("outcome", ""))))
            + cell(_why(row), "long")
            + cell(int(row.get("count", 0)))
            for row in sorted(reasons, key=lambda row: -int(row.get("count", 0)))
        ],
        numbers=1,
        kind="stack",
    )


def _why(row: dict[str, Any]) -> str:
    field = f"{row['field']}: " if row.get("field") else ""
    examples = ", ".join(str(example) for example in row.get("examples", []))
    return f"{field}{row.get('reason', '')}" + (f" (such as {examples})" if examples else "")


def _records(records: Sequence[dict[str, Any]]) -> str:
    if not records:
        return "<p>Every record is as Optiply should have it.</p>"
    rows = [
        cell(row["stream"])
        + cell(row["remoteId"])
        + tag(str(row["status"]))
        + cell(row.get("reason") or "", "long")
        + cell((row.get("since") or "")[:16].replace("T", " "))
        for row in records
    ]
    return search_box("records", "Search by id, entity, status or reason") + table(
        ["entity", "remote id", "status", "why", "since (UTC)"], rows, name="records", kind="stack"
    )


def _slowest(report: Report) -> str:
    took = [(f"{step['name']}", step, float(step.get("seconds", 0))) for step in report.get("steps", [])]
    took += [
        (f"tap: {name}", stream, float(stream.get("seconds", 0))) for name, stream in report.get("streams", {}).items()
    ]
    took = sorted(took, key=lambda item: -item[2])[:SLOWEST]
    longest = max((seconds for _, _, seconds in took), default=0) or 1
    rows = [
        cell(name)
        + f'<td class="spare"><div class="meter"><i style="width:{100 * seconds / longest:.0f}%"></i></div></td>'
        + cell(", ".join(f"{count}× {cause}" for cause, count in step.get("retries", {}).items()))
        + cell(int(step.get("requests", 0)))
        + f'<td class="n">{seconds:.1f}</td>'
        for name, step, seconds in took
    ]
    return table(["step", "", "retries", "requests", "seconds"], rows, numbers=2, kind="steps") if rows else ""


def _notes(notes: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>" if notes else ""
