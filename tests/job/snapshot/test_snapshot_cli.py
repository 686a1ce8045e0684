"""The commands on the store: counting, explaining, importing, exporting, adopting, forgetting."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from connector.canonical import canonical
from connector.errors import ProgramError
from etl.core.offers import read_offers
from etl.magento.product_store import list_products, mark_gone, write_products
from etl.magento.stock_store import write_stock
from etl.magento.tables import facts
from job.folder import FolderError
from job.snapshot.command import snapshot
from store.frames import write_wanted
from store.hotglue import identifier
from store.snapshot import Outcome, Snapshot, SnapshotLocked, lock

NOW = "2026-01-15T08:00:00Z"
TEE = {"name": "Tee [red]", "price": 12.5, "skuCode": "TEE-RED", "status": "enabled", "stockLevel": 14}
Command = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir()
    return tmp_path / "job"


@pytest.fixture
def command(folder: Path) -> Command:
    def run(name: str, *arguments: object) -> Result:
        result = CliRunner().invoke(snapshot, [name, str(folder), *map(str, arguments)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def shop(folder: Path) -> Path:
    """One product that Optiply has with another stock, one that waits, one order."""
    with Snapshot.open(folder / "snapshots") as store, store.transaction():
        store.keep(facts)
        attributes = canonical({"name": "Tee [red]", "price": "12.50", "custom_attributes": {"ean": "871"}})
        write_products(
            store,
            pd.DataFrame(
                {"product_id": ["12", "13"], "sku": ["TEE-RED", "Cup"], "sku_key": ["tee-red", "cup"],
                 "type_id": "simple", "status": "1", "attributes": attributes, "updated_at": NOW}
            ),
        )  # fmt: skip
        stock = {"product_id": ["12"], "quantity": [14.0], "manage_stock": [True], "origin": ["source_items"]}
        write_stock(store, pd.DataFrame(stock), "run1")
        wanted = {"remote_id": ["12", "13"], "wanted": [canonical(TEE), "{}"], "held": [None, "waiting: stock unknown"]}
        write_wanted(store, "products", pd.DataFrame(wanted), NOW)
        order = {"remote_id": ["900"], "wanted": [canonical({"orderLines": [{"quantity": 1}], "totalValue": 12.5})]}
        write_wanted(store, "sellOrders", pd.DataFrame(order), NOW)
        sent = {**TEE, "stockLevel": 9}
        accepted = Outcome("products", "12", "answered", "create", "accepted", id="77", sent=sent, at=NOW)
        sold = Outcome("sellOrders", "900", "answered", "create", "accepted", id="88", sent={"orderLines": [1]}, at=NOW)
        store.apply([accepted, sold])
        store.set_state({"bookmarks": {"products": {"replication_key_value": "2026-01-14 09:00:00"}}})
    return folder


def ids(folder: Path, stream: str = "products") -> dict[str, str]:
    with Snapshot.open(folder / "snapshots") as store:
        return store.ids(stream)


def test_show_counts_what_is_wanted_and_what_optiply_has(shop: Path, command: Command):
    found = json.loads(command("show", "--json").output)
    products, orders = found["streams"]
    assert products == {
        "stream": "products", "wanted": 2, "acknowledged": 1, "with_id": 1, "differing": 1, "held": 1,
        "unanswered": 0, "refused_or_failed": 0, "last_answer_at": NOW,
    }  # fmt: skip
    assert (orders["stream"], orders["differing"]) == ("sellOrders", 0)
    assert found["state"]["bookmarks"]["products"]
    text = command("show").output
    assert "sellOrders" in text
    assert "Built from products read up to 2026-01-14 09:00:00." in text


def test_show_of_a_folder_without_a_store_says_so_and_makes_none(folder: Path, command: Command):
    with pytest.raises(FolderError, match="there is no snapshot yet"):
        command("show")
    assert list(folder.iterdir()) == []


def test_why_explains_every_field(shop: Path, command: Command):
    (story,) = json.loads(command("why", " tee-RED ", "--json").output)
    fields = {item["field"]: item for item in story["fields"]}
    stock = fields["stockLevel"]
    assert (stock["magento_field"], stock["magento_value"], stock["rule"]) == ("stock:quantity", 14.0, "stock_units")
    assert (stock["wanted"], stock["accepted"], stock["settled"]) == (14, 9, False)
    assert fields["name"]["settled"]
    assert fields["price"]["magento_value"] == "12.50"
    assert (fields["remoteId"]["wanted"], fields["remoteId"]["settled"]) == ("12", True)
    assert fields["stockLevel"]["why"]
    assert story["record"]["id"] == "77"


def test_why_speaks_to_people(shop: Path, command: Command):
    text = command("why", "TEE-RED").output
    for part in ("Optiply has it as 77", "Tee [red]", "14 units from source_items", "Last answer: accepted", "differs"):
        assert part in text
    text = command("why", "13").output
    assert "It is held since 2026-01-15T08:00:00Z: waiting: stock unknown." in text
    assert "Optiply is not known to have it." in text
    assert "No stock row was ever read for it." in text


def test_why_tells_a_program_what_it_tells_people(shop: Path, command: Command):
    told = json.loads(command("why", "TEE-RED", "--told").output)
    sentences = [part for part in told if isinstance(part, str)]
    assert any("Optiply has it as 77" in sentence for sentence in sentences)
    [titles, rows] = next(part for part in told if not isinstance(part, str))
    assert {len(row) for row in rows} == {len(titles)}
    [stock] = [row for row in rows if "stockLevel" in row]
    assert {14, 9} <= {*stock}


def test_why_shows_the_stock_rows_of_the_last_run(shop: Path, command: Command):
    rows = [
        {
            "type": "RECORD",
            "stream": "source_items",
            "record": {"sku": "tee-red ", "source_code": "ams", "quantity": 9},
        },
        {"type": "RECORD", "stream": "source_items", "record": {"sku": "TEE-RED-XL", "source_code": "ams"}},
        {"type": "RECORD", "stream": "product_item_stocks", "record": {"product_id": 12, "manage_stock": True}},
        {"type": "RECORD", "stream": "products", "record": {"sku": "TEE-RED"}},
    ]
    output = shop / "sync-output" / "tap.singer"
    output.parent.mkdir()
    output.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"type": "RECORD", "stream": "source_items"')
    (story,) = json.loads(command("why", "TEE-RED", "--json").output)
    assert [row["stream"] for row in story["stock_rows"]] == ["source_items", "product_item_stocks"]
    assert story["stock_rows"][0]["source_code"] == "ams"


def test_why_follows_a_custom_mapping(shop: Path, command: Command):
    config = {"custom_mappings": {"eanCode": "custom_attributes.ean"}}
    (shop / "config.json").write_text(json.dumps(config))
    (story,) = json.loads(command("why", "Cup", "--json").output)
    fields = {item["field"]: item for item in story["fields"]}
    assert (fields["eanCode"]["magento_field"], fields["eanCode"]["magento_value"]) == ("custom_attributes.ean", "871")


def test_why_tells_that_a_product_is_gone(shop: Path, command: Command):
    with Snapshot.open(shop / "snapshots") as store, store.transaction():
        list_products(store, ["12"], "run1")
    assert "a second one will prove it gone" in command("why", "Cup").output
    with Snapshot.open(shop / "snapshots") as store, store.transaction():
        mark_gone(store, ["13"])
    assert "It is gone from Magento" in command("why", "Cup").output


def test_why_of_an_unknown_sku_names_near_ones(shop: Path, command: Command):
    with pytest.raises(ProgramError, match=r"no product 'TEE-BLUE'. Near: 'TEE-RED'"):
        command("why", "TEE-BLUE")
    with pytest.raises(ProgramError, match="Check the SKU"):
        command("why", "100%")


@pytest.mark.parametrize(
    ("cell", "text"),
    [("12", "12"), ("12.0", "12"), (12.0, "12"), (12, "12"), ("007", "007"), ("1.2e+07", "12000000"), (" 5 ", "5"),
     ("", None), ("nan", None), (float("nan"), None), (None, None), ("a-1", "a-1"), ("1-2", "1-2"), ("1.5", None),
     ("[7]", None), ([7], None), (True, None), ("True", None), (0, None), ("-1", None), (1e20, None)],
)  # fmt: skip
def test_ids_are_read_whatever_a_notebook_made_of_them(cell: object, text: str | None):
    assert identifier(cell) == text


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


HOTGLUE = [
    {"remoteId": "12", "name": "Tee", "skuCode": "TEE-RED", "optiply_id": "77.0"},
    {"remoteId": "007", "name": "Old", "skuCode": "OLD", "optiply_id": "78"},
    {"remoteId": "13", "name": "Cup", "skuCode": "CUP", "optiply_id": ""},
    {"remoteId": "12", "name": "Tee", "skuCode": "TEE-RED", "optiply_id": "79.0"},
]


def test_a_customer_moving_over_creates_nothing_twice(folder: Path, command: Command):
    write_csv(folder / "snapshots" / "products.snapshot.csv", HOTGLUE)
    orders = [{"remoteId": 900, "optiply_id": 88.0}]
    pd.DataFrame(orders).to_parquet(folder / "snapshots" / "sell_orders.snapshot.parquet")
    text = command("import").output
    assert "2 products taken over, 0 known already, 1 row without a pair of ids, 1 repeated row" in text
    assert "1 sellOrder taken over" in text
    assert ids(folder) == {"12": "79", "007": "78"}
    assert ids(folder, "sellOrders") == {"900": "88"}
    with Snapshot.open(folder / "snapshots") as store, store.transaction():
        wanted = pd.DataFrame({"remote_id": ["12"], "wanted": [canonical(TEE)]})
        write_wanted(store, "products", wanted, NOW)
        write_wanted(store, "sellOrders", wanted.assign(remote_id="900"), NOW)
        (offered,) = read_offers(store, "products")
        assert offered[["remote_id", "id", "changed"]].to_numpy().tolist() == [["12", "79", None]]
        assert sum(len(frame) for frame in read_offers(store, "sellOrders", once=True)) == 0
        assert store.last_answer_at("products") is None


def test_an_imported_product_that_is_gone_is_found(folder: Path, command: Command):
    write_csv(folder / "snapshots" / "products.snapshot.csv", HOTGLUE)
    command("import")
    with Snapshot.open(folder / "snapshots") as store, store.transaction():
        list_products(store, ["12"], "run1")
        proven = list_products(store, ["12"], "run2").proven
    assert proven.to_numpy().tolist() == [["007", "OLD", "1"]]


def test_importing_again_changes_nothing(folder: Path, command: Command):
    write_csv(folder / "snapshots" / "products.snapshot.csv", HOTGLUE)
    command("import")
    assert "0 products taken over, 2 known already" in command("import").output


def test_an_import_never_changes_an_id_the_store_knows(shop: Path, command: Command, tmp_path: Path):
    path = write_csv(tmp_path / "old" / "products.snapshot.csv", [{"remoteId": "12", "optiply_id": "1"}])
    text = command("import", path).output
    assert "1 product with another id in the store, which was kept: 12." in text
    assert ids(shop) == {"12": "77"}


def test_the_id_map_of_a_target_is_read_too(folder: Path, command: Command, tmp_path: Path):
    write_csv(tmp_path / "products_a1B2.snapshot.csv", [{"InputId": "12", "RemoteId": "77"}])
    command("import", tmp_path)
    assert ids(folder) == {"12": "77"}


def test_parquet_goes_before_csv_and_stray_files_are_left_alone(folder: Path, command: Command, tmp_path: Path):
    old = tmp_path / "old"
    write_csv(old / "products.snapshot.csv", [{"remoteId": "12", "optiply_id": "1"}])
    pd.DataFrame({"remoteId": ["12"], "optiply_id": [77.0]}).to_parquet(old / "products.snapshot.parquet")
    (old / "._products.snapshot.csv").write_bytes(b"\x00\x05")
    (old / "suppliers.snapshot.csv").write_text("remoteId,optiply_id\n1,2\n")
    (old / "products.snapshot.parquet.hg.partial_written.lock").write_bytes(b"")
    command("import", old)
    assert ids(folder) == {"12": "77"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("products.snapshot.csv", b"sku,name\n1,2\n", "no column remoteId"),
        ("products.snapshot.csv", b"remoteId,name\n1,2\n", "no column optiply_id"),
        ("products.snapshot.csv", b"remoteId,optiply_id\n1,\xff\xfe\n", "not a CSV file in UTF-8"),
        ("products.snapshot.parquet", b"remoteId,optiply_id\n1,2\n", "not a parquet file, or it is damaged"),
        ("suppliers.snapshot.csv", b"remoteId,optiply_id\n1,2\n", "tells no stream kept here"),
    ],
)
def test_a_file_that_tells_nothing_is_named(
    folder: Path, command: Command, tmp_path: Path, name: str, content: bytes, sentence: str
):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProgramError, match=sentence) as caught:
        command("import", path)
    assert str(path) in str(caught.value)
    assert not (folder / "snapshots" / "optiply.sqlite").exists()


def test_an_empty_folder_has_nothing_to_import(command: Command, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderError, match="no snapshot file of a HotGlue flow"):
        command("import", tmp_path / "empty")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_exported_can_be_imported_elsewhere(shop: Path, command: Command, tmp_path: Path, suffix: str):
    text = command("export", tmp_path / "out", "--format", suffix).output
    assert f"products.snapshot.{suffix}: 1 record." in text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"products.snapshot.{suffix}",
        f"sell_orders.snapshot.{suffix}",
    ]
    (tmp_path / "new").mkdir()
    CliRunner().invoke(snapshot, ["import", str(tmp_path / "new"), str(tmp_path / "out")], catch_exceptions=False)
    assert ids(tmp_path / "new") == {"12": "77"}
    assert ids(tmp_path / "new", "sellOrders") == {"900": "88"}


def test_an_export_holds_what_optiply_has_accepted(shop: Path, command: Command, tmp_path: Path):
    command("export", tmp_path)
    with (tmp_path / "products.snapshot.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["remoteId"] == "12"
    assert row["optiply_id"] == "77"
    assert row["stockLevel"] == "9"
    command("export", tmp_path, "--format", "parquet")
    frame = pd.read_parquet(tmp_path / "products.snapshot.parquet")
    assert frame.loc[0, ["remoteId", "stockLevel", "price"]].tolist() == ["12", 9, 12.5]


def test_adopt_notes_an_id_and_forget_takes_it_back(shop: Path, command: Command):
    assert command("adopt", "products", "13", "99").output == "products 13 is 99 in Optiply.\n"
    assert ids(shop) == {"12": "77", "13": "99"}
    assert "as the store knew" in command("adopt", "products", "13", "99").output
    with pytest.raises(FolderError, match="12 is 77 in Optiply by the store; forget it first"):
        command("adopt", "products", "12", "1")
    assert command("forget", "products", "12", "13", "404").output.startswith("2 products forgotten")
    assert ids(shop) == {}
    assert ids(shop, "sellOrders") == {"900": "88"}


def test_what_is_forgotten_is_looked_for_before_it_is_created(shop: Path, command: Command):
    command("forget", "sell_orders", "--all")
    with Snapshot.open(shop / "snapshots") as store:
        assert store.last_answer_at("sellOrders") is None
        assert store.last_answer_at("products") == NOW
        (offered,) = read_offers(store, "sellOrders", once=True)
    assert offered["remote_id"].tolist() == ["900"]


def test_a_wrong_stream_or_no_record_is_named(shop: Path, command: Command):
    with pytest.raises(FolderError, match="'invoices' is not a stream kept here"):
        command("adopt", "invoices", "1", "2")
    assert command("forget", "products").exit_code == 2
    assert command("forget", "products", "12", "--all").exit_code == 2
    assert ids(shop) == {"12": "77"}


def test_nothing_is_changed_while_a_run_is_at_work(shop: Path, command: Command):
    with lock(shop / "snapshots"), pytest.raises(SnapshotLocked):
        command("forget", "products", "12")
    assert ids(shop) == {"12": "77"}


def test_outcomes_of_a_killed_run_are_taken_in_first(shop: Path, command: Command):
    late = Outcome("products", "13", "answered", "create", "accepted", id="99", sent={}, at=NOW)
    (shop / "snapshots" / "outcomes-20260115T090000Z-1.jsonl").write_text(late.to_json() + "\n")
    command("adopt", "products", "14", "100", "--force")
    assert ids(shop) == {"12": "77", "13": "99", "14": "100"}


def test_adopting_what_no_run_has_read_needs_force(shop: Path, command: Callable[..., Result]):
    with pytest.raises(FolderError, match=r"products 4711: no run has read it .* or add --force"):
        command("adopt", "products", "4711", "998877")
    assert ids(shop) == {"12": "77"}
    assert command("adopt", "products", "4711", "998877", "--force").output == "products 4711 is 998877 in Optiply.\n"


def test_an_id_of_another_record_is_not_given_a_second_time(shop: Path, command: Callable[..., Result], tmp_path: Path):
    for force in ((), ("--force",)):
        with pytest.raises(FolderError, match=r"cannot be 77: that id belongs to products 12 .* forget"):
            command("adopt", "products", "13", "77", *force)
    file = tmp_path / "products.snapshot.csv"
    file.write_text("remoteId,optiply_id\n13,77\n[14],5\n", encoding="utf-8")
    output = command("import", str(file)).output
    assert "0 products taken over, 0 known already, 1 row without a pair of ids" in output
    assert "products 13: Optiply's id 77 belongs to products 12." in output
    assert ids(shop) == {"12": "77"}


def test_check_names_the_records_whose_id_another_one_owns(shop: Path, command: Callable[..., Result]):
    assert command("check").output == "Each of Optiply's ids belongs to one record.\n"
    with Snapshot.open(shop / "snapshots") as store, store.transaction():
        store.apply([Outcome("products", "13", "answered", "create", "accepted", id="77", at=NOW)])
    assert "products 13: Optiply's id 77 belongs to products 12." in command("check").output
    assert json.loads(command("check", "--json").output)[0]["owner"] == "12"


@pytest.mark.parametrize("wrong", ["[7]", "0", "nan"])
def test_adopt_refuses_what_is_not_an_id(shop: Path, command: Callable[..., Result], wrong: str):
    with pytest.raises(FolderError, match="OPTIPLY_ID is"):
        command("adopt", "products", "13", wrong)
