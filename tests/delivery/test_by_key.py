"""Records that are set by their key, and changes that count once: how they are called, decided, sent and judged."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import pytest

from connector.http.table import Fate
from delivery.decide import decide
from delivery.destination import Applied, Reply, Standing, Writer
from delivery.perform import Result, perform
from delivery.record import Job, read_record
from delivery.recover import Account
from vocabulary.entity import Entity, needed
from vocabulary.values import Amount, Text255

FIGURES = Entity(
    "Depot",
    "figures",
    "figures",
    {"place": needed(Text255), "name": needed(Text255), "units": needed(Amount)},
    ("place", "name"),
    removal={"units": 0},
    repeat="upsert",
    batch=10,
)
CHANGES = Entity(
    "Depot", "changes", "changes", {"mark": needed(Text255), "by": needed(Amount)}, ("mark",), repeat="once", batch=10
)


def figure(name: object = "A", units: object = 1, **more: Any) -> dict[str, Any]:
    return {"place": "p", "name": name, "units": units, **more}


def decided(entity: Entity, *records: dict[str, Any]) -> list[Job]:
    jobs = [read_record(entity, entity.name, record) for record in records]
    for job in jobs:
        assert job.problem is None
        assert decide(job, lambda _entity, _remote: None) is None
    return jobs


class Depot:
    """Holds figures by name; `refused` and `deaf` name those that it refuses, and that it takes without keeping."""

    def __init__(self, **held: int) -> None:
        self.kept: dict[str, Decimal] = {name: Decimal(units) for name, units in held.items()}
        self.refused: set[str] = set()
        self.deaf: set[str] = set()
        self.calls: list[list[str]] = []
        self.applied: list[str] = []

    def look(self, _entity: str, records: Sequence[dict[str, Any]]) -> list[Standing]:
        held = self.held("", records)
        return [
            Standing(record, one, "it is no figure" if record["name"] == "NO" else None)
            for record, one in zip(records, held, strict=True)
        ]

    def upsert(self, _entity: str, records: Sequence[dict[str, Any]]) -> list[Reply]:
        self.calls.append([record["name"] for record in records])
        replies = []
        for record in records:
            if record["name"] in self.refused:
                replies.append(Reply(Fate.REFUSE, says="it is bad"))
                continue
            if record["name"] not in self.deaf:
                self.kept[record["name"]] = record["units"]
            replies.append(Reply(Fate.DONE))
        return replies

    def held(self, _entity: str, records: Sequence[dict[str, Any]]) -> list[Mapping[str, Any] | None]:
        kept = [self.kept.get(record["name"]) for record in records]
        return [
            None if units is None else {**record, "units": units} for record, units in zip(records, kept, strict=True)
        ]

    def apply(self, _entity: str, records: Sequence[dict[str, Any]]) -> list[Applied]:
        self.applied += [record["mark"] for record in records]
        return [Applied("waiting", "held") if record["by"] < 0 else Applied("accepted") for record in records]


def performed(depot: Depot, jobs: list[Job]) -> list[Result]:
    return perform(jobs, cast(Writer, depot), cast(Account, None))


def test_a_record_is_called_by_its_key_as_a_database_compares_it():
    assert read_record(FIGURES, "figures", figure("Ab ")).remote_id == "p:ab"
    assert read_record(FIGURES, "figures", figure("0")).remote_id == "p:0"
    assert read_record(FIGURES, "figures", figure("1.0")).remote_id == "p:1.0"
    assert read_record(FIGURES, "figures", figure(7)).remote_id == "p:7"
    assert read_record(CHANGES, "changes", {"mark": "R-1", "by": 1, "id": 9}).remote_id == "R-1"


@pytest.mark.parametrize("name", [None, "", " ", [], True])
def test_without_its_key_it_is_refused(name: object):
    problem = read_record(FIGURES, "figures", figure(name)).problem
    assert problem is not None
    assert problem.reason.startswith("name ")


def test_only_what_differs_is_set_and_what_stood_is_said():
    depot = Depot(A=1, B=2)
    results = performed(depot, decided(FIGURES, figure("A", 1), figure("B", 3), figure("C", 4)))
    assert depot.calls == [["B", "C"]]
    assert [(one.status, one.stood) for one in results] == [
        ("accepted", True),
        ("accepted", False),
        ("accepted", False),
    ]


def test_what_must_not_be_set_is_not_sent_and_the_rest_is():
    depot = Depot()
    results = performed(depot, decided(FIGURES, figure("NO"), figure("B")))
    assert depot.calls == [["B"]]
    assert [(one.status, one.reason) for one in results] == [("refused", "it is no figure"), ("accepted", None)]


def test_a_refused_record_costs_itself_alone():
    depot = Depot()
    depot.refused = {"B"}
    results = performed(depot, decided(FIGURES, figure("A"), figure("B"), figure("C")))
    assert [one.status for one in results] == ["accepted", "refused", "accepted"]
    assert results[1].reason == "it is bad"


def test_only_what_is_read_back_counts():
    depot = Depot(A=5)
    depot.deaf = {"A", "B"}
    results = performed(depot, decided(FIGURES, figure("A", 6), figure("B", 6), figure("C", 6)))
    assert [one.status for one in results] == ["failed", "failed", "accepted"]
    assert "what is read back is not what was sent" in str(results[0].reason)


def test_a_removal_sets_what_stands_for_none():
    depot = Depot(A=5)
    (job,) = decided(FIGURES, figure("A", 5, deleted_at="2026-01-01"))
    assert job.action == "disable"
    performed(depot, [job])
    assert depot.kept == {"A": 0}


def test_a_change_is_handed_on_as_it_is_and_its_answer_is_its_outcome():
    depot = Depot()
    results = performed(depot, decided(CHANGES, {"mark": "x", "by": 2}, {"mark": "y", "by": -2}))
    assert depot.applied == ["x", "y"]
    assert [(one.status, one.reason) for one in results] == [("accepted", None), ("waiting", "held")]


def test_a_change_cannot_be_taken_back():
    job = read_record(CHANGES, "changes", {"mark": "x", "by": 2, "deleted_at": True})
    problem = decide(job, lambda _entity, _remote: None)
    assert problem is not None
    assert "cannot be taken back" in problem.reason
