"""The Singer target that writes to Optiply: its name, settings and help. What it does is in connector and delivery."""

from pathlib import Path
from typing import Any

from typing_extensions import override

from connector.settings import unknown_keys
from connector.singer.settings import json_schema
from connector.singer.target import DeliveryTarget
from delivery.report import WriteReport
from delivery.session import Session
from target_optiply.auth import keep_token
from target_optiply.destination import OptiplyDestination
from target_optiply.settings import PLATFORM_KEYS, SETTINGS, read_settings


class TargetOptiply(DeliveryTarget):
    """Writes Singer records to Optiply: exactly one object there for each record here."""

    name = "target-optiply"
    config_jsonschema = json_schema(SETTINGS)
    writes = "Write Singer records to Optiply; those of Magento and Picqer go through the rules first."
    example = "etl-output/data.singer"

    @classmethod
    @override
    def where(cls, config: dict[str, Any]) -> str:
        return f"Optiply at {read_settings(config).destination}"

    @override
    def connect(self, config_file: Path | None) -> Session:
        settings = read_settings(self.config)
        known = self.config_jsonschema["properties"].keys() | PLATFORM_KEYS
        for sentence in unknown_keys(self.config, known, "is unknown and not used"):
            self.logger.warning("%s.", sentence)
        renewed = keep_token(config_file) if config_file is not None and self.config.get("save_token") else None
        report = WriteReport(self.logger)
        return Session(settings, OptiplyDestination(settings, report, renewed), report)


def with_etl() -> type[TargetOptiply]:
    """The target of the command line: rows of a shop go through the rules first. Nothing else here knows an ETL."""
    from etl.embedded import EmbeddedEtl

    return type("TargetWithEtl", (TargetOptiply,), {"hook": EmbeddedEtl, "__doc__": TargetOptiply.__doc__})


def main() -> None:
    """Console script `target-optiply`."""
    with_etl().main()
