"""Products that a complete listing lacks, which the shop is then asked for by id: which, and whether at all."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.flows import load_config
from etl.magento.flags import FlowConfig
from etl.magento.suspects import Suspects, find_suspects
from store.snapshot import Snapshot
from tests.etl.test_fine_branches import Shop, virtual
from tests.oracle.flow import Reading
from tests.oracle.magento_rows import listing
from tests.oracle.singer_lines import lines
from tests.oracle.worlds import FIRST_DAY


class Listed:
    """A folder whose store knows some products, and what a listing beside it says."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder / "job")
        self.output = folder / "tap.singer"

    def know(self, *numbers: int, disabled: tuple[int, ...] = ()) -> None:
        self.shop.offer(products=[*virtual(*numbers), *virtual(*disabled, status=2)])

    def find(
        self, *rows: dict[str, Any], complete: bool = True, others: tuple[int, ...] = (), **flags: Any
    ) -> Suspects | None:
        """Of a listing with these rows; `others` are the ids of products that were read in full."""
        read = {"products": virtual(*others), "product_ids": list(rows)}
        marks = frozenset({"product_ids"} if complete else ())
        self.output.write_text(lines(Reading(read, marks, FIRST_DAY + timedelta(days=1)), "f" * 32), encoding="utf-8")
        config, _ = load_config(flags)
        with self.shop.snapshot() as snapshot:
            return find_suspects(self.output, snapshot, config)


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    return Listed(tmp_path)


def ids(*numbers: int) -> list[dict[str, Any]]:
    return listing(*virtual(*numbers))


def test_what_a_complete_listing_lacks_is_asked_for_beside_one_that_it_has(listed: Listed) -> None:
    listed.know(2, 3, 4, 9, 10)
    assert listed.find(*ids(10, 9, 3)) == Suspects(("2", "4"), "3", True)


def test_nothing_is_asked_where_none_is_missing(listed: Listed) -> None:
    listed.know(2, 3)
    assert listed.find(*ids(2, 3, 4)) is None


def test_a_store_without_products_asks_for_none_and_opens_no_listing(listed: Listed, tmp_path: Path) -> None:
    listed.know()
    config, _ = load_config({})
    with listed.shop.snapshot() as snapshot:
        assert find_suspects(tmp_path / "not there", snapshot, config) is None


@pytest.mark.parametrize("flags", [{"sync_product_deletions": False}, {"not_sync_entities": ["products"]}], ids=str)
def test_nothing_is_asked_where_deletions_or_products_are_not_synced(listed: Listed, flags: dict[str, Any]) -> None:
    listed.know(2, 3)
    assert listed.find(*ids(2), **flags) is None


def test_an_incomplete_listing_proves_nothing(listed: Listed) -> None:
    listed.know(2, 3)
    assert listed.find(*ids(2), complete=False) is None


def test_only_rows_of_the_listing_count(listed: Listed) -> None:
    listed.know(2, 3)
    assert listed.find(*ids(2), others=(3,)) == Suspects(("3",), "2", True)


def test_an_empty_listing_lacks_every_product_and_is_no_proof_of_one(listed: Listed) -> None:
    listed.know(2, 3)
    assert listed.find() == Suspects(("2", "3"), "", False)
    with listed.shop.snapshot() as snapshot:
        allowed = find_suspects(listed.output, snapshot, FlowConfig().allowing(2))
    assert allowed is None, "two listings settle what a person allows"


def test_a_row_that_could_not_be_read_is_there_and_is_no_proof_for_others(listed: Listed) -> None:
    """The tap puts out its id alone; the known product of the question must be one that can be read."""
    listed.know(2, 3, 4)
    assert listed.find({"id": 2}, *ids(4)) == Suspects(("3",), "4", True)
    assert listed.find({"id": 2}) == Suspects(("3", "4"), "", False), "nor does a listing without a readable row"


@pytest.mark.parametrize("row", [{"sku": "A"}, {"id": ["a"]}, {"id": "0"}], ids=str)
def test_a_listing_with_a_row_that_could_be_anybody_proves_nothing(listed: Listed, row: dict[str, Any]) -> None:
    listed.know(2, 3)
    assert listed.find(*ids(2), row) is None


def test_a_file_that_is_not_of_a_tap_proves_nothing(listed: Listed) -> None:
    listed.know(2, 3)
    listed.find(*ids(2))
    text = listed.output.read_text(encoding="utf-8")
    listed.output.write_text(text + json.dumps({"type": "BATCH", "stream": "product_ids"}) + "\n", encoding="utf-8")
    config, _ = load_config({})
    with listed.shop.snapshot() as snapshot:
        assert find_suspects(listed.output, snapshot, config) is None


def test_ids_of_another_make_are_left_to_two_listings(listed: Listed) -> None:
    """Taken over from another flow, a record may have any text as its id."""
    listed.know(2, 3, 4, 5)
    with listed.shop.snapshot() as snapshot, snapshot.transaction():
        for number, odd in (("4", "SKU-9"), ("5", "٣")):
            assert snapshot.change("UPDATE products SET product_id = ? WHERE product_id = ?", odd, number) == 1
    assert listed.find(*ids(2)) == Suspects(("3",), "2", True)


def test_products_that_are_disabled_already_use_up_none_of_the_limit(listed: Listed) -> None:
    """Five enabled ones may go at once, or the share of those that are enabled."""
    listed.know(1, 2, 3, 4, 5, 6, disabled=(7, 8, 9))
    assert listed.find(*ids(6)) == Suspects(("1", "2", "3", "4", "5", "7", "8", "9"), "6", True)
    listed.know(10)
    assert listed.find(*ids(10)) == Suspects(("1", "2", "3", "4", "5", "6", "7", "8", "9"), "10", False)
    assert listed.find(*ids(10), max_disable_share=0.9) == Suspects(
        ("1", "2", "3", "4", "5", "6", "7", "8", "9"), "10", True
    )
    assert listed.find(*ids(10), max_disable_share=0.7).within_limit is False  # type: ignore[union-attr]


def test_the_store_can_be_one_that_no_run_has_seen(tmp_path: Path) -> None:
    config, _ = load_config({})
    with Snapshot.open(tmp_path / "snapshots") as snapshot:
        assert find_suspects(tmp_path / "not there", snapshot, config) is None
