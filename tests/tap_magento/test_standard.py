"""The SDK's own suite for taps, over a socket against the sandbox."""

from collections.abc import Iterator

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox.systems import Sandbox
from tap_magento.tap import TapMagento
from tests.tap_magento.reading import catalog_of, names_of_all_streams

CONFIG = {
    "store_url": "http://127.0.0.1",
    "access_token": "sandbox-integration-token",
    "page_size": 50,
    "check_product_ids": "2,3",
    "known_product_id": 1,
}


@pytest.fixture(scope="module", autouse=True)
def running_shop() -> Iterator[None]:
    """The suite is built before any server runs, which also proves that discovery needs none."""
    with Sandbox(products=60, orders=40) as sandbox:
        CONFIG["store_url"] = sandbox.magento_url
        yield


# The suite looks at every stream, so every stream is selected.
SUITE = get_tap_test_class(
    TapMagento,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=150),
    catalog=catalog_of(names_of_all_streams()),
)


# Magento leaves out what is null, so the shop's records do not hold every property of a schema.
@pytest.mark.filterwarnings("ignore:Fields in transformed catalog:UserWarning")
@pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning")
class TestTapMagento(SUITE):  # type: ignore[misc, valid-type]
    """Every test the SDK has for a tap, its streams and their attributes."""
