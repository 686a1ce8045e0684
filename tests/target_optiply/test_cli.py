"""The command line: where it writes, what it refuses, what it shows."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_optiply.settings import read_settings

ROOT = Path(__file__).parents[2]
LOGIN = {"username": "u", "password": "p", "client_id": "c", "client_secret": "s"}


def call(folder: Path, *arguments: str, text: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    command = [sys.executable, "-m", "target_optiply", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True, check=False)


def config_file(folder: Path, **settings: Any) -> str:
    (folder / "config.json").write_text(json.dumps(settings))
    return "config.json"


def test_the_first_log_line_names_host_and_account(bench: Any, singer: Any) -> None:
    config = config_file(bench.folder, **bench.config)
    lines = "".join(json.dumps(message) + "\n" for message in singer.stream("products", singer.product(1)))
    (bench.folder / "in.singer").write_text(lines)
    done = call(bench.folder, "--config", config, "--input", "in.singer", "--state", "state.json")
    assert done.returncode == 0, done.stderr
    host = bench.config["api_url"].split("/")[2]
    assert f"Writing to Optiply at {host}, account 1380." in done.stderr.splitlines()[0]
    assert len(bench.objects("products")) == 1


def test_a_full_disk_behind_the_output_costs_a_sentence_and_no_record(bench: Any, singer: Any) -> None:
    config = config_file(bench.folder, **bench.config)
    lines = [*singer.stream("products", singer.product(1)), {"type": "STATE", "value": {"bookmarks": {}}}]
    (bench.folder / "in.singer").write_text("".join(json.dumps(message) + "\n" for message in lines))
    command = [sys.executable, "-m", "target_optiply", "--config", config, "--input", "in.singer"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, cwd=bench.folder, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cannot be written (No space left on device)" in done.stderr.strip().splitlines()[-1]
    assert len(bench.objects("products")) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({**LOGIN}, "account_id is missing"),
        ({**LOGIN, "api_url": "http://127.0.0.1:9/v1"}, "account_id is missing"),
        ({"account_id": 1}, "username, password, client_id, client_secret missing"),
        ({**LOGIN, "account_id": 1, "client_secret": ""}, "client_secret missing"),
        ({**LOGIN, "account_id": 1, "api_url": "ftp://api.optiply.com"}, "is not a web address"),
        ({**LOGIN, "account_id": 1, "max_concurrency": 0}, "max_concurrency must be a whole number from 1 to 1000"),
        ({**LOGIN, "account_id": 1, "unanswered_wait": "soon"}, "unanswered_wait must be a number"),
        ({**LOGIN, "account_id": 1, "adopt": "alway"}, "adopt is 'alway', which is not one of 'auto', 'always'"),
        ({**LOGIN, "account_id": 1, "adopt": "alway"}, "did you mean 'always'?"),
    ],
)
def test_a_bad_setting_gets_one_sentence_and_exit_code_1(tmp_path: Path, settings: Any, sentence: str) -> None:
    done = call(tmp_path, "--config", config_file(tmp_path, **settings))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_of_the_wrong_type_is_named_and_not_shown(tmp_path: Path) -> None:
    done = call(tmp_path, "--config", config_file(tmp_path, **{**LOGIN, "account_id": 1, "password": 987654}))
    assert done.returncode == 1
    assert "password is not text" in done.stderr
    assert "987654" not in done.stderr


def test_a_missing_config_file_is_a_wrong_command_line_and_a_broken_one_a_bad_configuration(tmp_path: Path) -> None:
    missing = call(tmp_path, "--config", "nowhere.json")
    assert (missing.returncode, "does not exist" in missing.stderr) == (2, True)
    (tmp_path / "broken.json").write_text("{")
    broken = call(tmp_path, "--config", "broken.json")
    assert (broken.returncode, "broken.json is not valid JSON" in broken.stderr) == (1, True)


def test_a_config_file_may_begin_with_a_byte_order_mark(bench: Any) -> None:
    from connector.files import read_object

    config = bench.folder / "config.json"
    config.write_text(json.dumps({**bench.config, "save_token": True}), encoding="utf-8-sig")
    schema = {"type": "SCHEMA", "stream": "products", "schema": {}, "key_properties": ["remoteId"]}
    record = {"type": "RECORD", "stream": "products", "record": {"remoteId": "1", "name": "A", "stockLevel": 1}}
    done = call(bench.folder, "--config", "config.json", text=json.dumps(schema) + "\n" + json.dumps(record) + "\n")
    assert done.returncode == 0, done.stderr
    assert "access_token" in read_object(config)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("access_token", "SECRET\u200b", "access_token holds U+200B (ZERO WIDTH SPACE) at its end"),
        ("access_token", "SEC\r\nRET", "access_token holds a line break"),
        ("access_token", "SECRET\u2026", "access_token holds U+2026"),
        ("client_secret", "SEC\nRET", "client_secret holds a line break"),
        ("client_id", "SECRET\u20ac", "client_id holds U+20AC"),
        ("password", "SECRET\u200b", "password holds U+200B"),
        ("api_url", "http://127.0.0.1:abc/v1", "api_url 'http://127.0.0.1:abc/v1' is not a web address"),
        ("auth_url", "http://127.0.0.1:99999/api", "its port is not a number between 1 and 65535"),
        ("api_url", ["http://127.0.0.1"], "api_url is not text"),
        ("account_id", [1], "account_id is a list, not an id"),
        ("coupling_id", True, "coupling_id is true or false, not an id"),
        ("request_timeout", 1e10, "request_timeout must be a number of seconds from 0.1 to 86400"),
        ("request_timeout", 0, "request_timeout must be a number of seconds"),
        ("retry_time", "nan", "retry_time must be a number of seconds"),
        ("max_concurrency", 2.5, "max_concurrency must be a whole number"),
        ("max_failures", "many", "max_failures must be a whole number"),
        ("results_path", [1], "results_path is not text"),
        ("snapshot_dir", "a\u0000b", "snapshot_dir holds U+0000"),
        ("dry_run", "false", "dry_run must be true or false"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_never_shown_where_it_is_secret(
    tmp_path: Path, setting: str, value: Any, sentence: str
) -> None:
    config = {**LOGIN, "account_id": 1, "api_url": "http://127.0.0.1:9/v1", "auth_url": "http://127.0.0.1:9/api"}
    with pytest.raises(ConfigValidationError) as caught:
        read_settings({**config, setting: value}, {})
    (complaint,) = caught.value.errors
    assert sentence in complaint
    assert "SEC" not in complaint


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("all_proxy", "socks://127.0.0.1:1", "write socks5h://"),
        ("http_proxy", "http://user:SECRET@:0", "is not the address of a proxy"),
        ("REQUESTS_CA_BUNDLE", "/nowhere.pem", "names /nowhere.pem, which does not exist"),
    ],
)
def test_what_the_environment_says_of_the_way_is_checked_before_the_run(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    scheme = "https" if name == "REQUESTS_CA_BUNDLE" else "http"
    addresses = {"api_url": f"{scheme}://optiply.example/v1", "auth_url": f"{scheme}://optiply.example/api"}
    done = call(tmp_path, "--config", config_file(tmp_path, **LOGIN, account_id=1, **addresses), **{name: value})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "SECRET" not in done.stderr


def test_about_needs_no_configuration(tmp_path: Path) -> None:
    done = call(tmp_path, "--about", "--format", "json")
    about = json.loads(done.stdout)
    assert about["name"] == "target-optiply"
    assert {"account_id", "unanswered_wait", "adopt", "etl"} <= set(about["settings"]["properties"])


def test_production_is_the_default_only_with_an_account() -> None:
    settings = read_settings({**LOGIN, "account_id": 5}, {})
    assert settings.destination == "api.optiply.com, account 5"
    assert settings.auth_url == "https://dashboard.optiply.nl/api"


def test_the_environment_of_the_existing_targets_overrides_both_addresses() -> None:
    env = {"optiply_base_url": "https://api.example/v1", "optiply_dashboard_url": "https://login.example/api"}
    settings = read_settings({**LOGIN, "account_id": 5, "api_url": "https://other.example/v1"}, env)
    assert (settings.api_url, settings.auth_url) == ("https://api.example/v1", "https://login.example/api")


@pytest.mark.parametrize(
    ("config", "env", "expected"),
    [
        ({"snapshot_dir": "a"}, {"SNAPSHOT_DIR": "b", "ROOT_DIR": "c"}, "a"),
        ({}, {"SNAPSHOT_DIR": "b", "ROOT_DIR": "c"}, "b"),
        ({}, {"ROOT_DIR": "c"}, "c/snapshots"),
        ({}, {}, "snapshots"),
    ],
)
def test_the_snapshot_folder_is_found_in_the_agreed_order(config: Any, env: Any, expected: str) -> None:
    assert read_settings({**LOGIN, "account_id": 5, **config}, env).snapshot_dir == Path(expected)


def test_a_mistyped_setting_gets_a_warning_with_the_nearest_name(bench: Any, singer: Any, caplog: Any) -> None:
    bench.run(singer.stream("products", singer.product(1)), max_concurency=3)
    assert "The setting 'max_concurency' is unknown and not used; did you mean 'max_concurrency'?" in caplog.text


def test_optiply_shaped_input_imports_neither_pandas_nor_the_rules(bench: Any, singer: Any) -> None:
    config = config_file(bench.folder, **bench.config)
    lines = "".join(json.dumps(message) + "\n" for message in singer.stream("products", singer.product(1)))
    (bench.folder / "in.singer").write_text(lines)
    program = (
        "import sys\n"
        "from target_optiply.target import main\n"
        "sys.argv[1:] = ['--config', sys.argv[1], '--input', 'in.singer']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        "print(','.join(name for name in sys.modules if name.split('.')[0] in ('pandas', 'etl')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, config],
        cwd=bench.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(done.stdout.strip().split(","))
    # What recognises a shop's input is no more than its own module; the rules behind it wait for such input.
    assert loaded <= {"etl", "etl.embedded", "etl.recognised"}, done.stderr


def test_the_log_at_debug_level_holds_no_secret_and_no_name(bench: Any, singer: Any, tmp_path: Path) -> None:
    """A run with refusals, retries, an ended token and an outage at the end, all at debug level."""
    config = config_file(bench.folder, **bench.config, access_token="given-token-xyzzy")
    supplier = {"remoteId": "1", "name": "Janneke Customerson", "emails": ["janneke@customer.example", "x"]}
    products = [singer.product(number, name="Secret Product Name") for number in range(1, 30)]
    messages = [
        *singer.stream("suppliers", supplier),
        *singer.stream("products", *products, singer.product(99, name="Janneke Customerson" * 20)),
        *singer.stream("sellOrders", singer.order(1, 1)),
        singer.state({"after": 1}),
    ]
    (bench.folder / "in.singer").write_text(
        "".join(json.dumps(message) + "\n" for message in messages) + '{"broken: "Janneke\n'
    )
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "products$", "nth": [3, 9], "status": 503})
    bench.sandbox.faults_optiply.add({"path": "/v1/", "nth": 20, "status": 401})
    done = call(bench.folder, "--config", config, "--input", "in.singer", TARGET_OPTIPLY_LOGLEVEL="DEBUG")
    assert done.returncode == 1
    issued = list(bench.sandbox.tokens._expiry)
    logged = done.stderr + done.stdout + (bench.folder / "step-report.json").read_text()
    assert "DEBUG" in done.stderr
    secrets = [
        "sandbox-password",
        "sandbox-secret",
        "given-token-xyzzy",
        "Janneke",
        "customer.example",
        "Secret Product",
    ]
    assert [secret for secret in [*secrets, *issued] if secret in logged] == []
