"""`optiply-sync snapshot why` of orders, row by row, and of kits."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from job.folder import JobFolder
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, sync


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, JobFolder]]:
    """A shop with one order that cannot be read, after two runs: the second reads no order again."""
    with Sandbox(products=40, orders=30) as sandbox:
        job = make_folder(tmp_path_factory.mktemp("why") / "acme", sandbox, retry_seconds=0.2)
        assert sandbox.shop is not None
        sandbox.shop.poison("orders", max(sandbox.shop.orders))
        for _ in range(2):
            sync("run", job.root, "--quiet")
        yield sandbox, job


def story(job: JobFolder, asked: object) -> dict[str, Any]:
    (found,) = json.loads(sync("snapshot", "why", job.root, asked, "--order", "--json").stdout)
    assert isinstance(found, dict)
    return found


def orders(sandbox: Sandbox) -> list[dict[str, Any]]:
    assert sandbox.shop is not None
    return [sandbox.shop.orders[key] for key in sorted(sandbox.shop.orders)]


def sent(sandbox: Sandbox, order: dict[str, Any]) -> dict[str, Any] | None:
    rows = sandbox.optiply.dump()["sellOrders"]
    return next((row for row in rows if row["remoteIdMap"].get("77") == str(order["entity_id"])), None)


def test_an_order_that_was_sent_is_told_row_by_row(lived: tuple[Sandbox, JobFolder]) -> None:
    sandbox, job = lived
    order = next(one for one in orders(sandbox) if sent(sandbox, one) and any(
        item.get("parent_item_id") for item in one["items"]
    ))  # fmt: skip
    found = story(job, order["increment_id"])
    assert found["remote_id"] == str(order["entity_id"])
    assert found["found_in"] == "asked of the shop just now", "the second run had no reason to read it"
    there = sent(sandbox, order)
    assert there is not None
    assert f"Optiply has it as {there['id']}, sent " in found["verdict"][0]
    assert [row["item_id"] for row in found["rows"]] == [str(item["item_id"]) for item in order["items"]]
    assert {"its units and money go to the rows below it"} <= {row["becomes"] for row in found["rows"]} or any(
        "sold as itself" in row["becomes"] for row in found["rows"]
    )
    lines = [row for row in sandbox.optiply.dump()["sellOrderLines"] if row["sellOrderId"] == there["id"]]
    assert sum(line["line"]["quantity"] for line in found["lines"]) == sum(line["quantity"] for line in lines)
    assert all(line["product"].startswith("in Optiply as ") for line in found["lines"])
    assert story(job, order["entity_id"]) == found, "by its id as well"


def test_an_order_whose_status_does_not_count_is_left_out_and_says_so(lived: tuple[Sandbox, JobFolder]) -> None:
    sandbox, job = lived
    order = next(one for one in orders(sandbox) if "complete" not in (one["status"], one["state"]))
    (sentence,) = story(job, order["increment_id"])["verdict"]
    assert sentence.startswith(f"It is left out: neither its status '{order['status']}'")


def test_an_order_that_cannot_be_read_says_since_when(lived: tuple[Sandbox, JobFolder]) -> None:
    sandbox, job = lived
    order = orders(sandbox)[-1]
    text = sync("snapshot", "why", job.root, order["entity_id"], "--order").output
    assert "It cannot be read since 20" in text, text
    assert "its rows are not known (not read by the last run, and the shop answers 500" in text


def test_an_order_that_waits_names_the_product_and_since_when(lived: tuple[Sandbox, JobFolder]) -> None:
    _, job = lived
    waiting = json.loads(sync("status", job.root, "--json").stdout)["reasons"]
    for row in waiting:
        if row["stream"] == "sellOrders" and row["status"] == "waiting":
            found = story(job, row["examples"][0])
            assert any(one.startswith("It is held since 20") and "product" in one for one in found["verdict"])
            return
    pytest.skip("no order waits in this shop")


def test_an_order_that_nobody_knows_is_one_sentence(lived: tuple[Sandbox, JobFolder]) -> None:
    _, job = lived
    for asked, words in (("999999999", "there is no order '999999999'"), ("x y", "there is no product 'x y'")):
        options = ["--order"] if asked.isdigit() else []
        assert words in sync("snapshot", "why", job.root, asked, *options, expected=1).output


def test_a_shop_that_is_away_leaves_what_the_store_knows(lived: tuple[Sandbox, JobFolder], tmp_path: Path) -> None:
    sandbox, job = lived
    order = next(one for one in orders(sandbox) if sent(sandbox, one))
    before = job.config.read_text(encoding="utf-8")
    away = {**json.loads(before), "store_url": "http://127.0.0.1:9"}
    job.config.write_text(json.dumps(away), encoding="utf-8")
    try:
        found = story(job, order["entity_id"])
    finally:
        job.config.write_text(before, encoding="utf-8")
    assert found["rows"] == []
    assert len(found["lines"]) > 0
    assert "Optiply has it as" in found["verdict"][0]


def test_a_kit_names_its_parts_and_a_part_its_kits(lived: tuple[Sandbox, JobFolder]) -> None:
    sandbox, job = lived
    compositions = sandbox.optiply.dump()["productCompositions"]
    assert compositions
    names = {row["id"]: row["skuCode"] for row in sandbox.optiply.dump()["products"]}
    one = compositions[0]
    kit, part = names[one["composedProductId"]], names[one["partProductId"]]
    assert "It is a fixed kit of:" in sync("snapshot", "why", job.root, kit).output
    text = sync("snapshot", "why", job.root, part).output
    assert "It is a part of these kits:" in text
    assert kit in text
    assert f"in Optiply as {one['id']}" in text
