"""The SDK's own suite for targets, the settings, and what STATE waits for."""

import logging
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.testing import get_target_test_class

from job.settings.schemas import config_schema
from target_magento.rights import RIGHTS, findings
from target_magento.settings import mistyped, read_settings
from target_magento.target import TargetMagento
from tests.target_magento.conftest import TOKEN, Bench, Keeper, stream

StandardTests = get_target_test_class(
    TargetMagento,
    config={"store_url": "http://127.0.0.1:9", "access_token": "none of the suite's streams goes into a shop"},
)
SKU = "ONLY-WAREHOUSE"


class TestTargetMagento(StandardTests):  # type: ignore[misc, valid-type]
    """Runs in a folder of its own, where the results file goes."""

    @pytest.fixture(autouse=True)
    def _in_an_empty_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"store_url": None}, "store_url is missing"),
        ({"store_url": "ftp://shop"}, "store_url"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1 to 1000"),
        ({"batch_size": 1001}, "batch_size must be a whole number from 1 to 1000"),
        ({"batch_size": "many"}, "batch_size"),
        ({"access_token": "SEC\nRET"}, "access_token holds a line break"),
        ({"request_timeout": 0}, "request_timeout must be a number of seconds"),
        ({"use_oauth": True, "access_token": None}, "use_oauth needs consumer_key"),
        ({"dry_run": "no"}, "dry_run must be true or false"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_no_secret_shown(settings: dict[str, Any], sentence: str):
    with pytest.raises(ConfigValidationError) as caught:
        read_settings({"store_url": "http://shop.example", "access_token": "x", **settings}, {})
    assert any(sentence in complaint for complaint in caught.value.errors)
    assert "SEC" not in str(caught.value.errors)


def test_the_scope_in_the_address_is_taken_out_of_it():
    settings = read_settings({"store_url": "http://shop.example/rest/de/V1", "access_token": "x"}, {})
    assert (settings.shop["store_url"], settings.shop["store_code"]) == ("http://shop.example", "de")


def test_a_mistyped_setting_gets_a_warning_with_the_nearest_name(bench: Bench, caplog: pytest.LogCaptureFixture):
    bench.change(("a", SKU, 1), bach_size=3)
    assert "The setting 'bach_size' is unknown and not used; did you mean 'batch_size'?" in caplog.text


def test_the_settings_of_a_folder_are_passed_over_without_a_word():
    assert mistyped(dict.fromkeys(config_schema()["properties"])) == []
    assert len(mistyped({"bach_size": 1, "negative_quantity": 1, "warehouse_ids": 1})) == 2


def test_state_leaves_when_all_before_it_is_settled(bench: Bench):
    record = {"reference": "a", "sku": SKU, "source_code": "ams", "delta": 1}
    state = {"type": "STATE", "value": {"after": 1}}
    run = bench.run(*stream("stock_changes", record, keys=("reference",)), state)
    assert run.states == [{"after": 1}]


def test_the_rights_that_writing_needs_are_asked_for_without_writing(shop: Keeper):
    (finding,) = findings(shop.config)
    assert (finding.state, finding.says) == ("ok", "stock can be written, source by source")
    assert shop.writes() == 1, "a write of nothing"
    before = shop.standing(SKU)
    for right in RIGHTS:
        shop.sandbox.magento.settings.missing_acl = {right.resource}
        (finding,) = findings(shop.config, carts=True)
        assert finding.state == "fail"
        assert right.resource in finding.says
        assert right.tick in str(finding.remedy)
    assert shop.standing(SKU) == before


def test_a_shop_without_inventory_management_needs_fewer_rights(shop: Keeper):
    shop.sandbox.magento.settings.msi = False
    shop.sandbox.magento.settings.missing_acl = {"Magento_Sales::shipment"}
    (finding,) = findings(shop.config)
    assert (finding.state, finding.says) == ("ok", "stock can be written, through its stock items")


def test_a_shop_that_cannot_be_reached_is_a_finding(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL)
    (finding,) = findings({"store_url": "ftp://shop", "access_token": "x"})
    assert finding.state == "fail"


@pytest.mark.parametrize(
    "login",
    [
        {"username": "admin", "password": "sandbox-password"},
        {
            "use_oauth": True,
            "consumer_key": "sandbox-consumer-key",
            "consumer_secret": "sandbox-consumer-secret",
            "oauth_token": TOKEN,
            "oauth_token_secret": "sandbox-token-secret",
        },
    ],
)
def test_a_shop_is_signed_in_to_as_for_reading(bench: Bench, login: dict[str, Any]):
    bench.config.pop("access_token")
    assert bench.change(("a", SKU, 5), **login).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (105, True)


def test_a_wrong_token_ends_the_run_and_is_not_shown(bench: Bench, caplog: pytest.LogCaptureFixture):
    assert bench.change(("a", SKU, 5), access_token="wrong-and-secret").code == 1
    assert "check the integration's access token" in caplog.text
    assert "wrong-and-secret" not in caplog.text
