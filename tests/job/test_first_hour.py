"""A newcomer's first hour beyond the README's commands, which tests/job/test_readme.py runs."""

import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.job.checkout import Checkout

WRITES = ("created", "updated", "disabled", "deleted", "adopted")


def sync(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`optiply-sync`, from the code in `cwd` where there is a copy of it."""
    environment = {**os.environ, "PYTHONPATH": str(cwd)} if (cwd / "job").is_dir() else None
    return subprocess.run(
        [sys.executable, "-m", "job", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def demo(place: Path, *arguments: str) -> dict[str, Any]:
    done = sync("demo", "--folder", str(place / ".demo"), "--json", *arguments, cwd=place)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def written(report: dict[str, Any]) -> int:
    return sum(row[verb] for row in report["entities"].values() for verb in WRITES)


def total(report: dict[str, Any], word: str) -> int:
    return sum(int(row[word]) for row in report["entities"].values())


def left_running(place: Path) -> list[str]:
    """Processes that are at work in a folder, or were started with its name."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    found = [line for line in listed.splitlines() if str(place) in line]
    for work in Path("/proc").glob("[0-9]*/cwd"):  # on Linux; a program that starts warm has no name of its own
        with contextlib.suppress(OSError):
            found += [str(work)] if work.readlink().is_relative_to(place) else []
    return found


def test_a_process_that_is_left_running_is_found(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "sandbox", "serve", "--magento-port", "0", "--optiply-port", "0"],
                          cwd=tmp_path, stdout=subprocess.PIPE) as left:  # fmt: skip
        assert left.stdout is not None
        left.stdout.readline()
        assert left_running(tmp_path)
        left.terminate()
        left.communicate()
    assert left_running(tmp_path) == []


def test_the_demo_runs_again_without_a_write_and_the_next_day_sends_only_differences(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert total(first, "created") > 100
    assert total(first, "waiting") > 0
    assert total(first, "lost") == total(first, "failed") == 0
    assert first["reasons"], "what waits says why"

    again = demo(tmp_path)
    assert written(again) == 0
    assert again["headline"].startswith("Nothing to do: 0 writes")

    planned = sync("demo", "--folder", str(tmp_path / ".demo"), "--next-day", "--plan", "--json", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    changes = json.loads(planned.stdout)["changes"]

    next_day = demo(tmp_path)
    assert 0 < written(next_day) < total(first, "created") / 2
    assert total(next_day, "disabled") == 2, "one that Magento disabled, and one that vanished and was asked for by id"
    assert next_day["entities"]["sellOrders"]["created"] > 0
    assert len(changes) == written(next_day), "the plan named what the run then sent"
    assert written(demo(tmp_path)) == 0
    assert left_running(tmp_path) == []


def test_one_edited_cell_of_the_field_map_changes_that_field_in_optiply_and_the_docs_table_follows(
    checkout: Checkout,
) -> None:
    demo(checkout.root)
    path = checkout.root / "configs" / "field_maps" / "magento.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if (row["entity"], row["optiply_field"]) == ("products", "articleCode"))
    assert row["magento_field"] != "sku"
    row["magento_field"] = "sku"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    after = demo(checkout.root)
    offered = checkout.root / ".demo" / "job" / "etl-output" / "data.singer"
    changed = [
        message["record"]["_changed"]
        for message in map(json.loads, offered.read_text(encoding="utf-8").splitlines())
        if message["type"] == "RECORD"
    ]
    assert after["entities"]["products"]["updated"] == len(changed)
    # One product has the SKU "0", which is not an identifier: that product is refused, and it is said.
    reasons = [one for one in after["reasons"] if one["field"] == "articleCode"]
    assert [(one["outcome"], one["count"]) for one in reasons] == [("refused", 1)]
    assert len(changed) == after["totals"]["products"] + after["totals"]["products_disabled"] - 1
    assert all(names == ["articleCode"] for names in changed)
    assert written(demo(checkout.root)) == 0, "sent once"
    page = checkout.root / "docs" / "field-map.md"
    assert "| products | articleCode | sku |" not in page.read_text(encoding="utf-8")
    checkout.bash("make docs")
    assert "| products | articleCode | sku |" in page.read_text(encoding="utf-8")


def copy_a_stream(root: Path) -> None:
    """What somebody does who wants one more stream: the ten lines of another, a new name, and the list of streams."""
    streams = root / "tap_magento" / "streams" / "inventory.py"
    code = streams.read_text(encoding="utf-8")
    lines = code[code.index("class StocksStream") :].split("\n\n\n")[0]
    assert len(lines.splitlines()) <= 10
    copied = lines.replace("class StocksStream", "class CopiedStream").replace('name = "stocks"', 'name = "copied"')
    streams.write_text(f"{code}\n\n{copied}\n", encoding="utf-8")
    tap = root / "tap_magento" / "tap.py"
    listed = "    inventory.StocksStream,\n"
    text = tap.read_text(encoding="utf-8").replace(listed, f"{listed}    inventory.CopiedStream,\n")
    tap.write_text(text, encoding="utf-8")


def test_a_stream_of_ten_copied_lines_is_in_discovery_docs_and_tests_and_what_is_missing_is_named(
    checkout: Checkout,
) -> None:
    copy_a_stream(checkout.root)
    modules = "tests/tap_magento/test_catalogue.py tests/tap_magento/test_streams.py"
    tests = f"python -m pytest -p no:cacheprovider {modules} -k copied"
    missing = checkout.run(tests)
    assert missing.returncode == 1
    for lack in ("a schema (tap_magento/schemas/copied.json)", "a row in docs/streams.md", "a comparison with"):
        assert f"copied lacks {lack}" in missing.stdout

    schemas = checkout.root / "tap_magento" / "schemas"
    shutil.copy(schemas / "stocks.json", schemas / "copied.json")
    compared = checkout.root / "tests" / "tap_magento" / "test_streams.py"
    line = '    "stocks": ("stocks", "stock_id"),\n'
    text = compared.read_text(encoding="utf-8")
    assert line in text
    compared.write_text(text.replace(line, line + line.replace('"stocks":', '"copied":')), encoding="utf-8")
    checkout.bash("make docs")
    page = (checkout.root / "docs" / "streams.md").read_text(encoding="utf-8")
    assert "| `copied` | `stock_id` | in full |" in page
    (checkout.root / "tap.json").write_text('{"store_url": "http://127.0.0.1:1"}', encoding="utf-8")
    discovered = json.loads(checkout.bash("tap-magento --config tap.json --discover").stdout)
    assert "copied" in {stream["tap_stream_id"] for stream in discovered["streams"]}
    # What a stream needs, its grain and its keys, and its records against the sandbox's own rows.
    assert re.search(r"[3-9] passed", checkout.bash(tests + " -o addopts=").stdout)


def test_a_run_with_faults_ends_in_the_same_state_and_says_why_it_took_longer(tmp_path: Path) -> None:
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    for place in (calm, rough):
        place.mkdir()
    good = demo(calm)
    bad = demo(
        rough,
        "--fault", '{"api": "magento", "every": 7, "status": 429}',
        "--fault", '{"api": "optiply", "every": 9, "status": 429}',
        "--fault", '{"api": "optiply", "method": "POST", "nth": [5, 60], "cut": "after"}',
    )  # fmt: skip
    assert sum(sum(step["retries"].values()) for step in bad["steps"]) > 5
    assert written(bad) == written(good)
    assert total(bad, "lost") == total(bad, "failed") == 0
    assert pictures(rough) == pictures(calm)


def pictures(place: Path) -> list[tuple[Any, ...]]:
    """What Optiply's sandbox holds, without its own ids and times."""
    import sqlite3

    with sqlite3.connect(place / ".demo" / "job" / "snapshots" / "optiply.sqlite") as store:
        return store.execute("select stream, remote_id, acknowledged from records order by 1, 2").fetchall()
