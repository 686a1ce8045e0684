"""The Singer target that writes stock to Magento: its name, settings and help. What it does is in the rooms beside."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from singer_sdk.exceptions import ConfigValidationError
from typing_extensions import override

from connector.singer.target import DeliveryTarget
from delivery.report import WriteReport
from target_magento.destination import MagentoDestination
from target_magento.session import StockSession
from target_magento.settings import SETTINGS, mistyped, read_settings


class TargetMagento(DeliveryTarget):
    """Writes stock into a Magento shop: figures as they are to be, and changes of them, each once."""

    name = "target-magento"
    package_name = "magento-optiply"
    config_jsonschema = SETTINGS.to_dict()
    help = """Write stock into a Magento 2 shop: stream source_items sets figures, stream stock_changes applies changes.

Exit codes: 0 written to the end (refused and failed records are counted), 1 the login, the configuration, the input or
max_failures, 2 wrong command line.

\b
Example: target-magento --config target.json --input stock.singer
"""

    @classmethod
    @override
    def where(cls, config: dict[str, Any]) -> str:
        return f"the Magento shop at {read_settings(config).shop['store_url']}"

    @override
    def connect(self, config_file: Path | None) -> StockSession:
        settings = read_settings(self.config)
        for sentence in mistyped(self.config):
            self.logger.warning("%s.", sentence)
        report = WriteReport(self.logger)
        return StockSession(settings, MagentoDestination(settings, report), report)


def main() -> None:
    """Console script `target-magento`."""
    # urllib3 would log each request; figures are in the report.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    try:
        TargetMagento.cli()
    except ConfigValidationError as error:  # raised before the SDK's own handler is in place
        raise SystemExit(str(error)) from error
