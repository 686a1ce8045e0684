"""The Singer target that writes purchase orders to Picqer: its name, settings and help."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from singer_sdk.exceptions import ConfigValidationError
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
    package_name = "magento-optiply"
    config_jsonschema = SETTINGS.to_dict()
    help = """Write purchase orders to Picqer: stream purchaseorders makes concepts, stream placed marks them purchased.

Exit codes: 0 written to the end (refused and failed records are counted), 1 the login, the configuration, the input or
max_failures, 2 wrong command line.

\b
Example: target-picqer --config target.json --input purchases.singer
"""

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


def main() -> None:
    """Console script `target-picqer`."""
    # urllib3 would log each request; figures are in the report.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    try:
        TargetPicqer.cli()
    except ConfigValidationError as error:  # raised before the SDK's own handler is in place
        raise SystemExit(str(error)) from error
