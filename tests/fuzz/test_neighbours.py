"""A spoilt line or row costs itself: whatever it holds, those beside it are read."""

import io
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import InputError
from etl.core.singer import SingerInput
from etl.flows import flow_of
from inventory.errors import MessageRefused
from inventory.files import read_figures
from inventory.messages import message_of, parse_json
from tests.fuzz.odd import ODD_VALUES, odd_line

SHORT = settings(
    max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
NUMBERS = range(1, 6)
SCHEMA = b'{"type":"SCHEMA","stream":"products","schema":{"properties":{"id":{}}},"key_properties":["id"]}'


def product(number: int) -> bytes:
    record = {"id": number, "sku": f"S{number}", "name": "Ä", "price": 1.5, "type_id": "simple", "status": 1}
    return json.dumps({"type": "RECORD", "stream": "products", "record": record}).encode()


@SHORT
@given(odd_line([product(99), SCHEMA]), st.integers(0, 5))
def test_records_beside_a_spoilt_line_are_read(line: bytes, place: int) -> None:
    lines = [product(number) for number in NUMBERS]
    content = b"\n".join([SCHEMA, *lines[:place], line, *lines[place:], b""])
    source = SingerInput(io.BytesIO(content), "tap.singer", flow_of({}).streams)
    try:
        found = {record.sku for batch in source.batches() if batch.stream == "products" for record in batch.records}
    except InputError as error:
        if "BATCH" not in str(error):  # the one kind of message that ends the reading
            raise
    else:
        assert found >= {f"S{number}" for number in NUMBERS}


@SHORT
@given(odd_line([b"S99,5,default,9,", b'"S98","2.5",,1,2026-01-01']), st.integers(0, 5))
def test_figures_beside_a_spoilt_line_of_a_file_are_read(line: bytes, place: int) -> None:
    lines = [f"S{number},{number},ams,{number},".encode() for number in NUMBERS]
    head = b"sku,quantity,source,sequence,last_order_exported"
    found = read_figures(b"\n".join([head, *lines[:place], line, *lines[place:], b""]), "stock.csv", "default")
    assert {(row.sku, int(row.quantity)) for row in found.rows} >= {(f"S{number}", number) for number in NUMBERS}


@SHORT
@given(st.sampled_from(ODD_VALUES), st.sampled_from((b'"S99"', b'"7"', b'{"sku":"S99","qty":"7"}')))
def test_rows_beside_a_spoilt_row_of_a_message_are_read(value: bytes, instead_of: bytes) -> None:
    rows = [{"sku": f"S{number}", "qty": str(number)} for number in NUMBERS]
    sequences = [{"sku": f"S{number}", "seq": "1", "lastOrderExported": ""} for number in (*NUMBERS, 99)]
    whole: dict[str, Any] = {
        "productQtys": [*rows, {"sku": "S99", "qty": "7"}],
        "productSeqs": sequences,
        "messageSeqId": 1,
    }
    content = json.dumps(whole, separators=(",", ":")).encode().replace(instead_of, value, 1)
    try:
        message = message_of(parse_json(content), "warehouse", "default")
    except MessageRefused as error:
        if not error.unreadable:  # only where the bytes as a whole are no JSON
            raise
    else:
        assert {row.sku for row in message.rows} >= {f"S{number}" for number in NUMBERS}
