"""Bad input gets one clear sentence that names the place and the remedy; the rest goes on where it is safe."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.systems import Sandbox

RUN = "3f2a"


def run(
    module: str, *arguments: str, cwd: Path, stdin: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "OPTIPLY_SYNC_LOCK_FD"}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env={**environment, **variables},
        input=stdin or "",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def singer(*messages: Mapping[str, Any]) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)


def schema(stream: str, *keys: str) -> dict[str, Any]:
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": {}},
        "key_properties": [*keys],
    }


def record(stream: str, **values: object) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": values}


def product(number: int, **changes: object) -> dict[str, Any]:
    values: dict[str, object] = {
        "id": number, "sku": f"SKU-{number}", "name": f"Product {number}", "price": 5, "status": 1,
        "type_id": "virtual", "created_at": "2026-01-01 08:00:00", "updated_at": "2026-01-02 08:00:00",
    }  # fmt: skip
    return record("products", **{key: value for key, value in {**values, **changes}.items() if value != "absent"})


def stock(number: int, quantity: int) -> dict[str, Any]:
    item = {"qty": quantity, "manage_stock": True, "is_in_stock": True}
    return record(
        "product_stock_statuses", sku=f"SKU-{number}", product_id=number, qty=quantity, stock_status=1, stock_item=item
    )


def order(number: int, *product_ids: int) -> dict[str, Any]:
    items = [
        {
            "item_id": number * 10 + index, "order_id": number, "product_id": product_id, "product_type": "simple",
            "sku": f"SKU-{product_id}", "qty_ordered": 1, "base_row_total": 5, "row_total": 5,
        }
        for index, product_id in enumerate(product_ids)
    ]  # fmt: skip
    return record(
        "orders", entity_id=number, increment_id=f"{number:09}", state="complete", status="complete",
        created_at="2026-01-03 08:00:00", updated_at="2026-01-03 09:00:00", subtotal=5 * len(items), items=items,
    )  # fmt: skip


STATE = {
    "type": "STATE",
    "value": {
        "run_id": RUN,
        "bookmarks": {
            stream: {"complete": True, "run_id": RUN}
            for stream in ("product_stock_statuses", "products")
        },
    },
}


def etl_folder(root: Path, lines: str) -> Path:
    (root / "sync-output").mkdir(parents=True)
    (root / "config.json").write_text("{}")
    (root / "sync-output" / "tap.singer").write_text(lines)
    return root


def offered(root: Path, stream: str) -> dict[str, dict[str, Any]]:
    lines = (root / "etl-output" / "data.singer").read_text().splitlines()
    messages = [json.loads(line) for line in lines]
    return {
        message["record"]["remoteId"]: message["record"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == stream
    }


def reasons(root: Path) -> str:
    return (root / "etl-output" / "report.json").read_text()


def test_a_folder_without_config_says_which_file_is_missing_and_where_to_copy_it_from(tmp_path: Path) -> None:
    done = run("job", "run", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "config.json" in done.stderr
    assert "configs/example" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = run("job", "run", str(tmp_path / "nowhere"), cwd=tmp_path)
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_a_wrong_command_line_ends_with_2(tmp_path: Path) -> None:
    assert run("job", "fly", cwd=tmp_path).returncode == 2


def test_a_config_that_is_no_json_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"store_url": "http://127.0.0.1:1",\n oops}')
    (tmp_path / "target-config.json").write_text("{}")
    done = run("job", "run", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "config.json is not valid JSON (line 2, column 2:" in done.stderr


def test_a_mistyped_setting_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"store_url": "http://127.0.0.1:1", "acces_token": "x"}')
    (tmp_path / "target-config.json").write_text("{}")
    done = run("job", "run", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "acces_token" in done.stderr
    assert "access_token" in done.stderr


def test_a_missing_setting_of_the_tap_ends_with_1_and_its_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"access_token": "x"}')
    done = run("tap_magento", "--config", "config.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "store_url" in done.stderr


def test_an_unreadable_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = singer(schema("products", "id"), product(1)) + '{"type": "RECORD", "stream"\n' + singer(product(2), STATE)
    done = run("etl.etl", cwd=etl_folder(tmp_path, lines), ROOT_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert set(offered(tmp_path, "products")) == {"1", "2"}
    assert "line 3" in reasons(tmp_path)
    assert "tap.singer" in reasons(tmp_path)


def test_a_record_before_its_schema_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = singer(order(7, 1), schema("products", "id"), product(1), STATE)
    done = run("etl.etl", cwd=etl_folder(tmp_path, lines), ROOT_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert set(offered(tmp_path, "products")) == {"1"}
    assert "orders" in reasons(tmp_path)
    assert "SCHEMA" in reasons(tmp_path)


@pytest.mark.parametrize("field", ["id", "sku"])
def test_a_product_without_id_or_sku_is_refused_by_name_and_the_others_go(tmp_path: Path, field: str) -> None:
    lines = singer(schema("products", "id"), product(1), product(2, **{field: "absent"}), STATE)
    done = run("etl.etl", cwd=etl_folder(tmp_path, lines), ROOT_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert set(offered(tmp_path, "products")) == {"1"}
    told = [row for row in json.loads(reasons(tmp_path))["reasons"] if row["stream"] == "products"]
    assert [row["outcome"] for row in told] == ["refused"]
    assert field in f"{told[0]['field']} {told[0]['reason']}"


def test_a_price_that_is_no_number_is_reported_with_field_and_value_and_the_product_still_goes(tmp_path: Path) -> None:
    lines = singer(schema("products", "id"), product(1, price="12,50 euro"), STATE)
    done = run("etl.etl", cwd=etl_folder(tmp_path, lines), ROOT_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    sent = offered(tmp_path, "products")
    told = json.loads(reasons(tmp_path))["reasons"]
    assert [(row["field"], row["examples"], row["values"]) for row in told] == [("price", ["1"], ["12,50 euro"])]
    assert "price" not in sent["1"] or sent["1"]["price"] is None


def test_an_order_line_for_an_unknown_product_makes_the_order_wait_and_says_for_what(tmp_path: Path) -> None:
    lines = singer(
        schema("products", "id"), product(1), schema("orders", "entity_id"), order(7, 1, 99), order(8, 1), STATE
    )
    done = run("etl.etl", cwd=etl_folder(tmp_path, lines), ROOT_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert set(offered(tmp_path, "sellOrders")) == {"8"}
    waiting = [row for row in json.loads(reasons(tmp_path))["reasons"] if row["outcome"] == "waiting"]
    assert waiting
    assert waiting[0]["stream"] == "sellOrders"
    assert (waiting[0]["examples"], waiting[0]["values"]) == (["7"], ["99"])


def test_a_sandbox_port_already_taken_is_one_sentence_with_the_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("sandbox", "serve", "--magento-port", str(port), "--optiply-port", "0", cwd=tmp_path)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["text", "other database"])
def test_a_snapshot_file_that_is_no_snapshot_stops_the_run_untouched(tmp_path: Path, kind: str) -> None:
    etl_folder(tmp_path, singer(schema("products", "id"), product(1), STATE))
    path = tmp_path / "snapshots" / "optiply.sqlite"
    path.parent.mkdir()
    if kind == "text":
        path.write_text("this is a shopping list, not a database, and long enough to be one" * 20)
    else:
        with sqlite3.connect(path) as other:
            other.execute("create table holidays (day text)")
        other.close()
    before = path.read_bytes()
    done = run("etl.etl", cwd=tmp_path, ROOT_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "optiply.sqlite" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


def test_the_target_names_a_record_before_its_schema_and_an_unreadable_line(tmp_path: Path) -> None:
    with Sandbox(products=20, orders=5, magento=False) as sandbox:
        config = {
            "username": "sandbox", "password": "sandbox-password", "client_id": "sandbox-client",
            "client_secret": "sandbox-secret", "account_id": 1380, "coupling_id": 77,
            "api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url,
        }  # fmt: skip
        (tmp_path / "target.json").write_text(json.dumps(config))
        early = run(
            "target_optiply", "--config", "target.json", cwd=tmp_path, stdin=singer(record("products", remoteId="1"))
        )
        broken = run("target_optiply", "--config", "target.json", cwd=tmp_path, stdin="{oops\n")
    assert early.returncode == 1
    assert "products" in early.stderr
    assert "schema" in early.stderr.lower()
    assert broken.returncode == 1
    assert "JSON" in broken.stderr or "json" in broken.stderr


def test_the_demo_refuses_an_address_that_is_not_this_machine(tmp_path: Path) -> None:
    done = run("job", "demo", "--folder", str(tmp_path), cwd=tmp_path, optiply_base_url="https://api.example.com/v1")
    assert done.returncode == 1
    assert "optiply_base_url" in done.stderr
    assert "not on this machine" in done.stderr
