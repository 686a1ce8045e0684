"""The Magento sandbox answers writes of stock as a real Magento 2.4.7 was recorded to.

The recordings are not part of this repository: name their folder in MAGENTO_RECORDINGS to run these tests.
"""

import json
import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.contract.shape import Shape, differences

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


def is_replayed(path: Path) -> bool:
    """Whether a recording is of a write with its whole body."""
    recording = json.loads(path.read_text())
    whole = "in all" not in json.dumps(recording["request"]["body"])
    writes = path.name.startswith(NAMES) and recording["request"]["method"] != "GET"
    return writes and whole and "limit" not in path.name


REPLAYED = [path for path in RECORDED if is_replayed(path)]


@pytest.mark.parametrize("path", REPLAYED, ids=lambda path: path.stem)
def test_a_recorded_write_is_answered_in_the_same_words(own_magento, path):
    recording = json.loads(ours(path.read_text()))
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


def asked(name: str) -> Any:
    return json.loads((Path(FOLDER or "") / "writeback" / f"{name}.json").read_text())


# Recordings that are compared by a test of their own, below and above.
BULKS = {"async_status_before", "async_status_after", "async_detailed_status", "async_operations_search"}
REFUSED = ("carts_field_not_filterable", "async_bulk_unknown_uuid", "async_count_complete")
LISTED = ("orders_unsent", "order_items_unshipped", "si_read_back", "store_configs_inventory")
LIMITS = {
    **{f"si_limit_on_{number}": {"input_limit": True} for number in (20, 100, 300, 1000)},
    "si_array_limit_100_n100": {"array_limit": 100},
    "si_array_limit_100_n101": {"array_limit": 100},
    "transfer_array_limit_101": {"array_limit": 100},
    "async_limit_on_30x10": {"input_limit": True},
    "async_array_limit_100_101ops": {"array_limit": 100},
    "async_array_limit_100_op101": {"array_limit": 100},
}
NOT_HERE = {
    "product_put_stock_item": "no program of ours writes a whole product",
    "si_odd_sku": "its SKUs are of the recorded shop, and the fifth was not kept",
    "unassign": "no program of ours takes a source from a product",
    "race_if_match_header_ignored": "says only that a header does nothing",
    "ship_after_receipt": "needs an order of its own: see the tests of selling",
    "ship_more_than_source": "needs an order of its own: see the tests of selling",
}


def test_every_recorded_write_is_compared_or_left_out_for_a_reason() -> None:
    own = {"carts_open", *BULKS, *REFUSED, *LISTED, *LIMITS, *NOT_HERE}
    assert {path.stem for path in RECORDED} == own | {path.stem for path in REPLAYED}


def test_limits_of_lists_in_a_body_are_the_recorded_ones(own_magento):
    """With the recorded number of rows; a shop's limit of search pages does not count for what is written."""
    for name, settings in LIMITS.items():
        recording = asked(name)
        body, text = recording["request"]["body"], json.dumps(recording["request"]["body"])
        spelled = re.search(r"\.\.\. (\d+) in all", text)
        if isinstance(body, list):
            rows = [{"sku": "PART-A", "source_code": "ams", "quantity": 9, "status": 1}]
            sizes = [len(part["sourceItems"]) for part in body if isinstance(part, dict)]
            count = int(spelled[1]) if spelled else len(body)
            sizes += sizes[:1] * (count - len(sizes))
            data: Any = [{"sourceItems": rows * size} for size in sizes]
        else:
            (key,) = [key for key, value in body.items() if isinstance(value, list)]
            count = int(spelled[1]) if spelled else len(body[key])
            row = {**body[key][0], "sku": "PART-A"} | ({"source_code": "ams"} if "source_code" in body[key][0] else {})
            data = {**body, key: [row] * count}
        own_magento.configure(input_limit=False, array_limit=0)
        own_magento.configure(**settings)
        answer = own_magento.raw(recording["request"]["path"], "POST", json=data)
        assert answer.status_code == recording["status"], (name, answer.text[:300])
        if answer.status_code != 202:
            assert answer.json() == recording["answer"], name


@pytest.mark.parametrize("name", REFUSED)
def test_a_recorded_refusal_of_a_reading_is_answered_in_the_same_words(own_magento, name):
    recording = asked(name)
    answer = own_magento.raw(recording["request"]["path"])
    assert answer.status_code == recording["status"]
    mine, theirs = answer.json(), recording["answer"]
    assert mine["message"].split("webapi-")[0] == theirs["message"].split("webapi-")[0]
    assert mine.get("parameters") == theirs.get("parameters")


@pytest.mark.parametrize("name", LISTED)
def test_a_recorded_reading_beside_the_writes_has_the_shape_of_ours(own_magento, name):
    sandbox = own_magento.sandbox
    if name == "orders_unsent":
        sandbox.call(lambda: sandbox.selling.place({"PART-A": 2}))
    recording = asked(name)
    path = recording["request"]["path"].replace("product_dynamic_1000", "PART-A")
    path = re.sub(r"product_dynamic_\d+", "PART-B", path)
    mine, theirs = own_magento.raw(path).json(), recording["answer"]
    assert mine["items"] if isinstance(mine, dict) else mine
    found = dict(differences(Shape([mine]), Shape([theirs])))
    found.pop(".items[].parent_item_id", None)  # 0 in lines that a generator wrote, absent in those of a checkout
    assert found == {}
