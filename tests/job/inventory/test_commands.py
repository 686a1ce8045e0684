"""The inventory commands as people and schedulers meet them: what they print, JSON, exit codes, and in a run."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
import requests

from job.cli import main
from store.lock import lock
from tests.job.inventory.house import REST, TOKEN, House
from tests.job.shop_folder import make_folder, report_of, sync


@pytest.fixture
def sku(house: House) -> str:
    return house.quiet[0]


def body(sku: str, quantity: str = "7", number: int = 71) -> bytes:
    rows = [{"sku": sku, "qty": quantity, "source": "ams"}]
    return json.dumps(
        {"productQtys": rows, "productSeqs": [{"sku": sku, "seq": "5012"}], "messageSeqId": number}
    ).encode()


def start_receiver(house: House, *more: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "job", "inventory", "receive", str(house.job.root), "--port", "0", *more]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "WAREHOUSE": TOKEN})
    assert program.stderr is not None
    found = re.search(r"Receiving at (http://\S+); stop it with Ctrl-C", line := program.stderr.readline())
    assert found, line
    return program, found[1]


def test_receive_takes_messages_until_it_is_stopped_and_logs_no_secret(house: House, sku: str) -> None:
    program, url = start_receiver(house, "--token-env", "WAREHOUSE")
    try:
        answer = requests.post(url + REST, data=body(sku), headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        assert (answer.status_code, answer.text) == (200, "Success - Message 71 Received")
        assert requests.post(url + REST, data=body(sku), timeout=10).status_code == 401
    finally:
        program.send_signal(signal.SIGTERM)
        _, log = program.communicate(timeout=60)
    assert program.returncode == 0
    assert "message 71: 1 taken, 0 refused" in log
    assert TOKEN not in log
    assert sku not in log
    assert house.process()["written"] == 1


@pytest.mark.parametrize(
    ("token", "words"),
    [("", "The environment variable WAREHOUSE_X is empty"), ("short", "The token must have at least 16")],
)
def test_receive_without_a_usable_token_does_not_start(
    house: House, monkeypatch: pytest.MonkeyPatch, token: str, words: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_X", token)
    found = sync("inventory", "receive", house.job.root, "--port", "0", "--token-env", "WAREHOUSE_X", expected=1)
    assert words in found.output


def test_receive_at_a_port_that_is_taken_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVENTORY_TOKEN", TOKEN)
    port = house.url.rpartition(":")[2]
    found = sync("inventory", "receive", house.job.root, "--port", port, expected=1)
    assert f"Port {port} of 127.0.0.1 cannot be used" in found.output


def test_a_full_push_an_incremental_and_a_single_one(house: House) -> None:
    first, second = house.quiet[:2]
    stock = "sku,quantity,source\n{},{},ams\n{},{},ams\n"
    assert house.push(stock.format(first, 1, second, 2))["queued"] == 2
    assert house.process()["written"] == 2
    writes = house.writes()
    assert house.push(stock.format(first, 1, second, 2)) == {
        "messages": [], "queued": 0, "unchanged": 2, "refused": [],
    }  # fmt: skip
    assert house.process()["written"] == 0
    assert house.writes() == writes, "a second full push writes nothing"
    assert house.push(stock.format(first, 1, second, 5))["queued"] == 1
    assert house.push(stock.format(first, 9, second, 9), "--sku", second.lower())["queued"] == 1
    assert house.push(stock.format(first, 1, second, 9), "--initialise")["queued"] == 2
    house.process()
    assert (house.stands(first), house.stands(second)) == ((1, 1), (9, 1))


def test_push_reads_standard_input_and_singer(house: House, sku: str) -> None:
    record = {"type": "RECORD", "stream": "stock", "record": {"sku": sku, "quantity": 7, "source": "ams"}}
    made = subprocess.run(
        [sys.executable, "-m", "job", "inventory", "push", str(house.job.root), "-"],
        input=json.dumps(record), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert made.stdout == "1 figure queued in 1 message, 0 unchanged, 0 refused.\n"
    assert house.process()["written"] == 1


def test_push_names_a_sku_that_the_file_lacks(house: House, sku: str) -> None:
    file = house.job.root / "stock.csv"
    file.write_text(f"sku,quantity\n{sku},1\n", encoding="utf-8")
    found = sync("inventory", "push", house.job.root, file, "--sku", "OTHER", expected=1)
    assert "The file has no line with the SKU OTHER; nothing was queued." in found.output


def test_plan_shows_each_deduction_and_writes_nothing(house: House, sku: str) -> None:
    house.order({sku: 4}, "2026-01-15 06:00:00")
    house.order({sku: 2}, "2026-01-15 07:00:00")
    house.cart({sku: 1}, "2026-01-15 07:30:00")
    house.configure(adjust="unsent_orders_and_quotes")
    before = house.stands(sku)
    house.send(1, (sku, "10", 1), ("GHOST", "1", 1), exported="2026-01-15T06:30:00")
    planned = house.command("plan")
    (row,) = planned["figures"]
    assert row == {
        "sku": sku, "source": "ams", "message": "warehouse 1", "sequence": 1, "exported": "2026-01-15T06:30:00+00:00",
        "received": "10", "known": "4", "known_effect": "4", "unsent": "2", "unsent_effect": "0", "carts": "1",
        "carts_effect": "-1", "total": "13", "quantity": "13", "in_stock": True, "previous": str(int(before[0])),
        "notes": [],
    }  # fmt: skip
    (held,) = planned["held"]
    assert (held["sku"], held["state"]) == ("GHOST", "waiting")
    shown = sync("inventory", "plan", house.job.root).output
    for word in ("+ known", "- carts", "13, in stock", "1 figure to change, 0 as they are, 1 held."):
        assert word in shown
    assert house.stands(sku) == before
    assert house.status().states == {"received": 2}
    house.process()
    assert house.stands(sku) == (13, 1)


def test_why_names_message_sequence_and_calculation(house: House, sku: str) -> None:
    house.order({sku: 4}, "2026-01-15 06:00:00")
    house.send(70, (sku, "3", 50))
    house.send(71, (sku, "10", 51))
    house.process()
    shown = sync("inventory", "why", house.job.root, sku.lower()).output
    assert f"{sku} at ams: 14, in stock; message 71 (warehouse), sequence 51, applied" in shown
    assert "10 received + 4 open orders the warehouse system knew = 14" in shown
    assert "superseded" in shown
    found = house.command("why", sku)
    assert found["standing"][0]["calculation"]["known_effect"] == "4"
    assert [entry["state"] for entry in found["entries"]] == ["applied", "superseded"]
    assert (
        "Nothing was ever received or pushed for NOTHING." in sync("inventory", "why", house.job.root, "NOTHING").output
    )


def test_compare_shows_and_repairs_what_somebody_else_changed(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    house.process()
    house.set(sku, 99)
    found = house.command("compare", "--dry-run")
    assert found["differences"] == [
        {"sku": sku, "source": "ams", "expected": "7", "found": "99", "repaired": False, "reason": None}
    ]
    assert house.stands(sku) == (99, 1)
    shown = sync("inventory", "compare", house.job.root, "--sku", sku).output
    assert "put right" in shown
    assert "1 figure compared, 1 differ, 1 put right." in shown
    assert house.stands(sku) == (7, 1)
    assert house.command("compare")["differences"] == []


def test_a_shop_that_does_not_answer_ends_with_1_and_loses_nothing(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    house.sandbox.magento.settings.maintenance = True
    done = house.process(expected=1)
    assert done["trouble"]
    assert house.status().states == {"received": 1}
    found = sync("inventory", "process", house.job.root, expected=1)
    assert "What was not written waits for the next call." in found.output
    house.sandbox.magento.settings.maintenance = False
    assert house.process()["written"] == 1


def test_a_missing_right_is_named(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    house.sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::source"}
    assert "Magento_InventoryApi::source" in house.process(expected=1)["trouble"]


def test_the_json_of_each_command_has_the_documented_keys(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    assert set(house.process()) == {
        "applied", "written", "duplicate", "superseded", "waiting", "failed", "dead", "busy", "cut", "cleaned",
        "mended", "requests", "retries", "trouble", "says",
    }  # fmt: skip
    assert set(house.command("plan")) == {"figures", "held"}
    assert set(house.command("status")) == {
        "states", "messages", "open_since", "unverified", "keys", "turned_away", "problems",
    }  # fmt: skip
    assert set(house.command("why", sku)) == {"standing", "entries"}
    assert set(house.command("compare")) == {"compared", "differences"}
    assert set(house.push("sku,quantity\nA,1\n")) == {"messages", "queued", "unchanged", "refused"}


def test_before_the_first_figure_each_command_says_what_is_missing(house: House) -> None:
    assert house.process()["says"] == "0 figures written."
    (house.job.snapshots / "inventory.sqlite").unlink()
    for command in (("status",), ("plan",), ("compare",), ("why", "A")):
        found = sync("inventory", command[0], house.job.root, *command[1:], expected=1)
        assert "there is no queue yet" in found.output


def test_without_a_folder_or_its_config_the_sentence_says_so(house: House) -> None:
    found = sync("inventory", "process", house.job.root / "nowhere", expected=1)
    assert "there is no such folder" in found.output
    house.job.config.unlink()
    found = sync("inventory", "process", house.job.root, expected=1)
    assert "this file is missing; it says which shop the figures are for" in found.output


def test_wrong_command_lines_end_with_2(house: House) -> None:
    sync("inventory", "receive", house.job.root, "--port", "99999", expected=2)
    sync("inventory", "why", house.job.root, expected=2)
    sync("inventory", "pusch", house.job.root, expected=2)


def test_every_inventory_command_has_help_with_an_example() -> None:
    group = main.commands["inventory"]
    for name in ("receive", "push", "process", "plan", "status", "why", "compare"):
        shown = sync("inventory", name, "--help").output
        assert f"Example: optiply-sync inventory {name} ./acme" in " ".join(shown.split())
    assert group.help


# In a run, and what the other commands know


def test_a_run_writes_stock_before_it_reads_it(house: House, sku: str) -> None:
    make_folder(house.job.root, house.sandbox, use_inventory_source_items=True, warehouse_ids=["ams"], inventory={})
    house.send(1, (sku, "7", 1), ("GHOST", "1", 1))
    report = report_of("run", house.job.root)
    assert report["steps"][0]["name"] == "inventory"
    assert 0 < report["steps"][0]["requests"] < 20
    assert report["inventory"]["written"] == 1
    assert "stock from the warehouse system: 1 figure written, 1 waiting." in report["notes"]
    product = next(row for row in house.sandbox.optiply.objects("products") if row["skuCode"] == sku)
    assert product["stockLevel"] == 7
    assert "inventory" in json.loads(sync("status", house.job.root, "--json").stdout)
    shown = sync("status", house.job.root).output
    assert "Stock from the warehouse system: 1 applied, 1 waiting (inventory status)" in shown
    assert f"{sku} at ams: 7, in stock; message 1" in sync("snapshot", "why", house.job.root, sku).output
    assert "1 figure written" not in " ".join(report_of("run", house.job.root)["notes"])


def test_a_run_without_a_queue_has_no_such_step(house: House) -> None:
    report = report_of("run", house.job.root, "--only", "orders")
    assert [step["name"] for step in report["steps"]] == ["tap", "etl", "target"]
    assert "inventory" not in report


def test_a_run_goes_on_where_stock_could_not_be_written_and_ends_with_1(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    house.sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::source"}
    report = report_of("run", house.job.root, "--only", "orders", expected=1)
    assert [(step["name"], step["exit_code"]) for step in report["steps"]][:2] == [("inventory", 1), ("tap", 0)]
    assert "Magento_InventoryApi::source" in report["steps"][0]["last_words"]


def test_plan_mentions_figures_that_a_run_would_write_first_and_leaves_them(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    notes = report_of("plan", house.job.root, "--only", "orders")["notes"]
    assert any(note.startswith("1 stock figure of the warehouse system would go into the shop first") for note in notes)
    assert house.status().states == {"received": 1}


def test_doctor_looks_at_the_queue(house: House, sku: str) -> None:
    def findings() -> list[tuple[str, str]]:
        found = json.loads(sync("doctor", house.job.root, "--quick", "--json").stdout)
        return [(one["state"], one["says"]) for one in found if one["check"] == "inventory" and "queue" in one["says"]]

    house.send(1, (sku, "7", 1))
    house.process()
    assert findings() == [("ok", "the queue is readable; figures: 1 applied")]
    house.send(2, ("GHOST", "7", 1))
    house.process()
    assert findings() == [("warn", "the queue is readable; figures: 1 applied, 1 waiting")]
    (house.job.snapshots / "inventory.sqlite").write_bytes(b"no database at all, but long enough to be read as one")
    found = json.loads(sync("doctor", house.job.root, "--quick", "--json", expected=1).stdout)
    (bad,) = [one for one in found if one["check"] == "inventory" and one["state"] == "fail"]
    assert "inventory.sqlite cannot be used" in bad["says"]


def test_process_waits_for_nobody_who_holds_the_folder(house: House, sku: str) -> None:
    house.send(1, (sku, "7", 1))
    with lock(house.job.snapshots):
        program = house.program("process")
        printed, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    assert "is locked by the run" in json.loads(printed)["busy"]
