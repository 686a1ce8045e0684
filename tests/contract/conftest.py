"""The sandbox's own fixtures, for tests that hold it against what a real shop was recorded to answer."""

from tests.sandbox.conftest import criteria, magento, own_magento

__all__ = ["criteria", "magento", "own_magento"]
