"""The import over a fresh shop, with a receiver that starts when it is sent to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.systems import Sandbox
from tests.job.inventory.house import House


@pytest.fixture
def house(tmp_path: Path, sandbox: Sandbox) -> Iterator[House]:
    made = House(tmp_path / "acme", sandbox)
    try:
        yield made
    finally:
        made.close()
