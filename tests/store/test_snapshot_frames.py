"""Frames into the store and out of it: what is rewritten, kept, offered, suspected and proven."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.canonical import canonical
from etl.core.offers import read_offers
from etl.magento.facts import compared
from etl.magento.product_store import (
    clear_suspicion,
    count_products,
    find_skus,
    list_products,
    mark_gone,
    read_products,
    write_products,
)
from etl.magento.stock_store import settle_missing_stock, write_stock
from etl.magento.tables import facts as shop_facts
from store.frames import find_records, read_records, write_wanted
from store.snapshot import Outcome, Snapshot

NOW = "2026-01-15T08:00:00Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Snapshot]:
    with Snapshot.open(tmp_path) as snapshot:
        snapshot.keep(shop_facts)
        yield snapshot


def facts(*ids: str, **values: Any) -> pd.DataFrame:
    skus = [f"SKU-{number}" for number in ids]
    columns = {
        "product_id": list(ids),
        "sku": skus,
        "sku_key": [sku.casefold() for sku in skus],
        "type_id": "simple",
        "status": "1",
        "attributes": '{"name":"Tee"}',
        "kit": None,
        "updated_at": "2026-01-14 08:00:00",
    }
    return pd.DataFrame({**columns, **values})


def pictures(wanted: dict[str, dict[str, Any]], **values: Any) -> pd.DataFrame:
    texts = [canonical(picture) for picture in wanted.values()]
    return pd.DataFrame({"remote_id": pd.Series(list(wanted), dtype=object), "wanted": texts, **values})


def write(snapshot: Snapshot, work: Callable[..., Any], *arguments: Any) -> Any:
    with snapshot.transaction():
        return work(snapshot, *arguments)


def products(snapshot: Snapshot, *which: Any) -> pd.DataFrame:
    with snapshot.transaction():
        frames = list(read_products(snapshot, *which))
    return pd.concat(frames, ignore_index=True).set_index("product_id") if frames else pd.DataFrame()


def offers(snapshot: Snapshot, stream: str = "products", **options: Any) -> dict[str, Any]:
    frames = list(read_offers(snapshot, stream, **options))
    return {row.remote_id: row.changed for frame in frames for row in frame.itertuples()}


def answer(snapshot: Snapshot, *outcomes: Outcome) -> None:
    with snapshot.transaction():
        snapshot.apply(list(outcomes))


def accepted(remote_id: str, sent: dict[str, Any] | None, action: Any = "create", stream: str = "products") -> Outcome:
    return Outcome(stream, remote_id, "answered", action, "accepted", id=f"9{remote_id}", sent=sent, at=NOW)


def test_equal_facts_are_not_written_again(store: Snapshot):
    assert write(store, write_products, facts("1", "2", "10")) == 3
    assert write(store, write_products, facts("10", "2", "1")) == 0
    assert write(store, write_products, facts("2", "3", status="2")) == 2


def test_only_the_columns_given_are_changed(store: Snapshot):
    write(store, write_products, facts("1", kit="[]"))
    write(store, write_products, pd.DataFrame({"product_id": ["1"], "refused": ["no name"]}))
    found = products(store).loc["1"]
    assert (found["kit"], found["refused"], found["sku"]) == ("[]", "no name", "SKU-1")


def test_a_record_that_does_not_say_what_a_bundle_is_made_of_leaves_that_as_it_is_known(store: Snapshot):
    write(store, write_products, facts("1", kit='[["a",2]]'))
    assert write(store, write_products, facts("1")) == 0
    assert products(store).loc["1", "kit"] == '[["a",2]]'


def test_products_come_with_their_stock_in_chunks_of_the_size_asked_for(store: Snapshot):
    write(store, write_products, facts("1", "2", "3"))
    stock = pd.DataFrame(
        {
            "product_id": ["1", "2"],
            "quantity": [-2.5, float("nan")],
            "manage_stock": pd.array([False, None], dtype="boolean"),
        }
    )
    assert write(store, write_stock, stock.assign(origin="salable"), "run1") == 2
    assert [len(frame) for frame in read_products(store, chunk=2)] == [2, 1]
    found = products(store)
    assert found["quantity"].isna().tolist() == [False, True, True]
    assert found.loc["1", "quantity"] == -2.5
    assert found.loc["1", "manage_stock"] is not pd.NA
    assert not found.loc["1", "manage_stock"]
    assert found.loc["3", "manage_stock"] is pd.NA
    assert found["kit"].tolist() == [None] * 3


def test_stock_that_did_not_move_is_not_written_again(store: Snapshot):
    stock = pd.DataFrame({"product_id": ["1"], "quantity": [4], "origin": ["salable"]})
    assert write(store, write_stock, stock, "run1") == 1
    assert write(store, write_stock, stock, "run2") == 0
    assert write(store, write_stock, stock.assign(quantity=5), "run3") == 1


def test_quantity_and_management_of_stock_may_come_from_different_streams(store: Snapshot):
    write(store, write_products, facts("1"))
    write(store, write_stock, pd.DataFrame({"product_id": ["1"], "quantity": [4.0]}), "run1")
    write(store, write_stock, pd.DataFrame({"product_id": ["1"], "manage_stock": [True]}), "run1")
    found = products(store).loc["1"]
    assert (found["quantity"], bool(found["manage_stock"])) == (4.0, True)


def test_only_products_whose_picture_may_have_changed_are_unsettled(store: Snapshot):
    write(store, write_products, facts("1", "2", "3", "4"))
    stock = pd.DataFrame({"product_id": ["1", "2", "3"], "quantity": [1.0, 1.0, 1.0]})
    write(store, write_stock, stock, "run1")
    write(store, write_wanted, "products", pictures({"3": {"name": "Tee"}}, held=["waiting"]), NOW)
    with store.transaction():
        write_stock(store, stock.assign(quantity=[1.0, 2.0, 1.0]), "run2")
        write_products(store, facts("1", "2", "3", "4"))
        unsettled = pd.concat(read_products(store, "unsettled"))
        asked = pd.concat(read_products(store, "unsettled", also=["1"]))
    assert unsettled["product_id"].tolist() == ["2", "3", "4"]
    assert asked["product_id"].tolist() == ["1", "2", "3", "4"]


def test_what_is_known_of_products_is_found_by_id(store: Snapshot):
    write(store, write_products, facts("1", "2"))
    write(store, write_wanted, "products", pictures({"1": {"name": "Tee"}}), NOW)
    answer(store, accepted("1", {"name": "Tee", "status": "disabled"}))
    assert products(store)[["known", "disabled_there"]].to_numpy().tolist() == [[True, True], [False, False]]
    assert count_products(store).to_numpy().tolist() == [["1", False, 2]]


def found_by_sku(snapshot: Snapshot, *skus: str) -> dict[str, tuple[str | None, bool]]:
    with snapshot.transaction():
        found = find_skus(snapshot, pd.Series(skus, dtype=object))
    return {sku: (row["product_id"], bool(row["several"])) for sku, row in found.iterrows()}


def test_a_sku_is_found_as_it_is_written_else_as_magento_compares_where_one_product_fits(store: Snapshot):
    skus = ["Tee", "tee", "Cup ", "MASSE", "MAßE", "ﬁn", " lead", "a\u00a0b", "Σας", "K"]
    ids = [str(number) for number in range(1, len(skus) + 1)]
    write(store, write_products, facts(*ids, sku=skus, sku_key=compared(pd.Series(skus, dtype=object))))
    found = found_by_sku(
        store,
        "Tee",
        "tee",
        "TEE",
        "cup",
        "CUP  ",
        "masse",
        "maße",
        "MASSE ",
        "fin",
        "lead",
        " LEAD",
        "a b",
        "ΣΑΣ",
        "\u212a",
    )
    assert found == {
        "Tee": ("1", False), "tee": ("2", False), "TEE": (None, True), "cup": ("3", False), "CUP  ": ("3", False),
        "masse": ("4", False), "maße": ("5", False), "MASSE ": ("4", False), "fin": (None, False),
        "lead": (None, False), " LEAD": ("7", False), "a b": (None, False), "ΣΑΣ": (None, False),
        "\u212a": (None, False),
    }  # fmt: skip


def test_of_products_with_one_sku_the_newest_that_is_there_is_found(store: Snapshot):
    write(store, write_products, facts("9", "10", "11", "12", sku=["A", "A", "A", "b"], sku_key=["a", "a", "a", "b"]))
    write(store, mark_gone, ["11", "12"])
    assert found_by_sku(store, "A", "a", "b", "B") == {
        "A": ("10", False), "a": (None, True), "b": ("12", False), "B": (None, False)
    }  # fmt: skip


def test_a_product_is_proven_gone_by_two_complete_listings_of_different_runs(store: Snapshot):
    write(store, write_products, facts("1", "2", "3"))
    first = write(store, list_products, ["1", "2", "99"], "run1")
    assert first.suspects["product_id"].tolist() == ["3"]
    assert first.proven.empty
    assert write(store, list_products, ["1", "2"], "run1").proven.empty
    second = write(store, list_products, ["1"], "run2")
    assert second.suspects["product_id"].tolist() == ["2"]
    assert second.proven["product_id"].tolist() == ["3"]
    assert not products(store)["gone"].any()
    assert write(store, mark_gone, second.proven["product_id"]) == 1
    assert products(store)["gone"].tolist() == [False, False, True]
    assert write(store, list_products, ["1"], "run3").proven["product_id"].tolist() == ["2"]


def test_a_product_listed_again_has_returned(store: Snapshot):
    write(store, write_products, facts("1", "2"))
    write(store, list_products, [], "run1")
    write(store, mark_gone, ["2"])
    assert write(store, list_products, ["1", "2"], "run2").returned["product_id"].tolist() == ["1", "2"]
    assert not products(store)["gone"].any()
    assert write(store, list_products, [], "run3").proven.empty


def test_a_product_read_again_is_no_suspect(store: Snapshot):
    write(store, write_products, facts("1", "2"))
    write(store, list_products, [], "run1")
    write(store, write_products, facts("1"))
    assert write(store, clear_suspicion, ["2", "99"]) == 1
    assert write(store, list_products, [], "run2").proven.empty


def test_another_answer_ends_a_suspicion_and_brings_nothing_back(store: Snapshot):
    write(store, write_products, facts("1"))
    write(store, list_products, [], "run1")
    write(store, mark_gone, ["1"])
    assert write(store, clear_suspicion, ["1"]) == 0
    assert products(store)["gone"].tolist() == [True]


def test_stock_without_a_counted_row_is_nought_after_two_complete_reads(store: Snapshot):
    write(store, write_products, facts("1", "2", "3"))
    write(store, write_stock, pd.DataFrame({"product_id": ["1", "2"], "quantity": [4.0, 5.0]}), "run1")
    assert write(store, settle_missing_stock, ["1"], "run1") == 0
    assert write(store, settle_missing_stock, ["1"], "run1") == 0
    assert products(store)["quantity"].fillna(-1).tolist() == [4.0, 5.0, -1.0]
    assert write(store, settle_missing_stock, ["1"], "run2") == 2
    assert products(store)["quantity"].tolist() == [4.0, 0.0, 0.0]
    assert write(store, settle_missing_stock, ["1"], "run3") == 0


def test_a_counted_row_ends_the_absence_of_stock(store: Snapshot):
    write(store, write_products, facts("1"))
    write(store, settle_missing_stock, [], "run1")
    write(store, write_stock, pd.DataFrame({"product_id": ["1"], "quantity": [4.0]}), "run2")
    write(store, settle_missing_stock, [], "run3")
    assert products(store)["quantity"].tolist() == [4.0]


def test_a_held_record_is_not_offered_and_keeps_the_time_it_was_first_held(store: Snapshot):
    wanted = {"1": {"name": "Tee"}}
    write(store, write_wanted, "products", pictures(wanted, held=["stock unknown"]), "2026-01-01T00:00:00Z")
    assert offers(store) == {}
    write(store, write_wanted, "products", pictures(wanted, held=["still unknown"]), NOW)
    (held,) = read_records(store, "products", "held")
    assert held[["held", "held_since"]].to_numpy().tolist() == [["still unknown", "2026-01-01T00:00:00Z"]]
    write(store, write_wanted, "products", pictures(wanted), NOW)
    assert offers(store) == {"1": None}
    assert list(read_records(store, "products", "held")) == []
    assert find_records(store, "products", ["1"])["held_since"].tolist() == [None]


def test_a_picture_that_is_the_same_is_not_written_again(store: Snapshot):
    assert write(store, write_wanted, "products", pictures({"1": {"name": "Tee"}}), NOW) == 1
    assert write(store, write_wanted, "products", pictures({"1": {"name": "Tee"}}), "2026-01-16T08:00:00Z") == 0


def test_only_absorb_writes_what_is_acknowledged(store: Snapshot):
    answer(store, accepted("1", {"name": "Tee"}))
    write(store, write_wanted, "products", pictures({"1": {"name": "Cup"}}), NOW)
    found = find_records(store, "products", ["1"]).iloc[0]
    assert (found["acknowledged"], found["wanted"], found["id"]) == ('{"name":"Tee"}', '{"name":"Cup"}', "91")


def test_a_record_is_offered_until_optiply_has_accepted_it(store: Snapshot):
    write(store, write_wanted, "products", pictures({"1": {"name": "Tee", "price": 2.5}}), NOW)
    assert offers(store) == {"1": None}
    for status in ("refused", "failed", "waiting", "unanswered"):
        answer(store, Outcome("products", "1", "answered", "create", status, at=NOW))
        assert offers(store) == {"1": None}
    answer(store, accepted("1", {"name": "Tee", "price": 2.5}))
    assert offers(store) == {}
    write(store, write_wanted, "products", pictures({"1": {"name": "Tee", "price": 3.5}}), NOW)
    assert offers(store) == {"1": ["price"]}
    answer(store, Outcome("products", "1", "answered", "update", "failed", at=NOW))
    assert offers(store) == {"1": ["price"]}


def test_an_adopted_record_is_offered_whole_once(store: Snapshot):
    write(store, write_wanted, "products", pictures({"1": {"name": "Tee"}}), NOW)
    answer(store, accepted("1", None, "adopt"))
    assert offers(store) == {"1": None}
    answer(store, accepted("1", {"name": "Tee"}, "update"))
    assert offers(store) == {}


def test_an_order_is_offered_until_optiply_has_it_and_never_again(store: Snapshot):
    write(store, write_wanted, "sellOrders", pictures({"1": {"totalValue": 5.0}, "2": {"totalValue": 6.0}}), NOW)
    assert offers(store, "sellOrders", once=True) == {"1": None, "2": None}
    answer(store, accepted("1", {"totalValue": 5.0}, stream="sellOrders"))
    answer(store, accepted("2", None, "adopt", stream="sellOrders"))
    write(store, write_wanted, "sellOrders", pictures({"1": {"totalValue": 4.0}, "2": {"totalValue": 4.0}}), NOW)
    assert offers(store, "sellOrders", once=True) == {}


def test_a_removal_is_offered_while_optiply_has_the_record(store: Snapshot):
    removal = {"1-2": {"deleted_at": NOW}, "1-3": {"deleted_at": NOW}}
    write(store, write_wanted, "productCompositions", pictures(removal), NOW)
    assert offers(store, "productCompositions") == {}
    answer(store, accepted("1-2", {"partQuantity": 2}, stream="productCompositions"))
    answer(store, Outcome("productCompositions", "1-3", "announced", "create", sent={"partQuantity": 1}, at=NOW))
    assert offers(store, "productCompositions") == {"1-2": None, "1-3": None}
    answer(store, accepted("1-2", None, "delete", "productCompositions"))
    assert offers(store, "productCompositions") == {"1-3": None}


def test_force_offers_what_is_settled_too(store: Snapshot):
    write(store, write_wanted, "products", pictures({"1": {"name": "Tee"}}), NOW)
    answer(store, accepted("1", {"name": "Tee"}))
    assert offers(store, force=True) == {"1": ["name"]}


def test_offers_come_in_chunks_and_completely(store: Snapshot):
    write(store, write_wanted, "products", pictures({str(number): {"name": "Tee"} for number in range(7)}), NOW)
    frames = list(read_offers(store, "products", chunk=3))
    assert [len(frame) for frame in frames] == [3, 3, 1]
    assert [frame["remote_id"].tolist() for frame in frames][2] == ["6"]


def test_more_rows_than_fit_a_statement_are_all_written(store: Snapshot):
    ids = [str(number) for number in range(1, 432)]
    assert write(store, write_products, facts(*ids)) == 431
    assert products(store).index.tolist() == sorted(ids)


PICTURES = st.dictionaries(
    st.sampled_from(["1", "2", "3", "4"]),
    st.dictionaries(st.sampled_from(["name", "price", "status"]), st.sampled_from([None, 1, 2.5, "x", True])),
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(PICTURES, min_size=1, max_size=3), st.data())
def test_accepting_what_is_offered_settles_it_and_failing_does_not(days: list[Any], data: st.DataObject):
    with tempfile.TemporaryDirectory() as folder, Snapshot.open(Path(folder)) as snapshot:
        wanted: dict[str, dict[str, Any]] = {}
        failed: set[str] = set()
        for day in days:
            wanted |= day
            write(snapshot, write_wanted, "products", pictures(day), NOW)
            offered = offers(snapshot)
            assert failed - set(day) <= set(offered)
            failed = {remote_id for remote_id in offered if data.draw(st.booleans())} if offered else set()
            for remote_id, names in offered.items():
                whole = wanted[remote_id]
                sent = whole if names is None else {name: whole[name] for name in names}
                status = "failed" if remote_id in failed else "accepted"
                action = "create" if names is None else "update"
                own = f"9{remote_id}"
                answer(snapshot, Outcome("products", remote_id, "answered", action, status, id=own, sent=sent, at=NOW))
            assert set(offers(snapshot)) == failed
        for frame in read_records(snapshot, "products"):
            for row in frame.itertuples():
                picture = msgspec.json.decode(row.acknowledged) if row.acknowledged else {}
                if row.remote_id not in failed:
                    assert {name: picture[name] for name in wanted[row.remote_id]} == wanted[row.remote_id]
