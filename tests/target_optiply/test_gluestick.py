"""A data.singer that gluestick 3.0.21 `to_singer` wrote (kept in data/) loads unchanged.

Its habits: PascalCase and snake_case stream names, nulls dropped, whole numbers as floats, microseconds, lists as JSON
text, `externalId` as key, and `STATE {}` after each stream.
"""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "gluestick.singer"


def messages() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.read_text().splitlines()]


def by_remote_id(bench: Any, remote_id: str) -> dict[str, Any]:
    (found,) = [row for row in bench.objects("products") if row["remoteIdMap"] == {"77": remote_id}]
    return dict(found)


def test_every_record_arrives_with_its_values(bench: Any) -> None:
    run = bench.run(messages())
    assert (run.code, run.stdout) == (0, "")
    assert run.results["summary"] == {
        name: {"success": count, "fail": 0, "existing": 0, "updated": 0}
        for name, count in (
            ("Products", 3),
            ("Suppliers", 1),
            ("supplier_products", 1),
            ("SellOrders", 2),
            ("BuyOrders", 1),
        )
    }
    chair, table = by_remote_id(bench, "101"), by_remote_id(bench, "102")
    assert (chair["createdAtRemote"], chair["minimumStock"]) == ("2025-05-01T08:00:00Z", 1)
    assert (table["price"], table["remoteIdMap"]) == (None, {"77": "102"})
    (line,) = bench.objects("buyOrderLines")
    assert (line["productId"], line["quantity"]) == (chair["id"], 2)


def test_a_dropped_null_leaves_what_optiply_has(bench: Any) -> None:
    bench.run(messages())
    without_price = messages()
    del without_price[1]["record"]["price"]
    bench.run(without_price)
    assert by_remote_id(bench, "101")["price"] == "12.50"


def test_loading_it_twice_sends_nothing_the_second_time(bench: Any) -> None:
    bench.run(messages())
    bench.forget_requests()
    bench.run(messages())
    assert bench.writes() == {}
