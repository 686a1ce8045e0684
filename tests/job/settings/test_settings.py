"""Mistakes in a config: each message names the file, the key, what was expected and the nearest valid key."""

import json
from pathlib import Path
from typing import Any

import pytest

from job.doctor.command import examine
from job.folder import FolderError, JobFolder
from job.settings.check import check_settings

ROOT = Path(__file__).resolve().parents[3]
CONFIG = {"store_url": "https://shop.example.com", "access_token": "t0ken-in-the-file"}
TARGET = {
    "username": "user", "password": "passw0rd", "client_id": "client", "client_secret": "s3cret", "account_id": 1380,
}  # fmt: skip


def folder(tmp_path: Path, config: dict[str, Any] | str, target: dict[str, Any] | str) -> JobFolder:
    for name, content in (("config.json", config), ("target-config.json", target)):
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return JobFolder(tmp_path)


def complaint(tmp_path: Path, config: dict[str, Any] | str, target: dict[str, Any] | str) -> str:
    with pytest.raises(FolderError) as raised:
        check_settings(folder(tmp_path, config, target))
    return str(raised.value)


def test_a_correct_pair_of_files_is_accepted(tmp_path: Path) -> None:
    check_settings(folder(tmp_path, {**CONFIG, "$schema": "schemas/config.schema.json", "schedule": "small"}, TARGET))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"store_ulr": "x"}, ["'store_ulr'", "not a known setting", "did you mean 'store_url'"]),
        ({"pull_all_orders": True}, ["'pull_all_orders'", "did you mean 'pullAllOrders'"]),
        ({"Page-Size": 100}, ["'Page-Size'", "did you mean 'page_size'"]),
        ({"use_inventory_source_item": True}, ["did you mean 'use_inventory_source_items'"]),
        ({"account_id": 1380}, ["'account_id'", "belongs in target-config.json"]),
        ({"qqq": 1}, ["'qqq'", "remove it"]),
        ({"page_size": "many"}, ["'page_size' is \"many\"", "not a whole number, such as 300"]),
        ({"page_size": 0}, ["'page_size' is 0", "at least 1"]),
        ({"page_size": True}, ["'page_size' is true", "a whole number"]),
        ({"use_salable_quantity": "no"}, ["'use_salable_quantity' is \"no\"", "true or false"]),
        ({"order_lines": "count"}, ["'order_lines' is", "'counted' or 'as_listed'", "did you mean 'counted'"]),
        ({"stock_reading": "sku"}, ["'stock_reading'", "'per_sku' or 'bulk' or 'auto'", "did you mean 'per_sku'"]),
        ({"max_disable_share": 5}, ["'max_disable_share' is 5", "at most 1"]),
        ({"warehouse_ids": [1]}, ["'warehouse_ids'", "holds 1", "a list of text"]),
        ({"warehouse_ids": ["ams"]}, ["warehouse_ids", "use_inventory_source_items"]),
        ({"start_date": "31-01-2025"}, ["'start_date' is \"31-01-2025\"", "a date like 2025-01-31"]),
        ({"store_url": "shop.example.com"}, ["'store_url' is \"shop.example.com\"", "a web address with https://"]),
        ({"access_token": "REPLACE-WITH-THE-TOKEN"}, ["'access_token'", "placeholder"]),
        ({"access_token": 12}, ["'access_token' is not text in double quotes"]),
        ({"access_token": ""}, ["no login for the shop", "'access_token'"]),
        ({"use_oauth": True}, ["use_oauth needs", "consumer_key", "oauth_token_secret"]),
        ({"not_sync_entities": ["sellOrder"]}, ["not_sync_entities", "sellOrders"]),
        ({"custom_mappings": {"price": 3}}, ["custom_mappings", "price"]),
        ({"pullAllOrders": True, "order_statuses": ["complete"]}, ["pullAllOrders", "order_statuses"]),
        ({"snapshot_dir": "/elsewhere"}, ["'snapshot_dir'", "keeps the store in the folder's snapshots"]),
        ({"schedule": "hourly"}, ["'schedule' is \"hourly\"", "'small' or 'medium' or 'large'"]),
        ({"inventry": {}}, ["'inventry' is not a known setting", "did you mean 'inventory'"]),
        ({"inventory": 3}, ["'inventory' is 3", "an object"]),
        ({"inventory": {"figur": "available"}}, ["'inventory.figur' is not a known", "did you mean 'figure'"]),
        ({"inventory": {"qqq": 1}}, ["'inventory.qqq'", "the known ones are figure, adjust"]),
        ({"inventory": {"figure": "onhand"}}, ["'inventory.figure' is", "did you mean 'on_hand'"]),
        ({"inventory": {"adjust": True}}, ["'inventory.adjust' is true", "'no' or 'unsent_orders' or"]),
        ({"inventory": {"batch_size": 5000}}, ["'inventory.batch_size' is 5000", "at most 1000"]),
        ({"inventory": {"audit_days": "90"}}, ["'inventory.audit_days' is \"90\"", "a whole number, such as 90"]),
        ({"inventory": {"unsent_order_cutoff_days": 0}}, ["'inventory.unsent_order_cutoff_days'", "at least 1"]),
        ({"inventory": {"negative_quantities": "no"}}, ["'inventory.negative_quantities'", "true or false"]),
        ({"inventory": {"unsent_order_statuses": []}}, ["neither all nor none", "set 'adjust' to \"no\" for none"]),
        ({"inventory": {"unsent_order_statuses": [7]}}, ["'inventory.unsent_order_statuses'", "a list of text"]),
        ({"inventory": {"default_source": ""}}, ["'inventory.default_source'", "is empty"]),
    ],
)  # fmt: skip
def test_a_mistake_in_config_json_is_named_with_its_remedy(
    tmp_path: Path, wrong: dict[str, Any], words: list[str]
) -> None:
    text = complaint(tmp_path, {**CONFIG, **wrong}, TARGET)
    for word in [str(tmp_path / "config.json"), *words]:
        assert word in text
    assert "t0ken-in-the-file" not in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"acount_id": 1}, ["'acount_id'", "did you mean 'account_id'"]),
        ({"store_url": "https://shop.example.com"}, ["'store_url'", "belongs in config.json"]),
        ({"adopt": "sometimes"}, ["'adopt' is \"sometimes\"", "'auto' or 'always' or 'never'"]),
        ({"api_url": "api.optiply.com/v1"}, ["'api_url'", 'such as "https://api.optiply.com/v1"']),
        ({"password": None}, ["password missing", "client_secret"]),
        ({"unanswered_wait": -1}, ["'unanswered_wait' is -1", "at least 0"]),
        ({"account_id": [1]}, ["'account_id' is [1]", "text in double quotes or a whole number"]),
    ],
)
def test_a_mistake_in_target_config_json_is_named_with_its_remedy(
    tmp_path: Path, wrong: dict[str, Any], words: list[str]
) -> None:
    text = complaint(tmp_path, CONFIG, {**TARGET, **wrong})
    for word in [str(tmp_path / "target-config.json"), *words]:
        assert word in text
    assert "passw0rd" not in text
    assert "s3cret" not in text


def test_a_missing_setting_is_named_with_an_example(tmp_path: Path) -> None:
    text = complaint(tmp_path, {"access_token": "x"}, {key: TARGET[key] for key in TARGET if key != "account_id"})
    assert "'store_url' is missing; expected a web address" in text
    assert "'account_id' is missing" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"store_url": "https://a.example",}', ["line 1", "is not valid JSON"]),
        ('{"page_size": 1, "page_size": 2}', ["the key 'page_size' twice"]),
        ("[]", ["a JSON object", "list"]),
        ("{'store_url': 1}", ["line 1", "is not valid JSON"]),
    ],
)
def test_a_file_that_is_no_json_object_is_named_with_the_place(tmp_path: Path, text: str, words: list[str]) -> None:
    found = complaint(tmp_path, text, TARGET)
    for word in [str(tmp_path / "config.json"), *words]:
        assert word in found


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    job = folder(tmp_path, CONFIG, TARGET)
    job.config.write_bytes('{"store_url": "https://é.example"}'.encode("latin-1"))
    with pytest.raises(FolderError, match="not written in UTF-8"):
        check_settings(job)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    job = folder(tmp_path, CONFIG, TARGET)
    job.config.write_bytes(b"\xef\xbb\xbf" + json.dumps(CONFIG).encode())
    check_settings(job)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = complaint(tmp_path, {**CONFIG, "page_size": "x", "qqq": 1}, {**TARGET, "adopt": "x"})
    assert len(text.splitlines()) == 3


def test_the_demo_and_the_example_are_complete_but_for_their_placeholders(tmp_path: Path) -> None:
    for name in ("config.json", "target-config.json"):
        example = json.loads((ROOT / "configs" / "example" / name).read_text(encoding="utf-8"))
        (tmp_path / name).write_text(json.dumps(example), encoding="utf-8")
    with pytest.raises(FolderError) as raised:
        check_settings(JobFolder(tmp_path))
    assert all("placeholder" in line for line in str(raised.value).splitlines()), str(raised.value)


STREAMS = {"streams": [{"tap_stream_id": "orders", "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}]}]}
STATE = {"bookmarks": {"orders": {"replication_key": "updated_at", "replication_key_value": "2026-01-31 08:00:00"}}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"streams": [}', ["line 1, column 14", "is not valid JSON"]),
        ({"stream": []}, ["'streams' is missing", "'stream' is there, did you mean 'streams'?"]),
        ({"streams": [{"name": "orders"}]}, ["entry 1 of 'streams'", "no 'tap_stream_id'"]),
        ({"streams": [{"tap_stream_id": "order"}]}, ["'order'", "not a stream of the tap", "did you mean 'orders'?"]),
        ({"streams": [{"tap_stream_id": "Source-Items"}]}, ["did you mean 'source_items'?"]),
        (
            {"streams": [{"tap_stream_id": "orders", "metadata": [{"metadata": {"selected": "yes"}}]}]},
            ["'selected' of 'orders' is \"yes\"", "true or false"],
        ),
        ({"streams": [{"tap_stream_id": "orders", "metadata": {}}]}, ["'metadata' of 'orders'", "a list of objects"]),
    ],
)
def test_a_mistake_in_the_catalogue_is_named_with_its_remedy(tmp_path: Path, content: Any, words: list[str]) -> None:
    other_file(tmp_path, "catalog-selected.json", content, words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"bookmarks": {}', ["line 1", "is not valid JSON"]),
        ([], ["a JSON object", "list"]),
        ({"bookmark": {}}, ["'bookmarks' is missing", "'bookmark' is there, did you mean 'bookmarks'?"]),
        ({"bookmarks": ["orders"]}, ["'bookmarks' is [\"orders\"]", "an object with one entry per stream"]),
        ({"bookmarks": {"orders": "2026-01-31"}}, ["the bookmark of 'orders' is \"2026-01-31\"", "an object"]),
        (
            {"bookmarks": {"orders": {"replication_key_value": "31-01-2026"}}},
            ["'replication_key_value' of 'orders' is \"31-01-2026\"", "2026-01-31 08:00:00"],
        ),
        ({"singer_state": "x"}, ["it is not an object with 'bookmarks'"]),
    ],
)
def test_a_mistake_in_the_state_is_named_with_its_remedy(tmp_path: Path, content: Any, words: list[str]) -> None:
    other_file(tmp_path, "state.json", content, words)


def other_file(tmp_path: Path, name: str, content: Any, words: list[str]) -> None:
    """The file with this content is complained about with its path and these words."""
    (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    text = complaint(tmp_path, CONFIG, TARGET)
    for word in [str(tmp_path / name), *words]:
        assert word in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("entity,optiply_field", "entity,field", ["must start with the columns entity, optiply_field", "found"]),
        ("products,name,name,text_cut_255", "products,name,name,text255", ["line 3", "'text255'", "text_255"]),
        ("products,skuCode", "products,sku_code", ["line 4", "'sku_code' is not a known Optiply field", "skuCode"]),
        ("products,skuCode", "product,skuCode", ["line 4", "'product' is not a known entity", "products"]),
        ("products,price,price,money,no", "products,price,price,money,maybe", ["line 6", "'maybe' is not a known"]),
        ("products,price,price", "products,name,price", ["line 6", "products.name is mapped twice"]),
    ],
)
def test_a_mistake_in_the_field_map_is_named_with_line_and_near_words(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    table = (ROOT / "configs" / "field_maps" / "magento.csv").read_text(encoding="utf-8")
    assert old in table
    (tmp_path / "configs").mkdir()
    own = tmp_path / "configs" / "field_map.csv"
    own.write_text(table.replace(old, new, 1), encoding="utf-8")
    text = complaint(tmp_path, CONFIG, TARGET)
    for word in [str(own), *words]:
        assert word in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"field_map": "my_map.csv"}, ["'field_map' is \"my_map.csv\"", "does not exist"]),
        ({"custom_mappings": {"prize": "custom_attributes.cost"}}, ["'prize' is not a known Optiply", "price"]),
        ({"custom_mappings": {"price": {"magento_field": "price", "conversion": "mony"}}}, ["'mony'", "money"]),
    ],
)
def test_a_mistake_about_the_field_map_in_config_json_is_named(
    tmp_path: Path, wrong: dict[str, Any], words: list[str]
) -> None:
    text = complaint(tmp_path, {**CONFIG, **wrong}, TARGET)
    for word in [str(tmp_path / "config.json"), *words]:
        assert word in text


def test_correct_other_files_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "catalog-selected.json").write_text(json.dumps(STREAMS), encoding="utf-8")
    for state in (STATE, {"singer_state": STATE}, {}, {"bookmarks": {"source_items": {"complete": True}}}):
        (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
        check_settings(folder(tmp_path, {**CONFIG, "custom_mappings": {"price": "custom_attributes.cost"}}, TARGET))


def test_doctor_names_a_mistake_in_another_file_and_asks_nobody(tmp_path: Path) -> None:
    job = folder(tmp_path, {**CONFIG, "store_url": "http://127.0.0.1:1"}, TARGET)
    job.state.write_text('{"bookmark": {}}', encoding="utf-8")
    found = list(examine(job, quick=True))
    assert [finding.check for finding in found if finding.state == "fail"] == ["files"]
    assert "did you mean 'bookmarks'?" in found[-1].says
