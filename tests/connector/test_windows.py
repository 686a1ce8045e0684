"""How a list by id is cut into requests: about as many as pages, however its ids lie, and no row lost or doubled."""

import random
from itertools import accumulate

import pytest

from connector.lists.windows import larger, width_for
from tests.connector.test_lists_by_id import Shop, by_key

RANDOM = random.Random(17)
PAGE = 300
ROWS = 6481


def blocks(size: int, gap: int) -> list[int]:
    """Ids in runs of `size` with `gap` free ones between them."""
    return [number + number // size * gap for number in range(1, ROWS + 1)]


def chosen(among: int) -> list[int]:
    return sorted(RANDOM.sample(range(1, among), ROWS))


HOLES = {*range(2047, 2100), *range(3000, 3100), *range(4500, 4566)}
SHAPES = {
    "dense": (list(range(1, ROWS + 1)), 22),
    "a shop of years: a few holes": (sorted(set(range(1, ROWS + len(HOLES) + 1)) - HOLES), 23),
    "one in forty is gone": (chosen(6647), 23),
    "half of them are gone": (chosen(13_000), 28),
    "what changed, one in a hundred": (chosen(650_000), 28),
    "every third": (list(range(1, 3 * ROWS, 3)), 24),
    "they begin at a million": (list(range(1_000_000, 1_000_000 + ROWS)), 22),
    "a gap of millions": ([*range(1, 1001), *range(5_000_000, 5_000_000 + ROWS - 1000)], 33),
    "runs of a page, far apart": (blocks(300, 10_000), 40),
    "runs of a thousand": (blocks(1000, 5000), 40),
    "short runs": (blocks(50, 500), 38),
}


@pytest.mark.parametrize("ceiling", [1, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_list_takes_about_as_many_requests_as_it_has_pages(shape: str, ceiling: int) -> None:
    ids, requests = SHAPES[shape]
    shop = Shop(ids)
    shop.pool.pace.ceiling = shop.pool.pace.limit = ceiling
    assert by_key(shop, PAGE)[0] == ids
    assert len(shop.asked) <= requests, "a sequential reader takes 22"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shop_that_ignores_a_descending_sort_takes_no_request_more(shape: str) -> None:
    deaf, plain = Shop(SHAPES[shape][0]), Shop(SHAPES[shape][0])
    deaf.deaf_to = {"descending"}
    assert by_key(deaf, PAGE)[0] == by_key(plain, PAGE)[0]
    assert len(deaf.asked) == len(plain.asked)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_gaps_every_row_comes_once(seed: int) -> None:
    rng = random.Random(seed)
    steps = [
        rng.choice([1, 1, 1, 2, rng.randrange(1, 200), rng.randrange(1, 10**6)]) for _ in range(rng.randrange(300))
    ]
    ids = list(accumulate(steps))
    bad = tuple(rng.sample(ids, min(len(ids), rng.randrange(4))))
    shop = Shop(ids, bad, most=rng.choice([10**6, 3]), off=rng.choice([0, 0, -2, 3]))
    shop.pool.pace.ceiling = shop.pool.pace.limit = rng.choice([1, 2, 8])
    found, listed = by_key(shop, rng.choice([1, 2, 10, 40]))
    assert found == [one for one in ids if one not in bad]
    assert sorted(map(int, shop.lost)) == sorted(bad)
    assert listed.came == len(ids)


def test_a_row_that_is_added_at_the_end_while_the_list_is_read_may_come_and_shifts_nothing() -> None:
    shop = Shop(list(range(1, 40)))
    shop.change = lambda pages: shop.ids.append(100 + pages) if pages < 4 else None
    found, _ = by_key(shop, 5)
    assert found[:39] == list(range(1, 40))
    assert set(found) <= set(shop.ids)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("density", [1.0, 0.98, 0.9, 0.5, 0.1, 0.001])
@pytest.mark.parametrize("size", [1, 10, 300, 900])
def test_a_window_holds_less_than_a_page_by_two_deviations_or_is_no_wider_than_a_page(
    density: float, size: int
) -> None:
    width = width_for(density, size)
    rows = width * density
    assert width == size or rows <= size / 2 or rows + 2 * (rows * (1 - density)) ** 0.5 <= size
    assert width == size or rows >= min(size / 2, size - 1 - 2 * size**0.5) - 1, "and not much less"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 4500), (1.25, 3600), (2.5, 1800), (5.0, 900), (9.0, 900)], ids=str
)
def test_pages_grow_where_they_come_quickly_and_never_shrink(seconds: float, expected: int) -> None:
    assert larger(900, 4500, seconds) == expected
    assert larger(900, 0, seconds) == 900
