"""Mistakes in a config: each message names the file, the key, what was expected and the nearest valid key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from job.folder import FolderError, JobFolder
from job.settings import check_settings

ROOT = Path(__file__).resolve().parent.parent.parent
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
        ('{"store_url": "https://a.example",}', ["line 1", "is not JSON"]),
        ('{"page_size": 1, "page_size": 2}', ["'page_size' is there twice"]),
        ("[]", ["a JSON object", "list"]),
        ("{'store_url': 1}", ["line 1", "is not JSON"]),
    ],
)
def test_a_file_that_is_no_json_object_is_named_with_the_place(tmp_path: Path, text: str, words: list[str]) -> None:
    found = complaint(tmp_path, text, TARGET)
    for word in [str(tmp_path / "config.json"), *words]:
        assert word in found


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    job = folder(tmp_path, CONFIG, TARGET)
    job.config.write_bytes('{"store_url": "https://é.example"}'.encode("latin-1"))
    with pytest.raises(FolderError, match="not UTF-8"):
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
