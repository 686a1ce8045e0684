"""Lists by offset and by cursor, read from a made-up system that moves while it is read."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connector.errors import StreamError, Unreadable
from connector.lists.cursor import CursorLists
from connector.lists.offset import OffsetList
from connector.lists.pages import Check, Outcome, Page
from connector.lists.question import Ask
from connector.lists.source import Source
from connector.lists.words import Words

WORDS = Words("the store", "Ask its maker", "see its log", "check the settings", None, "Store", "2020-01-01 00:00:00")
SIZE = 10


class Rows(Source):
    """Holds ids; `bad` ones spoil every page they are on; `after` runs after each page, with its offset."""

    words = WORDS

    def __init__(self, ids: list[int], bad: frozenset[int] = frozenset()) -> None:
        config = {"max_concurrency": 2, "throttle_seconds": 0, "retry_seconds": 5}
        super().__init__(config, "run", list, logging.getLogger("rows"))
        self.ids, self.bad = ids, bad
        self.after: Callable[[int], None] = lambda _offset: None
        self.lost: list[str | int] = []

    def connect(self) -> Any:
        return None

    def query(self, ask: Ask, size: int) -> str:
        return f"offset={ask.offset}&limit={size}"

    def rows_and_total(self, value: Any) -> tuple[Any, Any]:
        return value, None

    def fetch(self, ask: Ask, check: Check | None = None, *, others: bool = False) -> Outcome:
        found = self.ids[ask.offset : ask.offset + ask.size]
        self.after(ask.offset)
        if self.bad & set(found):
            return Unreadable(500, "broken")
        return self.page([{"id": number} for number in found], ask.size, ask.path, check, others=others)

    def isolate(self, record_id: str | int, _trouble: Unreadable) -> None:
        self.lost.append(record_id)


def read(source: Rows) -> tuple[list[int], bool]:
    listed = OffsetList(source, Ask("/rows", size=SIZE), ("id",), source.isolate, overlap=3)
    try:
        ids = [row["id"] for rows in listed.pages() for row in rows]
    finally:
        source.pool.close()
    return ids, listed.complete


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 17, 70, 105])
def test_every_row_comes_once_and_in_order(number: int) -> None:
    assert read(Rows(list(range(number)))) == (list(range(number)), True)


@pytest.mark.parametrize("gone", [1, 2, 6])
def test_rows_that_go_meanwhile_make_no_others_go(gone: int) -> None:
    source = Rows(list(range(60)))

    def remove(offset: int) -> None:
        if offset == 21:
            source.after = lambda _offset: None
            del source.ids[:gone]

    source.after = remove
    ids, complete = read(source)
    assert complete
    assert sorted(ids) == list(range(60)) or set(range(gone, 60)) <= set(ids)


def test_rows_that_come_meanwhile_repeat_none() -> None:
    source = Rows(list(range(60)))

    def add(offset: int) -> None:
        if offset == 21:
            source.ids[:0] = [1000, 1001]
            source.after = lambda _offset: None

    source.after = add
    ids, complete = read(source)
    assert complete
    assert len(ids) == len(set(ids))
    assert set(range(60)) <= set(ids)


def test_a_page_that_is_cut_short_is_not_the_end() -> None:
    source = Rows(list(range(60)))
    whole = source.fetch

    def cut(ask: Ask, check: Check | None = None, **how: bool) -> Outcome:
        page = whole(ask, check, **how)
        if not isinstance(page, Unreadable) and ask.offset == 0:
            return Page(page.rows[:5], page.asked, 5)
        return page

    source.fetch = cut  # type: ignore[method-assign]
    _, complete = read(source)
    assert not complete


def places(told: str) -> range:
    """The places, from 0, that "row 7" or "rows 7 to 9" stand for."""
    first, _, last = told.removeprefix("rows ").removeprefix("row ").partition(" to ")
    return range(int(first) - 1, int(last or first))


@pytest.mark.parametrize("bad", [{0}, {25}, {59}, {12, 14}, {12, 22}, {12, 40}, {5, 14, 23}])
def test_bad_rows_cost_themselves_and_what_no_page_shows_without_them(bad: set[int]) -> None:
    source = Rows(list(range(60)), frozenset(bad))
    ids, complete = read(source)
    lost = {number for place in source.lost for number in places(str(place))}
    pages = [set(range(low, min(low + SIZE, 60))) for low in range(60)]
    shown = {number for page in pages if not bad & page for number in page}
    assert complete
    assert set(ids) == shown
    assert lost == set(range(60)) - shown


@pytest.mark.parametrize("none", [{0}, {5}, {29, 30, 31}, {59}])
def test_rows_that_are_none_cost_themselves(none: set[int]) -> None:
    source = Rows([])
    rows = [None if number in none else {"id": number} for number in range(60)]

    def give(ask: Ask, check: Check | None = None, *, others: bool = False) -> Outcome:
        return source.page(rows[ask.offset : ask.offset + SIZE], SIZE, ask.path, check, others=others)

    source.fetch = give  # type: ignore[method-assign]
    ids, complete = read(source)
    assert complete
    assert ids == [number for number in range(60) if number not in none]
    assert set(source.lost) == {f"row {place + 1}" for place in none}


def test_a_list_of_which_no_page_can_be_read_fails() -> None:
    source = Rows([])
    source.fetch = lambda _ask, _check=None, **_how: Unreadable(500, "broken")  # type: ignore[method-assign,assignment]
    with pytest.raises(StreamError, match=r"every request fails with 500 \(broken\).*see its log"):
        read(source)


class Pages:
    """Answers one after the other: rows, and the cursor of the next."""

    def __init__(self, answers: dict[str, tuple[list[int], str | None]]) -> None:
        self.answers = answers

    def get(self, request: Any, **_options: Any) -> Any:
        rows, following = self.answers[request.query(SIZE)]

        class Answer:
            value = {"rows": [{"id": number} for number in rows], "next": following}
            asked = SIZE

        return Answer


def follow(answers: dict[str, tuple[list[int], str | None]]) -> Iterator[int]:
    source = Rows([])
    source.client = Pages(answers)  # type: ignore[assignment]
    source.query = lambda ask, _size: ask.cursor  # type: ignore[method-assign,assignment]
    source.rows_and_total = lambda value: (value["rows"], None)  # type: ignore[method-assign]
    listed = CursorLists(source, ("id",), lambda value: value["next"])
    for rows in listed.pages([Ask("/rows", size=SIZE)]):
        yield from (row["id"] for row in rows)
    assert listed.why is None
    assert not listed.left
    source.pool.close()


def test_pages_are_followed_to_the_last_even_past_an_empty_one() -> None:
    assert list(follow({"": ([1, 2], "a"), "a": ([], "b/="), "b/=": ([2, 3], None)})) == [1, 2, 3]


def test_pages_in_a_circle_fail() -> None:
    with pytest.raises(StreamError, match="go in a circle"):
        list(follow({"": ([1], "a"), "a": ([2], "b"), "b": ([3], "a")}))
