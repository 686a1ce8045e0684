"""The report's pages by their templates: text escaped, style and search inside, nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from connector.words import said

if TYPE_CHECKING:
    from jinja2 import Environment

PLACE = Path(__file__).parent


def number(value: float) -> str:
    """A number with thousands set apart by a narrow space."""
    text = f"{value:,.2f}" if isinstance(value, float) and not value.is_integer() else f"{int(value):,}"
    return text.replace(",", "\u202f")


def _shown(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(escape(str(value)))  # nosec B704  # it is escaped


@cache
def _templates() -> Environment:
    templates = environment(PLACE)
    for name in ("report.css", "report.js"):
        templates.globals[name.replace(".", "_")] = Markup((PLACE / name).read_text(encoding="utf-8"))  # nosec B704  # ours
    return templates


def environment(*places: Path) -> Environment:
    """Templates from the first of the folders that has the name: text escaped, with the filters that all pages use."""
    # Few commands need it, and all of them come through here.
    from jinja2 import Environment, FileSystemLoader

    made = Environment(loader=FileSystemLoader(places), autoescape=True, finalize=_shown)
    made.filters |= {"grouped": number, "said": said}
    return made


def page(template: str, **told: object) -> str:
    """A whole page."""
    return _templates().get_template(template).render(told)
