"""The HTML report, looked at in a real browser."""

import re
from html import escape
from pathlib import Path

import pytest
from click.testing import CliRunner

from job.cli import main
from job.folder import JobFolder
from job.pages.chart import Bar, bars, line, nice_ceiling
from job.pages.command import write_pages
from tests.job.browser import browse, dom, needs_browser
from tests.job.folders import report, write_runs

# Tells what a person would see: is anything wider than the window, and which rows are on show.
LOOK = """<script>
var root = document.documentElement, told = top.document.documentElement.dataset;
told.window = root.clientWidth; told.page = root.scrollWidth;
told.seen = Array.from(document.querySelectorAll('tbody tr')).filter(function (row) {
  return row.getClientRects().length; }).length;
told.bars = Array.from(document.querySelectorAll('svg rect')).filter(function (bar) {
  return bar.getBoundingClientRect().height > 0 && getComputedStyle(bar).fillOpacity > 0; }).length;
</script>"""


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    failed = {**report("x"), "exit_code": 1, "headline": "The run did not finish: target failed."}
    failed["steps"][2] |= {"exit_code": 1, "last_words": "Optiply refused the login; check username."}
    last = report("x", created=1, updated=3, refused=2)
    last["totals"] = {**last["totals"], "stock": 1200, "orders": 48}
    write_runs(tmp_path / "acme" / "runs", [report("x", created=58), None, failed, last])
    found = JobFolder(tmp_path / "acme")
    write_pages(found)
    return found


def watched(page: Path) -> str:
    """The address of a copy of the page that tells what is seen."""
    copy = page.with_name(f"watched-{page.name}")
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", LOOK + "</body>"), encoding="utf-8")
    return copy.as_uri()


def framed(page: Path, width: int) -> str:
    """The address of a page with such a copy in a frame of this width: a window cannot be as narrow as a phone."""
    text = page.read_text(encoding="utf-8").replace("</body>", LOOK + "</body>")
    frame = page.with_name(f"framed-{page.name}")
    frame.write_text(
        f'<!doctype html><iframe style="width:{width}px;height:800px;border:0" srcdoc="{escape(text)}"></iframe>',
        encoding="utf-8",
    )
    return frame.as_uri()


def told(text: str, name: str) -> int:
    found = re.search(rf'data-{name}="(\d+)"', text)
    assert found, f"the page did not tell {name}"
    return int(found[1])


def pages(folder: JobFolder) -> list[Path]:
    return [folder.runs / "index.html", *sorted(folder.runs.glob("*/report.html"))]


def test_every_finished_run_has_a_page_and_the_index_leads_to_each(folder: JobFolder) -> None:
    index, *each = pages(folder)
    links = re.findall(r'<td><a href="([^"]+)"', index.read_text(encoding="utf-8"))
    assert len(each) == 3
    assert sorted(folder.runs / link for link in links) == each
    assert "stopped before its end" in index.read_text(encoding="utf-8")


def test_the_pages_ask_for_nothing_from_elsewhere(folder: JobFolder) -> None:
    for page in pages(folder):
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(|<link|<iframe""", text), page


def test_what_the_shop_says_is_text_and_never_markup(folder: JobFolder) -> None:
    text = pages(folder)[-1].read_text(encoding="utf-8")
    assert "<b>name</b>" not in text
    assert "&lt;b&gt;name&lt;/b&gt;" in text


def test_a_failed_run_says_what_failed_and_the_next_one_what_has_moved(folder: JobFolder) -> None:
    _, _, failed, last = pages(folder)
    assert "check username" in failed.read_text(encoding="utf-8")
    assert "units of stock (−34)" in last.read_text(encoding="utf-8")
    assert "sell orders (+4)" in last.read_text(encoding="utf-8")


def test_the_command_writes_the_pages_and_names_the_index(folder: JobFolder) -> None:
    for page in pages(folder):
        page.unlink()
    result = CliRunner().invoke(main, ["report", str(folder.root)])
    assert result.exit_code == 0, result.output
    assert Path(result.output.strip()) == folder.runs / "index.html"
    assert len(pages(folder)) == 4


def test_a_folder_without_runs_gets_an_index_that_says_so(tmp_path: Path) -> None:
    assert "No run yet" in write_pages(JobFolder(tmp_path)).read_text(encoding="utf-8")


@needs_browser
@pytest.mark.parametrize("width", [390, 1100])
def test_nothing_is_wider_than_a_phone_or_a_desk(folder: JobFolder, tmp_path: Path, width: int) -> None:
    for page in (pages(folder)[0], pages(folder)[-1]):
        text = dom(framed(page, width), tmp_path / f"profile-{page.parent.name}")
        assert told(text, "page") <= told(text, "window") <= width
        assert told(text, "seen") > 0


@needs_browser
def test_the_index_draws_a_bar_for_each_kind_of_write_of_each_run(folder: JobFolder, tmp_path: Path) -> None:
    text = dom(watched(pages(folder)[0]), tmp_path / "profile")
    # created in three runs, updated in the last; refused in the last
    assert told(text, "bars") == 3 + 1 + 1


@needs_browser
def test_the_search_shows_the_records_that_hold_all_words(folder: JobFolder, tmp_path: Path) -> None:
    page = watched(pages(folder)[-1])
    everything = told(dom(page, tmp_path / "a"), "seen")
    text = dom(f"{page}?find=waiting+4711", tmp_path / "b")
    assert told(text, "seen") == everything - 1
    assert "1 of 2 shown" in text
    assert "0 of 2 shown" in dom(f"{page}?find=nobody", tmp_path / "c")


@needs_browser
def test_a_picture_of_the_page_can_be_taken(folder: JobFolder, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    browse(pages(folder)[0].as_uri(), tmp_path / "profile", "--window-size=800,1200", f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 10_000, "an empty page is smaller"


def test_a_bar_of_one_record_is_seen_beside_one_of_thousands() -> None:
    picture = bars([Bar("a", "a.html", "a", {"created": 9000}), Bar("b", "b.html", "b", {"created": 1})], "t")
    heights = [float(found) for found in re.findall(r'class="created"[^>]* height="([\d.]+)"', picture)]
    assert heights[0] > 100
    assert heights[1] == 2.0


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 5), (142, 200), (5000, 5000), (5001, 10000)])
def test_the_axis_ends_at_a_round_number(value: int, top: int) -> None:
    assert nice_ceiling(value) == top


def test_a_line_needs_two_values_and_copes_with_equal_ones() -> None:
    assert line(["a"], [1.0], "t", "created") == ""
    assert "polyline" in line(["a", "b"], [5.0, 5.0], "t", "created")
