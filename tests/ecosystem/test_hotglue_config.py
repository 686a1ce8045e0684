"""The files for a HotGlue environment name settings that exist, with values that the programs accept."""

from __future__ import annotations

import json

from etl.config import load_config
from tap_magento.settings import ETL_KEYS, OWN_KEYS, unknown_keys
from tap_magento.tap import TapMagento
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
    assert unknown_keys(CONNECTOR["config"]) == []


def test_tap_and_etl_accept_the_defaults_with_a_filled_in_form() -> None:
    config = {**CONNECTOR["config"], "store_url": "https://shop.example.com", "access_token": "a token"}
    TapMagento(config=config)
    _, notes = load_config(config)
    assert notes == []


def test_the_targets_settings_exist() -> None:
    known = SETTINGS.to_dict()["properties"]
    assert set(json.loads((FOLDER / "target-config.json").read_text())) <= set(known)
