"""What the tests of this folder share: a place for what lasts between runs, of each test its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The snapshot folder."""
    monkeypatch.setenv("SNAPSHOT_DIR", str(tmp_path))
    return tmp_path
