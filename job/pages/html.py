"""The report's pages by their templates: text escaped, style and search inside, nothing from elsewhere."""

from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from connector.words import said

PLACE = Path(__file__).parent


def number(value: float) -> str:
    """A number with thousands set apart by a narrow space."""
    text = f"{value:,.2f}" if isinstance(value, float) and not value.is_integer() else f"{int(value):,}"
    return text.replace(",", "\u202f")


def _shown(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


_TEMPLATES = Environment(loader=FileSystemLoader(PLACE), autoescape=True, finalize=_shown)
_TEMPLATES.filters |= {"grouped": number, "said": said}
for _name in ("report.css", "report.js"):
    _TEMPLATES.globals[_name.replace(".", "_")] = Markup((PLACE / _name).read_text(encoding="utf-8"))


def page(template: str, **told: object) -> str:
    """A whole page."""
    return _TEMPLATES.get_template(template).render(told)
