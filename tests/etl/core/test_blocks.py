"""Lines in blocks: whatever lies in which piece of a block, the records are those of the lines."""

import json
from collections import Counter
from typing import Any

import pytest

from connector.messages import UNREADABLE, BadLine
from etl.core import blocks
from etl.magento.shapes import STREAMS

SCHEMA = '{"type":"SCHEMA","stream":"%s","schema":{},"key_properties":["id"]}'
STATE = '{"type":"STATE","value":{"run_id":"7"}}'


def record(stream: str, number: int) -> str:
    return json.dumps({"type": "RECORD", "stream": stream, "record": {"id": number, "entity_id": number}})


def lines() -> list[str]:
    """Two streams of the flow and one that it does not read, one after the other and in turns."""
    names = ["products", "orders", "rates"]
    one_by_one = [line for name in names for line in (SCHEMA % name, *(record(name, n) for n in range(9)))]
    in_turns = [record(name, 10 + n) for n in range(5) for name in names]
    return [*one_by_one, *in_turns, STATE]


@pytest.mark.parametrize("piece", [1, 40, 300, 2_000, 1_000_000])
def test_a_block_holds_the_records_of_its_lines(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_PIECE_BYTES", piece)
    found = blocks.decode(("\n".join(lines()) + "\n").encode(), STREAMS.by_name, set())
    numbers = [*range(9), *range(10, 15)]
    assert [item.product_id for item in found.records["products"]] == numbers
    assert [item.entity_id for item in found.records["orders"]] == numbers
    assert found.ignored == Counter(rates=14)
    assert found.declared == {"products", "orders", "rates"}
    assert found.state == {"run_id": "7"}
    assert found.messages == len(lines())


@pytest.mark.parametrize("odd", ["{", '{"type":"BATCH","stream":"orders"}', record("orders", 1) + record("orders", 2)])
@pytest.mark.parametrize("piece", [1, 1_000_000])
def test_a_block_with_anything_odd_is_not_taken_in(odd: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_PIECE_BYTES", piece)
    declared: set[Any] = set()
    with pytest.raises((BadLine, *UNREADABLE)):
        blocks.decode("\n".join([*lines(), odd]).encode(), STREAMS.by_name, declared)
    assert declared == set()
