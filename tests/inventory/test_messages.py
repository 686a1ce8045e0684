"""What senders write: REST bodies, SOAP calls, CSV and Singer files, good and odd."""

import json
from decimal import Decimal
from typing import Any

import pytest

from inventory import soap
from inventory.errors import InventoryError, MessageRefused
from inventory.files import read_figures
from inventory.messages import Message, message_of, parse_json

BODY = (
    b'{"productQtys":[{"sku":"A1","qty":"7","source":"default"}],'
    b'"productSeqs":[{"sku":"A1","seq":"5012","last_order_exported":"2026-01-05T10:00:00"}],"messageSeqId":71}'
)


def rest(body: bytes) -> Message:
    return message_of(parse_json(body), "warehouse", "default")


def rows(*quantities: Any, sequences: Any = None) -> Message:
    given = sequences or [{"sku": row["sku"], "seq": 1} for row in quantities if isinstance(row, dict) and "sku" in row]
    return message_of({"productQtys": list(quantities), "productSeqs": given, "messageSeqId": 1}, "w", "default")


def envelope(inside: str, namespace: str = soap.SOAP_12) -> bytes:
    return (
        f'<e:Envelope xmlns:e="{namespace}" xmlns:n="http://shop/soap/default?services=x" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Header/><e:Body>'
        f"<n:{soap.OPERATION}Request>{inside}</n:{soap.OPERATION}Request></e:Body></e:Envelope>"
    ).encode()


CALL = (
    "<productQtys><item><sku>A1</sku><qty>7</qty><source>default</source></item>"
    "<item><sku>B&amp;C</sku><qty>2.5</qty></item></productQtys><productSeqs>"
    "<item><sku>A1</sku><seq>5012</seq><lastOrderExported>2026-01-05T10:00:00</lastOrderExported></item>"
    "<item><sku>B&amp;C</sku><seq>5013</seq><lastOrderExported xsi:nil='true'/></item></productSeqs>"
    "<messageSeqId>71</messageSeqId>"
)


def test_the_example_of_the_extension_is_read() -> None:
    found = rest(BODY)
    (row,) = found.rows
    assert (found.id, row.sku, row.source, row.quantity, row.sequence) == (71, "A1", "default", 7, 5012)
    assert row.exported == "2026-01-05T10:00:00Z"


def test_snake_case_names_and_a_byte_order_mark_are_read() -> None:
    body = b'{"product_qtys":[{"sku":"A","qty":1}],"product_seqs":[{"sku":"A","seq":2}],"message_seq_id":"3"}'
    found = rest(b"\xef\xbb\xbf" + body)
    assert (found.id, found.rows[0].sequence, found.rows[0].exported) == (3, 2, None)


@pytest.mark.parametrize("namespace", [soap.SOAP_11, soap.SOAP_12])
def test_a_soap_call_says_the_same_as_rest(namespace: str) -> None:
    call = soap.parse_call(envelope(CALL, namespace))
    found = message_of(call.arguments, "w", "default")
    assert call.envelope == namespace
    assert [(row.sku, row.quantity, row.sequence, row.exported) for row in found.rows] == [
        ("A1", 7, 5012, "2026-01-05T10:00:00Z"),
        ("B&C", Decimal("2.5"), 5013, None),
    ]


def test_the_last_entry_of_a_sku_gives_its_sequence_to_all_its_sources() -> None:
    found = rows(
        {"sku": "A", "qty": 1, "source": "x"}, {"sku": "A", "qty": 2, "source": "y"},
        sequences=[{"sku": "A", "seq": 4}, {"sku": "A", "seq": "5"}],
    )  # fmt: skip
    assert [row.sequence for row in found.rows] == [5, 5]


DEEP = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"sku":"BAD","qty":"abc"}', "qty is not a number"),
        ('{"sku":"BAD","qty":NaN}', "qty is not a finite number"),
        ('{"sku":"BAD","qty":1e400}', "qty is too large"),
        ('{"sku":"BAD","qty":1e99999999999999999999}', "qty is not a finite number"),
        pytest.param('{"sku":"BAD","qty":' + "9" * 5000 + "}", "qty is too large", id="5,000 digits"),
        ('{"sku":"BAD","qty":"2,7"}', "qty is not a number"),
        ('{"sku":"BAD","qty":100000000}', "qty is more than"),
        ('{"sku":"BAD","qty":[1]}', "qty is a list"),
        ('{"sku":"BAD","qty":true}', "qty is true or false"),
        pytest.param('{"sku":"BAD","qty":' + DEEP + "}", "qty is a list", id="3,000 levels"),
        ('{"sku":"BAD"}', "quantity is missing"),
        ('{"sku":"BAD","qty":null}', "quantity is missing"),
        ('{"sku":"","qty":1}', "missing"),
        ('{"sku":["A"],"qty":1}', ""),
        ('{"sku":"BAD\n","qty":1}', "sku holds a character that cannot be shown"),
        ('{"sku":"BAD\\ud800","qty":1}', ""),
        ('{"sku":"\\ud83d\\ude00","qty":1}', ""),
        ('{"sku":"' + "x" * 65 + '","qty":1}', "sku is longer than 64 characters"),
        ('{"sku":" BAD","qty":1}', ""),
        ('{"sku":"BAD","qty":1,"source":{}}', "source is an object"),
        ('"BAD"', "is text, not an object"),
        ("[]", "is a list, not an object"),
        ("null", "is nothing, not an object"),
        ('{"sku":"NOSEQ","qty":1}', "sequence is missing"),
        ('{"sku":"BADSEQ","qty":1}', "sequence is not a number"),
        ('{"sku":"BADDATE","qty":1}', "last_order_exported is not a date"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_alone(row: str, reason: str) -> None:
    sequences = '{"sku":"OK","seq":1},{"sku":"BAD","seq":2},{"sku":"BADSEQ","seq":"x"},7,'
    sequences += '{"sku":"BADDATE","seq":1,"last_order_exported":"0000-00-00 00:00:00"}'
    ok = '{"sku":"OK","qty":3}'
    found = rest(f'{{"productQtys":[{ok},{row},{ok}],"productSeqs":[{sequences}],"messageSeqId":5}}'.encode())
    assert [one.line for one in found.rows] == [1, 3]
    (refused,) = found.refused
    assert refused.line == 2
    assert reason in refused.reason


def test_a_byte_that_is_not_utf_8_costs_its_row_alone() -> None:
    found = rest(
        b'{"productQtys":[{"sku":"\xe9","qty":1},{"sku":"A","qty":1}],'
        b'"productSeqs":[{"sku":"A","seq":1}],"messageSeqId":1}'
    )
    assert ([row.sku for row in found.rows], len(found.refused)) == (["A"], 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[]", "is a list, not an object"),
        (b"{}", "productQtys is missing"),
        (b'{"productQtys":{},"productSeqs":[],"messageSeqId":1}', "productQtys is an object"),
        (b'{"productQtys":[],"productSeqs":[],"messageSeqId":1}', "the message is empty"),
        (b'{"productQtys":[{}],"productSeqs":[{}]}', "messageSeqId is missing"),
        (b'{"productQtys":[{}],"productSeqs":[{}],"messageSeqId":"x"}', "messageSeqId is not a number"),
        (b'{"productQtys":[{}],"productSeqs":[{}],"messageSeqId":9223372036854775808}', "messageSeqId is more than"),
        ("{}".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_message_as_a_whole_is_refused_with_one_sentence(body: bytes, reason: str) -> None:
    with pytest.raises(MessageRefused, match=reason):
        rest(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<a", "not well-formed"),
        (b"<a/>", "not an envelope"),
        (b'<!DOCTYPE a [<!ENTITY x "xx">]><a>&x;</a>', "DTD"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DTD"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "not well-formed|envelope"),
        (f'<Envelope xmlns="{soap.SOAP_12}"><Body/></Envelope>'.encode(), "does not call"),
        (f'<Envelope xmlns="{soap.SOAP_12}"/>'.encode(), "does not call"),
        (f'<Envelope xmlns="{soap.SOAP_12}"><Body><other/></Body></Envelope>'.encode(), "does not call"),
    ],
)
def test_xml_that_is_not_a_call_is_refused_with_one_sentence(body: bytes, reason: str) -> None:
    with pytest.raises(MessageRefused, match=reason):
        soap.parse_call(body)


def test_a_billion_laughs_are_never_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    body = f'<?xml version="1.0"?><!DOCTYPE x [{laughs}]><e:Envelope xmlns:e="{soap.SOAP_12}">&l9;</e:Envelope>'
    with pytest.raises(MessageRefused, match="DTD"):
        soap.parse_call(body.encode())


def test_levels_without_end_cost_their_row_alone() -> None:
    deep = "<x>" * 5000 + "1" + "</x>" * 5000
    call = CALL.replace("<qty>2.5</qty>", f"<qty>{deep}</qty>")
    found = message_of(soap.parse_call(envelope(call)).arguments, "w", "default")
    assert ([row.sku for row in found.rows], len(found.refused)) == (["A1"], 1)


def test_an_answer_escapes_what_it_repeats() -> None:
    said = soap.answer(soap.SOAP_11, "<b>&", 'http://x/"><y').decode()
    assert "&lt;b&gt;&amp;" in said
    assert "'http://x/\"&gt;&lt;y'" in said
    assert b"env:Client" in soap.fault(soap.SOAP_11, "no")
    assert b"env:Receiver" in soap.fault(soap.SOAP_12, "no", ours=True)


def test_equal_content_has_one_digest_and_other_content_another() -> None:
    spaced = json.dumps(json.loads(BODY), indent=3).encode()
    assert rest(spaced).digest == rest(BODY).digest
    assert rest(BODY.replace(b'"7"', b'"8"')).digest != rest(BODY).digest


def test_a_csv_is_read_and_its_bad_lines_are_refused_alone() -> None:
    text = (
        "\ufeffSKU;qty;source;sequence;last_order_exported\r\n"
        "A;7;;;\r\n"
        "\r\n"
        'B;"2.5";east;12;2026-01-05 10:00:00\r\n'
        "C;x;;;\r\n"
        "D;1;;\r\n"
        'E;"1;;;\r\n'
        "F;1;;1.5;\r\n"
        "G;-3;;;\r\n"
    )
    found = read_figures(text.encode(), "stock.csv", "default")
    assert [(row.line, row.sku, row.quantity, row.source, row.sequence) for row in found.rows] == [
        (2, "A", 7, "default", None),
        (4, "B", Decimal("2.5"), "east", 12),
        (9, "G", -3, "default", None),
    ]
    assert [row.line for row in found.refused] == [5, 6, 7, 8]
    assert "not a number" in found.refused[0].reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"sku,amount\nA,1\n", "no column quantity"),
        (b"sku,quantity,qty\nA,1,1\n", "quantity twice"),
        ("sku,quantity\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_the_remedy(content: bytes, reason: str) -> None:
    with pytest.raises(InventoryError, match=reason):
        read_figures(content, "stock.csv", "default")


def test_a_byte_that_is_not_utf_8_costs_its_csv_row_alone() -> None:
    found = read_figures(b"sku,quantity\n\xe9,1\nA,2\n", "stock.csv", "default")
    assert ([row.sku for row in found.rows], len(found.refused)) == (["A"], 1)


def test_a_singer_file_is_read() -> None:
    lines = [
        {"type": "SCHEMA", "stream": "stock", "schema": {"properties": {}}, "key_properties": ["sku"]},
        {"type": "RECORD", "stream": "stock", "record": {"sku": "A", "quantity": 7.5, "source_code": "east"}},
        {"type": "RECORD", "stream": "stock", "record": {"sku": "B", "quantity": None}},
        {"type": "STATE", "value": {}},
    ]
    content = "\n".join([*map(json.dumps, lines), '{"type":"RECORD","stream":"stock","record":{"sku":', ""])
    found = read_figures(content.encode(), "-", "default")
    assert [(row.line, row.sku, row.quantity, row.source) for row in found.rows] == [(2, "A", Decimal("7.5"), "east")]
    assert [row.line for row in found.refused] == [3, 5]
