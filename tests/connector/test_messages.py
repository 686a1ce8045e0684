"""Each kind of bad Singer line: what it is called, whose it is, whether only its record is lost."""

from decimal import Decimal

import pytest

from connector.messages import MOST_LEVELS, BadLine, is_too_deep, read_message, without_mark

RECORD = '{"type": "RECORD", "stream": "products", "record": %s}'
SCHEMA = '{"type": "SCHEMA", "stream": "products", %s}'


def fault(line: str | bytes) -> BadLine:
    with pytest.raises(BadLine) as caught:
        read_message(line)
    return caught.value


def test_a_message_is_read_with_exact_decimals_and_without_its_byte_order_mark() -> None:
    message = read_message(b"\xef\xbb\xbf" + (RECORD % '{"price": 12.10, "id": 3}').encode())
    assert message["record"] == {"price": Decimal("12.10"), "id": 3}
    assert without_mark(b"\xef\xbb\xbfsku") == b"sku"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be"])
def test_the_mark_of_another_encoding_is_named(encoding: str) -> None:
    line = ("" if encoding != "utf-16-be" else "\ufeff") + RECORD % "{}"
    assert "is written in UTF-" in fault(line.encode(encoding)).reason


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ('{"id": 7, "price": NaN}', "holds NaN"),
        ('{"id": 7, "price": -Infinity}', "holds -Infinity"),
        ('{"id": 7, "name": "a\\ud800"}', "half of a surrogate pair"),
        ('{"id": 7, "name": "a\ud800"}', "is not UTF-8"),
        (b'{"id": 7, "name": "\xff"}', "is not UTF-8"),
        ('{"id": 7, "price": 1e99999999999999999999}', "a number too large"),
        ('{"id": 7, "a": %s}' % ('{"a":' * 150 + "1" + "}" * 150), "levels deep"),
    ],
)
def test_one_bad_value_costs_its_record_which_can_still_be_told(record: str | bytes, what: str) -> None:
    given = record if isinstance(record, bytes) else record.encode("utf-8", "surrogatepass")
    found = fault((RECORD % "@").encode().replace(b"@", given))
    assert what in found.reason
    assert "of stream products" in found.reason
    assert (found.kind, found.stream, found.whole) == ("RECORD", "products", True)
    assert (found.record or {})["id"] == 7


def test_an_odd_type_is_shown_without_what_cannot_be_printed() -> None:
    found = fault(b'{"type": "\0\x1b[31mRECORD", "stream": "products", "record": {}}')
    assert found.reason.isprintable()
    assert "of stream products" in found.reason


@pytest.mark.parametrize("record", ["[" * 3000 + "]" * 3000, '{"id": ' + "9" * 5000 + "}"])
def test_what_no_reader_takes_still_has_its_stream(record: str) -> None:
    for line in (RECORD % record, f'{{"record": {record}, "stream": "products", "type": "RECORD"}}'):
        found = fault(line)
        assert (found.kind, found.stream, found.whole) == ("RECORD", "products", True)


@pytest.mark.parametrize(
    ("line", "stream"),
    [
        ('{"type": "RECORD", "stream": "products", "record": {"id": 1', "products"),
        ('{"type": "RECORD", "stream": "products", "rec{"type": "RECORD", "stream": "orders", "record": {}}', None),
        ('{"type": "RECORD", "str', None),
        ("Traceback (most recent call last):", None),
    ],
)
def test_a_line_in_pieces_belongs_to_any_stream_it_may_belong_to(line: str, stream: str | None) -> None:
    found = fault(line)
    assert (found.stream, found.whole) == (stream, False)
    assert "is not valid JSON" in found.reason
    assert "products" not in found.reason


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("[1]", "is not a Singer message"),
        ('{"type": ["RECORD"]}', "is not a Singer message"),
        ('{"type": "RECORD", "record": {}}', "without the name of its stream"),
        ('{"type": "RECORD", "stream": "products"}', "RECORD of stream products without a record"),
        (RECORD % "null", "record is not an object"),
        ('{"type": "STATE"}', "STATE whose value is not an object"),
        ('{"type": "STATE", "value": [1]}', "STATE whose value is not an object"),
        ('{"type": "BATCH", "stream": "orders", "manifest": []}', "BATCH of stream orders.*switch batches off"),
    ],
)
def test_what_a_message_must_hold(line: str, what: str) -> None:
    with pytest.raises(BadLine, match=what):
        read_message(line)


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ('"key_properties": ["id"]', "without a schema"),
        ('"schema": []', "schema is not an object"),
        ('"schema": {"properties": null}', "properties are not an object"),
        ('"schema": {"properties": ["id"]}', "properties are not an object"),
        ('"schema": {"properties": {"id": null}}', "property id"),
        ('"schema": {"properties": {"id": {"type": 5}}}', "property id"),
        ('"schema": {"type": "array"}', "type is not"),
        ('"schema": {"type": null}', "type is not"),
        ('"schema": {}, "key_properties": "id"', "key_properties"),
        ('"schema": {}, "key_properties": [null]', "key_properties"),
    ],
)
def test_a_schema_is_judged_deep_enough(schema: str, what: str) -> None:
    found = fault(SCHEMA % schema)
    assert what in found.reason
    assert "of stream products" in found.reason
    assert not found.whole


@pytest.mark.parametrize(
    "schema",
    [
        '"schema": {}',
        '"schema": {"properties": {"id": true, "name": {}, "price": {"type": ["number", "null"]}}}',
        '"schema": {"type": ["null", "object"]}, "key_properties": null',
    ],
)
def test_what_json_schema_allows_is_allowed(schema: str) -> None:
    assert read_message(SCHEMA % schema)["stream"] == "products"


def test_depth_is_measured_not_guessed() -> None:
    value: object = 1
    for _ in range(MOST_LEVELS):
        value = [value]
    assert not is_too_deep(value)
    assert is_too_deep([value])
    assert not is_too_deep([[{}] * 5000])
