"""The Singer target that writes purchase orders to Picqer: its name, settings and help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typing_extensions import override

from connector.settings import unknown_keys
from connector.singer.target import DeliveryTarget
from delivery.report import WriteReport
from delivery.session import Session
from target_picqer.destination import PicqerDestination
from target_picqer.settings import PLATFORM_KEYS, SETTINGS, read_settings


class TargetPicqer(DeliveryTarget):
    """Writes purchase orders to Picqer: one order there for each record here."""

    name = "target-picqer"
    config_jsonschema = SETTINGS.to_dict()
    writes = (
        "Write purchase orders to Picqer: stream purchaseorders makes concepts, stream placed marks them purchased."
    )
    example = "purchases.singer"

    @classmethod
    @override
    def where(cls, config: dict[str, Any]) -> str:
        return f"the Picqer account at {read_settings(config).address}"

    @override
    def connect(self, config_file: Path | None) -> Session:
        settings = read_settings(self.config)
        known = self.config_jsonschema["properties"].keys() | PLATFORM_KEYS
        for sentence in unknown_keys(self.config, known, "is unknown and not used"):
            self.logger.warning("%s.", sentence)
        report = WriteReport(self.logger)
        return Session(settings, PicqerDestination(settings, report), report)


main = TargetPicqer.main
