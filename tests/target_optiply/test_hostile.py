"""Foreign values are judged one by one: each costs its record, by name, and nothing else; nothing odd is sent on."""

import io
import json
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(60)
SCHEMA = '{"type": "SCHEMA", "stream": "products", "schema": %s, "key_properties": ["remoteId"]}\n'
GOOD = '{"remoteId": "1", "name": "Good", "skuCode": "S1", "stockLevel": 1}'
RECORD = '{"type": "RECORD", "stream": "products", "record": %s}\n'
STATE = '{"type": "STATE", "value": {"after": 2}}\n'


def feed(bench: Any, *lines: str | bytes, schema: str = "{}") -> Any:
    """A run over the lines as bytes, as they come through a pipe."""
    target = bench.target()
    bench.capsys.readouterr()
    given = [SCHEMA % schema, *lines]
    raw = b"".join(line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass") for line in given)
    return bench.outcome(target.run(io.BytesIO(raw)))  # type: ignore[arg-type]


def attributes(**odd: str) -> str:
    """A record as JSON text, with attributes given as raw JSON."""
    whole = {"remoteId": '"2"', "name": '"Other"', "skuCode": '"S2"', "stockLevel": "1"} | odd
    return "{" + ", ".join(f'"{name}": {text}' for name, text in whole.items()) + "}"


@pytest.mark.parametrize(
    ("field", "odd", "why"),
    [
        ("price", "1e999999999", "price is too large"),
        ("price", "-1e999999999", "price is too large"),
        ("stockLevel", "1e999999999", "stockLevel is"),
        ("minimumStock", "1e20", "minimumStock is more than"),
        ("minimumStock", "1e-999999999", "minimumStock has too many digits"),
        ("stockLevel", "9" * 400, "stockLevel is too large"),
        ("colour", "1e999999999", "colour is too large"),
        ("colour", '{"deep": [1e999999999]}', "colour is too large"),
        ("manualServiceLevel", "1e20", "manualServiceLevel is more than"),
        ("skuCode", '["a"]', "skuCode is a list, not text"),
        ("skuCode", "false", "skuCode is true or false, not text"),
        ("name", '{"nl": "x"}', "name is an object, not text"),
        ("name", '"a\\u0000b"', "name holds a null character"),
        ("unlimitedStock", "[]", "unlimitedStock is neither true nor false"),
        ("status", "[1]", "status is not one of enabled, disabled"),
        ("createdAtRemote", '"2026-13-01"', "createdAtRemote is not a date and time"),
        ("createdAtRemote", '"0000-00-00 00:00:00"', "createdAtRemote is not a date and time"),
        ("createdAtRemote", "[2026]", "createdAtRemote is a list"),
        ("deleted_at", "[0]", "deleted_at is a list"),
    ],
)
def test_an_odd_value_costs_its_record_by_field(bench: Any, field: str, odd: str, why: str) -> None:
    run = feed(bench, RECORD % GOOD, RECORD % attributes(**{field: odd}), STATE)
    assert (run.code, run.states) == (0, [{"after": 2}])
    assert run.count("products") == {"created": 1, "refused": 1}
    (reason,) = [reason for reason in run.report["reasons"] if reason["outcome"] == "refused"]
    assert (reason["field"], reason["examples"]) == (field, ["2"])
    assert reason["reason"].startswith(why)


@pytest.mark.parametrize(
    "odd", ["[7]", "true", '{"a": 1}', "0", '"nan"', "1.5", "1e999999999", '"[1]"', '"a\\u0000"', '"' + "x" * 256 + '"']
)
def test_what_is_not_an_id_names_no_record(bench: Any, odd: str) -> None:
    run = feed(bench, RECORD % GOOD, RECORD % attributes(remoteId=odd))
    assert run.count("products") == {"created": 1, "refused": 1}
    assert run.report["reasons"][0]["field"] == "remoteId"
    assert [row["name"] for row in bench.objects("products")] == ["Good"]


def test_one_id_in_several_spellings_is_one_record(bench: Any) -> None:
    spelled = [RECORD % attributes(remoteId=text) for text in ('"2"', "2", "2.0", '"2.0"', '" 2 "')]
    run = feed(bench, *spelled)
    assert run.count("products") == {"created": 1, "existing": 4}
    assert len(bench.objects("products")) == 1


@pytest.mark.parametrize("reference", ['["1"]', "true", "1e999999999"])
def test_a_reference_that_is_not_an_id_is_refused_and_does_not_wait(bench: Any, singer: Any, reference: str) -> None:
    lines = f'[{{"productRemoteId": {reference}, "quantity": 1, "subtotalValue": 1}}]'
    order = f'{{"remoteId": "5", "placed": "2026-01-01T00:00:00Z", "totalValue": 1, "orderLines": {lines}}}'
    schema = json.dumps(singer.stream("sellOrders")[0]) + "\n"
    run = feed(bench, RECORD % GOOD, schema, '{"type": "RECORD", "stream": "sellOrders", "record": %s}\n' % order)  # noqa: UP031 - braces
    assert (run.code, run.count("sellOrders")) == (0, {"refused": 1})


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, '[{"productId": 1, "quantity": 1e99999}]', "[NaN]", "{}"])
def test_lines_that_come_as_json_text_are_judged_as_well(bench: Any, singer: Any, text: str) -> None:
    run = bench.run(singer.stream("sellOrders", singer.order(5, orderLines=text)))
    assert (run.code, run.count("sellOrders")) == (0, {"refused": 1})


@pytest.mark.parametrize(
    ("record", "what", "remote_id"),
    [
        ('{"remoteId": "2", "name": "x", "price": NaN}', "holds NaN", "2"),
        ('{"remoteId": "2", "name": "x", "price": -Infinity}', "holds -Infinity", "2"),
        ('{"remoteId": "2", "name": "half \\ud83d"}', "half of a surrogate pair", "2"),
        ('{"remoteId": "2", "name": "half \ud83d"}', "not UTF-8", "2"),
        ('{"remoteId": "2", "custom": %s}' % ("[" * 3000 + "]" * 3000), "levels deep", ""),
        ('{"remoteId": "2", "custom": %s}' % ("[" * 200 + "]" * 200), "levels deep", "2"),
        ("[7]", "record is not an object", ""),
        ("null", "record is not an object", ""),
    ],
)
def test_a_line_that_cannot_be_read_costs_its_record(bench: Any, record: str, what: str, remote_id: str) -> None:
    run = feed(bench, RECORD % record, RECORD % GOOD, STATE)
    assert run.code == 0
    assert run.count("products") == {"created": 1, "refused": 1}
    assert [row["name"] for row in bench.objects("products")] == ["Good"]
    (reason,) = run.report["reasons"]
    assert what in reason["reason"]
    assert reason["examples"] == [remote_id]
    failed = next(entry for entry in run.results["bookmarks"]["products"] if not entry["success"])
    assert failed["error"].startswith("line 2 is a RECORD of stream products ")


def test_state_waits_for_a_record_that_nothing_names_as_it_can_only_be_read_again(bench: Any) -> None:
    assert feed(bench, RECORD % GOOD, STATE, RECORD % "[7]", STATE.replace("2", "3")).states == [{"after": 2}]


def test_an_unreadable_line_does_not_settle_a_create_whose_answer_is_still_out(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "cut": "after"})
    run = feed(bench, RECORD % GOOD, RECORD % GOOD.replace("1}", "NaN}"))
    assert run.count("products")["refused"] == 1
    assert len(bench.objects("products")) == 1


def test_a_byte_order_mark_is_skipped(bench: Any) -> None:
    target = bench.target()
    bench.capsys.readouterr()
    lines = ("\ufeff" + SCHEMA % "{}" + RECORD % GOOD).encode()
    run = bench.outcome(target.run(io.BytesIO(lines)))
    assert (run.code, run.count("products")) == (0, {"created": 1})


@pytest.mark.parametrize("schema", ["{}", '{"properties": {}}', '{"properties": {"remoteId": true}}'])
def test_a_schema_may_say_nothing_or_little(bench: Any, schema: str) -> None:
    assert feed(bench, RECORD % GOOD, schema=schema).count("products") == {"created": 1}


@pytest.mark.parametrize(
    "schema",
    [
        *('{"properties": null}', '{"properties": []}', '{"properties": {"name": 7}}', '{"type": []}'),
        *("null", "[]", '"x"', '{"type": "object"}'),
    ],
)
def test_a_schema_of_another_shape_ends_the_run_with_a_sentence(bench: Any, schema: str, caplog: Any) -> None:
    run = feed(bench, RECORD % GOOD, schema=schema)
    assert (run.code, bench.writes()) == (1, {})
    assert "Line 1 of the input is a SCHEMA of stream products w" in caplog.text


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"type": "BATCH", "stream": "products", "manifest": ["x"]}\n', "switch batches off in the tap"),
        ('{"type": "STATE", "value": [1]}\n', "STATE whose value is not an object"),
        ('{"type": "STATE", "value": {"a": NaN}}\n', "is a STATE that holds NaN"),
        ('{"type": "RECORD", "record": {}}\n', "RECORD without the name of its stream"),
        ('{"type": "RECORD", "stream": "products", "rec\n', "is not valid JSON"),
        ("[" * 5000 + "]" * 5000 + "\n", "levels deep"),
    ],
)
def test_what_leaves_no_record_to_blame_ends_the_run(bench: Any, line: str, what: str, caplog: Any) -> None:
    assert feed(bench, RECORD % GOOD, line).code == 1
    assert "Line 3 of the input" in caplog.text
    assert what in caplog.text
