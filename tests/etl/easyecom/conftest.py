"""The days of an account, by the settings a test gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.etl.easyecom.days import EasyDays


@pytest.fixture
def days(tmp_path: Path) -> Callable[..., EasyDays]:
    """Makes the days of one folder, of the locations north and south."""
    return lambda **flags: EasyDays(tmp_path / "snapshots", **{"location_key": ["north", "south"], **flags})
