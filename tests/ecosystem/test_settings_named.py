"""The files for HotGlue and Meltano name settings and streams that exist, with values that the programs accept."""

import json
from typing import Any

import yaml

from etl.flows import load_config
from etl.magento.flags import FlowConfig
from tap_magento.config import ETL_KEYS, OWN_KEYS
from tap_magento.tap import TapMagento
from tap_picqer.tap import TapPicqer
from target_optiply.settings import SETTINGS
from tests.ecosystem.venvs import ROOT

FOLDER = ROOT / "configs" / "hotglue"
CONNECTOR = json.loads((FOLDER / "connector-config.json").read_text())
PLATFORM = {"tap", "category", "install_uri", "connect_ui_params", "config", "label", "icon", "domain", "isForked",
            "validation_supported", "default_import_scheduler", "default_export_scheduler"}  # fmt: skip


def test_the_connector_has_exactly_the_keys_that_the_platform_reads() -> None:
    assert set(CONNECTOR) == PLATFORM
    for name, field in CONNECTOR["connect_ui_params"].items():
        assert set(field) == {"label", "description", "type", "required"}, name


def test_every_field_of_the_form_and_every_default_is_a_setting_of_the_tap_or_the_etl() -> None:
    assert set(CONNECTOR["connect_ui_params"]) <= OWN_KEYS | ETL_KEYS
    assert TapMagento.unknown_keys(CONNECTOR["config"]) == []


def test_tap_and_etl_accept_the_defaults_with_a_filled_in_form() -> None:
    config = {**CONNECTOR["config"], "store_url": "https://shop.example.com", "access_token": "a token"}
    TapMagento(config=config)
    _, notes = load_config(config)
    assert notes == []


def test_the_targets_settings_exist() -> None:
    known = SETTINGS.to_dict()["properties"]
    assert set(json.loads((FOLDER / "target-config.json").read_text())) <= set(known)


def meltano() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "meltano.yml").read_text()))


def test_meltanos_settings_exist_and_secrets_are_marked() -> None:
    plugins = meltano()["plugins"]
    own = {
        "tap-magento": TapMagento.config_jsonschema["properties"],
        "tap-picqer": TapPicqer.config_jsonschema["properties"],
        "target-optiply": SETTINGS.to_dict()["properties"],
    }
    for plugin in (plugins["extractors"][0], plugins["extractors"][2], plugins["loaders"][0]):
        known = own[plugin["name"]]
        for setting in plugin["settings"]:
            declared = known[setting["name"]]
            assert setting.get("sensitive", False) is declared.get("secret", False), setting["name"]
            # Meltano 4.4 makes decimals of these, which it cannot write into a plugin's config file.
            assert setting["kind"] != "decimal", setting["name"]
    of_magento, of_picqer = plugins["mappers"][0]["mappings"]
    assert set(of_magento["config"]) <= set(FlowConfig.model_fields)
    assert load_config(of_picqer["config"])[1] == []


def test_picqer_has_a_store_of_its_own_in_meltano() -> None:
    (own,) = (one for one in meltano()["environments"] if one["name"] == "picqer")
    assert own["env"]["SNAPSHOT_DIR"] != meltano()["env"]["SNAPSHOT_DIR"]


def test_meltano_selects_what_the_tap_selects_by_default() -> None:
    tap = TapMagento(config={"store_url": "https://shop.example.com", "access_token": "a token"})
    by_default = {f"{name}.*" for name, stream in tap.streams.items() if stream.selected}
    often, nightly, _ = meltano()["plugins"]["extractors"]
    assert set(often["select"]) == by_default
    assert set(nightly["select"]) == by_default - {"orders.*"}
