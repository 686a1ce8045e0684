"""The SDK's own suite for taps, over a socket against the sandbox."""

from collections.abc import Iterator

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox.systems import Sandbox
from tap_picqer.tap import TapPicqer
from tests.tap_picqer.reading import KEY, catalog_of, names_of_all_streams

CONFIG = {"picqer_url": "http://127.0.0.1", "api_key": KEY}


@pytest.fixture(scope="module", autouse=True)
def running_account() -> Iterator[None]:
    """The suite is built before any server runs, which also proves that discovery needs none."""
    with Sandbox(magento=False, picqer=True) as sandbox:
        CONFIG["picqer_url"] = sandbox.picqer_url
        yield


SUITE = get_tap_test_class(
    TapPicqer,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=150),
    catalog=catalog_of(names_of_all_streams()),
)


# Receipts of version 1 and 2 have different lines, so no row holds every property of a schema.
@pytest.mark.filterwarnings("ignore:Fields in transformed catalog:UserWarning")
class TestTapPicqer(SUITE):  # type: ignore[misc, valid-type]
    """Every test the SDK has for a tap, its streams and their attributes."""
