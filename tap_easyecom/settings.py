"""The settings of the tap: one table, settings.csv, gives validation, `--about` and the table in the docs."""

from connector.names import PACKAGE
from connector.singer.settings import Setting, declared, reading_settings

SETTINGS: list[Setting] = declared(__file__, reading_settings("account", 200), package=PACKAGE)
