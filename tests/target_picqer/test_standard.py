"""The SDK's own suite for targets."""

from __future__ import annotations

from pathlib import Path

import pytest
from singer_sdk.testing import get_target_test_class

from target_picqer.target import TargetPicqer

StandardTests = get_target_test_class(
    TargetPicqer,
    config={"picqer_url": "http://127.0.0.1:9", "api_key": "none of the suite's streams goes into an account"},
)


class TestTargetPicqer(StandardTests):  # type: ignore[misc, valid-type]
    """Runs in a folder of its own, where the results file goes."""

    @pytest.fixture(autouse=True)
    def _in_an_empty_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
