"""A fourth system of two streams and one resource is a few declarations: it works from end to end, exactly once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.server.serve import Servers
from tests.fourth.line import Line
from tests.fourth.server import Depot

HERE = Path(__file__).parent
DECLARED = ("tap.py", "labels.py", "flow.py", "field_map.csv", "target.py")
MOST_LINES = 120
PRODUCTS = 45


@pytest.fixture
def servers() -> Iterator[Servers]:
    with Servers({"depot": Depot}, products=PRODUCTS) as running:
        yield running


@pytest.fixture
def line(servers: Servers, tmp_path: Path) -> Line:
    return Line(tmp_path / "job", servers.addresses()["depot_url"])


def labels(servers: Servers) -> dict[str, dict[str, Any]]:
    """The labels by remote id; a doubled one fails."""
    held = servers.apis["depot"].dump()["labels"]
    found = {row["remoteId"]: {name: row[name] for name in ("name", "price", "count")} for row in held}
    assert len(found) == len(held), "a label stands there twice"
    return found


def wanted(servers: Servers) -> dict[str, dict[str, Any]]:
    return {
        str(row["id"]): {"name": row["title"], "price": row["price"], "count": row["stock"]}
        for row in servers.apis["depot"].dump()["articles"]
    }


def test_it_is_declared_in_a_few_lines():
    lines = [line for name in DECLARED for line in (HERE / name).read_text(encoding="utf-8").splitlines()]
    assert sum(bool(line.strip()) for line in lines) <= MOST_LINES


def test_every_article_becomes_one_label_and_a_second_run_writes_nothing(servers, line):
    line.run()
    assert labels(servers) == wanted(servers)
    assert servers.requests.writes("depot") == {"POST labels": PRODUCTS}
    servers.requests.clear()
    line.run()
    assert servers.requests.attempted_writes("depot") == 0


def test_the_next_days_send_what_changed_and_delete_what_two_readings_lack(servers, line):
    line.run()
    servers.requests.clear()
    servers.next_day()
    line.run()
    assert servers.requests.writes("depot") == {"PATCH labels": 1, "POST labels": 1}
    (patched,) = servers.requests.select(method="PATCH")
    assert patched.sent == {"price": 101.0}
    assert "2" in labels(servers), "one reading that lacks it is no proof"
    line.run()
    assert labels(servers) == wanted(servers)
    assert servers.requests.writes("depot")["DELETE labels"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "POST", "every": 5, "cut": "after"},
        {"method": "POST", "every": 5, "cut": "before"},
        {"method": "POST", "every": 5, "status": 502, "acts": True},
        {"every": 4, "status": 429},
    ],
    ids=["answers lost", "requests lost", "acted and failed", "too fast"],
)
def test_it_stays_exactly_once_when_the_server_fails(servers, line, fault):
    servers.apis["depot"].faults.add({**fault, "path": "/labels"})
    line.run()
    servers.apis["depot"].faults.clear()
    line.run()
    assert labels(servers) == wanted(servers)


def test_a_lost_store_creates_nothing_twice(servers, line):
    line.run()
    for path in (line.folder / "snapshots").iterdir():
        path.unlink()
    line.state = {}
    servers.requests.clear()
    line.run()
    assert servers.requests.writes("depot").get("POST labels", 0) == 0
    assert labels(servers) == wanted(servers)


def test_an_article_that_cannot_be_read_costs_itself_until_it_can(servers, line):
    servers.apis["depot"].broken = {7}
    line.patience = 0.1
    line.run()
    line.run()
    expected = wanted(servers)
    assert labels(servers) == {number: label for number, label in expected.items() if number != "7"}
    servers.apis["depot"].broken = set()
    line.run()
    assert labels(servers) == expected


def test_an_odd_value_costs_its_field_or_its_record_and_is_reported(servers, line):
    servers.apis["depot"].put_article(7, price="a lot")
    servers.apis["depot"].put_article(8, title=None)
    line.read()
    reasons = line.work_out()["reasons"]
    assert {(each["field"], *each["examples"]) for each in reasons} == {("price", "7"), ("name", "8")}
    line.write()
    held = {row["remoteId"]: row for row in servers.apis["depot"].dump()["labels"]}
    assert set(held) == set(wanted(servers)) - {"8"}
    assert "price" not in held["7"]
