"""Lists by key, by page number and by single ids, read from a made-up shop that spoils, miscounts and ignores."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from connector.errors import StreamError, Unreadable
from connector.http.answers import Answer
from connector.http.limits import RowLimits
from connector.lists.again import AskedAgain
from connector.lists.ends import BEYOND_EVERY_ID
from connector.lists.keyed import KeyedList
from connector.lists.numbered import NumberedList, smallest_factor
from connector.lists.pages import DAMAGED, Check, Outcome, Page
from connector.lists.question import Ask, Where
from connector.lists.source import Source
from connector.lists.words import Words

WORDS = Words("the shop", "Ask its maker", "see its log", "check the settings", "total", "Shop", "2020-01-01 00:00:00")
LOGGER = logging.getLogger("shop")
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, limit: value > limit,
    "lteq": lambda value, limit: value <= limit,
    "eq": lambda value, limit: value == limit,
    "in": lambda value, limit: str(value) in str(limit).split(","),
}


@dataclass
class Client:
    """What the lists ask of a client: the largest page, and a question for nobody."""

    shop: "Shop"
    limits: RowLimits = field(default_factory=lambda: RowLimits("Shop", LOGGER, per_path=False))

    def get(self, ask: Ask) -> Answer:
        self.shop.asked.append(ask)
        self.shop.change(len(self.shop.asked))
        if self.shop.nobody is not None:
            raise self.shop.nobody
        return Answer([], ask.size, {})


class Shop(Source):
    """Holds ids; a `bad` one spoils each page that it is on. `most`: rows a page. `off`: added to every count.

    `nobody`: what a question for ids that nobody has ends with. `change`: runs after each page with how many came.
    """

    words = WORDS

    def __init__(self, ids: list[int], bad: tuple[int, ...] = (), *, most: int = 10**6, off: int = 0) -> None:
        super().__init__({"max_concurrency": 1, "throttle_seconds": 0, "retry_seconds": 5}, "run", list, LOGGER)
        self.ids, self.bad, self.most, self.off = list(ids), set(bad), most, off
        self.status, self.nobody = 500, None
        self.asked: list[Ask] = []
        self.lost: list[str | int] = []
        self.change: Callable[[int], None] = lambda _pages: None
        self.deaf_to: set[str] = set()

    def connect(self) -> Any:
        return Client(self)

    def query(self, ask: Ask, size: int) -> str:
        return str(size)

    def rows_and_total(self, value: Any) -> tuple[Any, Any]:
        return value, 0

    def address(self, ask: Ask) -> Any:
        return ask

    def fetch(self, ask: Ask, check: Check | None = None, *, others: bool = False) -> Outcome:
        self.asked.append(ask)
        found = [one for one in self.ids if all(TESTS[each.condition](one, each.value) for each in ask.where)]
        if "filter" in self.deaf_to:
            found = list(self.ids)
        descending = any(sort.descending for sort in ask.sort) and "descending" not in self.deaf_to
        found = sorted(found, reverse=descending) if "sort" not in self.deaf_to else found
        size = min(ask.size, self.most)
        shown = found[(ask.page - 1) * size : ask.page * size]
        self.change(len(self.asked))
        if self.bad & set(shown):
            return Unreadable(self.status, "broken")
        rows = [{"id": one, "name": "x"} for one in shown]
        for row in rows if check else []:
            check(row)
        return Page(rows, size, max(0, len(found) + self.off))

    def isolate(self, record_id: str | int, _trouble: Unreadable) -> None:
        self.lost.append(record_id)


def by_key(shop: Shop, size: int = 10, key: str | None = "id", **more: Any) -> tuple[list[int], KeyedList]:
    listed = KeyedList(shop, Ask("/rows", size=size, **more), "id", key, shop.isolate)
    try:
        return [row["id"] for rows in listed.pages() for row in rows], listed
    finally:
        shop.pool.close()


def by_number(shop: Shop, size: int = 10) -> tuple[list[int], NumberedList]:
    listed = NumberedList(shop, Ask("/rows", size=size), ("id",), shop.isolate)
    try:
        return [row["id"] for rows in listed.pages() for row in rows], listed
    finally:
        shop.pool.close()


SPARSE = [3, 4, 9, 10, 11, 12, 50, 51, 400, 401, 402, 900]


class TestByKey:
    @pytest.mark.parametrize(
        "ids", [[], [7], list(range(1, 11)), list(range(1, 12)), list(range(1, 96)), SPARSE], ids=len
    )
    @pytest.mark.parametrize("size", [1, 5, 10, 100])
    @pytest.mark.parametrize("key", ["id", None])
    def test_every_row_comes_once(self, ids: list[int], size: int, key: str | None) -> None:
        found, listed = by_key(Shop(ids), size, key)
        assert sorted(found) == ids
        assert found == ids or key is None
        assert (listed.first_total, listed.came, listed.lacking) == (len(ids), len(ids), 0)

    def test_a_dense_list_takes_a_request_for_each_page_and_one_for_its_end(self) -> None:
        shop = Shop(list(range(1, 41)))
        assert by_key(shop)[0] == shop.ids
        assert len(shop.asked) == 5

    @pytest.mark.parametrize("bad", [(3,), (900,), (11, 12), (4, 400), tuple(SPARSE)], ids=str)
    @pytest.mark.parametrize("status", [500, DAMAGED])
    @pytest.mark.parametrize("key", ["id", None])
    def test_a_bad_row_stands_alone_in_the_end(self, bad: tuple[int, ...], status: int, key: str | None) -> None:
        shop = Shop(SPARSE, bad)
        shop.status = status
        found, listed = by_key(shop, 5, key)
        assert sorted(found) == [one for one in SPARSE if one not in bad]
        assert sorted(map(int, shop.lost)) == list(bad)
        assert (listed.came, listed.lacking) == (len(SPARSE), 0)

    def test_an_answer_that_was_damaged_for_a_while_costs_nothing(self) -> None:
        shop = Shop(SPARSE, (9,))
        shop.status = DAMAGED

        def heal(pages: int) -> None:
            if [each.value for each in shop.asked[-1].where if each.field == "id"] == [BEYOND_EVERY_ID]:
                shop.bad = set()

        shop.change = heal
        assert (by_key(shop, 5)[0], shop.lost) == (SPARSE, [])

    @pytest.mark.parametrize("status", [500, DAMAGED, 404])
    def test_where_even_a_question_for_nobody_fails_no_record_is_blamed(self, status: int) -> None:
        shop = Shop(SPARSE, tuple(SPARSE))
        shop.status, shop.nobody = status, Unreadable(status, "broken")
        with pytest.raises(StreamError, match="this endpoint" if status == 404 else "not one bad record"):
            by_key(shop)
        assert shop.lost == []

    def test_a_page_that_is_cut_short_goes_on(self) -> None:
        assert by_key(Shop(list(range(1, 40)), most=3), 10)[0] == list(range(1, 40))

    def test_where_a_descending_sort_is_ignored_what_lies_above_is_found_by_counting(self) -> None:
        shop = Shop(list(range(1, 40)))
        shop.deaf_to = {"descending"}
        assert by_key(shop, 5)[0] == list(range(1, 40))

    @pytest.mark.parametrize("deaf_to", [{"sort"}, {"filter"}])
    def test_a_shop_that_ignores_sort_or_filter_is_refused(self, deaf_to: set[str]) -> None:
        shop = Shop([5, 4, *range(6, 40)])
        shop.deaf_to = deaf_to
        with pytest.raises(StreamError, match="ascending order"):
            by_key(shop, 5)

    def test_an_id_that_comes_twice_on_a_page_is_refused(self) -> None:
        with pytest.raises(StreamError, match="ascending order"):
            by_key(Shop([3, 4, 4, 5]))

    def test_a_list_that_is_emptied_while_it_is_read_ends(self) -> None:
        shop = Shop(list(range(1, 41)))
        shop.change = lambda pages: shop.ids.clear() if pages == 1 else None
        found, listed = by_key(shop)
        assert (found, listed.lacking) == (list(range(1, 11)), 0)

    def test_filters_of_the_question_stay(self) -> None:
        found, listed = by_key(Shop(SPARSE), 3, where=(Where("id", "gt", 11),))
        assert (found, listed.first_total) == (SPARSE[5:], 7)

    def test_a_count_that_says_more_than_came_is_told_and_one_that_says_less_is_not(self) -> None:
        assert by_key(Shop(SPARSE, off=2), 100)[1].lacking == 2
        assert by_key(Shop(SPARSE, off=-2), 100)[1].lacking == 0

    @pytest.mark.parametrize("bad", [(), (1,), (4,)], ids=str)
    def test_a_count_that_is_too_low_hides_no_row(self, bad: tuple[int, ...]) -> None:
        shop = Shop(list(range(1, 24)), bad, off=-6)
        assert by_key(shop, 9)[0] == [one for one in shop.ids if one not in bad]

    def test_rows_that_go_while_the_list_is_read_are_not_lacking(self) -> None:
        shop = Shop(list(range(1, 40)))
        shop.change = lambda pages: shop.ids.remove(39) if pages == 4 else None
        found, listed = by_key(shop, 5)
        assert (found, listed.first_total, listed.lacking) == (list(range(1, 39)), 39, 0)

    def test_without_ids_in_the_rows_a_count_above_every_id_cannot_be_lived_with(self) -> None:
        with pytest.raises(StreamError, match="counts records where there can be none"):
            by_key(Shop(list(range(1, 40)), off=5), 5, None)

    def test_with_ids_in_the_rows_it_can(self) -> None:
        shop = Shop(list(range(1, 40)), (1,), off=5)
        found, _ = by_key(shop, 5)
        assert (found, shop.lost) == (list(range(2, 40)), [1])

    def test_one_id_that_is_counted_as_several_rows_cannot_be_read(self) -> None:
        shop = Shop([5] * 7)
        with pytest.raises(StreamError, match="counts 7 rows and gives 3 for one id"):
            by_key(shop, 3, None)


class TestByNumber:
    @pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 20, 95])
    def test_every_row_comes_once(self, number: int) -> None:
        found, listed = by_number(Shop(list(range(1, number + 1))))
        assert (found, listed.complete, listed.off) == (list(range(1, number + 1)), True, 0)

    @pytest.mark.parametrize("bad", [(1,), (95,), (10, 11), (1, 50, 95)], ids=str)
    def test_a_bad_row_stands_alone_in_the_end(self, bad: tuple[int, ...]) -> None:
        shop = Shop(list(range(1, 96)), bad)
        found, listed = by_number(shop)
        assert sorted(found) == [one for one in shop.ids if one not in bad]
        assert shop.lost == [f"row {one}" for one in bad]
        assert listed.complete

    @pytest.mark.parametrize(
        ("off", "complete"), [(1, True), (-1, True), (5, True), (-5, True), (6, False), (-6, False)]
    )
    def test_a_count_that_is_off_by_the_same_few_in_every_reading_is_believed_to_be_wrong(
        self, off: int, complete: bool
    ) -> None:
        found, listed = by_number(Shop(list(range(1, 26)), off=off))
        assert (found, listed.complete, listed.off) == (list(range(1, 26)), complete, off if complete else 0)

    def test_rows_that_cannot_be_read_count_where_the_count_is_off(self) -> None:
        listed = by_number(Shop(list(range(1, 26)), (3,), off=1))[1]
        assert (listed.complete, listed.off) == (True, 1)

    def test_a_count_that_differs_from_page_to_page_is_not_believed(self) -> None:
        shop = Shop(list(range(1, 26)))
        fetch = shop.fetch

        def wavering(ask: Ask, *rest: Any, **more: Any) -> Outcome:
            shop.off = ask.page
            return fetch(ask, *rest, **more)

        shop.fetch = wavering  # type: ignore[method-assign]
        assert by_number(shop)[1].complete is False

    def test_a_page_behind_the_last_that_repeats_it_adds_nothing(self) -> None:
        """Magento does that; and a full last page might hide others, where fewer are counted than there are."""
        shop = Shop(list(range(1, 31)))
        fetch = shop.fetch

        def repeating(ask: Ask, *rest: Any, **more: Any) -> Outcome:
            return fetch(replace(ask, page=min(ask.page, 3)) if ask.size == 10 else ask, *rest, **more)

        shop.fetch = repeating  # type: ignore[method-assign]
        found, listed = by_number(shop)
        assert (found, listed.complete, len(shop.asked)) == (list(range(1, 31)), True, 4)

    def test_a_list_that_moves_is_read_again(self) -> None:
        shop = Shop(list(range(1, 26)))
        shop.change = lambda pages: shop.ids.append(100) if pages == 2 else None
        found, listed = by_number(shop)
        assert (sorted(found), listed.complete, listed.off) == ([*range(1, 26), 100], True, 0)

    def test_a_list_that_moves_each_time_is_not_complete(self) -> None:
        shop = Shop(list(range(1, 26)), off=1)
        shop.change = lambda pages: shop.ids.append(100 + pages) if pages % 3 == 2 else None
        assert by_number(shop)[1].complete is False

    def test_rows_that_are_counted_and_never_come_are_no_empty_list(self) -> None:
        with pytest.raises(StreamError, match="counts 3 records and gives none, 3 times"):
            by_number(Shop([], off=3))

    @pytest.mark.parametrize("status", [500, 404])
    def test_where_not_even_a_page_behind_the_last_can_be_had_no_record_is_blamed(
        self, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = Shop([1, 2])
        monkeypatch.setattr(shop, "fetch", lambda *_args, **_more: Unreadable(status, "broken"))
        with pytest.raises(StreamError, match="this endpoint" if status == 404 else "not one bad record"):
            by_number(shop)

    def test_a_page_size_that_changes_while_the_list_is_read_is_refused(self) -> None:
        shop = Shop(list(range(1, 40)))
        shop.change = lambda pages: setattr(shop, "most", 4) if pages == 2 else None
        with pytest.raises(StreamError, match="page size changed"):
            by_number(shop)

    @pytest.mark.parametrize(
        ("number", "factor"), [(1, 1), (2, 2), (4, 2), (9, 3), (15, 3), (49, 7), (97, 97), (100, 2)]
    )
    def test_a_page_is_cut_by_its_smallest_factor(self, number: int, factor: int) -> None:
        assert smallest_factor(number) == factor


class TestOnceMore:
    def again(self, shop: Shop, *ids: int) -> tuple[list[int], list[int]]:
        """Which of the ids came, and which are gone."""
        asking = AskedAgain(shop, Ask("/rows", size=10), "id", "id", shop.isolate)
        try:
            return [row["id"] for rows in asking.pages(list(ids)) for row in rows], asking.gone
        finally:
            shop.pool.close()

    def test_what_can_be_read_comes_and_what_cannot_is_isolated_again(self) -> None:
        shop = Shop(SPARSE, (9, 900))
        assert self.again(shop, 4, 9, 10, 900) == ([4, 10], [])
        assert shop.lost == [9, 900]

    def test_what_an_answer_lacks_beside_one_that_is_there_is_gone(self) -> None:
        shop = Shop(SPARSE)
        assert self.again(shop, 4, 5, 6, 900) == ([4, 900], [5, 6])
        assert shop.lost == []

    def test_what_was_lacking_and_is_there_the_second_time_is_not_gone(self) -> None:
        shop = Shop(SPARSE)
        shop.change = lambda pages: shop.ids.append(5) if pages == 1 else None
        assert self.again(shop, 5, 6) == ([], [6])
        assert shop.lost == [5]

    def test_many_are_asked_for_in_portions(self) -> None:
        shop = Shop(list(range(2, 1000, 2)))
        found, gone = self.again(shop, *range(1, 701))
        assert (found, gone) == (list(range(2, 701, 2)), list(range(1, 700, 2)))
        assert max(len(str(ask.where[0].value).split(",")) for ask in shop.asked if ask.where) == 200

    @pytest.mark.parametrize("bad", [(3,), (900,)])
    def test_the_proof_takes_whichever_end_of_the_list_can_be_read(self, bad: tuple[int, ...]) -> None:
        assert self.again(Shop(SPARSE, bad), 5) == ([], [5])

    @pytest.mark.parametrize(
        "shop", [Shop([]), Shop([3], (3,)), Shop(SPARSE, off=1)], ids=["empty", "bad", "miscounts"]
    )
    def test_without_a_proof_what_is_lacking_stays_unread(self, shop: Shop) -> None:
        assert self.again(shop, 5) == ([], [])
        assert shop.lost == [5]

    def test_a_smaller_page_than_asked_for_is_no_absence(self) -> None:
        shop = Shop(SPARSE, most=2)
        found, gone = self.again(shop, 3, 4, 5, 9, 10)
        assert (sorted(found), gone, shop.lost) == ([3, 4, 9, 10], [5], [])

    def test_the_proof_keeps_to_the_largest_page_that_the_shop_allows(self) -> None:
        shop = Shop(SPARSE, most=3)
        shop.client.limits.learn("/rows", 3, 10)
        assert self.again(shop, 5, 6, 7, 8) == ([], [5, 6, 7, 8])

    @pytest.mark.parametrize("known", [True, False])
    def test_where_only_one_row_fits_a_page_nothing_can_be_proven_gone(self, known: bool) -> None:
        shop = Shop(SPARSE, most=1)
        if known:
            shop.client.limits.learn("/rows", 1, 10)
        assert self.again(shop, 4, 5) == ([4], [])
        assert shop.lost == [5]
