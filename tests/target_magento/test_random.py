"""Random receipts into a shop that ships meanwhile and whose answers get lost: the stock equals the model's."""

import random
from decimal import Decimal

import pytest

from tests.target_magento.conftest import Bench

MOMENTS = (("GET", "source-items", 1), ("POST", "source-items", 1), ("GET", "source-items", 2), ("GET", "shipments", 4))


@pytest.mark.parametrize("seed", range(6))
def test_every_change_counts_once_whatever_happens(bench: Bench, seed: int):
    dice = random.Random(seed)
    skus = ("ONLY-WAREHOUSE", "PART-A", "PART-B")
    for sku in skus:
        bench.shop("write", sku, "ams", 200)
    expected = dict.fromkeys(skus, Decimal(200))
    rows: list[tuple[str, str, int]] = []
    faults = bench.shop.sandbox.faults_magento
    for turn in range(3):
        for number in range(dice.randint(1, 4)):
            sku, delta = dice.choice(skus), dice.randint(1, 20)
            rows.append((f"{turn}-{number}", sku, delta))
            expected[sku] += delta
        for _ in range(dice.randint(0, 2)):
            sku, units = dice.choice(skus), dice.randint(1, 9)
            order = bench.shop("place", {sku: units})
            method, path, nth = dice.choice(MOMENTS)
            bench.shop.at("ship", order, method=method, path=path, nth=nth)
            expected[sku] -= units
        if dice.random() < 0.6:
            faults.add({"method": "POST", "path": "source-items", "cut": dice.choice(("before", "after")), "times": 9})
        dice.shuffle(rows)
        assert bench.change(*rows, batch_size=dice.choice((1, 2, 200)), retry_time=0.05).code == 0
        faults.clear()
    assert bench.change(*rows).code == 0
    while bench.shop.sandbox.apis["magento"].moments.waiting:  # what was to be shipped and did not find its request
        bench.change(*rows, (f"last-{len(rows)}", "BACKORDER-1", 1))
        rows.append((f"last-{len(rows)}", "BACKORDER-1", 1))
    assert not bench.ledger("open", "held")
    standing = {sku: bench.shop.standing(sku) for sku in skus}
    assert {sku: found and found[0] for sku, found in standing.items()} == expected
    assert set(bench.change(*rows).count("stock_changes")) == {"existing"}
