"""EasyEcom as a source: its tap, its flow to Optiply, parts, schedule, checks and what `snapshot why` tells."""

from collections.abc import Iterator
from typing import Any

from job.folder import JobFolder
from job.systems.beginning import Asked, Sandbox
from job.systems.flow import complaints_of_flags, field_map
from job.systems.optiply import OPTIPLY
from job.systems.outward import EASYECOM_PURCHASES
from job.systems.system import (
    AT_LEAST_0,
    AT_LEAST_1,
    RECORDS_ALONE,
    SECONDS,
    TIMEOUT,
    Beside,
    Config,
    Schema,
    SettingsFile,
    System,
    later,
)
from job.timing import DAY_MINUTES, Rule, Size
from store.snapshot import Snapshot
from vocabulary.optiply import TRADE

ADDRESS, ZONE = "https://api.easyecom.io", "Asia/Kolkata"
EXPORT_MINUTES = 10
OFTEN = ("products", "suppliers", "orders", "purchases", "receipts")


def _settings() -> tuple[Schema, list[str]]:
    from connector.singer.settings import json_schema
    from etl.easyecom.flags import easyecom_flags_schema
    from etl.outward.flags import EasyExports, export_schema
    from tap_easyecom.settings import SETTINGS

    tap = json_schema(SETTINGS)["properties"]
    back = export_schema(EasyExports)
    return {**back, **easyecom_flags_schema(), **tap}, ["email", "password", "location_key", "x_api_key"]


def _complaints(config: Config) -> Iterator[str]:
    from etl.easyecom.flags import EasyFlags
    from etl.outward.flags import EasyExports, export_flags
    from tap_easyecom.config import wrong_values

    for sentence in wrong_values(config):
        yield f"{sentence}."
    yield from complaints_of_flags(config, EasyFlags)
    yield from complaints_of_flags(export_flags(config, EasyExports), EasyExports)


def _others(config: Config) -> tuple[Rule, ...]:
    return (Rule("export", EXPORT_MINUTES),) if EASYECOM_PURCHASES.is_on(config) else ()


def _variant(config: Config) -> str:
    from easyecom_api.access import locations_of

    count = len(locations_of(config))
    return f"{count} location{'' if count == 1 else 's'}, {str(config.get('rate_tier') or 'Default').capitalize()} tier"


def _explain(store: Snapshot, folder: JobFolder, beside: Beside, asked: str, order_only: bool) -> list[Any]:
    from etl.easyecom.shapes import ORIGINS
    from etl.inward.why import stories

    return list(stories(ORIGINS, store, beside.read, beside.unread, asked, order_only=order_only))


def _configured(answers: Config) -> dict[str, Any]:
    given = {
        "easyecom_url": (answers["easyecom_url"] or ADDRESS).rstrip("/"),
        "email": answers["email"],
        "password": answers["easyecom_password"],
        "location_key": list(answers["location_key"]),
        "x_api_key": answers["x_api_key"],
        "rate_tier": answers["rate_tier"],
    }
    return {name: value for name, value in given.items() if value}


EASYECOM = System(
    name="easyecom",
    title="EasyEcom",
    tap="tap_easyecom",
    flow="etl.etl",
    target=OPTIPLY,
    settings=SettingsFile(
        name="config.json",
        title="Account and rules: config.json",
        declared=_settings,
        forms={
            "max_concurrency": AT_LEAST_1,
            "request_timeout": TIMEOUT,
            "retry_seconds": SECONDS,
            "throttle_seconds": SECONDS,
            "lookback_seconds": {"minimum": 0, "maximum": 366 * 86_400},
            "max_isolated": AT_LEAST_0,
            "easyecom_url": {"format": "uri", "examples": [ADDRESS]},
            "start_date": {"format": "date-time", "examples": ["2025-01-01T00:00:00Z"]},
        },
        in_headers=frozenset({"x_api_key", "user_agent"}),
        trimmed=True,
        complaints=_complaints,
    ),
    # Kits belong to no part: nothing needs them, so they are read only where a catalogue selects them.
    parts={
        "products": ("products",),
        "suppliers": ("vendors", "locations"),
        "orders": ("orders",),
        "purchases": ("purchase_orders",),
        "receipts": ("goods_receipts",),
        "export": (),
    },
    rescanned="orders",
    works={"update": OFTEN, "export": ("export",), "full": OFTEN},
    work_titles={
        "update": "all products with their stock, vendors, orders, purchase orders and receipts since the last run",
        "export": "purchase orders placed in Optiply",
        "full": "the full read: all purchase orders and receipts, the orders of the last days",
    },
    sizes=(
        Size("small", 5_000, Rule("update", 30)),
        Size("medium", 50_000, Rule("update", 60)),
        Size("large", None, Rule("update", 4 * 60)),
    ),
    full=lambda _config: Rule("full", DAY_MINUTES, frozenset({6}), hour=2, zone=ZONE),
    others=_others,
    variant=_variant,
    entities=TRADE,
    listings=(),
    facts=RECORDS_ALONE,
    sandbox=Sandbox(
        ("--no-magento", "--easyecom-port", "0", "--optiply-port", "0"),
        "easyecom_url",
        {"easyecom_url": "easyecom_url"},
        "easyecom.json",
    ),
    field_map=field_map,
    checks=later("tap_easyecom.doctor:AccountChecks"),
    take_over=later("etl.easyecom.flow:EASYECOM.take_over"),
    was_read=later("store.care:was_read"),
    explain=_explain,
    told=later("etl.inward.why:told"),
    outward=EASYECOM_PURCHASES,
    asked=(
        Asked("easyecom-url", "", f"Address of the API; {ADDRESS} without it."),
        Asked("email", "Email of the API's user", "Email of the user that signs in.", needed=True),
        Asked(
            "easyecom-password",
            "Password of that user",
            "Password of that user; better by EASYECOM_PASSWORD than on the command line.",
            needed=True,
            variable="EASYECOM_PASSWORD",
        ),
        Asked(
            "x-api-key",
            "API key",
            "Key of the API; better by EASYECOM_API_KEY than on the command line.",
            needed=True,
            variable="EASYECOM_API_KEY",
        ),
        Asked(
            "location-key",
            "Key of the main location, and of others behind it with commas",
            "Key of a location; the first is the main one.",
            needed=True,
            many=True,
        ),
        Asked("rate-tier", "", "Rate tier of the key; Default without it."),
    ),
    configured=_configured,
)
