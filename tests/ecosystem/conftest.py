"""Settings for the tests with other people's tools."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # The SDK warns that Python 3.10 is at its end; HotGlue runs it all the same.
    config.addinivalue_line("filterwarnings", "ignore:Python 3.10 reached its end of life")
