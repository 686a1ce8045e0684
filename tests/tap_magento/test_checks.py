"""The question whether products are there, asked by id: what counts as an answer, and what proves nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import connector.http.waits
import tap_magento.checks
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading, read

STREAM = "product_checks"
KNOWN, GONE = 1, 990_001
Asker = Callable[..., Reading]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


@pytest.fixture
def ask(steady: Sandbox) -> Iterator[Asker]:
    """Asks the shop for products by id."""

    def run(*ids: int, known: int = KNOWN, **config: Any) -> Reading:
        return read(steady.magento_url, STREAM, check_product_ids=list(ids), known_product_id=known, **config)

    yield run
    steady.faults_magento.clear()


def answers(reading: Reading) -> dict[int, bool | None]:
    return {row["id"]: row["found"] for row in reading.records[STREAM]}


def requests(sandbox: Sandbox, reading: Callable[[], Reading]) -> tuple[Reading, int]:
    sandbox.requests.clear()
    done = reading()
    return done, sum(entry.path.endswith("/V1/products") for entry in sandbox.requests.entries)


def test_products_are_asked_for_in_portions_and_each_gets_an_answer(steady: Sandbox, ask: Asker) -> None:
    assert steady.shop is not None
    here, gone = sorted(steady.shop.products), list(range(GONE, GONE + 350))
    reading, asked = requests(steady, lambda: ask(*here, *gone))
    assert answers(reading) == {**dict.fromkeys(here, True), **dict.fromkeys(gone, False)}
    assert reading.bookmarks[STREAM]["complete"] is True
    assert asked == -(-(len(here) + len(gone)) // tap_magento.checks.IDS_A_REQUEST)
    assert max(len(entry.query) for entry in steady.requests.entries) < 4_000


def test_the_scope_of_the_path_is_that_of_the_listing(steady: Sandbox, ask: Asker) -> None:
    reading, _ = requests(steady, lambda: ask(2, GONE, store_code="nl"))
    assert answers(reading) == {2: True, GONE: False}
    assert all("/rest/nl/V1/" in entry.path for entry in steady.requests.entries)


def test_an_answer_without_the_known_product_proves_nothing(steady: Sandbox, ask: Asker) -> None:
    reading = ask(2, GONE, known=GONE + 1)
    assert answers(reading) == {2: True, GONE: None}
    assert any("proves nothing" in note for note in reading.report["notes"])


def test_a_shop_that_gives_fewer_rows_than_were_asked_for_is_asked_in_smaller_portions(
    steady: Sandbox, ask: Asker
) -> None:
    body = '{"items":[{"id":1},{"id":2}],"total_count":4}'
    steady.faults_magento.add({"path": "/V1/products$", "times": 1, "status": 200, "body": body})
    assert answers(ask(2, 3, 4, GONE)) == {2: True, 3: True, 4: True, GONE: False}


def test_a_product_that_makes_the_shop_fail_is_there_and_is_reported(steady: Sandbox, ask: Asker) -> None:
    steady.faults_magento.add({"path": "/V1/products$", "record": "990003", "status": 500})
    reading = ask(2, GONE, GONE + 1, GONE + 2)
    assert answers(reading) == {2: True, GONE: False, GONE + 1: False, GONE + 2: True}
    (isolated,) = reading.report["streams"][STREAM]["isolated"]
    assert isolated["id"] == GONE + 2


def test_a_shop_that_ignores_the_filter_is_found_out(steady: Sandbox, ask: Asker) -> None:
    body = '{"items":[{"id":1},{"id":2}],"total_count":120}'
    steady.faults_magento.add({"path": "/V1/products$", "status": 200, "body": body})
    reading = ask(GONE, GONE + 1)
    assert not reading.records[STREAM]
    assert "complete" not in reading.bookmarks.get(STREAM, {})
    assert "ignores the filter" in reading.report["streams"][STREAM]["error"]
