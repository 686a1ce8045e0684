"""The SDK's own suite for taps, over a socket against the sandbox, and the settings that the target shares."""

from collections.abc import Iterator

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from connector.settings import SDK_KEYS
from sandbox.systems import Sandbox
from tap_optiply.settings import OTHER_KEYS, SETTINGS
from tap_optiply.tap import TapOptiply
from target_optiply.settings import PLATFORM_KEYS
from target_optiply.settings import SETTINGS as TARGET_SETTINGS
from tests.tap_optiply.reading import LOGIN, catalog_of, fill, names_of_all_streams

CONFIG = {**LOGIN, "api_url": "http://127.0.0.1/v1", "auth_url": "http://127.0.0.1", "check_receipt_ids": "1,2"}


@pytest.fixture(scope="module", autouse=True)
def running_account() -> Iterator[None]:
    """The suite is built before any server runs, which also proves that discovery needs none."""
    with Sandbox(magento=False) as sandbox:
        fill(sandbox)
        CONFIG.update(api_url=sandbox.optiply_url, auth_url=sandbox.auth_url)
        yield


SUITE = get_tap_test_class(
    TapOptiply,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=150),
    catalog=catalog_of(names_of_all_streams()),
)


@pytest.mark.filterwarnings("ignore:Fields in transformed catalog:UserWarning")
@pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning")
class TestTapOptiply(SUITE):  # type: ignore[misc, valid-type]
    """Every test the SDK has for a tap, its streams and their attributes."""


def test_the_tap_takes_the_targets_file_without_a_word() -> None:
    target = {setting.name for setting in TARGET_SETTINGS} | PLATFORM_KEYS
    own = {setting.name for setting in SETTINGS}
    assert target <= own | OTHER_KEYS | SDK_KEYS
    assert not own & OTHER_KEYS
