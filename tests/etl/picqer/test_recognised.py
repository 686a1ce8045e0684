"""Whose records an input holds is told by the key properties of its streams, alone or inside the target."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from etl.core.flags import ConfigError
from etl.embedded import EmbeddedEtl
from etl.flows import flow_of, with_system
from etl.recognised import KEYS, shape_of, shape_of_input
from store.snapshot import Snapshot
from tests.etl.picqer.days import product, singer, supplier

DAY = singer({"suppliers": [supplier()], "products": [product(1)]}, (), "one")


@pytest.mark.parametrize("system", KEYS)
def test_every_stream_of_a_flow_is_recognised_by_its_key(system):
    assert {one.name for one in flow_of({"system": system}).streams.streams} - set(KEYS[system]) <= {
        "product_attributes"
    }
    for stream, keys in KEYS[system].items():
        message: dict[str, Any] = {"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": list(keys)}
        assert shape_of(message) == system
        assert shape_of({**message, "schema": {"properties": {"remoteId": {}}}}) is None
        assert shape_of({**message, "key_properties": ["remoteId"]}) is None


@pytest.mark.parametrize(
    "content", [b"", b"\n{}\nSCHEMA\n", b'{"type":"SCHEMA","stream":["x"],"key_properties":"id"}\n', b'"SCHEMA"\n']
)
def test_what_is_no_schema_is_nobodys(content):
    file = io.BytesIO(content + b"x" * 9)
    assert shape_of_input(file) is None
    assert file.tell() == 0
    assert shape_of_input(io.BytesIO(content + DAY)) == "picqer"


def test_the_configuration_may_name_the_system_but_no_other_one():
    assert with_system({}, "picqer") == {"system": "picqer"}
    assert with_system({"system": "picqer"}, None) == {"system": "picqer"}
    with pytest.raises(ConfigError, match="the input is that of picqer"):
        with_system({"system": "magento"}, "picqer")


class Delivery:
    """What the ETL uses of a target's run."""

    def __init__(self, store: Snapshot) -> None:
        self.report = self
        self.store = store
        self.notes: list[str] = []

    def snapshot(self) -> Snapshot:
        return self.store

    def of_etl(self, notes: list[str], reasons: list[dict[str, Any]]) -> None:
        self.notes += notes


def test_inside_the_target_they_become_optiplys(tmp_path: Path):
    with Snapshot.open(tmp_path) as store:
        etl = EmbeddedEtl(Delivery(store), {})
        for line in DAY.splitlines():
            message = json.loads(line)
            kinds = {"SCHEMA": etl.takes_schema, "RECORD": etl.takes, "STATE": etl.takes_state}
            assert kinds[message["type"]](message)
        foreign = {"type": "SCHEMA", "stream": "sources", "schema": {}, "key_properties": ["source_code"]}
        assert not etl.takes_schema(foreign), "one input is of one system"
        found = [one for one in etl.run() if one["type"] == "RECORD"]
    assert [one["stream"] for one in found] == ["products", "suppliers", "supplierProducts"]
