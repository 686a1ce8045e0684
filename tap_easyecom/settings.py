"""The settings of the tap: one table, settings.csv, gives validation, `--about` and the table in the docs."""

from typing import Any

from connector.names import PACKAGE
from connector.singer.sdk import th
from connector.singer.settings import declared, reading_settings

SETTINGS: list[th.Property[Any]] = declared(__file__, reading_settings("account", 200), package=PACKAGE)
