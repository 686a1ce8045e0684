"""A damaged report, or a file where the runs go: said, and no other run suffers."""

import json
from pathlib import Path

import pytest

from job.folder import FolderError, JobFolder
from job.pages.command import write_pages
from job.run.history import INDEX_NAME, latest_runs, past_runs, read_index, write_index
from tests.job.folders import report, write_runs

WHOLE = report("x")


@pytest.mark.parametrize(
    "content",
    [
        '{"headline": "x", "entit',
        "[]",
        '{"seconds": NaN}',
        json.dumps({**WHOLE, "entities": []}),
        json.dumps(dict.fromkeys(WHOLE)),
        json.dumps(dict.fromkeys(WHOLE, "x")),
        json.dumps({**WHOLE, "reasons": ["x"]}),
        json.dumps({**WHOLE, "notes": [7]}),
        '{"seconds": 1e400}',
        "[" * 5000 + "]" * 5000,
    ],
    ids=range(10),
)
def test_a_damaged_report_is_named_and_costs_no_other_run(content: str, tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    write_runs(folder.runs, [WHOLE, WHOLE, WHOLE])
    damaged = sorted(folder.runs.iterdir())[1] / "report.json"
    damaged.write_text(content)
    assert [run.ended_well for run in past_runs(folder.runs)] == [True, False, True]
    found = latest_runs(folder.runs, 3)[1].report
    assert found is not None
    assert found["headline"].startswith(str(damaged))
    assert "report.json" in write_pages(folder).read_text()


def test_a_file_where_the_runs_go_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("x")
    with pytest.raises(FolderError, match="runs is not a folder, and the runs go there; move that file away"):
        past_runs(tmp_path / "runs")


@pytest.mark.parametrize("content", ["[" * 3000 + "]" * 3000, '{"runs": "\\ud800"}', "\xff", "[]", '{"runs": []}'])
def test_a_damaged_index_is_made_again_from_the_reports(content: str, tmp_path: Path) -> None:
    write_runs(tmp_path, [WHOLE, WHOLE])
    whole = read_index(tmp_path)
    (tmp_path / INDEX_NAME).write_bytes(content.encode("latin-1"))
    assert read_index(tmp_path) == whole
    assert len(whole) == 2


def test_an_index_whose_entry_no_page_can_show_is_made_anew(tmp_path: Path) -> None:
    write_runs(tmp_path, [WHOLE])
    whole = read_index(tmp_path)
    (name,) = whole
    write_index(tmp_path, {name: {**whole[name], "report": {"seconds": None}}})
    assert b"null" in (tmp_path / INDEX_NAME).read_bytes()
    assert read_index(tmp_path) == whole
