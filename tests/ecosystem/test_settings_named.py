"""The files for HotGlue and Meltano name settings and streams that exist, with values that the programs accept."""

import json
from typing import Any

import pytest
import yaml

from connector.singer.settings import json_schema
from etl.flows import load_config
from etl.magento.flags import FlowConfig
from job.systems.easyecom import EASYECOM
from job.systems.picqer import PICQER
from job.systems.system import System
from tap_easyecom.tap import TapEasyecom
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
    known = json_schema(SETTINGS)["properties"]
    assert set(json.loads((FOLDER / "target-config.json").read_text())) <= set(known)


def meltano() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "meltano.yml").read_text()))


def test_meltanos_settings_exist_and_secrets_are_marked() -> None:
    plugins = meltano()["plugins"]
    own = {
        "tap-magento": TapMagento.config_jsonschema["properties"],
        "tap-picqer": TapPicqer.config_jsonschema["properties"],
        "tap-easyecom": TapEasyecom.config_jsonschema["properties"],
        "target-optiply": json_schema(SETTINGS)["properties"],
    }
    for plugin in (plugins["extractors"][0], *plugins["extractors"][2:], plugins["loaders"][0]):
        known = own[plugin["name"]]
        for setting in plugin["settings"]:
            declared = known[setting["name"]]
            assert setting.get("sensitive", False) is declared.get("secret", False), setting["name"]
            # Meltano 4.4 makes decimals of these, which it cannot write into a plugin's config file.
            assert setting["kind"] != "decimal", setting["name"]
    of_magento, *of_others = plugins["mappers"][0]["mappings"]
    assert set(of_magento["config"]) <= set(FlowConfig.model_fields)
    assert [one["config"]["system"] for one in of_others] == ["picqer", "easyecom"]
    assert all(load_config(one["config"])[1] == [] for one in of_others)


def test_each_system_has_a_store_and_a_job_of_its_own_in_meltano() -> None:
    stores = {one["name"]: one["env"]["SNAPSHOT_DIR"] for one in meltano()["environments"] if "env" in one}
    assert stores.keys() == {"picqer", "easyecom"}
    assert len({meltano()["env"]["SNAPSHOT_DIR"], *stores.values()}) == 3
    jobs = {one["name"]: one["tasks"] for one in meltano()["jobs"]}
    for name in stores:
        assert jobs[f"sync-{name}"] == [f"tap-{name} {name}-to-optiply target-optiply"]


@pytest.mark.parametrize("system", [PICQER, EASYECOM], ids=lambda system: system.name)
def test_the_example_of_a_folder_names_settings_that_exist_with_values_that_are_accepted(system: System) -> None:
    config = json.loads((ROOT / "configs" / "example" / f"{system.name}.json").read_text())
    known, needed = system.settings.declared()
    assert config.keys() - {"system"} <= known.keys()
    assert set(needed) <= config.keys()
    assert config["system"] == system.name
    assert list(system.settings.complaints(config)) == []


def test_meltano_selects_what_the_tap_selects_by_default() -> None:
    tap = TapMagento(config={"store_url": "https://shop.example.com", "access_token": "a token"})
    by_default = {f"{name}.*" for name, stream in tap.streams.items() if stream.selected}
    often, nightly, *_ = meltano()["plugins"]["extractors"]
    assert set(often["select"]) == by_default
    assert set(nightly["select"]) == by_default - {"orders.*"}
