"""The sentence a failed program ends with is shown without its log's time, level and name."""

from __future__ import annotations

from pathlib import Path

import pytest

from job.programs import last_words
from sandbox.serve import Sandbox
from tests.job.shop_folder import make_folder, report_of


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        ("2026-01-31 08:00:00,123 | INFO     | tap-magento | x\n2026-01-31 08:00:01,000 | ERROR    | tap-magento    "
         "      | GET /orders: a | b.\n\n", "GET /orders: a | b."),
        ("Error: The configuration cannot be used: adopt.\n", "The configuration cannot be used: adopt."),
        ("ERROR config: x cannot be used\n", "config: x cannot be used"),
        ("Killed\n", "Killed"),
    ],
)  # fmt: skip
def test_only_the_sentence_is_left(log: str, words: str) -> None:
    assert last_words(log) == words


def test_a_refused_token_is_the_first_thing_the_report_says_of_the_tap(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox, access_token="wrong", retry_seconds=0)
    tap = next(step for step in report_of("run", job.root, expected=1)["steps"] if step["name"] == "tap")
    assert "|" not in tap["last_words"]
    assert "401" in tap["last_words"]
