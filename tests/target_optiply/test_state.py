"""STATE is never printed before its records are settled."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from delivery.gate import StateGate
from sandbox.systems import Sandbox
from target_optiply.target import TargetOptiply

ROOT = Path(__file__).parents[2]


def test_a_state_passes_when_all_before_it_are_settled() -> None:
    gate = StateGate()
    first, second = gate.record(), gate.record()
    gate.state({"after": 2})
    gate.settled(first)
    assert gate.ready() is None
    gate.settled(second)
    assert gate.ready() == {"after": 2}
    assert gate.ready() is None


def test_only_the_newest_settled_state_passes() -> None:
    gate = StateGate()
    gate.settled(gate.record())
    gate.state({"after": 1})
    gate.settled(gate.record())
    gate.state({"after": 2})
    gate.record()
    gate.state({"after": 3})
    assert gate.ready() == {"after": 2}


def test_a_state_before_any_record_passes_at_once() -> None:
    gate = StateGate()
    gate.state({"start": True})
    assert gate.ready() == {"start": True}


def with_states(singer: Any, *numbers: int) -> list[dict[str, Any]]:
    """Each product followed by a STATE that names it."""
    schema, *records = singer.stream("products", *(singer.product(number) for number in numbers))
    messages = [schema]
    for record in records:
        messages += [record, singer.state({"after": int(record["record"]["remoteId"])})]
    return messages


def test_the_state_is_printed_at_the_end(bench: Any, singer: Any) -> None:
    assert bench.run(with_states(singer, 1, 2, 3)).states == [{"after": 3}]


def test_an_empty_state_prints_nothing(bench: Any, singer: Any) -> None:
    assert bench.run([*singer.stream("products", singer.product(1)), singer.state({})]).stdout == ""


class TestWithRecordsThatAgeAtOnce:
    """The SDK then drains, and would print, after every record."""

    @pytest.fixture(autouse=True)
    def _no_age(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(TargetOptiply, "_MAX_RECORD_AGE_IN_MINUTES", 0)

    def test_each_state_follows_its_records_outcome(self, bench: Any, singer: Any) -> None:
        run = bench.run(with_states(singer, 1, 2, 3))
        assert run.states[-1] == {"after": 3}
        assert [state["after"] for state in run.states] == sorted({state["after"] for state in run.states})

    def test_an_unanswered_create_holds_back_every_later_state(self, bench: Any, singer: Any) -> None:
        """Product 2 stays unanswered to the end of the run's patience, as the look-up cannot be made."""
        bench.sandbox.faults_optiply.add({"method": "POST", "record": '"SKU-2"', "cut": "after"})
        bench.sandbox.faults_optiply.add({"method": "GET", "path": "/products$", "nth": [2, 3, 4], "status": 400})
        run = bench.run(with_states(singer, 1, 2, 3))
        assert run.code == 1
        assert run.states == [{"after": 1}]

    def test_a_waiting_child_holds_back_the_state_until_its_parent_is_there(self, bench: Any, singer: Any) -> None:
        order = singer.stream("sellOrders", singer.order(1, 1))
        messages = [*order, singer.state({"after": "order"}), *singer.stream("products", singer.product(1))]
        messages += [singer.state({"after": "product"})]
        run = bench.run(messages)
        assert run.states == [{"after": "product"}]
        assert run.count("sellOrders") == {"created": 1}


def test_a_target_that_fails_prints_only_what_is_settled(bench: Any, singer: Any) -> None:
    """The login breaks after the first order group; the STATE in between is settled, the last is not."""
    messages = [*singer.stream("products", singer.product(1)), singer.state({"after": "products"})]
    messages += [*singer.stream("sellOrders", singer.order(1, 1)), singer.state({"after": "orders"})]
    bench.sandbox.faults_optiply.add({"path": "/sellOrders", "status": 401})
    run = bench.run(messages)
    assert run.code == 1
    assert run.states == [{"after": "products"}]
    assert run.count("products") == {"created": 1}


def test_a_broken_line_stops_the_run_after_the_settled_state(bench: Any, singer: Any, caplog: Any) -> None:
    target = bench.target()
    lines = [json.dumps(message) + "\n" for message in with_states(singer, 1)]
    bench.capsys.readouterr()
    run = bench.outcome(target.run(iter([*lines, '{"type": "RECORD", "str\n'])))  # type: ignore[arg-type]
    assert run.code == 1
    assert "Line 4 of the input is not valid JSON" in caplog.text
    assert run.states in ([], [{"after": 1}])
    assert len(bench.objects("products")) == len(run.states)


def start(bench: Any, messages: list[dict[str, Any]], **settings: Any) -> subprocess.Popen[str]:
    """The target as a process of its own whose input stays open."""
    config = bench.folder / "config.json"
    config.write_text(json.dumps({**bench.config, **settings}))
    process = subprocess.Popen(
        [sys.executable, "-m", "target_optiply", "--config", str(config)],
        cwd=bench.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write("".join(json.dumps(message) + "\n" for message in messages))
    process.stdin.flush()
    return process


def wait_for(sandbox: Sandbox, count: int, method: str = "POST", path: str = "/v1/") -> None:
    deadline = time.monotonic() + 60
    while len(sandbox.requests.select(method=method, path=path)) < count:
        assert time.monotonic() < deadline, "the target sent nothing"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_finishes_what_is_in_flight_and_prints_only_what_is_settled(
    bench: Any, singer: Any, number: signal.Signals
) -> None:
    """A hundred products are a group that is sent; the hundred-and-first is read and not sent."""
    process = start(bench, [*with_states(singer, *range(1, 101)), *with_states(singer, 101)[1:]])
    wait_for(bench.sandbox, 40)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    done = len(bench.objects("products"))
    assert 40 <= done <= 100
    printed = [json.loads(line)["after"] for line in stdout.splitlines()]
    assert max(printed, default=0) <= done
    results = json.loads((bench.folder / "target-state.json").read_text())
    assert results["summary"]["products"]["success"] == done

    run = bench.run(with_states(singer, *range(1, 102)))
    assert run.count("products") == {"existing": done, "created": 101 - done}
    assert len({row["skuCode"] for row in bench.objects("products")}) == len(bench.objects("products")) == 101


def test_a_second_signal_stops_at_once_and_loses_nothing(bench: Any, singer: Any) -> None:
    bench.sandbox.faults_optiply.add({"method": "POST", "nth": list(range(5, 60)), "delay": 2.0})
    process = start(bench, with_states(singer, *range(1, 101)), max_concurrency=4)
    wait_for(bench.sandbox, 4)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    stdout, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert stdout == ""
    bench.sandbox.faults_optiply.clear()
    run = bench.run(with_states(singer, *range(1, 101)), unanswered_wait=3)
    assert sorted(int(row["articleCode"]) for row in bench.objects("products")) == list(range(1, 101))
    assert run.states == [{"after": 100}]


def test_a_killed_run_is_completed_by_the_next(bench: Any, singer: Any) -> None:
    process = start(bench, with_states(singer, *range(1, 121)))
    wait_for(bench.sandbox, 30)
    process.kill()
    process.communicate(timeout=30)
    run = bench.run(with_states(singer, *range(1, 121)))
    assert sorted(int(row["articleCode"]) for row in bench.objects("products")) == list(range(1, 121))
    assert run.results["summary"]["products"]["fail"] == 0
