"""The command: exit codes, the last line of a failed run, HotGlue's flags and files, signals, broken output."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.systems import Sandbox
from tests.tap_magento.reading import TOKEN, catalog_of


class Command:
    """Runs `python -m tap_magento` in a folder of its own."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.config: dict[str, Any] = {"store_url": sandbox.magento_url, "access_token": TOKEN, "retry_seconds": 1}

    def write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def arguments(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "tap_magento", "--config", str(self.write("config.json", self.config)), *more]

    def run(self, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.arguments(*more),
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def command(tmp_path: Path, sandbox: Sandbox) -> Command:
    return Command(tmp_path, sandbox)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1]


def kinds(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {json.loads(line)["type"] for line in done.stdout.splitlines()}


def test_a_good_run_ends_0_with_records_state_and_a_report(command: Command) -> None:
    done = command.run(SYNC_REPORT=str(command.folder / "report.json"))
    assert done.returncode == 0, done.stderr
    assert kinds(done) == {"SCHEMA", "RECORD", "STATE"}
    report = json.loads((command.folder / "report.json").read_text())
    assert report["step"] == "tap"
    assert report["streams"]["products"]["complete"] is True
    assert report["requests"] == sum(entry["requests"] for entry in report["streams"].values()) + 3


def test_the_first_state_may_be_an_empty_file(command: Command) -> None:
    done = command.run("--state", str(command.write("state.json", "")))
    assert done.returncode == 0, done.stderr


def test_discovery_needs_no_configuration_and_no_shop(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tap_magento", "--discover"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    streams = {entry["tap_stream_id"]: entry for entry in json.loads(done.stdout)["streams"]}
    assert len(streams) == 26
    selected = {
        name
        for name, entry in streams.items()
        for item in entry["metadata"]
        if not item["breadcrumb"] and item["metadata"].get("selected")
    }
    assert selected == {"products", "product_ids", "product_stock_statuses", "orders"}


def test_inventory_management_selects_source_items_instead_of_stock_statuses(command: Command) -> None:
    command.config["use_inventory_source_items"] = True
    done = command.run()
    names = {json.loads(line).get("stream") for line in done.stdout.splitlines()} - {None}
    assert names == {"products", "product_ids", "sources", "source_items", "product_item_stocks", "orders"}


def test_a_selected_catalogue_is_honoured_and_an_older_taps_keys_are_not(command: Command) -> None:
    catalog = catalog_of(("orders", "coupons"))
    for entry in catalog["streams"]:
        entry["key_properties"] = ["increment_id"]
        entry["replication_key"] = "created_at"
    catalog["streams"].append(
        {"tap_stream_id": "users", "stream": "users", "schema": {"type": "object"}, "metadata": []}
    )
    done = command.run("--catalog", str(command.write("catalog-selected.json", catalog)))
    assert done.returncode == 0, done.stderr
    schemas = {
        message["stream"]: message
        for message in map(json.loads, done.stdout.splitlines())
        if message["type"] == "SCHEMA"
    }
    assert set(schemas) == {"orders", "coupons"}
    assert schemas["orders"]["key_properties"] == ["entity_id"]


def test_deselected_properties_are_neither_asked_for_nor_put_out(command: Command, sandbox: Sandbox) -> None:
    catalog = catalog_of(("products",))
    entry = next(item for item in catalog["streams"] if item["tap_stream_id"] == "products")
    for item in entry["metadata"]:
        if item["breadcrumb"] in (["properties", "price"], ["properties", "extension_attributes"]):
            item["metadata"]["selected"] = False
    done = command.run("--catalog", str(command.write("catalog.json", catalog)))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    rows = [message["record"] for message in records if message["type"] == "RECORD"]
    assert rows
    assert not [row for row in rows if "price" in row or "extension_attributes" in row]
    asked = [item.query for item in sandbox.requests.entries if item.path.endswith("/V1/products")]
    assert not [query for query in asked if "price" in query]


BAD_CONFIGURATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no store_url": ({"store_url": None}, "'store_url' is a required property"),
    "no credentials": ({"access_token": None}, "no credentials"),
    "a page size in words": ({"page_size": "many"}, "page_size"),
    "an unknown way of reading stock": ({"stock_reading": "magic"}, "stock_reading"),
    "no web address": ({"store_url": "shop"}, "store_url"),
    "a user name in the address": ({"store_url": "http://me:secret@127.0.0.1"}, "must not hold a user name"),
}


@pytest.mark.parametrize(("change", "says"), BAD_CONFIGURATIONS.values(), ids=BAD_CONFIGURATIONS.keys())
def test_a_bad_configuration_ends_1_and_the_last_line_says_why(
    command: Command, change: dict[str, Any], says: str
) -> None:
    command.config = {key: value for key, value in {**command.config, **change}.items() if value is not None}
    done = command.run()
    assert done.returncode == 1
    assert says in last_line(done)
    assert "RECORD" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config", "{broken", "not valid JSON"),
        ("state", "[1]", "not a JSON object"),
        ("catalog", "nothing", "not valid JSON"),
        ("catalog", '{"streams":[{"stream":"orders"}]}', "tap_stream_id"),
    ],
)
def test_an_unusable_file_is_named_with_its_option(command: Command, name: str, content: str, says: str) -> None:
    path = command.write("bad.json", content)
    done = command.run(f"--{name}", str(path))
    assert done.returncode == 1
    assert says in last_line(done)
    assert f"--{name}" in last_line(done)


def test_an_unknown_option_ends_2(command: Command) -> None:
    assert command.run("--nonsense").returncode == 2


def test_unknown_settings_are_warned_about_with_the_nearest_name(command: Command) -> None:
    command.config |= {"page_sise": 10, "sync_compositions": True}
    done = command.run()
    assert done.returncode == 0
    assert "'page_sise'" in done.stderr
    assert "did you mean 'page_size'" in done.stderr
    assert "sync_compositions" not in done.stderr


def test_numbers_and_switches_may_come_as_text(command: Command) -> None:
    command.config |= {"page_size": "25", "use_oauth": "false", "start_date": "", "throttle_seconds": "0"}
    assert command.run().returncode == 0


def test_a_failed_stream_ends_1_after_the_others_and_is_the_last_line(command: Command, sandbox: Sandbox) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.missing_acl = {"Magento_Catalog::products"}
    done = command.run()
    assert done.returncode == 1
    assert "Magento_Catalog::products" in last_line(done)
    assert '"stream":"orders"' in done.stdout


def test_hotglue_finds_the_failure_in_a_file_of_its_own(command: Command) -> None:
    command.config["access_token"] = "wrong"
    done = command.run(JOB_ID="j1", JOB_ROOT="t/flows/f/jobs/1", TENANT="t")
    assert done.returncode == 1
    (path,) = command.folder.glob("hg-tap-exception-*.json")
    content = json.loads(path.read_text())
    assert content["exception_name"] == "InvalidCredentialsError"
    assert "\n" not in content["exception_message"]
    assert "wrong" not in path.read_text()


def test_elsewhere_no_such_file_is_left(command: Command) -> None:
    command.config["access_token"] = "wrong"
    command.run(JOB_ID="", JOB_ROOT="", TENANT="")
    assert not list(command.folder.glob("hg-tap-exception-*.json"))


def test_estimated_counts_are_written_when_asked_for(command: Command, sandbox: Sandbox) -> None:
    assert sandbox.shop is not None
    command.config["hg_sync_output"] = str(command.folder / "sync-output")
    assert command.run().returncode == 0
    counts = json.loads((command.folder / "sync-output" / "estimated_job_metrics.json").read_text())
    assert counts["estimatedRecordCount"]["products"] == len(sandbox.shop.products)
    assert counts["estimatedRecordCount"]["product_stock_statuses"] == len(sandbox.shop.products)
    assert counts["estimatedRecordCount"]["orders"] == len(sandbox.shop.orders)


def test_the_access_token_flag_saves_a_fresh_token_for_its_owner_alone(command: Command) -> None:
    command.config |= {"username": "admin", "password": "sandbox-password"}
    del command.config["access_token"]
    done = command.run("--access-token")
    assert done.returncode == 0, done.stderr
    path = command.folder / "config.json"
    saved = json.loads(path.read_text())
    assert saved["access_token"].count(".") == 2
    assert saved["password"] == "sandbox-password"
    assert set(saved) == {*command.config, "access_token"}, "defaults are not written into the file"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert saved["access_token"] not in done.stderr + done.stdout


def test_the_access_token_flag_does_nothing_for_tokens_that_never_expire(command: Command) -> None:
    done = command.run("--access-token")
    assert done.returncode == 0
    assert "never expire" in done.stderr


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_a_signal_ends_the_run_with_whole_lines_and_old_bookmarks(
    command: Command, sandbox: Sandbox, name: str
) -> None:
    sandbox.faults_magento.add({"path": "/V1/orders$", "delay": 30})
    arguments = command.arguments()
    with subprocess.Popen(
        arguments, cwd=command.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if '"type":"SCHEMA","stream":"orders"' in line:
                process.send_signal(getattr(signal, name))
        process.wait(timeout=20)
        assert process.stderr is not None
        assert "Stopped by a signal" in process.stderr.read()
    assert process.returncode == 0
    messages = [json.loads(line) for line in lines]
    assert messages[-1]["type"] == "STATE"
    bookmarks = messages[-1]["value"]["bookmarks"]
    assert bookmarks["products"]["complete"] is True
    assert "replication_key_value" not in bookmarks.get("orders", {})


def test_a_signal_ends_the_first_look_at_a_shop_that_does_not_answer(command: Command, sandbox: Sandbox) -> None:
    sandbox.faults_magento.add({"path": "storeConfigs$", "delay": 30})
    with subprocess.Popen(
        command.arguments(), cwd=command.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert json.loads(first)["type"] == "STATE"


def test_a_reader_that_ends_early_gives_one_line_and_no_trace(command: Command) -> None:
    arguments = command.arguments()
    with subprocess.Popen(
        arguments, cwd=command.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
        process.wait(timeout=20)
    assert process.returncode == 1
    assert "Traceback" not in told
    assert "has ended" in told.strip().splitlines()[-1]


def test_a_full_disk_behind_the_output_gives_one_sentence_and_no_trace(command: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command.arguments(), cwd=command.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cannot be written (No space left on device)" in last_line(done)


def test_secrets_never_appear_in_the_log(command: Command) -> None:
    done = command.run(TAP_MAGENTO_LOGLEVEL="DEBUG")
    assert done.returncode == 0
    assert TOKEN not in done.stderr
