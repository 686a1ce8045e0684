"""The Singer target that writes stock to Magento: its name, settings and help. What it does is in the rooms beside."""

from pathlib import Path
from typing import Any

from typing_extensions import override

from connector.singer.settings import json_schema
from connector.singer.target import DeliveryTarget
from delivery.report import WriteReport
from target_magento.destination import MagentoDestination
from target_magento.session import StockSession
from target_magento.settings import SETTINGS, mistyped, read_settings


class TargetMagento(DeliveryTarget):
    """Writes stock into a Magento shop: figures as they are to be, and changes of them, each once."""

    name = "target-magento"
    config_jsonschema = json_schema(SETTINGS)
    writes = (
        "Write stock into a Magento 2 shop: stream source_items sets figures, stream stock_changes applies changes."
    )
    example = "stock.singer"

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


main = TargetMagento.main
