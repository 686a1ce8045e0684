"""The pace of requests: it grows while that pays, shrinks when answers slow down, halves when the server complains."""

import threading
import time
from typing import Any

import pytest

from connector.errors import Stopped
from connector.http.pace import FIRST, Pace
from connector.http.pool import Pool, in_order

Record = dict[str, Any]


def serve(pace: Pace, seconds: float, requests: int) -> None:
    """Lets so many requests end after `seconds` each, with as many under way as are allowed at any time."""
    for _ in range(requests):
        while pace._under_way < pace.limit:
            pace.enter()
        pace.leave(seconds)
    while pace._under_way:
        pace.leave(None)


def test_it_starts_at_two_and_grows_to_the_ceiling_while_answers_stay_as_fast() -> None:
    pace = Pace(8)
    assert pace.limit == FIRST == 2
    serve(pace, 0.05, 300)
    assert pace.limit == 8


def test_it_never_passes_the_ceiling() -> None:
    pace = Pace(1)
    serve(pace, 0.05, 50)
    assert pace.limit == 1


def test_it_stays_where_more_at_once_brings_nothing() -> None:
    pace = Pace(16)
    for _ in range(60):
        serve(pace, 0.05 * pace.limit / 2, 2 * pace.limit)  # two cores: twice as many at once take twice as long
    assert pace.limit <= 4


def test_it_takes_one_less_when_answers_take_twice_as_long_as_at_best() -> None:
    pace = Pace(8)
    serve(pace, 0.05, 300)
    before = pace.limit
    serve(pace, 0.2, 20)
    assert pace.limit < before


def test_it_halves_when_the_shop_complains() -> None:
    pace = Pace(8)
    serve(pace, 0.05, 300)
    pace.slow_down(0)
    assert pace.limit == 4


def test_a_retry_after_is_waited_out_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(8)
    moment = [100.0]
    waited: list[float | None] = []

    def wait(seconds: float | None = None) -> None:
        waited.append(seconds)
        moment[0] = 200.0

    monkeypatch.setattr("connector.http.pace.time.monotonic", lambda: moment[0])
    monkeypatch.setattr(pace._change, "wait", wait)
    pace.slow_down(0, 30.0)
    assert pace.enter() == 1
    assert waited, "and a stop is looked for meanwhile"


def test_results_come_in_the_order_of_the_tasks_whichever_ends_first() -> None:
    pool = Pool(Pace(4))
    gates = {number: threading.Event() for number in range(6)}

    def fetch(number: int) -> int:
        # The second task may only end after the third, the fourth after the fifth: they finish out of order.
        if number % 2:
            gates[number + 1].wait(5) if number + 1 in gates else None
        gates[number].set()
        return number

    def settle(number: int, result: int) -> tuple[list[Record], list[int]]:
        return [{"id": result}], []

    pool.pace.limit = 4
    rows = [row["id"] for page in in_order(pool, range(6), fetch, settle) for row in page]
    pool.close()
    assert rows == list(range(6))


def test_at_most_a_few_results_are_held_whatever_the_number_of_tasks() -> None:
    pool = Pool(Pace(2))
    started: list[int] = []

    def fetch(number: int) -> int:
        started.append(number)
        return number

    pages = in_order(pool, range(1000), fetch, lambda _, result: ([{"id": result}], []))
    next(pages)
    pages.close()
    pool.close()
    assert len(started) <= 2 * (pool.pace.limit + 1)


def test_an_error_in_a_worker_reaches_the_reader() -> None:
    pool = Pool(Pace(2))

    def fetch(number: int) -> int:
        raise ValueError(str(number))

    with pytest.raises(ValueError, match="0"):
        list(in_order(pool, range(3), fetch, lambda _, result: ([], [])))
    pool.close()


def test_a_stop_ends_the_waiting() -> None:
    pool = Pool(Pace(2))
    pool.stopping.set()
    with pytest.raises(Stopped):
        pool.one(lambda number: number, 1)
    pool.close()


def test_requests_that_fail_together_halve_it_once() -> None:
    pace = Pace(16)
    pace.limit = 16
    entered = [pace.enter() for _ in range(8)]
    for number in entered:
        pace.slow_down(number)
    assert pace.limit == 8, "eight answers of 503 to eight requests under way say one thing"
    for _ in entered:
        pace.leave(None)
    pace.slow_down(pace.enter(threading.Event()))
    assert pace.limit == 4, "a request that started afterwards says something new"


def test_trouble_without_a_retry_after_lets_everybody_rest_longer_each_time_until_a_good_answer() -> None:
    pace = Pace(8, first_wait=10.0)
    rests = []
    for halvings in range(3):
        pace.slow_down(halvings)
        rests.append(pace._not_before - time.monotonic())
    assert 4.9 < rests[0] <= 10 < rests[2] <= 30


def test_trouble_lasts_from_the_first_request_that_met_it_but_not_from_before_a_good_answer() -> None:
    pace, asked = Pace(8), time.monotonic() - 100
    pace.troubled(asked)
    pace.troubled(asked + 50)
    assert 100 <= pace.troubled_for() < 150
    pace.recovered()
    assert pace.troubled_for() == 0
    pace.troubled(asked)
    assert pace.troubled_for() < 100


def test_a_stop_ends_the_waiting_for_a_place_and_counts_nothing_as_started() -> None:
    pace, stop = Pace(1), threading.Event()
    pace.enter(stop)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped):
        pace.enter(stop)
    assert pace._under_way == 1


def test_what_is_measured_while_few_are_under_way_says_nothing_about_more() -> None:
    pace = Pace(8)
    for _ in range(100):
        pace.enter()
        pace.leave(0.05)
    assert pace.limit == FIRST
