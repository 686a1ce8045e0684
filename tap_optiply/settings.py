"""The settings of the tap, declared once, in settings.csv, and what is wrong with their values."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from connector.addresses import SettingError, header_value
from connector.settings import words
from connector.singer.settings import Setting, declared, reading_settings
from connector.times import as_utc_text
from optiply_api.settings import SIGN_IN, address, missing

ADDRESSES = ("api_url", "auth_url")
_READING = reading_settings("server", 100, "Rows a page, at most 100.")
SETTINGS: list[Setting] = declared(__file__, {setting.name: setting for setting in SIGN_IN} | _READING)

OTHER_KEYS = frozenset(
    {
        "webshop_uuid",
        "webshop_handle",
        "full_url",
        "couplingId",
        "adopt",
        "dry_run",
        "dry_run_path",
        "etl",
        "max_failures",
        "results_path",
        "resume_path",
        "retry_time",
        "retry_wait",
        "save_token",
        "snapshot_dir",
        "snapshot_url",
        "state_output",
        "unanswered_wait",
    }
)
"""What platforms and the target find in the same configuration; a test keeps it equal to the target's own."""


def with_addresses(config: dict[str, Any]) -> dict[str, Any]:
    """A checked configuration with the addresses that are used: the environment may name others."""
    return {**config, **{name: address(config, os.environ, name, []) for name in ADDRESSES}}


def wrong_values(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each value that cannot be used; none shows a secret."""
    complaints: list[str] = []
    for name in ADDRESSES:
        address(config, os.environ, name, complaints)
    yield from (complaint.rstrip(".") for complaint in [*complaints, *missing(config, "the Optiply account to read")])
    if token := config.get("access_token"):
        try:
            header_value(str(token), "access_token")
        except SettingError as error:
            yield str(error)
    for name in ("start_date", "end_date", "receipt_ids_since"):
        try:
            as_utc_text(str(config.get(name) or "2000-01-01"))
        except ValueError:
            yield f"{name} is not a date (2026-01-31, or 2026-01-31T08:00:00Z)"
    if odd := [one for one in words(config.get("check_receipt_ids")) if not (one.isascii() and one.isdigit())]:
        yield f"check_receipt_ids holds {odd[0]!r}, which is not an id"
