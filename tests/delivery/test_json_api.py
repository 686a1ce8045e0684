"""A plain JSON API as a destination: where no request may leave any more, the run ends as if it were asked to."""

import logging
import threading

import pytest
import responses

from connector.errors import LoginRefused, Spent, Stopped
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.table import Fate, Meaning, causes
from delivery.json_api import WRITES, JsonWriter
from delivery.linked import LinkedDestination
from vocabulary.entity import Entity, needed
from vocabulary.values import Text255

LABELS = Entity("Depot", "labels", "labels", {"name": needed(Text255)}, ("name",))
ADDRESS = "https://depot.example.com"


class Counts:
    """Lets so many requests leave."""

    def __init__(self, left: int) -> None:
        self.left = left

    def count_request(self) -> None:
        if not self.left:
            raise Spent("the 2 requests that a day allows are used up")
        self.left -= 1

    def count_retry(self, cause: int | str) -> None:
        """Nothing to do."""


def writer(left: int = 9) -> JsonWriter:
    config = {"url": ADDRESS, "user_agent": "t", "request_timeout": 1, "retry_seconds": 0}
    pool = Pool(Pace(1), threading.Event())
    return JsonWriter(config, "url", "Depot", None, pool, Counts(left), logging.getLogger("depot"))


@responses.activate
def test_where_the_day_is_used_up_nothing_is_sent_and_the_run_stops() -> None:
    responses.post(f"{ADDRESS}/labels", json={"id": 5})
    one, told = writer(left=1), []
    one.tell = told.append
    assert one.create("labels", {"name": "Tee"}).id == "5"
    with pytest.raises(Stopped):
        one.create("labels", {"name": "Shirt"})
    assert len(responses.calls) == 1
    assert one.pool.stopping.is_set()
    assert told == [
        "Not everything was sent: the 2 requests that a day allows are used up. The rest goes with a later run."
    ]


@responses.activate
def test_a_new_token_that_is_refused_as_well_ends_the_run() -> None:
    responses.post(f"{ADDRESS}/labels", status=401)
    one = writer()
    one.table = (Meaning(causes(401), Fate.RENEW, "it refuses the token", "check the key"), *WRITES)
    with pytest.raises(LoginRefused, match="check the key"):
        one.create("labels", {"name": "Tee"})


class Shelf(LinkedDestination):
    """Lists by links."""

    path, listed_id = "/shelf", "number"

    def __init__(self) -> None:
        self.writer, self._says = writer(), ""

    def next_page(self, answer):
        link = answer.get("next")
        if link == "elsewhere":
            raise ValueError("the next page is elsewhere")
        return link


def page(number: int, link: str | None) -> dict[str, object]:
    return {"data": [{"number": number}], "next": link}


def test_links_are_followed_as_they_are_and_never_twice() -> None:
    shelf = Shelf()
    asked = []

    def told(link: str):
        asked.append(link)
        return (page(len(asked), {1: "/shelf?cursor=a/b==", 2: "/shelf?limit=1"}.get(len(asked))), "")

    shelf.writer.page = told
    assert [row["number"] for row in shelf.rows(LABELS, "limit=1")] == [1, 2]
    assert asked == ["/shelf?limit=1", "/shelf?cursor=a/b=="]


@pytest.mark.parametrize("answer", [None, {"data": "x"}, [], {"data": [{"number": 1}], "next": "elsewhere"}])
def test_a_list_that_does_not_come_to_its_end_says_so(answer: object) -> None:
    shelf = Shelf()
    shelf.writer.page = lambda _link: (answer, "it failed")
    assert list(shelf.rows(LABELS, ""))[-1] is None
    assert shelf._says
