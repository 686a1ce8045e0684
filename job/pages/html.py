"""The skeleton of the report's pages: escaping, tables, cards, style and the search, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

# The page may run its own lines and load nothing at all.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

STYLE = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
SEARCH = Path(__file__).with_name("report.js").read_text(encoding="utf-8")


def page(title: str, body: Iterable[str]) -> str:
    """A whole page; `body` is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + f"\n</main><script>{SEARCH}</script></body></html>\n"
    )


def section(title: str, *content: str) -> str:
    """A titled block; nothing when it has no content."""
    return f"<section><h2>{escape(title)}</h2>{''.join(content)}</section>" if any(content) else ""


def number(value: float) -> str:
    """A number with thousands set apart by a narrow space."""
    text = f"{value:,.2f}" if isinstance(value, float) and not value.is_integer() else f"{int(value):,}"
    return text.replace(",", "\u202f")


def cell(value: object, kind: str = "") -> str:
    """One cell of a table: numbers stand to the right, zeros step back. Text is escaped."""
    if isinstance(value, (int, float)):
        return f'<td class="n{"" if value else " zero"}">{number(value)}</td>'
    return f'<td class="{kind}">{escape(str(value))}</td>' if kind else f"<td>{escape(str(value))}</td>"


def table(head: Sequence[str], rows: Iterable[str], *, numbers: int = 0, name: str = "", kind: str = "") -> str:
    """A table whose rows are HTML cells; the last `numbers` columns hold numbers."""
    first = len(head) - numbers
    heads = "".join(f"<th{' class=n' if place >= first else ''}>{escape(text)}</th>" for place, text in enumerate(head))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    marks = (f' id="{name}"' if name else "") + (f' class="{kind}"' if kind else "")
    return f'<div class="wide"><table{marks}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def tag(word: str) -> str:
    """A status as a coloured word in a cell."""
    return f'<td><span class="tag {escape(word)}">{escape(word)}</span></td>'


def cards(values: Iterable[tuple[str, str, str]]) -> str:
    """Big numbers: (class, number as text, what it counts)."""
    return (
        '<div class="cards">'
        + "".join(
            f'<div><b class="{kind}">{escape(text)}</b><span>{escape(what)}</span></div>' for kind, text, what in values
        )
        + "</div>"
    )


def search_box(rows: str, prompt: str) -> str:
    """A search over the rows of the table with this name."""
    return (
        f'<input type="search" data-rows="{rows}" placeholder="{escape(prompt)}" aria-label="{escape(prompt)}">'
        f'<p class="faint" id="{rows}-count"></p>'
    )
