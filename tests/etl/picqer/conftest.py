"""The days of an account, by the settings a test gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.etl.picqer.days import PicqerDays


@pytest.fixture
def days(tmp_path: Path) -> Callable[..., PicqerDays]:
    """Makes the days of one folder."""
    return lambda **flags: PicqerDays(tmp_path / "snapshots", **flags)
