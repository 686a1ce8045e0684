"""Settings and fixtures for the tests of the job."""

import pytest

from tests.job.checkout import checkout

__all__ = ["checkout"]


def pytest_configure(config: pytest.Config) -> None:
    """HotGlue still runs Python 3.10, and so do we; that the SDK says it is old is no mistake here."""
    config.addinivalue_line("filterwarnings", "ignore:Python 3.10 reached its end of life")
