"""Running the sandbox: as a context manager, as a command, with a state directory and through its control endpoints."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.__main__ import main
from sandbox.server.clock import FIRST_DAY, LONGEST_DAY, Clock
from sandbox.server.serve import HOST, _Loop
from sandbox.server.state import SandboxError
from sandbox.systems import Sandbox


def base(sandbox: Sandbox) -> str:
    return sandbox.optiply_url.removesuffix("/v1")


def control(sandbox: Sandbox, method: str, verb: str, **more: Any) -> requests.Response:
    return requests.request(method, f"{base(sandbox)}/_sandbox/{verb}", timeout=10, **more)


def test_the_servers_listen_on_loopback_only_and_leave_nothing_behind():
    before = set(threading.enumerate())
    with Sandbox(magento=False) as sandbox:
        host, port = base(sandbox).removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        assert requests.get(f"{base(sandbox)}/_sandbox/health", timeout=10).json()["status"] == "ok"
    assert set(threading.enumerate()) == before
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_every_answer_carries_the_sandboxs_own_date(optiply_client):
    optiply_client.sandbox.clock.advance(days=3)
    for answer in (optiply_client.get("products"), control(optiply_client.sandbox, "GET", "health")):
        date = parsedate_to_datetime(answer.headers["Date"])
        assert date.date().isoformat() == "2026-01-18"


def test_a_frozen_clock_moves_only_when_told_and_never_back():
    clock = Clock(ticking=False)
    assert clock.now() == clock.now() == FIRST_DAY
    assert clock.advance(days=1, seconds=5).isoformat() == "2026-01-16T08:00:05+00:00"
    assert clock.http_date() == "Fri, 16 Jan 2026 08:00:05 GMT"
    with pytest.raises(ValueError, match="forward"):
        clock.advance(days=-1)


def test_a_clock_rests_at_the_end_of_its_day_until_it_is_moved_on():
    clock = Clock(elapsed=LONGEST_DAY * 3)
    assert clock.now() == FIRST_DAY + LONGEST_DAY
    clock.advance(days=1)
    assert clock.now() == FIRST_DAY + LONGEST_DAY + (FIRST_DAY.replace(day=2) - FIRST_DAY.replace(day=1))


@pytest.mark.parametrize("api", ["magento", "optiply"])
def test_a_taken_port_is_named_with_the_remedy(sandbox, api, capfd):
    taken = sandbox.magento_url.rsplit(":", 1)[1]
    ports = {"--magento-port": "0", "--optiply-port": "0", f"--{api}-port": taken}
    assert (
        main(["serve", "--products", "40", "--orders", "30", *(part for pair in ports.items() for part in pair)]) == 1
    )
    text = capfd.readouterr().err
    assert text.count("\n") == 1
    assert f"Port {taken}" in text
    assert f"--{api}-port" in text


@pytest.mark.parametrize("arguments", [["--magento-port", "70000"], ["--optiply-port", "http"], ["--sede", "1"]])
def test_a_wrong_command_line_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["serve", *arguments])
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_an_announcement_that_cannot_be_written_says_so(tmp_path, capsys):
    missing = tmp_path / "missing" / "here.json"
    ports = ["--magento-port", "0", "--optiply-port", "0", "--products", "40", "--orders", "30"]
    assert main(["serve", *ports, "--announce", str(missing)]) == 1
    assert "--announce" in capsys.readouterr().err


def start_command(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start the command and return it with the line it announces itself by."""
    command = [sys.executable, "-m", "sandbox", "serve", "--magento-port", "0", "--optiply-port", "0", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], env={**os.environ}
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def end(process: subprocess.Popen[str], number: int) -> int:
    process.send_signal(number)
    code = process.wait(timeout=20)
    if process.stdout is not None:
        process.stdout.close()
    return code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_announces_its_addresses_and_ends_well_on_a_signal(tmp_path, number):
    process, line = start_command("--products", "40", "--orders", "30", "--announce", str(tmp_path / "here.json"))
    try:
        assert line == json.loads((tmp_path / "here.json").read_text())
        assert line["pid"] == process.pid
        for name in ("magento_url", "optiply_url", "auth_url"):
            assert line[name].startswith("http://127.0.0.1:")
        url = line["magento_url"] + "/_sandbox/health"
        assert requests.get(url, timeout=10).json()["api"] == "magento"
    finally:
        code = end(process, number)
    assert code == 0


def test_what_was_created_outlives_a_killed_server(tmp_path):
    arguments = ("--products", "40", "--orders", "30", "--state-dir", str(tmp_path))
    process, line = start_command(*arguments)
    try:
        create_product(line)
        moved = requests.post(line["magento_url"] + "/_sandbox/next-day", timeout=10).json()
    finally:
        end(process, signal.SIGKILL)
    process, line = start_command(*arguments)
    try:
        url = line["optiply_url"].removesuffix("/v1") + "/_sandbox/"
        dump = requests.get(url + "dump", timeout=10).json()
        now = requests.get(url + "health", timeout=10).json()["now"]
        shop = requests.get(line["magento_url"] + "/_sandbox/dump", timeout=10).json()
    finally:
        end(process, signal.SIGTERM)
    assert [product["name"] for product in dump["products"]] == ["Lamp"]
    assert now[:10] == moved["now"][:10] == "2026-01-16"
    assert shop["day"] == 1


def create_product(line: dict[str, Any]) -> None:
    """Create one product in a server known by its announcement."""
    form = {"grant_type": "password", "username": "sandbox", "password": "sandbox-password"}
    auth = ("sandbox-client", "sandbox-secret")
    token = requests.post(f"{line['auth_url']}/auth/oauth/token", data=form, auth=auth, timeout=10).json()
    headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/vnd.api+json"}
    body = '{"data": {"type": "products", "attributes": {"name": "Lamp", "stockLevel": 1}}}'
    url = f"{line['optiply_url']}/products?accountId=1380"
    assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 201


def test_a_state_directory_keeps_its_shop_and_refuses_another(tmp_path):
    with Sandbox(seed=3, products=40, orders=30, state_dir=tmp_path) as first:
        first.next_day()
        dump = first.shop.dump()
    with Sandbox(state_dir=tmp_path) as second:
        assert second.shop.dump() == dump
        assert second.clock.now() > first.clock.start
    with Sandbox(magento=False, state_dir=tmp_path), pytest.raises(SandboxError, match="in use by another running"):
        Sandbox(magento=False, state_dir=tmp_path)
    with pytest.raises(SandboxError, match="seed 3, 40 products and 30 orders"):
        Sandbox(seed=4, state_dir=tmp_path)
    (tmp_path / "sandbox.json").write_text("nonsense")
    with pytest.raises(SandboxError, match=r"sandbox\.json is no state of the sandbox"):
        Sandbox(state_dir=tmp_path)


def test_the_clock_of_a_state_directory_rests_while_no_server_runs(tmp_path):
    ran, last = 0.0, FIRST_DAY
    for _ in range(2):
        began = time.monotonic()
        with Sandbox(magento=False, state_dir=tmp_path) as sandbox:
            assert sandbox.clock.now() >= last, "time never runs backwards"
            last = sandbox.clock.now()
        ran += time.monotonic() - began
        time.sleep(0.1)
    assert json.loads((tmp_path / "sandbox.json").read_text())["elapsed"] <= ran


def test_the_next_day_moves_shop_and_clock_together(sandbox):
    before = sandbox.shop.dump()
    answer = control(sandbox, "POST", "next-day", json={"days": 2}).json()
    assert answer["days"] == 2
    assert answer["now"].startswith("2026-01-17T08:")
    assert sandbox.shop.day == 2
    assert sandbox.shop.dump() != before
    assert control(sandbox, "POST", "next-day", json={"days": 0}).status_code == 400
    assert control(sandbox, "POST", "next-day", data=b"tomorrow").status_code == 400


def test_a_reset_brings_back_the_first_day(sandbox):
    before = sandbox.shop.dump()
    sandbox.next_day()
    sandbox.faults_optiply.add({"status": 500})
    assert control(sandbox, "POST", "reset").status_code == 200
    assert sandbox.shop.dump() == before
    assert sandbox.clock.now().date() == FIRST_DAY.date()
    assert sandbox.faults_optiply.describe() == []
    assert sandbox.requests.entries == []


def test_a_rule_reaches_the_server_it_names_whichever_takes_it(sandbox):
    rules = [{"api": "magento", "status": 500}, {"status": 502}]
    assert control(sandbox, "POST", "faults", json=rules).json() == {"added": 2}
    listed = control(sandbox, "GET", "faults").json()
    assert [rule["status"] for rule in listed["magento"]] == [500]
    assert [rule["status"] for rule in listed["optiply"]] == [502]
    assert control(sandbox, "DELETE", "faults").status_code == 200
    assert control(sandbox, "GET", "faults").json() == {"magento": [], "optiply": []}


def test_a_rule_for_a_server_that_does_not_run_is_refused(optiply_sandbox):
    answer = control(optiply_sandbox, "POST", "faults", json={"api": "magento", "status": 500})
    assert answer.status_code == 400
    assert "magento" in answer.json()["message"]


def test_the_control_endpoints_show_requests_and_data(optiply_client):
    optiply_client.product(name="Lamp")
    shown = control(optiply_client.sandbox, "GET", "requests", params={"entries": "1"}).json()
    assert shown["writes"] == 1
    assert shown["written"] == {"POST products": 1}
    assert [entry["path"] for entry in shown["entries"]] == ["/api/auth/oauth/token", "/v1/products"]
    assert "Lamp" not in json.dumps(shown)
    dump = control(optiply_client.sandbox, "GET", "dump").json()
    assert dump["products"][0]["name"] == "Lamp"
    control(optiply_client.sandbox, "DELETE", "requests")
    assert control(optiply_client.sandbox, "GET", "requests").json()["total"] == 0


def test_latency_is_set_for_both_servers(sandbox):
    assert control(sandbox, "POST", "latency", json={"seconds": 0.001}).status_code == 200
    assert (sandbox.faults_magento.latency, sandbox.faults_optiply.latency) == (0.001, 0.001)
    assert control(sandbox, "POST", "latency", data=b"fast").status_code == 400


def test_the_verbs_of_the_command_steer_a_running_sandbox(optiply_sandbox, capsys):
    url = optiply_sandbox.optiply_url
    assert main(["faults", "--url", url, '{"nth": 3, "status": 503}']) == 0
    assert main(["faults", "--url", url]) == 0
    assert main(["next-day", "--url", url, "--days", "2"]) == 0
    assert main(["faults", "--url", url, "--clear"]) == 0
    for verb in ("requests", "dump", "health", "reset"):
        assert main([verb, "--url", url]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"added": 1}
    assert lines[1]["optiply"][0]["status"] == 503
    assert lines[2]["days"] == 2
    assert lines[3] == {"faults": 0}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["faults", "{nth: 3}"], "fault rule is JSON"),
        (["faults", '{"nht": 3}'], "nht"),
        (["next-day", "--days", "0"], "at least 1"),
    ],
)
def test_a_verb_that_makes_no_sense_says_so_and_exits_with_1(optiply_sandbox, capsys, arguments, text):
    assert main([*arguments, "--url", optiply_sandbox.optiply_url]) == 1
    assert text in capsys.readouterr().err


def test_a_verb_speaks_only_to_this_machine_and_says_when_nothing_answers(free_port, capsys):
    assert main(["dump", "--url", "https://api.example.com/v1"]) == 1
    assert "must be on this machine" in capsys.readouterr().err
    assert main(["dump", "--url", f"http://127.0.0.1:{free_port()}"]) == 1
    assert "python -m sandbox serve" in capsys.readouterr().err


def test_a_connection_accepted_as_its_server_closes_is_closed_with_the_others():
    async def accepted_late() -> int:
        server = await loop.create_server(asyncio.Protocol, HOST, 0)
        ours, theirs = socket.socketpair()
        server.close()
        with theirs:
            loop._make_socket_transport(ours, asyncio.Protocol(), server=server)
            assert len(loop.open) == 1
            loop.open[0].abort()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return ours.fileno()

    loop = _Loop()
    with closing(loop):
        assert loop.run_until_complete(accepted_late()) == -1
