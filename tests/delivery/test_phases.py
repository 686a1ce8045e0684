"""Where a job may go, and which of them go together."""

import itertools

import pytest

from delivery.phases import MOVES, Board, Phase
from delivery.record import Job
from vocabulary.entity import Entity, needed
from vocabulary.values import Text255

LABELS = Entity("Depot", "labels", "labels", {"name": needed(Text255)}, ("name",))
FIGURES = Entity("Depot", "figures", "figures", {"name": needed(Text255)}, ("name",), repeat="upsert", batch=3)


def job(name: str, entity: Entity = LABELS) -> Job:
    return Job(entity, entity.name, name, {"name": name})


def led_to(board: Board, one: Job, phase: Phase | None) -> None:
    """Leads a job to a phase by legal steps."""
    ways: dict[Phase | None, tuple[Phase, ...]] = {
        Phase.OPEN: (),
        Phase.DECIDED: (Phase.DECIDED,),
        Phase.READY: (Phase.DECIDED, Phase.READY),
        Phase.SENT: (Phase.DECIDED, Phase.READY, Phase.SENT),
        Phase.PARKED: (Phase.DECIDED, Phase.READY, Phase.SENT, Phase.PARKED),
        Phase.WAITING: (Phase.WAITING,),
    }
    board.enter(one)
    for step in ways[phase]:
        board.move(one, step)


@pytest.mark.parametrize(
    ("before", "to"),
    [
        (before, to)
        for before, to in itertools.product(
            (Phase.OPEN, Phase.DECIDED, Phase.READY, Phase.SENT, Phase.PARKED, Phase.WAITING), Phase
        )
    ],
)
def test_a_step_that_the_table_does_not_have_is_refused(before: Phase, to: Phase):
    board, one = Board(), job("a")
    led_to(board, one, before)
    if to in MOVES[before]:
        board.move(one, to)
        assert board.at(to) == ([] if to is Phase.DONE else [one])
    else:
        with pytest.raises(AssertionError, match="cannot go"):
            board.move(one, to)


def test_a_job_cannot_begin_in_flight_nor_done():
    for phase in (Phase.DECIDED, Phase.READY, Phase.SENT, Phase.WAITING, Phase.DONE):
        with pytest.raises(AssertionError, match="cannot go"):
            Board().enter(job("a"), phase)


def test_every_phase_but_the_last_leads_somewhere():
    assert set(MOVES) == {None, *Phase} - {Phase.DONE}
    assert set().union(*MOVES.values()) == set(Phase)


def test_of_one_key_one_job_is_at_work_and_the_next_follows_it():
    board, jobs = Board(), [job("a") for _ in range(3)]
    for one in jobs:
        board.enter(one)
    assert board.at(Phase.OPEN) == jobs[:1]
    assert board.has_newer(jobs[0])
    board.move(jobs[0], Phase.DONE)
    assert (board.at(Phase.OPEN), board.at(Phase.BEHIND)) == (jobs[1:2], jobs[2:])
    board.move(jobs[1], Phase.WAITING)
    assert board.first(Phase.OPEN) is None, "one that waits is still at work"
    board.move(jobs[1], Phase.DONE)
    assert board.first(Phase.OPEN) is jobs[2]
    assert not board.has_newer(jobs[2])


def test_a_write_takes_as_many_of_an_entity_as_it_can_and_stops_at_another():
    board = Board()
    jobs = [*(job(str(number), FIGURES) for number in range(4)), job("x"), job("y"), job("9", FIGURES)]
    for one in jobs:
        board.enter(one)
        board.move(one, Phase.DECIDED)
        board.move(one, Phase.READY)
    groups = []
    while group := board.group(Phase.READY):
        groups.append([one.remote_id for one in group])
        for one in group:
            board.move(one, Phase.SENT)
    assert groups == [["0", "1", "2"], ["3"], ["x"], ["y"], ["9"]]
