"""Bad input of the import: each kind has its clear answer and is counted, and nothing else of the message is lost."""

import json
from typing import Any

import pytest

from inventory.messages import MOST_BYTES
from sandbox.wms.messages import SOAP_PATH
from sandbox.wms.sender import Mishaps
from sandbox.wms.warehouse import Warehouse
from tests.job.inventory.house import House
from tests.job.shop_folder import sync


def refusals(answer: str) -> dict[str, str]:
    """Reason by SKU, as the answer names them."""
    return {row["parameters"]["sku"]: row["message"] for row in json.loads(answer)["errors"]}


def states(house: House) -> dict[str, int]:
    return house.status().states


@pytest.fixture
def good(house: House) -> str:
    return house.quiet[0]


def test_an_unknown_sku_waits_for_its_product_and_the_rest_is_written(house: House, good: str) -> None:
    house.send(1, ("NOBODY-KNOWS-IT", "4", 1), (good, "7", 1))
    done = house.process()
    assert (done["written"], done["waiting"]) == (1, 1)
    assert house.stands(good) == (7, 1)
    assert house.stands("NOBODY-KNOWS-IT") is None, "no orphan is left in the shop"
    shown = sync("inventory", "status", house.job.root).output
    assert "1 waiting" in shown
    assert "the shop has no product with this SKU; it waits for the product" in shown


def test_a_waiting_figure_is_written_once_the_product_is_there(house: House, good: str) -> None:
    product = next(row for row in house.sandbox.shop.products.values() if row["sku"] == good)
    later = f"{good}-NEW"
    house.send(1, (later, "4", 1))
    assert house.process()["waiting"] == 1

    def renamed() -> None:
        shop = house.sandbox.shop
        shop.by_sku[later.lower()] = shop.by_sku.pop(good.lower())
        product["sku"] = later
        shop.touch("products")

    house.sandbox.call(renamed)
    assert house.process()["applied"] == 1
    assert house.stands(later) == (4, 1)


def test_an_unknown_sku_can_be_refused_instead(house: House, good: str) -> None:
    house.configure(unknown_sku="refuse")
    house.send(1, ("NOBODY-KNOWS-IT", "4", 1), (good, "7", 1))
    done = house.process()
    assert (done["written"], done["dead"]) == (1, 1)
    (problem,) = house.status().problems
    assert problem.reason == "the shop has no product with this SKU; create the product and send the figure again"


def test_an_unknown_source_is_dead_with_its_name(house: House, good: str) -> None:
    house.send(1, (good, "4", 1, "nowhere"), (good, "7", 1))
    done = house.process()
    assert (done["written"], done["dead"]) == (1, 1)
    (problem,) = house.status().problems
    assert "the shop has no source 'nowhere'; create it there, or correct the code" in (problem.reason or "")
    assert house.stands(good) == (7, 1)


@pytest.mark.parametrize("quantity", ["abc", "", None, "1e99", "NaN", [7], True, "7,5"])
def test_a_quantity_that_is_no_number_costs_its_row(house: House, good: str, quantity: Any) -> None:
    other = house.quiet[1]
    answer = house.send(1, (other, quantity, 1), (good, "7", 1))
    assert json.loads(answer)["message"] == "Success - Message 1 Received"
    assert refusals(answer)[other].startswith(("qty ", "quantity "))
    assert house.process()["written"] == 1
    assert states(house) == {"applied": 1, "refused": 1}


def test_a_figure_below_nothing_becomes_0_and_says_so(house: House, good: str) -> None:
    house.send(1, (good, "-3", 1))
    house.process()
    assert house.stands(good) == (0, 0)
    assert "the sum is below 0 and negative_quantities is off, so 0 is written" in house.why(good).entries[0].reason


def test_a_figure_below_nothing_is_written_where_that_is_allowed(house: House, good: str) -> None:
    house.configure(negative_quantities=True)
    house.send(1, (good, "-3", 1), ("BACKORDER-1", "-3", 1), exported="2020-01-01T00:00:00")
    house.process()
    assert house.stands(good) == (-3, 0)
    assert house.stands("BACKORDER-1") == (-3, 1)


def test_decimals_are_cut_where_the_product_has_none_and_counted(house: House, good: str) -> None:
    house.send(1, (good, "2.7", 1), ("DECIMAL-1", "2.7", 1))
    assert house.process()["cut"] == 1
    assert (house.stands(good), house.stands("DECIMAL-1")) == ((2, 1), (2.7, 1))


def test_a_row_without_sequence_is_refused_alone(house: House, good: str) -> None:
    other = house.quiet[1]
    rows = [{"sku": other, "qty": "4", "source": "ams"}, {"sku": good, "qty": "7", "source": "ams"}]
    body = {"productQtys": rows, "productSeqs": [{"sku": good, "seq": "1"}], "messageSeqId": 1}
    answer = house.post(json.dumps(body).encode(), Accept="application/json")
    assert (answer.status_code, refusals(answer.text)) == (
        200,
        {other: "sequence is missing; give each SKU its entry in productSeqs"},
    )
    assert house.process()["written"] == 1


def test_a_message_without_any_sequence_or_number_is_not_taken(house: House, good: str) -> None:
    body = {"productQtys": [{"sku": good, "qty": "7"}], "productSeqs": [], "messageSeqId": 1}
    answer = house.post(json.dumps(body).encode())
    assert answer.status_code == 422
    assert "sequence is missing" in answer.json()["message"]
    del body["messageSeqId"]
    answer = house.post(json.dumps(body).encode())
    assert (answer.status_code, answer.json()["message"]) == (422, "Error: messageSeqId is missing.")
    assert house.status().turned_away == 2


def test_an_empty_message_is_not_taken(house: House) -> None:
    body = {"productQtys": [], "productSeqs": [], "messageSeqId": 1}
    answer = house.post(json.dumps(body).encode())
    assert answer.status_code == 422
    assert answer.json()["message"] == "Error: the message is empty: productQtys has no row."
    assert house.status().turned_away == 1


def test_a_body_over_5_mb_is_refused_and_the_next_message_taken(house: House, good: str) -> None:
    answer = house.post(b" " * (MOST_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["message"] == "The body is larger than 5,242,880 bytes; send fewer rows at once."
    house.send(1, (good, "7", 1))
    assert house.process()["written"] == 1


@pytest.mark.parametrize("token", ["Bearer wrong-token-of-somebody", "Basic dTpw", ""])
def test_a_wrong_token_is_refused_before_anything_is_read(house: House, token: str) -> None:
    answer = house.post(b"{}", Authorization=token)
    assert answer.status_code == 401
    assert answer.json()["message"] == "The token is missing or wrong; send it as 'Authorization: Bearer …'."


def test_the_same_number_with_another_content_is_refused_and_noted(house: House, good: str) -> None:
    house.send(1, (good, "7", 1))
    house.send(1, (good, "7", 1))
    answer = house.send(1, (good, "8", 2), expected=409)
    assert "its number came before with another content; give it a new number" in answer
    assert house.process()["applied"] == 1
    assert house.stands(good) == (7, 1)
    assert house.status().turned_away == 1


def test_a_product_that_keeps_no_stock_is_dead_and_the_rest_written(house: House, good: str) -> None:
    house.send(1, ("KIT-FIX", "4", 1), ("SHIRT", "4", 1), (good, "7", 1))
    done = house.process()
    assert (done["written"], done["dead"]) == (1, 2)
    reasons = {problem.sku: problem.reason for problem in house.status().problems}
    assert "bundle" in (reasons["KIT-FIX"] or "")
    assert "configurable" in (reasons["SHIRT"] or "")


def test_a_shop_without_inventory_management_takes_the_figures_of_its_one_source(house: House, good: str) -> None:
    house.sandbox.magento.settings.msi = False
    house.send(1, (good, "4", 1, "ams"), (house.quiet[1], "7", 1, "default"))
    done = house.process()
    assert (done["written"], done["dead"]) == (1, 1)
    assert house.stock_item(house.quiet[1]) == (7, True)


@pytest.mark.parametrize("soap", [None, "1.1", "1.2"])
def test_the_sender_of_a_warehouse_system_with_all_its_mishaps(house: House, soap: str | None) -> None:
    """OrderFlow's sender unchanged: doubled, swapped and lost messages, strangers, odd quantities, no sequence."""
    skus = house.quiet[:6]
    warehouse = Warehouse(house.sandbox.clock)
    warehouse.stock({sku: 10 + place for place, sku in enumerate(skus)}, "ams")
    sender = house.sender(warehouse, chunk=3, soap=soap)
    sender.mishaps = Mishaps(
        duplicate=True,
        swap=True,
        lose=True,
        empty=True,
        quantities={skus[0]: "2.7", skus[1]: "-3", skus[2]: "abc"},
        unsequenced=frozenset({skus[3]}),
        strangers=("STRANGER-1",),
    )
    replies = sender.incremental()
    assert {reply.status for reply in replies} == {200, 422, None}
    done = house.process()
    assert [house.stands(sku) for sku in skus[:2]] == [(2, 1), (0, 0)]
    assert [house.stands(sku) for sku in skus[4:]] == [(14, 1), (15, 1)]
    assert (done["applied"], done["waiting"], states(house)["refused"]) == (4, 1, 2)
    # A day later all is well at the warehouse.
    sender.mishaps = Mishaps()
    sender.full(initialise=True)
    house.process()
    assert [house.stands(sku) for sku in skus] == [(10 + place, 1) for place in range(6)]
    assert SOAP_PATH.endswith("InventoryRequestManagementV1")


def test_500_products_in_one_message_and_a_gap_in_the_numbers(house: House, good: str) -> None:
    warehouse = Warehouse(house.sandbox.clock)
    warehouse.next_record = 4_000
    warehouse.stock({**{f"STRANGER-{n}": 1 for n in range(499)}, good: 7}, "ams")
    (reply,) = house.sender(warehouse, chunk=500).full()
    assert (reply.status, reply.text) == (200, "Success - Message 1 Received")
    done = house.process()
    assert (done["applied"], done["waiting"]) == (1, 499)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty; begin the file with a line such as sku,quantity,source,sequence,last_order_exported."),
        (b"product,stock\nA,1\n", "has no column sku and no column quantity"),
        ("sku,quantity\nA,1\n".encode("utf-16"), "save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(house: House, content: bytes, words: str) -> None:
    file = house.job.root / "stock.csv"
    file.write_bytes(content)
    assert words in sync("inventory", "push", house.job.root, file, expected=1).output


def test_a_bad_line_of_a_file_costs_itself_alone(house: House, good: str) -> None:
    made = house.push(f'sku,quantity,source\n{good},7,ams\n"half,1,ams\nX,abc,ams\n,4,ams\nY,1\n')
    assert made["queued"] == 1
    assert [row["line"] for row in made["refused"]] == [3, 4, 5, 6]
    assert house.process()["written"] == 1
