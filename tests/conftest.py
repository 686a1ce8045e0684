"""Fixtures shared by all tests: a fresh sandbox on free ports, and a free port for those who need one themselves."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from sandbox.serve import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Both servers over a small shop, fresh for one test."""
    with Sandbox(products=40, orders=30) as running:
        yield running


@pytest.fixture
def optiply_sandbox() -> Iterator[Sandbox]:
    """Optiply's server alone, fresh for one test; it starts in a few milliseconds."""
    with Sandbox(magento=False) as running:
        yield running


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Return a function that names a port which was free a moment ago."""

    def pick() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    return pick
