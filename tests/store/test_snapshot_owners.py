"""One Optiply id belongs to one record, whoever claims it: outcomes, imports, a person, a store of an older version."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from etl.core.offers import read_offers
from etl.magento.adopted import take_over
from etl.magento.product_store import read_products
from store.care import Known, check_owners, count_records, forget
from store.errors import SnapshotError
from store.frames import read_records
from store.snapshot import Outcome, Snapshot
from tests.etl.old_layouts import store_of_layout

AT = "2026-01-15T08:00:00Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Snapshot]:
    with Snapshot.open(tmp_path) as snapshot:
        yield snapshot


def answer(remote_id: str, optiply_id: str | None, action: Any = "create", **values: Any) -> Outcome:
    return Outcome("products", remote_id, "answered", action, "accepted", id=optiply_id, at=AT, **values)


def apply(snapshot: Snapshot, *outcomes: Outcome) -> None:
    with snapshot.transaction():
        snapshot.apply(list(outcomes))


def rows(snapshot: Snapshot) -> dict[str, Any]:
    frames = [frame.set_index("remote_id") for frame in read_records(snapshot, "products")]
    return {remote_id: row for frame in frames for remote_id, row in frame.to_dict("index").items()}


@pytest.mark.parametrize("action", ["create", "adopt", "update", "disable"])
@pytest.mark.parametrize("together", [True, False])
def test_an_answer_that_names_the_id_of_another_record_is_a_failure(store: Snapshot, action: str, together: bool):
    outcomes = [answer("1", "77", sent={"name": "Tee"}), answer("2", "77", action, sent={"name": "Cup"})]
    for part in [outcomes] if together else [[one] for one in outcomes]:
        apply(store, *part)
    assert store.ids("products") == {"1": "77"}
    found = rows(store)["2"]
    assert (found["status"], found["acknowledged"], found["contested"]) == ("failed", None, "77")
    assert "belongs to products 1; delete the surplus object in Optiply" in found["reason"]
    assert "optiply-sync snapshot forget FOLDER products 1" in found["reason"]
    assert [(one.remote_id, one.claimed_id, one.owner) for one in check_owners(store)] == [("2", "77", "1")]
    apply(store, *outcomes)
    assert store.ids("products") == {"1": "77"}


def test_an_id_passes_on_where_its_record_gave_it_up(store: Snapshot):
    apply(store, answer("2", "77"), answer("3", "78"))
    outcomes = [answer("2", None, "delete"), answer("1", "77", "adopt"), answer("3", "79", "update")]
    for _ in range(2):
        apply(store, *outcomes)
        assert store.ids("products") == {"1": "77", "3": "79"}
    apply(store, answer("4", "78"))
    assert store.ids("products") == {"1": "77", "3": "79", "4": "78"}
    assert check_owners(store) == []


def test_the_announced_create_behind_a_failed_claim_is_over(store: Snapshot):
    apply(store, answer("1", "77"), Outcome("products", "2", "announced", "create", sent={}, at=AT))
    apply(store, answer("2", "77"))
    assert store.unanswered("products") == []


def test_another_stream_may_have_the_same_id(store: Snapshot):
    apply(store, answer("1", "77"), Outcome("sellOrders", "1", "answered", "create", "accepted", id="77", at=AT))
    assert (store.ids("products"), store.ids("sellOrders")) == ({"1": "77"}, {"1": "77"})


def test_taking_over_refuses_a_second_owner_in_the_store_and_in_the_file(store: Snapshot):
    apply(store, answer("1", "77"))
    with store.transaction():
        known = [Known("2", "77"), Known("3", "90"), Known("4", "90"), Known("1", "77"), Known("1", "77")]
        taken = take_over(store, "products", known)
    assert (len(taken.new), taken.same, taken.different) == (1, 1, ())
    assert [(one.remote_id, one.claimed_id, one.owner) for one in taken.owned] == [("2", "77", "1"), ("4", "90", "3")]
    assert store.ids("products") == {"1": "77", "3": "90"}


def test_what_was_contested_is_settled_by_an_id_of_its_own_or_by_forgetting(store: Snapshot):
    apply(store, answer("1", "77"), answer("2", "77"), answer("3", "77"))
    apply(store, answer("2", "78"))
    assert [one.remote_id for one in check_owners(store)] == ["3"]
    with store.transaction():
        assert forget(store, "products", ["3"]) == 1
    assert check_owners(store) == []


@pytest.mark.files
def test_a_store_of_an_older_layout_keeps_each_id_with_one_record_and_goes_on(tmp_path: Path):
    old = store_of_layout(tmp_path, 2)
    old.executemany(
        "INSERT INTO products (product_id, sku, sku_key, type_id, status, attributes, gone) VALUES (?,?,?,?,?,?,?)",
        [("1", "Tee", "tee", "simple", "1", None, 0), ("2", "Cup", "cup", "simple", "1", "{}", 0)],
    )
    wanted = '{"name":"Cup","status":"enabled"}'
    old.executemany(
        "INSERT INTO records (stream, remote_id, wanted, acknowledged, id, sent_at, status) VALUES (?,?,?,?,?,?,?)",
        [
            ("products", "1", wanted, wanted, "77", "2026-01-01T08:00:00Z", "accepted"),
            ("products", "2", wanted, wanted, "77", "2026-01-02T08:00:00Z", "accepted"),
            ("products", "3", wanted, wanted, "78", "2026-01-02T08:00:00Z", "accepted"),
            ("sellOrders", "10", "{}", None, "5", None, None),
            ("sellOrders", "9", "{}", "{}", "5", "2026-01-02T08:00:00Z", "accepted"),
        ],
    )
    old.executemany("INSERT INTO meta VALUES (?, ?)", [("last_gain_at:products", AT), ("last_gain_at:other", AT)])
    old.commit()
    old.close()
    with Snapshot.open(tmp_path) as store:
        assert store.ids("products") == {"2": "77", "3": "78"}, "one that was read from Magento is the owner"
        assert store.ids("sellOrders") == {"9": "5"}, "one that Optiply accepted is the owner"
        assert [(one.stream, one.remote_id, one.owner) for one in check_owners(store)] == [
            ("products", "1", "2"), ("sellOrders", "10", "9")
        ]  # fmt: skip
        assert (store.last_gain_at("products"), store.last_gain_at("other")) == (None, AT)
        parts = list(read_offers(store, "products"))
        offered = {row.remote_id: (row.id, row.changed) for part in parts for row in part.itertuples()}
        assert offered == {"1": (None, None), "2": ("77", None)}, "the owner is sent whole: the other overwrote it"
        assert count_records(store, ())[0]["refused_or_failed"] == 1
        with pytest.raises(SnapshotError, match="UNIQUE"), store.transaction():
            store.change("UPDATE records SET id = '77' WHERE remote_id = '3'")


@pytest.mark.files
def test_stock_of_an_older_layout_goes_to_the_product_it_named_else_to_the_newest_that_is_there(tmp_path: Path):
    old = store_of_layout(tmp_path, 2)
    old.executemany(
        "INSERT INTO products (product_id, sku, sku_key, gone) VALUES (?,?,?,?)",
        [("1", "MASSE", "masse", 0), ("2", "MAßE", "masse", 0), ("9", "Cup", "cup", 0), ("10", "Cup ", "cup", 0),
         ("11", "Cup", "cup", 1), ("12", None, None, 0)],
    )  # fmt: skip
    old.executemany(
        "INSERT INTO stock (sku_key, product_id, quantity) VALUES (?,?,?)",
        [("masse", "1", 11), ("cup", None, 5), ("nobody", None, 7)],
    )
    old.commit()
    old.close()
    with Snapshot.open(tmp_path) as store:
        found = next(iter(read_products(store))).set_index("product_id")["quantity"].dropna().to_dict()
        assert found == {"1": 11.0, "10": 5.0}
        keys = [row for rows in store.rows("SELECT product_id, sku_key FROM products ORDER BY 1") for row in rows]
        assert dict(keys) == {"1": "masse", "2": "maße", "9": "cup", "10": "cup", "11": "cup", "12": None}


@pytest.mark.parametrize(
    ("event", "action", "status"),
    [
        ("answered", "update", "refused"),
        ("answered", "update", "failed"),
        ("announced", "update", None),
        ("answered", "delete", "accepted"),
    ],
)
def test_what_gives_no_id_contests_none_whatever_id_it_names(store: Snapshot, event: Any, action: Any, status: Any):
    apply(store, answer("1", "77", sent={"name": "Tee"}), answer("2", "78", sent={"name": "Cup"}))
    apply(store, Outcome("products", "2", event, action, status, id="77", at=AT, reason="too long"))
    assert store.ids("products").get("1") == "77"
    assert rows(store)["2"]["contested"] is None
    assert check_owners(store) == []
