"""The SDK's own suite for taps, over a socket against the sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox.systems import Sandbox
from tap_easyecom.tap import TapEasyecom
from tests.tap_easyecom.reading import CONFIG, KEYS_OF, catalog_of

SETTINGS: dict[str, Any] = {**CONFIG, "rate_tier": "Diamond", "start_date": "2025-12-01"}


@pytest.fixture(scope="module", autouse=True)
def running_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The suite is built before any server runs, which also proves that discovery needs none."""
    with Sandbox(magento=False, easyecom=True) as sandbox:
        sandbox.easyecom.settings.rate_tier = "none"
        SETTINGS["easyecom_url"] = sandbox.easyecom_url
        SETTINGS["snapshot_dir"] = str(tmp_path_factory.mktemp("kept"))
        yield


SUITE = get_tap_test_class(
    TapEasyecom,
    config=SETTINGS,
    suite_config=SuiteConfig(max_records_limit=150),
    catalog=catalog_of(tuple(KEYS_OF)),
)


@pytest.mark.filterwarnings("ignore:Fields in transformed catalog:UserWarning")
class TestTapEasyecom(SUITE):  # type: ignore[misc, valid-type]
    """Every test the SDK has for a tap, its streams and their attributes."""
