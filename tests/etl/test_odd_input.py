"""Odd values, records and files cost themselves: nothing else, no traceback, and no odd text is sent on."""

import importlib.util
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connector.errors import InputError
from etl.core.singer import SingerInput
from etl.etl import run_folder
from etl.magento.shapes import STREAMS
from etl.mapper import main

_spec = importlib.util.spec_from_file_location("golden", Path(__file__).parent / "golden" / "golden.py")
assert _spec is not None
assert _spec.loader is not None
golden = importlib.util.module_from_spec(_spec)
sys.modules["golden"] = golden
_spec.loader.exec_module(golden)

SHOP: dict[str, Any] = {
    "products": [{"id": 1}, {"id": 2}],
    "product_ids": [{"id": 1}, {"id": 2}],
    "product_stock_statuses": [
        {"sku": "SKU-1", "product_id": 1, "qty": 5},
        {"sku": "SKU-2", "product_id": 2, "qty": 7},
    ],
}
ODD_LINES = {
    "NaN": '"FIELD":NaN',
    "a number too large": '"FIELD":1e400',
    "half a surrogate pair": '"FIELD":"\\ud800"',
    "3,000 levels": '"zzz":' + "[" * 3000 + "]" * 3000,
    "a number of 5,000 digits": '"FIELD":' + "9" * 5000,
}


def lines_of(shop: dict[str, Any], run: str = "run 1") -> list[bytes]:
    return golden.singer(shop, [], run).splitlines(True)


def read(content: bytes, **options: Any) -> tuple[dict[str, list[Any]], SingerInput]:
    source = SingerInput(io.BytesIO(content), "tap.singer", STREAMS, **options)
    found: dict[str, list[Any]] = {}
    for batch in source.batches():
        found.setdefault(batch.stream, []).extend(batch.records)
    return found, source


def with_odd(stream: str, key: str, odd: str, shop: dict[str, Any] = SHOP) -> bytes:
    """The shop, with an odd value in the record of a stream that holds `key`."""
    lines = lines_of(shop)
    odd = odd.replace("FIELD", "qty" if stream == "product_stock_statuses" else "status")
    for number, line in enumerate(lines):
        if f'"stream":"{stream}"'.encode() in line.replace(b" ", b"") and key.encode() in line and b"RECORD" in line:
            lines[number] = line.rstrip().removesuffix(b"}}") + f",{odd}}}}}\n".encode()
            return b"".join(lines)
    raise AssertionError(f"no {key} in {stream}")


@pytest.mark.parametrize("odd", ODD_LINES.values(), ids=ODD_LINES)
@pytest.mark.parametrize(("stream", "key"), [("products", '"SKU-2"'), ("product_stock_statuses", '"SKU-2"')])
def test_an_unreadable_record_costs_itself_and_no_table(stream: str, key: str, odd: str) -> None:
    found, source = read(with_odd(stream, key, odd))
    assert source.complete == {"product_ids": "run 1", "product_stock_statuses": "run 1"}
    assert source.unread == {stream: 1}
    assert len(source.problems) == 1
    assert f"of stream {stream}" in source.problems[0].text
    assert source.problems[0].record in ("2", "SKU-2")
    rows = {row.sku: row.qty for row in found["product_stock_statuses"]}
    assert rows == {"SKU-1": 5, "SKU-2": 7 if stream == "products" else None}
    assert len(found["products"]) == (1 if stream == "products" else 2)


@pytest.mark.parametrize("odd", ODD_LINES.values(), ids=ODD_LINES)
def test_a_stock_record_that_cannot_be_read_keeps_the_old_stock_of_its_product(odd: str, tmp_path: Path) -> None:
    days = golden.Days(tmp_path, {})
    days.take(golden.singer(SHOP, [], "run 1"))
    for run in ("run 2", "run 3"):
        later = json.loads(json.dumps(SHOP))
        later["product_stock_statuses"][0]["qty"] = 6
        days.take(with_odd("product_stock_statuses", '"SKU-2"', odd, later).replace(b'"run 1"', f'"{run}"'.encode()))
    assert {key: item["stockLevel"] for key, item in days.optiply["products"].items()} == {"1": 6, "2": 7}


def test_an_unreadable_row_of_the_listing_counts_as_present() -> None:
    found, source = read(
        with_odd("product_ids", '"id":2', '"FIELD":NaN')
        if b'"id":2' in b"".join(lines_of(SHOP))
        else with_odd("product_ids", '"id": 2', '"FIELD":NaN')
    )
    assert [str(row.product_id) for row in found["product_ids"]] == ["1", "2"]
    assert "product_ids" in source.complete


def test_an_unreadable_record_without_a_key_costs_the_table_it_belongs_to_alone() -> None:
    lines = lines_of(SHOP)
    odd = b'{"type":"RECORD","stream":"product_stock_statuses","record":{"qty":NaN}}\n'
    _, source = read(b"".join([*lines[:-1], odd, lines[-1]]))
    assert source.complete == {"product_ids": "run 1"}


def test_a_byte_order_mark_is_skipped_and_another_encoding_is_named() -> None:
    content = b"".join(lines_of(SHOP))
    found, source = read(b"\xef\xbb\xbf" + content)
    assert len(found["products"]) == 2
    assert source.problems == []
    with pytest.raises(InputError, match=r"tap\.singer is written in UTF-16; save"):
        read(content.decode().encode("utf-16"))


@pytest.mark.parametrize("block_bytes", [10, 8_000_000])
def test_a_batch_message_ends_the_run_with_the_remedy(block_bytes: int) -> None:
    batch = b'{"type":"BATCH","stream":"products","encoding":{"format":"jsonl"},"manifest":["file:///x"]}\n'
    lines = lines_of(SHOP)
    with pytest.raises(InputError, match=r"tap\.singer line 2 is a BATCH .*switch batches off in the tap"):
        read(b"".join([lines[0], batch, *lines[1:]]), block_bytes=block_bytes)


@pytest.mark.parametrize("schema", ['{"properties":null}', "{}", '{"type":"object","properties":[]}', "null", "7"])
def test_a_schema_of_another_shape_loses_no_record(schema: str) -> None:
    lines = lines_of({"products": SHOP["products"]})
    odd = f'{{"type":"SCHEMA","stream":"products","schema":{schema},"key_properties":["id"]}}\n'.encode()
    found, source = read(b"".join([odd, *lines[1:]]))
    assert len(found["products"]) == 2
    assert all("tap.singer line 1 is a SCHEMA of stream products" in problem.text for problem in source.problems)


@pytest.mark.parametrize("content", [b"nonsense\nmore\n", b"[]\n{}\n", b'"a"\n', b'{"type":"NO"}\n', b"\x00\x01\n"])
def test_a_file_without_a_readable_message_is_an_error(content: bytes) -> None:
    with pytest.raises(InputError, match="holds no readable Singer message"):
        read(content)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_nothing_to_do_and_an_empty_pipe_is_an_error(content: bytes) -> None:
    assert read(content)[0] == {}
    with pytest.raises(InputError, match=r"tap\.singer is empty; check that the tap"):
        read(content, may_be_empty=False)


@pytest.mark.parametrize("content", [b"", b"nonsense\n"])
def test_the_filter_ends_with_one_where_nothing_readable_came(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPSHOT_DIR", str(tmp_path))
    result = CliRunner().invoke(main, [], input=content)
    assert result.exit_code == 1
    assert result.stdout == ""


def test_the_filter_says_in_a_sentence_that_nobody_takes_what_it_writes(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "etl.mapper"], input=b"".join(lines_of(SHOP)), stdout=full, stderr=subprocess.PIPE,
            env={**os.environ, "SNAPSHOT_DIR": str(tmp_path)}, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"cannot be written (No space left on device)" in done.stderr.splitlines()[-1]


def test_a_million_records_of_no_schema_are_told_in_a_few_sentences() -> None:
    lines = lines_of(SHOP)
    _, source = read(b"".join([*lines, *[lines[1].replace(b'"products"', b'"stranger"')] * 500]))
    assert len(source.problems) < 25
    assert "480 more such lines of stranger" in source.problems[-1].text


@pytest.mark.parametrize("odd", [["a"], [], {}, {"a": 1}, False, True], ids=repr)
@pytest.mark.parametrize("name", ["sku", "name", "id"])
def test_a_product_whose_sku_name_or_id_is_not_text_is_refused(name: str, odd: Any, tmp_path: Path) -> None:
    days = golden.Days(tmp_path, {})
    shop = json.loads(json.dumps(SHOP))
    shop["products"][0][name] = odd
    for run in ("run 1", "run 2"):
        result = days.take(golden.singer(shop, [], run))
        assert sorted(days.optiply["products"]) == ["2"]
        reasons = [item for item in result.report["reasons"] if item["outcome"] == "refused"]
        assert [item["count"] for item in reasons] == [1]
        if name != "id":
            assert "not text" in reasons[0]["reason"]


@pytest.mark.parametrize("odd", [[], {}, [True], "perhaps", 7], ids=repr)
def test_an_odd_flag_costs_its_own_record(odd: Any, tmp_path: Path) -> None:
    days = golden.Days(tmp_path, {})
    shop = json.loads(json.dumps(SHOP))
    shop["product_stock_statuses"][0]["stock_item"] = {"qty": 5, "manage_stock": odd}
    result = days.take(golden.singer(shop, [], "run 1"))
    reported = [(item["reason"], item["examples"]) for item in result.report["reasons"]]
    assert reported == [("stock_item.manage_stock in Magento's stock is neither true nor false", ["SKU-1"])]
    assert days.optiply["products"]["2"]["stockLevel"] == 7
    assert days.optiply["products"]["1"]["unlimitedStock"] is False


@pytest.mark.parametrize("levels", [90, 400, 900, 960, 980, 1500])
def test_a_deeply_nested_attribute_costs_at_most_its_product(levels: int, tmp_path: Path) -> None:
    shop = json.loads(json.dumps(SHOP))
    content = golden.singer(shop, [], "run 1").replace(
        b'"SKU-2"',
        b'"SKU-2","custom_attributes":[{"attribute_code":"x","value":' + b"[" * levels + b"]" * levels + b"}]",
        1,
    )
    days = golden.Days(tmp_path, {"custom_mappings": {"eanCode": "custom_attributes.x"}})
    days.take(content)
    assert "1" in days.optiply["products"]


def test_ids_of_a_table_that_holds_floats_are_the_ids_of_the_shop(tmp_path: Path) -> None:
    folder = table_job(tmp_path)
    (folder / "products.csv").write_text(
        "id,sku,name,price,status,type_id,updated_at\n1.0,SKU-1,P1,5.0,1.0,simple,2026-01-02 08:00:00\n"
    )
    (folder / "product_stock_statuses.csv").write_text(
        'sku,product_id,qty,stock_item\nSKU-1,1,4,"{""qty"": 4, ""manage_stock"": true}"\n'
    )
    run_folder(tmp_path, {}, golden.START)
    assert [item["remoteId"] for item in offered(tmp_path)] == ["1"]
    assert [item["stockLevel"] for item in offered(tmp_path)] == [4]


@pytest.mark.parametrize(
    "cell", ['{"qty": NaN, "manage_stock": true}', "{'qty': open}", "[" * 3000, "b'x'", "'\\ud800'"], ids=range(5)
)
def test_equal_tables_give_equal_reports_whatever_a_cell_holds(cell: str, tmp_path: Path) -> None:
    notes = []
    for number in range(2):
        root = tmp_path / f"{number}" / "job"
        folder = table_job(root)
        quoted = cell.replace('"', '""')
        (folder / "product_stock_statuses.csv").write_text(f'sku,product_id,qty,stock_item\nSKU-1,1,4,"{quoted}"\n')
        notes.append([note.replace(str(root), "") for note in run_folder(root, {}, golden.START).report["notes"]])
    assert notes[0] == notes[1]
    assert "(product_stock_statuses SKU-1): stock_item cannot be read" in notes[0][0]
    assert "0x" not in notes[0][0]


def test_a_table_with_a_byte_order_mark_is_read_and_one_of_another_encoding_is_named(tmp_path: Path) -> None:
    folder = table_job(tmp_path)
    text = "id,sku,name,price,status,type_id\n1,S,P,5,1,virtual\n"
    (folder / "products.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    run_folder(tmp_path, {}, golden.START)
    assert [item["remoteId"] for item in offered(tmp_path)] == ["1"]
    (folder / "products.csv").write_bytes(text.encode("utf-16"))
    with pytest.raises(InputError, match="is written in UTF-16"):
        run_folder(tmp_path, {}, golden.START)


def test_a_listing_without_ids_proves_nothing(tmp_path: Path) -> None:
    days = golden.Days(tmp_path, {})
    days.take(golden.singer(SHOP, [], "run 1"))
    for run in ("run 2", "run 3", "run 4"):
        days.take(golden.singer({"product_ids": [{"id": 1}, {"id": [2]}]}, [], run))
        days.take(golden.singer({"product_ids": [{"id": 1}, {"sku": "SKU-2"}]}, [], f"{run} again"))
    assert days.optiply["products"]["2"]["status"] == "enabled"


def table_job(root: Path) -> Path:
    folder = root / "sync-output"
    folder.mkdir(parents=True)
    (root / "config.json").write_text("{}")
    return folder


def offered(root: Path) -> list[dict[str, Any]]:
    messages = map(json.loads, (root / "etl-output" / "data.singer").read_text().splitlines())
    return [message["record"] for message in messages if message["type"] == "RECORD"]


def test_a_stream_that_is_not_a_name_is_told_without_a_programs_own_words() -> None:
    _, source = read(b"".join([*lines_of(SHOP), b'{"type":"RECORD","stream":7,"record":{}}\n']))
    assert "another kind of value where a name or an object belongs" in source.problems[0].text
    assert "`" not in source.problems[0].text


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"RECORD","stream":"products","record":{"id":"\\u001b[31m7","status":NaN}}',
        b'{"type":"RECORD","stream":"\\u001b[31mx","record":{"id":7}}',
        b'{"type":"\\u0000RECORD","stream":"products","record":{"id":7,"status":NaN}}',
    ],
)
def test_no_problem_shows_what_a_terminal_would_obey(line: bytes) -> None:
    _, source = read(b"".join([*lines_of(SHOP), line + b"\n"]))
    assert source.problems
    assert all(problem.text.isprintable() for problem in source.problems)
