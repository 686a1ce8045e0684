"""The Magento sandbox answers writes of stock as a real Magento 2.4.7 was recorded to.

The recordings are not part of this repository: name their folder in MAGENTO_RECORDINGS to run these tests.
"""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("MAGENTO_RECORDINGS")
RECORDED = sorted(Path(FOLDER, "writeback").glob("*.json")) if FOLDER else []
pytestmark = pytest.mark.skipif(not RECORDED, reason="MAGENTO_RECORDINGS names no folder of recorded writes")
NAMES = ("si_", "transfer_", "full_transfer", "assign", "stockitem_", "async_bulk", "async_single", "no_")
# The recorded shop's goods and sources, and ours that are like them.
OURS = {
    "Configurable Product 1": "SHIRT",
    "Configurable%20Product%201": "SHIRT",
    "DIS-005": "DISABLED-1",
    "CMP-0": "PART-B",
    "spare": "old",
    '"off"': '"old"',
    "product_dynamic_1020": "MINQTY-10",
    "product_dynamic_1022": "FREE-1",
    "product_dynamic_1021": "COST-1",
}


def ours(text: str) -> str:
    for theirs, mine in OURS.items():
        text = text.replace(theirs, mine)
    return text


def is_whole(recording: Any) -> bool:
    return "in all" not in json.dumps(recording["request"]["body"])


@pytest.mark.parametrize("path", [path for path in RECORDED if path.name.startswith(NAMES)], ids=lambda path: path.stem)
def test_a_recorded_write_is_answered_in_the_same_words(own_magento, path):
    recording = json.loads(ours(path.read_text()))
    if recording["request"]["method"] == "GET" or not is_whole(recording) or "limit" in path.name:
        pytest.skip("this recording is not of a write with its whole body")
    for sku in () if path.stem == "assign" else ("MINQTY-10", "FREE-1", "COST-1"):
        for source, quantity in (("old", 100), ("ams", 5)):
            write = partial(own_magento.sandbox.selling.write, sku, source, quantity)
            own_magento.sandbox.call(write)
    right = recording["answer"].get("parameters", {}) if isinstance(recording["answer"], dict) else {}
    if isinstance(right, dict) and "resources" in right:
        own_magento.configure(missing_acl=[right["resources"]])
    if "ship_together" in path.name:
        own_magento.configure(one_source_skus=["PART-B"])
    request = recording["request"]
    body = request["body"]
    data = body if isinstance(body, str) else json.dumps(body)
    answer = own_magento.raw(request["path"], request["method"], data=data.encode())
    assert answer.status_code == recording["status"], answer.text
    compare(path.stem, answer, recording["answer"])


def compare(name: str, answer: Any, theirs: Any) -> None:
    """Compare answers; of ids, uuids and the ship-together text only the form."""
    if isinstance(theirs, str):
        assert answer.text == theirs or answer.json() == theirs
        return
    mine = answer.json()
    if "ship_together" in name:
        assert mine["errors"][0]["message"] == theirs["errors"][0]["message"]
        assert mine["message"].split('"')[:4] == theirs["message"].split('"')[:4]
    elif name.startswith("async") and answer.status_code == 202:
        assert mine.keys() == theirs.keys()
        assert [item.keys() for item in mine["request_items"]] == [item.keys() for item in theirs["request_items"]]
        assert len(mine["request_items"][0]["data_hash"]) == len(theirs["request_items"][0]["data_hash"])
    elif isinstance(theirs, int) and not isinstance(theirs, bool) and name.startswith("stockitem"):
        assert isinstance(mine, int)
    else:
        assert mine == theirs


def recorded(name: str) -> Any:
    return json.loads((Path(FOLDER or "") / "writeback" / f"{name}.json").read_text())["answer"]


def test_the_status_of_a_bulk_has_the_recorded_shape(own_magento):
    own_magento.configure(consumer=False)
    rows = [{"sku": "PART-A", "source_code": "ams", "quantity": 1, "status": 1}]
    bodies = [{"sourceItems": rows}, {"sourceItems": [{**rows[0], "source_code": "nowhere"}]}, {"sourceItems": rows}]
    posted = own_magento.raw("/rest/all/async/bulk/V1/inventory/source-items", "POST", json=bodies).json()
    uuid = posted["bulk_uuid"]
    names = {
        "async_status_before": f"bulk/{uuid}/status",
        "async_status_after": f"bulk/{uuid}/status",
        "async_detailed_status": f"bulk/{uuid}/detailed-status",
    }
    varying = ("bulk_id", "bulk_uuid", "start_time", "serialized_data", "extension_attributes")

    def still(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: still(part) for name, part in value.items() if name not in varying}
        return [still(part) for part in value] if isinstance(value, list) else value

    for name, path in names.items():
        own_magento.configure(consumer=name != "async_status_before")
        mine, theirs = own_magento.json(path), recorded(name)
        assert still(mine) == still(theirs)
        assert mine.keys() == theirs.keys()
    listed = own_magento.json("bulk", f"searchCriteria[filterGroups][0][filters][0][field]=bulk_uuid&"
                              f"searchCriteria[filterGroups][0][filters][0][value]={uuid}")
    assert still(listed["items"]) == still(recorded("async_operations_search")["items"])


def test_a_cart_has_the_recorded_shape(own_magento):
    sandbox = own_magento.sandbox
    sandbox.call(lambda: sandbox.selling.cart({"PART-A": 2}))
    fields = (
        "fields=items[id,created_at,updated_at,is_active,is_virtual,items_count,items_qty,"
        "items[item_id,sku,qty,name,product_type,price],store_id],total_count"
    )
    mine, theirs = own_magento.json("carts/search", f"searchCriteria=&{fields}"), recorded("carts_open")
    assert mine.keys() == theirs.keys()
    assert mine["items"][0].keys() == theirs["items"][0].keys()
    assert mine["items"][0]["items"][0].keys() == theirs["items"][0]["items"][0].keys()
