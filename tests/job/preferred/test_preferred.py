"""`optiply-sync preferred`: the file in its dialects, what it asks for, and what stands in Optiply afterwards."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from job.folder import FolderError, JobFolder
from job.preferred.file import Asked, read_asked
from job.preferred.work import choose
from store.care import Known, take_over
from store.snapshot import Snapshot
from tests.job.shop_folder import report_of, sync

SEVERAL = "the file names several preferred suppliers for this skuCode"
HEAD = "skuCode,supplierName,preferred\n"


def asked(tmp_path: Path, content: str | bytes, name: str = "file.csv") -> list[tuple[int, str, str, bool]]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(one.row, one.sku, one.supplier, one.sets) for one in read_asked(path)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_file_in_any_dialect_is_read(tmp_path, delimiter, start):
    lines = ["PREFERRED,skucode, SupplierName ", "TRUE,00123,Jansen ", ",,", "false,A-1,Jansen", "1, B ,De Vries"]
    content = start + "\r\n".join(line.replace(",", delimiter) for line in lines)
    assert asked(tmp_path, content) == [
        (2, "00123", "Jansen", True),
        (4, "A-1", "Jansen", False),
        (5, "B", "De Vries", True),
    ]


@pytest.mark.parametrize(
    ("value", "sets"),
    [("TRUE", True), ("True", True), ("true ", True), ("1", True), ("yes", False), ("0", False), ("", False)],
)
def test_true_and_1_set_and_nothing_else_does(tmp_path, value, sets):
    assert asked(tmp_path, f"{HEAD}A,B,{value}\n") == [(2, "A", "B", sets)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "has no column skuCode"),
        ("skuCode,preferred\nA,1\n", "has no column supplierName"),
        (b"\xff\xfe", "not UTF-8"),
        (HEAD + 'A,"B" c,1\n', "line 2 is not CSV"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path, content, says):
    with pytest.raises(FolderError, match=says):
        asked(tmp_path, content)
    with pytest.raises(FolderError, match="cannot be read"):
        read_asked(tmp_path / "nowhere.csv")


def test_an_excel_file_is_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["skuCode", "supplierName", "preferred"],
        ["007", "Jansen", True],
        [123, "Jansen", 1],
        [4.5, "x", False],
    ):
        book.active.append(row)
    book.save(tmp_path / "file.xlsx")
    assert read_asked(tmp_path / "file.xlsx") == [
        Asked(2, "007", "Jansen", True), Asked(3, "123", "Jansen", True), Asked(4, "4.5", "x", False),
    ]  # fmt: skip
    whole = (tmp_path / "file.xlsx").read_bytes()
    # No archive, one that ends early, and one whose packed parts are damaged.
    sheet = whole.index(b"sheet1.xml") + 20
    for damaged in (b"no workbook", whole[: sheet + 60], whole[:sheet] + b"\xff" * 60 + whole[sheet + 60 :]):
        (tmp_path / "bad.xlsx").write_bytes(damaged)
        with pytest.raises(FolderError, match="not an Excel workbook, or it is damaged"):
            read_asked(tmp_path / "bad.xlsx")


@dataclass
class Held:
    id: str
    attributes: dict[str, Any]


class Shelf:
    """An account in memory; a filter is not trusted to mind the case."""

    def __init__(self) -> None:
        self.kept = {
            "suppliers": [Held("1", {"name": "Jansen"}), Held("2", {"name": "De Vries"}), Held("3", {"name": "Twin"}),
                          Held("4", {"name": "twin "})],
            "products": [Held("10", {"skuCode": "A"}), Held("11", {"skuCode": "a"}), Held("12", {"skuCode": "B"}),
                         Held("13", {"skuCode": "B"}), Held("14", {"skuCode": "C"})],
            "supplierProducts": [
                Held("100", {"productId": 10, "supplierId": 1, "preferred": False}),
                Held("101", {"productId": 10, "supplierId": 2, "preferred": True}),
                Held("102", {"productId": 11, "supplierId": 1, "preferred": True}),
            ],
        }  # fmt: skip

    def rows(self, entity: str, equal: dict[str, str]) -> list[Held]:
        return [
            row
            for row in self.kept[entity]
            if all(str(row.attributes[name]).lower() == value.lower() for name, value in equal.items())
        ]


def row(number: int, sku: str, supplier: str, sets: bool = True) -> Asked:
    return Asked(number, sku, supplier, sets)


def test_one_supplier_becomes_preferred_and_the_one_before_is_no_longer():
    choice = choose([row(2, "A", "JANSEN"), row(3, "a", "Jansen"), row(4, "C", "x", sets=False)], Shelf())
    assert [(one.row, one.id, one.preferred) for one in choice.changes] == [(2, "100", True), (2, "101", False)]
    assert (choice.refused, choice.settled, choice.left_alone) == ((), 1, 1)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([row(2, "X", "Jansen")], "there is no product with that skuCode"),
        ([row(2, "B", "Jansen")], "there are 2 of this: product with that skuCode"),
        ([row(2, "A", "Jansn")], "there is no supplier of that name; did you mean 'Jansen'?"),
        ([row(2, "A", "Twin")], "there are 2 of this: supplier of that name"),
        ([row(2, "C", "Jansen")], "there is no entry of that supplier for that product"),
        ([row(2, "", "Jansen")], "it has no skuCode"),
        ([row(2, "A", "")], "it has no supplierName"),
        (
            [row(2, "A", "Jansen"), row(3, "A", "De Vries")],
            "the file names several preferred suppliers for this skuCode",
        ),
    ],
)
def test_a_row_that_cannot_be_done_is_named_and_changes_nothing(rows, why):
    choice = choose(rows, Shelf())
    assert choice.changes == ()
    assert [(one.row, one.why) for one in choice.refused] == [(one.row, why) for one in rows]


def test_the_same_row_twice_is_done_once():
    choice = choose([row(2, "A", "Jansen"), row(3, "A", "jansen")], Shelf())
    assert len(choice.changes) == 2
    assert choice.settled == 1


def test_from_the_file_to_optiply(tmp_path, optiply_client, optiply_sandbox):
    product = optiply_client.product(skuCode="007")
    first, second = (optiply_client.create("suppliers", name=name)["id"] for name in ("Jansen", "De Vries"))
    made = [
        optiply_client.create("supplierProducts", name="x", productId=product, supplierId=one, preferred=flag)
        for one, flag in ((first, False), (second, True))
    ]
    pairs = [str(one["id"]) for one in made]
    job = JobFolder(tmp_path / "acme")
    job.root.mkdir()
    job.config.write_text(json.dumps({"store_url": "https://shop.example.com", "access_token": "x"}))
    job.target_config.write_text(json.dumps({
        "username": "sandbox", "password": "sandbox-password", "client_id": "sandbox-client",
        "client_secret": "sandbox-secret", "account_id": 1380, "coupling_id": 77,
        "api_url": optiply_sandbox.optiply_url, "auth_url": optiply_sandbox.auth_url,
    }))  # fmt: skip
    with Snapshot.open(job.snapshots) as store, store.transaction():
        take_over(store, "supplierProducts", [Known("7-1", pairs[0])], "from before")
    file = tmp_path / "file.csv"
    file.write_text(f"{HEAD}007,jansen,TRUE\n008,Jansen,TRUE\n")

    def stands() -> list[bool]:
        told = (optiply_client.get(f"supplierProducts/{one}").json() for one in pairs)
        return [one["data"]["attributes"]["preferred"] for one in told]

    told = sync("preferred", job.root, file, "--dry-run").output
    assert "2 to change, 1 row cannot be done" in told
    assert "there is no product with that skuCode" in told
    assert stands() == [False, True]
    done = report_of("preferred", job.root, file)
    assert done["applied"] is True
    assert stands() == [True, False], done
    with Snapshot.open(job.snapshots) as store:
        assert store.ids("supplierProducts") == {"7-1": pairs[0]}, "a pair that no source gave is nobody's"
    again = report_of("preferred", job.root, file)
    assert (again["changes"], again["settled"], again["applied"]) == ([], 1, False)
