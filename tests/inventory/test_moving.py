"""A queue that is moved while messages come: what was answered for is in the newer one."""

import itertools
from pathlib import Path

import pytest

from inventory.audit import status
from inventory.errors import QueueBusy
from inventory.moving import queue_copied
from inventory.receive import Settings, _Receiver, _rest_message
from inventory.tables import Store
from store.place import Place
from tests.inventory.test_messages import BODY

TOKEN = "a-token-of-the-warehouse"


def messages(folder: Path) -> int:
    with Store.open(folder) as store:
        return status(store).messages


def test_a_message_that_came_while_the_queue_was_moved_is_in_the_newer_one(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    places = itertools.chain([old], itertools.repeat(new))
    reply = _Receiver(Settings(lambda: next(places), TOKEN))._take(BODY, _rest_message)
    assert reply.good
    assert messages(new) == 1


def test_nothing_comes_into_the_older_queue_from_its_copy_to_the_end_of_the_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    old, new = tmp_path / "old", tmp_path / "new"
    monkeypatch.setattr("inventory.engines.BUSY_SECONDS", 0.1)
    receiver = _Receiver(Settings(old, TOKEN))
    assert receiver._take(BODY, _rest_message).good
    with queue_copied(Place(old), Place(new)) as count, pytest.raises(QueueBusy):
        receiver._take(BODY, _rest_message)
    assert (count, messages(new)) == (1, 1)
