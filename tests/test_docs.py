"""The documentation: its site builds strictly and loads nothing from elsewhere, and links lead somewhere."""

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from properdocs.commands.build import build
from properdocs.config import load_config

from delivery.record import Status
from delivery.report import COUNTS
from job.run.report import COLUMNS

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "configs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(#(?P<anchor>[^)]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


def anchors(text: str) -> set[str]:
    """The anchors that a reader of the repository gives to a file's headings."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)}


def broken(path: Path) -> list[str]:
    """The links of a file that lead nowhere."""
    found = []
    for link in LINK.finditer(path.read_text(encoding="utf-8")):
        goal = path.parent / link["path"] if link["path"] else path
        if not goal.exists() or (link["anchor"] and link["anchor"] not in anchors(goal.read_text(encoding="utf-8"))):
            found.append(link[0])
    return found


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_the_files_outside_the_site_lead_somewhere(path: Path) -> None:
    assert broken(path) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title\n[a](page.md#a-title) [b](page.md#another) [c](gone.md) [d](https://example.com/)\n")
    assert broken(page) == ["](page.md#another)", "](gone.md)"]


def test_readme_shows_the_ten_settings_that_matter_and_the_settings_page_has_all() -> None:
    listed = re.compile(r"^\| `(\w+)`", re.MULTILINE)
    (shown,) = re.findall(
        r"<!-- generated: main_settings -->(.*?)<!-- end", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    everything = listed.findall((DOCS / "settings.md").read_text(encoding="utf-8"))
    assert len(listed.findall(shown)) == 10
    assert set(listed.findall(shown)) < set(everything)
    declared = json.loads((ROOT / "configs" / "schemas" / "config.schema.json").read_text(encoding="utf-8"))
    assert set(declared["properties"]) - {"$schema"} <= set(everything)


def reason_words() -> set[str]:
    """The words that the ETL and the target put before a reason: each call of `because`, `reason` and `_issues`."""
    found = set()
    for path in [path for room in ("etl", "delivery", "target_optiply") for path in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
            if isinstance(node, ast.Call) and name in {"because", "reason", "_issues"} and len(node.args) > 1:
                found |= {
                    part.value
                    for part in ast.walk(node.args[1])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return found


def test_the_glossary_has_every_word_that_a_report_may_use() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([a-z ,]+?) \|", glossary, re.MULTILINE)) - {"word"}
    verdicts = {"waiting", "left out", "unanswered"}
    used = {*COLUMNS, "lost", "unread", *COUNTS, *get_args(Status), *verdicts, *reason_words()} - {"accepted"}
    assert {"left_out", "adjusted", "kept", "held"} <= reason_words(), "the search finds them"
    assert {word.replace("_", " ") for word in used} - explained == set()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make site` builds it."""
    place = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "properdocs.yml"), site_dir=str(place)))
    return place


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_and_loads_nothing_from_elsewhere(site: Path, page: str) -> None:
    text = (site / f"{page.replace('README', 'index')}.html").read_text(encoding="utf-8")
    assert "<h1" in text
    loaded = re.findall(r"""<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=["']([^"']+)""", text)
    assert loaded, "a page without its style"
    assert not [address for address in loaded if "//" in address]


def test_styles_of_the_site_load_nothing_from_elsewhere(site: Path) -> None:
    styles = list(site.rglob("*.css"))
    assert styles
    for style in styles:
        assert not re.findall(r"""(?:url\(|@import\s+)["']?(?:https?:)?//""", style.read_text(encoding="utf-8")), style


@pytest.mark.parametrize("line", ["[a page](nowhere.md)", "[a heading](concepts.md#nowhere)"])
def test_a_broken_link_or_anchor_stops_the_build(tmp_path: Path, line: str) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "properdocs.yml", tmp_path)
    with (tmp_path / "docs" / "operations.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{line}\n")
    done = subprocess.run(
        [sys.executable, "-m", "properdocs", "build"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "operations.md" in done.stderr
    assert "nowhere" in done.stderr
