"""People are told once that a tenant keeps failing, and once that it is well again."""

import json
import logging
import threading
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from click.testing import CliRunner

from fleet.alerts import Alerts, sender
from fleet.cli import main
from fleet.database import Connection, connected
from fleet.errors import FleetError
from fleet.vault import Vault
from fleet.worker import Worker
from tests.fleet.web.invented import add_run, add_tenant

SECRET = "a-secret-of-a-webhook"
# apprise loads it where Python still has it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")


class Mailbox:
    """Takes messages, or does not."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.works = True

    def send(self, title: str, text: str) -> list[bool]:
        if self.works:
            self.got.append((title, text))
        return [False, self.works]

    @property
    def titles(self) -> list[str]:
        return [title for title, _ in self.got]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def alerts(mailbox: Mailbox, db: Connection) -> Alerts:
    for name in ("acme", "bolt"):
        add_tenant(db, name)
        add_run(db, name, 600)
    return Alerts(mailbox.send)


@pytest.fixture
def look(alerts: Alerts, fleet: str) -> Any:
    def transaction() -> AbstractContextManager[Connection]:
        return connected(fleet)

    return lambda: alerts.look(transaction)


def test_one_message_when_a_tenant_fails_twice_and_one_when_it_is_well(
    db: Connection, look: Any, mailbox: Mailbox
) -> None:
    minutes = iter(range(500, 0, -10))

    def runs(*endings: str) -> list[str]:
        for ended in endings:
            add_run(db, "acme", next(minutes), ended)
        look()
        titles = mailbox.titles
        mailbox.got.clear()
        return titles

    failing, well = ["Optiply fleet: acme is failing"], ["Optiply fleet: acme is well again"]
    assert runs("failed") == []
    assert runs("timed out") == failing
    assert runs() == []
    assert runs("failed", "killed", "lost") == []
    assert runs("well") == well
    assert runs("well") == []
    assert runs("failed") == []
    assert runs("well", "failed") == []
    assert runs("lost") == failing


@pytest.mark.parametrize("neutral", ["locked", "stopped"])
def test_a_run_that_was_none_neither_fails_nor_mends(db: Connection, look: Any, mailbox: Mailbox, neutral: str) -> None:
    for ago, ended in ((50, "failed"), (40, neutral), (30, neutral)):
        add_run(db, "acme", ago, ended)
    look()
    assert mailbox.got == []
    add_run(db, "acme", 20, "failed")
    add_run(db, "acme", 10, neutral)
    look()
    assert mailbox.titles == ["Optiply fleet: acme is failing"]
    look()
    assert len(mailbox.got) == 1


def test_several_tenants_are_told_in_one_message(db: Connection, look: Any, mailbox: Mailbox) -> None:
    for name in ("acme", "bolt"):
        for ago in (20, 10):
            add_run(db, name, ago, "failed", headline="SKU-4711 of Jane Doe", log="Jane Doe")
    look()
    [(title, text)] = mailbox.got
    assert title == "Optiply fleet: 2 tenants are failing"
    assert "acme: The last 2 runs did not end well (the last one: failed)." in text
    assert "bolt" in text
    assert "Jane" not in text
    assert "SKU" not in text


def test_a_message_that_no_address_took_is_sent_at_the_next_look(
    db: Connection, look: Any, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    for ago in (20, 10):
        add_run(db, "acme", ago, "failed")
    mailbox.works = False
    assert look() == 0
    assert "sent again in a minute" in caplog.text
    assert "Address 2 of OPTIPLY_FLEET_ALERTS took no message." in caplog.text
    mailbox.works = True
    assert (look(), look()) == (1, 0)
    assert len(mailbox.got) == 1


def test_two_workers_that_look_at_once_tell_once(db: Connection, fleet: str) -> None:
    for name in ("acme", "bolt"):
        add_tenant(db, name)
        for ago in (20, 10):
            add_run(db, name, ago, "failed")
    got: list[str] = []
    second = Alerts(lambda title, _: [got.append(f"second: {title}") is None])

    def send(title: str, _: str) -> list[bool]:
        # While the first sends, the second looks.
        assert second.look(lambda: connected(fleet)) == 0
        got.append(title)
        return [True]

    assert Alerts(send).look(lambda: connected(fleet)) == 2
    assert second.look(lambda: connected(fleet)) == 0
    assert got == ["Optiply fleet: 2 tenants are failing"]


def test_a_link_leads_to_the_page_where_that_is_known(db: Connection, fleet: str, mailbox: Mailbox) -> None:
    add_tenant(db, "acme")
    add_run(db, "acme", 10, "failed")
    Alerts(mailbox.send, after=1, page="https://fleet.example.com").look(lambda: connected(fleet))
    assert mailbox.got[0][1].endswith("https://fleet.example.com/tenants/acme")


def test_nobody_is_told_where_no_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPTIPLY_FLEET_ALERTS", raising=False)
    assert Alerts.of_environment() is None


@pytest.mark.parametrize(
    ("addresses", "after", "said"),
    [
        (f"json://localhost/{SECRET} nonsense://{SECRET}", "2", "Address 2 of OPTIPLY_FLEET_ALERTS"),
        (SECRET, "2", "Address 1 of OPTIPLY_FLEET_ALERTS"),
        ("json://localhost", "0", "from 1 to 99"),
        ("json://localhost", "often", "from 1 to 99"),
    ],
)
def test_what_cannot_be_used_is_said_at_the_start_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, addresses: str, after: str, said: str
) -> None:
    monkeypatch.setenv("OPTIPLY_FLEET_ALERTS", addresses)
    monkeypatch.setenv("OPTIPLY_FLEET_ALERT_AFTER", after)
    with pytest.raises(FleetError, match=said) as refused:
        Alerts.of_environment()
    assert SECRET not in str(refused.value) + caplog.text


def test_a_webhook_gets_the_message_and_a_dead_address_costs_no_other_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    got: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server, caplog.at_level(logging.DEBUG):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            send = sender([f"json://127.0.0.1:9/{SECRET}", f"json://127.0.0.1:{server.server_address[1]}/{SECRET}"])
            assert send("A title", "A text") == [False, True]
        finally:
            server.shutdown()
            thread.join()
    assert [(one["title"], one["message"]) for one in got] == [("A title", "A text")]
    ours = [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert not [record for record in ours if SECRET in record.getMessage()]


def test_addresses_can_be_tried_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPTIPLY_FLEET_ALERTS", raising=False)
    result = CliRunner().invoke(main, ["alert"])
    assert (result.exit_code, "is not set" in result.output) == (1, True)
    monkeypatch.setenv("OPTIPLY_FLEET_ALERTS", f"json://127.0.0.1:9/{SECRET}")
    result = CliRunner().invoke(main, ["alert"])
    assert (result.exit_code, "these took no message: address 1." in result.output) == (1, True)
    assert SECRET not in result.output


def test_a_worker_with_addresses_tells(db: Connection, fleet: str, vault: Vault, mailbox: Mailbox) -> None:
    add_tenant(db, "acme")
    for ago in (20, 10):
        add_run(db, "acme", ago, "failed")
    for worker in (Worker(fleet, vault), Worker(fleet, vault, alerts=Alerts(mailbox.send))):
        with worker.pool:
            worker.alert()
            worker.alert()
    assert mailbox.titles == ["Optiply fleet: acme is failing"]
