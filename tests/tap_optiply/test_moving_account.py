"""Records change, come and go while the tap reads: none untouched is lost or doubled, the touched ones follow."""

import random
from collections import Counter

import pytest
from click.testing import CliRunner

from connector.http.client import HttpClient
from sandbox.systems import Sandbox
from tap_optiply.tap import TapOptiply
from tests.tap_optiply.reading import fill, held, read


class Buyer:
    """Books, edits and deletes receipts between the tap's requests."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.random = random.Random(5)
        self.edited: set[int] = set()
        self.deleted: set[int] = set()
        self.added: set[int] = set()

    def act(self) -> None:
        self.sandbox.call(self._act)

    def _act(self) -> None:
        buying = self.sandbox.buying
        victim = self.random.choice(held(self.sandbox, "receiptLines"))
        deed = self.random.randrange(4)
        if deed == 0 and victim not in self.added:
            buying.edit_receipt(victim, quantity=self.random.randrange(1, 99))
            self.edited.add(victim)
        elif deed == 1:
            buying.delete("receiptLines", victim)
            self.deleted.add(victim)
        else:
            self.added.add(buying.receive(self.random.choice(held(self.sandbox, "buyOrderLines")), 1))


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("in_flight", [1, 6])
def test_untouched_receipts_come_once_and_touched_ones_in_this_run_or_the_next(
    optiply_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, size: int, in_flight: int
) -> None:
    fill(optiply_sandbox, products=25)
    before = set(held(optiply_sandbox, "receiptLines"))
    buyer, send = Buyer(optiply_sandbox), HttpClient._send

    def and_act(self: HttpClient, *given: object) -> object:
        outcome = send(self, *given)  # type: ignore[arg-type]
        buyer.act()
        return outcome

    monkeypatch.setattr(HttpClient, "_send", and_act)
    streams = ("receiptLines", "receiptLineIds")
    first = read(optiply_sandbox, *streams, page_size=size, max_concurrency=in_flight)
    monkeypatch.undo()
    assert buyer.edited, "nothing was edited, so the test proves nothing"
    assert buyer.deleted, "nothing was deleted, so the test proves nothing"
    touched = buyer.edited | buyer.deleted | buyer.added
    for stream in streams:
        assert before - touched <= set(first.ids(stream))
        assert max(Counter(first.ids(stream)).values()) == 1
    optiply_sandbox.clock.advance(seconds=120)
    second = read(optiply_sandbox, *streams, state=first.state)
    there = set(held(optiply_sandbox, "receiptLines"))
    assert second.ids("receiptLineIds") == sorted(there)
    rows = {row["id"]: row["quantity"] for row in [*first.records["receiptLines"], *second.records["receiptLines"]]}
    objects = optiply_sandbox.optiply.tables["receiptLines"].objects
    assert {number: rows.get(number) for number in there} == {
        number: objects[number].attributes["quantity"] for number in there
    }


def test_the_command_says_what_it_reads_and_refuses_in_words() -> None:
    runner, command = CliRunner(), TapOptiply.get_singer_command()
    assert "Read an Optiply account and write Singer messages" in runner.invoke(command, ["--help"]).output
    assert runner.invoke(command, ["--config", "/nowhere.json"]).exit_code == 1
