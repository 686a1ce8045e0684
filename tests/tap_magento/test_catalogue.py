"""One list of streams: what the catalogue, the schemas, the settings and the sandbox's routes derive from it."""

import json
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import iter_modules
from typing import get_origin

import pytest
from singer_sdk.exceptions import ConfigValidationError

import tap_magento.schemas
import tap_magento.streams
from connector.settings import tidy, words
from connector.singer.arguments import UnusableFile, read_catalog
from connector.singer.stream import PagedStream
from etl.magento.flags import FlowConfig
from sandbox.magento.routes import ROUTES
from tap_magento.bulk import EXPORT
from tap_magento.config import ETL_KEYS, OWN_KEYS, custom_attribute_codes
from tap_magento.settings import SETTINGS
from tap_magento.tap import STREAMS, TapMagento
from tests.tap_magento.reading import read
from tests.tap_magento.test_streams import COMPARED

SCHEMAS = Path(tap_magento.schemas.__file__).parent
# Routes of the sandbox without a stream of their own, and why.
NOT_STREAMS = {
    "modules": "which modules are on, not a list of records",
    "products/types": "five fixed words",
    "categories": "the tree of what categories/list gives row by row",
    "inventory/are-products-salable": "answers for the SKUs it is given",
    "bulk": "what became of writes that were sent to be done later",
    "carts/search": "what customers may still buy: read where stock is written, never streamed",
}
OLD_TAP_KEYS = {
    "store_url", "access_token", "username", "password", "start_date", "page_size", "use_oauth", "consumer_key",
    "consumer_secret", "oauth_token", "oauth_token_secret", "access_token_secret", "user_agent", "store_id",
    "fetch_all_stores", "end_date", "order_ids", "source_items_page_size", "throttle_seconds",
}  # fmt: skip


LISTS = {route.path for route in ROUTES if route.method == "GET" and "{" not in route.path}
DOCS = Path(tap_magento.schemas.__file__).parents[2] / "docs" / "streams.md"


def name_of(stream: type[PagedStream]) -> str:
    return str(vars(stream)["name"])


def declared() -> list[type[PagedStream]]:
    """Every stream class with a name, listed in STREAMS or not, in the order of the modules."""
    modules = [import_module(f"tap_magento.streams.{info.name}") for info in iter_modules(tap_magento.streams.__path__)]
    # On Python 3.10 an alias such as dict[str, Any] passes for a type, and is none.
    values = [value for module in modules for value in vars(module).values()]
    classes = [value for value in values if isinstance(value, type) and get_origin(value) is None]
    return [one for one in dict.fromkeys(classes) if issubclass(one, PagedStream) and "name" in vars(one)]


@pytest.mark.parametrize("stream", declared(), ids=name_of)
def test_nothing_is_missing_that_a_stream_needs(stream: type[PagedStream]) -> None:
    name, path = name_of(stream), stream.path.strip("/")
    needs = {
        "a line in STREAMS (tap_magento/tap.py)": stream in STREAMS,
        f"a schema (tap_magento/schemas/{name}.json)": (SCHEMAS / f"{name}.json").exists(),
        f"a route {path} in the sandbox (sandbox/magento/routes.py)": path in LISTS,
        "a row in docs/streams.md (make docs)": f"| `{name}` |" in DOCS.read_text(encoding="utf-8"),
        "a comparison with the shop's rows (tests/tap_magento/test_streams.py)": name in COMPARED,
    }
    assert not [f"{name} lacks {what}" for what, there in needs.items() if not there]


def test_every_list_of_the_sandbox_has_a_stream() -> None:
    without = LISTS - {stream.path.strip("/") for stream in STREAMS} - set(NOT_STREAMS)
    assert not [f"{path} has no stream, and no reason in NOT_STREAMS" for path in sorted(without)]
    assert any(route.path.startswith(EXPORT.strip("/")) for route in ROUTES), "salable_quantities has no route"


def test_discovery_lists_exactly_the_declared_streams() -> None:
    catalog = TapMagento(config={"store_url": "http://127.0.0.1", "access_token": "x"}).catalog_dict
    found = {entry["tap_stream_id"]: entry for entry in catalog["streams"]}
    assert set(found) == {name_of(stream) for stream in STREAMS}
    assert len(found) == len(STREAMS)
    for stream in STREAMS:
        entry = found[name_of(stream)]
        assert tuple(entry["key_properties"]) == stream.keys
        assert entry["replication_method"] == ("INCREMENTAL" if stream.changes else "FULL_TABLE")


@pytest.mark.parametrize("stream", STREAMS, ids=name_of)
def test_a_stream_says_its_grain_and_its_schema_holds_its_keys(stream: type[PagedStream]) -> None:
    assert "one row per" in (stream.__doc__ or "").lower(), "the docstring names the grain"
    schema = json.loads((SCHEMAS / f"{name_of(stream)}.json").read_text())
    assert schema["description"]
    assert set(stream.keys) <= set(schema["properties"])
    for key in stream.keys:
        assert "null" not in schema["properties"][key]["type"]
    if stream.changes:
        assert stream.changes in schema["properties"]


def test_no_schema_lies_about_without_a_stream() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {name_of(stream) for stream in STREAMS}


def test_every_setting_of_the_older_tap_is_known_and_every_setting_is_described() -> None:
    assert OLD_TAP_KEYS <= OWN_KEYS
    assert all(setting.schema["description"] for setting in SETTINGS)
    secrets = {setting.name for setting in SETTINGS if setting.secret}
    assert {"access_token", "password", "consumer_secret", "oauth_token_secret", "access_token_secret"} <= secrets


def test_the_etls_flags_are_known_to_the_tap_though_it_never_imports_them() -> None:
    assert set(FlowConfig.model_fields) == ETL_KEYS


def test_unknown_keys_name_the_nearest_known_one() -> None:
    assert TapMagento.unknown_keys(["store_url", "sync_compositions"]) == []
    (sentence,) = TapMagento.unknown_keys(["stock_readng"])
    assert "'stock_readng'" in sentence
    assert "'stock_reading'" in sentence


def test_a_form_that_sends_text_gives_the_same_configuration() -> None:
    given = {"page_size": "25", "use_oauth": "true", "throttle_seconds": "0.5", "start_date": "", "store_code": " nl "}
    expected = {"page_size": 25, "use_oauth": True, "throttle_seconds": 0.5, "store_code": "nl"}
    assert tidy(given, TapMagento.config_jsonschema) == expected


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(None, []), ("1, 2", ["1", "2"]), ([3, "nl"], ["3", "nl"]), (7, ["7"]), ("", [])],
)
def test_a_setting_may_be_one_value_a_list_or_text(value: object, wanted: list[str]) -> None:
    assert words(value) == wanted


def test_attribute_codes_come_from_the_setting_and_from_the_mappings() -> None:
    config = {
        "product_attributes": ["ean"],
        "custom_mappings": {
            "price": "custom_attributes.cost",
            "name": {"magento_field": "custom_attributes.label"},
            "x": "sku",
        },
    }
    assert custom_attribute_codes(config) == ["cost", "ean", "label"]


@pytest.mark.parametrize(
    "content", ["{}", '{"streams":null}', '{"streams":[7]}', '{"streams":[{"tap_stream_id":"orders","metadata":null}]}']
)
def test_what_is_no_catalogue_is_refused(content: str) -> None:
    with pytest.raises(UnusableFile, match="--discover"):
        read_catalog(StringIO(content))


def test_a_catalogue_that_selects_nothing_is_said_aloud() -> None:
    reading = read("http://127.0.0.1:9", "users")
    assert reading.error is None
    assert reading.report["notes"] == ["No stream is selected, so nothing is read: select some in the catalogue."]
    assert reading.report["requests"] == 0


UNUSABLE: dict[str, tuple[str, object]] = {
    "a page without rows": ("page_size", 0),
    "a light page without rows": ("source_items_page_size", "0"),
    "no request at all": ("max_concurrency", 0),
    "a look-back into the future, which would lose rows": ("lookback_seconds", -1),
    "no time to answer": ("request_timeout", 0),
    "negative patience": ("retry_seconds", -5),
    "a negative throttle": ("throttle_seconds", -1),
    "a negative number of bad records": ("max_isolated", -1),
    "a start that is no date": ("start_date", "soon"),
    "an end that is no date": ("end_date", "2026-13-45"),
    "the number a customer sees": ("order_ids", "000000012"),
    "an order id in words": ("order_ids", ["12", "twelve"]),
    "a question that could prove nothing": ("check_product_ids", "12,13"),
    "a known product in words": ("known_product_id", "the first"),
    "an attribute code Magento cannot have": ("product_attributes", "ean-code"),
}


@pytest.mark.parametrize(("key", "value"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_value_that_cannot_be_used_is_refused_with_the_settings_name(key: str, value: object) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapMagento(config={"store_url": "http://127.0.0.1", "access_token": "x", key: value})
    (sentence,) = raised.value.errors
    assert key in sentence
