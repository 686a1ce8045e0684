"""Fixtures of the tap's tests: a reader of a fresh sandbox, and one shop for tests that change nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading, Record, read


@pytest.fixture
def reader(sandbox: Sandbox) -> Callable[..., Reading]:
    """Reads the fresh sandbox."""

    def run(*streams: str, state: Record | None = None, **config: Any) -> Reading:
        return read(sandbox.magento_url, *streams, state=state, **config)

    return run


@pytest.fixture(scope="module")
def steady() -> Iterator[Sandbox]:
    """One shop for a module's tests that change nothing."""
    with Sandbox(products=120, orders=90) as running:
        yield running
