"""What is held of the shop's stock, shown and released by the command."""

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from job.cli import main
from store.snapshot import lock
from target_magento.intents import HELD, OPEN, ChangeLedger, Intent, StockChange, open_skus

SINCE = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps({"store_url": "http://127.0.0.1:9", "access_token": "x"}))
    return tmp_path


def hold(folder: Path, *skus: str, state: str = HELD) -> Sequence[Intent]:
    changes = [StockChange(f"r-{sku}", sku, "ams", Decimal("2.5")) for sku in skus]
    return ChangeLedger(folder / "snapshots").note(
        [
            Intent(one.sku, "ams", Decimal(10), Decimal("12.5"), 7, SINCE, (one,), state=state, read=Decimal(3))
            for one in changes
        ]
    )


def test_nothing_is_held_where_nothing_was_written(folder: Path):
    result = call("stock", "held", folder)
    assert (result.exit_code, result.output.strip()) == (0, "0 figures are held.")
    assert not (folder / "snapshots" / "magento.sqlite").exists(), "looking makes no store"


def test_what_is_held_is_shown_with_its_three_figures(folder: Path):
    hold(folder, "TEE", "[red]")
    hold(folder, "OPEN", state=OPEN)
    result = call("stock", "held", folder)
    assert result.exit_code == 0
    assert all(word in result.output for word in ("TEE", "[red]", "10", "12.5", "3", "r-TEE", "2 figures are held."))
    assert "OPEN" not in result.output
    told = json.loads(call("stock", "held", folder, "--json").output)
    assert told[0] == {
        "sku": "TEE", "source": "ams", "before": "10", "after": "12.5", "read": "3", "references": ["r-TEE"]
    }  # fmt: skip


def test_the_status_names_what_is_held_with_its_three_figures(folder: Path):
    (folder / "target-config.json").write_text("{}")
    assert "stock_held" not in json.loads(call("status", folder, "--json").output)
    hold(folder, "TEE")
    (held,) = json.loads(call("status", folder, "--json").output)["stock_held"]
    figures = {"before": "10", "after": "12.5", "read": "3"}
    assert held == {"sku": "TEE", "source": "ams", **figures, "references": ["r-TEE"]}
    said = " ".join(call("status", folder).output.split())
    assert "Stock held: 1 figure;" in said
    assert "TEE at ams: 10 stood there, 12.5 was written, 3 was read afterwards" in said


@pytest.mark.parametrize(("word", "known"), [("--applied", True), ("--not-applied", False)])
def test_a_person_decides_and_only_that_sku(folder: Path, word: str, known: bool):
    hold(folder, "TEE", "CAP")
    result = call("stock", "release", folder, "tee", word)
    assert result.exit_code == 0, result.output
    assert "Released as" in result.output
    assert open_skus(folder / "snapshots") == {"cap"}
    assert ("r-TEE" in ChangeLedger(folder / "snapshots").known(["r-TEE"])) is known
    again = call("stock", "release", folder, "tee", word)
    assert again.exit_code == 1
    assert "Nothing is held of tee" in again.output


def test_it_must_be_said_which(folder: Path):
    hold(folder, "TEE")
    result = call("stock", "release", folder, "TEE")
    assert result.exit_code == 2
    assert "--applied or --not-applied" in result.output


def test_nothing_is_released_under_a_run(folder: Path):
    hold(folder, "TEE")
    with lock(folder / "snapshots"):
        result = call("stock", "release", folder, "TEE", "--applied")
    assert result.exit_code == 1
    assert "is locked" in result.output
    assert open_skus(folder / "snapshots") == {"tee"}
