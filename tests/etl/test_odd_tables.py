"""Tables of any make, and warehouses that contradict themselves: what is read, refused, and stays as it is known."""

import json
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from connector.errors import InputError
from etl.core.flow import FlowResult
from etl.etl import run_folder
from tests.etl.test_fine_branches import Shop
from tests.oracle.magento_rows import product, source, source_item, stock_item

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

NOW = datetime(2026, 2, 1, tzinfo=timezone.utc)
COLUMNS: dict[str, Any] = {
    "id": [1, 2],
    "sku": ["SKU-1", "SKU-2"],
    "name": ["One", "Two"],
    "price": [5.0, 6.0],
    "status": [1, 1],
    "type_id": ["virtual", "virtual"],
    "created_at": ["2026-01-01 00:00:00"] * 2,
}


class Job:
    """A job folder whose tables a HotGlue job wrote."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "sync-output").mkdir(parents=True)
        (root / "config.json").write_text(json.dumps({"custom_mappings": {"eanCode": "custom_attributes.ean"}}))

    def write(self, name: str, content: bytes) -> None:
        (self.root / "sync-output" / name).write_bytes(content)

    def table(self, **columns: Any) -> None:
        parquet.write_table(pyarrow.table({**COLUMNS, **columns}), self.root / "sync-output" / "products.parquet")

    def run(self) -> tuple[dict[str, dict[str, Any]], FlowResult]:
        result = run_folder(self.root, {}, NOW)
        lines = (self.root / "etl-output" / "data.singer").read_text().splitlines()
        records = [message["record"] for message in map(json.loads, lines) if message["type"] == "RECORD"]
        return {record["remoteId"]: record for record in records}, result


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "job")


@pytest.mark.parametrize(
    "column",
    [
        pyarrow.array([10**18, 0], type=pyarrow.int64()).cast(pyarrow.timestamp("us")),
        pyarrow.array([2**30, 0], type=pyarrow.int32()).cast(pyarrow.date32()),
    ],
    ids=["a moment after the calendar", "a day after the calendar"],
)
def test_a_time_that_no_calendar_has_costs_its_own_field(column: Any, job: Job) -> None:
    job.table(created_at=column)
    found, result = job.run()
    assert "createdAtRemote" not in found["1"]
    assert found["2"]["createdAtRemote"] == "1970-01-01T00:00:00Z"
    assert [item["field"] for item in result.report["reasons"]] == ["createdAtRemote"]


@pytest.mark.parametrize(("year", "zone"), [(9999, "America/New_York"), (1, "Asia/Tokyo")])
def test_a_time_at_the_edge_of_the_calendar_costs_its_own_field(year: int, zone: str, job: Job) -> None:
    edge = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 23 if year > 1 else 0, tzinfo=timezone.utc)
    job.table(created_at=pyarrow.array([edge, datetime(2026, 1, 1)], type=pyarrow.timestamp("us", tz=zone)))
    found, _ = job.run()
    assert "createdAtRemote" not in found["1"]
    assert found["2"]["createdAtRemote"] == "2026-01-01T00:00:00Z"


def test_text_that_is_stored_as_bytes_is_read_as_text(job: Job) -> None:
    job.table(sku=pyarrow.array([b"SKU-1", "Größe".encode()]), created_at=[date(2026, 1, 1), None])
    found, _ = job.run()
    assert [record["skuCode"] for record in found.values()] == ["SKU-1", "Größe"]


def test_bytes_that_are_no_text_cost_their_row_and_are_never_sent_as_another_text(job: Job) -> None:
    job.table(name=pyarrow.array([b"\xff\xfe", b"Two"]))
    found, result = job.run()
    assert list(found) == ["2"]
    assert result.report["entities"]["products"]["refused"] == 1
    assert "row 1 (products 1): name is raw bytes and not UTF-8 text" in result.report["notes"][0]


def test_attributes_in_a_map_of_arrow_are_read(job: Job) -> None:
    kind = pyarrow.map_(pyarrow.string(), pyarrow.string())
    job.table(custom_attributes=pyarrow.array([[("ean", "8711")], [("other", "x")]], type=kind))
    found, _ = job.run()
    assert [record["eanCode"] for record in found.values()] == ["8711", None]


def test_a_damaged_parquet_file_is_named_in_plain_words(job: Job) -> None:
    job.table()
    path = job.root / "sync-output" / "products.parquet"
    content = path.read_bytes()
    for damaged in (content[:-20], content[:60] + bytes(byte ^ 0xFF for byte in content[60:160]) + content[160:]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"products\.parquet cannot be read as a table \(damaged, or not parquet"):
            job.run()


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_rows_without_the_column_of_ids_are_an_error_and_not_nothing_to_do(mark: str, job: Job) -> None:
    job.write("products.csv", b"id,sku,name\n1,SKU-1,One\n".replace(b",", mark.encode()))
    with pytest.raises(InputError, match=r"products\.csv cannot be used: it has no column id, only id"):
        job.run()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("name", ["products.csv", "tap.singer"])
def test_an_encoding_without_its_mark_is_named(name: str, encoding: str, job: Job) -> None:
    text = "id,sku\n1,S\n" if name.endswith("csv") else '{"type":"STATE","value":{}}\n'
    job.write(name, text.encode(encoding))
    with pytest.raises(InputError, match=rf"{name} is written in {encoding[:6].upper()}; save the file as UTF-8"):
        job.run()


def test_a_file_of_a_stream_in_another_form_is_named_and_capitals_in_its_ending_do_not_matter(job: Job) -> None:
    job.write("products.CSV", b"id,sku,name,price,status,type_id\n1,S,P,5,1,virtual\n")
    job.write("orders.csv.gz", b"\x1f\x8b")
    job.write("estimated_job_metrics.json", b"{}")
    found, result = job.run()
    assert list(found) == ["1"]
    [note] = result.report["notes"]
    assert "orders.csv.gz is not read: a file of orders must be .singer, .jsonl, .csv, .parquet" in note


@pytest.mark.parametrize("code", [["a"], {"a": 1}, None, True])
def test_an_attribute_without_a_name_costs_nothing_else(code: Any, job: Job) -> None:
    attributes = [{"attribute_code": code, "value": "x"}, {"attribute_code": "ean", "value": "8711"}]
    record = {"id": 1, "sku": "S", "name": "P", "status": 1, "type_id": "virtual", "custom_attributes": attributes}
    messages = [
        {"type": "SCHEMA", "stream": "products", "schema": {"properties": {}}, "key_properties": ["id"]},
        {"type": "RECORD", "stream": "products", "record": record},
    ]
    job.write("tap.singer", b"".join(json.dumps(message).encode() + b"\n" for message in messages))
    assert job.run()[0]["1"]["eanCode"] == "8711"


@pytest.mark.parametrize("odd", ["  ", "7", 1.5, "\u200b", "1e9"])
def test_what_can_be_no_type_of_product_says_nothing_about_its_stock(odd: Any, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "job")
    assert ("products", "1") not in shop.offer(products=[product(1, type_id=odd)])


def test_a_type_in_capitals_is_that_type(tmp_path: Path) -> None:
    found = Shop(tmp_path / "job").offer(products=[product(1, type_id="Virtual ")])
    assert found["products", "1"]["unlimitedStock"] is True


class TestWarehouses:
    def offer(self, shop: Shop, *items: dict[str, Any], sources: Any = ()) -> dict[str, int]:
        found = shop.offer(
            products=[product(1), product(2)],
            sources=[source("ams"), source("rtm"), *sources],
            source_items=list(items),
            product_item_stocks=[stock_item(1, 0), stock_item(2, 0)],
        )
        return {key[1]: record["stockLevel"] for key, record in found.items()}

    def test_codes_are_compared_as_magento_compares_them(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "job", use_inventory_source_items=True, warehouse_ids=("AMS",))
        assert self.offer(shop, source_item("SKU-1", "Ams", 4), source_item("SKU-2", "rtm", 9)) == {"1": 4}

    def test_an_item_of_a_source_that_the_shop_does_not_list_is_no_zero(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "job", use_inventory_source_items=True)
        items = [source_item("SKU-1", "strange", 4), source_item("SKU-1", "ams", 3), source_item("SKU-2", "ams", 9)]
        for _ in range(3):
            assert self.offer(shop, *items) == {"2": 9}
        assert self.offer(shop, *items, sources=[source("strange")]) == {"1": 7, "2": 9}

    @pytest.mark.parametrize(("chosen", "told"), [(("amz",), {}), (("ams", "amz"), {"1": 4})])
    def test_a_slip_in_warehouse_ids_makes_no_stock_0(
        self, chosen: tuple[str, ...], told: dict[str, int], tmp_path: Path
    ) -> None:
        shop = Shop(tmp_path / "job", use_inventory_source_items=True, warehouse_ids=chosen)
        for _ in range(3):
            assert self.offer(shop, source_item("SKU-1", "ams", 4), source_item("SKU-2", "rtm", 9)) == told
