"""The Singer target that writes purchase orders to EasyEcom: its name, settings and help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typing_extensions import override

from connector.settings import unknown_keys
from connector.singer.target import DeliveryTarget
from delivery.report import WriteReport
from delivery.session import Session
from target_easyecom.destination import EasyDestination
from target_easyecom.settings import PLATFORM_KEYS, SETTINGS, read_settings


class TargetEasyEcom(DeliveryTarget):
    """Writes purchase orders to EasyEcom: one order there for each record here."""

    name = "target-easyecom"
    config_jsonschema = SETTINGS.to_dict()
    writes = "Write purchase orders to EasyEcom: stream purchaseorders makes them, approved at once."
    example = "purchases.singer"

    @classmethod
    @override
    def where(cls, config: dict[str, Any]) -> str:
        return f"the EasyEcom account at {read_settings(config).access['easyecom_url']}"

    @override
    def connect(self, config_file: Path | None) -> Session:
        settings = read_settings(self.config)
        known = self.config_jsonschema["properties"].keys() | PLATFORM_KEYS
        for sentence in unknown_keys(self.config, known, "is unknown and not used"):
            self.logger.warning("%s.", sentence)
        report = WriteReport(self.logger)
        return Session(settings, EasyDestination(settings, report), report)


main = TargetEasyEcom.main
